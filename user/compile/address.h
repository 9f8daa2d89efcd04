/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses and ports as people write them. */
#ifndef WRIT_COMPILE_ADDRESS_H
#define WRIT_COMPILE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compile/model.h"

/*
 * "10.0.0.0/8", "127.0.0.1", "fd00::/8", "::1". IPv4 becomes mapped IPv6 (prefix + 96), and so a
 * mapped address that is written out is IPv4. 0, or -EINVAL with *@ret_why.
 */
int writ_address_parse(const char *text, uint8_t ret_address[16], uint32_t *ret_bits,
		       const char **ret_why);

/* "443" or "8000-8100", 1 to 65535. 0 or -EINVAL. */
int writ_address_ports(const char *text, struct writ_port_span *ret_span);

/* True when the first @bits bits of both are the same. */
bool writ_address_within(const uint8_t address[16], const uint8_t prefix[16], uint32_t bits);

/* True when a bit behind the first @bits is set. */
bool writ_address_has_rest(const uint8_t address[16], uint32_t bits);

#endif
