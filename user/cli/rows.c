/* SPDX-License-Identifier: Apache-2.0 */
/* See rows.h. Out of memory ends the program: nothing that is half a row is ever printed. */
#include "cli/rows.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/time.h"
#include "writ/names.h"

const char *writ_rows_grant_state(uint32_t state)
{
	static const char *const words[] = {
		[WRIT_GRANT_STATE_PENDING] = "pending",	    [WRIT_GRANT_STATE_ACTIVE] = "active",
		[WRIT_GRANT_STATE_EXPIRED] = "expired",	    [WRIT_GRANT_STATE_REVOKED] = "revoked",
		[WRIT_GRANT_STATE_COMPLETED] = "completed", [WRIT_GRANT_STATE_USED_UP] = "used_up",
	};

	return state < sizeof(words) / sizeof(words[0]) ? words[state] : "unknown";
}

const char *writ_rows_agent_state(uint32_t state)
{
	static const char *const words[] = {
		[WRIT_AGENT_FREE] = "free",
		[WRIT_AGENT_ACTIVE] = "active",
		[WRIT_AGENT_SUSPENDED] = "suspended",
	};

	return state < sizeof(words) / sizeof(words[0]) ? words[state] : "unknown";
}

const char *writ_rows_left(const struct writ_grant_row *row, char *ret_text, size_t size)
{
	uint64_t now = row->now_ns, expires = row->info.expires, begins = row->info.not_before;
	bool ended = now >= expires, pending = now < begins;
	char text[32];

	if (row->state != WRIT_GRANT_STATE_PENDING && row->state != WRIT_GRANT_STATE_ACTIVE &&
	    row->state != WRIT_GRANT_STATE_EXPIRED) { /* when it ended is not in the row */
		(void)snprintf(ret_text, size, "-");
		return ret_text;
	}
	writ_time_format(ended	   ? now - expires
			 : pending ? begins - now
				   : expires - now,
			 text, sizeof(text));
	(void)snprintf(ret_text, size, "%s%s%s",
		       ended	 ? "ended "
		       : pending ? "begins in "
				 : "",
		       text,
		       ended	 ? " ago"
		       : pending ? ""
				 : " left");
	return ret_text;
}

static const char *const scopes[] = {
#define X(name, word) [WRIT_SCOPE_##name] = (word),
	WRIT_SCOPE_LIST(X)
#undef X
};

static void set(json_t *json, const char *key, json_t *value)
{
	if (json_object_set_new(json, key, value))
		abort();
}

static void set_string(json_t *json, const char *key, const char *text)
{
	set(json, key, writ_output_string(text));
}

static void set_number(json_t *json, const char *key, uint64_t number)
{
	set(json, key, json_integer((json_int_t)number));
}

static double seconds(uint64_t to, uint64_t from)
{
	return (double)((int64_t)(to - from) / 1000000) / 1000;
}

static json_t *cut_of(const struct writ_grant_info *info)
{
	_cleanup_json_ json_t *json = json_object();

	set_number(json, "files", info->cut_files);
	set_number(json, "sockets", info->cut_sockets);
	set_number(json, "closed", info->cut_closed);
	set_number(json, "mappings", info->cut_mappings);
	set(json, "in_part", json_boolean(info->cut_state == WRIT_CUT_IN_PART));
	return json_incref(json);
}

json_t *writ_rows_grant(const struct writ_grant_row *row)
{
	const struct writ_grant_info *info = &row->info;
	_cleanup_json_ json_t *json = json_object();

	set_number(json, "grant", info->id);
	set_string(json, "agent", info->agent_name);
	set_string(json, "role", info->role_name);
	set_string(json, "playbook", info->playbook);
	set_string(json, "ticket", info->ticket);
	set_string(json, "operator", info->operator_name);
	set_number(json, "uid", info->uid);
	set_string(json, "sponsor", info->sponsor);
	set_string(json, "approvers", info->approvers);
	set_number(json, "request", info->ledger);
	set_string(json, "scope", info->scope < WRIT_SCOPE_COUNT ? scopes[info->scope] : "unknown");
	set_string(json, "parameters", info->parameters);
	set_string(json, "state", writ_rows_grant_state(row->state));
	set(json, "issued", writ_output_moment(info->issued));
	set(json, "not_before", writ_output_moment(info->not_before));
	set(json, "expires", writ_output_moment(info->expires));
	set(json, "now", writ_output_moment(row->now_ns));
	set(json, "seconds_left", json_real(seconds(info->expires, row->now_ns)));
	if (info->cut_state != WRIT_CUT_NOT_YET)
		set(json, "cut", cut_of(info));
	set(json, "clipped", json_boolean(row->clip != WRIT_CLIP_NONE));
	return json_incref(json);
}

json_t *writ_rows_grants(const struct writ_answer *answer)
{
	_cleanup_json_ json_t *list = json_array();

	for (size_t i = 0; i < answer->count; i++)
		if (json_array_append_new(list, writ_rows_grant(&answer->rows[i].grant)))
			return NULL;
	return json_incref(list);
}

static json_t *agent_row(const struct writ_agent_row *row)
{
	_cleanup_json_ json_t *json = json_object();

	set_string(json, "agent", row->name);
	set_string(json, "role", row->role);
	set_string(json, "environment", row->environment);
	set_string(json, "cgroup", row->cgroup);
	set_string(json, "state", writ_rows_agent_state(row->state));
	set_string(json, "mode", writ_mode_name(row->mode));
	set_number(json, "index", row->index);
	set_number(json, "cgroups", row->cgroups);
	set_number(json, "grants", row->grants);
	return json_incref(json);
}

json_t *writ_rows_agents(const struct writ_answer *answer)
{
	_cleanup_json_ json_t *list = json_array();

	for (size_t i = 0; i < answer->count; i++)
		if (json_array_append_new(list, agent_row(&answer->rows[i].agent)))
			return NULL;
	return json_incref(list);
}

/* What `writ audit verify --known` takes; null: the log was not written yet. */
static void set_position(json_t *json, const struct writ_status_row *row)
{
	char position[48];

	(void)snprintf(position, sizeof(position), "%llu:%llu",
		       (unsigned long long)row->audit_segment,
		       (unsigned long long)row->audit_checkpoint);
	(void)json_object_set_new(json, "audit_position",
				  row->audit_rounds ? json_string(position) : json_null());
}

static json_t *counters_of(const struct writ_counters *counters)
{
	_cleanup_json_ json_t *json = json_object();

	set_number(json, "records", counters->sequence);
	set_number(json, "lost", counters->lost);
	set_number(json, "allowed", counters->allowed);
	set_number(json, "denied", counters->denied);
	set_number(json, "would_denied", counters->would_denied);
	set_number(json, "enrol_failed", counters->enrol_failed);
	set_number(json, "label_failed", counters->label_failed);
	set_number(json, "path_retries", counters->path_retries);
	return json_incref(json);
}

static json_t *use_of(uint64_t used, uint64_t bytes)
{
	_cleanup_json_ json_t *json = json_object();

	set_number(json, "used", used);
	set_number(json, "bytes", bytes);
	return json_incref(json);
}

static const char *const gap_words[] = {
#define X(name, word) [WRIT_GAP_##name] = (word),
	WRIT_GAP_LIST(X)
#undef X
};

const char *writ_rows_gap(uint32_t reason)
{
	return reason < WRIT_GAP_COUNT ? gap_words[reason] : "unknown";
}

static json_t *lost_of(const struct writ_status_row *row)
{
	_cleanup_json_ json_t *json = json_object();

	for (uint32_t reason = 0; reason < WRIT_GAP_COUNT; reason++)
		set_number(json, gap_words[reason], row->events_lost[reason]);
	return json_incref(json);
}

static void set_events(json_t *json, const struct writ_status_row *row)
{
	set_number(json, "events_written", row->events_written);
	set_number(json, "events_missing", row->events_missing);
	set(json, "events_lost", lost_of(row));
	set_number(json, "remedies_left_out", row->remedies_left_out);
}

static void set_children(json_t *json, const struct writ_status_row *row)
{
	set_number(json, "broker", row->broker);
	set_number(json, "broker_deaths", row->broker_deaths);
	set_number(json, "audit", row->audit);
	set_number(json, "audit_deaths", row->audit_deaths);
	set_number(json, "audit_error", row->audit_error);
	set_position(json, row);
	set_number(json, "audit_spilled", row->audit_spilled);
	set(json, "agents_stopped", json_boolean(row->stopped));
	set_number(json, "cutter", row->cutter);
	set_number(json, "forward", row->forward);
	set_number(json, "forward_deaths", row->forward_deaths);
	set_number(json, "notes_waiting", row->notes_waiting);
	set_number(json, "notes_lost", row->notes_lost);
}

json_t *writ_rows_status(const struct writ_status_row *row)
{
	_cleanup_json_ json_t *json = json_object();

	set_string(json, "version", row->version);
	set_number(json, "pid", row->pid);
	set(json, "adopted", json_boolean(row->adopted));
	set(json, "started", writ_output_moment(row->started_ns));
	set(json, "loaded", writ_output_moment(row->loaded_ns));
	set_string(json, "environment", row->environment);
	set_string(json, "policy", row->policy);
	set_string(json, "audit_log", row->audit_log);
	set_string(json, "lsm", row->lsm);
	set_number(json, "generation", row->generation);
	set_number(json, "links", row->links);
	set_number(json, "programs", row->programs);
	set_number(json, "lacking", row->lacking);
	set_number(json, "unattached", row->unattached);
	set(json, "frozen", json_boolean(row->frozen));
	set_number(json, "proposals", row->proposals);
	set_children(json, row);
	set_number(json, "agents", row->agents);
	set_number(json, "cgroups", row->cgroups);
	set_number(json, "grants", row->grants);
	set_number(json, "roles", row->roles);
	set_number(json, "playbooks", row->playbooks);
	set_events(json, row);
	set(json, "counters", counters_of(&row->counters));
	set(json, "ring", use_of(row->ring_used, row->ring_bytes));
	set(json, "arena", use_of(row->arena_used, row->arena_bytes));
	return json_incref(json);
}
