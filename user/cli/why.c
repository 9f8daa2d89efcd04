/* SPDX-License-Identifier: Apache-2.0 */
/* `writ why`: the last denials of an agent, each with its reason and what would allow it. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/call.h"
#include "cli/command.h"
#include "cli/control.h"
#include "cli/fields.h"
#include "cli/http.h"
#include "cli/output.h"

#define DENIALS_SHOWN 5u

/* What was refused, and why. */
static void print_denial(const json_t *denial)
{
	char moment[64], operation[256], object[4096], reason[256], comm[128];

	(void)printf("%s  %s%s%s of %s by %s (pid %" PRIu64 "): %s\n",
		     writ_fields_moment(denial, "time", moment, sizeof(moment)),
		     writ_output_colour(WRIT_COLOUR_RED),
		     writ_output_text(writ_fields_text(denial, "operation"), operation,
				      sizeof(operation)),
		     writ_output_plain(),
		     writ_output_text(writ_fields_text(denial, "object"), object, sizeof(object)),
		     writ_output_text(writ_fields_text(denial, "comm"), comm, sizeof(comm)),
		     writ_fields_number(denial, "pid"),
		     writ_output_text(writ_fields_text(denial, "reason"), reason, sizeof(reason)));
}

static void print_remedy(const json_t *denial, bool left_out)
{
	const char *remedy = writ_fields_text(denial, "remedy");
	char safe[4096];

	(void)printf("           remedy: %s\n",
		     *remedy	? writ_output_text(remedy, safe, sizeof(safe))
		     : left_out ? "not looked for, since the broker is busy; ask again for fewer"
				: "none that the role may ask for");
}

/* The oldest ones have no remedy where there was no time for them. */
static int print(const json_t *denials, uint64_t left_out)
{
	const json_t *denial;
	size_t i;

	if (!json_array_size(denials))
		(void)printf("Nothing was denied lately.\n");
	json_array_foreach(denials, i, denial)
	{
		print_denial(denial);
		print_remedy(denial, i < left_out);
	}
	return WRIT_EXIT_OK;
}

/* Of agent @agent (an operator asks), or, if that is NULL, of the one that asks. */
static int fill_target(const struct writ_cli *cli, const char *agent, __u64 last, char *ret_target,
		       size_t size)
{
	char name[4 * WRIT_NAME_SIZE];

	if (!agent) {
		(void)snprintf(ret_target, size, "/v1/denials?last=%" PRIu64, (uint64_t)last);
		return WRIT_EXIT_OK;
	}
	if (!*agent || writ_http_encode(agent, name, sizeof(name)))
		return writ_options_usage(cli, "'%.80s' is no agent's name", agent);
	(void)snprintf(ret_target, size, "/v1/agents/%s/denials?last=%" PRIu64, name,
		       (uint64_t)last);
	return WRIT_EXIT_OK;
}

static int why_main(int argc, char **argv)
{
	struct writ_cli cli = {0};
	const char *agent = NULL, *last = NULL;
	const struct writ_option options[] = {WRIT_OPTIONS_COMMON(&cli),
					      {.name = "agent", .value = &agent},
					      {.name = "last", .letter = 'n', .value = &last},
					      {0}};
	struct writ_call call = {.cli = &cli, .method = "GET"};
	_cleanup_json_ json_t *answer = NULL;
	__u64 number = DENIALS_SHOWN;
	char target[512];
	int err = writ_options_only(&cli, options, argc, argv);

	if (!err && last)
		err = writ_control_number(&cli, "count", "writ help why", last, &number);
	if (!err)
		err = fill_target(&cli, agent, number, target, sizeof(target));
	if (err)
		return err;
	call.target = target;
	call.operators = agent;
	err = writ_call_ask(&call, &answer);
	if (err)
		return err;
	if (cli.json)
		return writ_output_json(json_incref(answer));
	return print(json_object_get(answer, "denials"),
		     writ_fields_number(answer, "remedies_left_out"));
}

const struct writ_command writ_command_why = {
	.name = "why",
	.arguments = "[--last NUMBER] [--agent AGENT] [--json]",
	.summary = "show what was denied lately, and what would allow it",
	.help = "  -n, --last NUMBER   so many denials, the latest last (5)\n"
		"      --agent AGENT   of that agent, for operators; else of the one that asks\n"
		"\n"
		"The remedy is what the role may ask for, as a command. Without one the policy "
		"has\n"
		"to change first: 'writ audit tail' has all that was denied.\n",
	.main = why_main,
};
