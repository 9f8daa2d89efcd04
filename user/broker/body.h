/* SPDX-License-Identifier: Apache-2.0 */
/* The body of a request: bytes, and the JSON object in them. Bytes are whatever the client sent. */
#ifndef WRIT_BROKER_BODY_H
#define WRIT_BROKER_BODY_H

#include "broker/http.h"

struct writ_body {
	char *bytes; /* NUL behind `len`; NULL: none yet */
	size_t len;  /* at most WRIT_HTTP_BODY_MAX */
	json_t *json;
};

/* 0, -E2BIG, -ENOMEM. */
int writ_body_add(struct writ_body *body, const char *bytes, size_t len);

/*
 * An object, nested at most WRIT_HTTP_DEPTH_MAX deep, no key of it twice; or no bytes at all.
 * -EINVAL: it is not, and @answer says what is wrong, and where.
 */
int writ_body_parse(struct writ_body *body, struct writ_http_answer *answer);

void writ_body_refuse_size(struct writ_http_answer *answer);
void writ_body_free(struct writ_body *body);

#endif
