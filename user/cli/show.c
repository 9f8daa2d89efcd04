/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See show.h. The log is a file that others may have written to: every string of it is made fit
 * for a terminal again before it is shown.
 */
#include "cli/show.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include "cli/output.h"
#include "lib/time.h"

struct text {
	char *at;
	char *end;
};

static void put(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(struct text *text, const char *format, ...)
{
	size_t room = (size_t)(text->end - text->at);
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(text->at, room, format, args);
	va_end(args);
	if (len > 0)
		text->at += (size_t)len < room ? (size_t)len : room - 1;
}

/* The string at @key, "" when there is none. */
static const char *get(const json_t *line, const char *key)
{
	const char *string = json_string_value(json_object_get(line, key));

	return string ? string : "";
}

/* A string of the line in a column of @width, and two blanks. */
static void put_column(struct text *text, const char *string, size_t width)
{
	char safe[WRIT_SHOW_SIZE];
	size_t shown;

	(void)writ_output_text(*string ? string : "-", safe, sizeof(safe));
	shown = writ_output_width(safe);
	put(text, "%s%*s  ", safe, shown < width ? (int)(width - shown) : 0, "");
}

static void put_text(struct text *text, const char *string)
{
	char safe[WRIT_SHOW_SIZE];

	put(text, "%s", writ_output_text(string, safe, sizeof(safe)));
}

/* "2026-11-22T10:11:12.345678Z" as "2026-11-22 10:11:12". */
static void put_time(struct text *text, const json_t *line)
{
	char stamp[20] = {0};

	(void)snprintf(stamp, sizeof(stamp), "%.19s", get(line, "time"));
	if (strlen(stamp) == 19 && stamp[10] == 'T')
		stamp[10] = ' ';
	put_column(text, stamp, 19);
}

static enum writ_colour verdict_colour(const char *verdict)
{
	if (!strcmp(verdict, "deny"))
		return WRIT_COLOUR_RED;
	return strcmp(verdict, "would_deny") ? WRIT_COLOUR_GREEN : WRIT_COLOUR_YELLOW;
}

/* The second column: what kind of line it is, in colour. */
static void put_kind(struct text *text, const char *kind, enum writ_colour colour)
{
	put(text, "%s", writ_output_colour(colour));
	put_column(text, kind, 6);
	put(text, "%s", writ_output_plain());
}

/* ", 17s left" or ", ended 3s ago". */
static void put_left(struct text *text, const json_t *line)
{
	const json_t *left = json_object_get(line, "seconds_left");
	double seconds = json_number_value(left), size = seconds < 0 ? -seconds : seconds;
	char span[32];

	if (!json_is_number(left) || size > 1e9)
		return;
	writ_time_format((uint64_t)(size * 1e9), span, sizeof(span));
	put(text, seconds < 0 ? ", ended %s ago" : ", %s left", span);
}

static void put_grant(struct text *text, const json_t *line)
{
	put(text, "  grant %" JSON_INTEGER_FORMAT " ",
	    json_integer_value(json_object_get(line, "grant")));
	put_text(text, get(line, "playbook"));
	if (*get(line, "ticket")) {
		put(text, " ");
		put_text(text, get(line, "ticket"));
	}
	put_left(text, line);
}

static void put_argv(struct text *text, const json_t *line)
{
	const json_t *argv = json_object_get(line, "argv");
	const json_t *word;
	size_t i;

	put(text, "  argv");
	json_array_foreach(argv, i, word)
	{
		const char *string = json_string_value(word);

		put(text, " ");
		put_text(text, string && *string ? string : "''");
	}
}

static void show_decision(struct text *text, const json_t *line)
{
	put_kind(text, get(line, "verdict"), verdict_colour(get(line, "verdict")));
	put_column(text, get(line, "agent"), 12);
	put_column(text, get(line, "role"), 12);
	put_column(text, get(line, "operation"), 9);
	put_column(text, get(line, "object"), 30);
	put_text(text, get(line, "reason"));
	if (json_object_get(line, "grant"))
		put_grant(text, line);
	if (*get(line, "rule")) {
		put(text, "  rule ");
		put_text(text, get(line, "rule"));
	}
	if (!strcmp(get(line, "operation"), "argv"))
		put_argv(text, line);
}

static void show_exec(struct text *text, const json_t *line)
{
	put_kind(text, "exec", WRIT_COLOUR_NONE);
	put_column(text, get(line, "agent"), 12);
	put_column(text, get(line, "role"), 12);
	put_text(text, get(line, "object"));
	if (*get(line, "reason")) {
		put(text, "  ");
		put_text(text, get(line, "reason"));
	}
	put_argv(text, line);
	if (json_is_true(json_object_get(line, "argv_cut")))
		put(text, " ...");
}

static void show_enrolment(struct text *text, const json_t *line)
{
	put_kind(text, "enrol", WRIT_COLOUR_NONE);
	put_column(text, get(line, "agent"), 12);
	put_column(text, get(line, "role"), 12);
	put_text(text, get(line, "object"));
}

static void show_gap(struct text *text, const json_t *line)
{
	const json_t *cpu = json_object_get(line, "cpu");

	put_kind(text, "gap", WRIT_COLOUR_RED);
	put(text, "%" JSON_INTEGER_FORMAT " missing: ",
	    json_integer_value(json_object_get(line, "missing")));
	put_text(text, get(line, "reason"));
	if (cpu)
		put(text, ", CPU %" JSON_INTEGER_FORMAT, json_integer_value(cpu));
}

static void show_grant(struct text *text, const json_t *line)
{
	put_kind(text, "grant", WRIT_COLOUR_BOLD);
	put_column(text, get(line, "agent"), 12);
	put_column(text, get(line, "role"), 12);
	put_column(text, get(line, "event"), 9);
	put(text, "by ");
	put_text(text, *get(line, "by") ? get(line, "by") : get(line, "operator"));
	put_grant(text, line);
	put(text, "  ");
	put_text(text, get(line, "parameters"));
}

static void show_daemon(struct text *text, const json_t *line)
{
	put_kind(text, "writd", WRIT_COLOUR_BOLD);
	put_column(text, get(line, "event"), 14);
	put(text, "generation %" JSON_INTEGER_FORMAT "  ",
	    json_integer_value(json_object_get(line, "generation")));
	put_text(text, get(line, "detail"));
}

static void show_proposal(struct text *text, const json_t *line)
{
	put_kind(text, "ask", WRIT_COLOUR_BOLD);
	put_column(text, get(line, "agent"), 12);
	put_column(text, get(line, "event"), 9);
	put(text, "by ");
	put_text(text, *get(line, "by") ? get(line, "by") : get(line, "operator"));
	put(text, "  ");
	put_text(text, get(line, "playbook"));
	if (*get(line, "ticket")) {
		put(text, " ");
		put_text(text, get(line, "ticket"));
	}
	put(text, "  ");
	put_text(text, get(line, "parameters"));
}

/* Refused or withdrawn; or how many more. */
static void show_request(struct text *text, const json_t *line)
{
	const json_t *times = json_object_get(line, "times");
	bool refused = !strcmp(get(line, "event"), "refused");

	put_kind(text, "ask", refused ? WRIT_COLOUR_RED : WRIT_COLOUR_BOLD);
	put_column(text, get(line, "agent"), 12);
	put_column(text, get(line, "event"), 9);
	if (times) {
		put(text, "%" JSON_INTEGER_FORMAT " more", json_integer_value(times));
		return;
	}
	put_column(text, get(line, "reason"), 12);
	put_text(text, get(line, "playbook"));
	if (*get(line, "ticket")) {
		put(text, " ");
		put_text(text, get(line, "ticket"));
	}
	if (*get(line, "operator")) {
		put(text, "  by ");
		put_text(text, get(line, "operator"));
	}
}

/* The log's own lines: where a segment begins, what is signed, what was removed for age. */
static void show_own(struct text *text, const json_t *line)
{
	const json_t *lines = json_object_get(line, "lines");

	put_kind(text, "log", WRIT_COLOUR_NONE);
	put_text(text, get(line, "type"));
	put(text, ", segment %" JSON_INTEGER_FORMAT,
	    json_integer_value(json_object_get(line, "segment")));
	if (lines)
		put(text, ": %" JSON_INTEGER_FORMAT " lines signed", json_integer_value(lines));
}

/* What became of the log itself: its key, its spill, a line that was changed. */
static void show_log(struct text *text, const json_t *line)
{
	put_kind(text, "log", WRIT_COLOUR_NONE);
	put_text(text, get(line, "event"));
	if (*get(line, "detail")) {
		put(text, "  ");
		put_text(text, get(line, "detail"));
	}
}

static const struct kind {
	const char *type;
	void (*show)(struct text *text, const json_t *line);
} kinds[] = {
	{"decision", show_decision}, {"enrolment", show_enrolment}, {"gap", show_gap},
	{"grant", show_grant},	     {"daemon", show_daemon},	    {"proposal", show_proposal},
	{"request", show_request},   {"log", show_log},
	{"segment", show_own},	     {"checkpoint", show_own},	    {"removed", show_own},
	{"exec", show_exec},
};

/* JSON forbids control bytes below space in strings, but not DEL and not those of C1. */
static int has_controls(const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char byte = (unsigned char)bytes[i];
		unsigned char next = i + 1 < len ? (unsigned char)bytes[i + 1] : 0;

		if (byte < 0x20 || byte == 0x7f || (byte == 0xc2 && next < 0xa0))
			return 1;
	}
	return 0;
}

int writ_show_line(const char *bytes, size_t len, char *ret_shown, size_t size)
{
	_cleanup_json_ json_t *line = NULL;
	struct text text = {.at = ret_shown, .end = ret_shown + size};

	if (has_controls(bytes, len))
		return -EBADMSG;
	line = json_loadb(bytes, len, 0, NULL);
	if (!json_is_object(line))
		return -EBADMSG;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(get(line, "type"), kinds[i].type))
			continue;
		put_time(&text, line);
		kinds[i].show(&text, line);
		while (text.at > ret_shown && text.at[-1] == ' ')
			*--text.at = '\0';
		return 0;
	}
	return -EBADMSG;
}
