/* SPDX-License-Identifier: Apache-2.0 */
/* See live_ask.h. */
#include "forward/live_ask.h"

#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "forward/live.h"

/* The value as it stands in a line of the log, between its quotes. */
static int copy_word(const json_t *value, char ret[WRIT_BLOCK_WORD_MAX])
{
	char quoted[WRIT_BLOCK_WORD_MAX + 2];
	size_t len;

	if (json_is_integer(value))
		return snprintf(ret, WRIT_BLOCK_WORD_MAX, "%lld",
				(long long)json_integer_value(value)) < 0
			       ? -EINVAL
			       : 0;
	if (!json_is_string(value) || !json_string_length(value))
		return -EINVAL;
	len = json_dumpb(value, quoted, sizeof(quoted), JSON_ENCODE_ANY);
	if (len < 2 || len > sizeof(quoted) - 1)
		return -EINVAL;
	memcpy(ret, quoted + 1, len - 2);
	ret[len - 2] = '\0';
	return 0;
}

/* As a line has it: hexadecimal. */
static int take_after(const char *text, struct writ_live_ask *ask)
{
	char line[WRIT_CHAIN_ROOM + 4];
	int len;

	if (!text || strlen(text) != 2 * WRIT_CHAIN_SIZE)
		return -EINVAL;
	len = snprintf(line, sizeof(line), "{,\"chain\":\"%s\"}\n", text);
	if (writ_chain_read(line, (size_t)len, &ask->after))
		return -EINVAL;
	ask->has_after = true;
	return 0;
}

static int take_member(const char *key, const json_t *value, struct writ_live_ask *ask)
{
	static const enum writ_word words[] = {WRIT_WORD_AGENT, WRIT_WORD_GRANT, WRIT_WORD_VERDICT,
					       WRIT_WORD_TYPE};
	const char *text = json_string_value(value);

	if (!strcmp(key, "from")) {
		ask->start = text && !strcmp(text, "start");
		return ask->start || (text && !strcmp(text, "now")) ? 0 : -EINVAL;
	}
	if (!strcmp(key, "after"))
		return take_after(text, ask);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(key, writ_word_keys[words[i]]))
			return copy_word(value, ask->words[words[i]]);
	return -EINVAL;
}

int writ_live_ask_parse(const char *text, size_t len, struct writ_live_ask *ret)
{
	json_t *json = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL), *value;
	struct writ_live_ask ask = {0};
	int err = json_is_object(json) ? 0 : -EINVAL;
	const char *key;

	if (!err)
		json_object_foreach(json, key, value)
		{
			if (!err)
				err = take_member(key, value, &ask);
		}
	json_decref(json);
	if (!err)
		*ret = ask;
	return err;
}

int writ_live_ask_read(int fd, const struct writ_watch *watch, struct writ_live_ask *ret)
{
	char text[WRIT_LIVE_ASK_SIZE];
	size_t len = 0;

	*ret = (struct writ_live_ask){0};
	while (len < sizeof(text)) {
		int err = writ_watch_poll(watch, fd, POLLIN, WRIT_LIVE_ASK_MS);
		ssize_t n;
		const char *newline;

		if (err == -ETIMEDOUT && !len)
			return 0;
		if (err)
			return err == -ETIMEDOUT ? -EINVAL : err;
		n = recv(fd, text + len, sizeof(text) - len, MSG_DONTWAIT);
		if (n <= 0)
			return -EPIPE;
		len += (size_t)n;
		newline = memchr(text, '\n', len);
		if (newline)
			return writ_live_ask_parse(text, (size_t)(newline - text), ret);
	}
	return -EINVAL;
}

bool writ_live_wants(const struct writ_live_ask *ask, const char *line, size_t len)
{
	for (int word = 0; word < WRIT_WORD_COUNT; word++) {
		const char *wanted = ask->words[word], *value;
		size_t value_len;

		if (*wanted &&
		    (!writ_word_find((enum writ_word)word, line, len, &value, &value_len) ||
		     value_len != strlen(wanted) || memcmp(value, wanted, value_len) != 0))
			return false;
	}
	return true;
}
