// SPDX-License-Identifier: GPL-2.0-only
/*
 * The matchers of texts (include/writ/match.h) and of addresses as global functions: the verifier
 * proves each once for any arguments, and not again on every path of every hook that leads to it.
 */
#include "match.bpf.h"

__u32 match_walk(struct writ_text *text, __u32 image, __u32 state, __u32 at, __u32 end)
{
	struct writ_walk walk = {
		.text = text, .image = image, .state = state, .at = at, .end = end};
	__u32 zero = 0;

	walk.tables = bpf_map_lookup_elem(&tables, &zero);
	if (!text || !walk.tables)
		return WRIT_STATE_DEAD;
	writ_walk_begin(&walk);
	return writ_match_walk(&walk);
}

__u32 match_accept(__u32 image, __u32 state)
{
	struct writ_walk walk = {.image = image, .state = state};
	__u32 zero = 0;

	walk.tables = bpf_map_lookup_elem(&tables, &zero);
	if (!walk.tables)
		return 0;
	writ_walk_begin(&walk);
	return writ_match_accept(&walk);
}

/* Longest prefix, then the port's range. */
__u32 match_address(__u32 id, __u32 protocol, __u32 port, struct address *address)
{
	struct writ_address_key key = {.prefixlen = 8u * 24u, .image = id, .protocol = protocol};
	struct writ_ports *ports;

	if (!address)
		return 0;
	__builtin_memcpy(key.address, address, sizeof(key.address));
	ports = bpf_map_lookup_elem(&addresses, &key);
	if (!ports)
		return 0;
	for (__u32 i = 0; i < WRIT_PORT_RANGES_MAX; i++) {
		if (i >= ports->count)
			return 0;
		if (port >= ports->ranges[i].low && port <= ports->ranges[i].high)
			return ports->ranges[i].accept;
	}
	return 0;
}
