/* SPDX-License-Identifier: Apache-2.0 */
/* See lifecycle.h. The keys that a decision has too have the same names and the same order. */
#include "audit/lifecycle.h"

#include <string.h>

#include "audit/json.h"
#include "audit/subject.h"

#define WORD(name, word) word,

static const char *const gap_words[] = {WRIT_GAP_LIST(WORD)};
_Static_assert(sizeof(gap_words) / sizeof(gap_words[0]) == WRIT_GAP_COUNT, "gap words");

static const char *const grant_words[] = {WRIT_GRANT_EVENT_LIST(WORD)};
_Static_assert(sizeof(grant_words) / sizeof(grant_words[0]) == WRIT_GRANT_EVENT_COUNT, "words");

static const char *const proposal_words[] = {WRIT_PROPOSAL_EVENT_LIST(WORD)};
_Static_assert(sizeof(proposal_words) / sizeof(proposal_words[0]) == WRIT_PROPOSAL_EVENT_COUNT,
	       "words");

static const char *const scope_words[] = {WRIT_SCOPE_LIST(WORD)};

static const char *const daemon_words[] = {WRIT_DAEMON_EVENT_LIST(WORD)};
_Static_assert(sizeof(daemon_words) / sizeof(daemon_words[0]) == WRIT_DAEMON_EVENT_COUNT, "words");

static void begin(struct writ_json *json, int64_t wall_ns, const char *type)
{
	writ_json_open(json, NULL, '{');
	writ_json_time(json, "time", wall_ns);
	writ_json_word(json, "type", type);
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

size_t writ_lifecycle_grant(const struct writ_resolver *resolver, enum writ_grant_event event,
			    const struct writ_grant_info *grant, const char *by, uint64_t boot_ns,
			    char *ret_line)
{
	int64_t offset = resolver->wall_offset;
	struct writ_json json;

	writ_json_begin(&json, ret_line, WRIT_LINE_SIZE);
	begin(&json, (int64_t)boot_ns + offset, "grant");
	writ_json_word(&json, "event", grant_words[event]);
	writ_json_field(&json, "agent", grant->agent_name, sizeof(grant->agent_name));
	writ_json_field(&json, "role", grant->role_name, sizeof(grant->role_name));
	writ_subject_environment(&json, resolver);
	writ_json_unsigned(&json, "grant", grant->id);
	writ_subject_grant(&json, resolver, grant);
	writ_json_seconds(&json, "seconds_left", (int64_t)(grant->expires - boot_ns));
	if (by)
		writ_json_field(&json, "by", by, WRIT_NAME_SIZE);
	writ_json_unsigned(&json, "uid", grant->uid);
	writ_json_time(&json, "not_before", (int64_t)grant->not_before + offset);
	writ_json_time(&json, "expires", (int64_t)grant->expires + offset);
	writ_json_escaped(&json, "parameters", grant->parameters,
			  strnlen(grant->parameters, sizeof(grant->parameters)));
	if (grant->ledger)
		writ_json_unsigned(&json, "request", grant->ledger);
	if (grant->scope < WRIT_SCOPE_COUNT)
		writ_json_word(&json, "scope", scope_words[grant->scope]);
	if (grant->break_glass)
		writ_json_true(&json, "break_glass");
	return end(&json);
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

size_t writ_lifecycle_proposal(const struct writ_resolver *resolver, enum writ_proposal_event event,
			       const struct writ_proposal_row *row,
			       const struct writ_context *context, const char *by, uint64_t boot_ns,
			       char *ret_line)
{
	struct writ_json json;

	writ_json_begin(&json, ret_line, WRIT_LINE_SIZE);
	begin(&json, (int64_t)boot_ns + resolver->wall_offset, "proposal");
	writ_json_word(&json, "event", proposal_words[event]);
	writ_json_field(&json, "agent", row->agent, sizeof(row->agent));
	writ_json_field(&json, "role", row->role, sizeof(row->role));
	writ_subject_environment(&json, resolver);
	writ_json_unsigned(&json, "proposal", row->proposal);
	writ_json_unsigned(&json, "request", row->ledger);
	put_asked(&json, row, context);
	if (by)
		writ_json_field(&json, "by", by, WRIT_NAME_SIZE);
	writ_json_unsigned(&json, "uid", row->uid);
	writ_json_unsigned(&json, "needed", row->needed);
	writ_json_unsigned(&json, "given", row->given);
	writ_json_seconds(&json, "ttl", (int64_t)row->ttl_ns);
	writ_subject_word(&json, "why", row->reason, sizeof(row->reason));
	writ_subject_word(&json, "answer", row->answer, sizeof(row->answer));
	writ_json_escaped(&json, "parameters", row->parameters,
			  strnlen(row->parameters, sizeof(row->parameters)));
	return end(&json);
}

size_t writ_lifecycle_daemon(const struct writ_resolver *resolver, enum writ_daemon_event event,
			     uint64_t generation, const char *detail, uint64_t boot_ns,
			     char *ret_line)
{
	struct writ_json json;

	writ_json_begin(&json, ret_line, WRIT_LINE_SIZE);
	begin(&json, (int64_t)boot_ns + resolver->wall_offset, "daemon");
	writ_json_word(&json, "event", daemon_words[event]);
	writ_subject_environment(&json, resolver);
	writ_json_word(&json, "version", WRIT_VERSION);
	writ_json_unsigned(&json, "generation", generation);
	if (detail)
		writ_json_field(&json, "detail", detail, WRIT_LINE_RULE_SIZE);
	return end(&json);
}
