/* SPDX-License-Identifier: Apache-2.0 */
/* A request as a packet: its size, its version, what came with it, and whether its fields hold. */
#ifndef WRIT_DAEMON_PACKET_H
#define WRIT_DAEMON_PACKET_H

#include "writ/control.h"

/*
 * Takes one packet from @fd. 0; -EPROTO: of another size or version; -EBADMSG: more came with it
 * than one descriptor; -ECONNRESET; -EAGAIN. @ret_passed: the descriptor that came with it, the
 * caller's to close, or -1. None is left open with an error.
 */
int writ_packet_receive(int fd, struct writ_request *ret_request, int *ret_passed);

/* -EBADMSG: a string without NUL in its field, or a count over its limit. */
int writ_packet_check(const struct writ_request *request, char error[WRIT_ERROR_SIZE]);

#endif
