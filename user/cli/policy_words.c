/* SPDX-License-Identifier: Apache-2.0 */
/* See policy_words.h. */
#include "cli/policy_words.h"

#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/policy.h"
#include "lib/escape.h"
#include "lib/time.h"
#include "writ/names.h"

static int take_parameter(const struct writ_cli *cli, const char *word,
			  struct writ_policy_grant_words *words, struct writ_explain_grant *grant)
{
	struct writ_parameter *parameter = &words->parameters[grant->n_parameters];
	size_t len = strcspn(word, "="), value = strlen(word) - len;

	if (!word[len] || !len)
		return writ_options_usage(cli, "--grant: '%s' is not of the form name=value", word);
	if (grant->n_parameters == WRIT_PARAMETERS_MAX || len >= sizeof(parameter->name) ||
	    value > sizeof(parameter->value))
		return writ_options_usage(cli, "--grant: too many parameters, or '%.64s' too long",
					  word);
	*parameter = (struct writ_parameter){0};
	memcpy(parameter->name, word, len);
	memcpy(parameter->value, word + len + 1, value);
	grant->n_parameters++;
	return WRIT_EXIT_OK;
}

static int take_time(const struct writ_cli *cli, const char *option, const char *word,
		     uint64_t *ret_ns)
{
	if (!word || writ_time_parse(word, ret_ns))
		return writ_options_usage(cli, "--grant: %s '%s' is no time: write 90s or 3m",
					  option, word ? word : "");
	return WRIT_EXIT_OK;
}

int writ_policy_grant(const struct writ_cli *cli, const char *text,
		      struct writ_policy_grant_words *words, struct writ_explain_grant *ret_grant)
{
	struct writ_explain_grant grant = {.parameters = words->parameters};
	char *rest = NULL, *word;
	int err = WRIT_EXIT_OK;

	if (strlen(text) >= sizeof(words->text))
		return writ_options_usage(cli, "--grant: too long");
	(void)strcpy(words->text, text);
	grant.playbook = strtok_r(words->text, " ", &rest);
	if (!grant.playbook)
		return writ_options_usage(cli, "--grant names no playbook");
	while (!err && (word = strtok_r(NULL, " ", &rest))) {
		if (!strcmp(word, "--ttl"))
			err = take_time(cli, word, strtok_r(NULL, " ", &rest), &grant.ttl_ns);
		else if (!strcmp(word, "--delay"))
			err = take_time(cli, word, strtok_r(NULL, " ", &rest), &grant.delay_ns);
		else
			err = take_parameter(cli, word, words, &grant);
	}
	if (!err)
		*ret_grant = grant;
	return err;
}

/* --- answers ---------------------------------------------------------------------------------- */

static const char *because(uint32_t reason)
{
	switch (reason) {
	case WRIT_REASON_ROLE:
		return "a rule of its role";
	case WRIT_REASON_GRANT:
		return "a rule of a grant";
	case WRIT_REASON_ROLE_DENY:
		return "a deny rule of its role, which no grant can lift";
	case WRIT_REASON_GRANT_DENY:
		return "a deny rule of a grant";
	case WRIT_REASON_NO_RULE:
		return "no rule of its role or of a live grant allows it";
	case WRIT_REASON_EXPIRED:
		return "a grant that allowed it has run out";
	case WRIT_REASON_NOT_YET_ACTIVE:
		return "a grant will allow it later";
	case WRIT_REASON_ARGV_MISMATCH:
		return "the program is allowed, these arguments are not";
	case WRIT_REASON_ARGV_TOO_LONG:
		return "more arguments than the kernel reads";
	case WRIT_REASON_PATH_TOO_LONG:
		return "a path over 4095 bytes";
	case WRIT_REASON_ADDRESS_ERROR:
		return "this address names no peer: the kernel would choose one";
	}
	return writ_reason_name(reason);
}

static const struct writ_explain_grant *grant_of(const struct writ_policy_shown *shown)
{
	if (shown->answer->grant == WRIT_DECIDE_NO_GRANT)
		return NULL;
	return &shown->question->grants[shown->answer->grant];
}

static void show_verdict(const struct writ_policy_shown *shown)
{
	uint32_t verdict = shown->answer->verdict;
	bool allowed = verdict == WRIT_VERDICT_ALLOW;
	char object[2048], access[128] = "";

	if (!strcmp(shown->operation, "open"))
		writ_policy_access(shown->question->access, access, sizeof(access));
	(void)printf("%s%s%s: %s %s %s%s%s %s\n",
		     writ_output_colour(allowed ? WRIT_COLOUR_GREEN : WRIT_COLOUR_RED),
		     allowed				  ? "allowed"
		     : verdict == WRIT_VERDICT_WOULD_DENY ? "would be denied"
							  : "denied",
		     writ_output_plain(), shown->answer->agent->name, allowed ? "may" : "may not",
		     shown->operation, *access ? " for " : "", access,
		     writ_output_text(shown->object, object, sizeof(object)));
}

static void show_offers(const struct writ_policy_shown *shown)
{
	const struct writ_explain_answer *answer = shown->answer;

	if (!answer->n_offers)
		(void)printf("playbook  none that role %s may use would allow it\n",
			     answer->agent->role->name);
	for (size_t i = 0; i < answer->n_offers; i++) {
		const struct writ_explain_offer *offer = &answer->offers[i];
		char text[WRIT_EXPLAIN_PARAMETERS_SIZE];

		(void)printf("playbook  %s%s%s would allow it%s%s%s\n", offer->playbook->name,
			     *offer->parameters ? " " : "",
			     writ_output_text(offer->parameters, text, sizeof(text)),
			     offer->playbook->ticket ? " (ticket " : "",
			     offer->playbook->ticket ? offer->playbook->ticket : "",
			     offer->playbook->ticket ? ")" : "");
	}
}

static void show_grant(const struct writ_explain_grant *grant)
{
	char text[WRIT_ESCAPE_SIZE(WRIT_VALUE_SIZE)];

	(void)printf("grant     %s", grant->playbook);
	for (size_t i = 0; i < grant->n_parameters; i++)
		(void)printf(" %s=%s", grant->parameters[i].name,
			     writ_output_text(grant->parameters[i].value, text, sizeof(text)));
	(void)printf("\n");
}

void writ_policy_show(const struct writ_policy_shown *shown)
{
	const struct writ_explain_answer *answer = shown->answer;
	const struct writ_explain_grant *grant = grant_of(shown);
	char rule[WRIT_EXPLAIN_RULE_SIZE];

	show_verdict(shown);
	(void)printf("reason    %s: %s\n", writ_reason_name(answer->reason),
		     because(answer->reason));
	if (*answer->rule)
		(void)printf("rule      %s\n", writ_output_text(answer->rule, rule, sizeof(rule)));
	if (grant)
		show_grant(grant);
	if (answer->verdict == WRIT_VERDICT_WOULD_DENY)
		(void)printf("mode      monitor: it is recorded, and happens all the same\n");
	if (answer->verdict != WRIT_VERDICT_ALLOW)
		show_offers(shown);
}

static json_t *offers_json(const struct writ_explain_answer *answer)
{
	json_t *list = json_array();

	for (size_t i = 0; i < answer->n_offers; i++) {
		const struct writ_explain_offer *offer = &answer->offers[i];

		(void)json_array_append_new(list, json_pack("{s:s, s:o, s:b, s:s?}", "playbook",
							    offer->playbook->name, "parameters",
							    writ_output_string(offer->parameters),
							    "complete", !offer->open, "ticket",
							    offer->playbook->ticket));
	}
	return list;
}

json_t *writ_policy_show_json(const struct writ_policy_shown *shown)
{
	const struct writ_explain_question *question = shown->question;
	const struct writ_explain_answer *answer = shown->answer;
	const struct writ_explain_grant *grant = grant_of(shown);
	json_t *argv = json_array();

	for (size_t i = 0; i < question->n_argv; i++)
		(void)json_array_append_new(argv, writ_output_string(question->argv[i]));
	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:s, s:s, s:o, s:s?, s:o}", "agent",
			 answer->agent->name, "role", answer->agent->role->name, "mode",
			 writ_mode_name(answer->agent->mode), "operation", shown->operation,
			 "access", writ_policy_access_json(question->access), "object",
			 writ_output_string(shown->object), "argv", argv, "verdict",
			 writ_verdict_name(answer->verdict), "reason",
			 writ_reason_name(answer->reason), "rule",
			 *answer->rule ? writ_output_string(answer->rule) : json_null(), "grant",
			 grant ? grant->playbook : NULL, "playbooks", offers_json(answer));
}
