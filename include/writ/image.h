/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * A rule image: what the compiler makes of one role, one grant, or the cgroup patterns of all
 * agents, and what the hooks read. One contiguous block, position independent: every offset is in
 * bytes from the image's own start and a multiple of 4; the image's size is a multiple of 64.
 *
 *   struct writ_image | trie | rows | accepts | accept_rules | rules | addresses | strings
 *
 * The DFA. A state is a row of 1 + n_classes words: word 0 is the index of the state's accept
 * entry, word 1 + c the state that a byte of class c leads to. A *state word* is the row's first
 * word index within the rows, with WRIT_STATE_FINAL set when no byte leads out of the state any
 * more (dead, or absorbing): the walk may stop there. Row 0 is the dead state: accept 0, which
 * allows and denies nothing, and every class leads back to it.
 *
 * The trie. Literal beginnings of rules are not in the rows but in a trie over bytes, for a row
 * has a word for every class and a literal has one way on. A node stands over the row in which a
 * text that came to the node would be, were there no longer literal: there the walk goes on when
 * no edge of the node has the next byte, and that row's accept is the node's. So the cost of a walk
 * depends on the length of the text alone, and 10,000 literals cost some hundred KiB.
 * All nodes lie in one array of cells (a double array: Aoe, 1989). Node n has cell n, whose `state`
 * is the row it stands over; its edge for byte b is cell n + 1 + b if that cell's owner is n, and
 * `state` is then where the edge leads: a row, or a node (WRIT_STATE_TRIE and its index).
 *
 * Paths are walked from path_entry, exec strings (path NUL argv[0] NUL argv[1] NUL ...) from
 * exec_entry. A walk may stop anywhere and go on later from the state word it came to.
 *
 * An image is immutable once published; `id` becomes 0 when it is retired, before its memory can
 * be used again.
 */
#ifndef WRIT_IMAGE_H
#define WRIT_IMAGE_H

#include "writ/abi.h"

#define WRIT_IMAGE_MAGIC 0x54495257u /* "WRIT" */
#define WRIT_IMAGE_VERSION 3u
#define WRIT_IMAGE_ALIGN 64u

#define WRIT_STATE_FINAL 0x80000000u
#define WRIT_STATE_TRIE 0x40000000u
#define WRIT_STATE_INDEX 0x3fffffffu
#define WRIT_STATE_DEAD WRIT_STATE_FINAL /* row 0, final */

#define WRIT_CAPABILITIES 41u /* CAP_CHOWN to CAP_CHECKPOINT_RESTORE, linux/capability.h */

#define WRIT_IMAGE_HAS_DENY 1u /* flags: some rule denies */

struct writ_image {
	__u32 magic;
	__u32 version;
	__u32 id; /* unique on this node since boot, given at publication; 0 before and after */
	__u32 size;
	__u32 flags;
	__u32 path_entry; /* state words; WRIT_STATE_DEAD when there is no such rule */
	__u32 exec_entry;
	__u32 n_classes; /* 1 to 256 */
	__u32 trie;
	__u32 n_cells;
	__u32 rows;
	__u32 n_rows;
	__u32 accepts;
	__u32 n_accepts;
	__u32 accept_rules;
	__u32 n_accept_rules;
	__u32 rules;
	__u32 n_rules;
	__u32 addresses;
	__u32 n_addresses;
	__u32 strings;
	__u32 strings_size;
	__u32 checksum; /* FNV-1a (32 bit) over the image with id and checksum as 0 */
	__u32 kernel;	/* 1 << WRIT_FAMILY_*: what the role opens, none in other images */
	__u64 capabilities; /* 1 << CAP_*: those of the role, none in other images */
	__u8 classes[256]; /* byte -> class */
};
_Static_assert(sizeof(struct writ_image) == 104 + 256, "writ_image");
_Static_assert(__builtin_offsetof(struct writ_image, classes) == 104, "writ_image.classes");

#define WRIT_TRIE_NODE 0xfffffffeu /* owner of a node's own cell */
#define WRIT_TRIE_FREE 0xffffffffu /* of a cell without use */
struct writ_trie_cell {
	__u32 owner; /* node that this is an edge of */
	__u32 state; /* state word */
};
_Static_assert(sizeof(struct writ_trie_cell) == 8, "writ_trie_cell");
/* Behind a node's cell there is room for an edge of every byte. */
#define WRIT_TRIE_REACH 256u

/* What a state gives. In the cgroup image `allow` is the agent's index instead of bits. */
#define WRIT_ALLOW_ENTRY (1u << 31) /* beside bits of `allow`: the playbook's entry command */
_Static_assert(WRIT_ACCESS_BITS < 31, "no access is the entry's bit");
struct writ_accept {
	__u32 allow;
	__u32 deny;
	__u32 first; /* index into accept_rules: the rules behind this entry, ascending */
	__u32 count;
	__u32 audit; /* WRIT_AUDIT_QUIET, WRIT_AUDIT_REQUIRED_SHIFT; 0: everything is recorded */
};
_Static_assert(sizeof(struct writ_accept) == 20, "writ_accept");
_Static_assert(__builtin_offsetof(struct writ_accept, audit) == 16, "writ_accept.audit");

/*
 * The audit word holds two sets of access bits: whose decision needs no record (of a deny, where
 * the entry denies the bit; of an allow otherwise), and those whose allow must be recorded. The
 * rule that records most has its way.
 */
#define WRIT_AUDIT_QUIET 0xffffu
#define WRIT_AUDIT_REQUIRED_SHIFT 16u
_Static_assert(WRIT_ACCESS_BITS <= 16, "two sets of access bits in a word");

/* accept_rules is an array of __u32 rule indices. */

/* A rule as people wrote it, for `why`: a string such as "web.yaml:12:5 /etc/hosts read". */
struct writ_image_rule {
	__u32 allow;
	__u32 deny;
	__u32 text; /* offset within strings */
	__u32 text_len;
	__u32 audit; /* enum writ_audit */
};
_Static_assert(sizeof(struct writ_image_rule) == 20, "writ_image_rule");
_Static_assert(__builtin_offsetof(struct writ_image_rule, audit) == 16, "writ_image_rule.audit");

struct writ_port_range {
	__u16 low;
	__u16 high;
	__u32 accept; /* index into accepts */
};
_Static_assert(sizeof(struct writ_port_range) == 8, "writ_port_range");

/*
 * What one address prefix gives: disjoint ranges, ascending. An entry already contains what
 * shorter prefixes around it give, because only the longest is looked up.
 */
struct writ_ports {
	__u32 count;
	__u32 pad;
	struct writ_port_range ranges[WRIT_PORT_RANGES_MAX];
};
_Static_assert(sizeof(struct writ_ports) == 8 + 8 * WRIT_PORT_RANGES_MAX, "writ_ports");

struct writ_image_address {
	__u32 bits;	/* 0 to 128, of the IPv6 or IPv4-mapped address */
	__u32 protocol; /* enum writ_protocol */
	__u8 address[16];
	struct writ_ports ports;
};
_Static_assert(sizeof(struct writ_image_address) == 24 + sizeof(struct writ_ports), "address");

#endif
