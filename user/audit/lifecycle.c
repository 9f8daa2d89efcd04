/* SPDX-License-Identifier: Apache-2.0 */
/* See lifecycle.h. The keys that a decision has too have the same names and the same order. */
#include "audit/lifecycle.h"

#include <string.h>

#include "audit/json.h"
#include "audit/subject.h"

#define WORD(name, word) word,
#define WORD_OF(words, number) \
	((number) < sizeof(words) / sizeof(*(words)) ? (words)[number] : "unknown")

static const char *const log_words[] = {WRIT_LOG_LIST(WORD)};
_Static_assert(sizeof(log_words) / sizeof(log_words[0]) == WRIT_LOG_COUNT, "log words");

static const char *const gap_words[] = {WRIT_GAP_LIST(WORD)};
_Static_assert(sizeof(gap_words) / sizeof(gap_words[0]) == WRIT_GAP_COUNT, "gap words");

static const char *const grant_words[] = {WRIT_GRANT_EVENT_LIST(WORD)};
_Static_assert(sizeof(grant_words) / sizeof(grant_words[0]) == WRIT_GRANT_EVENT_COUNT, "words");

static const char *const proposal_words[] = {WRIT_PROPOSAL_EVENT_LIST(WORD)};
_Static_assert(sizeof(proposal_words) / sizeof(proposal_words[0]) == WRIT_PROPOSAL_EVENT_COUNT,
	       "words");

static const char *const request_words[] = {WRIT_REQUEST_EVENT_LIST(WORD)};
_Static_assert(sizeof(request_words) / sizeof(request_words[0]) == WRIT_REQUEST_EVENT_COUNT,
	       "words");

static const char *const refusal_words[] = {WRIT_REFUSAL_LIST(WORD)};
_Static_assert(sizeof(refusal_words) / sizeof(refusal_words[0]) == WRIT_REFUSAL_COUNT, "words");

static const char *const scope_words[] = {WRIT_SCOPE_LIST(WORD)};

static const char *const daemon_words[] = {WRIT_DAEMON_EVENT_LIST(WORD)};
_Static_assert(sizeof(daemon_words) / sizeof(daemon_words[0]) == WRIT_DAEMON_EVENT_COUNT, "words");

static void begin(struct writ_json *json, int64_t wall_ns, const char *type)
{
	writ_json_open(json, NULL, '{');
	writ_json_time(json, "time", wall_ns);
	writ_json_word(json, "type", type);
}

/* Of a record: its type, its number, and which step it was. */
static void begin_record(struct writ_json *json, const struct writ_record *record,
			 const struct writ_resolver *resolver, const char *type, const char *event)
{
	begin(json, (int64_t)record->event.boot_ns + resolver->wall_offset, type);
	writ_json_unsigned(json, "sequence", record->event.sequence);
	writ_json_unsigned(json, "cpu", record->event.cpu);
	writ_json_word(json, "event", event);
}

static size_t end(struct writ_json *json)
{
	writ_json_close(json, '}');
	writ_json_newline(json);
	return writ_json_length(json);
}

size_t writ_lifecycle_gap(int64_t wall_ns, enum writ_gap_reason reason, uint32_t cpu,
			  int64_t missing, char *ret_line)
{
	struct writ_json json;

	writ_json_begin(&json, ret_line, WRIT_GAP_SIZE);
	begin(&json, wall_ns, "gap");
	if (cpu != WRIT_GAP_NO_CPU)
		writ_json_unsigned(&json, "cpu", cpu);
	writ_json_word(&json, "reason", gap_words[reason]);
	writ_json_number(&json, "missing", missing);
	return end(&json);
}

size_t writ_lifecycle_log(int64_t wall_ns, enum writ_log_event event, const char *detail,
			  char *ret_line)
{
	struct writ_json json;

	writ_json_begin(&json, ret_line, WRIT_LINE_SIZE);
	begin(&json, wall_ns, "log");
	writ_json_word(&json, "event", log_words[event]);
	if (detail)
		writ_json_field(&json, "detail", detail, WRIT_LINE_RULE_SIZE);
	return end(&json);
}

static void put_cut(struct writ_json *json, const struct writ_grant_info *grant)
{
	writ_json_open(json, "cut", '{');
	writ_json_unsigned(json, "files", grant->cut_files);
	writ_json_unsigned(json, "sockets", grant->cut_sockets);
	writ_json_unsigned(json, "closed", grant->cut_closed);
	writ_json_unsigned(json, "mappings", grant->cut_mappings);
	if (grant->cut_state == WRIT_CUT_IN_PART)
		writ_json_true(json, "in_part");
	writ_json_close(json, '}');
}

static void put_grant(struct writ_json *json, const struct writ_record *record,
		      const struct writ_resolver *resolver)
{
	int64_t offset = resolver->wall_offset;
	struct writ_note_grant note;
	const struct writ_grant_info *grant = &note.info;

	memcpy(&note, record->object, sizeof(note));
	begin_record(json, record, resolver, "grant",
		     WORD_OF(grant_words, record->event.operation));
	writ_json_field(json, "agent", grant->agent_name, sizeof(grant->agent_name));
	writ_json_field(json, "role", grant->role_name, sizeof(grant->role_name));
	writ_subject_environment(json, resolver);
	writ_json_unsigned(json, "grant", grant->id);
	writ_subject_grant(json, resolver, grant);
	writ_json_seconds(json, "seconds_left", (int64_t)(grant->expires - record->event.boot_ns));
	writ_subject_word(json, "by", note.by, sizeof(note.by));
	writ_json_unsigned(json, "uid", grant->uid);
	writ_json_time(json, "not_before", (int64_t)grant->not_before + offset);
	writ_json_time(json, "expires", (int64_t)grant->expires + offset);
	writ_json_escaped(json, "parameters", grant->parameters,
			  strnlen(grant->parameters, sizeof(grant->parameters)));
	if (grant->ledger)
		writ_json_unsigned(json, "request", grant->ledger);
	if (grant->scope < WRIT_SCOPE_COUNT)
		writ_json_word(json, "scope", scope_words[grant->scope]);
	if (grant->break_glass)
		writ_json_true(json, "break_glass");
	writ_subject_word(json, "why", note.why, sizeof(note.why));
	if (record->event.operation == WRIT_GRANT_EVENT_CUT)
		put_cut(json, grant);
}

static void put_asked(struct writ_json *json, const struct writ_proposal_row *row,
		      const struct writ_context *context)
{
	writ_json_field(json, "playbook", row->playbook, sizeof(row->playbook));
	writ_json_field(json, "ticket", row->ticket, sizeof(row->ticket));
	writ_json_field(json, "operator", row->requester, sizeof(row->requester));
	writ_subject_word(json, "sponsor", row->sponsor, sizeof(row->sponsor));
	writ_subject_word(json, "approvers", row->approvers, sizeof(row->approvers));
	writ_subject_context(json, context);
}

static void put_proposal(struct writ_json *json, const struct writ_record *record,
			 const struct writ_resolver *resolver)
{
	struct writ_note_proposal note;
	const struct writ_proposal_row *row = &note.row;

	memcpy(&note, record->object, sizeof(note));
	begin_record(json, record, resolver, "proposal",
		     WORD_OF(proposal_words, record->event.operation));
	writ_json_field(json, "agent", row->agent, sizeof(row->agent));
	writ_json_field(json, "role", row->role, sizeof(row->role));
	writ_subject_environment(json, resolver);
	writ_json_unsigned(json, "proposal", row->proposal);
	writ_json_unsigned(json, "request", row->ledger);
	put_asked(json, row, &note.context);
	writ_subject_word(json, "by", note.by, sizeof(note.by));
	writ_json_unsigned(json, "uid", row->uid);
	writ_json_unsigned(json, "needed", row->needed);
	writ_json_unsigned(json, "given", row->given);
	writ_json_seconds(json, "ttl", (int64_t)row->ttl_ns);
	writ_subject_word(json, "why", row->reason, sizeof(row->reason));
	writ_subject_word(json, "answer", row->answer, sizeof(row->answer));
	writ_json_escaped(json, "parameters", row->parameters,
			  strnlen(row->parameters, sizeof(row->parameters)));
}

/* Who asked; of an operator's request for nobody there is no name. */
static void put_asker(struct writ_json *json, const struct writ_note_request *request)
{
	if (!request->agent[0]) {
		writ_json_word(json, "agent", NULL);
		return;
	}
	writ_json_field(json, "agent", request->agent, sizeof(request->agent));
	writ_json_field(json, "role", request->role, sizeof(request->role));
}

static void put_wanted(struct writ_json *json, const struct writ_note_request *request)
{
	if (request->refusal) {
		writ_json_word(json, "verdict", "deny");
		writ_json_word(json, "reason", WORD_OF(refusal_words, request->refusal));
	}
	if (request->proposal)
		writ_json_unsigned(json, "proposal", request->proposal);
	if (request->ledger)
		writ_json_unsigned(json, "request", request->ledger);
	writ_json_field(json, "playbook", request->playbook, sizeof(request->playbook));
	writ_json_field(json, "ticket", request->ticket, sizeof(request->ticket));
	writ_json_field(json, "operator", request->requester, sizeof(request->requester));
	writ_subject_word(json, "sponsor", request->sponsor, sizeof(request->sponsor));
	writ_subject_context(json, &request->context);
	writ_json_unsigned(json, "uid", request->uid);
	if (request->ttl_ns)
		writ_json_seconds(json, "ttl", (int64_t)request->ttl_ns);
	writ_subject_word(json, "why", request->reason, sizeof(request->reason));
}

static void put_request(struct writ_json *json, const struct writ_record *record,
			const struct writ_resolver *resolver)
{
	struct writ_note_request note;

	memcpy(&note, record->object, sizeof(note));
	begin_record(json, record, resolver, "request",
		     WORD_OF(request_words, record->event.operation));
	put_asker(json, &note);
	writ_subject_environment(json, resolver);
	if (record->event.operation == WRIT_REQUEST_EVENT_COUNTED)
		writ_json_unsigned(json, "times", note.times);
	else
		put_wanted(json, &note);
}

static void put_daemon(struct writ_json *json, const struct writ_record *record,
		       const struct writ_resolver *resolver)
{
	struct writ_note_daemon note;

	memcpy(&note, record->object, sizeof(note));
	begin_record(json, record, resolver, "daemon",
		     WORD_OF(daemon_words, record->event.operation));
	writ_subject_environment(json, resolver);
	writ_json_field(json, "version", note.version, sizeof(note.version));
	writ_json_unsigned(json, "generation", note.generation);
	writ_subject_word(json, "detail", note.detail, sizeof(note.detail));
}

size_t writ_lifecycle_format(const struct writ_record *record, const struct writ_resolver *resolver,
			     char *ret_line)
{
	static const struct {
		size_t size; /* of the payload */
		void (*put)(struct writ_json *json, const struct writ_record *record,
			    const struct writ_resolver *resolver);
	} types[] = {
		[WRIT_EVENT_GRANT] = {sizeof(struct writ_note_grant), put_grant},
		[WRIT_EVENT_PROPOSAL] = {sizeof(struct writ_note_proposal), put_proposal},
		[WRIT_EVENT_DAEMON] = {sizeof(struct writ_note_daemon), put_daemon},
		[WRIT_EVENT_REQUEST] = {sizeof(struct writ_note_request), put_request},
	};
	uint16_t type = record->event.type;
	struct writ_json json;

	if (type >= sizeof(types) / sizeof(*types) || !types[type].put ||
	    record->object_len != types[type].size)
		return 0;
	writ_json_begin(&json, ret_line, WRIT_LINE_SIZE);
	types[type].put(&json, record, resolver);
	return end(&json);
}
