/* SPDX-License-Identifier: Apache-2.0 */
/* user/cli/live.c: somebody serves audit.sock, ends the connection, and is asked again. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/live.h"

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define C "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
#define LINE(n, chain) "{\"n\":" n ",\"chain\":\"" chain "\"}\n"
#define BEGUN(chain) \
	"{\"time\":\"T\",\"type\":\"forward\",\"event\":\"begun\",\"sink\":\"live\",\"after\":\"" \
	chain "\"}\n"
#define CONNECTIONS 3

static char directory[64], control[96], path[96];
static struct writ_cli cli = {.verb = "audit", .socket = control};

/* What is sent on each connection, and what was asked there. */
static const char *served[CONNECTIONS];
static char asked[CONNECTIONS][256];
static int listener = -1;

static char got[1024];
static unsigned int n_got, wanted;

static int set_up(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	(void)state;
	(void)strcpy(directory, "/tmp/writ-live-XXXXXX");
	assert_non_null(mkdtemp(directory));
	(void)snprintf(control, sizeof(control), "%s/core.sock", directory);
	(void)snprintf(path, sizeof(path), "%s/audit.sock", directory);
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	(void)strcpy(address.sun_path, path);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 8), 0);
	memset(served, 0, sizeof(served));
	memset(asked, 0, sizeof(asked));
	got[0] = '\0';
	n_got = 0;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	if (listener >= 0)
		(void)close(listener);
	(void)unlink(path);
	return rmdir(directory);
}

static void *serve(void *argument)
{
	(void)argument;
	for (int i = 0; i < CONNECTIONS && served[i]; i++) {
		int fd = accept(listener, NULL, NULL);

		if (read(fd, asked[i], sizeof(asked[i]) - 1) < 0 ||
		    write(fd, served[i], strlen(served[i])) < 0)
			perror("serve");
		(void)close(fd);
	}
	return NULL;
}

static int take(void *context, const char *line, size_t len)
{
	(void)context;
	assert_int_equal(strlen(line), len);
	(void)strcat(got, line);
	(void)strcat(got, "\n");
	return ++n_got == wanted;
}

static int follow(unsigned int lines)
{
	pthread_t thread;
	int result;

	wanted = lines;
	assert_int_equal(pthread_create(&thread, NULL, serve, NULL), 0);
	result = writ_live_follow(&cli, take, NULL);
	assert_int_equal(pthread_join(thread, NULL), 0);
	return result;
}

static void goes_on_behind_the_last_line(void **state)
{
	(void)state;
	served[0] = BEGUN(A) LINE("1", B) "{\"n\":2,\"chai"; /* cut: it comes again */
	served[1] = "{\"time\":\"T\",\"type\":\"forward\",\"event\":\"again\"}\n" LINE("2", C);
	served[2] = LINE("3", A);
	assert_int_equal(follow(4), 1);
	assert_string_equal(asked[0], "{}\n");
	assert_string_equal(asked[1], "{\"after\":\"" B "\"}\n");
	assert_string_equal(asked[2], "{\"after\":\"" C "\"}\n");
	assert_string_equal(got, LINE("1", B) "{\"time\":\"T\",\"type\":\"forward\",\"event\":"
					      "\"again\"}\n" LINE("2", C) LINE("3", A));
}

static void knows_its_place_before_a_line(void **state)
{
	(void)state;
	served[0] = BEGUN(A);
	served[1] = LINE("1", B);
	assert_int_equal(follow(1), 1);
	assert_string_equal(asked[1], "{\"after\":\"" A "\"}\n");
	assert_string_equal(got, LINE("1", B));
}

static void there_are_too_many(void **state)
{
	(void)state;
	served[0] = "{\"type\":\"forward\",\"event\":\"refused\",\"detail\":\"too many\"}\n";
	assert_int_equal(follow(1), -EUSERS);
	assert_int_equal(n_got, 0);
}

static void nobody_serves(void **state)
{
	(void)state;
	(void)close(listener);
	listener = -1;
	assert_int_equal(writ_live_follow(&cli, take, NULL), -ECONNREFUSED);
	(void)unlink(path);
	assert_int_equal(writ_live_follow(&cli, take, NULL), -ENOENT);
}

#define LIVE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIVE_TEST(goes_on_behind_the_last_line),
		LIVE_TEST(knows_its_place_before_a_line),
		LIVE_TEST(there_are_too_many),
		LIVE_TEST(nobody_serves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
