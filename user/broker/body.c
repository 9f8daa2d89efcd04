/* SPDX-License-Identifier: Apache-2.0 */
/* See body.h. The depth is counted before the parser, which recurses, sees the bytes. */
#include "broker/body.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/escape.h"

int writ_body_add(struct writ_body *body, const char *bytes, size_t len)
{
	char *grown;

	if (len > WRIT_HTTP_BODY_MAX - body->len)
		return -E2BIG;
	grown = realloc(body->bytes, body->len + len + 1);
	if (!grown)
		return -ENOMEM;
	memcpy(grown + body->len, bytes, len);
	body->bytes = grown;
	body->len += len;
	body->bytes[body->len] = '\0';
	return 0;
}

void writ_body_free(struct writ_body *body)
{
	json_decref(body->json);
	free(body->bytes);
	*body = (struct writ_body){0};
}

static bool is_too_deep(const struct writ_body *body)
{
	bool in_string = false;
	size_t depth = 0;

	for (size_t i = 0; i < body->len; i++) {
		char c = body->bytes[i];

		if (in_string && c == '\\')
			i++;
		else if (c == '"')
			in_string = !in_string;
		else if (!in_string && (c == '{' || c == '[') && ++depth > WRIT_HTTP_DEPTH_MAX)
			return true;
		else if (!in_string && (c == '}' || c == ']') && depth)
			depth--;
	}
	return false;
}

static int refuse(struct writ_http_answer *answer, const char *message)
{
	writ_http_refuse(answer, WRIT_REFUSAL_MALFORMED, message, "send one JSON object", 0);
	return -EINVAL;
}

int writ_body_parse(struct writ_body *body, struct writ_http_answer *answer)
{
	char text[WRIT_ESCAPE_SIZE(JSON_ERROR_TEXT_LENGTH)];
	char message[sizeof(text) + 64];
	json_error_t error;

	if (!body->len)
		return 0;
	if (is_too_deep(body)) {
		(void)snprintf(message, sizeof(message), "the JSON is nested deeper than %u",
			       WRIT_HTTP_DEPTH_MAX);
		return refuse(answer, message);
	}
	body->json = json_loadb(body->bytes, body->len, JSON_REJECT_DUPLICATES, &error);
	if (!body->json) {
		(void)writ_escape_text(error.text, strlen(error.text), text, sizeof(text));
		(void)snprintf(message, sizeof(message), "line %d, column %d: %s", error.line,
			       error.column, text);
		return refuse(answer, message);
	}
	if (json_is_object(body->json))
		return 0;
	json_decref(body->json);
	body->json = NULL;
	return refuse(answer, "the JSON is no object");
}

void writ_body_refuse_size(struct writ_http_answer *answer)
{
	char message[64];

	(void)snprintf(message, sizeof(message), "the body is larger than %u bytes",
		       WRIT_HTTP_BODY_MAX);
	writ_http_fail(answer, WRIT_HTTP_ERROR_TOO_LARGE, message, "");
}
