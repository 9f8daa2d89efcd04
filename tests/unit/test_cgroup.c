/* SPDX-License-Identifier: Apache-2.0 */
/* cli/cgroup.c: the mount is found wherever it is, paths can't leave it. A plain directory stands
 * in for the tree. */
#include <errno.h>
#include <limits.h>
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

#include "cli/cgroup.h"
#include "writ/abi.h"

static int mount_of(const char *mountinfo, char *ret_path, size_t size)
{
	char name[] = "/tmp/writ-mountinfo-XXXXXX";
	int fd = mkstemp(name), err;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, mountinfo, strlen(mountinfo)), strlen(mountinfo));
	err = writ_cgroup_mount(name, ret_path, size);
	(void)close(fd);
	(void)unlink(name);
	return err;
}

#define HYBRID                                                        \
	"25 1 8:1 / / rw - ext4 /dev/sda rw\n"                        \
	"30 25 0:27 / /sys/fs/cgroup ro shared:9 - tmpfs tmpfs rw\n"  \
	"31 30 0:28 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n" \
	"32 30 0:29 / /sys/fs/cgroup/unified rw shared:10 master:1 - cgroup2 cgroup2 rw\n"

static void test_mount(void **state)
{
	char path[PATH_MAX];

	(void)state;
	assert_int_equal(mount_of(HYBRID, path, sizeof(path)), 0);
	assert_string_equal(path, "/sys/fs/cgroup/unified");
	assert_int_equal(
		mount_of("36 35 0:5 / /a\\040b\\134 rw - cgroup2 none rw\n", path, sizeof(path)),
		0);
	assert_string_equal(path, "/a b\\");
	assert_int_equal(mount_of("1 2 0:5 /part /first rw - cgroup2 none rw\n"
				  "1 2 0:5 / /whole rw - cgroup2 none rw\n"
				  "1 2 0:5 / /later rw - cgroup2 none rw\n",
				  path, sizeof(path)),
			 0);
	assert_string_equal(path, "/whole");
	assert_int_equal(mount_of("1 2 0:5 / /cgroup2 rw - tmpfs cgroup2 rw\n", path, sizeof(path)),
			 -ENOENT);
	assert_int_equal(mount_of("- cgroup2 \n - cgroup2 x\n", path, sizeof(path)), -ENOENT);
	assert_int_equal(mount_of(HYBRID, path, 10), -ENAMETOOLONG);
	assert_int_equal(writ_cgroup_mount("/nonexistent", path, sizeof(path)), -ENOENT);
}

static void test_plain(void **state)
{
	static const char *const good[] = {"/a", "/a/b", "/a.b/..c", "/a/", "/...", "/.a"};
	static const char *const bad[] = {"",	"/",	 "a",	  "//a",    "/a//b",
					  "/.", "/a/..", "/../a", "/a/./b", "/a//"};
	char path[WRIT_CGROUP_PATH_SIZE + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(writ_cgroup_is_plain(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(writ_cgroup_is_plain(bad[i]));
	memset(path, 'a', sizeof(path));
	path[0] = '/';
	path[WRIT_CGROUP_PATH_SIZE] = '\0';
	assert_false(writ_cgroup_is_plain(path));
	path[WRIT_CGROUP_PATH_SIZE - 1] = '\0';
	assert_true(writ_cgroup_is_plain(path));
}

static void test_literal(void **state)
{
	(void)state;
	assert_true(writ_cgroup_is_literal("/agents/billing-bot.service"));
	assert_false(writ_cgroup_is_literal("/agents/*"));
	assert_false(writ_cgroup_is_literal("/agents/{a,b}"));
	assert_false(writ_cgroup_is_literal("/a\\*"));
}

static void test_open(void **state)
{
	char root[] = "/tmp/writ-tree-XXXXXX", path[128];
	uint64_t id = 0, again = 0;
	struct stat found;
	int fd = -1;

	(void)state;
	assert_non_null(mkdtemp(root));
	assert_int_equal(writ_cgroup_open(root, "/agents/bot/", &fd, &id), 0);
	(void)close(fd);
	(void)snprintf(path, sizeof(path), "%s/agents/bot", root);
	assert_int_equal(stat(path, &found), 0);
	assert_int_equal(found.st_ino, id);
	assert_int_equal(writ_cgroup_open(root, "/agents/bot", &fd, &again), 0);
	(void)close(fd);
	assert_int_equal(again, id);
	fd = -1;
	assert_int_equal(writ_cgroup_open(root, "/../x", &fd, &id), -EINVAL);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(symlink("/tmp", path), 0);
	assert_int_equal(writ_cgroup_open(root, "/agents/bot", &fd, &id), -ENOTDIR);
	assert_int_equal(fd, -1);
	(void)unlink(path);
	*strrchr(path, '/') = '\0';
	(void)rmdir(path);
	(void)rmdir(root);
}

static void test_make(void **state)
{
	char root[] = "/tmp/writ-tree-XXXXXX", path[128];
	uint64_t id = 0;
	struct stat found;
	int fd = -1;

	(void)state;
	assert_non_null(mkdtemp(root));
	assert_int_equal(writ_cgroup_make(root, "/a", &fd, &id), -EINVAL); /* not at the top */
	assert_int_equal(writ_cgroup_make(root, "/a/b/", &fd, &id), -EINVAL);
	assert_int_equal(writ_cgroup_make(root, "/a/../b", &fd, &id), -EINVAL);
	assert_int_equal(writ_cgroup_make(root, "/a/b/c", &fd, &id), 0);
	assert_int_equal(close(fd), 0);
	(void)snprintf(path, sizeof(path), "%s/a/b/c", root);
	assert_int_equal(stat(path, &found), 0);
	assert_int_equal(found.st_ino, id);
	assert_int_equal(writ_cgroup_make(root, "/a/b/c", &fd, &id), -EEXIST);
	writ_cgroup_remove(root, "/a/b"); /* not empty */
	assert_int_equal(stat(path, &found), 0);
	writ_cgroup_remove(root, "/a/b/../b/c"); /* no plain path */
	assert_int_equal(stat(path, &found), 0);
	writ_cgroup_remove(root, "/a/b/c");
	assert_int_equal(stat(path, &found), -1);
	writ_cgroup_remove(root, "/a/b");
	writ_cgroup_remove(root, "/a");
	assert_int_equal(rmdir(root), 0);
}

static void test_member(void **state)
{
	(void)state;
	assert_int_equal(writ_cgroup_member(getpid(), "/surely/not/here"), -ESRCH);
	assert_int_equal(writ_cgroup_member(INT_MAX, "/"), -ESRCH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mount),	cmocka_unit_test(test_plain),
		cmocka_unit_test(test_literal), cmocka_unit_test(test_open),
		cmocka_unit_test(test_make),	cmocka_unit_test(test_member),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
