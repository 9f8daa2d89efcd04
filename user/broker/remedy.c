/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See remedy.h. Offers come from compile/offers.h, which compiles and decides each of them; here
 * they become commands, and playbooks that no request of the agent could have are left out. What
 * stands in a command is safe to paste into a shell.
 */
#include "broker/remedy.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "compile/explain.h"
#include "compile/grant.h"
#include "compile/policy.h"
#include "compile/suggest.h"
#include "compile/values.h"
#include "lib/cleanup.h"

/* A line that grows by whole pieces: what does not fit is left out. */
struct line {
	char *text;
	size_t size;
	size_t used;
	bool full;
};

static void put(struct line *line, const char *text, size_t len)
{
	line->full = line->full || len >= line->size - line->used;
	if (line->full)
		return;
	memcpy(line->text + line->used, text, len);
	line->used += len;
	line->text[line->used] = '\0';
}

static void put_word(struct line *line, const char *text)
{
	put(line, text, strlen(text));
}

/* Can it be shown as it is? Others the asker has to write. */
static bool is_plain(const char *value, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (value[i] < 0x20 || value[i] > 0x7e || value[i] == '\\')
			return false;
	return len > 0;
}

/* In single quotes, unless no shell sees anything in it. */
static void put_value(struct line *line, const char *value, size_t len)
{
	static const char safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				   "0123456789._/:@%+,=-";
	size_t plain = strspn(value, safe);

	if (!is_plain(value, len)) {
		put_word(line, "VALUE");
		return;
	}
	if (plain >= len) {
		put(line, value, len);
		return;
	}
	put_word(line, "'");
	for (size_t i = 0; i < len; i++)
		put(line, value[i] == '\'' ? "'\\''" : value + i, value[i] == '\'' ? 4 : 1);
	put_word(line, "'");
}

/* What is known of the value of one parameter; @ret_len 0: nothing. */
typedef const char *value_source(const void *context, const struct writ_policy_playbook *playbook,
				 size_t index, size_t *ret_len);

static void put_command(struct line *line, const struct writ_policy_playbook *playbook,
			value_source *source, const void *context)
{
	put_word(line, "writ request ");
	put_word(line, playbook->name);
	for (size_t i = 0; i < playbook->n_parameters; i++) {
		size_t len = 0;
		const char *value = source(context, playbook, i, &len);

		put_word(line, " ");
		put_word(line, playbook->parameters[i].name);
		put_word(line, "=");
		put_value(line, value, len);
	}
	if (playbook->ticket || playbook->validates_ticket)
		put_word(line, " --ticket TICKET");
	if (playbook->needs_sponsor)
		put_word(line, " --sponsor NAME");
}

/* One more command; false, and the line is as it was, if it does not fit. */
static bool join_command(struct line *line, const struct writ_policy_playbook *playbook,
			 value_source *source, const void *context)
{
	size_t before = line->used;

	if (before)
		put_word(line, " or ");
	put_command(line, playbook, source, context);
	if (!line->full)
		return true;
	line->used = before;
	line->text[before] = '\0';
	line->full = false;
	return false;
}

static struct line line_of(char ret_remedy[WRIT_REMEDY_SIZE])
{
	ret_remedy[0] = '\0';
	return (struct line){.text = ret_remedy, .size = WRIT_REMEDY_SIZE};
}

/* --- a request ---------------------------------------------------------------------------------*/

/* A value that was given and is sound; @context: the request, or NULL. */
static const char *given_value(const void *context, const struct writ_policy_playbook *playbook,
			       size_t index, size_t *ret_len)
{
	const struct writ_policy_parameter *parameter = &playbook->parameters[index];
	const struct writ_request *request = context;

	for (uint32_t i = 0; request && i < request->n_parameters; i++) {
		const char *value = request->parameters[i].value;

		if (strcmp(request->parameters[i].name, parameter->name) ||
		    writ_values_fault(parameter, value))
			continue;
		*ret_len = strlen(value);
		return value;
	}
	*ret_len = 0;
	return "";
}

void writ_remedy_command(const struct writ_policy_playbook *playbook,
			 const struct writ_request *request, char ret_remedy[WRIT_REMEDY_SIZE])
{
	struct line line = line_of(ret_remedy);

	(void)join_command(&line, playbook, given_value, request);
}

static const struct writ_policy_playbook *
playbook_of(const struct writ_policy *policy, const struct writ_policy_agent *agent, size_t index)
{
	const struct writ_policy_playbook *playbook =
		writ_policy_playbook(policy, agent->role->playbooks[index]);

	return playbook && writ_grant_may_ask(policy, agent, playbook) ? playbook : NULL;
}

/* The one that is nearest to @meant, and near; NULL: none is. */
static const struct writ_policy_playbook *
near_to(const struct writ_policy *policy, const struct writ_policy_agent *agent, const char *meant)
{
	const struct writ_policy_playbook *best = NULL;
	size_t least = WRIT_NAME_SIZE;

	for (size_t i = 0; i < agent->role->n_playbooks; i++) {
		const struct writ_policy_playbook *playbook = playbook_of(policy, agent, i);
		size_t distance = playbook ? writ_suggest_distance(meant, playbook->name) : least;

		if (distance >= least || !writ_suggest_near(meant, distance))
			continue;
		best = playbook;
		least = distance;
	}
	return best;
}

void writ_remedy_offers(const struct writ_policy *policy, const struct writ_policy_agent *agent,
			const char *meant, char ret_remedy[WRIT_REMEDY_SIZE])
{
	const struct writ_policy_playbook *playbook = near_to(policy, agent, meant);
	struct line line = line_of(ret_remedy);

	if (playbook) {
		(void)join_command(&line, playbook, given_value, NULL);
		return;
	}
	for (size_t i = 0; i < agent->role->n_playbooks; i++) {
		playbook = playbook_of(policy, agent, i);
		if (playbook && !join_command(&line, playbook, given_value, NULL))
			return;
	}
}

/* --- a denied operation ------------------------------------------------------------------------*/

/* In an offer's "k=v k=v", in the playbook's order; "?" and what was cut off are not known. */
static const char *offered_value(const void *context, const struct writ_policy_playbook *playbook,
				 size_t index, size_t *ret_len)
{
	const char *at = context, *end = at;
	char next[WRIT_NAME_SIZE + 2];

	*ret_len = 0;
	for (size_t i = 0; i <= index; i++) {
		size_t len = strlen(playbook->parameters[i].name);

		if (strncmp(at, playbook->parameters[i].name, len) || at[len] != '=')
			return "";
		at += len + 1;
		end = at + strlen(at);
		if (i + 1 == playbook->n_parameters)
			break;
		(void)snprintf(next, sizeof(next), " %s=", playbook->parameters[i + 1].name);
		end = strstr(at, next);
		if (!end)
			return "";
		if (i < index)
			at = end + 1;
	}
	*ret_len = (size_t)(end - at);
	if (*ret_len == 1 && *at == '?')
		*ret_len = 0;
	return at;
}

/* Would a further grant change it? */
static bool may_help(uint32_t reason)
{
	return reason == WRIT_REASON_NO_RULE || reason == WRIT_REASON_EXPIRED ||
	       reason == WRIT_REASON_NOT_YET_ACTIVE || reason == WRIT_REASON_REVOKED ||
	       reason == WRIT_REASON_USED_UP || reason == WRIT_REASON_ARGV_MISMATCH;
}

static bool is_of_program(uint32_t operation)
{
	return operation == WRIT_OP_OPEN_EXEC || operation == WRIT_OP_EXEC ||
	       operation == WRIT_OP_ARGV;
}

/*
 * The denial as a question. A program's arguments are not in it, so it is asked for some. An
 * operation on two names is asked for what it needed of the one that is named.
 */
static int pose(const struct writ_denial_row *denial, struct writ_explain_question *question)
{
	const char *why;

	question->path = denial->object;
	question->access = denial->access;
	question->operation = denial->operation;
	if (writ_explain_is_socket(denial->operation))
		return writ_explain_peer(denial->object, question, &why);
	if (denial->object[0] != '/')
		return -EINVAL;
	if (is_of_program(denial->operation))
		question->operation = WRIT_OP_EXEC;
	else if (!question->access)
		return -EINVAL;
	else if (denial->operation != WRIT_OP_MAP)
		question->operation = WRIT_OP_OPEN;
	return 0;
}

static int find_offers(const struct writ_policy *policy,
		       const struct writ_explain_question *question, struct line *line)
{
	_cleanup_(writ_diagnostics_free) struct writ_diagnostics diags = {0};
	_cleanup_(writ_explain_freep) struct writ_explainer *explainer = NULL;
	struct writ_explain_answer answer = {0};
	int err = writ_explain_new(policy, &explainer);

	if (!err)
		err = writ_explain_ask(explainer, question, &diags, &answer);
	if (err) /* what can't be asked has no offers */
		return err == -ENOMEM ? err : 0;
	for (size_t i = 0; i < answer.n_offers; i++) {
		const struct writ_explain_offer *offer = &answer.offers[i];

		if (writ_grant_may_ask(policy, answer.agent, offer->playbook))
			(void)join_command(line, offer->playbook, offered_value, offer->parameters);
	}
	return 0;
}

int writ_remedy_find(const struct writ_policy *policy, const char *agent,
		     const struct writ_denial_row *denial, char ret_remedy[WRIT_REMEDY_SIZE])
{
	struct writ_explain_question question = {.agent = agent};
	struct line line = line_of(ret_remedy);

	if (denial->reason == WRIT_REASON_OTHER_RUN && denial->grant)
		(void)snprintf(ret_remedy, WRIT_REMEDY_SIZE, "writ exec %" PRIu64 " -- COMMAND",
			       (uint64_t)denial->grant);
	/* an object that fills its field may have been cut: of that no offer is certain */
	if (!policy || !may_help(denial->reason) ||
	    strnlen(denial->object, sizeof(denial->object)) >= sizeof(denial->object) - 1 ||
	    pose(denial, &question))
		return 0;
	return find_offers(policy, &question, &line);
}
