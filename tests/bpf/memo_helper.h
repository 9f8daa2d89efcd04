/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions to the real program, with and without a memo.
 */
#ifndef TEST_MEMO_HELPER_H
#define TEST_MEMO_HELPER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "harness.h"
#include "kernel/caches.h"
#include "kernel/grants.h"
#include "lib/time.h"

#define AGENT 2u
#define OTHER_AGENT 3u
#define SECOND ((int64_t)WRIT_NS_PER_SECOND)
#define DIRECTORY 7u
#define MARK WRIT_REASON_SUSPENDED /* no verdict that is remembered has it */
#define READ WRIT_ACCESS_READ
#define WRITE WRIT_ACCESS_WRITE
#define FULL_TAIL "/srv/a/0123456789abcdef0123456789abcdef01234567" /* a name of 40 bytes */

static const char policy[] =
	"{apiVersion: writ/v1, kind: Role, name: r, files: [\n"
	"  {path: '/srv/**', allow: [read]},\n"
	"  {path: '/srv/secret/**', deny: [read, write]},\n"
	"  {path: '/tmp/*.log', allow: [read, write], audit: none}],\n"
	" playbooks: [writer, denier]}\n"
	"---\n"
	"{apiVersion: writ/v1, kind: Role, name: s, files: [\n"
	"  {path: '/srv/now/**', allow: [read, write]},\n"
	"  {path: '/tmp/**', allow: [delete]}], playbooks: [writer, denier]}\n"
	"---\n"
	"{apiVersion: writ/v1, kind: Role, name: own, files: [\n"
	"  {path: '/srv/now/own.log', deny: [write, read]},\n"
	"  {path: '/tmp/own.log', deny: [write, read]}]}\n"
	"---\n"
	"{apiVersion: writ/v1, kind: Playbook, name: writer,\n"
	" parameters: {service: {pattern: '[a-z]+'}},\n"
	" files: [{path: '/srv/{service}/**', allow: [write, create]}],\n"
	" ttl: {default: 1m, max: 10m}}\n"
	"---\n"
	"{apiVersion: writ/v1, kind: Playbook, name: denier,\n"
	" parameters: {service: {pattern: '[a-z]+'}},\n"
	" files: [{path: '/srv/{service}/*.log', deny: [write, read]}],\n"
	" ttl: {default: 1m, max: 10m}}\n"
	"---\n"
	"{apiVersion: writ/v1, kind: Agent, name: a, match: {cgroup: /a}, role: r}\n";

static struct harness harness;

static inline int setup(void **state)
{
	(void)state;
	harness_open(&harness, 0);
	harness_policy(&harness, policy);
	harness_agent(&harness, AGENT, harness_role(&harness, "r"));
	harness_agent(&harness, OTHER_AGENT, harness.kernel.agents[AGENT].role);
	return 0;
}

static inline int teardown(void **state)
{
	(void)state;
	harness_close(&harness);
	return 0;
}

static inline uint32_t ask_in(uint64_t directory, const char *path, uint32_t access)
{
	struct decide_question *question = &harness.skel->bss->question;

	question->directory = directory;
	question->name_len = (uint32_t)strlen(strrchr(path, '/') + 1);
	return harness_ask(&harness, AGENT, path, access);
}

static inline uint32_t ask(const char *path, uint32_t access)
{
	return ask_in(DIRECTORY, path, access);
}

/* The truth. */
static inline uint32_t ask_anew(const char *path, uint32_t access)
{
	return ask_in(0, path, access);
}

static inline unsigned int count_memos(uint64_t directory, struct writ_memo **ret_last)
{
	unsigned int n = 0;

	for (size_t i = 0; i < WRIT_MEMOS; i++) {
		if (harness.caches->memos[i].directory != directory)
			continue;
		*ret_last = &harness.caches->memos[i];
		n++;
	}
	return n;
}

static inline void forget(void)
{
	assert_int_equal(writ_caches_forget_memos(harness.kernel.map_fds[WRIT_MAP_caches]), 0);
}

/* Asks, and marks the one memo that there then is. */
static inline struct writ_memo *remember(const char *path, uint32_t access)
{
	struct writ_memo *memo = NULL;

	forget();
	assert_int_equal(ask(path, access), ask_anew(path, access));
	assert_int_equal(count_memos(DIRECTORY, &memo), 1);
	memo->reason = MARK;
	assert_int_equal(ask(path, access), MARK);
	return memo;
}

#endif
