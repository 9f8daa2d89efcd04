// SPDX-License-Identifier: Apache-2.0
/*
 * A process makes threads without a pause while it is moved in and out again; each thread that is
 * left tries once it is over.
 * technique: Threads made while their process is moved in and out
 * stopped by: the leader's label, and `task_alloc` for what is born later
 * expect: operation=open reason=no_rule
 */
#include "late.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#define THREADS_MAX 200

static atomic_int over, escaped;
static char key[ESCAPE_PATH_SIZE];

static void *wait_and_try(void *context)
{
	(void)context;
	while (!over)
		escape_sleep_ms(2);
	escaped += escape_holds(key, "key");
	return NULL;
}

static int victim(const struct escape_late *late)
{
	pthread_t threads[THREADS_MAX];
	size_t count = 0;

	escape_path(key, late->secret, "key");
	if (escape_late_ready(late))
		return ESCAPE_ERROR;
	while (!escape_late_moved(late))
		if (count < THREADS_MAX &&
		    !pthread_create(&threads[count], NULL, wait_and_try, NULL))
			count++;
	over = 1;
	for (size_t i = 0; i < count; i++)
		(void)pthread_join(threads[i], NULL);
	return count ? escape_if(escaped) : ESCAPE_ERROR;
}

int escape_prepare(const char *box, const char *secret)
{
	struct escape_late late = {box, secret, victim, .out = true};
	char path[ESCAPE_PATH_SIZE];

	escape_path(path, secret, "key");
	return escape_write(path, "key") ? -EIO : escape_late_prepare(&late);
}

int escape_attempt(const char *box, const char *secret)
{
	(void)secret;
	return escape_late_attempt(box);
}
