/* SPDX-License-Identifier: Apache-2.0 */
/* `writ suspend` and `writ resume`: whether an agent has any right. */
#include "cli/command.h"
#include "cli/switches.h"

static int suspend_main(int argc, char **argv)
{
	static const struct writ_switch turn = {
		.verb = WRIT_VERB_SUSPEND,
		.of_agent = true,
		.key = "suspended",
		.value = true,
		.done = "suspended",
		.next = "all that it does is denied until 'writ resume'",
	};

	return writ_switches_turn(&turn, argc, argv);
}

const struct writ_command writ_command_suspend = {
	.name = "suspend",
	.arguments = "AGENT [--json]",
	.summary = "take every right from an agent",
	.help = "What its role allows is denied as well, from the next decision of the kernel on, "
		"also\n"
		"after a restart, until 'writ resume'. Needs no broker.\n",
	.main = suspend_main,
};

static int resume_main(int argc, char **argv)
{
	static const struct writ_switch turn = {
		.verb = WRIT_VERB_RESUME,
		.of_agent = true,
		.key = "suspended",
		.value = false,
		.done = "resumed",
		.next = "its role holds again; grants that ended meanwhile are asked for anew",
	};

	return writ_switches_turn(&turn, argc, argv);
}

const struct writ_command writ_command_resume = {
	.name = "resume",
	.arguments = "AGENT [--json]",
	.summary = "give an agent its rights back",
	.help = "Ends what 'writ suspend', or too many refused requests, began.\n",
	.main = resume_main,
};
