/* SPDX-License-Identifier: Apache-2.0 */
/*
 * writ-audit: started by writd, as the user `writ-audit`, with the descriptors of writ/audit.h.
 * Takes the records of the ring and makes them lines of the log; nothing else. Gives up what it
 * does not need before it reads the first one. See README.md.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include "audit/process.h"
#include "lib/arguments.h"
#include "lib/cleanup.h"
#include "lib/log.h"

#define LOG_DEFAULT "/var/log/writ/audit.jsonl" /* writd always names one */

static const char usage[] =
	"usage: writ-audit [--log FILE] [--policy PATH] [--spill FILE] [--debug]\n"
	"\n"
	"writd starts it; see writd(8).\n"
	"\n"
	"  --log FILE  JSON lines, one per record  (default " LOG_DEFAULT ")\n"
	"  --policy PATH\n"
	"              where remedies of denials come from; without it they have none\n"
	"  --spill FILE\n"
	"              where lines go while the log's disk takes none\n"
	"  --debug     say more\n"
	"  --version, --help\n";

static int parse_arguments(int argc, char **argv, struct writ_audit_process *audit)
{
	bool debug = false;
	const struct writ_argument known[] = {{"log", &audit->log, NULL},
					      {"policy", &audit->policy_path, NULL},
					      {"spill", &audit->spill, NULL},
					      {"debug", NULL, &debug},
					      {0}};
	int err = writ_arguments_parse("writ-audit", usage, known, argc, argv);

	if (debug)
		writ_log_open("writ-audit", WRIT_LOG_DEBUG);
	return err;
}

static void take_record(void *context, const void *bytes, size_t len)
{
	struct writ_audit_process *audit = context;

	(void)writ_stream_record(audit->stream, bytes, len);
	writ_copies_take(audit->copies, bytes, len);
}

static int commit_records(void *context)
{
	struct writ_audit_process *audit = context;

	writ_stream_taken(audit->stream, writ_ring_taken(audit->ring));
	return writ_stream_commit(audit->stream);
}

static int open_all(struct writ_audit_process *audit)
{
	const struct writ_ring_consumer consumer = {audit, take_record, commit_records};
	const struct writ_audit_page *page = audit->page;
	struct writ_trail_settings settings;
	struct writ_committed last;
	int err;

	audit->base = (struct writ_stream_totals){
		.records = page->records,
		.written = page->written,
		.canaries = page->canaries,
		.skipped = page->skipped,
		.dropped = page->dropped,
		.missing = page->missing,
		.bad = page->bad,
		.remedies_left_out = page->remedies_left_out,
	};
	writ_known_read(audit);
	audit->copies = writ_copies_new();
	if (!audit->copies)
		return writ_log_errno(-ENOMEM, "copies for the core");
	err = writ_keep_settings(audit, &settings);
	if (!err)
		err = writ_stream_open(&settings, writ_names_resolver(audit->names),
				       audit->accounts, &audit->stream);
	if (!err)
		err = writ_keep_open(audit);
	if (err)
		return writ_log_errno(err, "audit log %s", audit->log);
	err = writ_ring_open(WRIT_AUDIT_FD_EVENTS, page->ring_size, &consumer, &audit->ring);
	if (err)
		return writ_log_errno(err, "event ring");
	/* one that was killed before it gave room back has written these */
	if (writ_sequence_committed(audit->accounts, &last))
		writ_ring_skip(audit->ring, last.consumed);
	return 0;
}

static int run(struct writ_audit_process *audit)
{
	int err = writ_inherit_maps(audit);

	if (!err)
		err = writ_confine_lock(audit->log);
	if (!err)
		err = writ_confine_drop(audit->log, audit->spill, audit->policy_path);
	if (!err)
		err = open_all(audit);
	if (err)
		return err;
	writ_info("ready: %s", audit->log);
	err = writ_loop_audit(audit);
	if (err == -EPIPE)
		writ_info("the core is gone: ended");
	return err;
}

static void close_all(struct writ_audit_process *audit)
{
	writ_ring_close(audit->ring);
	writ_keep_close(audit);
	writ_stream_close(audit->stream);
	writ_copies_free(audit->copies);
	writ_known_forget(audit);
	writ_names_free(audit->names);
}

/* It ends when the core says so: a signal to the whole group must not end it before that. */
int main(int argc, char **argv)
{
	struct writ_audit_process audit = {.log = LOG_DEFAULT};
	int err;

	writ_log_open("writ-audit", WRIT_LOG_INFO);
	if (parse_arguments(argc, argv, &audit))
		return 2;
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGINT, SIG_IGN);
	err = run(&audit);
	close_all(&audit);
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}
