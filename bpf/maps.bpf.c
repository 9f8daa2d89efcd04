// SPDX-License-Identifier: GPL-2.0-only
/* The one definition of every map, and the license of the linked object. See maps.bpf.h. */
#define WRIT_MAPS_DEFINE
#include "maps.bpf.h"

char LICENSE[] SEC("license") = "GPL";
