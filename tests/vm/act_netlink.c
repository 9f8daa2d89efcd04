// SPDX-License-Identifier: Apache-2.0
/*
 * act: questions and changes through netlink, of routes and addresses. Out: 0, or -errno of the
 * step that failed.
 */
#include "act.h"
#include "act_peer.h"

#include <ifaddrs.h>
#include <linux/rtnetlink.h>

struct request {
	struct nlmsghdr header;
	struct ifinfomsg body;
};

static struct request request(uint16_t type, uint16_t flags)
{
	return (struct request){
		.header = {.nlmsg_len = sizeof(struct request),
			   .nlmsg_type = type,
			   .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags)},
		.body = {.ifi_family = AF_UNSPEC, .ifi_index = 1},
	};
}

static int ask(const struct request *requests, size_t n, uint32_t to)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	struct peer peer = {.netlink = {.nl_family = AF_NETLINK, .nl_pid = to},
			    .len = sizeof(peer.netlink)};

	if (fd < 0)
		return -errno;
	return peer_ended(
		fd, sendto(fd, requests, n * sizeof(*requests), 0, &peer.any, peer.len) < 0 ? -errno
											    : 0);
}

/* What libc asks: which interfaces and addresses there are. Returns their number. */
static int interfaces(struct act *act)
{
	struct ifaddrs *list;
	int n = 0;

	(void)act;
	if (getifaddrs(&list))
		return -errno;
	for (const struct ifaddrs *at = list; at; at = at->ifa_next)
		n++;
	freeifaddrs(list);
	return n ? 0 : -ENODATA;
}

static int link_get(struct act *act)
{
	struct request get = request(RTM_GETLINK, 0);

	(void)act;
	return ask(&get, 1, 0);
}

static int link_set(struct act *act)
{
	struct request set = request(RTM_NEWLINK, 0);

	(void)act;
	return ask(&set, 1, 0);
}

/* The change stands behind a question. */
static int link_both(struct act *act)
{
	struct request both[2] = {request(RTM_GETLINK, 0), request(RTM_NEWLINK, 0)};

	(void)act;
	return ask(both, 2, 0);
}

/* To a netlink socket of process PID, whoever has it. */
static int link_to(struct act *act)
{
	struct request get = request(RTM_GETLINK, 0);

	return ask(&get, 1, (uint32_t)atoi(act->next[1]));
}

const struct act_operation act_netlink_operations[] = {
	{"interfaces", 0, interfaces}, {"linkget", 0, link_get}, {"linkset", 0, link_set},
	{"linkboth", 0, link_both},    {"linkto", 1, link_to},	 {NULL, 0, NULL},
};
