/* SPDX-License-Identifier: Apache-2.0 */
/* See audit.h: who is told of what, at once. */
#include <errno.h>
#include <string.h>

#include "compile/audit.h"
#include "lib/time.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define COUNT_MAX 1000000u
#define URL_MAX 2000u

#define WORD(name, word) word,
static const char *const on_words[] = {WRIT_ALERT_LIST(WORD)};

static int read_name(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	return writ_reader_name(reader, value, "name", &((struct writ_policy_alert *)object)->name);
}

static int read_on(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	size_t word = 0;
	int err = writ_reader_word(reader, value, "when", on_words, COUNT(on_words), &word);

	if (!err)
		((struct writ_policy_alert *)object)->on = (enum writ_alert_on)word;
	return err;
}

static int read_count(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	return writ_reader_count(reader, value, "count", 1, COUNT_MAX,
				 &((struct writ_policy_alert *)object)->count);
}

static int read_within(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	return writ_reader_duration(reader, value, "within",
				    &((struct writ_policy_alert *)object)->within_ns);
}

static int read_every(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	return writ_reader_duration(reader, value, "every",
				    &((struct writ_policy_alert *)object)->every_ns);
}

static int read_syslog(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	return writ_reader_bool(reader, value, "syslog",
				&((struct writ_policy_alert *)object)->syslog);
}

static int read_command(struct writ_reader *reader, const struct writ_yaml_node *value,
			void *object)
{
	struct writ_policy_alert *alert = object;

	return writ_reader_command(reader, value, "command", &alert->command, &alert->n_command);
}

static int read_webhook(struct writ_reader *reader, const struct writ_yaml_node *value,
			void *object)
{
	const struct writ_position at = writ_reader_at(reader, value);
	const char **url = &((struct writ_policy_alert *)object)->webhook;
	int err = writ_reader_text(reader, value, "webhook", URL_MAX, url);

	if (err)
		return err;
	if (!strncmp(*url, "https://", 8) || !strncmp(*url, "http://", 7))
		return 0;
	return writ_diagnostics_error(
		reader->diags, &at, "webhook: \"%.128s\" begins with neither https:// nor http://",
		*url);
}

static int read_alert(struct writ_reader *reader, const struct writ_yaml_node *value, void *element)
{
	static const struct writ_field fields[] = {
		{"name", true, read_name},	  {"when", true, read_on},
		{"count", false, read_count},	  {"within", false, read_within},
		{"every", false, read_every},	  {"syslog", false, read_syslog},
		{"command", false, read_command}, {"webhook", false, read_webhook},
	};
	struct writ_policy_alert *alert = element;
	int err;

	*alert = (struct writ_policy_alert){
		.at = writ_reader_at(reader, value),
		.count = 1,
		.within_ns = 60 * WRIT_NS_PER_SECOND,
		.every_ns = 60 * WRIT_NS_PER_SECOND,
	};
	err = writ_reader_fields(reader, value, "an alert", fields, COUNT(fields), alert);
	if (!err && !alert->syslog && !alert->n_command && !alert->webhook)
		return writ_diagnostics_error(reader->diags, &alert->at,
					      "alert %s: nobody is told; write syslog: true, a "
					      "command or a webhook",
					      alert->name);
	return err;
}

int writ_audit_read_alerts(struct writ_reader *reader, const struct writ_yaml_node *value,
			   void *object)
{
	struct writ_policy_audit *audit = object;
	const void *items = NULL;
	int err = writ_reader_list(reader, value, "alerts", WRIT_ALERTS_MAX,
				   sizeof(struct writ_policy_alert), read_alert, &items,
				   &audit->n_alerts);

	if (err)
		return err;
	audit->alerts = items;
	for (size_t i = 0; i < audit->n_alerts; i++)
		for (size_t j = 0; j < i; j++)
			if (!strcmp(audit->alerts[i].name, audit->alerts[j].name))
				return writ_diagnostics_error(reader->diags, &audit->alerts[i].at,
							      "two alerts have the name %s",
							      audit->alerts[i].name);
	return 0;
}
