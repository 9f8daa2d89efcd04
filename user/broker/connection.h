/* SPDX-License-Identifier: Apache-2.0 */
/* What http.c, listen.c and exchange.c share: the connections, each with who made it. */
#ifndef WRIT_BROKER_CONNECTION_H
#define WRIT_BROKER_CONNECTION_H

#include <microhttpd.h>

#include "broker/core.h"
#include "broker/quota.h"
#include "broker/http.h"

struct writ_exchange;

struct writ_connection {
	struct writ_connection *next;
	struct writ_connection *previous;
	struct writ_http *http;
	struct writ_caller *caller;
	struct writ_exchange *exchange; /* the request in hand; NULL: none */
	struct writ_attest_row who;
	uint64_t attestation; /* of which `who` is */
	uint64_t deadline;    /* boot ns at which it is closed; 0: the answer is being made */
	int fd;		      /* libmicrohttpd's */
	bool operators;
};

/* Accepted; the core has been asked who has made it. */
struct writ_arrival {
	int fd;
	bool operators;
};

/* The other half is what is to be issued (flow.c): both may be outstanding. */
#define WRIT_HTTP_ARRIVALS_MAX (WRIT_CORE_AHEAD / 2)

struct writ_http {
	struct writ_broker *broker;
	struct MHD_Daemon *daemon;
	struct writ_quota *quota;
	struct writ_connection *connections; /* newest first */
	struct writ_connection *accepting;   /* libmicrohttpd has not taken it yet */
	struct writ_arrival arrivals[WRIT_HTTP_ARRIVALS_MAX];
	size_t n_arrivals;
	size_t n_connections;
	size_t n_agents;      /* of them, on agent.sock */
	uint64_t attestation; /* counts what made callers be attested again */
	uint64_t due;	      /* boot ns of the first deadline; UINT64_MAX: none */
	uint64_t paused;      /* boot ns until which no connection is accepted; 0: none */
	int epoll;
	int agents; /* listeners */
	int operators;
	bool kick; /* a connection goes on without an event of its own */
};

/* See http.h: writ_http_accept(), of one listener, and writ_http_admit(). */
void writ_listen_accept(struct writ_http *http, bool operators);
void writ_listen_admit(struct writ_http *http);
int writ_listen_watch(struct writ_http *http, bool watch);

/* Asks the core who made the connection @fd. */
int writ_listen_attest(const struct writ_http *http, int fd, struct writ_attest_row *ret_who,
		       char ret_error[WRIT_ERROR_SIZE]);

/* Out of the list, and forgotten; the descriptor is not closed. */
void writ_listen_drop(struct writ_connection *connection);

/* A deadline of @http is at @when. */
void writ_http_due(struct writ_http *http, uint64_t when);

/* libmicrohttpd has a request, a part of its body, or all of it. */
enum MHD_Result writ_exchange_serve(void *context, struct MHD_Connection *mhd, const char *url,
				    const char *method, const char *version, const char *data,
				    size_t *size, void **exchange);
void writ_exchange_end(void *context, struct MHD_Connection *mhd, void **exchange,
		       enum MHD_RequestTerminationCode why);

/* Boot ns until which it waits; 0: it does not. */
uint64_t writ_exchange_waits(const struct writ_exchange *exchange);
/* Its handler keeps something by which it will be resumed. */
bool writ_exchange_is_kept(const struct writ_exchange *exchange);
/* Its handler is called again. */
void writ_exchange_resume(struct writ_exchange *exchange);

#endif
