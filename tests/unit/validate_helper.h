/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Validations with a script for each case; no descriptor, zombie or process may be left.
 */
#ifndef TEST_VALIDATE_HELPER_H
#define TEST_VALIDATE_HELPER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "broker/validate.h"

#define LONG (3600 * WRIT_NS_PER_SECOND) /* never reached */
#define SHORT (WRIT_NS_PER_SECOND / 10)
#define YES "printf '{\"valid\": true}'"
#define INPUT "{\"ticket\": \"CHG-1842\"}"
#define PATIENCE 20000 /* ms: what takes so long hangs */

static struct {
	char directory[64];
	char script[80];
	const char *command[4];
	struct writ_policy_node node;
	struct writ_validations *validations;
	size_t descriptors;
	size_t wakes;
	size_t answers;
	uint64_t request; /* of the last one */
	enum writ_refusal refusal;
	char message[WRIT_MESSAGE_SIZE];
} here;

static inline size_t count_descriptors(void)
{
	DIR *directory = opendir("/proc/self/fd");
	size_t n = 0;

	assert_non_null(directory);
	while (readdir(directory))
		n++;
	(void)closedir(directory);
	return n;
}

static inline void take_answer(void *context, uint64_t request, enum writ_refusal refusal,
			       const char *message)
{
	assert_ptr_equal(context, &here);
	here.answers++;
	here.request = request;
	here.refusal = refusal;
	(void)snprintf(here.message, sizeof(here.message), "%s", message);
	for (const char *at = message; *at; at++)
		assert_true((unsigned char)*at >= 0x20);
}

static inline int set_up(void **state)
{
	(void)state;
	memset(&here, 0, sizeof(here));
	here.descriptors = count_descriptors();
	strcpy(here.directory, "/tmp/writ-validate-XXXXXX");
	assert_non_null(mkdtemp(here.directory));
	(void)snprintf(here.script, sizeof(here.script), "%s/script", here.directory);
	here.command[0] = here.script;
	here.node.validator = here.command;
	here.node.n_validator = 1;
	here.node.validator_timeout_ns = LONG;
	assert_int_equal(writ_validate_open(take_answer, &here, &here.validations), 0);
	return 0;
}

static inline int tear_down(void **state)
{
	char command[128];

	(void)state;
	writ_validate_closep(&here.validations);
	assert_null(here.validations);
	(void)snprintf(command, sizeof(command), "rm -rf %s", here.directory);
	assert_int_equal(system(command), 0);
	assert_int_equal(count_descriptors(), here.descriptors);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child, no zombie */
	assert_int_equal(errno, ECHILD);
	return 0;
}

/* The validator is this text, run by sh in the test's directory. */
static inline void write_script(const char *text)
{
	FILE *file = fopen(here.script, "w");

	assert_non_null(file);
	assert_true(fprintf(file, "#!/bin/sh\ncd %s\n%s\n", here.directory, text) > 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(here.script, 0700), 0);
}

/* Waits as the broker's loop does, until there are @n answers. */
static inline void await(size_t n)
{
	while (here.answers < n) {
		struct pollfd poll_fd = {.fd = writ_validate_fd(here.validations),
					 .events = POLLIN};

		assert_true(writ_validate_timeout(here.validations) != 0 || here.answers < n);
		if (poll(&poll_fd, 1, PATIENCE) != 1)
			fail_msg("no answer; %zu so far", here.answers);
		writ_validate_run(here.validations);
		here.wakes++;
	}
	assert_int_equal(here.answers, n);
}

static inline void start(uint64_t request)
{
	int err = writ_validate_start(here.validations, &here.node, request, INPUT);

	if (err)
		fail_msg("not started: %s", strerror(-err));
}

/* @script's answer: that word, and a message that holds @message. */
static inline void assert_answer(const char *script, enum writ_refusal refusal, const char *message)
{
	size_t before = here.answers;

	write_script(script);
	start(before + 77);
	await(before + 1);
	if (here.refusal != refusal)
		fail_msg("expected %s, found %s: %s\n%s", writ_evaluate_refusal(refusal),
			 writ_evaluate_refusal(here.refusal), here.message, script);
	if (!strstr(here.message, message))
		fail_msg("expected: %s\nfound: %s", message, here.message);
	assert_int_equal(here.request, before + 77);
	assert_int_equal(writ_validate_timeout(here.validations), -1);
}

#endif
