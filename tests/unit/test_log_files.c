/* SPDX-License-Identifier: Apache-2.0 */
/* daemon/log_files.c: what is given to the log's user, and what never is. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/log_files.h"

static char directory[64], log_path[128], other[128];
static uid_t uid; /* whom it is given to: who runs this, or, when that is root, somebody */

static int set_up(void **state)
{
	(void)state;
	uid = getuid() ? getuid() : 4711;
	(void)strcpy(directory, "/tmp/writ-files-XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	(void)snprintf(log_path, sizeof(log_path), "%s/log/audit.jsonl", directory);
	(void)snprintf(other, sizeof(other), "%s/other", directory);
	return 0;
}

static int tear_down(void **state)
{
	char command[96];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf %s", directory);
	return system(command);
}

static void put(const char *path)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	(void)fclose(file);
}

/* The name in the log's directory. */
static const char *beside(const char *name)
{
	static char path[192];

	(void)snprintf(path, sizeof(path), "%s/log/%s", directory, name);
	return path;
}

static int own(void)
{
	return writ_log_files_own(log_path, uid, getgid());
}

static void assert_is(const char *path, mode_t mode)
{
	struct stat status;

	assert_int_equal(lstat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, mode);
	assert_int_equal(status.st_uid, uid);
}

static void test_made_and_given(void **state)
{
	(void)state;
	assert_int_equal(own(), 0);
	assert_is(beside("."), 0750);
	put(log_path);
	put(beside("audit.jsonl.1"));
	assert_int_equal(own(), 0);
	assert_is(log_path, 0640);
	assert_is(beside("audit.jsonl.1"), 0640);
	put(beside("state")); /* in the user's own directory: its business */
	assert_int_equal(own(), 0);
}

static void test_names_that_lead_elsewhere(void **state)
{
	struct stat status;

	(void)state;
	put(other);
	assert_int_equal(chmod(other, 0604), 0);
	assert_int_equal(mkdir(beside("."), 0700), -1);
	assert_int_equal(own(), 0);
	assert_int_equal(symlink(other, log_path), 0);
	assert_int_equal(own(), -EINVAL);
	assert_int_equal(unlink(log_path), 0);
	assert_int_equal(link(other, log_path), 0);
	assert_int_equal(own(), -EINVAL);
	assert_int_equal(unlink(log_path), 0);
	assert_int_equal(mkfifo(log_path, 0600), 0);
	assert_int_equal(own(), -EINVAL);
	assert_int_equal(unlink(log_path), 0);
	assert_int_equal(mkdir(log_path, 0700), 0);
	assert_int_equal(own(), -EINVAL);
	assert_int_equal(stat(other, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0604);
	assert_int_equal(status.st_uid, getuid());
}

static void test_directory_that_is_a_link(void **state)
{
	char link[192];

	(void)state;
	assert_int_equal(own(), 0);
	(void)snprintf(link, sizeof(link), "%s/link", directory);
	assert_int_equal(symlink("log", link), 0);
	(void)strcat(link, "/audit.jsonl");
	assert_int_equal(writ_log_files_own(link, uid, getgid()), -ENOTDIR);
}

/* What others have put there would become the log's user's. */
static void test_shared_directory(void **state)
{
	char path[128];

	(void)state;
	if (getuid())
		skip(); /* what is one's own already is given to nobody */
	put(other);
	(void)snprintf(path, sizeof(path), "%s/audit.jsonl", directory);
	assert_int_equal(writ_log_files_own(path, uid, getgid()), -EEXIST);
	assert_int_equal(chown(directory, 4712, 4712), 0);
	assert_int_equal(writ_log_files_own(path, uid, getgid()), -EPERM);
}

static void test_no_path(void **state)
{
	(void)state;
	assert_int_equal(writ_log_files_own("audit.jsonl", uid, getgid()), -EINVAL);
	assert_int_equal(writ_log_files_own("/audit.jsonl", uid, getgid()), -EINVAL);
	assert_int_equal(writ_log_files_own("/tmp/", uid, getgid()), -EINVAL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_made_and_given),   TEST(test_names_that_lead_elsewhere),
		TEST(test_directory_that_is_a_link), TEST(test_shared_directory),
		TEST(test_no_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
