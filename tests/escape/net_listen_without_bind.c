// SPDX-License-Identifier: Apache-2.0
/*
 * listen(2) on a fresh socket binds it to every address; bind(2) is never called.
 * technique: listen without bind
 * stopped by: `socket_listen`
 * expect: operation=listen reason=no_rule
 */
#include "visitor.h"

int escape_prepare(const char *box, const char *secret)
{
	return visitor_prepare(box, secret);
}

int escape_attempt(const char *box, const char *secret)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)secret;
	if (fd < 0)
		return escape_error("socket");
	if (listen(fd, 4)) {
		(void)close(fd);
		return ESCAPE_REFUSED;
	}
	return visitor_comes(box, fd);
}
