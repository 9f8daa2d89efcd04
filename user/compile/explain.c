/* SPDX-License-Identifier: Apache-2.0 */
/* See explain.h. */
#include "compile/explain.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compile/image_match.h"
#include "compile/offers.h"
#include "compile/policy.h"
#include "compile/role.h"
#include "lib/cleanup.h"

/* A compiled grant: the image depends on these three and on nothing else. */
struct granted {
	const struct writ_policy_agent *agent;
	const struct writ_policy_playbook *playbook;
	struct writ_request request; /* its parameters */
	struct writ_tables *tables;  /* NULL: nothing is remembered here */
};

struct writ_explainer {
	const struct writ_policy *policy;
	/* of policy->roles[i]; behind them, where it varies, of policy->agents[i]; NULL: not yet */
	struct writ_tables **roles;
	size_t n_roles;
	/* of the last question, by place: those in a row mostly suppose the same grants */
	struct granted granted[WRIT_SUPPOSE_MAX];
};

int writ_explain_new(const struct writ_policy *policy, struct writ_explainer **ret)
{
	_cleanup_free_ struct writ_explainer *explainer = calloc(1, sizeof(*explainer));

	if (!explainer)
		return -ENOMEM;
	explainer->policy = policy;
	explainer->n_roles = policy->n_roles + policy->n_agents;
	explainer->roles = calloc(explainer->n_roles + 1, sizeof(struct writ_tables *));
	if (!explainer->roles)
		return -ENOMEM;
	*ret = take_ptr(explainer);
	return 0;
}

void writ_explain_free(struct writ_explainer *explainer)
{
	if (!explainer)
		return;
	for (size_t i = 0; i < explainer->n_roles; i++)
		writ_tables_free(explainer->roles[i]);
	for (size_t i = 0; i < WRIT_SUPPOSE_MAX; i++)
		writ_tables_free(explainer->granted[i].tables);
	free(explainer->roles);
	free(explainer);
}

void writ_explain_freep(struct writ_explainer **explainer)
{
	writ_explain_free(*explainer);
}

const struct writ_policy *writ_explain_policy(const struct writ_explainer *explainer)
{
	return explainer->policy;
}

static int role_tables(struct writ_explainer *explainer, const struct writ_policy_agent *agent,
		       struct writ_diagnostics *diags, const struct writ_tables **ret_tables)
{
	const struct writ_policy *policy = explainer->policy;
	size_t index = writ_role_varies(agent->role)
			       ? policy->n_roles + (size_t)(agent - policy->agents)
			       : (size_t)(agent->role - policy->roles);
	struct writ_tables **place = &explainer->roles[index];
	int err = *place ? 0 : writ_suppose_role(agent, diags, place);

	if (!err)
		*ret_tables = *place;
	return err;
}

static int unknown_agent(const struct writ_policy *policy, const char *name,
			 struct writ_diagnostics *diags)
{
	char list[512] = "none";
	size_t used = 0;

	for (size_t i = 0; i < policy->n_agents && used < sizeof(list); i++)
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s", i ? ", " : "",
					 policy->agents[i].name);
	return writ_diagnostics_error(diags, NULL, "agent \"%.64s\" is unknown; the policy has: %s",
				      name, list);
}

static int fill_request(const struct writ_explain_grant *grant, struct writ_request *request,
			struct writ_diagnostics *diags)
{
	if (grant->n_parameters > WRIT_PARAMETERS_MAX)
		return writ_diagnostics_error(diags, NULL, "%zu parameters; the most is %u",
					      grant->n_parameters, WRIT_PARAMETERS_MAX);
	*request = (struct writ_request){.n_parameters = (uint32_t)grant->n_parameters};
	for (size_t i = 0; i < grant->n_parameters; i++)
		request->parameters[i] = grant->parameters[i];
	return 0;
}

static bool is_remembered(const struct granted *granted, const struct writ_policy_agent *agent,
			  const struct writ_policy_playbook *playbook,
			  const struct writ_request *request)
{
	if (!granted->tables || granted->agent != agent || granted->playbook != playbook ||
	    granted->request.n_parameters != request->n_parameters)
		return false;
	for (size_t i = 0; i < request->n_parameters; i++)
		if (strcmp(granted->request.parameters[i].name, request->parameters[i].name) ||
		    strcmp(granted->request.parameters[i].value, request->parameters[i].value))
			return false;
	return true;
}

/* The image of @playbook with these parameters; it stays @granted's. */
static int remember(struct granted *granted, const struct writ_policy_agent *agent,
		    const struct writ_policy_playbook *playbook, const struct writ_request *request,
		    struct writ_diagnostics *diags)
{
	struct writ_tables *tables;
	int err;

	if (is_remembered(granted, agent, playbook, request))
		return 0;
	err = writ_suppose_grant(playbook, agent, request, diags, &tables);
	if (err)
		return err;
	writ_tables_free(granted->tables);
	*granted = (struct granted){agent, playbook, *request, tables};
	return 0;
}

static int suppose(const struct writ_policy *policy, const struct writ_policy_agent *agent,
		   const struct writ_explain_grant *grant, struct writ_diagnostics *diags,
		   struct granted *granted, struct writ_decide_grant *ret_grant)
{
	const struct writ_policy_playbook *playbook = writ_policy_playbook(policy, grant->playbook);
	uint64_t ttl = grant->ttl_ns;
	struct writ_request request;
	int err;

	if (!playbook)
		return writ_diagnostics_error(diags, NULL, "playbook \"%.64s\" is unknown",
					      grant->playbook);
	if (!writ_policy_may_use(agent->role, playbook->name))
		return writ_diagnostics_error(diags, NULL, "role %s may not use playbook %s",
					      agent->role->name, playbook->name);
	err = fill_request(grant, &request, diags);
	if (!err)
		err = remember(granted, agent, playbook, &request, diags);
	if (err)
		return err;
	if (!ttl)
		ttl = playbook->ttl_default_ns;
	if (ttl > playbook->ttl_max_ns)
		ttl = playbook->ttl_max_ns;
	*ret_grant = (struct writ_decide_grant){granted->tables, grant->delay_ns,
						grant->delay_ns + ttl, grant->revoked};
	return 0;
}

/* Each argument and its NUL. */
static int join_argv(const struct writ_explain_question *question, char **ret_argv, size_t *ret_len)
{
	size_t len = 0;
	char *argv;

	for (size_t i = 0; i < question->n_argv; i++)
		len += strlen(question->argv[i]) + 1;
	argv = malloc(len + 1);
	if (!argv)
		return -ENOMEM;
	*ret_argv = argv;
	*ret_len = len;
	for (size_t i = 0; i < question->n_argv; i++)
		argv = stpcpy(argv, question->argv[i]) + 1;
	return 0;
}

static int check_question(const struct writ_explain_question *question,
			  struct writ_diagnostics *diags)
{
	if (question->n_grants > WRIT_SUPPOSE_MAX)
		return writ_diagnostics_error(diags, NULL, "%zu grants; an agent has at most %u",
					      question->n_grants, WRIT_SUPPOSE_MAX);
	if (writ_explain_is_socket(question->operation) &&
	    (question->protocol || (question->path && question->path[0] == '@')))
		return 0;
	if (!question->path || question->path[0] != '/')
		return writ_diagnostics_error(diags, NULL,
					      "\"%.128s\" is no absolute path; the kernel asks for "
					      "the path behind all links",
					      question->path ? question->path : "");
	if (question->operation == WRIT_OP_OPEN && !question->access)
		return writ_diagnostics_error(diags, NULL, "open for what? name the access");
	return 0;
}

/*
 * The rule as the audit log names it (daemon/resolve.c): by all that was needed, and where nothing
 * speaks of executing, what may be executed in some way may be opened for it.
 */
static void name_rule(const struct writ_decide *decide, char *ret_rule, size_t size)
{
	const char *text;
	uint32_t rule;
	size_t len;

	if (!decide->image)
		return;
	if (writ_image_rule(decide->image, 0, decide->accept, decide->need, &rule, &text, &len) ||
	    (decide->need & WRIT_ACCESS_EXECUTE &&
	     writ_image_rule(decide->image, 0, decide->accept,
			     WRIT_ACCESS_MAP | WRIT_ACCESS_EXECUTE_ARGV, &rule, &text, &len)))
		(void)snprintf(ret_rule, size, "%.*s", (int)len, text);
}

static void answer(const struct writ_decide *decide, const struct writ_policy_agent *agent,
		   struct writ_explain_answer *ret)
{
	bool allowed = writ_decide_allows(decide->reason);

	*ret = (struct writ_explain_answer){
		.agent = agent, .reason = decide->reason, .grant = decide->grant};
	ret->verdict = allowed				  ? WRIT_VERDICT_ALLOW
		       : agent->mode == WRIT_MODE_MONITOR ? WRIT_VERDICT_WOULD_DENY
							  : WRIT_VERDICT_DENY;
	name_rule(decide, ret->rule, sizeof(ret->rule));
}

static struct writ_decide prepare(const struct writ_explain_question *question)
{
	struct writ_decide decide = {
		.now = question->at_ns,
		.operation = question->operation,
		.access = question->access,
		.path = question->path,
		.path_len = question->path ? strlen(question->path) : 0,
		.protocol = question->protocol,
		.port = question->port,
	};

	memcpy(decide.address, question->address, sizeof(decide.address));
	return decide;
}

int writ_explain_ask(struct writ_explainer *explainer, const struct writ_explain_question *question,
		     struct writ_diagnostics *diags, struct writ_explain_answer *ret_answer)
{
	const struct writ_policy *policy = explainer->policy;
	const struct writ_policy_agent *agent = writ_policy_agent(policy, question->agent);
	struct writ_decide_grant grants[WRIT_SUPPOSE_MAX];
	struct writ_decide decide = prepare(question);
	_cleanup_free_ char *argv = NULL;
	int err = check_question(question, diags);

	if (err)
		return err;
	if (!agent)
		return unknown_agent(policy, question->agent, diags);
	err = role_tables(explainer, agent, diags, &decide.role);
	for (size_t i = 0; i < question->n_grants && !err; i++)
		err = suppose(policy, agent, &question->grants[i], diags, &explainer->granted[i],
			      &grants[i]);
	if (!err)
		err = join_argv(question, &argv, &decide.argv_len);
	if (err)
		return err;
	decide.argv = question->n_argv ? argv : NULL;
	decide.grants = grants;
	decide.n_grants = question->n_grants;
	err = writ_decide(&decide);
	if (err)
		return err;
	answer(&decide, agent, ret_answer);
	if (ret_answer->verdict == WRIT_VERDICT_ALLOW || question->brief)
		return 0;
	return writ_offers_find(policy, agent, &decide, ret_answer);
}
