/* SPDX-License-Identifier: Apache-2.0 */
/* See offers.h. */
#include "compile/offers.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "compile/capture.h"
#include "compile/image_match.h"
#include "compile/parameters.h"
#include "compile/policy.h"
#include "lib/cleanup.h"
#include "lib/escape.h"

struct attempt {
	const struct writ_policy_playbook *playbook;
	const struct writ_policy_agent *agent;
	const struct writ_decide *denied;
	struct writ_explain_offer *offer;
	struct writ_bindings bindings;
	struct writ_glob_parameters parameters; /* the bindings' names without values */
	struct writ_glob glob;
	unsigned int tries;
	bool plain; /* a rule matches, whatever the parameters are */
	const char *text; /* path NUL argv */
	size_t path_len;
	size_t len;
};

/* Those that are known must be fit for a grant. */
static bool are_values(const struct writ_capture *capture)
{
	const struct writ_policy_playbook *playbook = capture->playbook;
	_cleanup_(writ_diagnostics_free) struct writ_diagnostics faults = {0};
	const char *values[WRIT_PARAMETERS_MAX];
	struct writ_request request = {0};
	size_t missing = 0;

	for (size_t i = 0; i < playbook->n_parameters; i++) {
		struct writ_parameter *given = &request.parameters[request.n_parameters];

		if (!capture->known[i]) {
			missing++;
			continue;
		}
		(void)snprintf(given->name, sizeof(given->name), "%s",
			       playbook->parameters[i].name);
		memcpy(given->value, capture->values[i], sizeof(given->value));
		request.n_parameters++;
	}
	(void)writ_parameters_check(playbook, &request, &faults, values);
	return faults.errors == missing; /* each missing one is an error, and nothing else is */
}

static void write_offer(const struct writ_capture *capture, struct writ_explain_offer *offer)
{
	const char *values[WRIT_PARAMETERS_MAX];

	*offer = (struct writ_explain_offer){.playbook = capture->playbook};
	for (size_t i = 0; i < capture->playbook->n_parameters; i++) {
		values[i] = capture->known[i] ? capture->values[i] : "?";
		offer->open = offer->open || !capture->known[i];
		if (capture->known[i])
			memcpy(offer->values[i], capture->values[i], WRIT_VALUE_SIZE);
	}
	writ_parameters_format(capture->playbook, values, offer->parameters,
			       sizeof(offer->parameters));
}

/* Would a grant with these values allow it, beside those that there are? 1, 0, -ENOMEM. */
static int try_grant(struct attempt *attempt, const struct writ_capture *capture)
{
	_cleanup_(writ_tables_freep) struct writ_tables *tables = NULL;
	_cleanup_(writ_diagnostics_free) struct writ_diagnostics faults = {0};
	struct writ_decide_grant grants[WRIT_SUPPOSE_MAX + 1];
	struct writ_decide decide = *attempt->denied;
	const char *values[WRIT_PARAMETERS_MAX];
	int err;

	if (attempt->tries++ >= WRIT_OFFERS_TRIES_MAX || !are_values(capture))
		return 0;
	for (size_t i = 0; i < WRIT_PARAMETERS_MAX; i++)
		values[i] = capture->known[i] ? capture->values[i] : NULL;
	err = writ_suppose_image(attempt->playbook, attempt->agent, values, &faults, &tables);
	if (err)
		return err == -ENOMEM ? err : 0;
	for (size_t i = 0; i < decide.n_grants; i++)
		grants[i] = decide.grants[i];
	grants[decide.n_grants++] =
		(struct writ_decide_grant){.tables = tables, .expires = UINT64_MAX};
	decide.grants = grants;
	if (writ_decide(&decide) || !writ_decide_allows(decide.reason))
		return 0;
	write_offer(capture, attempt->offer);
	return 1;
}

/* The glob in attempt->glob against the object. What is compiled is a grant with its values. */
static int try_glob(struct attempt *attempt, size_t len)
{
	struct writ_capture capture = {.playbook = attempt->playbook,
				       .bindings = &attempt->bindings};
	int found = writ_capture_glob(&capture, &attempt->glob, attempt->text, len);

	for (size_t i = 0; i < attempt->playbook->n_parameters && found > 0; i++)
		if (capture.known[i])
			return try_grant(attempt, &capture);
	attempt->plain = attempt->plain || found > 0;
	return found < 0 ? found : 0;
}

static int parse(struct attempt *attempt, const char *text)
{
	char why[WRIT_GLOB_ERROR_SIZE];

	return writ_glob_parse(&attempt->glob, text, &attempt->parameters, why);
}

/*
 * Does the text begin as @pattern does, up to its first sign? A role may have a thousand playbooks,
 * and nearly all rules end here. The slash before a last double star need not be there.
 */
static bool begins_like(const struct attempt *attempt, const char *pattern)
{
	size_t len = strcspn(pattern, "*?[]{}\\");

	if (len && pattern[len - 1] == '/')
		len--;
	return len <= attempt->path_len && !memcmp(pattern, attempt->text, len);
}

static int try_path(struct attempt *attempt, const char *path)
{
	int err;

	if (!begins_like(attempt, path))
		return 0;
	writ_glob_reset(&attempt->glob);
	err = parse(attempt, path);
	if (err)
		return err == -ENOMEM ? err : 0;
	return try_glob(attempt, attempt->path_len);
}

/* As ruleset.c joins them: path NUL, then each argument and its NUL. Not known: the path alone. */
static int try_exec(struct attempt *attempt, const struct writ_exec_rule *rule)
{
	int err;

	if (!rule->argv || !attempt->denied->argv)
		return try_path(attempt, rule->path);
	if (!begins_like(attempt, rule->path))
		return 0;
	writ_glob_reset(&attempt->glob);
	err = parse(attempt, rule->path);
	if (!err)
		err = writ_glob_append(&attempt->glob, WRIT_GLOB_BYTE, 0);
	for (size_t i = 0; i < rule->n_argv && !err; i++) {
		if (i + 1 == rule->n_argv && !strcmp(rule->argv[i], "**")) {
			err = writ_glob_append(&attempt->glob, WRIT_GLOB_REST, 0);
			break;
		}
		err = parse(attempt, rule->argv[i]);
		if (!err)
			err = writ_glob_append(&attempt->glob, WRIT_GLOB_BYTE, 0);
	}
	if (err)
		return err == -ENOMEM ? err : 0;
	return try_glob(attempt, attempt->len);
}

/* A rule on a parameter's address: the one that was asked for. */
static int try_network(struct attempt *attempt, const struct writ_network_rule *rule)
{
	struct writ_capture capture = {.playbook = attempt->playbook};
	const uint8_t *address = attempt->denied->address;
	struct in6_addr aligned;
	char *value;

	if (!rule->parameter || rule->parameter > attempt->playbook->n_parameters)
		return 0;
	value = capture.values[rule->parameter - 1];
	capture.known[rule->parameter - 1] = true;
	memcpy(&aligned, address, sizeof(aligned));
	if (IN6_IS_ADDR_V4MAPPED(&aligned))
		(void)inet_ntop(AF_INET, address + 12, value, WRIT_VALUE_SIZE);
	else
		(void)inet_ntop(AF_INET6, address, value, WRIT_VALUE_SIZE);
	return try_grant(attempt, &capture);
}

/* Those of the rules that allow some of what was denied; a program may be opened to map it, too. */
static int try_files(struct attempt *attempt, const struct writ_file_rule *rules, size_t n)
{
	const uint32_t program = WRIT_ACCESS_EXECUTE | WRIT_ACCESS_MAP;
	uint32_t access = attempt->denied->access;
	int found = 0;

	if (access & program)
		access |= program;
	for (size_t i = 0; i < n && !found; i++)
		if (rules[i].allow & access)
			found = try_path(attempt, rules[i].path);
	return found;
}

static int try_rules(struct attempt *attempt)
{
	const struct writ_capture nothing = {.playbook = attempt->playbook};
	const struct writ_rules *rules = &attempt->playbook->rules;
	int found = 0;

	if (!attempt->denied->protocol) {
		found = try_files(attempt, rules->files, rules->n_files);
		if (!found)
			found = try_files(attempt, rules->unix_sockets, rules->n_unix);
		for (size_t i = 0; i < rules->n_exec && !found; i++)
			found = try_exec(attempt, &rules->exec[i]);
	} else {
		for (size_t i = 0; i < rules->n_network && !found; i++)
			found = try_network(attempt, &rules->network[i]);
		attempt->plain = rules->n_network > 0;
	}
	attempt->tries = 0;
	return found || !attempt->plain ? found : try_grant(attempt, &nothing);
}

static int try_playbook(const struct writ_policy_playbook *playbook,
			const struct writ_policy_agent *agent, const struct writ_decide *denied,
			const char *text, size_t len, struct writ_explain_offer *offer)
{
	struct attempt attempt = {.playbook = playbook,
				  .agent = agent,
				  .denied = denied,
				  .offer = offer,
				  .text = text,
				  .path_len = denied->path_len,
				  .len = len};
	int found;

	writ_bindings_init(&attempt.bindings, playbook->parameters, playbook->n_parameters);
	writ_bindings_set_agent(&attempt.bindings, agent);
	attempt.parameters = writ_bindings_values(&attempt.bindings);
	attempt.parameters.values = NULL;
	found = try_rules(&attempt);
	writ_glob_free(&attempt.glob);
	return found;
}

/* Path NUL argv, as rules of programs are written; of sockets nothing. */
static size_t join_text(const struct writ_decide *denied, char *ret_text)
{
	size_t argv = denied->argv_len < WRIT_ARGV_SIZE ? denied->argv_len : WRIT_ARGV_SIZE;

	if (denied->path_len)
		memcpy(ret_text, denied->path, denied->path_len);
	ret_text[denied->path_len] = '\0';
	if (argv)
		memcpy(ret_text + denied->path_len + 1, denied->argv, argv);
	return denied->path_len + 1 + argv;
}

int writ_offers_find(const struct writ_policy *policy, const struct writ_policy_agent *agent,
		     const struct writ_decide *denied, struct writ_explain_answer *answer)
{
	const struct writ_policy_role *role = agent->role;
	char text[WRIT_PATH_SIZE + WRIT_ARGV_SIZE + 1];
	size_t len;
	int found = 0;

	if (denied->path_len >= WRIT_PATH_SIZE)
		return 0;
	len = join_text(denied, text);
	for (size_t i = 0; i < role->n_playbooks && answer->n_offers < WRIT_EXPLAIN_OFFERS_MAX;
	     i++) {
		const struct writ_policy_playbook *playbook =
			writ_policy_playbook(policy, role->playbooks[i]);

		found = playbook ? try_playbook(playbook, agent, denied, text, len,
						&answer->offers[answer->n_offers])
				 : 0;
		if (found < 0)
			return found;
		answer->n_offers += (size_t)found;
	}
	return 0;
}
