/* SPDX-License-Identifier: Apache-2.0 */
/* See command.h. */
#include "compile/command.h"

#include <string.h>

/* A line that grows by whole pieces: what does not fit is left out. */
struct line {
	char *text;
	size_t used;
	bool full;
};

static void put(struct line *line, const char *text, size_t len)
{
	line->full = line->full || len >= WRIT_REMEDY_SIZE - line->used;
	if (line->full)
		return;
	memcpy(line->text + line->used, text, len);
	line->used += len;
	line->text[line->used] = '\0';
}

static void put_word(struct line *line, const char *text)
{
	put(line, text, strlen(text));
}

bool writ_command_shows(const char *value)
{
	for (const char *at = value; *at; at++)
		if (*at < 0x20 || *at > 0x7e || *at == '\\')
			return false;
	return *value;
}

/* In single quotes, unless no shell sees anything in it. */
static void put_value(struct line *line, const char *value)
{
	static const char safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				   "0123456789._/:@%+,=-";

	if (!value || !writ_command_shows(value)) {
		put_word(line, "VALUE");
		return;
	}
	if (!value[strspn(value, safe)]) {
		put_word(line, value);
		return;
	}
	put_word(line, "'");
	for (const char *at = value; *at; at++)
		put(line, *at == '\'' ? "'\\''" : at, *at == '\'' ? 4 : 1);
	put_word(line, "'");
}

static void put_command(struct line *line, const struct writ_policy_playbook *playbook,
			const char *const *values)
{
	put_word(line, "writ request ");
	put_word(line, playbook->name);
	for (size_t i = 0; i < playbook->n_parameters; i++) {
		put_word(line, " ");
		put_word(line, playbook->parameters[i].name);
		put_word(line, "=");
		put_value(line, values[i]);
	}
	if (playbook->ticket || playbook->validates_ticket)
		put_word(line, " --ticket TICKET");
	if (playbook->needs_sponsor)
		put_word(line, " --sponsor NAME");
}

bool writ_command_join(char text[WRIT_REMEDY_SIZE], const struct writ_policy_playbook *playbook,
		       const char *const values[WRIT_PARAMETERS_MAX])
{
	size_t before = strlen(text);
	struct line line = {.text = text, .used = before};

	if (before)
		put_word(&line, " or ");
	put_command(&line, playbook, values);
	if (line.full)
		text[before] = '\0';
	return !line.full;
}
