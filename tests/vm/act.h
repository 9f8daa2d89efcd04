/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `act` does what its arguments say, one operation after another, and prints one word for each:
 * ok, a number, or the name of the error. The agents of the tests are made of it: a static program
 * whose system calls are known, so that each record in the log has one cause.
 */
#ifndef TESTS_VM_ACT_H
#define TESTS_VM_ACT_H

/* What operations hand to later ones of the same process. */
struct act {
	char **next; /* the operation at hand: its name, then its arguments */
	int held;    /* descriptor that `hold`, `memfd` and `tree` opened, -1 */
	int passed;  /* a socket in which `pass` left a descriptor, -1 */
	int procs;   /* of a cgroup.procs file, opened before the process joined anything, -1 */
};

/* Runs the operations that are left; never returns to them when one of them has forked. */
int act_run(struct act *act);

/* An operation takes @arguments words from act->next[1]. Returns 0, a count, or -errno. */
struct act_operation {
	const char *name;
	int arguments; /* -1: all that are left */
	int (*run)(struct act *act);
};

extern const struct act_operation act_file_operations[];
extern const struct act_operation act_task_operations[];
extern const struct act_operation act_socket_operations[];
extern const struct act_operation act_contain_operations[];
extern const struct act_operation act_uring_operations[];
extern const struct act_operation act_tree_operations[];
extern const struct act_operation act_protect_operations[];
extern const struct act_operation act_net_operations[];
extern const struct act_operation act_netlink_operations[];
extern const struct act_operation act_unix_operations[];
extern const struct act_operation act_hooks_operations[];
extern const struct act_operation act_memory_operations[];
extern const struct act_operation act_run_operations[];
extern const struct act_operation act_reach_operations[];
extern const struct act_operation act_cut_operations[];
extern const struct act_operation act_program_operations[];

/* Prints a result and leaves nothing in the buffer that a child could print again. */
void act_say(int result);

/* open(2) with the letters of @flags, see README.md. A descriptor or -errno. */
int act_open(int directory, const char *flags, const char *path);

#endif
