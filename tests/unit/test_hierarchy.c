/* SPDX-License-Identifier: Apache-2.0 */
/* Directories of cgroups and their files, on plain directories that look like them. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/hierarchy.h"
#include "lib/cleanup.h"

static char root[] = "/tmp/writ-test-XXXXXX";
static int root_fd = -1;

static int setup(void **state)
{
	(void)state;
	if (!mkdtemp(root))
		return -1;
	root_fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return root_fd < 0;
}

static int teardown(void **state)
{
	(void)state;
	(void)unlinkat(root_fd, "cgroup.events", 0);
	(void)unlinkat(root_fd, "link", 0);
	(void)close(root_fd);
	return rmdir(root);
}

static void put(const char *text)
{
	_cleanup_close_ int fd =
		openat(root_fd, "cgroup.events", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static void test_populated(void **state)
{
	bool populated = false;

	(void)state;
	assert_int_equal(writ_hierarchy_populated(root_fd, &populated), -ENOENT);
	put("populated 1\nfrozen 0\n");
	assert_int_equal(writ_hierarchy_populated(root_fd, &populated), 0);
	assert_true(populated);
	put("frozen 1\npopulated 0\n");
	assert_int_equal(writ_hierarchy_populated(root_fd, &populated), 0);
	assert_false(populated);
	put("frozen 1\n");
	assert_int_equal(writ_hierarchy_populated(root_fd, &populated), -EBADMSG);
}

static void test_make_and_path(void **state)
{
	uint64_t id = 0, again = 0;
	_cleanup_close_ int fd = -1;
	struct stat status;
	char path[64];

	(void)state;
	assert_int_equal(writ_hierarchy_make(root_fd, "/a/b", &id), 0);
	assert_int_equal(writ_hierarchy_make(root_fd, "a//b/", &again), 0);
	assert_int_equal(id, again);
	fd = openat(root_fd, "a/b", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(fstat(fd, &status), 0);
	assert_int_equal(status.st_ino, id);
	assert_int_equal(writ_hierarchy_path(root, fd, path, sizeof(path)), 0);
	assert_string_equal(path, "/a/b");
	assert_int_equal(writ_hierarchy_path(root, fd, path, 5), 0);
	assert_int_equal(writ_hierarchy_path(root, fd, path, 4), -ENAMETOOLONG);
	assert_int_equal(writ_hierarchy_path("/elsewhere", fd, path, sizeof(path)), -EXDEV);
	assert_int_equal(writ_hierarchy_make(root_fd, "/a/../c", &id), -EINVAL);
	assert_int_equal(symlinkat("a", root_fd, "link"), 0);
	assert_true(writ_hierarchy_make(root_fd, "/link/b", &id) < 0);
}

static void test_remove(void **state)
{
	_cleanup_close_ int fd = openat(root_fd, "a", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	assert_int_equal(writ_hierarchy_remove(fd), 0);
	assert_int_equal(faccessat(root_fd, "a", F_OK, 0), -1);
}

/* A process may call itself anything: its name must not shift the fields. */
static void test_started(void **state)
{
	uint64_t plain = 0, odd = 0;

	(void)state;
	assert_int_equal(writ_hierarchy_started((uint32_t)getpid(), &plain), 0);
	assert_true(plain > 0);
	assert_int_equal(prctl(PR_SET_NAME, ") R 1 2 3 (x"), 0);
	assert_int_equal(writ_hierarchy_started((uint32_t)getpid(), &odd), 0);
	assert_int_equal(odd, plain);
	assert_int_equal(writ_hierarchy_started(UINT32_C(4194305), &odd), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_populated),
		cmocka_unit_test(test_make_and_path),
		cmocka_unit_test(test_remove),
		cmocka_unit_test(test_started),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
