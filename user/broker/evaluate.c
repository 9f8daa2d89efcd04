/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See evaluate.h. The order is fixed: who asks, then what is wrong with the words, which no waiting
 * mends, then what only time mends; so nobody waits for a window to be told of a bad ticket. An
 * agent that is not heard learns nothing about the policy. What costs a process, the external
 * validator, comes last and is the caller's. The first refusal is the answer.
 */
#include "broker/evaluate.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "broker/mend.h"
#include "compile/grant.h"
#include "compile/node.h"
#include "lib/cleanup.h"
#include "lib/escape.h"
#include "window/window.h"

struct judge {
	const struct writ_policy *policy;
	const struct writ_request *request;
	const struct writ_asker *asker;
	const struct writ_history *history;
	int64_t now;
	struct writ_grant_plan plan;
	struct writ_evaluation *out;
};

/* Untrusted names may be among the arguments: what comes out is one line. */
static void __attribute__((format(printf, 3, 4)))
say(char *ret_text, size_t size, const char *format, ...)
{
	char text[WRIT_REMEDY_SIZE];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	(void)writ_escape_text(text, strlen(text), ret_text, size);
}

#define message(judge, ...) say((judge)->out->message, sizeof((judge)->out->message), __VA_ARGS__)
#define remedy(judge, ...) say((judge)->out->remedy, sizeof((judge)->out->remedy), __VA_ARGS__)

/* A refusal that time heals. An end that has passed (the ledger is a moment behind): a second. */
static enum writ_refusal wait_until(struct judge *judge, enum writ_refusal refusal, int64_t end)
{
	uint64_t ns = end > judge->now ? (uint64_t)end - (uint64_t)judge->now : 1;
	char text[32];

	judge->out->retry_after = writ_evaluate_seconds(ns);
	writ_time_format(judge->out->retry_after * WRIT_NS_PER_SECOND, text, sizeof(text));
	remedy(judge, "ask again in %s", text);
	return refusal;
}

/* @since and a duration, never past the end of time. */
static int64_t later(int64_t since, uint64_t ns)
{
	int64_t sum;

	return ns > INT64_MAX || __builtin_add_overflow(since, (int64_t)ns, &sum) ? INT64_MAX : sum;
}

#define IS_TEXT(field) (memchr((field), '\0', sizeof(field)) != NULL)

static enum writ_refusal check_form(struct judge *judge)
{
	const struct writ_request *request = judge->request;
	bool good = IS_TEXT(request->agent) && IS_TEXT(request->playbook) &&
		    IS_TEXT(request->ticket) && IS_TEXT(request->sponsor) &&
		    IS_TEXT(request->reason) && IS_TEXT(request->context.session) &&
		    IS_TEXT(request->context.prompt) && IS_TEXT(request->context.tool_call) &&
		    IS_TEXT(request->context.parent);

	if (request->n_parameters > WRIT_PARAMETERS_MAX) {
		message(judge, "%u parameters; the most is %u", request->n_parameters,
			WRIT_PARAMETERS_MAX);
		return WRIT_REFUSAL_MALFORMED;
	}
	for (uint32_t i = 0; i < request->n_parameters && good; i++)
		good = IS_TEXT(request->parameters[i].name) &&
		       IS_TEXT(request->parameters[i].value);
	if (good)
		return WRIT_REFUSAL_NONE;
	message(judge,
		"a field is too long; names and tickets have at most %u bytes, values and "
		"the reason %u, words of the context %u",
		WRIT_NAME_SIZE - 1, WRIT_VALUE_SIZE - 1, WRIT_CONTEXT_SIZE - 1);
	return WRIT_REFUSAL_MALFORMED;
}

static enum writ_refusal check_policy(struct judge *judge)
{
	if (judge->policy)
		return WRIT_REFUSAL_NONE;
	message(judge, "no policy is in force: what is on disk is refused");
	remedy(judge, "an operator mends it: writ policy check");
	return WRIT_REFUSAL_POLICY;
}

static enum writ_refusal check_asker(struct judge *judge)
{
	const char *agent = judge->request->agent;

	if (!judge->asker->by_operator && !*agent) {
		message(judge, "the caller is in no agent's cgroup");
		remedy(judge, "ask from inside of an agent: writ run AGENT -- COMMAND");
		return WRIT_REFUSAL_NOT_AN_AGENT;
	}
	if (judge->asker->suspended) {
		message(judge, "agent \"%s\" is suspended", agent);
		remedy(judge, "an operator looks at it and lifts it: writ resume %s", agent);
		return WRIT_REFUSAL_SUSPENDED;
	}
	if (judge->asker->frozen) {
		message(judge, "this node is frozen: no grant is issued");
		remedy(judge, "an operator lifts it: writ thaw");
		return WRIT_REFUSAL_FROZEN;
	}
	return WRIT_REFUSAL_NONE;
}

/* So many were refused by validator or core that more would fill the ledger: not this minute. */
static enum writ_refusal check_late(struct judge *judge)
{
	const struct writ_history *history = judge->history;
	int64_t end = later(history->late_since, 60 * WRIT_NS_PER_SECOND);

	if (judge->asker->by_operator || history->late < WRIT_REFUSALS_PER_MINUTE ||
	    judge->now < history->late_since || judge->now >= end)
		return WRIT_REFUSAL_NONE;
	message(judge,
		"agent \"%s\" had %u requests refused within a minute by the validator or the "
		"core, and is not heard until it is over",
		judge->request->agent, history->late);
	return wait_until(judge, WRIT_REFUSAL_BACKOFF, end);
}

/*
 * An operator's push does not wait for what the agent did. A wall clock that was set back keeps
 * the agent waiting for longer, never for less.
 */
static enum writ_refusal check_backoff(struct judge *judge)
{
	const struct writ_history *history = judge->history;
	int64_t end = later(history->last_denial,
			    writ_evaluate_backoff(writ_node_of(judge->policy), history->denials));

	if (judge->asker->by_operator || !history->denials || judge->now >= end)
		return WRIT_REFUSAL_NONE;
	message(judge, "agent \"%s\" was denied %u times in a row and is not heard for a while",
		judge->request->agent, history->denials);
	return wait_until(judge, WRIT_REFUSAL_BACKOFF, end);
}

/* What to write instead; the faults themselves name patterns and what the role may use. */
static void mend_words(struct judge *judge, enum writ_refusal refusal)
{
	const struct writ_grant_plan *plan = &judge->plan;

	if (refusal == WRIT_REFUSAL_UNKNOWN_PLAYBOOK || refusal == WRIT_REFUSAL_ROLE)
		writ_mend_offers(judge->policy, plan->agent, judge->request->playbook,
				   judge->out->remedy);
	else if (refusal == WRIT_REFUSAL_PARAMETERS || refusal == WRIT_REFUSAL_TICKET ||
		 refusal == WRIT_REFUSAL_SPONSOR)
		writ_mend_command(plan->playbook, judge->request, judge->out->remedy);
	else if (refusal == WRIT_REFUSAL_RISK || refusal == WRIT_REFUSAL_ENVIRONMENT)
		writ_mend_offers(judge->policy, plan->agent, "", judge->out->remedy);
}

/* Faults are escaped already; a cut between characters leaves them valid UTF-8. */
static void tell_faults(struct judge *judge, const struct writ_diagnostics *diags)
{
	char text[4 * WRIT_MESSAGE_SIZE];
	size_t len = WRIT_MESSAGE_SIZE - 1;

	writ_diagnostics_join(diags, text, sizeof(text));
	if (strlen(text) < len)
		len = strlen(text);
	while (len && (text[len] & 0xc0) == 0x80)
		len--;
	memcpy(judge->out->message, text, len);
}

static enum writ_refusal check_words(struct judge *judge)
{
	_cleanup_(writ_diagnostics_free) struct writ_diagnostics diags = {0};
	enum writ_refusal refusal =
		writ_grant_review(judge->policy, judge->request, &diags, &judge->plan);

	tell_faults(judge, &diags);
	if (refusal != WRIT_REFUSAL_NONE)
		mend_words(judge, refusal);
	return refusal;
}

/* The record must not name somebody whom there is not. */
static enum writ_refusal check_sponsor(struct judge *judge)
{
	if (!*judge->request->sponsor || judge->asker->sponsor_known)
		return WRIT_REFUSAL_NONE;
	message(judge, "sponsor \"%s\": this system has nobody of that name",
		judge->request->sponsor);
	writ_mend_command(judge->plan.playbook, judge->request, judge->out->remedy);
	return WRIT_REFUSAL_SPONSOR;
}

static enum writ_refusal check_ticket(struct judge *judge)
{
	const struct writ_policy_playbook *playbook = judge->plan.playbook;
	if (!playbook->validates_ticket)
		return WRIT_REFUSAL_NONE;
	if (!*judge->request->ticket) {
		message(judge, "playbook %s needs a ticket, to be asked about", playbook->name);
		writ_mend_command(playbook, judge->request, judge->out->remedy);
		return WRIT_REFUSAL_TICKET;
	}
	if (writ_node_of(judge->policy)->n_validator)
		return WRIT_REFUSAL_NONE;
	message(judge, "playbook %s has its tickets validated, and this node has no command for it",
		playbook->name);
	remedy(judge, "an operator names one in the Node document: ticket_validator");
	return WRIT_REFUSAL_VALIDATOR;
}

/* The grant as a whole lies in a window, from when it begins. */
static enum writ_refusal check_window(struct judge *judge)
{
	const struct writ_policy_playbook *playbook = judge->plan.playbook;
	int64_t begins = later(judge->now, judge->plan.delay_ns);
	char text[WRIT_MESSAGE_SIZE];
	struct writ_window_answer window;

	writ_window_ask(playbook->windows, playbook->n_windows, begins, &window);
	if (window.open) {
		if (writ_window_clip(&window, begins, &judge->plan.ttl_ns))
			judge->plan.clip = WRIT_CLIP_WINDOW;
		return WRIT_REFUSAL_NONE;
	}
	writ_window_say(playbook, &window, text, sizeof(text));
	message(judge, "%s", text);
	if (!window.opens)
		return WRIT_REFUSAL_WINDOW;
	return wait_until(judge, WRIT_REFUSAL_WINDOW, window.opens - (int64_t)judge->plan.delay_ns);
}

static enum writ_refusal check_concurrency(struct judge *judge)
{
	const struct writ_policy_playbook *playbook = judge->plan.playbook;
	const struct writ_history *history = judge->history;

	if (!playbook->concurrency || history->live < playbook->concurrency)
		return WRIT_REFUSAL_NONE;
	message(judge, "playbook %s: %u grants live on this node, and %u is the most",
		playbook->name, history->live, playbook->concurrency);
	/* the longest that one of them can last, if the end of none is known */
	return wait_until(judge, WRIT_REFUSAL_CONCURRENCY,
			  history->live_until ? history->live_until
					      : later(judge->now, playbook->ttl_max_ns));
}

static enum writ_refusal check_cooldown(struct judge *judge)
{
	const struct writ_policy_playbook *playbook = judge->plan.playbook;
	int64_t end = later(judge->history->last_end, playbook->cooldown_ns);
	char text[32];

	if (!playbook->cooldown_ns || !judge->history->last_end || judge->now >= end)
		return WRIT_REFUSAL_NONE;
	writ_time_format(playbook->cooldown_ns, text, sizeof(text));
	message(judge, "playbook %s: agent %s has to wait %s from the end of a grant to the next",
		playbook->name, judge->plan.agent->name, text);
	return wait_until(judge, WRIT_REFUSAL_COOLDOWN, end);
}

static enum writ_refusal check_rate(struct judge *judge)
{
	const struct writ_policy_playbook *playbook = judge->plan.playbook;
	const struct writ_history *history = judge->history;
	char text[32];

	if (!playbook->rate_count || history->recent < playbook->rate_count)
		return WRIT_REFUSAL_NONE;
	writ_time_format(playbook->rate_per_ns, text, sizeof(text));
	message(judge, "playbook %s: agent %s had %u grants in %s, and %u is the most",
		playbook->name, judge->plan.agent->name, history->recent, text,
		playbook->rate_count);
	return wait_until(judge, WRIT_REFUSAL_RATE,
			  later(history->recent_since ? history->recent_since : judge->now,
				playbook->rate_per_ns));
}

static void allow(struct judge *judge)
{
	const struct writ_policy_playbook *playbook = judge->plan.playbook;
	struct writ_evaluation *out = judge->out;

	out->validate = playbook->validates_ticket;
	out->approvals = playbook->break_glass ? 0 : playbook->approvals;
	out->ttl_ns = judge->plan.ttl_ns;
	out->clip = judge->plan.clip;
}

void writ_evaluate(const struct writ_policy *policy, const struct writ_request *request,
		   const struct writ_asker *asker, const struct writ_history *history, int64_t now,
		   struct writ_evaluation *ret_evaluation)
{
	static enum writ_refusal (*const checks[])(struct judge *) = {
		check_form,	   check_policy,   check_asker,	 check_backoff,
		check_late,	   check_words,	   check_sponsor, check_ticket,
		check_window,	   check_concurrency, check_cooldown, check_rate,
	};
	struct judge judge = {.policy = policy,
			      .request = request,
			      .asker = asker,
			      .history = history,
			      .now = now,
			      .out = ret_evaluation};
	enum writ_refusal refusal = WRIT_REFUSAL_NONE;

	*ret_evaluation = (struct writ_evaluation){0};
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]) && !refusal; i++)
		refusal = checks[i](&judge);
	ret_evaluation->refusal = refusal;
	if (refusal == WRIT_REFUSAL_NONE)
		allow(&judge);
	else if (!asker->by_operator)
		writ_evaluate_denial(writ_node_of(policy), history, refusal, ret_evaluation);
}
