/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes as lower-case hexadecimal digits, and back. */
#ifndef WRIT_TRAIL_HEX_H
#define WRIT_TRAIL_HEX_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>

/* 2 * @len digits, no NUL. */
static inline void writ_hex_write(const uint8_t *bytes, size_t len, char *ret_digits)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		ret_digits[2 * i] = digits[bytes[i] >> 4];
		ret_digits[2 * i + 1] = digits[bytes[i] & 15];
	}
}

static inline int writ_hex_digit(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* -EINVAL unless @text has 2 * @len digits; then part of @ret_bytes may be written. */
static inline int writ_hex_read(const char *text, size_t text_len, uint8_t *ret_bytes, size_t len)
{
	if (text_len != 2 * len)
		return -EINVAL;
	for (size_t i = 0; i < len; i++) {
		int high = writ_hex_digit(text[2 * i]), low = writ_hex_digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return -EINVAL;
		ret_bytes[i] = (uint8_t)(high << 4 | low);
	}
	return 0;
}

#endif
