// SPDX-License-Identifier: Apache-2.0
/*
 * The questions that are asked, with explain's answers. Most random questions have no rule at all;
 * so a reason that an agent has met often enough is asked for no more while others are rare.
 */
#include "ask.h"

#include <string.h>

#include "compile/explain.h"
#include "compile/policy.h"
#include "lib/time.h"
#include "writ/names.h"

#define SECOND ((uint64_t)WRIT_NS_PER_SECOND)
#define AT (1000 * SECOND) /* "now" of the questions: as long after the first grant's issue */
#define TRIES 20u	   /* for each question that is kept: then any will do */

/* So often at least, or a run of a thousand questions proves nothing about that reason. */
static const struct {
	uint32_t reason;
	uint32_t least;
} classes[] = {
	{WRIT_REASON_ROLE, 80},		  {WRIT_REASON_GRANT, 80},
	{WRIT_REASON_NO_RULE, 80},	  {WRIT_REASON_ROLE_DENY, 40},
	{WRIT_REASON_GRANT_DENY, 40},	  {WRIT_REASON_EXPIRED, 40},
	{WRIT_REASON_NOT_YET_ACTIVE, 40}, {WRIT_REASON_REVOKED, 40},
	{WRIT_REASON_ARGV_MISMATCH, 40},
};
#define CLASSES (uint32_t)(sizeof(classes) / sizeof(classes[0]))

struct plan {
	struct writ_explainer *explainer;
	struct writ_explain_grant grants[ASK_GRANTS];
	struct writ_parameter parameters[ASK_GRANTS];
	struct ask_grant issued[ASK_GRANTS];
	uint32_t seen[WRIT_REASON_COUNT]; /* of the agent at hand */
};

bool ask_is_thin(const uint32_t *reasons, FILE *out)
{
	bool thin = false;

	for (uint32_t i = 0; i < CLASSES; i++) {
		bool seldom = reasons[classes[i].reason] < classes[i].least;

		fprintf(out, " %s %u%s", writ_reason_name(classes[i].reason),
			reasons[classes[i].reason], seldom ? " (too few)" : "");
		thin = thin || seldom;
	}
	fprintf(out, "\n");
	return thin;
}

/* Far from both ends, so that the moment of the act doesn't matter. */
static void suppose(struct plan *plan, uint32_t seed, uint32_t agent)
{
	static const uint64_t delay[] = {[ASK_LIVE] = AT - SECOND,
					 [ASK_EXPIRED] = 0,
					 [ASK_PENDING] = AT + SECOND,
					 [ASK_REVOKED] = AT - SECOND};

	ask_grants(seed, agent, plan->issued);
	for (uint32_t i = 0; i < ASK_GRANTS; i++) {
		uint32_t state = plan->issued[i].state;

		(void)strcpy(plan->parameters[i].name, "service");
		(void)strcpy(plan->parameters[i].value, plan->issued[i].service);
		plan->grants[i] = (struct writ_explain_grant){
			.playbook = plan->issued[i].playbook,
			.parameters = &plan->parameters[i],
			.n_parameters = 1,
			.delay_ns = delay[state],
			.ttl_ns = 60 * SECOND,
			.revoked = state == ASK_REVOKED,
		};
	}
}

static int answer(struct plan *plan, struct ask_record *record)
{
	struct writ_diagnostics diags = {0};
	const char *argv[ASK_ARGV], *why = "";
	struct writ_explain_answer found;
	char agent[16], text[1024];
	struct writ_explain_question question = {
		.agent = agent,
		.argv = argv,
		.n_argv = record->n_argv,
		.grants = plan->grants,
		.n_grants = ASK_GRANTS,
		.at_ns = AT,
		.brief = true,
	};

	(void)snprintf(agent, sizeof(agent), "asker-%u", record->agent);
	for (uint32_t i = 0; i < record->n_argv; i++)
		argv[i] = record->argv[i];
	if (record->operation == WRIT_OP_CONNECT &&
	    writ_explain_peer(record->object, &question, &why))
		return fprintf(stderr, "ask: %s: %s\n", record->object, why), 1;
	question.operation = record->operation;
	question.access = record->access;
	question.path = record->object;
	if (writ_explain_ask(plan->explainer, &question, &diags, &found)) {
		writ_diagnostics_join(&diags, text, sizeof(text));
		return fprintf(stderr, "ask: explain has no answer: %s\n", text), 1;
	}
	record->verdict = found.verdict;
	record->reason = found.reason;
	record->grant = found.grant == WRIT_DECIDE_NO_GRANT ? ASK_NO_GRANT : (uint32_t)found.grant;
	if ((size_t)snprintf(record->rule, sizeof(record->rule), "%s", found.rule) >=
	    sizeof(record->rule))
		return fprintf(stderr, "ask: too long: %s\n", found.rule), 1;
	return 0;
}

static int plan_agent(struct plan *plan, uint32_t seed, struct ask_record *records, uint32_t first,
		      uint32_t count)
{
	uint32_t agent = first / count, state = ask_stream(seed, 400 + agent);
	uint32_t often = count / CLASSES + 1, left = TRIES * count;

	suppose(plan, seed, agent);
	memset(plan->seen, 0, sizeof(plan->seen));
	for (uint32_t i = first; i<first + count; left -= left> 0) {
		ask_question(&state, agent, i, &records[i]);
		if (answer(plan, &records[i]))
			return 1;
		if (left && plan->seen[records[i].reason] >= often)
			continue;
		plan->seen[records[i].reason]++;
		i++;
	}
	return 0;
}

static int plan_policy(uint32_t seed, const struct writ_policy *policy, struct ask_record *records,
		       uint32_t count)
{
	static struct plan plan;
	int err = writ_explain_new(policy, &plan.explainer) ? 1 : 0;

	for (uint32_t i = 0; i < ASK_AGENTS && !err; i++)
		err = plan_agent(&plan, seed, records, i * (count / ASK_AGENTS),
				 count / ASK_AGENTS);
	writ_explain_free(plan.explainer);
	return err;
}

int ask_plan(uint32_t seed, const char *path, struct ask_record *records, uint32_t count)
{
	struct writ_diagnostics diags = {0};
	struct writ_policy *policy = NULL;
	uint32_t reasons[WRIT_REASON_COUNT] = {0};
	char text[1024];
	int err = 1;

	if (writ_policy_load(&path, 1, &diags, &policy)) {
		writ_diagnostics_join(&diags, text, sizeof(text));
		fprintf(stderr, "ask: %s: %s\n", path, text);
	} else {
		err = plan_policy(seed, policy, records, count);
		for (uint32_t i = 0; i < count && !err; i++)
			reasons[records[i].reason]++;
		if (!err && ask_is_thin(reasons, stderr))
			err = 3;
	}
	writ_policy_free(policy);
	writ_diagnostics_free(&diags);
	return err;
}
