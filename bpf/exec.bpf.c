// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs: what an agent runs.
 *
 * bprm_check_security	 the program and, in further rounds, its interpreters: allow list by path;
 *			 what was never on disk or is no longer there is refused. A rule with argv
 *			 makes its image a candidate, see argv.bpf.c. A grant's exec is made secure
 *			 (no LD_PRELOAD), and so is the first one in a run.
 */
#include "exec.bpf.h"

/* The state word behind the object and its NUL in image @image. */
static __always_inline __u32 candidate_state(struct scratch *scratch, __u32 image, __u32 at)
{
	struct writ_tables *images;
	__u32 zero = 0, state;

	images = bpf_map_lookup_elem(&tables, &zero);
	if (!images || at < WRIT_TEXT_HEAD || at >= WRIT_TEXT_PATH_END)
		return WRIT_STATE_DEAD;
	state = match_walk(&scratch->text, image, WRIT_IMAGE_FIELD(images, image, exec_entry), at,
			   WRIT_TEXT_PATH_END);
	scratch->text.bytes[WRIT_TEXT_PATH_END] = 0;
	return match_walk(&scratch->text, image, state, WRIT_TEXT_PATH_END, WRIT_TEXT_PATH_END + 1);
}

/* Adds image @ref to the candidates if it has an argv rule for the decision's path. */
static __noinline int candidate_add(struct scratch *scratch, struct writ_exec *exec, __u64 ref,
				    struct writ_exec_candidate *as)
{
	struct decision *d = &scratch->decision;
	__u32 count = exec->count;

	(void)judge(scratch, ref);
	if (!(d->allow & WRIT_ACCESS_EXECUTE_ARGV) || count >= WRIT_EXEC_CANDIDATES)
		return 0;
	as->ref = ref;
	as->state = candidate_state(scratch, WRIT_REF_OFFSET(ref), d->at);
	exec->candidates[count] = *as;
	exec->count = count + 1;
	return 0;
}

static long candidate_step(__u32 index, void *context)
{
	struct candidate_search *search = context;
	struct decision *d = &search->scratch->decision;
	struct writ_exec_candidate as = {};
	struct writ_grant *grant;
	__u32 entry;

	grant = grant_at(d, index, &entry);
	if (!grant)
		return 1;
	if (grant_reason(grant, entry, d) != WRIT_REASON_GRANT)
		return 0;
	as.grant = grant->id;
	as.expires = grant->expires;
	as.slot = (entry & WRIT_ORDER_SLOT) - 1u;
	candidate_add(search->scratch, search->exec, grant->image, &as);
	return 0;
}

/* Gathers who would allow the program by its argv; their number. */
static __always_inline __u32 candidates_gather(struct scratch *scratch, struct writ_exec *exec)
{
	struct candidate_search search = {.scratch = scratch, .exec = exec};
	struct writ_exec_candidate role = {};

	candidate_add(scratch, exec, scratch->decision.role, &role);
	bpf_loop(WRIT_GRANTS_PER_AGENT, candidate_step, &search, 0);
	return exec->count;
}

/*
 * What this exec has gathered so far. Every subject's exec has it, so that not finding it later
 * means that it can't be read, and never that nothing was gathered. A further round after one that
 * gathered is a script under an argv rule: its argv is not what that rule speaks of, and the
 * interpreter's own rules may not speak for it.
 */
static __always_inline __u32 candidates_begin(struct linux_binprm *bprm, struct writ_exec *exec)
{
	if (!exec)
		return WRIT_REASON_NO_MEMORY;
	if (bprm->interp == bprm->filename) /* the first round: no interpreter was found yet */
		exec->count = 0; /* what an earlier exec, that failed, left behind is void */
	return exec->count ? WRIT_REASON_ARGV_MISMATCH : WRIT_REASON_NONE;
}

/*
 * A thread that executes takes the pid and the start of its leader (de_thread, fs/exec.c), by which
 * subjects are remembered, and may become an agent's before: the second half is to look at it.
 */
static __always_inline int exec_is_nobodys(struct task_struct *task)
{
	if (task != task->group_leader)
		(void)bpf_task_storage_get(&execs, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	return 0;
}

/*
 * The run that the program will be in. A process that has entered one and does not hold it yet must
 * be alone: traced, or sharing root and directory, it would not stay so.
 */
static __always_inline __u32 exec_enter(struct linux_binprm *bprm, struct task_struct *task,
					struct writ_exec *exec, struct subject *as)
{
	subject_entered(task, as);
	if (!exec)
		return WRIT_REASON_NO_MEMORY;
	exec->agent = as->agent;
	exec->run = 0;
	if (as->run && !as->held && bprm->unsafe & (LSM_UNSAFE_SHARE | LSM_UNSAFE_PTRACE))
		return WRIT_REASON_OTHER_RUN;
	exec->run = as->run;
	return WRIT_REASON_NONE;
}

SEC("lsm/bprm_check_security")
int BPF_PROG(bprm_check_security, struct linux_binprm *bprm, int ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct scratch *scratch;
	struct writ_exec *exec;
	__u32 agent, reason;
	struct decision *d;
	struct subject as;

	if (ret)
		return ret;
	agent = subject_current();
	if (!agent)
		return exec_is_nobodys(task);
	exec = bpf_task_storage_get(&execs, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	scratch = scratch_begin(agent, WRIT_OP_EXEC, WRIT_ACCESS_EXECUTE);
	if (!scratch)
		return scratch_refuse(agent) ? -EPERM : 0;
	d = &scratch->decision;
	as.agent = agent;
	reason = exec_enter(bprm, task, exec, &as);
	if (!object_find_file(scratch, bprm->file))
		object_build_file(scratch, bprm->file);
	if (!d->reason && object_unlinked(bprm->file))
		d->reason = WRIT_REASON_UNLINKED;
	if (!d->reason)
		d->reason = reason ? reason : candidates_begin(bprm, exec);
	d->run = exec ? exec->run : 0;
	(void)decide(scratch);
	if (d->reason == WRIT_REASON_GRANT)
		(void)decide_use(scratch);
	/* missing: nothing denies it, and nothing allows it whatever its argv */
	if (exec && d->missing && d->reason != WRIT_REASON_GRANT_DENY &&
	    candidates_gather(scratch, exec)) {
		(void)bpf_bprm_opts_set(bprm, BPF_F_BPRM_SECUREEXEC);
		return 0; /* the verdict and its record come with the argv */
	}
	if (d->reason == WRIT_REASON_GRANT || (as.run && !as.held))
		(void)bpf_bprm_opts_set(bprm, BPF_F_BPRM_SECUREEXEC);
	return decision_finish(scratch) ? -EPERM : 0;
}
