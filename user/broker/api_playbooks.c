/* SPDX-License-Identifier: Apache-2.0 */
/* See api_json.h. Policy -> what an agent may ask for, in the words of policy. */
#include "broker/api_json.h"
#include "compile/grant.h"
#include "compile/policy.h"
#include "compile/values.h"
#include "lib/time.h"

static const char *const risks[] = {
#define X(name, word) word,
	WRIT_RISK_LIST(X)
#undef X
};

static const char *const scopes[] = {
#define X(name, word) word,
	WRIT_SCOPE_LIST(X)
#undef X
};

static json_t *parameters_of(const struct writ_policy_playbook *playbook)
{
	_cleanup_json_ json_t *list = json_array();

	for (size_t i = 0; i < playbook->n_parameters; i++) {
		const struct writ_policy_parameter *parameter = &playbook->parameters[i];
		char text[WRIT_VALUES_TEXT];
		json_t *json = json_object();

		writ_values_describe(parameter, text);
		writ_api_put(&json, "name", writ_api_text(parameter->name));
		writ_api_put(&json, "type", json_string(writ_values_type(parameter->type)));
		writ_api_put(&json, "value", writ_api_text(text));
		if (json_array_append_new(list, json))
			return NULL;
	}
	return json_incref(list);
}

static json_t *whole_seconds(uint64_t ns)
{
	return json_integer((json_int_t)((ns + WRIT_NS_PER_SECOND - 1) / WRIT_NS_PER_SECOND));
}

static json_t *playbook_of(const struct writ_policy_playbook *playbook)
{
	json_t *json = json_object();

	writ_api_put(&json, "name", writ_api_text(playbook->name));
	writ_api_put(&json, "description", writ_api_text(playbook->description));
	writ_api_put(&json, "parameters", parameters_of(playbook));
	writ_api_put(&json, "ticket",
		     playbook->ticket ? writ_api_text(playbook->ticket) : json_null());
	writ_api_put(&json, "sponsor", json_boolean(playbook->needs_sponsor));
	writ_api_put(&json, "approvals", json_integer(playbook->approvals));
	writ_api_put(&json, "risk", json_string(risks[playbook->risk % WRIT_RISK_COUNT]));
	writ_api_put(&json, "scope", json_string(scopes[playbook->scope % WRIT_SCOPE_COUNT]));
	writ_api_put(&json, "break_glass", json_boolean(playbook->break_glass));
	writ_api_put(&json, "ttl_default_seconds", whole_seconds(playbook->ttl_default_ns));
	writ_api_put(&json, "ttl_max_seconds", whole_seconds(playbook->ttl_max_ns));
	return json;
}

json_t *writ_api_playbooks(const struct writ_policy *policy, const struct writ_policy_agent *agent)
{
	const struct writ_policy_role *role = agent->role;
	_cleanup_json_ json_t *list = json_array();

	for (size_t i = 0; i < role->n_playbooks; i++) {
		const struct writ_policy_playbook *playbook =
			writ_policy_playbook(policy, role->playbooks[i]);

		/* a loaded policy has every playbook that it names */
		if (playbook && writ_grant_may_ask(policy, agent, playbook) &&
		    json_array_append_new(list, playbook_of(playbook)))
			return NULL;
	}
	return json_incref(list);
}
