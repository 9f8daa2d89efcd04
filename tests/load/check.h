/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold of grants whatever is killed: looked at in the kernel's maps while it goes on, and
 * in ledger and log at the end.
 */
#ifndef WRIT_TESTS_LOAD_CHECK_H
#define WRIT_TESTS_LOAD_CHECK_H

#include <stdint.h>

#include "host.h"

/* Opens the pinned maps of a writd that runs. No grant may last longer than @ttl_ms. */
void load_check_open(const struct load_host *host, uint32_t ttl_ms);

/* Each grant in the kernel: is its request in the ledger, does it last as it should? */
void load_check_scan(void);

/* Compares what was seen with ledger and log. Prints a line for each rule; how many are broken. */
unsigned int load_check_end(void);

#endif
