/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See forward.h: what writ-forward reads of a policy, as a text. Each word stands behind its
 * length, so that no two policies give one text.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compile/model.h"
#include "daemon/forward.h"

static void put(FILE *out, const char *word)
{
	if (word)
		(void)fprintf(out, "%zu:%s ", strlen(word), word);
	else
		(void)fputs("- ", out);
}

static void put_words(FILE *out, const char *const *words, size_t n)
{
	(void)fprintf(out, "%zu ", n);
	for (size_t i = 0; i < n; i++)
		put(out, words[i]);
}

static void put_number(FILE *out, uint64_t number)
{
	(void)fprintf(out, "%" PRIu64 " ", number);
}

static void put_sink(FILE *out, const struct writ_policy_sink *sink)
{
	const char *const words[] = {sink->name,	sink->path, sink->host,
				     sink->port,	sink->server_name, sink->ca,
				     sink->certificate, sink->key,  sink->topic};

	put_words(out, words, sizeof(words) / sizeof(words[0]));
	put_words(out, sink->brokers, sink->n_brokers);
	put_number(out, sink->type);
	put_number(out, sink->format);
	put_number(out, sink->behind);
	put_number(out, sink->backlog);
}

static void put_alert(FILE *out, const struct writ_policy_alert *alert)
{
	put(out, alert->name);
	put(out, alert->webhook);
	put_words(out, alert->command, alert->n_command);
	put_number(out, alert->on);
	put_number(out, alert->count);
	put_number(out, alert->within_ns);
	put_number(out, alert->every_ns);
	put_number(out, alert->syslog);
}

char *writ_forward_text(const struct writ_policy_audit *audit)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	bool whole;

	if (!out)
		return NULL;
	put_number(out, audit->n_sinks);
	for (size_t i = 0; i < audit->n_sinks; i++)
		put_sink(out, &audit->sinks[i]);
	for (size_t i = 0; i < audit->n_alerts; i++)
		put_alert(out, &audit->alerts[i]);
	whole = !ferror(out);
	if (fclose(out) || !whole) {
		free(text);
		return NULL;
	}
	return text;
}
