/* SPDX-License-Identifier: Apache-2.0 */
/*
 * broker/textfile.c: a file that is whole or absent, whatever lies in its way; when it is written,
 * and what is said when it can't be.
 */
#include "policy_helper.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "broker/broker.h"
#include "fake_core.h" /* for its capture */
#include "lib/log.h"
#include "lib/time.h"

#define NODE "apiVersion: writ/v1\nkind: Node\nname: n\nenvironment: production\n"

static char place[64], path[96], beside[112], victim[96];
static char said[4096];
static struct writ_broker broker;
static const char *metrics;
static int metrics_error;
static uint32_t asked;

int writ_metrics_text(struct writ_broker *unused, const char **ret_text, size_t *ret_len,
		      char ret_error[WRIT_ERROR_SIZE])
{
	(void)unused;
	asked++;
	(void)strcpy(ret_error, metrics_error ? "the core is gone" : "");
	if (metrics_error)
		return metrics_error;
	*ret_text = metrics;
	*ret_len = strlen(metrics);
	return 0;
}

static int set_up(void **state)
{
	(void)state;
	(void)strcpy(place, "/tmp/writ-text-XXXXXX");
	if (!mkdtemp(place))
		return -1;
	(void)snprintf(path, sizeof(path), "%s/writ.prom", place);
	(void)snprintf(beside, sizeof(beside), "%s.new", path);
	(void)snprintf(victim, sizeof(victim), "%s/victim", place);
	broker = (struct writ_broker){0};
	metrics = "a 1\n";
	metrics_error = 0;
	asked = 0;
	return 0;
}

static int tear_down(void **state)
{
	char command[96];

	(void)state;
	writ_policy_free(broker.policy);
	(void)snprintf(command, sizeof(command), "rm -rf %s", place);
	return system(command);
}

static const char *content(const char *name)
{
	static char bytes[256];
	FILE *file = fopen(name, "re");
	size_t len;

	if (!file)
		return "";
	len = fread(bytes, 1, sizeof(bytes) - 1, file);
	bytes[len] = '\0';
	(void)fclose(file);
	return bytes;
}

static uint32_t files(void)
{
	DIR *directory = opendir(place);
	uint32_t n = 0;

	assert_non_null(directory);
	for (struct dirent *entry; (entry = readdir(directory));)
		n += *entry->d_name != '.';
	(void)closedir(directory);
	return n;
}

static void takes_the_place_of_the_one_before(void **state)
{
	struct stat first, second;

	(void)state;
	assert_int_equal(writ_textfile_write(path, "a 1\n", 4), 0);
	assert_int_equal(stat(path, &first), 0);
	assert_int_equal(writ_textfile_write(path, "b 2\n", 4), 0);
	assert_int_equal(stat(path, &second), 0);
	assert_int_not_equal(first.st_ino, second.st_ino); /* a reader keeps the one it has */
	assert_string_equal(content(path), "b 2\n");
	assert_int_equal(files(), 1);
}

/* Left by a crash, or put there by somebody who may write the directory. */
static void follows_nothing_that_lies_beside(void **state)
{
	(void)state;
	assert_int_equal(writ_textfile_write(victim, "mine\n", 5), 0);
	assert_int_equal(symlink(victim, beside), 0);
	assert_int_equal(writ_textfile_write(path, "a 1\n", 4), 0);
	assert_string_equal(content(victim), "mine\n");
	assert_string_equal(content(path), "a 1\n");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink(victim, path), 0);
	assert_int_equal(writ_textfile_write(path, "b 2\n", 4), 0);
	assert_string_equal(content(victim), "mine\n");
	assert_string_equal(content(path), "b 2\n");
	assert_int_equal(mkdir(beside, 0700), 0);
	assert_true(writ_textfile_write(path, "c 3\n", 4) < 0);
	assert_string_equal(content(path), "b 2\n");
}

/* A disk that takes a part: the old one stays, and nothing lies about. */
static void leaves_the_old_one_when_it_fails(void **state)
{
	struct rlimit old, small = {4, RLIM_INFINITY};
	int err;

	(void)state;
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(writ_textfile_write(path, "a 1\n", 4), 0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small.rlim_max = old.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	err = writ_textfile_write(path, "bbbb 2\n", 7);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(err, -EFBIG);
	assert_string_equal(content(path), "a 1\n");
	assert_int_equal(files(), 1);
}

static void a_path_has_a_limit(void **state)
{
	static char at[PATH_MAX], past[PATH_MAX];

	(void)state;
	memset(at, 'a', PATH_MAX - 5); /* with ".new" and its end */
	memset(past, 'a', PATH_MAX - 4);
	assert_int_equal(writ_textfile_write(at, "", 0), -ENAMETOOLONG); /* says the kernel */
	assert_int_equal(writ_textfile_write(past, "", 0), -ENAMETOOLONG);
}

static void read_policy(const char *more)
{
	char text[512];

	(void)snprintf(text, sizeof(text), NODE "%s\n", more);
	writ_policy_free(broker.policy);
	broker.policy = good_policy(text);
}

static void want(const char *interval)
{
	char more[192];

	(void)snprintf(more, sizeof(more), "metrics: {textfile: %s, interval: %s}", path, interval);
	read_policy(more);
}

static void is_written_at_its_interval(void **state)
{
	int ms;

	(void)state;
	read_policy("");
	assert_int_equal(writ_textfile_timeout(&broker), -1);
	writ_textfile_run(&broker);
	assert_int_equal(asked, 0);
	want("1h");
	assert_int_equal(writ_textfile_timeout(&broker), 0);
	writ_textfile_run(&broker);
	writ_textfile_run(&broker);
	assert_int_equal(asked, 1);
	assert_string_equal(content(path), "a 1\n");
	ms = writ_textfile_timeout(&broker);
	assert_true(ms > 3590000 && ms <= 3600001);
	want("2s"); /* from now on, not in an hour */
	writ_textfile_run(&broker);
	ms = writ_textfile_timeout(&broker);
	assert_true(ms > 0 && ms <= 2001);
	broker.textfile.due_ns = writ_time_boot();
	writ_textfile_run(&broker);
	assert_int_equal(asked, 2);
}

static void run_now(void)
{
	struct capture capture = capture_begin(stderr);

	broker.textfile.due_ns = 0;
	writ_textfile_run(&broker);
	(void)capture_end(&capture, said, sizeof(said));
}

static void says_once_what_is_wrong(void **state)
{
	(void)state;
	want("1s");
	run_now();
	assert_string_equal(said, "");
	metrics_error = -EPIPE;
	run_now();
	assert_non_null(strstr(said, "is not written: the core is gone"));
	assert_string_equal(content(path), "a 1\n");
	run_now();
	assert_string_equal(said, "");
	metrics_error = 0;
	run_now();
	assert_non_null(strstr(said, "is written again"));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(place), 0);
	run_now();
	assert_non_null(strstr(said, "No such file or directory: the user writ must be able to"));
}

static void another_directory_does_not_fit(void **state)
{
	(void)state;
	want("1s");
	assert_false(writ_textfile_fits(&broker)); /* there was none at the start */
	broker.textfile.path = path;
	assert_true(writ_textfile_fits(&broker));
	broker.textfile.path = victim; /* another name beside it */
	assert_true(writ_textfile_fits(&broker));
	broker.textfile.path = place;
	assert_false(writ_textfile_fits(&broker));
	read_policy("");
	assert_true(writ_textfile_fits(&broker));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(takes_the_place_of_the_one_before),
		TEST(follows_nothing_that_lies_beside),
		TEST(leaves_the_old_one_when_it_fails),
		TEST(a_path_has_a_limit),
		TEST(is_written_at_its_interval),
		TEST(says_once_what_is_wrong),
		TEST(another_directory_does_not_fit),
	};

	writ_log_open("test", WRIT_LOG_INFO);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
