/* SPDX-License-Identifier: Apache-2.0 */
/* See address.h. */
#include "compile/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

/* Decimal digits only, at most @max; false otherwise. */
static bool parse_number(const char *text, size_t len, uint32_t max, uint32_t *ret_number)
{
	uint32_t number = 0;

	if (!len || len > 5 || (len > 1 && text[0] == '0'))
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		number = number * 10 + (uint32_t)(text[i] - '0');
	}
	if (number > max)
		return false;
	*ret_number = number;
	return true;
}

static bool parse_host(const char *text, uint8_t address[16], uint32_t *ret_width)
{
	*ret_width = 128;
	if (inet_pton(AF_INET6, text, address) == 1)
		return true;
	memcpy(address, mapped, sizeof(mapped));
	*ret_width = 32;
	return inet_pton(AF_INET, text, address + 12) == 1;
}

bool writ_address_has_rest(const uint8_t address[16], uint32_t bits)
{
	uint8_t zero[16] = {0}, rest[16];

	for (uint32_t i = 0; i < 16; i++) {
		uint32_t kept = bits > 8 * i ? bits - 8 * i : 0;

		rest[i] = kept >= 8 ? 0 : address[i] & (0xffu >> kept);
	}
	return memcmp(rest, zero, sizeof(rest)) != 0;
}

int writ_address_parse(const char *text, uint8_t ret_address[16], uint32_t *ret_bits,
		       const char **ret_why)
{
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	char host[INET6_ADDRSTRLEN] = "";
	uint32_t width, bits;
	uint8_t address[16];

	*ret_why = "expected an IPv4 or IPv6 address, or a prefix such as 10.0.0.0/8";
	if (len >= sizeof(host))
		return -EINVAL;
	memcpy(host, text, len);
	if (!parse_host(host, address, &width))
		return -EINVAL;
	bits = width;
	if (slash && !parse_number(slash + 1, strlen(slash + 1), width, &bits)) {
		*ret_why = width == 32 ? "expected a prefix length of 0 to 32"
				       : "expected a prefix length of 0 to 128";
		return -EINVAL;
	}
	bits += 128 - width;
	if (writ_address_has_rest(address, bits)) {
		*ret_why = "has bits behind its prefix length; expected zeros there";
		return -EINVAL;
	}
	memcpy(ret_address, address, sizeof(address));
	*ret_bits = bits;
	return 0;
}

int writ_address_ports(const char *text, struct writ_port_span *ret_span)
{
	const char *dash = strchr(text, '-');
	size_t len = dash ? (size_t)(dash - text) : strlen(text);
	uint32_t low, high;

	if (!parse_number(text, len, UINT16_MAX, &low))
		return -EINVAL;
	high = low;
	if (dash && !parse_number(dash + 1, strlen(dash + 1), UINT16_MAX, &high))
		return -EINVAL;
	if (!low || high < low)
		return -EINVAL;
	*ret_span = (struct writ_port_span){.low = (uint16_t)low, .high = (uint16_t)high};
	return 0;
}

bool writ_address_within(const uint8_t address[16], const uint8_t prefix[16], uint32_t bits)
{
	uint32_t whole = bits / 8, rest = bits % 8;

	if (memcmp(address, prefix, whole))
		return false;
	return !rest || !((address[whole] ^ prefix[whole]) >> (8 - rest));
}
