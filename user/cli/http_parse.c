/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See http.h: bytes of an answer -> status and body. Strict: what could be read in two ways (two
 * lengths, a length beside chunks, folded lines) is no answer. Pure.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/http.h"
#include "lib/cleanup.h"

struct head {
	unsigned int status;
	bool chunked;
	bool has_length;
	size_t length; /* of the body, with has_length */
	size_t size;   /* of the head itself */
};

/* A view into what has come. */
struct span {
	const char *at;
	const char *end;
};

static size_t left(const struct span *span)
{
	return (size_t)(span->end - span->at);
}

/* The next line without its CRLF. 1; 0: it has no end yet. */
static int take_line(struct span *from, struct span *ret_line)
{
	const char *end = memmem(from->at, left(from), "\r\n", 2);

	if (!end)
		return 0;
	*ret_line = (struct span){from->at, end};
	from->at = end + 2;
	return 1;
}

static int parse_number(struct span digits, int base, size_t *ret)
{
	size_t number = 0;

	if (digits.at == digits.end)
		return -EPROTO;
	for (; digits.at < digits.end; digits.at++) {
		const char *known = "0123456789abcdef", *digit;

		digit = memchr(known, *digits.at | ('A' <= *digits.at ? 0x20 : 0), (size_t)base);
		if (!digit)
			return -EPROTO;
		number = number * (size_t)base + (size_t)(digit - known);
		if (number > WRIT_HTTP_REPLY_MAX)
			return -EMSGSIZE;
	}
	*ret = number;
	return 0;
}

/* "HTTP/1.1 200 OK" */
static int parse_status(struct span line, struct head *head)
{
	size_t status = 0;
	int err;

	if (left(&line) < 12 ||
	    (memcmp(line.at, "HTTP/1.1 ", 9) && memcmp(line.at, "HTTP/1.0 ", 9)))
		return -EPROTO;
	if (left(&line) > 12 && line.at[12] != ' ')
		return -EPROTO;
	err = parse_number((struct span){line.at + 9, line.at + 12}, 10, &status);
	if (err || status < 200 || status > 599)
		return -EPROTO;
	head->status = (unsigned int)status;
	return 0;
}

static bool is_word(struct span span, const char *word)
{
	return left(&span) == strlen(word) && !strncasecmp(span.at, word, strlen(word));
}

static int parse_field(struct span line, struct head *head)
{
	const char *colon = memchr(line.at, ':', left(&line));
	struct span name = {line.at, colon}, value = {colon ? colon + 1 : NULL, line.end};

	if (!colon || colon == line.at || memchr(line.at, '\0', left(&line)) || *line.at == ' ' ||
	    *line.at == '\t' || colon[-1] == ' ')
		return -EPROTO;
	while (value.at < value.end && (*value.at == ' ' || *value.at == '\t'))
		value.at++;
	while (value.end > value.at && (value.end[-1] == ' ' || value.end[-1] == '\t'))
		value.end--;
	if (is_word(name, "Transfer-Encoding")) {
		if (head->chunked || !is_word(value, "chunked"))
			return -EPROTO;
		head->chunked = true;
	} else if (is_word(name, "Content-Length")) {
		if (head->has_length)
			return -EPROTO;
		head->has_length = true;
		return parse_number(value, 10, &head->length);
	}
	return 0;
}

/* 1; 0: the head is not whole. */
static int parse_head(const char *bytes, size_t len, struct head *ret)
{
	const char *end = memmem(bytes, len, "\r\n\r\n", 4);
	struct head head = {.size = end ? (size_t)(end - bytes) + 4 : len};
	struct span rest = {bytes, end ? end + 2 : bytes}, line = {0};
	int err;

	if (head.size > WRIT_HTTP_HEAD_MAX)
		return -EMSGSIZE;
	if (!end)
		return 0;
	(void)take_line(&rest, &line);
	err = parse_status(line, &head);
	while (!err && take_line(&rest, &line))
		err = parse_field(line, &head);
	if (err)
		return err;
	if (head.chunked && head.has_length)
		return -EPROTO;
	*ret = head;
	return 1;
}

/*
 * Chunks of @from, copied to @ret_body, which has room for all of @from. 1; 0: more must come.
 * Fields behind the last chunk mean nothing here.
 */
static int join_chunks(struct span from, char *ret_body, size_t *ret_len)
{
	struct span line;
	size_t size = 0, len = 0;
	int err;

	while (take_line(&from, &line)) {
		const char *extension = memchr(line.at, ';', left(&line));

		err = parse_number((struct span){line.at, extension ? extension : line.end}, 16,
				   &size);
		if (err)
			return err;
		if (!size)
			break;
		if (left(&from) < size + 2)
			return 0;
		if (memcmp(from.at + size, "\r\n", 2))
			return -EPROTO;
		memcpy(ret_body + len, from.at, size);
		len += size;
		from.at += size + 2;
		size = SIZE_MAX; /* no last chunk yet */
	}
	if (size)
		return left(&from) > WRIT_HTTP_HEAD_MAX ? -EPROTO : 0;
	while (take_line(&from, &line))
		if (!left(&line)) {
			*ret_len = len;
			return 1;
		}
	return 0;
}

/* 1; 0: more must come. */
static int take_body(const struct head *head, struct span from, bool ended, char *ret_body,
		     size_t *ret_len)
{
	if (head->status == 204 || head->status == 304) {
		*ret_len = 0;
		return 1;
	}
	if (head->chunked)
		return join_chunks(from, ret_body, ret_len);
	if (head->has_length ? left(&from) < head->length : !ended)
		return 0;
	*ret_len = head->has_length ? head->length : left(&from);
	memcpy(ret_body, from.at, *ret_len);
	return 1;
}

int writ_http_parse(const char *bytes, size_t len, bool ended, struct writ_http_reply *ret)
{
	_cleanup_free_ char *body = NULL;
	size_t body_len = 0;
	struct head head = {0};
	int err = parse_head(bytes, len, &head);

	if (err == 1) {
		body = malloc(len - head.size + 1);
		if (!body)
			return -ENOMEM;
		err = take_body(&head, (struct span){bytes + head.size, bytes + len}, ended, body,
				&body_len);
	}
	if (err <= 0)
		return err || !ended ? err : -ECONNRESET;
	body[body_len] = '\0';
	*ret = (struct writ_http_reply){head.status, take_ptr(body), body_len};
	return 1;
}
