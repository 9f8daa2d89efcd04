// SPDX-License-Identifier: Apache-2.0
/*
 * A packet socket hears what other processes of the host say.
 * technique: Packet socket
 * stopped by: `socket_create`
 * expect: operation=socket reason=family
 */
#include <linux/if_ether.h>

#include "talk.h"

int escape_prepare(const char *box, const char *secret)
{
	return talk_prepare(box, secret);
}

int escape_attempt(const char *box, const char *secret)
{
	int fd = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_IP));

	(void)box;
	(void)secret;
	return fd < 0 ? ESCAPE_REFUSED : escape_if(talk_heard(fd));
}
