/* SPDX-License-Identifier: Apache-2.0 */
/* See rule_text.h. */
#include "compile/rule_text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compile/arena.h"
#include "lib/escape.h"
#include "writ/names.h"

/* Appends @len bytes, escaped. */
static int append(struct writ_rule_text *text, const char *bytes, size_t len)
{
	if (writ_array_reserve(&text->bytes, &text->capacity, text->size + WRIT_ESCAPE_SIZE(len),
			       1))
		return -ENOMEM;
	text->size += writ_escape_text(bytes, len, text->bytes + text->size, WRIT_ESCAPE_SIZE(len));
	return 0;
}

static int print(struct writ_rule_text *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* For short things only: longer ones go through append(). */
static int print(struct writ_rule_text *text, const char *format, ...)
{
	char buffer[512];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(buffer, sizeof(buffer), format, args);
	va_end(args);
	return append(text, buffer, strlen(buffer));
}

static int begin(struct writ_rule_text *text, const struct writ_position *at, const char *object)
{
	const char *slash = strrchr(at->file, '/');
	int err = print(text, "%.255s:%u:%u ", slash ? slash + 1 : at->file, at->line, at->column);

	return err ? err : append(text, object, strlen(object));
}

static int words(struct writ_rule_text *text, const char *before, uint32_t bits)
{
	int err = bits ? print(text, "%s", before) : 0;

	for (uint32_t i = 0; i < WRIT_ACCESS_BITS && !err; i++) {
		if (!(bits & 1u << i))
			continue;
		err = print(text, "%s%s", writ_access_name(i), bits >> i > 1 ? "," : "");
	}
	return err;
}

int writ_rule_text_file(struct writ_rule_text *text, const struct writ_file_rule *rule,
			uint32_t allow, uint32_t deny)
{
	int err = begin(text, &rule->at, rule->path);

	if (!err)
		err = words(text, " ", allow);
	return err ? err : words(text, " deny ", deny);
}

int writ_rule_text_exec(struct writ_rule_text *text, const struct writ_exec_rule *rule)
{
	int err = begin(text, &rule->at, rule->path);

	if (!err)
		err = words(text, " ", WRIT_ACCESS_EXECUTE);
	if (!err && rule->argv)
		err = print(text, " argv:");
	for (size_t i = 0; i < rule->n_argv && rule->argv && !err; i++) {
		err = print(text, " ");
		if (!err)
			err = append(text, rule->argv[i], strlen(rule->argv[i]));
	}
	return err;
}

int writ_rule_text_network(struct writ_rule_text *text, const struct writ_network_rule *rule)
{
	int err = begin(text, &rule->at, rule->connect);

	if (!err)
		err = print(text, " %s", writ_protocol_name(rule->protocol));
	for (size_t i = 0; i < rule->n_ports && !err; i++) {
		const struct writ_port_span *span = &rule->ports[i];

		if (!span->low)
			continue; /* all ports: nothing to say */
		err = print(text, "%s%u", i ? "," : " ", span->low);
		if (!err && span->high != span->low)
			err = print(text, "-%u", span->high);
	}
	if (!err && rule->deny)
		err = print(text, " deny");
	return err ? err : words(text, " ", rule->access);
}

int writ_rule_text_agent(struct writ_rule_text *text, const struct writ_policy_agent *agent)
{
	int err = begin(text, &agent->cgroup_at, agent->cgroup);

	return err ? err : print(text, " agent %s", agent->name);
}

void writ_rule_text_free(struct writ_rule_text *text)
{
	free(text->bytes);
	*text = (struct writ_rule_text){0};
}
