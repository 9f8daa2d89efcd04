/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The channel to the core. A question blocks until its answer is whole, at most WRIT_CORE_SECONDS
 * from one row to the next; notices that come meanwhile are kept, and if there are too many become
 * one WRIT_NOTICE_RESYNC. The core decides: what it refuses is not argued with.
 */
#ifndef WRIT_BROKER_CORE_H
#define WRIT_BROKER_CORE_H

#include <stdint.h>

#include "writ/control.h"

#define WRIT_CORE_SECONDS 5
/*
 * Questions put before the first of them is answered. They fit: a request of 6 kB takes 9 of the
 * 208 KiB that a socket has (net.core.wmem_default).
 */
#define WRIT_CORE_AHEAD 16u
#define WRIT_CORE_NOTICES_MAX 256u /* kept while questions are asked */

struct writ_core;

/* Takes the descriptor. */
int writ_core_open(int fd, struct writ_core **ret_core);
void writ_core_closep(struct writ_core **core);

/* For epoll: readable when a notice waits, hung up when the core is gone. */
int writ_core_fd(const struct writ_core *core);

typedef void writ_core_visitor(void *context, const struct writ_reply *row);

/*
 * Asks @request, with the connection @pass (-1: none); version is set here. Each row but the last
 * through @visitor (NULL: not wanted). Returns the core's code; -EPIPE when it is gone,
 * -ETIMEDOUT, or -EPROTO for an answer that is none; after these three the channel is given up,
 * and all else gives -EPIPE. @visitor may not ask. @ret_error: one line, "" with 0. Strings of rows
 * and notices end within their field, and their words are known ones.
 */
int writ_core_ask(struct writ_core *core, const struct writ_request *request, int pass,
		  writ_core_visitor *visitor, void *context, char ret_error[WRIT_ERROR_SIZE]);

/*
 * The same in two parts, so that the core works on one question while the broker does something
 * else: questions are put, at most WRIT_CORE_AHEAD, and their answers taken in the same order, each
 * with the verb that was put. What could not be put has no answer to take. Whoever asks meanwhile
 * by writ_core_ask() has @finish called before, which must take all of them.
 */
void writ_core_finish_by(struct writ_core *core, void (*finish)(void *context), void *context);
int writ_core_put(struct writ_core *core, const struct writ_request *request, int pass,
		  char ret_error[WRIT_ERROR_SIZE]);
int writ_core_take(struct writ_core *core, enum writ_verb verb, writ_core_visitor *visitor,
		   void *context, char ret_error[WRIT_ERROR_SIZE]);

/* 0; -EPIPE: the channel is closed, or was given up, of which no event tells. */
int writ_core_check(const struct writ_core *core);

/*
 * The next notice, when no answer is outstanding: 0; -EAGAIN, there is none now, or it is none of
 * @kinds (1 << enum writ_notice) and stays the next; -EPIPE; -EPROTO, and given up.
 */
#define WRIT_CORE_NOTICES_ALL UINT32_MAX
int writ_core_notice(struct writ_core *core, uint32_t kinds, struct writ_notice_row *ret_notice);

#endif
