// SPDX-License-Identifier: Apache-2.0
/*
 * Children of every kind try: by vfork, with the agent's parent as their parent (CLONE_PARENT),
 * with shared memory but no thread, in a new cgroup namespace, and orphaned.
 * technique: Children by vfork, CLONE_PARENT, CLONE_VM, CLONE_NEWCGROUP; orphans
 * stopped by: `task_alloc`: a child has its maker's label, whoever its parent is
 * expect: operation=open reason=no_rule
 */
#include "escape.h"

#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define STACK_SIZE 65536

static const int kinds[] = {SIGCHLD | CLONE_VFORK | CLONE_VM, SIGCHLD | CLONE_VM,
			    SIGCHLD | CLONE_FILES, SIGCHLD | CLONE_PARENT};

static volatile int *escaped; /* shared: a child of CLONE_PARENT is not ours to wait for */
static volatile int *ended;
static char key[ESCAPE_PATH_SIZE];

static int child_tries(void *context)
{
	(void)context;
	if (escape_holds(key, "key"))
		__atomic_add_fetch(escaped, 1, __ATOMIC_SEQ_CST);
	__atomic_add_fetch(ended, 1, __ATOMIC_SEQ_CST);
	_exit(0);
}

static void orphan_tries(void)
{
	if (fork())
		_exit(0);
	escape_sleep_ms(20);
	child_tries(NULL);
}

/* A cgroup namespace of its own is no other cgroup. */
static void unshared_tries(void)
{
	if (unshare(CLONE_NEWCGROUP)) /* refused: it tries all the same */
		(void)0;
	child_tries(NULL);
}

static void attempt_all(char *stacks)
{
	const int count = sizeof(kinds) / sizeof(kinds[0]);

	for (int i = 0; i < count; i++)
		(void)clone(child_tries, stacks + (i + 1) * STACK_SIZE, kinds[i], NULL);
	if (!fork())
		orphan_tries();
	if (!fork())
		unshared_tries();
	for (int i = 0; i < 1000 && *ended < count + 2; i++)
		escape_sleep_ms(2);
}

int escape_prepare(const char *box, const char *secret)
{
	char path[ESCAPE_PATH_SIZE];

	(void)box;
	escape_path(path, secret, "key");
	return escape_write(path, "key");
}

int escape_attempt(const char *box, const char *secret)
{
	const int prot = PROT_READ | PROT_WRITE;
	volatile int *shared = mmap(NULL, 4096, prot, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	char *stacks = malloc(STACK_SIZE * sizeof(kinds) / sizeof(kinds[0]));

	(void)box;
	if (shared == MAP_FAILED || !stacks)
		return escape_error("memory");
	escaped = shared;
	ended = shared + 1;
	escape_path(key, secret, "key");
	attempt_all(stacks);
	if (*ended != (int)(sizeof(kinds) / sizeof(kinds[0])) + 2)
		return escape_error("not every child came to its end");
	return escape_if(*escaped);
}
