/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One HTTP/1.1 question over a Unix socket: connection, request, whole answer, end. It knows
 * no JSON and says nothing. What answers is not trusted: sizes, forms and time have limits.
 * Own code, because a library for all of HTTP brings some thirty others, and each role would
 * have to open them before `writ` could start as an agent.
 */
#ifndef WRIT_CLI_HTTP_H
#define WRIT_CLI_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#define WRIT_HTTP_HEAD_MAX 16384u	/* bytes of status line and header fields */
#define WRIT_HTTP_REPLY_MAX (16u << 20) /* bytes of an answer: 1,000 rows of the ledger are 2 MiB */
#define WRIT_HTTP_TARGET_MAX 4096u

struct writ_http_call {
	const char *socket; /* path */
	const char *method;
	const char *target;   /* path and query; already encoded */
	const char *body;     /* JSON; NULL: none */
	unsigned int seconds; /* for all of it */
};

struct writ_http_reply {
	unsigned int status;
	char *body; /* owned, NUL behind it; may have others within */
	size_t len;
};

/*
 * -errno of connect(2); -EAGAIN: nobody took the connection in time; -ETIMEDOUT: no whole answer in
 * time; -ECONNRESET: closed before the answer was whole; -EPROTO: no answer of HTTP/1.1;
 * -EMSGSIZE: over a limit; -ENOMEM.
 */
int writ_http_ask(const struct writ_http_call *call, struct writ_http_reply *ret);

/*
 * Of the @len bytes that have come: 1 with @ret, when that is a whole answer; 0: more must come;
 * -ECONNRESET: that will not be, for @ended; -EPROTO, -EMSGSIZE, -ENOMEM.
 */
int writ_http_parse(const char *bytes, size_t len, bool ended, struct writ_http_reply *ret);

/*
 * Puts @value into a query, with all but letters, digits and -._~ as %NN. -EMSGSIZE: it doesn't
 * fit in @size bytes.
 */
int writ_http_encode(const char *value, char *ret_text, size_t size);

void writ_http_release(struct writ_http_reply *reply);

#endif
