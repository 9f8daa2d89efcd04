/* SPDX-License-Identifier: Apache-2.0 */
/* See escape.h. UTF-8 validity is RFC 3629, section 4: no overlong forms, no surrogates. */
#include "lib/escape.h"

#include <stdbool.h>
#include <string.h>

/* Length of the valid UTF-8 sequence at @at that is fit to print, 0 if there is none. */
static size_t utf8_length(const unsigned char *at, size_t left)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t len;

	if (at[0] < 0x80)
		return at[0] >= 0x20 && at[0] != 0x7f;
	if (at[0] >= 0xc2 && at[0] <= 0xdf)
		len = 2;
	else if (at[0] >= 0xe0 && at[0] <= 0xef)
		len = 3;
	else if (at[0] >= 0xf0 && at[0] <= 0xf4)
		len = 4;
	else
		return 0;
	if (at[0] == 0xc2)
		low = 0xa0; /* C1 controls: a terminal obeys them */
	else if (at[0] == 0xe0)
		low = 0xa0;
	else if (at[0] == 0xed)
		high = 0x9f;
	else if (at[0] == 0xf0)
		low = 0x90;
	else if (at[0] == 0xf4)
		high = 0x8f;
	if (left < len || at[1] < low || at[1] > high)
		return 0;
	for (size_t i = 2; i < len; i++)
		if (at[i] < 0x80 || at[i] > 0xbf)
			return 0;
	return len;
}

size_t writ_escape_text(const void *bytes, size_t len, char *ret_text, size_t size)
{
	static const char hex[] = "0123456789abcdef";
	const unsigned char *in = bytes;
	size_t out = 0;

	for (size_t i = 0; i < len;) {
		size_t valid = utf8_length(in + i, len - i);
		bool quote = valid == 1 && in[i] == '\\';
		char escape[4] = {'\\', 'x', hex[in[i] >> 4], hex[in[i] & 15]};
		size_t step = valid ? valid : 1, put = quote ? 2 : valid ? valid : 4;

		if (out + put + 1 > size)
			break;
		memcpy(ret_text + out, quote ? "\\\\" : valid ? (const char *)in + i : escape, put);
		out += put;
		i += step;
	}
	ret_text[out] = '\0';
	return out;
}
