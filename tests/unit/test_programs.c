/* SPDX-License-Identifier: Apache-2.0 */
/*
 * audit/programs.c: what is kept is found, sets give up what was asked for longest ago, and what
 * stands in the memory is not believed.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "audit/programs.h"

#define FIRST UINT64_C(81234567890) /* an id as the kernel gives them: a boot time */

static struct writ_program_paths *programs;

/* Shared, as the map's memory is: a writer's child sees and leaves the same. */
static int setup(void **state)
{
	(void)state;
	programs = mmap(NULL, sizeof(*programs), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return programs == MAP_FAILED;
}

static int teardown(void **state)
{
	(void)state;
	return munmap(programs, sizeof(*programs));
}

static void keep(uint64_t exec, const char *path)
{
	writ_programs_keep(programs, exec, path, strlen(path));
}

static void assert_path(uint64_t exec, const char *path)
{
	size_t len = 0;
	const char *found = writ_programs_find(programs, exec, &len);

	if (!path) {
		assert_null(found);
		return;
	}
	assert_non_null(found);
	assert_int_equal(len, strlen(path));
	assert_memory_equal(found, path, len);
}

static void test_kept(void **state)
{
	(void)state;
	assert_path(FIRST, NULL);
	keep(FIRST, "/bin/true");
	keep(FIRST + 1, "/bin/false");
	assert_path(FIRST, "/bin/true");
	assert_path(FIRST + 1, "/bin/false");
	assert_path(FIRST + 2, NULL);
	assert_path(FIRST + WRIT_PROGRAM_SETS, NULL); /* of the same set */
}

/* A record that is taken again after a kill takes no second place. */
static void test_again(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < WRIT_PROGRAM_WAYS; i++)
		keep(FIRST + i * WRIT_PROGRAM_SETS, "/bin/a");
	for (uint32_t i = 0; i < WRIT_PROGRAM_WAYS; i++)
		keep(FIRST, "/bin/b");
	assert_path(FIRST, "/bin/b");
	for (uint32_t i = 1; i < WRIT_PROGRAM_WAYS; i++)
		assert_path(FIRST + i * WRIT_PROGRAM_SETS, "/bin/a");
}

static void test_not_kept(void **state)
{
	char path[WRIT_PROGRAM_SIZE + 1];

	(void)state;
	keep(0, "/bin/true");
	assert_path(0, NULL);
	keep(FIRST, "");
	keep(FIRST, "memfd:x");
	assert_path(FIRST, NULL);
	memset(path, 'p', sizeof(path));
	path[0] = '/';
	path[WRIT_PROGRAM_SIZE] = '\0';
	keep(FIRST, path); /* one too long */
	assert_path(FIRST, NULL);
	path[WRIT_PROGRAM_SIZE - 1] = '\0';
	keep(FIRST, path);
	assert_path(FIRST, path);
}

/* One that acts stays, however many others are executed; one that does not goes. */
static void test_full(void **state)
{
	(void)state;
	keep(FIRST, "/bin/acts");
	keep(FIRST + 1, "/bin/sleeps");
	for (uint64_t i = 2; i < 40 * WRIT_PROGRAM_SETS; i++) {
		keep(FIRST + i, "/bin/many");
		if (!(i & 1023))
			assert_path(FIRST, "/bin/acts");
	}
	assert_path(FIRST, "/bin/acts");
	assert_path(FIRST + 1, NULL);
	assert_path(FIRST + 40 * WRIT_PROGRAM_SETS - 1, "/bin/many");
}

/* Every id of the last ways * sets is there: the set's size is what is promised. */
static void test_holds_as_many_as_it_says(void **state)
{
	const uint64_t n = WRIT_PROGRAM_SETS * WRIT_PROGRAM_WAYS;

	(void)state;
	for (uint64_t i = 0; i < n; i++)
		keep(FIRST + i, "/bin/many");
	for (uint64_t i = 0; i < n; i++)
		assert_path(FIRST + i, "/bin/many");
	keep(FIRST + n, "/bin/more");
	assert_path(FIRST, NULL);
	assert_path(FIRST + 1, "/bin/many");
}

static struct writ_program_path *entry_of(uint64_t exec)
{
	for (uint32_t i = 0; i < WRIT_PROGRAM_WAYS; i++) {
		struct writ_program_path *entry =
			&programs->sets[exec & (WRIT_PROGRAM_SETS - 1)][i];

		if (entry->exec == exec)
			return entry;
	}
	return NULL;
}

static void test_hostile_contents(void **state)
{
	(void)state;
	keep(FIRST, "/bin/true");
	entry_of(FIRST)->len = 0;
	assert_path(FIRST, NULL);
	entry_of(FIRST)->len = WRIT_PROGRAM_SIZE;
	assert_path(FIRST, NULL);
	entry_of(FIRST)->len = UINT32_MAX;
	assert_path(FIRST, NULL);
	entry_of(FIRST)->len = 9;
	entry_of(FIRST)->path[0] = 'x';
	assert_path(FIRST, NULL);
	memset(programs, 0xff, sizeof(*programs));
	assert_path(UINT64_MAX, NULL);
	assert_path(FIRST, NULL);
	keep(FIRST, "/bin/true"); /* takes a place from what makes no sense */
	assert_path(FIRST, "/bin/true");
}

/* Writes until it is killed: paths that say which id they are of. */
static void write_forever(void)
{
	char path[WRIT_PROGRAM_SIZE];

	for (uint64_t exec = FIRST;; exec++) {
		memset(path, 'a' + (int)(exec % 26), sizeof(path));
		path[0] = '/';
		writ_programs_keep(programs, exec, path, 1 + exec % (sizeof(path) - 1));
	}
}

static void assert_whole(const struct writ_program_path *entry)
{
	if (!entry->exec)
		return;
	assert_int_equal(entry->len, 1 + entry->exec % (sizeof(entry->path) - 1));
	assert_int_equal(entry->path[0], '/');
	for (uint32_t i = 1; i < entry->len; i++)
		assert_int_equal(entry->path[i], 'a' + (int)(entry->exec % 26));
}

/* Killed anywhere, what a writer leaves is whole or free, and the next one goes on with it. */
static void test_killed(void **state)
{
	uint64_t found = 0;

	(void)state;
	for (int round = 0; round < 50; round++) {
		pid_t child = fork();

		assert_true(child >= 0);
		if (!child)
			write_forever();
		(void)usleep((useconds_t)(500 + 97 * round));
		assert_int_equal(kill(child, SIGKILL), 0);
		assert_int_equal(waitpid(child, NULL, 0), child);
		for (uint32_t i = 0; i < WRIT_PROGRAM_SETS; i++)
			for (uint32_t j = 0; j < WRIT_PROGRAM_WAYS; j++) {
				assert_whole(&programs->sets[i][j]);
				found += !!programs->sets[i][j].exec;
			}
	}
	assert_true(found > 0);
	keep(1, "/bin/next");
	assert_path(1, "/bin/next");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_kept, setup, teardown),
		cmocka_unit_test_setup_teardown(test_again, setup, teardown),
		cmocka_unit_test_setup_teardown(test_not_kept, setup, teardown),
		cmocka_unit_test_setup_teardown(test_full, setup, teardown),
		cmocka_unit_test_setup_teardown(test_holds_as_many_as_it_says, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hostile_contents, setup, teardown),
		cmocka_unit_test_setup_teardown(test_killed, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
