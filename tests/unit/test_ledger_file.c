/* SPDX-License-Identifier: Apache-2.0 */
/*
 * broker/ledger_file.c, ledger_schema.c and the opening of ledger.c: what is made a ledger, what is
 * refused and left as it is, and how an older layout becomes this one.
 */
#include "ledger_helper.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include "broker/ledger_file.h"
#include "broker/ledger_schema.h"
#include "lib/log.h"

static char said[4096]; /* standard error of the last refused() */

static int open_quietly(const char *path)
{
	struct writ_ledger *ledger = NULL;
	int kept = dup(STDERR_FILENO), text = memfd_create("said", MFD_CLOEXEC), err;
	ssize_t n;

	assert_true(kept >= 0 && text >= 0 && dup2(text, STDERR_FILENO) >= 0);
	err = writ_ledger_open(path, BOOT, &ledger);
	assert_true(dup2(kept, STDERR_FILENO) >= 0);
	n = pread(text, said, sizeof(said) - 1, 0);
	assert_true(n >= 0);
	said[n] = '\0';
	(void)close(kept);
	(void)close(text);
	if (err)
		assert_null(ledger);
	writ_ledger_close(ledger);
	return err;
}

static void refused(const char *path, int err, const char *words)
{
	assert_int_equal(open_quietly(path), err);
	assert_non_null(strstr(said, words));
	assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1); /* one line */
}

/* The bytes of a file. The caller frees them. */
static char *bytes_of(const char *path, size_t *ret_size)
{
	FILE *file = fopen(path, "r");
	char *bytes = calloc(1, 1 << 20);

	assert_non_null(file);
	assert_non_null(bytes);
	*ret_size = fread(bytes, 1, 1 << 20, file);
	assert_int_equal(fclose(file), 0);
	return bytes;
}

static void refused_unchanged(int err, const char *words)
{
	size_t size_before, size_after;
	char *before = bytes_of(ledger_path, &size_before), *after;

	refused(ledger_path, err, words);
	after = bytes_of(ledger_path, &size_after);
	assert_int_equal(size_before, size_after);
	assert_memory_equal(before, after, size_before);
	free(before);
	free(after);
}

static mode_t mode_of(const char *end)
{
	char path[128];
	struct stat stat_of;

	(void)snprintf(path, sizeof(path), "%s%s", ledger_path, end);
	assert_int_equal(stat(path, &stat_of), 0);
	return stat_of.st_mode & 07777;
}

static void make_whole_ledger(void)
{
	struct writ_ledger *ledger = open_ledger_of(BOOT);

	for (size_t i = 0; i < N_STEPS; i++)
		assert_int_equal(take_step(ledger, i), 0);
	writ_ledger_close(ledger);
}

static void is_for_its_owner_alone(void **state)
{
	mode_t mask = umask(0);
	struct writ_ledger *ledger = open_ledger_of(BOOT);

	(void)state;
	(void)umask(mask);
	(void)ask(ledger, "a", "p", NOON);
	assert_int_equal(mode_of(""), 0600);
	assert_int_equal(mode_of("-wal"), 0600);
	assert_int_equal(mode_of("-shm"), 0600);
	writ_ledger_close(ledger);
}

static void refuses_unsafe_files(void **state)
{
	char other[128];

	(void)state;
	(void)snprintf(other, sizeof(other), "%s/other", directory);
	make_whole_ledger();

	assert_int_equal(rename(ledger_path, other), 0);
	assert_int_equal(symlink(other, ledger_path), 0);
	refused_unchanged(-ELOOP, "symbolic link");
	assert_int_equal(unlink(ledger_path), 0);
	assert_int_equal(link(other, ledger_path), 0);
	refused_unchanged(-EPERM, "second name");
	assert_int_equal(unlink(other), 0);
	assert_int_equal(chmod(ledger_path, 0640), 0);
	refused_unchanged(-EPERM, "chmod 600");
	assert_int_equal(chmod(ledger_path, 0600), 0);
	if (!geteuid()) {
		assert_int_equal(chown(ledger_path, 12345, 0), 0);
		refused_unchanged(-EPERM, "another owner");
		assert_int_equal(chown(ledger_path, 0, 0), 0);
	}
	assert_int_equal(chmod(directory, 0770), 0);
	refused_unchanged(-EPERM, "others may write its directory");
	assert_int_equal(chmod(directory, 0700), 0);
	assert_int_equal(open_quietly(ledger_path), 0);
	assert_string_equal(said, "");
}

/* SQLite follows and changes what lies beside the ledger. */
static void refuses_unsafe_files_beside(void **state)
{
	char other[128], wal[128];

	(void)state;
	(void)snprintf(other, sizeof(other), "%s/other", directory);
	(void)snprintf(wal, sizeof(wal), "%s-wal", ledger_path);
	make_whole_ledger();
	assert_int_equal(symlink(other, wal), 0);
	refused_unchanged(-EPERM, "symbolic link");
	assert_int_equal(unlink(wal), 0);
	assert_int_equal(mkdir(wal, 0700), 0);
	refused_unchanged(-EPERM, "no regular file");
	assert_int_equal(rmdir(wal), 0);
}

static void refuses_no_files(void **state)
{
	char path[128];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/", directory);
	refused(path, -ENAMETOOLONG, "no name");
	(void)snprintf(path, sizeof(path), "%s/missing/ledger.db", directory);
	refused(path, -ENOENT, "directory");
	assert_int_equal(mkfifo(ledger_path, 0600), 0);
	refused(ledger_path, -EPERM, "no regular file");
}

static void write_at(long at, const void *bytes, size_t len)
{
	int fd = open(ledger_path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes, len, at), len);
	assert_int_equal(close(fd), 0);
}

static void leaves_damaged_files(void **state)
{
	static char noise[4096];

	(void)state;
	memset(noise, 0x5a, sizeof(noise));
	write_at(0, noise, sizeof(noise));
	refused_unchanged(-EIO, "not a database");
	assert_non_null(strstr(said, "put back a backup"));
	assert_int_equal(unlink(ledger_path), 0);

	make_whole_ledger();
	write_at(100, noise, 200); /* the first page of the schema */
	refused_unchanged(-EIO, "malformed");
	assert_int_equal(unlink(ledger_path), 0);

	make_whole_ledger();
	assert_int_equal(truncate(ledger_path, 3 * 4096 + 100), 0);
	refused_unchanged(-EIO, "malformed");
	assert_int_equal(unlink(ledger_path), 0);
}

/* An empty file beside a journal is a ledger that was lost, not a new one. */
static void does_not_begin_anew_over_a_journal(void **state)
{
	char wal[128];
	size_t size;
	char *bytes;
	struct writ_ledger *ledger = open_ledger_of(BOOT);

	(void)state;
	(void)snprintf(wal, sizeof(wal), "%s-wal", ledger_path);
	(void)ask(ledger, "a", "p", NOON);
	bytes = bytes_of(wal, &size);
	writ_ledger_close(ledger);
	assert_int_equal(truncate(ledger_path, 0), 0);
	assert_true(size > 0);
	{
		int fd = open(wal, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

		assert_int_equal(write(fd, bytes, size), size);
		assert_int_equal(close(fd), 0);
	}
	free(bytes);
	refused_unchanged(-EIO, "is empty, and its -wal is not");
	bytes = bytes_of(wal, &size);
	assert_true(size > 0);
	free(bytes);
	assert_int_equal(unlink(wal), 0);
	assert_int_equal(open_quietly(ledger_path), 0);
}

static void run_sql(const char *sql)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(ledger_path, &db), 0);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), 0);
	assert_int_equal(sqlite3_close(db), 0);
}

static void refuses_layouts_that_it_does_not_know(void **state)
{
	char sql[64];

	(void)state;
	make_whole_ledger();
	(void)snprintf(sql, sizeof(sql), "PRAGMA user_version = %zu", writ_ledger_n_steps + 1);
	run_sql(sql);
	refused_unchanged(-EPROTO, "newer version");
	run_sql("PRAGMA user_version = -1");
	refused_unchanged(-EPROTO, "another program's");
	run_sql("PRAGMA user_version = 1; PRAGMA application_id = 7");
	refused_unchanged(-EPROTO, "another program's");
	remove_files();
	run_sql("CREATE TABLE notes (text)");
	assert_int_equal(chmod(ledger_path, 0600), 0);
	refused_unchanged(-EPROTO, "another program's");
	/* ours by its header, and not by its tables: refused, and nothing begins to be withdrawn */
	remove_files();
	make_whole_ledger();
	run_sql("ALTER TABLE requests RENAME COLUMN remedy TO advice");
	refused_unchanged(-EIO, "no such column");
}

static sqlite3 *open_raw(void)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(ledger_path, &db), 0);
	return db;
}

/* A layout that is to come: a column with a value from old rows, and an index. */
static const char step_2[] = "ALTER TABLE requests ADD COLUMN colour TEXT NOT NULL DEFAULT '';"
			     "UPDATE requests SET colour = playbook || '-' || id;"
			     "CREATE INDEX requests_colour ON requests (colour);";
static const char broken_step[] = "CREATE TABLE half (x) STRICT;";
static const char late_break[] = "UPDATE requests SET colour = 'gone'; SELECT no_such_function(1);";

/* A third step that fails leaves what the second one has made. */
static void fails_as_a_whole(const char *const *steps, const char *words)
{
	sqlite3 *db = open_raw();
	char *before = dump(db), *after;

	assert_int_equal(writ_ledger_schema_migrate(db, 2, steps, 3), -EIO);
	assert_non_null(strstr(sqlite3_errmsg(db), words));
	assert_int_equal(sqlite3_close(db), 0); /* which rolls the step back */
	db = open_raw();
	after = dump(db);
	assert_string_equal(before, after);
	assert_int_equal(number_of(db, "PRAGMA user_version"), 2);
	assert_int_equal(sqlite3_close(db), 0);
	free(before);
	free(after);
}

/* As layout 1 has it. */
static const char one_request[] =
	"INSERT INTO boots VALUES (1, 'b');"
	"INSERT INTO requests (boot, asked_at, clock, uid, pid, "
	"by_operator, run, ttl_ns, delay_ns, agent, role, environment, "
	"playbook, parameters, ticket, sponsor, reason, requester, session, "
	"prompt, tool_call, parent) VALUES (1, 1, 1, 0, 0, 0, 0, 0, 0, 'a', "
	"'r', 'e', 'p', '{}', '', '', '', '', '', '', '', '')";

static void migrates(void **state)
{
	const char *steps[] = {writ_ledger_steps[0], step_2, late_break};
	size_t layout = 0;
	sqlite3 *db;

	(void)state;
	assert_true(writ_ledger_n_steps >= 1);
	db = open_raw();
	assert_int_equal(writ_ledger_schema_check(db, 1, &layout), 0);
	assert_int_equal(layout, 0);
	assert_int_equal(writ_ledger_schema_migrate(db, layout, steps, 1), 0);
	assert_int_equal(sqlite3_exec(db, one_request, NULL, NULL, NULL), 0);
	assert_int_equal(sqlite3_close(db), 0);

	db = open_raw(); /* layout 1 by a program that knows two */
	assert_int_equal(writ_ledger_schema_check(db, 2, &layout), 0);
	assert_int_equal(layout, 1);
	assert_int_equal(writ_ledger_schema_migrate(db, layout, steps, 2), 0);
	assert_int_equal(number_of(db, "PRAGMA user_version"), 2);
	assert_int_equal(number_of(db, "PRAGMA application_id"), WRIT_LEDGER_APPLICATION);
	assert_int_equal(number_of(db, "SELECT count(*) FROM requests WHERE colour = 'p-1'"), 1);
	check_ledger(db);
	assert_int_equal(writ_ledger_schema_migrate(db, 2, steps, 2), 0);    /* nothing to do */
	assert_int_equal(writ_ledger_schema_check(db, 1, &layout), -EPROTO); /* an old program */
	assert_int_equal(sqlite3_close(db), 0);

	fails_as_a_whole(steps, "no_such_function");
	steps[2] = broken_step; /* a type that is none */
	fails_as_a_whole(steps, "");
}

/* What a reader at the side, a backup say, may do to it: nothing. */
static void is_read_by_others_meanwhile(void **state)
{
	struct writ_ledger *ledger = open_ledger_of(BOOT);
	sqlite3 *db = open_raw();

	(void)state;
	(void)ask(ledger, "a", "p", NOON);
	assert_int_equal(sqlite3_exec(db, "BEGIN", NULL, NULL, NULL), 0);
	assert_int_equal(number_of(db, "SELECT count(*) FROM requests"), 1);
	(void)ask(ledger, "a", "p", NOON);
	assert_int_equal(number_of(db, "SELECT count(*) FROM requests"), 1);
	assert_int_equal(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), 0);
	assert_int_equal(number_of(db, "SELECT count(*) FROM requests"), 2);
	/* one who holds the lock for writing makes it fail, not hang, and not for ever */
	assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), 0);
	assert_int_equal(sqlite3_busy_timeout(ledger->db, 1), 0);
	assert_int_equal(writ_ledger_issue(ledger, 1, NOON), -EIO);
	assert_non_null(strstr(writ_ledger_error(ledger), "another program holds it"));
	assert_int_equal(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), 0);
	assert_int_equal(writ_ledger_issue(ledger, 1, NOON), 0);
	assert_int_equal(sqlite3_close(db), 0);
	writ_ledger_close(ledger);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, make_directory, remove_directory)
	const struct CMUnitTest tests[] = {
		CASE(is_for_its_owner_alone),
		CASE(refuses_unsafe_files),
		CASE(refuses_unsafe_files_beside),
		CASE(refuses_no_files),
		CASE(leaves_damaged_files),
		CASE(does_not_begin_anew_over_a_journal),
		CASE(refuses_layouts_that_it_does_not_know),
		CASE(migrates),
		CASE(is_read_by_others_meanwhile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
