/* SPDX-License-Identifier: Apache-2.0 */
/* `writ freeze` and `writ thaw`: whether grants are issued on this node. */
#include "cli/command.h"
#include "cli/switches.h"

static int freeze_main(int argc, char **argv)
{
	static const struct writ_switch turn = {
		.verb = WRIT_VERB_FREEZE,
		.of_agent = false,
		.key = "frozen",
		.value = true,
		.done = "frozen",
		.next = "no grant is issued on this node until 'writ thaw'; live ones "
			"go on, 'writ revoke --all' ends them",
	};

	return writ_switches_turn(&turn, argc, argv);
}

const struct writ_command writ_command_freeze = {
	.name = "freeze",
	.arguments = "[--json]",
	.summary = "issue no grants on this node",
	.help = "No request is granted and no grant is issued until 'writ thaw', also after a "
		"restart.\n"
		"Live grants go on: 'writ revoke --all' ends them. Needs no broker.\n",
	.main = freeze_main,
};

static int thaw_main(int argc, char **argv)
{
	static const struct writ_switch turn = {
		.verb = WRIT_VERB_THAW,
		.of_agent = false,
		.key = "frozen",
		.value = false,
		.done = "thawed",
		.next = "grants are issued again",
	};

	return writ_switches_turn(&turn, argc, argv);
}

const struct writ_command writ_command_thaw = {
	.name = "thaw",
	.arguments = "[--json]",
	.summary = "issue grants again",
	.help = "Ends what 'writ freeze' began.\n",
	.main = thaw_main,
};
