/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See switches.h. The file has a first line with its version, a line for each switch, and a last
 * line without which it was cut:
 *
 *	writ-switches 1
 *	frozen alice
 *	suspended billing-bot
 *	end
 */
#include "daemon/switches.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/state.h"
#include "lib/cleanup.h"

#define FIRST "writ-switches 1"
#define LAST "end"
#define LINE_SIZE (WRIT_NAME_SIZE + 16)

static size_t find(const struct writ_switches *switches, const char *name)
{
	size_t i = 0;

	while (i < switches->n_suspended && strcmp(switches->suspended[i], name))
		i++;
	return i;
}

bool writ_switches_is_suspended(const struct writ_switches *switches, const char *name)
{
	return find(switches, name) < switches->n_suspended;
}

static bool is_name(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < len; i++)
		if ((unsigned char)name[i] < 0x20 || name[i] == 0x7f)
			return false;
	return len && len < WRIT_NAME_SIZE;
}

static int add(struct writ_switches *switches, const char *name)
{
	size_t n = switches->n_suspended;
	char(*grown)[WRIT_NAME_SIZE];

	if (!is_name(name))
		return -EINVAL;
	if (writ_switches_is_suspended(switches, name))
		return 0;
	if (n == WRIT_AGENTS_MAX)
		return -E2BIG;
	grown = realloc(switches->suspended, (n + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	(void)snprintf(grown[n], WRIT_NAME_SIZE, "%s", name);
	switches->suspended = grown;
	switches->n_suspended = n + 1;
	return 0;
}

static int take_line(struct writ_switches *switches, const char *line)
{
	if (!strncmp(line, "suspended ", 10))
		return add(switches, line + 10);
	if (strncmp(line, "frozen ", 7) || switches->frozen || !is_name(line + 7))
		return -EBADMSG;
	switches->frozen = true;
	(void)snprintf(switches->frozen_by, WRIT_NAME_SIZE, "%s", line + 7);
	return 0;
}

/* @text is cut into its lines. */
static int parse(struct writ_switches *switches, char *text)
{
	char *line = strsep(&text, "\n");

	if (strcmp(line, FIRST))
		return -EBADMSG;
	while ((line = strsep(&text, "\n")) && strcmp(line, LAST)) {
		int err = take_line(switches, line);

		if (err)
			return err;
	}
	return line && text && !*text ? 0 : -EBADMSG;
}

int writ_switches_open(struct writ_switches *switches, const char *directory,
		       char error[WRIT_ERROR_SIZE])
{
	_cleanup_free_ char *text = NULL;
	int err;

	*switches = (struct writ_switches){.directory = directory};
	err = writ_state_read(directory, WRIT_SWITCHES_FILE, &text);
	if (err == -ENOENT)
		return 0;
	if (!err)
		err = parse(switches, text);
	if (!err)
		return 0;
	switches->frozen = true;
	switches->frozen_by[0] = '\0';
	(void)snprintf(error, WRIT_ERROR_SIZE,
		       "%s/%s is broken (%s): this node is frozen, and who else was suspended is "
		       "not known; 'writ suspend' whom you must, then 'writ thaw' writes it anew",
		       directory, WRIT_SWITCHES_FILE, strerror(-err));
	return err;
}

void writ_switches_close(struct writ_switches *switches)
{
	free(switches->suspended);
	*switches = (struct writ_switches){0};
}

/* What the file says when @frozen is so, and @without (NULL: nobody) is not suspended. */
static int save(const struct writ_switches *switches, bool frozen, const char *without)
{
	_cleanup_free_ char *text = calloc(switches->n_suspended + 3, LINE_SIZE);
	const char *by = switches->frozen_by[0] ? switches->frozen_by : "nobody";
	char *at = text;

	if (!text)
		return -ENOMEM;
	at += sprintf(at, FIRST "\n");
	if (frozen)
		at += sprintf(at, "frozen %s\n", by);
	for (size_t i = 0; i < switches->n_suspended; i++)
		if (!without || strcmp(switches->suspended[i], without))
			at += sprintf(at, "suspended %s\n", switches->suspended[i]);
	at += sprintf(at, LAST "\n");
	return writ_state_write(switches->directory, WRIT_SWITCHES_FILE, text, (size_t)(at - text));
}

int writ_switches_freeze(struct writ_switches *switches, bool frozen, const char *by)
{
	int err;

	if (!frozen) {
		err = save(switches, false, NULL);
		switches->frozen = switches->frozen && err;
		return err;
	}
	switches->frozen = true;
	(void)snprintf(switches->frozen_by, WRIT_NAME_SIZE, "%s", is_name(by) ? by : "");
	return save(switches, true, NULL);
}

int writ_switches_suspend(struct writ_switches *switches, const char *name, bool suspended)
{
	size_t at;
	int err;

	if (suspended) {
		err = add(switches, name);
		return err ? err : save(switches, switches->frozen, NULL);
	}
	at = find(switches, name);
	if (at == switches->n_suspended)
		return 0;
	err = save(switches, switches->frozen, name);
	if (!err)
		memmove(switches->suspended[at], switches->suspended[--switches->n_suspended],
			WRIT_NAME_SIZE);
	return err;
}
