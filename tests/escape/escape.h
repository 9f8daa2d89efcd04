/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a technique is: one file FAMILY_NAME.c here, with these two functions and the header lines
 * that README.md names. All of them become one static program; the build gives each function its
 * technique's name, so that everything else in a file must be static.
 */
#ifndef TESTS_ESCAPE_H
#define TESTS_ESCAPE_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* ERROR: it could not be tried; SKIP: this kernel can't do it, managed or not. Both say why. */
enum escape_result {
	ESCAPE_SUCCEEDED = 0,
	ESCAPE_REFUSED = 1,
	ESCAPE_ERROR = 2,
	ESCAPE_SKIP = 77,
};

#define ESCAPE_PATH_SIZE 4096

/*
 * Makes what the attempt needs, as unmanaged root: in @box the agent has every right on files, in
 * @secret none. 0 or -errno.
 */
int escape_prepare(const char *box, const char *secret);

/*
 * The attempt, as root: once unmanaged and once as the agent, each in directories of its own. Looks
 * at its effect, not at a return value alone. One of enum escape_result.
 */
int escape_attempt(const char *box, const char *secret);

/* --- what many need, kit.c ------------------------------------------------------------------- */

/* "DIRECTORY/NAME" in a buffer of @path's size. */
void escape_path(char path[ESCAPE_PATH_SIZE], const char *directory, const char *name);

/* Makes the file with @text in it, or its old content replaced. 0 or -errno. */
int escape_write(const char *path, const char *text);

/* Is @text the whole of the file? Asked by a path; false too if it can't be read. */
bool escape_holds(const char *path, const char *text);

/* Does the descriptor's file, read from its beginning, begin with @text? */
bool escape_reads(int fd, const char *text);

/* Prints why and returns ESCAPE_ERROR, or ESCAPE_SKIP. */
int escape_error(const char *what) __attribute__((warn_unused_result));
int escape_skip(const char *why) __attribute__((warn_unused_result));

/* ESCAPE_SUCCEEDED if it did, else ESCAPE_REFUSED. */
static inline int escape_if(bool succeeded)
{
	return succeeded ? ESCAPE_SUCCEEDED : ESCAPE_REFUSED;
}

/* Waits for a child; its exit status, or -1 if a signal ended it. */
int escape_wait(pid_t child);

/*
 * A process outside of every agent, for prepare(): runs @work with @context, has no part in the
 * runner's output, and ends after 60 s at the latest. 0 or -errno.
 */
int escape_daemon(void (*work)(const void *context), const void *context);

/* Sleeps; a millisecond at a time is how things here are waited for. */
void escape_sleep_ms(unsigned int ms);

/* Waits for the file to be there, at most @seconds. */
bool escape_await(const char *path, unsigned int seconds);

/* Copies a program: mode 0755. 0 or -errno. */
int escape_copy(const char *from, const char *to);

/*
 * For techniques that have somebody else act: a script "box/handler" that copies "secret/key" to
 * "box/stolen", and that key. prepare() of 0 or -errno; did it run?
 */
int escape_handler(const char *box, const char *secret);
bool escape_handled(const char *box);

/*
 * A process outside that @work keeps alive; its pid is in "box/pid" when this returns. 0 or -errno.
 */
int escape_victim(const char *box, void (*work)(const char *box));
pid_t escape_victim_pid(const char *box);

/* By a rename: who awaits the file finds it whole. */
int escape_tell(const char *path, const char *text);

/* The number in the file, 0 if there is none. */
long escape_number(const char *path);
int escape_write_number(const char *path, long number);

#endif
