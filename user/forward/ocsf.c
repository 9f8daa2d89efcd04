/* SPDX-License-Identifier: Apache-2.0 */
/* See ocsf.h: what all classes have. When memory runs out, no event is made. */
#include "forward/ocsf.h"

#include <errno.h>
#include <string.h>
#include <syslog.h>

#include "forward/ocsf_class.h"
#include "lib/cleanup.h"
#include "lib/escape.h"
#include "trail/lines.h"

#define US_PER_MS 1000
#define SUCCESS 1
#define FAILURE 2

static void decref_p(json_t **json)
{
	json_decref(*json);
}

#define _cleanup_json_ _cleanup_(decref_p)

void writ_ocsf_move(struct writ_ocsf *ocsf, const char *key, json_t *object, const char *name)
{
	json_t *value = json_object_get(ocsf->line, key);

	if (!value || json_is_null(value))
		return;
	(void)json_object_set(object, name, value);
	(void)json_object_del(ocsf->line, key);
}

void writ_ocsf_move_uid(struct writ_ocsf *ocsf, const char *key, json_t *object, const char *name)
{
	const json_t *value = json_object_get(ocsf->line, key);

	if (!json_is_integer(value))
		return;
	(void)json_object_set_new(object, name,
				  json_sprintf("%lld", (long long)json_integer_value(value)));
	(void)json_object_del(ocsf->line, key);
}

static int severity_of(const struct writ_record *record)
{
	static const int severities[] = {[LOG_ALERT] = 5,   [LOG_CRIT] = 5,   [LOG_ERR] = 4,
					 [LOG_WARNING] = 3, [LOG_NOTICE] = 2, [LOG_INFO] = 1};

	return severities[writ_record_severity(record)];
}

static int status_of(const struct writ_record *record)
{
	const char *verdict = writ_record_text(record, "verdict");
	const char *event = writ_record_text(record, "event");

	if (!record->json)
		return 0;
	if (!strcmp(verdict, "deny") || !strcmp(event, "refused") ||
	    !strcmp(event, "policy_refused") || !strcmp(event, "broker_failing"))
		return FAILURE;
	return SUCCESS;
}

/* action, then disposition: 1 allowed, 2 denied; 1 allowed, 2 blocked, 15 detected. */
static void add_outcome(struct writ_ocsf *ocsf)
{
	const char *verdict = writ_record_text(ocsf->record, "verdict");
	bool deny = !strcmp(verdict, "deny"), would = !strcmp(verdict, "would_deny");
	bool allow = !strcmp(verdict, "allow");

	if (!*verdict)
		return;
	(void)json_object_set_new(ocsf->event, "action_id",
				  json_integer(deny ? 2 : allow || would));
	(void)json_object_set_new(ocsf->event, "disposition_id",
				  json_integer(deny    ? 2
					       : would ? 15
						       : allow));
	writ_ocsf_move(ocsf, "verdict", ocsf->event, "disposition");
	writ_ocsf_move(ocsf, "reason", ocsf->event, "status_detail");
}

static json_t *metadata_of(struct writ_ocsf *ocsf)
{
	json_t *metadata =
		json_pack("{s:s, s:s, s:{s:s, s:s, s:s}, s:[s, s]}", "version", WRIT_OCSF_VERSION,
			  "log_name", "writ", "product", "name", "Writ", "vendor_name", "Writ",
			  "version", WRIT_VERSION, "profiles", "host", "security_control");

	writ_ocsf_move(ocsf, "chain", metadata, "uid");
	writ_ocsf_move(ocsf, "sequence", metadata, "sequence");
	writ_ocsf_move(ocsf, "type", metadata, "event_code");
	writ_ocsf_move(ocsf, "time", metadata, "original_time");
	return metadata;
}

/* Whose word the rule or the playbook is. */
static void add_authorization(struct writ_ocsf *ocsf, json_t *actor)
{
	json_t *policy = json_object();

	writ_ocsf_move(ocsf, "rule", policy, "name");
	writ_ocsf_move(ocsf, "playbook", policy, "uid");
	if (json_object_size(policy))
		(void)json_object_set_new(actor, "authorizations",
					  json_pack("[{s:O, s:s}]", "policy", policy, "decision",
						    writ_record_text(ocsf->record, "verdict")));
	json_decref(policy);
}

static void add_process(struct writ_ocsf *ocsf, json_t *actor)
{
	json_t *from = json_object_get(ocsf->line, "process");
	const char *start = json_string_value(json_object_get(from, "start"));
	json_t *process;

	if (!json_is_object(from))
		return;
	process = json_pack("{s:O?, s:O?, s:O?}", "pid", json_object_get(from, "pid"), "tid",
			    json_object_get(from, "tid"), "name", json_object_get(from, "comm"));
	if (start)
		(void)json_object_set_new(
			process, "uid",
			json_sprintf("%lld-%s",
				     (long long)json_integer_value(json_object_get(from, "pid")),
				     start));
	(void)json_object_set_new(actor, "process", process);
	(void)json_object_set_new(
		actor, "user",
		json_pack("{s:o}", "uid",
			  json_sprintf("%lld", (long long)json_integer_value(
						       json_object_get(from, "uid")))));
	(void)json_object_del(ocsf->line, "process");
}

/* The agent is the application that acts; its grant is the session in which it does. */
static void add_actor(struct writ_ocsf *ocsf)
{
	json_t *actor = json_object(), *session;

	add_process(ocsf, actor);
	add_authorization(ocsf, actor);
	writ_ocsf_move(ocsf, "agent", actor, "app_name");
	writ_ocsf_move(ocsf, "spiffe", actor, "app_uid");
	if (json_is_integer(json_object_get(ocsf->line, "grant"))) {
		session = json_object();
		writ_ocsf_move_uid(ocsf, "grant", session, "uid");
		(void)json_object_set_new(actor, "session", session);
	}
	(void)json_object_set_new(ocsf->event, "actor", actor);
}

static void add_common(struct writ_ocsf *ocsf, const char *host)
{
	json_t *event = ocsf->event;

	(void)json_object_set_new(event, "class_uid", json_integer(ocsf->class));
	(void)json_object_set_new(event, "category_uid", json_integer((int)ocsf->class / 1000));
	(void)json_object_set_new(event, "activity_id", json_integer(ocsf->activity));
	(void)json_object_set_new(event, "type_uid",
				  json_integer((json_int_t)ocsf->class * 100 + ocsf->activity));
	(void)json_object_set_new(event, "severity_id", json_integer(severity_of(ocsf->record)));
	(void)json_object_set_new(event, "status_id", json_integer(status_of(ocsf->record)));
	(void)json_object_set_new(event, "time",
				  json_integer(writ_record_time(ocsf->record) / US_PER_MS));
	(void)json_object_set_new(event, "metadata", metadata_of(ocsf));
	(void)json_object_set_new(event, "device",
				  json_pack("{s:s, s:i}", "hostname", host, "type_id", 0));
}

/* A line that is no JSON: its bytes, made safe. */
static void add_raw(struct writ_ocsf *ocsf)
{
	_cleanup_free_ char *text = malloc(WRIT_ESCAPE_SIZE(WRIT_LINES_MAX));

	if (!text)
		return;
	(void)writ_escape_text(ocsf->record->line, ocsf->record->len, text,
			       WRIT_ESCAPE_SIZE(WRIT_LINES_MAX));
	(void)json_object_set_new(ocsf->event, "raw_data", json_string(text));
}

static int put(const char *bytes, size_t len, void *event)
{
	return writ_bytes_add(event, bytes, len) ? -1 : 0;
}

int writ_ocsf_write(const struct writ_record *record, const char *host,
		    struct writ_bytes *ret_event)
{
	_cleanup_json_ json_t *line = record->json ? json_copy(record->json) : json_object();
	_cleanup_json_ json_t *event = json_object();
	struct writ_ocsf ocsf = {.record = record, .line = line, .event = event};

	if (!line || !event)
		return -ENOMEM;
	if (record->json)
		writ_ocsf_classify(&ocsf);
	else
		add_raw(&ocsf);
	add_common(&ocsf, host);
	add_outcome(&ocsf);
	add_actor(&ocsf);
	if (json_object_size(line))
		(void)json_object_set(event, "unmapped", line);
	if (!json_object_get(event, "metadata") || !json_object_get(event, "device"))
		return -ENOMEM;
	return json_dump_callback(event, put, ret_event, JSON_COMPACT) ? -EMSGSIZE : 0;
}
