/* SPDX-License-Identifier: Apache-2.0 */
/* Which class of OCSF a line is, and what that class says of it. See ocsf.h for the choice. */
#include "forward/ocsf_class.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "trail/blocks.h"

/* Activities, by OCSF's numbers. */
enum {
	FILE_CREATE = 1,
	FILE_READ,
	FILE_UPDATE,
	FILE_DELETE,
	FILE_RENAME,
	FILE_SET_ATTRIBUTES,
	FILE_SET_SECURITY,
	FILE_OPEN = 14,
	PROCESS_LAUNCH = 1,
	PROCESS_OPEN = 3,
	NETWORK_OPEN = 1,
	NETWORK_TRAFFIC = 6,
	NETWORK_LISTEN = 7,
	AUTHORIZE_ASSIGN = 1,
	APP_START = 3,
	APP_STOP,
	APP_DISABLE = 7,
	APP_UPDATE,
	OTHER = WRIT_OCSF_OTHER,
};

static const struct {
	const char *operation;
	enum writ_ocsf_class class;
	int activity;
} operations[] = {
	{"open", WRIT_OCSF_FILE, FILE_OPEN},
	{"open_exec", WRIT_OCSF_FILE, FILE_OPEN},
	{"read", WRIT_OCSF_FILE, FILE_READ},
	{"write", WRIT_OCSF_FILE, FILE_UPDATE},
	{"truncate", WRIT_OCSF_FILE, FILE_UPDATE},
	{"mknod", WRIT_OCSF_FILE, FILE_CREATE},
	{"mkdir", WRIT_OCSF_FILE, FILE_CREATE},
	{"symlink", WRIT_OCSF_FILE, FILE_CREATE},
	{"link", WRIT_OCSF_FILE, FILE_CREATE},
	{"unlink", WRIT_OCSF_FILE, FILE_DELETE},
	{"rmdir", WRIT_OCSF_FILE, FILE_DELETE},
	{"rename", WRIT_OCSF_FILE, FILE_RENAME},
	{"chmod", WRIT_OCSF_FILE, FILE_SET_SECURITY},
	{"chown", WRIT_OCSF_FILE, FILE_SET_SECURITY},
	{"utimes", WRIT_OCSF_FILE, FILE_SET_ATTRIBUTES},
	{"xattr", WRIT_OCSF_FILE, FILE_SET_ATTRIBUTES},
	{"map", WRIT_OCSF_FILE, OTHER},
	{"receive", WRIT_OCSF_FILE, OTHER},
	{"ioctl", WRIT_OCSF_FILE, OTHER},
	{"exec", WRIT_OCSF_PROCESS, PROCESS_LAUNCH},
	{"argv", WRIT_OCSF_PROCESS, PROCESS_LAUNCH},
	{"fork", WRIT_OCSF_PROCESS, PROCESS_LAUNCH},
	{"ptrace", WRIT_OCSF_PROCESS, PROCESS_OPEN},
	{"signal", WRIT_OCSF_PROCESS, OTHER},
	{"connect", WRIT_OCSF_NETWORK, NETWORK_OPEN},
	{"send", WRIT_OCSF_NETWORK, NETWORK_TRAFFIC},
	{"recv", WRIT_OCSF_NETWORK, NETWORK_TRAFFIC},
	{"listen", WRIT_OCSF_NETWORK, NETWORK_LISTEN},
	{"bind", WRIT_OCSF_NETWORK, OTHER},
	{"socket", WRIT_OCSF_NETWORK, OTHER},
};

static bool is(const struct writ_ocsf *ocsf, const char *key, const char *word)
{
	return !strcmp(writ_record_text(ocsf->record, key), word);
}

/* OCSF's own name for what it has no number for. */
static void name_activity(struct writ_ocsf *ocsf, const char *key)
{
	writ_ocsf_move(ocsf, key, ocsf->event, "activity_name");
}

/* A file has a name and a type: 1 regular, 2 folder, 0 not known. */
static json_t *file_of(const char *path, int type)
{
	const char *slash = strrchr(path, '/');

	return json_pack("{s:s, s:s, s:i}", "path", path, "name",
			 slash && slash[1] ? slash + 1 : path, "type_id", type);
}

static bool needs(const struct writ_ocsf *ocsf, const char *right)
{
	const json_t *access = json_object_get(ocsf->record->json, "access"), *one;
	size_t i;

	json_array_foreach(access, i, one)
	{
		const char *word = json_string_value(one);

		if (word && !strcmp(word, right))
			return true;
	}
	return false;
}

static void file(struct writ_ocsf *ocsf)
{
	int type = is(ocsf, "operation", "mkdir") || is(ocsf, "operation", "rmdir") ? 2 : 0;

	if (ocsf->activity == FILE_OPEN && needs(ocsf, "create"))
		ocsf->activity = FILE_CREATE;
	(void)json_object_set_new(ocsf->event, "file",
				  file_of(writ_record_text(ocsf->record, "object"), type));
	(void)json_object_del(ocsf->line, "object");
}

/* The arguments as one text; which they were stays in `unmapped`. */
static json_t *command_line(const struct writ_ocsf *ocsf)
{
	const json_t *argv = json_object_get(ocsf->record->json, "argv"), *one;
	json_t *text = json_string("");
	size_t i;

	json_array_foreach(argv, i, one)
	{
		json_t *more = json_sprintf("%s%s%s", json_string_value(text), i ? " " : "",
					    json_string_value(one) ? json_string_value(one) : "");

		json_decref(text);
		text = more;
	}
	return text;
}

/* What is executed becomes the actor's process; of another one the object begins with its pid. */
static void process(struct writ_ocsf *ocsf)
{
	const char *object = writ_record_text(ocsf->record, "object");
	const json_t *actor = json_object_get(ocsf->record->json, "process");
	json_t *target = json_object(), *pid = json_object_get(actor, "pid");

	if (is(ocsf, "operation", "exec") || is(ocsf, "operation", "argv")) {
		(void)json_object_set_new(target, "file", file_of(object, 1));
		(void)json_object_set_new(target, "cmd_line", command_line(ocsf));
		(void)json_object_set(target, "pid", pid);
		(void)json_object_del(ocsf->line, "object");
	} else if (is(ocsf, "operation", "fork")) {
		(void)json_object_set_new(target, "parent_process",
					  json_pack("{s:O?}", "pid", pid));
		(void)json_object_set(target, "name", json_object_get(actor, "comm"));
	} else {
		(void)json_object_set_new(target, "pid", json_integer(strtol(object, NULL, 10)));
	}
	(void)json_object_set_new(ocsf->event, "process", target);
}

static void network(struct writ_ocsf *ocsf)
{
	const char *protocol = writ_record_text(ocsf->record, "protocol");
	bool ours = is(ocsf, "operation", "bind") || is(ocsf, "operation", "listen") ||
		    is(ocsf, "operation", "socket");
	json_t *endpoint = json_object(), *info;

	writ_ocsf_move(ocsf, "address", endpoint, "ip");
	writ_ocsf_move(ocsf, "port", endpoint, "port");
	if (!json_object_get(endpoint, "ip")) /* of a Unix socket or of another family */
		writ_ocsf_move(ocsf, "object", endpoint, "name");
	(void)json_object_set_new(ocsf->event, ours ? "src_endpoint" : "dst_endpoint", endpoint);
	info = json_pack("{s:i}", "direction_id",
			 is(ocsf, "operation", "connect") || is(ocsf, "operation", "send") ? 2 : 0);
	if (!strcmp(protocol, "tcp") || !strcmp(protocol, "udp")) {
		(void)json_object_set_new(info, "protocol_num",
					  json_integer(*protocol == 't' ? 6 : 17));
		writ_ocsf_move(ocsf, "protocol", info, "protocol_name");
	}
	(void)json_object_set_new(ocsf->event, "connection_info", info);
}

static void decision(struct writ_ocsf *ocsf)
{
	const char *operation = writ_record_text(ocsf->record, "operation");

	ocsf->activity = OTHER;
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
		if (strcmp(operation, operations[i].operation) != 0)
			continue;
		ocsf->class = operations[i].class;
		ocsf->activity = operations[i].activity;
	}
	if (ocsf->class == WRIT_OCSF_FILE)
		file(ocsf);
	else if (ocsf->class == WRIT_OCSF_PROCESS)
		process(ocsf);
	else if (ocsf->class == WRIT_OCSF_NETWORK)
		network(ocsf);
	name_activity(ocsf, "operation");
}

static void add_moment(struct writ_ocsf *ocsf, const char *key, json_t *object, const char *name)
{
	const char *text = writ_record_text(ocsf->record, key);
	char line[64];
	int len = snprintf(line, sizeof(line), "{\"time\":\"%s\"}", text);
	int64_t us = len < (int)sizeof(line) ? writ_word_time(line, (size_t)len) : INT64_MIN;

	if (us == INT64_MIN)
		return;
	(void)json_object_set_new(object, name, json_integer(us / 1000));
	(void)json_object_del(ocsf->line, key);
}

/* A grant, or what may become one: the agent is who gets privileges, its session is the grant. */
static void authorize(struct writ_ocsf *ocsf)
{
	const char *agent = writ_record_text(ocsf->record, "agent");
	json_t *session = json_object(), *privileges = json_array(), *playbook;

	ocsf->class = WRIT_OCSF_AUTHORIZE;
	ocsf->activity = is(ocsf, "event", "issued") ? AUTHORIZE_ASSIGN : OTHER;
	playbook = json_object_get(ocsf->line, "playbook");
	if (json_is_string(playbook))
		(void)json_array_append(privileges, playbook);
	writ_ocsf_move_uid(ocsf, "grant", session, "uid");
	writ_ocsf_move_uid(ocsf, "proposal", session, "uid_alt");
	writ_ocsf_move(ocsf, "operator", session, "issuer");
	add_moment(ocsf, "not_before", session, "created_time");
	add_moment(ocsf, "expires", session, "expiration_time");
	(void)json_object_set_new(ocsf->event, "session", session);
	(void)json_object_set_new(ocsf->event, "privileges", privileges);
	(void)json_object_set_new(ocsf->event, "user",
				  json_pack("{s:s, s:i}", "name", *agent ? agent : "unknown",
					    "type_id", 3)); /* of the system, no person */
	name_activity(ocsf, "event");
}

static void lifecycle(struct writ_ocsf *ocsf)
{
	static const struct {
		const char *event;
		int activity;
	} events[] = {
		{"started", APP_START},	   {"adopted", APP_START},	   {"stopped", APP_STOP},
		{"unloaded", APP_DISABLE}, {"policy_applied", APP_UPDATE},
	};
	json_t *app = json_pack("{s:s, s:s}", "name", "Writ", "vendor_name", "Writ");

	ocsf->class = WRIT_OCSF_LIFECYCLE;
	ocsf->activity = OTHER;
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		if (is(ocsf, "event", events[i].event))
			ocsf->activity = events[i].activity;
	writ_ocsf_move(ocsf, "version", app, "version");
	writ_ocsf_move(ocsf, "detail", ocsf->event, "message");
	(void)json_object_set_new(ocsf->event, "app", app);
	name_activity(ocsf, "event");
}

void writ_ocsf_classify(struct writ_ocsf *ocsf)
{
	ocsf->activity = OTHER;
	if (is(ocsf, "type", "decision"))
		decision(ocsf);
	else if (is(ocsf, "type", "grant") || is(ocsf, "type", "proposal"))
		authorize(ocsf);
	else if (is(ocsf, "type", "daemon"))
		lifecycle(ocsf);
	else
		(void)json_object_set(ocsf->event, "activity_name",
				      json_object_get(ocsf->line, "type"));
}
