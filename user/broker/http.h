/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP/1.1 on Unix sockets (libmicrohttpd): bodies, limits, who calls. A handler gets a whole
 * request from a caller that the core has attested, and gives an answer, or says that it has to
 * wait. One thread; everything runs from writ_http_run(), _accept() and _admit().
 *
 * Limits, each with its answer: body 413, header 431 (the library's own words), nesting of JSON
 * 400, connections and connections of one caller 503, requests of one caller in a second 429, time
 * to send a request or to take an answer: the connection is closed.
 */
#ifndef WRIT_BROKER_HTTP_H
#define WRIT_BROKER_HTTP_H

#include <jansson.h>

#include "broker/evaluate.h"

#define WRIT_HTTP_BODY_MAX 65536u
#define WRIT_HTTP_DEPTH_MAX 8u /* of JSON */
#define WRIT_HTTP_CONNECTIONS_MAX 4096u
#define WRIT_HTTP_RESERVED 256u	     /* of them for operators alone */
#define WRIT_HTTP_PER_CALLER_MAX 64u /* connections of one agent, or of one user */
#define WRIT_HTTP_RATE_MAX 2000u     /* requests of one caller in a second */
#define WRIT_HTTP_IDLE_SECONDS 15u   /* to send a request, to take an answer */
#define WRIT_HTTP_WAIT_MAX 60u	     /* seconds that a request may ask to wait */
#define WRIT_HTTP_MEMORY 16384u	     /* bytes of one connection: its request line and headers */

/* What is wrong with a request before it is one for a grant; enum writ_refusal has the rest. */
#define WRIT_HTTP_ERROR_LIST(X)                                                                 \
	X(NOT_FOUND, "not_found", 404)		   /* no such path, or no such thing for you */ \
	X(METHOD, "method", 405)		   /* `Allow` says which */                     \
	X(CONFLICT, "conflict", 409)		   /* what it is now does not allow it */       \
	X(TOO_LARGE, "too_large", 413)		   /* the body */                               \
	X(MEDIA_TYPE, "media_type", 415)	   /* not application/json */                   \
	X(NOT_AN_OPERATOR, "not_an_operator", 403) /* the caller, on operator.sock */           \
	X(CONNECTIONS, "connections", 503)	   /* too many at a time */

enum writ_http_error {
#define X(name, word, status) WRIT_HTTP_ERROR_##name,
	WRIT_HTTP_ERROR_LIST(X)
#undef X
		WRIT_HTTP_ERROR_COUNT,
};

struct writ_broker;

/*
 * What a handler keeps of a request that waits; release() when the request ends. Until then it is
 * called again by writ_http_resume(), or when its time is over.
 */
struct writ_http_kept {
	void (*release)(struct writ_http_kept *kept);
};

struct writ_http_request {
	const char *method;
	const char *path; /* without the query */
	const char *body; /* NUL behind it */
	size_t body_len;
	const json_t *json; /* of the body, an object without double keys; NULL: no body */
	int fd;		    /* of the connection: what the core is handed */
	bool operators;	    /* came by operator.sock */
	bool expired;	    /* it has waited as long as it wanted: answer now */
	const struct writ_attest_row *caller;
	void *connection; /* for writ_http_query() */
	uint64_t id;	  /* the number in the path, where the route has one */
	const char *name; /* the name in the path, likewise */
	struct writ_http_kept **kept; /* the handler's own, from one call to the next */
};

struct writ_http_answer {
	unsigned int status;
	unsigned int retry_after; /* header, seconds; 0: none */
	const char *allow;	  /* header; NULL: none */
	json_t *body;		  /* owned; freed by http; NULL: none */
	const char *text; /* instead of it, copied; NULL: none */
	size_t text_len;
	const char *type; /* header, of `text` */
	unsigned int wait; /* seconds: no answer yet; asked again after a wake-up, or expired */
};

/* The value of ?@name=, NULL when it is not there. Valid while the handler runs. */
const char *writ_http_query(const struct writ_http_request *request, const char *name);

typedef void writ_http_handler(struct writ_broker *broker, const struct writ_http_request *request,
			       struct writ_http_answer *answer);

struct writ_route {
	const char *method;
	const char *path; /* "/v1/requests/{id}", "/v1/agents/{name}/denials" */
	bool agents;	  /* may be asked by agent.sock */
	bool operators;	  /* may be asked by operator.sock */
	writ_http_handler *handler;
};

/* Every operation there is; ends with a NULL method. */
extern const struct writ_route writ_routes[];

/* {"error": {"reason", "message", "remedy", "retry_after"}} with the status of @refusal. */
void writ_http_refuse(struct writ_http_answer *answer, enum writ_refusal refusal,
		      const char *message, const char *remedy, unsigned int retry_after);

/* Likewise, for what is wrong with the request itself. */
void writ_http_fail(struct writ_http_answer *answer, enum writ_http_error error,
		    const char *message, const char *remedy);

struct writ_http;

/* Takes both listeners. -errno, logged. */
int writ_http_open(struct writ_broker *broker, int agents, int operators,
		   struct writ_http **ret_http);
void writ_http_closep(struct writ_http **http);

int writ_http_fd(const struct writ_http *http);	     /* readable: call run() and accept() */
int writ_http_timeout(const struct writ_http *http); /* ms until they must be called anyway; -1 */
void writ_http_run(struct writ_http *http);

/*
 * accept() takes the connections that wait, and asks the core who made each; admit() hears the
 * answers, and begins to serve them, or turns them away. All that was asked of the core before
 * accept() must have been heard, and none of what is asked after it before admit().
 */
void writ_http_accept(struct writ_http *http);
void writ_http_admit(struct writ_http *http);

/* Something has changed: who waits is asked again, but for whom something is kept. */
void writ_http_wake(struct writ_http *http);

/* The answer to the request of @connection, which waits, is there: its handler is called again. */
void writ_http_resume(struct writ_http *http, void *connection);

/* What the core said of callers may be out of date: each is attested again at its next request. */
void writ_http_attest_again(struct writ_http *http);

#endif
