/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The matcher in the kernel against the same header in user space: random rule sets, random paths
 * near the rules, long paths, raw bytes. A difference in either is a wrong verdict somewhere.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>
#include <cmocka.h>

#include "compile/image_match.h"
#include "harness.h"
#include "lib/cleanup.h"

#define AGENT 2u
#define SEED 0x5eed1234u

static struct harness harness;

static int setup(void **state)
{
	(void)state;
	harness_open(&harness, 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	harness_close(&harness);
	return 0;
}

/* What user space finds: the reason that the role alone gives for @access. */
static uint32_t expected(uint64_t ref, const void *path, size_t len, uint32_t access)
{
	const struct writ_tables *tables = harness.kernel.tables;
	uint32_t image = WRIT_REF_OFFSET(ref), accept, allow, deny;

	assert_int_equal(writ_image_match(tables, image, path, len, &accept), 0);
	writ_match_bits(tables, image, accept, &allow, &deny);
	if (deny & access)
		return WRIT_REASON_ROLE_DENY;
	return access & ~allow ? WRIT_REASON_NO_RULE : WRIT_REASON_ROLE;
}

static void compare(uint64_t ref, const void *path, size_t len, uint32_t access)
{
	int program = bpf_program__fd(harness.skel->progs.decide_one);
	uint32_t reason = harness_ask_bytes(&harness, program, AGENT, path, len, access);

	if (reason != expected(ref, path, len, access))
		print_error("path of %zu bytes \"%.*s\"\n", len, (int)len, (const char *)path);
	assert_int_equal(reason, expected(ref, path, len, access));
}

static const char *const parts[] = {
	"/a",	  "/ab",      "/abc", "/*",   "/**",   "/?",
	"/[a-c]", "/{a,b/c}", "/x*y", "/\\*", "/data", "/**/k",
};
static const char *const words[] = {"/a",   "/ab", "/abc", "/b",    "/b/c", "/xy",
				    "/x-y", "/*",  "/k",   "/data", "/",    "/\xff\n"};

static void append_random(uint32_t *random, const char *const *from, size_t n, size_t most,
			  char *text, size_t size)
{
	size_t count = 1 + harness_random(random, (uint32_t)most);

	for (size_t i = 0; i < count; i++)
		(void)strncat(text, from[harness_random(random, (uint32_t)n)],
			      size - strlen(text) - 1);
}

static void random_policy(uint32_t *random, char *yaml, size_t size)
{
	size_t len = (size_t)snprintf(yaml, size,
				      "{apiVersion: writ/v1, kind: Role, name: r, files: [\n");
	uint32_t rules = 1 + harness_random(random, 12);

	for (uint32_t i = 0; i < rules; i++) {
		char path[256] = "";

		append_random(random, parts, sizeof(parts) / sizeof(parts[0]), 4, path,
			      sizeof(path));
		len += (size_t)snprintf(yaml + len, size - len, " {path: '%s', %s: [%s]},\n", path,
					harness_random(random, 6) ? "allow" : "deny",
					harness_random(random, 2) ? "read" : "read, write");
	}
	(void)snprintf(yaml + len, size - len, "]}\n");
}

static void test_random(void **state)
{
	uint32_t random = SEED;

	(void)state;
	for (int set = 0; set < 60; set++) {
		char yaml[8192];
		uint64_t ref;

		random_policy(&random, yaml, sizeof(yaml));
		harness_policy(&harness, yaml);
		ref = harness_role(&harness, "r");
		harness_agent(&harness, AGENT, ref);
		for (int i = 0; i < 100; i++) {
			char path[512] = "";

			append_random(&random, words, sizeof(words) / sizeof(words[0]), 6, path,
				      sizeof(path));
			compare(ref, path, strlen(path), 1 + harness_random(&random, 3));
		}
		harness_agent(&harness, AGENT, 0);
		assert_int_equal(writ_arena_retire(&harness.kernel, &ref, 1), 0);
	}
}

static void test_long(void **state)
{
	_cleanup_free_ char *path = malloc(WRIT_PATH_SIZE);
	uint64_t ref;

	(void)state;
	assert_non_null(path);
	harness_policy(&harness, "{apiVersion: writ/v1, kind: Role, name: r, files: [\n"
				 " {path: '/d/**/end', allow: [read]}]}\n");
	ref = harness_role(&harness, "r");
	harness_agent(&harness, AGENT, ref);
	memset(path, '/', WRIT_PATH_SIZE);
	for (size_t i = 0; i < WRIT_PATH_SIZE - 1; i += 2)
		path[i + 1] = 'd';
	for (size_t len = 1; len < WRIT_PATH_SIZE; len += len < 300 ? 1 : 111) {
		compare(ref, path, len, WRIT_ACCESS_READ);
		if (len > 6) {
			char *end = path + len - 4;
			char saved[4];

			memcpy(saved, end, 4);
			memcpy(end, "/end", 4);
			compare(ref, path, len, WRIT_ACCESS_READ);
			memcpy(end, saved, 4);
		}
	}
	memcpy(path + WRIT_PATH_SIZE - 1 - 4, "/end", 4);
	compare(ref, path, WRIT_PATH_SIZE - 1, WRIT_ACCESS_READ);
	assert_int_equal(harness.skel->bss->question.reason, WRIT_REASON_ROLE);
}

/* Literals longer than the trie holds: the rest is walked over rows. */
static void test_long_literal(void **state)
{
	char yaml[1024], path[400] = "/";
	uint64_t ref;

	(void)state;
	memset(path + 1, 'p', 199);
	(void)snprintf(yaml, sizeof(yaml),
		       "{apiVersion: writ/v1, kind: Role, name: r, files: [\n"
		       " {path: '%s/**', allow: [read]}, {path: '%.130s/x', allow: [read]}]}\n",
		       path, path);
	harness_policy(&harness, yaml);
	ref = harness_role(&harness, "r");
	harness_agent(&harness, AGENT, ref);
	for (size_t len = 100; len <= 200; len++)
		compare(ref, path, len, WRIT_ACCESS_READ);
	memcpy(path + 200, "/f", 2);
	compare(ref, path, 202, WRIT_ACCESS_READ);
	assert_int_equal(harness.skel->bss->question.reason, WRIT_REASON_ROLE);
	memcpy(path + 130, "/x", 2);
	compare(ref, path, 132, WRIT_ACCESS_READ);
	assert_int_equal(harness.skel->bss->question.reason, WRIT_REASON_ROLE);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {CASE(test_random), CASE(test_long),
					   CASE(test_long_literal)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
