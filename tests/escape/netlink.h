/* SPDX-License-Identifier: Apache-2.0 */
/* An address that a request through netlink gives to this host, and whether it has it. */
#ifndef TESTS_ESCAPE_NETLINK_H
#define TESTS_ESCAPE_NETLINK_H

#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "peer.h"

#define NETLINK_ADDED "192.0.2.66"

struct netlink_change {
	struct nlmsghdr header;
	struct ifaddrmsg body;
	struct rtattr attribute;
	in_addr_t address;
};

struct netlink_request {
	struct {
		struct nlmsghdr header;
		struct ifaddrmsg body;
	} question;
	struct netlink_change change;
};

/* The change @type, and a question that may stand before it. */
static inline struct netlink_request netlink_request(uint16_t type)
{
	return (struct netlink_request){
		.question = {.header = {.nlmsg_len =
						sizeof(((struct netlink_request *)NULL)->question),
					.nlmsg_type = RTM_GETADDR,
					.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP}},
		.change = {.header = {.nlmsg_len = sizeof(struct netlink_change),
				      .nlmsg_type = type,
				      .nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE},
			   .body = {.ifa_family = AF_INET, .ifa_prefixlen = 32, .ifa_index = 1},
			   .attribute = {.rta_len = RTA_LENGTH(4), .rta_type = IFA_LOCAL},
			   .address = inet_addr(NETLINK_ADDED)},
	};
}

/* Is the address this host's? */
static inline bool netlink_is_ours(void)
{
	struct ifaddrs *list, *at;
	bool found = false;

	if (getifaddrs(&list))
		return false;
	for (at = list; at; at = at->ifa_next)
		found = found || (at->ifa_addr && at->ifa_addr->sa_family == AF_INET &&
				  ((struct sockaddr_in *)at->ifa_addr)->sin_addr.s_addr ==
					  inet_addr(NETLINK_ADDED));
	freeifaddrs(list);
	return found;
}

static inline void netlink_tell(const void *bytes, size_t len)
{
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);

	(void)send(fd, bytes, len, 0);
	(void)close(fd);
}

/* As it was before: without the address. */
static inline int netlink_forget(void)
{
	const struct netlink_request away = netlink_request(RTM_DELADDR);

	netlink_tell(&away.change, sizeof(away.change));
	return netlink_is_ours() ? -EEXIST : 0;
}

#endif
