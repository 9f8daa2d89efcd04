/* SPDX-License-Identifier: Apache-2.0 */
/* A trail in a directory of its own, lines to put into it, and ways to spoil it. */
#ifndef WRIT_TESTS_TRAIL_HELPER_H
#define WRIT_TESTS_TRAIL_HELPER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/cleanup.h"
#include "lib/time.h"
#include "trail/trail.h"
#include "trail/verify.h"

static char trail_directory[64];
static char trail_log[128];
static char trail_key[128];
static struct writ_trail_settings trail_settings;

static inline int trail_set_up(void **state)
{
	(void)state;
	(void)strcpy(trail_directory, "/tmp/writ-trail-XXXXXX");
	if (!mkdtemp(trail_directory))
		return -1;
	(void)snprintf(trail_log, sizeof(trail_log), "%s/audit.jsonl", trail_directory);
	(void)snprintf(trail_key, sizeof(trail_key), "%s/key", trail_directory);
	trail_settings = (struct writ_trail_settings){
		.log = trail_log,
		.key = trail_key,
		.sync = WRIT_TRAIL_SYNC_NONE,
		.checkpoint_ns = UINT64_MAX,
		.rotate_bytes = UINT64_MAX,
		.rotate_ns = UINT64_MAX,
	};
	return 0;
}

static inline int trail_tear_down(void **state)
{
	char command[128];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf %s", trail_directory);
	return system(command);
}

static inline struct writ_trail *trail_open(struct writ_trail_found *ret_found)
{
	struct writ_trail_found found;
	struct writ_trail *trail = NULL;

	assert_int_equal(writ_trail_open(&trail_settings, NULL, NULL, &trail,
					 ret_found ? ret_found : &found),
			 0);
	return trail;
}

static inline void trail_put(struct writ_trail *trail, unsigned int from, unsigned int n)
{
	for (unsigned int i = from; i < from + n; i++) {
		char line[128];
		int len = snprintf(
			line, sizeof(line),
			"{\"time\":\"2026-11-22T10:11:12.345678Z\",\"type\":\"x\",\"n\":%u}\n", i);

		assert_int_equal(writ_trail_put(trail, line, (size_t)len), 0);
	}
}

/* Commits until nothing is under way: the disk takes a while. */
static inline void trail_settle(struct writ_trail *trail)
{
	struct writ_trail_at at;

	do {
		assert_int_equal(writ_trail_commit(trail, writ_time_boot()), 0);
		(void)usleep(100);
		writ_trail_where(trail, &at);
	} while (at.busy || at.waiting || at.spilling);
}

/* Now, whatever the interval says. */
static inline void trail_checkpoint(struct writ_trail *trail)
{
	struct writ_trail_settings now = trail_settings;

	trail_settle(trail); /* what is under way comes first */
	now.checkpoint_ns = 0;
	writ_trail_configure(trail, &now);
	trail_settle(trail);
	writ_trail_configure(trail, &trail_settings);
}

static inline void trail_verify(struct writ_verified *ret)
{
	struct writ_verify_options options = {
		.log = trail_log,
		.known = {.segment = UINT64_MAX, .checkpoint = UINT64_MAX},
	};

	assert_int_equal(writ_verify_trail(&options, ret), 0);
}

static inline void trail_assert_whole(uint64_t lines)
{
	struct writ_verified verdict;

	trail_verify(&verdict);
	if (verdict.fault)
		fail_msg("%s: %s:%llu: %s", writ_verify_word(verdict.fault), verdict.path,
			 (unsigned long long)verdict.line, verdict.detail);
	assert_int_equal(verdict.lines, lines);
}

/* The whole of a file; freed by the caller. */
static inline char *trail_read(const char *path, size_t *ret_len)
{
	_cleanup_fclose_ FILE *file = fopen(path, "r");
	struct stat found;
	char *bytes;

	assert_non_null(file);
	assert_int_equal(fstat(fileno(file), &found), 0);
	bytes = malloc((size_t)found.st_size + 1);
	assert_non_null(bytes);
	*ret_len = fread(bytes, 1, (size_t)found.st_size, file);
	bytes[*ret_len] = '\0';
	return bytes;
}

static inline void trail_write(const char *path, const char *bytes, size_t len)
{
	_cleanup_fclose_ FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
}

/* Where line @n, from 1, begins in @bytes; the end behind the last. */
static inline size_t trail_line(const char *bytes, unsigned int n)
{
	const char *at = bytes;

	while (--n && at)
		at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL;
	assert_non_null(at);
	return (size_t)(at - bytes);
}

#endif
