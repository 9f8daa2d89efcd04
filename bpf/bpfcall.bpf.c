// SPDX-License-Identifier: GPL-2.0-only
/*
 * bpf(2): an agent has none of it, neither programs nor maps nor looking at those of others.
 *
 * bpf	every command; the object is its name
 *
 * Only the command is read: 6.15 "security: Propagate caller information in bpf hooks" adds an
 * argument, so what an earlier program returned stands at another place. It is not needed: a
 * program that refuses ends the trampoline.
 */
#include "guard.bpf.h"

#define COMMAND_SIZE 32u

/* In the order of enum bpf_cmd, include/uapi/linux/bpf.h. */
static const char commands[][COMMAND_SIZE] = {
	"map_create",	     "map_lookup_elem",
	"map_update_elem",   "map_delete_elem",
	"map_get_next_key",  "prog_load",
	"obj_pin",	     "obj_get",
	"prog_attach",	     "prog_detach",
	"prog_test_run",     "prog_get_next_id",
	"map_get_next_id",   "prog_get_fd_by_id",
	"map_get_fd_by_id",  "obj_get_info_by_fd",
	"prog_query",	     "raw_tracepoint_open",
	"btf_load",	     "btf_get_fd_by_id",
	"task_fd_query",     "map_lookup_and_delete_elem",
	"map_freeze",	     "btf_get_next_id",
	"map_lookup_batch",  "map_lookup_and_delete_batch",
	"map_update_batch",  "map_delete_batch",
	"link_create",	     "link_update",
	"link_get_fd_by_id", "link_get_next_id",
	"enable_stats",	     "iter_create",
	"link_detach",	     "prog_bind_map",
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))
_Static_assert(COMMANDS == BPF_PROG_BIND_MAP + 1, "every command up to the last named");

SEC("lsm/bpf")
int BPF_PROG(bpf, int command)
{
	struct scratch *scratch;
	__u32 agent = subject_current(), number = (__u32)command;

	if (!agent)
		return 0;
	scratch = scratch_begin(agent, WRIT_OP_BPF, 0);
	if (!scratch)
		return scratch_refuse(agent) ? -EPERM : 0;
	if (number < COMMANDS)
		object_word(scratch, commands[number]);
	else
		(void)object_format(scratch, "command %d", number);
	return guard_end(scratch, WRIT_FAMILY_BPF);
}
