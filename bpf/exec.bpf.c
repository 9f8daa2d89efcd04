// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs: what an agent runs, and with which arguments.
 *
 * bprm_check_security	 the program and, in further rounds, its interpreters: allow list by path;
 *			 what was never on disk or is no longer there is refused. A rule with argv
 *			 makes its image a candidate. A grant's exec is made secure (no LD_PRELOAD).
 * bprm_committed_creds	 the candidates' say on argv, read from the new stack, which nobody else
 *			 can write any more; no candidate agrees: killed before its first
 *			 instruction
 *
 * argv is judged as the string path NUL argv[0] NUL argv[1] NUL ... from the image's exec_entry.
 * For a script argv begins with the interpreter, so an argv rule never allows a script.
 */
#include "object.bpf.h"

struct candidate_search {
	struct decision *d;
	struct writ_exec *exec;
};

/* Adds image @ref to the candidates if it has an argv rule for the decision's path. */
static __noinline int candidate_add(struct decision *d, struct writ_exec *exec, __u64 ref,
				    struct writ_exec_candidate *as)
{
	__u32 count = exec->count, image = WRIT_REF_OFFSET(ref), state;
	struct writ_walk walk = {.tables = d->tables, .image = image};

	judge(d, ref);
	if (!d->text || !(d->allow & WRIT_ACCESS_EXECUTE_ARGV) || count >= WRIT_EXEC_CANDIDATES)
		return 0;
	state = match_walk(d->text, image, WRIT_IMAGE_FIELD(d->tables, image, exec_entry), d->at,
			   WRIT_TEXT_PATH_END);
	walk.rows = image + WRIT_IMAGE_FIELD(d->tables, image, rows);
	walk.state = state;
	if (!(state & WRIT_STATE_FINAL))
		walk.state = writ_match_step(&walk, 0);
	as->ref = ref;
	as->state = walk.state;
	exec->candidates[count] = *as;
	exec->count = count + 1;
	return 0;
}

static long candidate_step(__u32 index, void *context)
{
	struct candidate_search *search = context;
	struct writ_exec_candidate as = {};
	struct writ_grant *grant;
	__u32 entry;

	grant = grant_at(search->d, index, &entry);
	if (!grant)
		return 1;
	if (grant_reason(grant, search->d->now) != WRIT_REASON_GRANT)
		return 0;
	as.grant = grant->id;
	as.expires = grant->expires;
	as.slot = (entry & ~WRIT_ORDER_DENY) - 1u;
	candidate_add(search->d, search->exec, grant->image, &as);
	return 0;
}

/* Gathers who would allow the program by its argv; their number. */
static __always_inline __u32 candidates_gather(struct decision *d, struct writ_exec *exec,
					       struct writ_agent *agent)
{
	struct writ_exec_candidate role = {};
	struct candidate_search search = {.d = d, .exec = exec};

	exec->agent = d->agent;
	candidate_add(d, exec, *(volatile __u64 *)&agent->role, &role);
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

SEC("lsm/bprm_check_security")
int BPF_PROG(bprm_check_security, struct linux_binprm *bprm, int ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct decision d = {};
	struct writ_agent *agent;
	struct writ_exec *exec;

	if (ret)
		return ret;
	d.agent = subject_current();
	if (!d.agent)
		return 0;
	exec = bpf_task_storage_get(&execs, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	d.operation = WRIT_OP_EXEC;
	d.access = WRIT_ACCESS_EXECUTE;
	object_file(&d, bprm->file);
	if (!d.reason && object_unlinked(bprm->file))
		d.reason = WRIT_REASON_UNLINKED;
	if (!d.reason)
		d.reason = candidates_begin(bprm, exec);
	decide(&d);
	agent = bpf_map_lookup_elem(&agents, &d.agent);
	/* missing: nothing denies it, and nothing allows it whatever its argv */
	if (exec && agent && d.missing && d.reason != WRIT_REASON_GRANT_DENY &&
	    candidates_gather(&d, exec, agent)) {
		(void)bpf_bprm_opts_set(bprm, BPF_F_BPRM_SECUREEXEC);
		return 0; /* the verdict and its record come with the argv */
	}
	if (d.reason == WRIT_REASON_GRANT)
		(void)bpf_bprm_opts_set(bprm, BPF_F_BPRM_SECUREEXEC);
	return decision_finish(&d);
}

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

/* Reads argv behind the path. Sets argv_len, and ARGV_CUT when there is more than was read. */
static __always_inline void argv_read(struct decision *d, struct linux_binprm *bprm)
{
	struct argv_scan scan = {.text = d->text};
	__u64 size = bprm->exec - bprm->p;
	int argc = bprm->argc;

	if (argc <= 0)
		return;
	if (size > WRIT_ARGV_SIZE)
		size = WRIT_ARGV_SIZE;
	if (bpf_copy_from_user(&d->text->bytes[WRIT_TEXT_PATH_END], (__u32)size, (void *)bprm->p)) {
		d->reason = WRIT_REASON_PATH_ERROR;
		return;
	}
	scan.end = WRIT_TEXT_PATH_END + (__u32)size;
	scan.left = argc;
	d->text->cursor = WRIT_TEXT_PATH_END;
	bpf_loop(WRIT_ARGV_SIZE, argv_scan_step, &scan, 0);
	d->argv_len = d->text->cursor - WRIT_TEXT_PATH_END;
	if (scan.left)
		d->flags |= WRIT_EVENT_ARGV_CUT;
}

/* A grant that was live at the check may have ended since. */
static __always_inline int candidate_live(struct decision *d,
					  const struct writ_exec_candidate *candidate)
{
	__u32 slot = candidate->slot;

	if (!candidate->grant)
		return 1;
	if (slot >= WRIT_GRANTS_PER_AGENT || d->grants->slots[slot].id != candidate->grant)
		return 0;
	return grant_reason(&d->grants->slots[slot], d->now) == WRIT_REASON_GRANT;
}

/*
 * One candidate's say. This hook sleeps and so is not under RCU: the image's id, read before and
 * after the walk, tells whether it was replaced meanwhile.
 */
static long argv_step(__u32 index, void *context)
{
	struct candidate_search *search = context;
	struct decision *d = search->d;
	struct writ_exec_candidate *candidate;
	__u32 image, state;

	if (!d->text || index >= search->exec->count || index >= WRIT_EXEC_CANDIDATES)
		return 1;
	candidate = &search->exec->candidates[index];
	if (!candidate_live(d, candidate))
		return 0;
	image = WRIT_REF_OFFSET(candidate->ref);
	state = match_walk(d->text, image, candidate->state, WRIT_TEXT_PATH_END,
			   WRIT_TEXT_PATH_END + d->argv_len);
	if (d->flags & WRIT_EVENT_ARGV_CUT && !(state & WRIT_STATE_FINAL)) {
		d->reason = WRIT_REASON_ARGV_TOO_LONG;
		return 0;
	}
	d->hit = state_accept(d, candidate->ref, state);
	writ_match_bits(d->tables, image, d->hit, &d->allow, &d->deny);
	if (WRIT_IMAGE_FIELD(d->tables, image, id) != WRIT_REF_ID(candidate->ref)) {
		d->reason = WRIT_REASON_POLICY_CHANGED;
		return 0;
	}
	if (!(d->allow & WRIT_ACCESS_EXECUTE) || d->deny & WRIT_ACCESS_EXECUTE)
		return 0;
	decided(d, candidate->grant ? WRIT_REASON_GRANT : WRIT_REASON_ROLE, candidate->ref);
	d->grant = candidate->grant;
	d->expires = candidate->expires;
	return 1;
}

SEC("lsm.s/bprm_committed_creds")
int BPF_PROG(bprm_committed_creds, struct linux_binprm *bprm)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct writ_exec *exec = bpf_task_storage_get(&execs, task, NULL, 0);
	struct candidate_search search = {.exec = exec};
	struct decision d = {};
	struct writ_agent *agent;

	if (exec && !exec->count)
		return 0;
	d.agent = exec ? exec->agent : subject_find(true);
	if (!d.agent)
		return 0;
	d.operation = WRIT_OP_ARGV;
	d.access = WRIT_ACCESS_EXECUTE;
	search.d = &d;
	object_file(&d, bprm->file);
	if (decide_start(&d, &agent))
		d.reason = WRIT_REASON_NO_RULE;
	if (!exec) /* contention (6.1): what was gathered can't be read, so it can't be met */
		d.reason = WRIT_REASON_NO_MEMORY;
	if (!d.reason && d.text)
		argv_read(&d, bprm);
	if (exec && !d.reason) {
		d.reason = WRIT_REASON_ARGV_MISMATCH;
		bpf_loop(WRIT_EXEC_CANDIDATES, argv_step, &search, 0);
	}
	if (exec)
		exec->count = 0;
	if (decision_finish(&d))
		bpf_send_signal(SIGKILL);
	return 0;
}
