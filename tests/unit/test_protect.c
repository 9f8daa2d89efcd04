/* SPDX-License-Identifier: Apache-2.0 */
/* Writ's own files as rules: each place, what is below it, what it lies in, and odd names. */
#include "policy_helper.h"

#include <sys/stat.h>

#include "daemon/daemon.h"

#define CHANGE \
	(WRIT_ACCESS_WRITE | WRIT_ACCESS_CREATE | WRIT_ACCESS_DELETE | WRIT_ACCESS_ATTRIBUTES)

static char directory[64];
static struct writ_tables *tables;

static const char *below(const char *name)
{
	static char path[256];

	(void)snprintf(path, sizeof(path), "%s%s", directory, name);
	return path;
}

static int set_up(void **state)
{
	char policy[128], log[128], socket[128], spill[128];
	struct writ_daemon_options options = {
		.policy = policy, .socket = socket, .audit_log = log,
		.audit_spill = spill, .ring_size = 4096};
	struct writ_blob image = {0};

	(void)state;
	(void)strcpy(directory, "/tmp/writ-test-XXXXXX");
	assert_non_null(mkdtemp(directory));
	(void)snprintf(policy, sizeof(policy), "%s/pol[i]cy", directory);
	(void)snprintf(log, sizeof(log), "%s/log/audit.jsonl", directory);
	(void)snprintf(socket, sizeof(socket), "%s/x.sock", directory);
	assert_int_equal(mkdir(policy, 0700), 0);
	(void)snprintf(spill, sizeof(spill), "%s/spill/audit", directory);
	assert_int_equal(mkdir(below("/spill"), 0700), 0);
	assert_int_equal(mkdir(below("/log"), 0700), 0);
	assert_int_equal(writ_protect_compile(&options, &image), 0);
	tables = writ_tables_new();
	place_image(tables, &image);
	writ_blob_free(&image);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	writ_tables_free(tables);
	assert_int_equal(rmdir(below("/pol[i]cy")), 0);
	assert_int_equal(rmdir(below("/spill")), 0);
	assert_int_equal(rmdir(below("/log")), 0);
	return rmdir(directory);
}

static uint32_t denied(const char *path)
{
	uint32_t deny = 0;

	assert_int_equal(ask(tables, path, &deny), 0);
	return deny;
}

static void test_places(void **state)
{
	(void)state;
	assert_int_equal(denied(below("/pol[i]cy")) & CHANGE, CHANGE);
	assert_int_equal(denied(below("/pol[i]cy/a/b.yaml")) & CHANGE, CHANGE);
	assert_int_equal(denied(below("/log")) & CHANGE, CHANGE);
	assert_int_equal(denied(below("/log/audit.jsonl")) & CHANGE, CHANGE);
	assert_int_equal(denied(below("/log/audit-00000001.jsonl.gz")) & CHANGE, CHANGE);
	assert_int_equal(denied(below("/log/audit.key")) & CHANGE, CHANGE);
	assert_int_equal(denied(below("/spill")) & CHANGE, CHANGE);
	assert_int_equal(denied(below("/spill/audit")) & CHANGE, CHANGE);
	assert_int_equal(denied(below("/x.sock")) & WRIT_ACCESS_CONNECT, WRIT_ACCESS_CONNECT);
	assert_int_equal(denied(WRIT_PIN_DIR "/maps/labels") & CHANGE, CHANGE);
}

/* Reading and executing is the role's to allow, and what only looks alike is nobody's. */
static void test_rest(void **state)
{
	(void)state;
	assert_int_equal(denied(below("/pol[i]cy/a")) & (WRIT_ACCESS_READ | WRIT_ACCESS_EXECUTE),
			 0);
	assert_int_equal(denied(below("/policy/a")), 0);
	assert_int_equal(denied(below("/pol[i]cyx")), 0);
	assert_int_equal(denied(below("/x.sock2")), 0);
	assert_int_equal(denied(below("/other")), 0);
	assert_int_equal(denied(WRIT_PIN_DIR "s"), 0);
}

/* Away with a directory would go what is in it. */
static void test_ancestors(void **state)
{
	(void)state;
	assert_int_equal(denied(directory), WRIT_ACCESS_DELETE);
	assert_int_equal(denied("/tmp"), WRIT_ACCESS_DELETE);
	assert_int_equal(denied("/sys/fs"), WRIT_ACCESS_DELETE);
	assert_int_equal(denied("/"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_rest),
		cmocka_unit_test(test_ancestors),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
