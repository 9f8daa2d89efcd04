/* SPDX-License-Identifier: Apache-2.0 */
/* See check.h. A grant is known here by its number: no number is ever given twice. */
#include "check.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <jansson.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel/pins.h"
#include "trail/query.h"
#include "writ/maps.h"

#define IDS_MAX 4000000u
#define WORD_SIZE 16
#define TOLD_MAX 5 /* examples of one fault */

/* What is known of one grant. */
struct seen {
	uint64_t expires;
	uint64_t ledger;
	bool in_kernel;
	bool in_ledger;
	bool issued;		    /* says the log */
	bool twice;		    /* it has two ends, which differ */
	char ledger_end[WORD_SIZE]; /* "": it lives */
	char log_end[WORD_SIZE];
};

static struct {
	const struct load_host *host;
	uint64_t ttl_ns;
	const struct writ_grants *grants;
	int infos;
	sqlite3 *db;
	sqlite3_stmt *state_of;
	struct seen *seen; /* by id */
	uint64_t n;	   /* one past the highest id */
	unsigned int long_lived;
	unsigned int moved;
	unsigned int unwritten;
	unsigned int damaged; /* segments of the log that can't be read to their end */
} check;

static struct seen *seen_of(uint64_t id)
{
	if (id >= IDS_MAX)
		load_die("grant %llu: more than this test counts", (unsigned long long)id);
	if (id >= check.n)
		check.n = id + 1;
	return &check.seen[id];
}

static void example(unsigned int *count, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Counts a fault; the first ones are shown. */
static void example(unsigned int *count, const char *format, ...)
{
	va_list arguments;

	if (++*count > TOLD_MAX)
		return;
	va_start(arguments, format);
	(void)printf("# ");
	(void)vprintf(format, arguments);
	(void)printf("\n");
	va_end(arguments);
}

static void open_maps(void)
{
	size_t size = sizeof(struct writ_grants) * WRIT_AGENTS_MAX;
	int grants;

	writ_pins_use_unattached();
	grants = writ_pins_get(WRIT_PINS_MAPS, "grants");
	check.infos = writ_pins_get(WRIT_PINS_MAPS, "grant_infos");
	if (grants < 0 || check.infos < 0)
		load_die("the pinned maps: %s", strerror(errno));
	check.grants = mmap(NULL, size, PROT_READ, MAP_SHARED, grants, 0);
	if (check.grants == MAP_FAILED)
		load_die("the map of grants: %s", strerror(errno));
	(void)close(grants);
}

static void open_ledger(void)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/broker/ledger.db", check.host->dir);
	if (sqlite3_open_v2(path, &check.db, SQLITE_OPEN_READWRITE, NULL) ||
	    sqlite3_busy_timeout(check.db, 5000) ||
	    sqlite3_prepare_v2(check.db, "SELECT state FROM requests WHERE id = ?1", -1,
			       &check.state_of, NULL))
		load_die("the ledger: %s", sqlite3_errmsg(check.db));
}

void load_check_open(const struct load_host *host, uint32_t ttl_ms)
{
	check.host = host;
	check.ttl_ns = (uint64_t)ttl_ms * 1000000;
	check.seen = calloc(IDS_MAX, sizeof(*check.seen)); /* touched where an id was seen */
	if (!check.seen)
		load_die("no memory");
	open_maps();
	open_ledger();
}

/* --- while it goes on ------------------------------------------------------------------------- */

/* The request behind a grant in force: asked of the core, or answered. */
static void look_at_request(uint64_t id, uint64_t ledger)
{
	const char *state = "no row";

	(void)sqlite3_bind_int64(check.state_of, 1, (sqlite3_int64)ledger);
	if (sqlite3_step(check.state_of) == SQLITE_ROW)
		state = (const char *)sqlite3_column_text(check.state_of, 0);
	if (strcmp(state, "issuing") && strcmp(state, "granted"))
		example(&check.unwritten, "grant %llu is in the kernel, its request %llu: %s",
			(unsigned long long)id, (unsigned long long)ledger, state);
	(void)sqlite3_reset(check.state_of);
}

static void look_at_new(const struct writ_grant *grant, struct seen *seen)
{
	struct writ_grant_info info;

	if (bpf_map_lookup_elem(check.infos, &grant->id, &info))
		return; /* gone meanwhile */
	seen->in_kernel = true;
	seen->expires = grant->expires;
	seen->ledger = info.ledger;
	if (grant->expires - info.issued > check.ttl_ns)
		example(&check.long_lived, "grant %llu lasts %llu ns",
			(unsigned long long)grant->id,
			(unsigned long long)(grant->expires - info.issued));
	look_at_request(grant->id, info.ledger);
}

static void look_at(const struct writ_grant *grant)
{
	struct seen *seen = seen_of(grant->id);

	if (!seen->in_kernel)
		look_at_new(grant, seen);
	else if (seen->expires != grant->expires)
		example(&check.moved, "grant %llu has another end than before",
			(unsigned long long)grant->id);
}

static void scan_agent(const struct writ_grants *grants)
{
	uint64_t order = __atomic_load_n(&grants->order, __ATOMIC_ACQUIRE);
	uint64_t generation = __atomic_load_n(&grants->generation, __ATOMIC_ACQUIRE);

	for (uint64_t rest = order; rest & WRIT_ORDER_SLOT; rest >>= 8) {
		struct writ_grant grant = grants->slots[(rest & WRIT_ORDER_SLOT) - 1];

		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (grants->order != order || grants->generation != generation)
			return; /* it changes just now; the next look sees it */
		if (grant.id)
			look_at(&grant);
	}
}

void load_check_scan(void)
{
	uint32_t end = WRIT_AGENT_CANARY + 1 + check.host->n_agents;

	for (uint32_t agent = WRIT_AGENT_CANARY + 1; agent < end; agent++)
		scan_agent(&check.grants[agent]);
}

/* --- at the end ------------------------------------------------------------------------------- */

static int take_grant(void *context, int n, char **values, char **names)
{
	struct seen *seen = seen_of(strtoull(values[0], NULL, 10));

	(void)context;
	(void)n;
	(void)names;
	seen->in_ledger = true;
	if (strcmp(values[1], "none"))
		(void)snprintf(seen->ledger_end, sizeof(seen->ledger_end), "%s", values[1]);
	return 0;
}

static int take_count(void *context, int n, char **values, char **names)
{
	(void)n;
	(void)names;
	*(unsigned int *)context = (unsigned int)strtoul(values[0], NULL, 10);
	return 0;
}

static void read_ledger(unsigned int *ret_issuing)
{
	if (sqlite3_exec(check.db, "SELECT id, end FROM grants", take_grant, NULL, NULL) ||
	    sqlite3_exec(check.db, "SELECT count(*) FROM requests WHERE state = 'issuing'",
			 take_count, ret_issuing, NULL))
		load_die("the ledger: %s", sqlite3_errmsg(check.db));
}

static void take_line(const json_t *line)
{
	const char *type = json_string_value(json_object_get(line, "type"));
	const char *event = json_string_value(json_object_get(line, "event"));
	uint64_t id = (uint64_t)json_integer_value(json_object_get(line, "grant"));
	struct seen *seen;

	if (!type || !event || strcmp(type, "grant"))
		return;
	seen = seen_of(id);
	if (!strcmp(event, "issued")) {
		seen->issued = true;
		return;
	}
	seen->twice |= *seen->log_end && strcmp(seen->log_end, event);
	(void)snprintf(seen->log_end, sizeof(seen->log_end), "%s", event);
}

/* A line that a kill has cut is no line: what it said is said again. */
static int visit_line(void *context, const char *line, size_t len)
{
	json_t *json = json_loadb(line, len, 0, NULL);

	(void)context;
	if (json)
		take_line(json);
	json_decref(json);
	return 0;
}

/* All segments: so many kills are more than one holds. */
static void read_log(void)
{
	const struct writ_query query = {
		.words = {[WRIT_WORD_TYPE] = "grant"},
		.since_us = INT64_MIN,
		.until_us = INT64_MAX,
	};
	struct writ_query_cost cost;
	char path[128];
	int err;

	(void)snprintf(path, sizeof(path), "%s/log/audit.jsonl", check.host->dir);
	err = writ_query_run(path, &query, visit_line, NULL, &cost);
	if (err)
		load_die("%s: %s", path, strerror(-err));
	(void)printf("# %llu segments of the log\n", (unsigned long long)cost.segments);
	check.damaged = (unsigned int)cost.damaged;
}

struct faults {
	unsigned int no_row;	 /* in the kernel, and not in the ledger */
	unsigned int no_row_log; /* issued, says the log */
	unsigned int no_issue;	 /* in the ledger, and not in the log */
	unsigned int no_end;	 /* in the ledger: it lives */
	unsigned int no_end_log; /* in the log */
	unsigned int other_end;	 /* ledger and log differ, or the log with itself */
};

static void judge(uint64_t id, const struct seen *seen, struct faults *faults)
{
	unsigned long long number = id;

	if (seen->in_kernel && !seen->in_ledger)
		example(&faults->no_row, "grant %llu was in force, the ledger has no row", number);
	if (seen->issued && !seen->in_ledger)
		example(&faults->no_row_log, "grant %llu is in the log, not in the ledger", number);
	if (!seen->in_ledger)
		return;
	if (!seen->issued)
		example(&faults->no_issue, "grant %llu has no record of its issue", number);
	if (!*seen->log_end)
		example(&faults->no_end_log, "grant %llu has no record of its end", number);
	if (!*seen->ledger_end)
		example(&faults->no_end, "grant %llu has no end in the ledger", number);
	else if (*seen->log_end && (seen->twice || strcmp(seen->ledger_end, seen->log_end)))
		example(&faults->other_end, "grant %llu: ledger %s, log %s%s", number,
			seen->ledger_end, seen->log_end, seen->twice ? ", and another" : "");
}

static unsigned int say(const char *name, unsigned int faults, const char *what)
{
	if (faults)
		(void)printf("not ok load/%s - %u: %s\n", name, faults, what);
	else
		(void)printf("ok load/%s\n", name);
	return faults ? 1 : 0;
}

unsigned int load_check_end(void)
{
	unsigned int issuing = 0, failed = 0, grants = 0, in_kernel = 0;
	struct faults faults = {0};

	read_ledger(&issuing);
	read_log();
	for (uint64_t id = 1; id < check.n; id++) {
		judge(id, &check.seen[id], &faults);
		grants += check.seen[id].in_ledger;
		in_kernel += check.seen[id].in_kernel;
	}
	(void)printf("# %u grants in the ledger, %u of them seen in the kernel\n", grants,
		     in_kernel);
	failed += say("nothing_outlives_its_time", check.long_lived + check.moved,
		      "a grant lasts longer than it was given for, or its end has moved");
	failed += say("in_force_has_its_request", check.unwritten,
		      "a grant in force whose request is neither issuing nor granted");
	failed += say("in_force_has_its_row", faults.no_row, "a grant without its row");
	failed += say("on_record_has_its_row", faults.no_row_log, "a record without its row");
	failed += say("each_issue_is_on_record", faults.no_issue, "a row without its record");
	failed += say("each_end_is_on_record", faults.no_end_log, "an end without its record");
	failed += say("each_end_is_in_the_ledger", faults.no_end + issuing,
		      "a row without its end, or a request that is not settled");
	failed += say("both_say_the_same_end", faults.other_end, "ledger and log differ");
	failed += say("the_log_can_be_read", check.damaged, "a segment is damaged");
	failed += say("there_was_load", !grants || !in_kernel, "no grants");
	return failed;
}
