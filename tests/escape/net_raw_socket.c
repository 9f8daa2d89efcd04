// SPDX-License-Identifier: Apache-2.0
/*
 * A raw socket gets a copy of every UDP packet that comes in.
 * technique: Raw socket
 * stopped by: `socket_create`
 * expect: operation=socket reason=family
 */
#include "talk.h"

int escape_prepare(const char *box, const char *secret)
{
	return talk_prepare(box, secret);
}

int escape_attempt(const char *box, const char *secret)
{
	int fd = socket(AF_INET, SOCK_RAW, IPPROTO_UDP);

	(void)box;
	(void)secret;
	return fd < 0 ? ESCAPE_REFUSED : escape_if(talk_heard(fd));
}
