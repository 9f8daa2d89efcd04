/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What tests and benches of the log's writer share: the real writ-audit, confined as in service,
 * between the ring of a harness and a daemon that has nothing else.
 */
#ifndef WRIT_TESTS_AUDIT_DAEMON_H
#define WRIT_TESTS_AUDIT_DAEMON_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <bpf/libbpf.h>
#include <cmocka.h>

#include "daemon/daemon.h"
#include "harness.h"

#define AGENT 2u

static struct harness harness;
static struct writ_daemon daemon_;
static struct writ_child_kind kind;
static char directory[64], log_path[96], policy_path[96], program[160];

/* A new directory that the user who is to write there can reach, with the program in it. */
static inline void audit_directory(void)
{
	char command[512];

	(void)strcpy(directory, "/tmp/writ-audit-XXXXXX");
	assert_non_null(mkdtemp(directory));
	(void)snprintf(log_path, sizeof(log_path), "%s/log/audit.jsonl", directory);
	(void)snprintf(policy_path, sizeof(policy_path), "%s/policy.yaml", directory);
	(void)snprintf(
		command, sizeof(command),
		"chmod 755 %1$s && cp $(dirname $(readlink /proc/%2$d/exe))/../../writ-audit "
		"%1$s/ && chmod 755 %1$s/writ-audit",
		directory, (int)getpid());
	assert_int_equal(system(command), 0);
	/* beside this program, by way of the root */
	(void)snprintf(program, sizeof(program), "../../../../../../../../../../..%s/writ-audit",
		       directory);
}

static inline void audit_policy(const char *text)
{
	FILE *file = fopen(policy_path, "we");

	assert_non_null(file);
	assert_true(fputs(text, file) > 0);
	assert_int_equal(fclose(file), 0);
}

/* There: a harness with an agent of role `r` of @policy, and a daemon without a writer. */
static inline void audit_daemon(uint32_t ring_size, const char *policy)
{
	audit_policy(policy);
	kind = writ_audit_kind;
	kind.program = program;
	kind.user = "nobody";
	harness_open(&harness, ring_size);
	harness_policy(&harness, policy);
	harness_agent(&harness, AGENT, harness_role(&harness, "r"));
	(void)strcpy(harness.kernel.agents[AGENT].name, "bot");
	(void)strcpy(harness.kernel.agents[AGENT].role_name, "r");
	daemon_ = (struct writ_daemon){
		.kernel = &harness.kernel,
		.options = {.audit_log = log_path, .policy = policy_path},
		.audit = WRIT_AUDIT_NONE,
		.forward = WRIT_FORWARD_NONE,
		.broker = WRIT_BROKER_NONE,
		.epoll = epoll_create1(EPOLL_CLOEXEC),
		.listener = -1,
	};
	daemon_.audit.child.kind = &kind;
}

/* Waits for the writer that it starts. */
static inline void audit_start(void)
{
	assert_int_equal(writ_audit_open(&daemon_), 0);
	writ_audit_await(&daemon_);
}

/* One record of @path, and from then on every CPU makes such. */
static inline void audit_lanes(const char *path)
{
	(void)harness_ask_bytes(&harness, bpf_program__fd(harness.skel->progs.finish_one), AGENT,
				path, strlen(path), WRIT_ACCESS_READ);
	harness_lanes(&harness);
}

/* All of it, and the directory. The status of the removal. */
static inline int audit_daemon_close(void)
{
	char command[96];

	writ_audit_close(&daemon_);
	writ_notes_clear(&daemon_.notes);
	(void)close(daemon_.epoll);
	harness_close(&harness);
	(void)snprintf(command, sizeof(command), "rm -rf %s", directory);
	return system(command);
}

#endif
