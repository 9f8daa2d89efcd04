// SPDX-License-Identifier: Apache-2.0
/* Operations of `act`: programs that fail to start, and a process that says it is another one. */
#include <errno.h>
#include <linux/prctl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "act.h"

#define WORDS 200 /* of execmuch, with WORD_SIZE bytes each */
#define WORD_SIZE 1000

extern char __executable_start, etext, edata, end;

/* tryexec PATH: of a program that can't be started; goes on as what it is. */
static int try_exec(struct act *act)
{
	char *const argv[] = {act->next[1], NULL};

	(void)fflush(stdout);
	(void)execv(act->next[1], argv);
	return -errno;
}

/* execmuch PATH ARGUMENTS...: these, then bytes that want to be something else, then 200 KB. */
static int exec_much(struct act *act)
{
	static char word[WORD_SIZE];
	char *argv[WORDS + 64] = {NULL};
	int n = 0;

	memset(word, 'a', sizeof(word) - 1);
	while (act->next[2 + n] && n < 32) {
		argv[n] = act->next[2 + n];
		n++;
	}
	argv[n++] = "";
	argv[n++] = "\x1b[31m\n\",\"argv\":[\"\\\xff\xc2\x9b";
	for (int i = 0; i < WORDS; i++)
		argv[n++] = word;
	(void)fflush(stdout);
	(void)execv(act->next[1], argv);
	return -errno;
}

/* The kernel is told that arguments and environment lie elsewhere. */
static int move_arguments(char *fake, size_t size)
{
	char *here = (char *)&here;
	struct prctl_mm_map map = {
		.start_code = (uintptr_t)&__executable_start,
		.end_code = (uintptr_t)&etext,
		.start_data = (uintptr_t)&edata - 1,
		.end_data = (uintptr_t)&edata,
		.start_brk = (uintptr_t)sbrk(0),
		.brk = (uintptr_t)sbrk(0),
		.start_stack = (uintptr_t)here,
		.arg_start = (uintptr_t)fake,
		.arg_end = (uintptr_t)fake + size,
		.env_start = (uintptr_t)fake,
		.env_end = (uintptr_t)fake + size,
		.exe_fd = (uint32_t)-1,
	};

	return prctl(PR_SET_MM, PR_SET_MM_MAP, &map, sizeof(map), 0) ? -errno : 0;
}

/* disguise: another name, other arguments where the kernel looks for them, by both ways. */
static int disguise(struct act *act)
{
	static char fake[] = "/vm/bin/fake\0innocent";
	char *first = act->next[-1];
	int err = prctl(PR_SET_NAME, "fake") ? -errno : 0;

	if (!err)
		err = move_arguments(fake, sizeof(fake));
	memset(first, 'x', strlen(first));
	return err;
}

/* spawnmany N: so many children, one after another, that end at once. */
static int spawn_many(struct act *act)
{
	for (long i = strtol(act->next[1], NULL, 10); i > 0; i--) {
		pid_t child = fork();

		if (child < 0)
			return -errno;
		if (!child)
			_exit(0);
		(void)waitpid(child, NULL, 0);
	}
	return 0;
}

const struct act_operation act_program_operations[] = {
	{"tryexec", 1, try_exec},	{"execmuch", -1, exec_much}, {"disguise", 0, disguise},
	{"spawnmany", 1, spawn_many}, {NULL, 0, NULL},
};
