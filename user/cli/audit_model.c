/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines into a report: grants and their lives, gaps, and decisions, counted by what they are equal
 * in. That is told by a BLAKE2b of it: an agent chooses its file names, and must not be able to
 * choose two that count as one.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/audit_report.h"
#include "trail/lines.h"

#define KEY_SIZE (WRIT_LINES_MAX + 64u) /* of parts of one line, and their lengths */
#define SLOTS (sizeof(((struct writ_report_list *)0)->slots) / sizeof(uint16_t))
_Static_assert(SLOTS >= 2 * WRIT_REPORT_ENTRIES_MAX && !(SLOTS & (SLOTS - 1)), "slots stay free");

#define WORD(name, word, title) word,
#define TITLE(name, word, title) title,
const char *const writ_report_section_words[] = {WRIT_REPORT_SECTION_LIST(WORD)};
const char *const writ_report_section_titles[] = {WRIT_REPORT_SECTION_LIST(TITLE)};
const char *const writ_report_context_keys[4] = {"session", "prompt", "tool_call", "parent"};

#define MEMBER(name, member) WRIT_AUDIT_##member,
static const enum writ_audit_member word_members[] = {WRIT_REPORT_WORD_LIST(MEMBER)};

const char *writ_report_word(enum writ_report_word i)
{
	return writ_audit_member_words[word_members[i]];
}

const char *writ_report_said(const struct writ_report_grant *grant, enum writ_report_word i,
			     const char **ret_label)
{
	const char *said = grant->words[i];

	*ret_label = i == WRIT_REPORT_WORD_OPERATOR ? "requester" : writ_report_word(i);
	return i == WRIT_REPORT_WORD_OPERATOR && said && !*said ? "the agent itself" : said;
}

char *writ_report_keep(struct writ_report *report, const struct writ_audit_line *line,
		       enum writ_audit_member member)
{
	char *text;

	if (!line->members[member].at)
		return NULL;
	if (report->text + line->members[member].len > WRIT_REPORT_TEXT_MAX)
		return NULL;
	text = member == WRIT_AUDIT_REMEDY ? writ_audit_line_remedy(line)
					   : writ_audit_line_text(line, member);
	if (text)
		report->text += strlen(text) + 1;
	return text;
}

struct writ_report_grant *writ_report_grant(struct writ_report *report, uint64_t number)
{
	struct writ_report_grant *grant = report->grants;

	for (size_t i = report->n_grants; i-- > 0;) /* most often the newest */
		if (grant[i].number == number)
			return &grant[i];
	if (report->n_grants == WRIT_REPORT_GRANTS_MAX)
		return NULL;
	if (!(report->n_grants & (report->n_grants - 1))) {
		size_t capacity = report->n_grants ? 2 * report->n_grants : 1;

		grant = reallocarray(grant, capacity, sizeof(*grant));
		if (!grant) {
			report->no_memory = true;
			return NULL;
		}
		report->grants = grant;
	}
	grant = &report->grants[report->n_grants++];
	*grant = (struct writ_report_grant){
		.number = number, .issued_us = INT64_MIN, .ended_us = INT64_MIN};
	return grant;
}

/* What the grant's lines say of it; the first one that says it holds. */
static void take_words(struct writ_report *report, struct writ_report_grant *grant,
		       const struct writ_audit_line *line)
{
	for (int i = 0; i < WRIT_REPORT_WORD_COUNT; i++)
		if (!grant->words[i])
			grant->words[i] = writ_report_keep(report, line, word_members[i]);
	if (!line->members[WRIT_AUDIT_CONTEXT].at)
		return;
	for (int i = 0; i < 4; i++)
		if (!grant->context[i])
			grant->context[i] = writ_audit_line_within(line, WRIT_AUDIT_CONTEXT,
								   writ_report_context_keys[i]);
}

static void take_step(struct writ_report *report, struct writ_report_grant *grant,
		      const struct writ_audit_line *line)
{
	enum writ_audit_member detail =
		line->members[WRIT_AUDIT_ANSWER].at ? WRIT_AUDIT_ANSWER : WRIT_AUDIT_WHY;

	if (grant->n_steps == WRIT_REPORT_STEPS_MAX) {
		grant->more_steps++;
		return;
	}
	grant->steps[grant->n_steps++] = (struct writ_report_step){
		.time_us = line->time_us,
		.event = writ_report_keep(report, line, WRIT_AUDIT_EVENT),
		.by = writ_report_keep(report, line, WRIT_AUDIT_BY),
		.detail = writ_report_keep(report, line, detail),
	};
}

static void take_grant(struct writ_report *report, const struct writ_audit_line *line)
{
	int64_t number = writ_audit_line_number(line, WRIT_AUDIT_GRANT, 0);
	struct writ_report_grant *grant =
		number > 0 ? writ_report_grant(report, (uint64_t)number) : NULL;

	if (!grant) {
		report->more_grants++;
		return;
	}
	take_words(report, grant, line);
	take_step(report, grant, line);
	if (!grant->request)
		grant->request = (uint64_t)writ_audit_line_number(line, WRIT_AUDIT_REQUEST, 0);
	if (writ_audit_line_is(line, WRIT_AUDIT_EVENT, "issued")) {
		grant->issued_us = line->time_us;
	} else if (!writ_audit_line_is(line, WRIT_AUDIT_EVENT, "cut") &&
		   grant->ended_us == INT64_MIN) {
		grant->ended_us = line->time_us;
		grant->end = writ_report_keep(report, line, WRIT_AUDIT_EVENT);
	}
}

/* A request is one of the grants', or the agent's report has it in its time line alone. */
static bool take_proposal(struct writ_report *report, const struct writ_audit_line *line)
{
	int64_t request = writ_audit_line_number(line, WRIT_AUDIT_REQUEST, 0);

	for (size_t i = 0; request > 0 && i < report->n_grants; i++) {
		if (report->grants[i].request != (uint64_t)request)
			continue;
		take_step(report, &report->grants[i], line);
		return true;
	}
	return !report->question.grant;
}

static void take_gap(struct writ_report *report, const struct writ_audit_line *line)
{
	int64_t missing = writ_audit_line_number(line, WRIT_AUDIT_MISSING, 0);

	report->missing += missing;
	if (report->n_gaps == WRIT_REPORT_GAPS_MAX) {
		report->more_gaps++;
		return;
	}
	report->gaps[report->n_gaps++] = (struct writ_report_gap){
		.time_us = line->time_us,
		.missing = missing,
		.cpu = writ_audit_line_number(line, WRIT_AUDIT_CPU, -1),
		.reason = writ_report_keep(report, line, WRIT_AUDIT_REASON),
	};
}

/* The parts with their lengths, so that no two rows of them give the same bytes. */
static void digest_of(const struct writ_audit_line *line, uint8_t ret[WRIT_BLAKE2B_SIZE])
{
	static const enum writ_audit_member parts[] = {
		WRIT_AUDIT_AGENT,   WRIT_AUDIT_GRANT,  WRIT_AUDIT_OPERATION, WRIT_AUDIT_OBJECT,
		WRIT_AUDIT_VERDICT, WRIT_AUDIT_REASON, WRIT_AUDIT_ACCESS,    WRIT_AUDIT_ARGV,
		WRIT_AUDIT_EVENT,   WRIT_AUDIT_TYPE,   WRIT_AUDIT_DETAIL};
	static const uint8_t nothing[WRIT_BLAKE2B_SIZE];
	static char key[KEY_SIZE];
	size_t used = 0;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		uint32_t len = (uint32_t)line->members[parts[i]].len;

		if (used + sizeof(len) + len > sizeof(key))
			break; /* no line is so long */
		memcpy(key + used, &len, sizeof(len));
		used += sizeof(len);
		if (len)
			memcpy(key + used, line->members[parts[i]].at, len);
		used += len;
	}
	writ_blake2b(nothing, key, used, ret);
}

static uint16_t *find_slot(struct writ_report_list *list, const uint8_t *digest)
{
	uint64_t at;

	memcpy(&at, digest, sizeof(at));
	for (;; at++) {
		uint16_t *slot = &list->slots[at & (SLOTS - 1)];

		if (!*slot || !memcmp(list->entries[*slot - 1].digest, digest, WRIT_BLAKE2B_SIZE))
			return slot;
	}
}

static bool make_entry(struct writ_report *report, struct writ_report_list *list, uint16_t *slot,
		       const uint8_t *digest, const struct writ_audit_line *line)
{
	struct writ_report_entry *entry;

	if (list->n == WRIT_REPORT_ENTRIES_MAX ||
	    report->text + line->members[WRIT_AUDIT_OBJECT].len +
			    line->members[WRIT_AUDIT_ARGV].len + 4096 >
		    WRIT_REPORT_TEXT_MAX)
		return false;
	if (!list->entries)
		list->entries = calloc(WRIT_REPORT_ENTRIES_MAX, sizeof(*entry));
	if (!list->entries) {
		report->no_memory = true;
		return false;
	}
	entry = &list->entries[list->n++];
	*slot = (uint16_t)list->n;
	memcpy(entry->digest, digest, WRIT_BLAKE2B_SIZE);
	entry->first_us = line->time_us;
	entry->grant = (uint64_t)writ_audit_line_number(line, WRIT_AUDIT_GRANT, 0);
	entry->operation = writ_report_keep(report, line, WRIT_AUDIT_OPERATION);
	entry->object = writ_report_keep(report, line, WRIT_AUDIT_OBJECT);
	entry->argv = writ_report_keep(report, line, WRIT_AUDIT_ARGV);
	entry->reason = writ_report_keep(report, line, WRIT_AUDIT_REASON);
	entry->rule = writ_report_keep(report, line, WRIT_AUDIT_RULE);
	entry->cut =
		line->members[WRIT_AUDIT_OBJECT_CUT].at || line->members[WRIT_AUDIT_ARGV_CUT].at;
	return true;
}

static void count_in(struct writ_report *report, enum writ_report_section section,
		     const uint8_t *digest, const struct writ_audit_line *line)
{
	struct writ_report_list *list = &report->sections[section];
	struct writ_report_entry *entry;
	uint16_t *slot = find_slot(list, digest);

	list->decisions++;
	if (!*slot && !make_entry(report, list, slot, digest, line)) {
		list->more++;
		return;
	}
	entry = &list->entries[*slot - 1];
	entry->count++;
	if (line->time_us > entry->last_us)
		entry->last_us = line->time_us;
	if (line->time_us < entry->first_us)
		entry->first_us = line->time_us;
	if (!entry->remedy)
		entry->remedy = writ_report_keep(report, line, WRIT_AUDIT_REMEDY);
}

static const struct {
	const char *word;
	enum writ_report_section section;
} by_operation[] =
	{
		{"exec", WRIT_REPORT_EXECUTED},	     {"argv", WRIT_REPORT_EXECUTED},
		{"open_exec", WRIT_REPORT_EXECUTED}, {"mknod", WRIT_REPORT_NAMES},
		{"mkdir", WRIT_REPORT_NAMES},	     {"symlink", WRIT_REPORT_NAMES},
		{"link", WRIT_REPORT_NAMES},	     {"unlink", WRIT_REPORT_NAMES},
		{"rmdir", WRIT_REPORT_NAMES},	     {"rename", WRIT_REPORT_NAMES},
		{"truncate", WRIT_REPORT_WRITTEN},   {"chmod", WRIT_REPORT_ATTRIBUTES},
		{"chown", WRIT_REPORT_ATTRIBUTES},   {"utimes", WRIT_REPORT_ATTRIBUTES},
		{"xattr", WRIT_REPORT_ATTRIBUTES},   {"socket", WRIT_REPORT_NETWORK},
		{"recv", WRIT_REPORT_NETWORK},	     {"read", WRIT_REPORT_READ},
		{"write", WRIT_REPORT_WRITTEN},
},
  by_access[] = {
	  {"read", WRIT_REPORT_READ},
	  {"write", WRIT_REPORT_WRITTEN},
	  {"append", WRIT_REPORT_WRITTEN},
	  {"create", WRIT_REPORT_NAMES},
	  {"delete", WRIT_REPORT_NAMES},
	  {"link", WRIT_REPORT_NAMES},
	  {"execute", WRIT_REPORT_EXECUTED},
	  {"execute_argv", WRIT_REPORT_EXECUTED},
	  {"attributes", WRIT_REPORT_ATTRIBUTES},
	  {"connect", WRIT_REPORT_NETWORK},
	  {"bind", WRIT_REPORT_NETWORK},
	  {"listen", WRIT_REPORT_NETWORK},
	  {"send", WRIT_REPORT_NETWORK},
};

/* Bits of the sections in which an allowed decision stands. */
static unsigned int sections_of(const struct writ_audit_line *line)
{
	unsigned int sections = 0;

	for (size_t i = 0; i < sizeof(by_operation) / sizeof(by_operation[0]); i++)
		if (writ_audit_line_is(line, WRIT_AUDIT_OPERATION, by_operation[i].word))
			return 1u << by_operation[i].section;
	for (size_t i = 0; i < sizeof(by_access) / sizeof(by_access[0]); i++)
		if (writ_audit_line_has(line, WRIT_AUDIT_ACCESS, by_access[i].word))
			sections |= 1u << by_access[i].section;
	return sections ? sections : 1u << WRIT_REPORT_OTHER;
}

static bool is_over(const struct writ_audit_line *line)
{
	return writ_audit_line_is(line, WRIT_AUDIT_REASON, "expired") ||
	       writ_audit_line_is(line, WRIT_AUDIT_REASON, "revoked") ||
	       writ_audit_line_is(line, WRIT_AUDIT_REASON, "used_up");
}

static void count_for_grant(struct writ_report *report, const struct writ_audit_line *line,
			    bool denied, bool would_deny)
{
	int64_t number = writ_audit_line_number(line, WRIT_AUDIT_GRANT, 0);
	struct writ_report_grant *grant =
		number > 0 ? writ_report_grant(report, (uint64_t)number) : NULL;

	if (!grant) {
		report->more_grants += number > 0;
		return;
	}
	if (!grant->allowed && !grant->denied && !grant->would_deny)
		take_words(report, grant, line); /* its own lines may be older than the log */
	grant->denied += denied;
	grant->would_deny += would_deny;
	grant->allowed += !denied && !would_deny;
	grant->after += denied && is_over(line);
}

static void take_decision(struct writ_report *report, const struct writ_audit_line *line,
			  const uint8_t *digest)
{
	bool denied = writ_audit_line_is(line, WRIT_AUDIT_VERDICT, "deny");
	bool would_deny = writ_audit_line_is(line, WRIT_AUDIT_VERDICT, "would_deny");
	unsigned int sections = sections_of(line);

	if (denied || would_deny)
		sections = 1u << (denied ? WRIT_REPORT_DENIED : WRIT_REPORT_WOULD_DENY);
	for (int i = 0; i < WRIT_REPORT_SECTION_COUNT; i++)
		if (sections & 1u << i)
			count_in(report, i, digest, line);
	count_for_grant(report, line, denied, would_deny);
	writ_report_column(report, line);
}

static void take_daemon(struct writ_report *report, const struct writ_audit_line *line)
{
	static const char *const events[] = {"unloaded", "pin_lost", "unattached"};

	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		report->stops += writ_audit_line_is(line, WRIT_AUDIT_EVENT, events[i]);
}

void writ_report_take(struct writ_report *report, const struct writ_audit_line *line)
{
	uint8_t digest[WRIT_BLAKE2B_SIZE];
	bool own = true; /* what the report is about */

	digest_of(line, digest);
	if (writ_audit_line_is(line, WRIT_AUDIT_TYPE, "gap")) {
		take_gap(report, line);
		own = false;
	} else if (writ_audit_line_is(line, WRIT_AUDIT_TYPE, "daemon")) {
		take_daemon(report, line);
		own = false;
	} else if (writ_audit_line_is(line, WRIT_AUDIT_TYPE, "removed")) {
		report->removed = writ_audit_line_number(line, WRIT_AUDIT_SEGMENT, -1);
		return;
	} else if (writ_audit_line_is(line, WRIT_AUDIT_TYPE, "grant")) {
		take_grant(report, line);
	} else if (writ_audit_line_is(line, WRIT_AUDIT_TYPE, "proposal")) {
		if (!take_proposal(report, line))
			return;
	} else if (writ_audit_line_is(line, WRIT_AUDIT_TYPE, "decision")) {
		take_decision(report, line, digest);
	}
	report->lines++;
	if (own && (report->first_us == INT64_MIN || line->time_us < report->first_us))
		report->first_us = line->time_us;
	if (own && line->time_us > report->last_us)
		report->last_us = line->time_us;
	if (!report->environment)
		report->environment = writ_report_keep(report, line, WRIT_AUDIT_ENVIRONMENT);
	writ_report_time(report, line, digest);
}
