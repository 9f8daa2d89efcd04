// SPDX-License-Identifier: Apache-2.0
/*
 * The change stands behind a harmless question, in one and the same send.
 * technique: Netlink change behind a question
 * stopped by: `netlink_send`: of routes and addresses only the reading
 * expect: operation=send reason=family
 */
#include "netlink.h"

int escape_prepare(const char *box, const char *secret)
{
	(void)box;
	(void)secret;
	return netlink_forget();
}

int escape_attempt(const char *box, const char *secret)
{
	const struct netlink_request request = netlink_request(RTM_NEWADDR);

	(void)box;
	(void)secret;
	netlink_tell(&request, sizeof(request));
	return escape_if(netlink_is_ours());
}
