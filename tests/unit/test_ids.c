/* SPDX-License-Identifier: Apache-2.0 */
/* Ids and numbers go on, whatever was forgotten. */
#include "daemon_helper.h"

static void restart(void)
{
	writ_proposals_clear(&daemon_.proposals);
	writ_ids_open(&daemon_);
	last_row = daemon_.rows.highest; /* as the broker is told */
}

/* The next writd gives other ids, whatever has been forgotten. */
static void test_ids_go_on(void **state)
{
	uint64_t id = pending();
	char path[160];
	FILE *file;

	(void)state;
	restart();
	assert_true(pending() > id);
	(void)snprintf(path, sizeof(path), "%s/" WRIT_IDS_FILE, state_path);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs("12x\n", file) >= 0);
	assert_int_equal(fclose(file), 0);
	restart();
	assert_int_equal(ask_broker(propose("fix", new_row(), 0), true), -EIO);
	assert_said("can't wait for approval");
	assert_int_equal(daemon_.proposals.count, 0);
}

/* Nor is a grant's number given again, when all was unloaded and the maps are new. */
static void test_numbers_of_grants_go_on(void **state)
{
	char path[160];
	FILE *file;

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(writ_ids_reserve_grant(&daemon_, error), 0);
		kernel.node->next_grant++;
	}
	kernel.node->next_grant = 0;
	writ_ids_open(&daemon_); /* as after a crash */
	assert_true(kernel.node->next_grant >= 3);
	assert_int_equal(writ_ids_reserve_grant(&daemon_, error), 0);
	kernel.node->next_grant = 5000; /* adopted maps know more than the file */
	writ_ids_open(&daemon_);
	assert_int_equal(kernel.node->next_grant, 5000);
	assert_int_equal(writ_ids_reserve_grant(&daemon_, error), 0);
	kernel.node->next_grant++;
	writ_ids_close(&daemon_);
	kernel.node->next_grant = 0;
	writ_ids_open(&daemon_);
	assert_int_equal(kernel.node->next_grant, 5001); /* none is left out by who ends in order */
	(void)snprintf(path, sizeof(path), "%s/" WRIT_IDS_GRANTS_FILE, state_path);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs("5x\n", file) >= 0);
	assert_int_equal(fclose(file), 0);
	writ_ids_open(&daemon_);
	assert_int_equal(writ_ids_reserve_grant(&daemon_, error), -EIO);
	assert_non_null(strstr(error, "the grant can't be numbered"));
}

static int propose_row(uint64_t row)
{
	return ask_broker(propose("open", row, WRIT_PROPOSE_ISSUE), true);
}

/* Nor is a row proposed to the next writd that was proposed to this one. */
static void test_rows_go_on(void **state)
{
	uint64_t told; /* to the broker, by its status */
	char path[160];
	FILE *file;

	(void)state;
	assert_int_equal(propose_row(5000), 0);
	assert_int_equal(propose_row(4999), 0);
	fake.n_grants = 0;
	writ_ids_open(&daemon_); /* as after a crash: the kernel has forgotten both */
	assert_int_equal(propose_row(5000), -EEXIST);
	assert_int_equal(propose_row(4998), -EEXIST);
	told = daemon_.rows.highest;
	assert_true(told >= 5000);
	assert_int_equal(propose_row(told), -EEXIST);
	assert_int_equal(propose_row(told + 1), 0);
	writ_ids_close(&daemon_);
	writ_ids_open(&daemon_);
	assert_int_equal(daemon_.rows.highest, told + 1); /* none left out by an orderly end */
	(void)snprintf(path, sizeof(path), "%s/" WRIT_IDS_ROWS_FILE, state_path);
	assert_int_equal(unlink(path), 0);
	writ_ids_open(&daemon_); /* what the kernel has says it as well */
	assert_int_equal(daemon_.rows.highest, told + 1);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs("5x\n", file) >= 0);
	assert_int_equal(fclose(file), 0);
	writ_ids_open(&daemon_);
	assert_int_equal(propose_row(9000), -EIO);
	assert_said("the request's row can't be kept apart");
	assert_int_equal(fake.n_grants, 1);
}

/* However fast they go, the disk is waited for a few times; when it is calm, blocks are small. */
static void test_few_writes(void **state)
{
	__u64 *next = &kernel.node->next_grant;
	uint64_t end;
	unsigned int writes = 0;

	(void)state;
	for (unsigned int i = 0; i < 300000; i++) {
		end = daemon_.grant_ids.end;
		assert_int_equal(writ_ids_reserve_grant(&daemon_, error), 0);
		writes += daemon_.grant_ids.end != end;
		(*next)++;
		assert_true(*next <= daemon_.grant_ids.end);
	}
	assert_in_range(writes, 3, 5);
	assert_true(daemon_.grant_ids.end <= 300000 + 100000); /* what a crash leaves out */
	daemon_.grant_ids.taken_ns = 0; /* the last block has lasted since the boot, */
	daemon_.grant_ids.block = 1;	/* and it was one id */
	*next = end = daemon_.grant_ids.end;
	assert_int_equal(writ_ids_reserve_grant(&daemon_, error), 0);
	assert_int_equal(daemon_.grant_ids.end, end + 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_ids_go_on),
		TEST(test_numbers_of_grants_go_on),
		TEST(test_rows_go_on),
		TEST(test_few_writes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
