/* SPDX-License-Identifier: Apache-2.0 */
/* broker/mend.c: what a refused request is told to ask for instead. */
#include "policy_helper.h"

#include "broker/mend.h"

#define KIND(kind, name) "---\napiVersion: writ/v1\nkind: " kind "\nname: " name "\n"

static char remedy[WRIT_REMEDY_SIZE];

/* As many as fit, each of them whole. */
static void many(void **state)
{
	static char text[32768];
	size_t used = (size_t)snprintf(text, sizeof(text),
				       "apiVersion: writ/v1\nkind: Role\n"
				       "name: r\nplaybooks: [");
	struct writ_policy *policy;

	(void)state;
	for (int i = 0; i < 40; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%splaybook-%040d",
					 i ? ", " : "", i);
	used += (size_t)snprintf(text + used, sizeof(text) - used,
				 "]\n" KIND("Agent", "bot") "role: r\nmatch: {cgroup: /bot}\n");
	for (int i = 0; i < 40; i++)
		used += (size_t)snprintf(
			text + used, sizeof(text) - used,
			KIND("Playbook", "playbook-%040d") "ttl: {default: 1m, max: 1m}\n"
							   "files: [{path: /x, allow: [read]}]\n",
			i);
	policy = good_policy(text);
	writ_mend_offers(policy, &policy->agents[0], "", remedy);
	used = strlen(remedy);
	assert_true(used > WRIT_REMEDY_SIZE - 80);
	assert_int_equal((used + 4) % strlen("writ request playbook- or " /* and 40 digits */
					     "0123456789012345678901234567890123456789"),
			 0);
	writ_mend_offers(policy, &policy->agents[0],
			 "playbook-000000000000000000000000000000000000007", remedy);
	assert_non_null(strstr(remedy, "writ request playbook-"));
	assert_null(strstr(remedy, " or "));
	writ_policy_free(policy);
}

/* One command that is longer than the line: none, rather than a part of it. */
static void too_long(void **state)
{
	static struct writ_policy_parameter parameters[WRIT_PARAMETERS_MAX];
	struct writ_policy *policy =
		good_policy("apiVersion: writ/v1\nkind: Playbook\nname: rotate\n"
			    "parameters:\n  service: {pattern: \"[^/]{1,64}\"}\n"
			    "files: [{path: '/etc/ssl/{service}/x', allow: [read]}]\n"
			    "ttl: {default: 3m, max: 10m}\nticket: 'CHG-[0-9]+'\n");
	struct writ_policy_playbook *playbook = (void *)&policy->playbooks[0];
	const struct writ_policy_parameter *before = playbook->parameters;
	struct writ_request request = {.n_parameters = WRIT_PARAMETERS_MAX};
	static char names[WRIT_PARAMETERS_MAX][WRIT_NAME_SIZE];

	(void)state;
	for (uint32_t i = 0; i < WRIT_PARAMETERS_MAX; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "parameter-%u", i);
		parameters[i] = before[0];
		parameters[i].name = names[i];
		strcpy(request.parameters[i].name, names[i]);
		memset(request.parameters[i].value, 'v', 64);
	}
	playbook->parameters = parameters;
	playbook->n_parameters = WRIT_PARAMETERS_MAX;
	writ_mend_command(playbook, NULL, remedy);
	assert_non_null(strstr(remedy, "parameter-15=VALUE --ticket TICKET"));
	writ_mend_command(playbook, &request, remedy);
	assert_string_equal(remedy, "");
	playbook->parameters = before;
	playbook->n_parameters = 1;
	writ_policy_free(policy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many),
		cmocka_unit_test(too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
