/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A log that is being written, closed, packed and pruned is verified again and again: it is whole
 * at each moment, and never called anything else.
 */
#include "trail_helper.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "trail/pack.h"

#define ROUNDS 100
#define CLOSED 10u /* meanwhile, at least: where the disk is slow there are more rounds */
#define SEGMENTS 150u /* and at most: where verify is slow there are fewer */
#define KEEP 30u /* segments, where the oldest are removed */

static volatile uint64_t *segments; /* that the writer has begun */

/* As writ-audit does it: the line first, then the files. */
static void prune(struct writ_trail *trail, uint64_t segment)
{
	if (segment < KEEP || writ_trail_put_removed(trail, segment - KEEP) ||
	    writ_trail_commit(trail, writ_time_boot()))
		return;
	(void)writ_prune(trail_log, segment - KEEP);
}

static void __attribute__((noreturn)) write_without_end(bool prunes)
{
	struct writ_packer *packer = NULL;
	struct writ_trail *trail;
	struct writ_trail_at at;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	trail_settings.checkpoint_ns = 1000000;
	trail_settings.rotate_bytes = 8000;
	trail = trail_open(NULL);
	if (writ_packer_start(trail_log, true, &packer))
		_exit(1);
	for (unsigned int i = 0;; i += 3) {
		trail_put(trail, i, 3);
		(void)writ_trail_commit(trail, writ_time_boot());
		writ_trail_where(trail, &at);
		if (at.segment != *segments) {
			*segments = at.segment;
			writ_packer_wake(packer, true);
			if (prunes)
				prune(trail, at.segment);
		}
		(void)usleep(500);
	}
}

static uint64_t passed(uint64_t first)
{
	return *segments - first;
}

static void verify_while(bool prunes)
{
	struct writ_verified verdict;
	uint64_t first;
	pid_t pid;

	segments = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(segments, MAP_FAILED);
	pid = fork();
	if (!pid)
		write_without_end(prunes);
	while (!*segments)
		(void)usleep(1000);
	first = *segments;
	for (int i = 0; passed(first) <= CLOSED || (i < ROUNDS && passed(first) < SEGMENTS); i++) {
		assert_int_equal(waitpid(pid, NULL, WNOHANG), 0);
		trail_verify(&verdict);
		if (verdict.fault)
			fail_msg("round %d, segment %llu: %s: %s:%llu: %s", i,
				 (unsigned long long)*segments, writ_verify_word(verdict.fault),
				 verdict.path, (unsigned long long)verdict.line, verdict.detail);
		(void)usleep(1000);
	}
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	(void)munmap((void *)(uintptr_t)segments, 4096);
}

static void while_it_is_closed_and_packed(void **state)
{
	(void)state;
	verify_while(false);
}

static void while_the_oldest_is_removed(void **state)
{
	(void)state;
	verify_while(true);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, trail_set_up, trail_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(while_it_is_closed_and_packed),
		CASE(while_the_oldest_is_removed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
