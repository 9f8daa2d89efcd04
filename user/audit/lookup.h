/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one thing that this process asks of bpf(2): an element of a map that it has a descriptor of.
 * Without libbpf, which a reader of untrusted records does not need.
 */
#ifndef WRIT_AUDIT_LOOKUP_H
#define WRIT_AUDIT_LOOKUP_H

#include <stdint.h>

#include "writ/maps.h"

/* @ret_value has the map's value size, on each CPU for a map of CPUs. -ENOENT: no such key. */
int writ_lookup(int map, const void *key, void *ret_value);

/*
 * Calls @each with the records that each CPU has lost so far. @counters: the map; @cpus: that this
 * kernel may have.
 */
int writ_lookup_lost(int counters, uint32_t cpus,
		     void (*each)(void *context, uint32_t cpu, uint64_t lost), void *context);

#endif
