/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which program a task runs, for its records: the id of the exec that gave it. What is kept of it
 * stands as long as the task has executed nothing else, which its self_exec_id tells, for each exec
 * counts it on (begin_new_exec, fs/exec.c). So after one that was missed nothing is said of the
 * program, rather than what was true before.
 */
#ifndef WRIT_PROGRAM_BPF_H
#define WRIT_PROGRAM_BPF_H

#include "maps.bpf.h"

/* Asks the current task's label, and keeps the answer in @scratch. A global function. */
extern __u64 program_find(struct scratch *scratch);

/* Id of the exec that gave @task, the current one, its program; 0: not known. */
static __always_inline __u64 program_of(struct scratch *scratch, struct task_struct *task)
{
	return scratch->exec_turn == task->self_exec_id ? scratch->exec : program_find(scratch);
}

/*
 * For bprm_committed_creds, where the task is the new program already: until it has its id, records
 * are about the one that executes it. A global function, as the next one.
 */
extern int program_leave(struct scratch *scratch);

/*
 * The program is the task's: gives it an id and sends its record. The object is its path, or what
 * there is of it when @unnamed says why it has none; argv is what argv_len says. 0, or -errno: the
 * record is counted as lost.
 */
extern int program_enter(struct scratch *scratch, __u32 unnamed);

#endif
