// SPDX-License-Identifier: Apache-2.0
/*
 * The change stands behind a harmless question, in one and the same send.
 * technique: Netlink change behind a question
 * stopped by: `netlink_send`: of routes and addresses only the reading
 * expect: operation=send reason=family
 */
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "peer.h"

#define ADDED "192.0.2.67"

struct change {
	struct nlmsghdr header;
	struct ifaddrmsg body;
	struct rtattr attribute;
	in_addr_t address;
};

struct request {
	struct {
		struct nlmsghdr header;
		struct ifaddrmsg body;
	} question;
	struct change change;
};

static struct request request(uint16_t type)
{
	return (struct request){
		.question = {.header = {.nlmsg_len = sizeof(((struct request *)NULL)->question),
					.nlmsg_type = RTM_GETADDR,
					.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP}},
		.change = {.header = {.nlmsg_len = sizeof(struct change),
				      .nlmsg_type = type,
				      .nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE},
			   .body = {.ifa_family = AF_INET, .ifa_prefixlen = 32, .ifa_index = 1},
			   .attribute = {.rta_len = RTA_LENGTH(4), .rta_type = IFA_LOCAL},
			   .address = inet_addr(ADDED)},
	};
}

/* Is the address this host's? */
static bool is_ours(void)
{
	struct ifaddrs *list, *at;
	bool found = false;

	if (getifaddrs(&list))
		return false;
	for (at = list; at; at = at->ifa_next)
		found = found ||
			(at->ifa_addr && at->ifa_addr->sa_family == AF_INET &&
			 ((struct sockaddr_in *)at->ifa_addr)->sin_addr.s_addr == inet_addr(ADDED));
	freeifaddrs(list);
	return found;
}

static void tell(const void *bytes, size_t len)
{
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);

	(void)send(fd, bytes, len, 0);
	(void)close(fd);
}

/* As it was before: without the address. */
static int forget(void)
{
	const struct request away = request(RTM_DELADDR);

	tell(&away.change, sizeof(away.change));
	return is_ours() ? -EEXIST : 0;
}

int escape_prepare(const char *box, const char *secret)
{
	(void)box;
	(void)secret;
	return forget();
}

int escape_attempt(const char *box, const char *secret)
{
	const struct request both = request(RTM_NEWADDR);

	(void)box;
	(void)secret;
	tell(&both, sizeof(both));
	return escape_if(is_ours());
}
