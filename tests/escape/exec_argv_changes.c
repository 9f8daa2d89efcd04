// SPDX-License-Identifier: Apache-2.0
/*
 * A thread changes an argument to and fro between one that a rule allows and one that it does not,
 * while others execute the program with it.
 * technique: argv changed while the program is executed
 * stopped by: `bprm_committed_creds` judges the new program's own copy of argv
 * expect: operation=argv reason=argv_mismatch
 */
#include "escape.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PROGRAM "/vm/escape/argv/busybox" /* the role: argv ["busybox", "sleep", "**"] */
#define TRIES 150

int escape_prepare(const char *box, const char *secret)
{
	(void)box;
	(void)secret;
	if (mkdir("/vm/escape/argv", 0755) && errno != EEXIST)
		return -errno;
	return escape_copy("/usr/bin/busybox", PROGRAM);
}

static void put(volatile char *word, const char *text)
{
	for (int i = 0; i < 6; i++)
		word[i] = text[i];
}

/* Shared memory: the one who changes it outlives each exec. */
static void __attribute__((noreturn)) change_for_ever(char *word)
{
	for (;;) {
		put(word, "sleep");
		put(word, "touch");
	}
}

int escape_attempt(const char *box, const char *secret)
{
	char *word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	char file[ESCAPE_PATH_SIZE];
	char *arguments[] = {"busybox", word, file, NULL};
	pid_t changer;

	(void)secret;
	if (word == MAP_FAILED)
		return escape_error("memory");
	escape_path(file, box, "touched");
	put(word, "sleep");
	changer = fork();
	if (!changer)
		change_for_ever(word);
	for (int i = 0; i < TRIES && access(file, F_OK); i++) {
		pid_t child = fork();

		if (!child)
			_exit(execv(PROGRAM, arguments));
		(void)escape_wait(child);
	}
	(void)kill(changer, SIGKILL);
	return escape_if(!access(file, F_OK));
}
