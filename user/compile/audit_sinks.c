/* SPDX-License-Identifier: Apache-2.0 */
/* See audit.h: where lines go beyond the log. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compile/audit.h"
#include "compile/values.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MIB (UINT64_C(1) << 20)
#define BACKLOG_MAX (UINT64_C(1) << 40)
#define ADDRESS_MAX 300u /* a name of 253 bytes, "tls:", a port */
#define TOPIC_MAX 249u	 /* Kafka's own limit */

#define WORD(name, word) word,
static const char *const type_words[] = {WRIT_SINK_TYPE_LIST(WORD)};
static const char *const format_words[] = {WRIT_SINK_FORMAT_LIST(WORD)};
static const char *const behind_words[] = {WRIT_SINK_BEHIND_LIST(WORD)};

static int read_name(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	return writ_reader_name(reader, value, "name", &((struct writ_policy_sink *)object)->name);
}

static int read_type(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	size_t word = 0;
	int err = writ_reader_word(reader, value, "type", type_words, COUNT(type_words), &word);

	if (!err)
		((struct writ_policy_sink *)object)->type = (enum writ_sink_type)word;
	return err;
}

static int read_format(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	size_t word = 0;
	int err =
		writ_reader_word(reader, value, "format", format_words, COUNT(format_words), &word);

	if (!err)
		((struct writ_policy_sink *)object)->format = (enum writ_sink_format)word;
	return err;
}

static int read_behind(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	size_t word = 0;
	int err =
		writ_reader_word(reader, value, "behind", behind_words, COUNT(behind_words), &word);

	if (!err)
		((struct writ_policy_sink *)object)->behind = (enum writ_sink_behind)word;
	return err;
}

static int read_backlog(struct writ_reader *reader, const struct writ_yaml_node *value,
			void *object)
{
	return writ_reader_size(reader, value, "backlog", MIB, BACKLOG_MAX,
				&((struct writ_policy_sink *)object)->backlog);
}

/* "HOST:PORT" or "[ADDRESS]:PORT" -> its parts. */
static int split(struct writ_reader *reader, const struct writ_yaml_node *value, const char *text,
		 const char **ret_host, const char **ret_port)
{
	const struct writ_position at = writ_reader_at(reader, value);
	const char *colon = strrchr(text, ':');
	bool brackets = *text == '[' && colon && colon > text + 2 && colon[-1] == ']';
	const char *host = text + brackets;
	size_t len = colon ? (size_t)(colon - host) - brackets : 0;
	unsigned long port = colon ? strtoul(colon + 1, NULL, 10) : 0;

	if (!len || strspn(colon + 1, "0123456789") != strlen(colon + 1) || !port || port > 65535)
		return writ_diagnostics_error(reader->diags, &at,
					      "\"%.128s\" has no form HOST:PORT", text);
	*ret_host = writ_arena_text(reader->arena, host, len);
	*ret_port = writ_arena_text(reader->arena, colon + 1, strlen(colon + 1));
	return *ret_host && *ret_port ? 0 : -ENOMEM;
}

static int read_address(struct writ_reader *reader, const struct writ_yaml_node *value,
			void *object)
{
	const struct writ_position at = writ_reader_at(reader, value);
	struct writ_policy_sink *sink = object;
	const char *text = NULL, *fault;
	int err = writ_reader_text(reader, value, "address", ADDRESS_MAX, &text);

	if (err)
		return err;
	if (!strncmp(text, "tls:", 4))
		return split(reader, value, text + 4, &sink->host, &sink->port);
	fault = writ_values_path_fault(text);
	if (fault)
		return writ_diagnostics_error(
			reader->diags, &at,
			"address: \"%.128s\" is neither tls:HOST:PORT nor the "
			"path of a Unix socket",
			text);
	sink->path = text;
	return 0;
}

static int read_server_name(struct writ_reader *reader, const struct writ_yaml_node *value,
			    void *object)
{
	return writ_reader_text(reader, value, "server_name", ADDRESS_MAX,
				&((struct writ_policy_sink *)object)->server_name);
}

static int read_ca(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	return writ_reader_path(reader, value, "ca", &((struct writ_policy_sink *)object)->ca);
}

static int read_certificate(struct writ_reader *reader, const struct writ_yaml_node *value,
			    void *object)
{
	return writ_reader_path(reader, value, "certificate",
				&((struct writ_policy_sink *)object)->certificate);
}

static int read_key(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	return writ_reader_path(reader, value, "key", &((struct writ_policy_sink *)object)->key);
}

static int read_broker(struct writ_reader *reader, const struct writ_yaml_node *value,
		       void *element)
{
	const char *host, *port;
	int err = writ_reader_text(reader, value, "brokers", ADDRESS_MAX, element);

	return err ? err : split(reader, value, *(const char **)element, &host, &port);
}

static int read_brokers(struct writ_reader *reader, const struct writ_yaml_node *value,
			void *object)
{
	struct writ_policy_sink *sink = object;
	const void *items = NULL;
	int err = writ_reader_list(reader, value, "brokers", WRIT_BROKERS_MAX, sizeof(char *),
				   read_broker, &items, &sink->n_brokers);

	sink->brokers = items;
	return err;
}

static int read_topic(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	const struct writ_position at = writ_reader_at(reader, value);
	const char **topic = &((struct writ_policy_sink *)object)->topic;
	int err = writ_reader_text(reader, value, "topic", TOPIC_MAX, topic);

	if (err)
		return err;
	if (strspn(*topic, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
	    strlen(*topic))
		return 0;
	return writ_diagnostics_error(
		reader->diags, &at,
		"topic: \"%.128s\" has other signs than letters, digits, '.', "
		"'_' and '-'",
		*topic);
}

/* Each type has what it needs, and nothing that means nothing to it. */
static const char *fault_of(const struct writ_policy_sink *sink)
{
	bool tls = sink->server_name || sink->ca || sink->certificate || sink->key;

	if (sink->type == WRIT_SINK_SYSLOG && !sink->path && !sink->host)
		return "syslog needs an address";
	if (sink->type != WRIT_SINK_SYSLOG && (sink->path || sink->host))
		return "address is syslog's";
	if (sink->type == WRIT_SINK_KAFKA && (!sink->n_brokers || !sink->topic))
		return "kafka needs brokers and a topic";
	if (sink->type != WRIT_SINK_KAFKA && (sink->n_brokers || sink->topic))
		return "brokers and topic are kafka's";
	if (tls && (sink->type == WRIT_SINK_STDOUT || sink->path))
		return "ca, certificate, key and server_name are of TLS";
	if (!sink->certificate != !sink->key)
		return "certificate and key: write both or none";
	if ((sink->behind == WRIT_BEHIND_SKIP) != (sink->backlog != 0))
		return "backlog is the bytes of behind: skip; write both or none";
	return NULL;
}

static int read_sink(struct writ_reader *reader, const struct writ_yaml_node *value, void *element)
{
	static const struct writ_field fields[] = {
		{"name", true, read_name},
		{"type", true, read_type},
		{"format", false, read_format},
		{"address", false, read_address},
		{"server_name", false, read_server_name},
		{"ca", false, read_ca},
		{"certificate", false, read_certificate},
		{"key", false, read_key},
		{"brokers", false, read_brokers},
		{"topic", false, read_topic},
		{"behind", false, read_behind},
		{"backlog", false, read_backlog},
	};
	struct writ_policy_sink *sink = element;
	const char *fault;
	int err;

	*sink = (struct writ_policy_sink){.at = writ_reader_at(reader, value)};
	err = writ_reader_fields(reader, value, "a sink", fields, COUNT(fields), sink);
	if (err)
		return err;
	fault = fault_of(sink);
	return fault ? writ_diagnostics_error(reader->diags, &sink->at, "sink %s: %s", sink->name,
					      fault)
		     : 0;
}

int writ_audit_read_sinks(struct writ_reader *reader, const struct writ_yaml_node *value,
			  void *object)
{
	struct writ_policy_audit *audit = object;
	const void *items = NULL;
	int err = writ_reader_list(reader, value, "sinks", WRIT_SINKS_MAX,
				   sizeof(struct writ_policy_sink), read_sink, &items,
				   &audit->n_sinks);

	if (err)
		return err;
	audit->sinks = items;
	for (size_t i = 0; i < audit->n_sinks; i++)
		for (size_t j = 0; j < i; j++)
			if (!strcmp(audit->sinks[i].name, audit->sinks[j].name))
				return writ_diagnostics_error(reader->diags, &audit->sinks[i].at,
							      "two sinks have the name %s",
							      audit->sinks[i].name);
	return 0;
}
