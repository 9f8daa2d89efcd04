/* SPDX-License-Identifier: Apache-2.0 */
/* `writ whoami`: who the kernel says that this is, what it holds, and what it may ask for. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/call.h"
#include "cli/command.h"
#include "cli/fields.h"
#include "cli/output.h"

#define TEXT_SIZE 2048

static void put(const char *label, const char *text)
{
	char safe[TEXT_SIZE];

	if (*text)
		(void)printf("%-12s %s\n", label, writ_output_text(text, safe, sizeof(safe)));
}

static void print_self(const json_t *self)
{
	uint64_t run = writ_fields_number(self, "run");

	put("agent", writ_fields_text(self, "agent"));
	put("role", writ_fields_text(self, "role"));
	put("environment", writ_fields_text(self, "environment"));
	put("identity", writ_fields_text(self, "spiffe"));
	if (run)
		(void)printf("%-12s %" PRIu64 "\n", "run of", run);
	if (json_is_true(json_object_get(self, "suspended")))
		put("suspended", "all is denied until an operator runs 'writ resume'");
	if (json_is_true(json_object_get(self, "frozen")))
		put("frozen", "no grant is issued on this node until 'writ thaw'");
}

static void print_grants(const json_t *grants)
{
	const json_t *grant;
	size_t i;

	if (json_array_size(grants))
		(void)printf("\nHeld now:\n");
	json_array_foreach(grants, i, grant)
	{
		char playbook[TEXT_SIZE], pairs[TEXT_SIZE], left[64];

		(void)printf("  %-4" PRIu64 " %s%s%s, %s left", writ_fields_number(grant, "id"),
			     writ_output_text(writ_fields_text(grant, "playbook"), playbook,
					      sizeof(playbook)),
			     json_object_size(json_object_get(grant, "parameters")) ? " " : "",
			     writ_fields_pairs(grant, "parameters", pairs, sizeof(pairs)),
			     writ_fields_span(grant, "seconds_left", left, sizeof(left)));
		(void)printf(strcmp(writ_fields_text(grant, "scope"), "run")
				     ? "\n"
				     : "; 'writ exec %" PRIu64 " -- COMMAND'\n",
			     writ_fields_number(grant, "id"));
	}
}

/* " service=NAME, --ticket" */
static void print_needs(const json_t *playbook)
{
	const json_t *parameter;
	size_t i;

	json_array_foreach(json_object_get(playbook, "parameters"), i, parameter)
	{
		char name[TEXT_SIZE];

		(void)printf(" %s=...", writ_output_text(writ_fields_text(parameter, "name"), name,
							 sizeof(name)));
	}
	if (json_is_string(json_object_get(playbook, "ticket")))
		(void)printf(" --ticket ...");
	if (json_is_true(json_object_get(playbook, "sponsor")))
		(void)printf(" --sponsor ...");
	(void)printf("\n");
}

static void print_detail(const char *label, const char *text)
{
	char safe[TEXT_SIZE];

	if (*text)
		(void)printf("      %-12s %s\n", label, writ_output_text(text, safe, sizeof(safe)));
}

static void print_playbook(const json_t *playbook)
{
	uint64_t approvals = writ_fields_number(playbook, "approvals");
	const json_t *parameter;
	char text[TEXT_SIZE], usual[64], most[64];
	size_t i;

	(void)printf("  writ request %s",
		     writ_output_text(writ_fields_text(playbook, "name"), text, sizeof(text)));
	print_needs(playbook);
	print_detail("for", writ_fields_text(playbook, "description"));
	json_array_foreach(json_object_get(playbook, "parameters"), i, parameter)
	{
		(void)snprintf(text, sizeof(text), "%s", writ_fields_text(parameter, "name"));
		print_detail(text, writ_fields_text(parameter, "value"));
	}
	print_detail("ticket", writ_fields_text(playbook, "ticket"));
	(void)printf("      %-12s %s, at most %s", "time",
		     writ_fields_span(playbook, "ttl_default_seconds", usual, sizeof(usual)),
		     writ_fields_span(playbook, "ttl_max_seconds", most, sizeof(most)));
	if (approvals)
		(void)printf("; %" PRIu64 " must approve", approvals);
	(void)printf("\n");
}

static void print_playbooks(const json_t *playbooks)
{
	const json_t *playbook;
	size_t i;

	(void)printf(json_array_size(playbooks) ? "\nMay be asked for:\n"
						: "\nThe role may ask for no playbook.\n");
	json_array_foreach(playbooks, i, playbook) print_playbook(playbook);
}

static int whoami_main(int argc, char **argv)
{
	struct writ_cli cli = {0};
	const struct writ_option options[] = {WRIT_OPTIONS_COMMON(&cli), {0}};
	const struct writ_call call = {.cli = &cli, .method = "GET", .target = "/v1/whoami"};
	_cleanup_json_ json_t *self = NULL;
	int err = writ_options_only(&cli, options, argc, argv);

	if (!err)
		err = writ_call_ask(&call, &self);
	if (err)
		return err;
	if (cli.json)
		return writ_output_json(json_incref(self));
	print_self(self);
	print_grants(json_object_get(self, "grants"));
	print_playbooks(json_object_get(self, "playbooks"));
	return WRIT_EXIT_OK;
}

const struct writ_command writ_command_whoami = {
	.name = "whoami",
	.arguments = "[--json]",
	.summary = "show who this agent is, what it holds and may ask for",
	.help = "Agent, role and identity are the kernel's word on this process, live grants\n"
		"are the ledger's, and what may be asked for is the role's by the policy in "
		"force.\n",
	.main = whoami_main,
};
