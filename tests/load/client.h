/* SPDX-License-Identifier: Apache-2.0 */
/* Callers of a writd under load: HTTP over a Unix socket, and packets to core.sock. */
#ifndef WRIT_TESTS_LOAD_CLIENT_H
#define WRIT_TESTS_LOAD_CLIENT_H

#include <stdint.h>

#include "writ/control.h"

#define LOAD_ANSWER_SIZE 16384

/* A descriptor, or -errno. */
int load_connect(const char *path);

/*
 * One request on a connection, which stays open. The status, with the body in @answer; or -errno:
 * the connection broke.
 */
int load_ask(int fd, const char *method, const char *path, const char *body,
	     char answer[LOAD_ANSWER_SIZE]);

/* The number behind "KEY": in a body; 0: there is none. */
uint64_t load_number(const char *answer, const char *key);

/* A descriptor of core.sock, or -errno. */
int load_core_connect(const char *path);

/* Asks and takes all rows; @ret_row (or NULL): the last one before the end. The end's code. */
int load_core_ask(int fd, const struct writ_request *request, struct writ_reply *ret_row);

#endif
