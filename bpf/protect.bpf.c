// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writ's maps, programs and links, by id, against every process but Writ's own.
 *
 * guard_bpf	a program or link by its id, and a map unless it is claimed
 * guard_bpf_map	every new descriptor of a map, by id or by pin; here a process claims
 * guard_bpf_prog	every new descriptor of a program, by id or by pin
 *
 * A claim opens one of Writ's maps for writing only, which nothing does by accident. It is for root
 * outside every agent (CAP_SYS_ADMIN in the first user namespace, no label), makes that process an
 * owner, and is recorded with the program that made it. An agent can't claim in any mode.
 * A link's descriptor by pin passes: no operation on it ends or changes a link of these kinds.
 */
#include "protect.bpf.h"

#define BPF_NAME_SIZE 16u /* BPF_OBJ_NAME_LEN */

/* The object is @what and the kernel's copy of a name: "map labels". @what has @what_len bytes. */
static __always_inline void guard_name(struct scratch *scratch, const char *what, __u32 what_len,
				       const char *name)
{
	struct writ_text *text = &scratch->text;
	long size = bpf_probe_read_kernel_str(text->bytes, BPF_NAME_SIZE, name);
	__u32 at, len;

	if (size <= 1 || size > (long)BPF_NAME_SIZE)
		return;
	len = (__u32)size - 1;
	at = WRIT_TEXT_PATH_END - len;
	if (len >= BPF_NAME_SIZE || bpf_probe_read_kernel(&text->bytes[at], len, name))
		return;
	__builtin_memcpy(&text->bytes[at - what_len], what, what_len);
	scratch->decision.at = at - what_len;
}

static __always_inline int claim_allowed(struct task_struct *task)
{
	const struct cred *cred = task->cred;
	__u64 capabilities = 0;

	(void)bpf_probe_read_kernel(&capabilities, sizeof(capabilities), &cred->cap_effective);
	return !cred->user_ns->level && (capabilities & (1ull << CAP_SYS_ADMIN));
}

/* The record of a claim; the object is the program of the one who claims. */
static __always_inline void claim_record(struct task_struct *task)
{
	struct scratch *scratch = scratch_begin(0, WRIT_OP_CLAIM, 0);

	if (!scratch)
		return;
	object_file(scratch, BPF_CORE_READ(task, mm, exe_file));
	scratch->decision.reason = WRIT_REASON_NONE;
	scratch->decision.now = bpf_ktime_get_boot_ns();
	(void)event_submit(scratch, WRIT_EVENT_DECISION, WRIT_VERDICT_ALLOW);
}

/* Makes the current process an owner. 0, or -ENOMEM. */
static __always_inline int claim(struct task_struct *task)
{
	struct task_struct *leader = task->group_leader;
	struct writ_owner *owner;

	if (!owner_current())
		claim_record(task);
	owner = bpf_task_storage_get(&owners, leader, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!owner)
		return -ENOMEM;
	owner->is_child = 0;
	owner->exec_id = leader->self_exec_id + 1;
	return 0;
}

SEC("lsm/bpf_map")
int BPF_PROG(guard_bpf_map, struct bpf_map *map, unsigned int mode, int ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct scratch *scratch;
	__u32 agent;

	if (ret)
		return ret;
	if (!guard_find(WRIT_GUARD_MAP, 0, map->id))
		return 0;
	agent = subject_current();
	if (!agent && (mode & (FMODE_READ | FMODE_WRITE)) == FMODE_WRITE && claim_allowed(task))
		return claim(task) ? -ENOMEM : 0;
	if (owner_current())
		return 0;
	scratch = guard_begin(agent, WRIT_OP_BPF);
	if (!scratch)
		return -EPERM;
	guard_name(scratch, "map ", 4, map->name);
	guard_end(scratch);
	return -EPERM;
}

SEC("lsm/bpf_prog")
int BPF_PROG(guard_bpf_prog, struct bpf_prog *prog, int ret)
{
	struct scratch *scratch;

	if (ret)
		return ret;
	if (!guard_find(WRIT_GUARD_PROGRAM, 0, prog->aux->id) || owner_current())
		return 0;
	scratch = guard_begin(subject_current(), WRIT_OP_BPF);
	if (!scratch)
		return -EPERM;
	guard_name(scratch, "program ", 8, prog->aux->name);
	guard_end(scratch);
	return -EPERM;
}

/* The kind of object that @cmd asks for by id, 0: none of these. */
static __always_inline __u32 guard_kind(int cmd)
{
	if (cmd == BPF_MAP_GET_FD_BY_ID)
		return WRIT_GUARD_MAP;
	if (cmd == BPF_PROG_GET_FD_BY_ID)
		return WRIT_GUARD_PROGRAM;
	return cmd == BPF_LINK_GET_FD_BY_ID ? WRIT_GUARD_LINK : 0;
}

/*
 * Tools that list all objects ask for each id in turn and take "no such" for one that has just
 * gone, but end at any other error. So that is what processes outside every agent are told, and no
 * record is made: nothing was had. The last argument is left alone: 6.15 "bpf, lsm: pass a flag for
 * kernel" puts another one before it.
 */
SEC("lsm/bpf")
int BPF_PROG(guard_bpf, int cmd, union bpf_attr *attr)
{
	__u32 kind = guard_kind(cmd), agent, asked[3];
	struct scratch *scratch;

	if (!kind)
		return 0;
	if (bpf_probe_read_kernel(asked, sizeof(asked), attr)) /* id, next_id, open_flags */
		return -EPERM;
	if (kind == WRIT_GUARD_MAP && asked[2] == BPF_F_WRONLY)
		return 0; /* guard_bpf_map judges the claim */
	if (!guard_find(kind, 0, asked[0]) || owner_current())
		return 0;
	agent = subject_current();
	if (!agent)
		return -ENOENT;
	scratch = guard_begin(agent, WRIT_OP_BPF);
	if (scratch)
		guard_end(scratch);
	return -EPERM;
}
