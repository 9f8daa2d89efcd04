// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs, second half: their arguments.
 *
 * bprm_committed_creds	 the say on argv of the candidates that the first half gathered
 *			 (exec.bpf.c). argv is read from the new stack, which nobody else can write
 *			 any more; no candidate agrees: killed before its first instruction.
 *			 The run that the process has entered is held from here on, and its records
 *			 are those of the new program: from here an exec ends in it or in a kill
 *
 * argv is judged as the string path NUL argv[0] NUL argv[1] NUL ... from the image's exec_entry.
 * For a script argv begins with the interpreter, so an argv rule never allows a script.
 */
#include "exec.bpf.h"
#include "program.bpf.h"

struct argv_scan {
	struct writ_text *text; /* its cursor goes over argv */
	__u32 end;
	__u32 left; /* arguments whose NUL was not seen yet */
};

static long argv_scan_step(__u32 index, void *context)
{
	struct argv_scan *scan = context;
	__u32 at = scan->text->cursor;

	(void)index;
	if (!scan->left || at >= scan->end || at >= WRIT_TEXT_SIZE)
		return 1;
	if (!scan->text->bytes[at])
		scan->left--;
	scan->text->cursor = at + 1;
	return 0;
}

/*
 * Reads argv behind the path. Sets argv_len, and ARGV_CUT when there is more than was read.
 * -EFAULT: there was no memory for its page, and nothing was read.
 */
static __always_inline int argv_read(struct scratch *scratch, struct linux_binprm *bprm)
{
	struct argv_scan scan = {.text = &scratch->text};
	struct decision *d = &scratch->decision;
	__u64 size = bprm->exec - bprm->p;
	int argc = bprm->argc;

	if (argc <= 0)
		return 0;
	if (size > WRIT_ARGV_SIZE)
		size = WRIT_ARGV_SIZE;
	if (bpf_copy_from_user(&scratch->text.bytes[WRIT_TEXT_PATH_END], (__u32)size,
			       (void *)bprm->p)) {
		d->flags |= WRIT_EVENT_ARGV_CUT;
		return -EFAULT;
	}
	scan.end = WRIT_TEXT_PATH_END + (__u32)size;
	scan.left = argc;
	scratch->text.cursor = WRIT_TEXT_PATH_END;
	bpf_loop(WRIT_ARGV_SIZE, argv_scan_step, &scan, 0);
	d->argv_len = scratch->text.cursor - WRIT_TEXT_PATH_END;
	if (scan.left)
		d->flags |= WRIT_EVENT_ARGV_CUT;
	return 0;
}

/* The byte of @order that names @slot; 0: none does. */
static __always_inline __u32 order_entry(__u64 order, __u32 slot)
{
	for (__u32 i = 0; i < WRIT_GRANTS_PER_AGENT; i++, order >>= 8)
		if ((order & WRIT_ORDER_SLOT) == slot + 1u)
			return order & 0xffu;
	return 0;
}

/* A grant that was live at the check may have ended since. */
static __always_inline int candidate_live(const struct decision *d,
					  const struct writ_exec_candidate *candidate)
{
	__u32 slot = candidate->slot, agent = d->agent, entry = order_entry(d->order, slot);
	struct writ_grants *slots;

	if (!candidate->grant)
		return 1;
	slots = bpf_map_lookup_elem(&grants, &agent);
	if (!slots || !entry || slot >= WRIT_GRANTS_PER_AGENT ||
	    slots->slots[slot].id != candidate->grant)
		return 0;
	return grant_reason(&slots->slots[slot], entry, d) == WRIT_REASON_GRANT;
}

/*
 * What argv allows is an execution of a counted entry command: counts it. The slot may have become
 * another grant's since candidate_live(), for this hook is not under RCU: what was counted there is
 * taken back.
 */
static __always_inline __u32 candidate_use(const struct decision *d,
					   const struct writ_exec_candidate *candidate)
{
	__u32 slot = candidate->slot, agent = d->agent;
	struct writ_grants *slots;

	if (!candidate->grant || !(d->allow & WRIT_ALLOW_ENTRY))
		return WRIT_REASON_NONE;
	slots = bpf_map_lookup_elem(&grants, &agent);
	if (!slots || slot >= WRIT_GRANTS_PER_AGENT)
		return WRIT_REASON_USED_UP;
	if (!grant_use(&slots->slots[slot]))
		return WRIT_REASON_USED_UP;
	if (*(volatile __u64 *)&slots->slots[slot].id == candidate->grant)
		return WRIT_REASON_NONE;
	(void)__sync_fetch_and_add(&slots->slots[slot].uses, -1);
	return WRIT_REASON_REVOKED;
}

/*
 * What image @ref says of argv from @state on: hit, allow and deny. The reason when it can't say.
 * This hook sleeps and so is not under RCU: the image's id, read after the walk, tells whether it
 * was replaced meanwhile.
 */
static __always_inline __u32 argv_judge(struct scratch *scratch, __u64 ref, __u32 state)
{
	struct decision *d = &scratch->decision;
	__u32 zero = 0, image = WRIT_REF_OFFSET(ref);
	struct writ_tables *images;

	images = bpf_map_lookup_elem(&tables, &zero);
	if (!images)
		return WRIT_REASON_POLICY_CHANGED;
	state = match_walk(&scratch->text, image, state, WRIT_TEXT_PATH_END,
			   WRIT_TEXT_PATH_END + d->argv_len);
	if (d->flags & WRIT_EVENT_ARGV_CUT && !(state & WRIT_STATE_FINAL))
		return WRIT_REASON_ARGV_TOO_LONG;
	d->hit = match_accept(image, state);
	writ_match_bits(images, image, d->hit, &d->allow, &d->deny);
	if (WRIT_IMAGE_FIELD(images, image, id) != WRIT_REF_ID(ref))
		return WRIT_REASON_POLICY_CHANGED;
	return WRIT_REASON_NONE;
}

/* One candidate's say; the first that agrees decides. */
static long argv_step(__u32 index, void *context)
{
	struct candidate_search *search = context;
	struct decision *d = &search->scratch->decision;
	struct writ_exec_candidate *candidate;
	__u32 reason;

	if (index >= search->exec->count || index >= WRIT_EXEC_CANDIDATES)
		return 1;
	candidate = &search->exec->candidates[index];
	if (!candidate_live(d, candidate))
		return 0;
	reason = argv_judge(search->scratch, candidate->ref, candidate->state);
	if (reason) {
		d->reason = reason;
		return 0;
	}
	if (!(d->allow & WRIT_ACCESS_EXECUTE) || d->deny & WRIT_ACCESS_EXECUTE)
		return 0;
	reason = candidate_use(d, candidate);
	if (reason) {
		d->reason = reason;
		return 0;
	}
	(void)decided(search->scratch, candidate->grant ? WRIT_REASON_GRANT : WRIT_REASON_ROLE,
		      candidate->ref);
	d->grant = candidate->grant;
	d->expires = candidate->expires;
	return 1;
}

/* Judges what the candidates say of argv. */
static __always_inline void argv_decide(struct scratch *scratch, struct writ_exec *exec,
					struct linux_binprm *bprm)
{
	struct candidate_search search = {.scratch = scratch, .exec = exec};
	struct decision *d = &scratch->decision;

	if (!exec) /* contention (6.1): what was gathered can't be read, so it can't be met */
		d->reason = WRIT_REASON_NO_MEMORY;
	else
		d->run = exec->run;
	(void)decide_start(scratch);
	if (!d->reason && argv_read(scratch, bprm))
		d->reason = WRIT_REASON_PATH_ERROR;
	if (!exec || d->reason)
		return;
	d->reason = WRIT_REASON_ARGV_MISMATCH;
	bpf_loop(WRIT_EXEC_CANDIDATES, argv_step, &search, 0);
}

/* The program has memory of its own: what was entered is held. No memory for that: it is not. */
static __always_inline void run_hold(struct task_struct *task, __u32 agent, __u64 run)
{
	const struct subject as = {.agent = agent, .held = 1, .run = run};
	struct writ_label *label;

	if (subject_label_as(task, &as))
		return;
	label = bpf_task_storage_get(&labels, task, NULL, 0);
	if (label && label->run == run)
		label->held = 1;
}

/* May the program run? Without candidates the first half has said so. */
static __always_inline int argv_allowed(struct scratch *scratch, struct writ_exec *exec,
					struct linux_binprm *bprm)
{
	if (exec && !exec->count) {
		(void)argv_read(scratch, bprm); /* for the record; what can't be read is cut */
		return 1;
	}
	argv_decide(scratch, exec, bprm);
	if (exec)
		exec->count = 0;
	return !decision_finish(scratch);
}

/* No scratch, no record. An exec that nothing is left to be judged of goes on without an id. */
static __always_inline int argv_refuse(struct writ_exec *exec, __u32 agent)
{
	if (exec && !exec->count)
		return 0;
	if (exec)
		exec->count = 0;
	return scratch_refuse(agent);
}

SEC("lsm.s/bprm_committed_creds")
int BPF_PROG(bprm_committed_creds, struct linux_binprm *bprm)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct scratch *scratch;
	struct writ_exec *exec;
	__u32 agent, unnamed;

	if (subject_stores_nothing(task)) /* nobody's, and not a thread's */
		return 0;
	exec = bpf_task_storage_get(&execs, task, NULL, 0);
	if (!exec && TASK_STORAGE_MISS_IS_CERTAIN) /* likewise */
		return 0;
	subject_forget(task->pid); /* it may be the leader's: exec_is_nobodys() */
	agent = exec ? exec->agent : subject_ask(task, bpf_get_current_cgroup_id(), true);
	if (!agent)
		return 0;
	if (exec && exec->run)
		run_hold(task, agent, exec->run);
	scratch = scratch_begin(agent, WRIT_OP_ARGV, WRIT_ACCESS_EXECUTE);
	if (!scratch) {
		if (argv_refuse(exec, agent))
			bpf_send_signal(SIGKILL);
		return 0;
	}
	(void)program_leave(scratch);
	object_file(scratch, bprm->file);
	unnamed = scratch->decision.reason;
	if (argv_allowed(scratch, exec, bprm))
		(void)program_enter(scratch, unnamed);
	else
		bpf_send_signal(SIGKILL);
	return 0;
}
