/* SPDX-License-Identifier: Apache-2.0 */
/* See bytes.h. */
#include "forward/bytes.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cleanup.h"

int writ_bytes_add(struct writ_bytes *bytes, const void *from, size_t len)
{
	size_t size = bytes->size ? bytes->size : 4096;
	char *at = bytes->at;

	if (len > WRIT_BYTES_MAX || bytes->len + len > WRIT_BYTES_MAX)
		return -EMSGSIZE;
	while (size < bytes->len + len)
		size *= 2;
	if (size != bytes->size) {
		at = realloc(at, size);
		if (!at)
			return -ENOMEM;
		bytes->at = at;
		bytes->size = size;
	}
	memcpy(at + bytes->len, from, len);
	bytes->len += len;
	return 0;
}

int writ_bytes_print(struct writ_bytes *bytes, const char *format, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list arguments;
	int len;

	va_start(arguments, format);
	len = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (len < 0) {
		text = NULL;
		return -ENOMEM;
	}
	return writ_bytes_add(bytes, text, (size_t)len);
}

void writ_bytes_take(struct writ_bytes *bytes, size_t n)
{
	memmove(bytes->at, bytes->at + n, bytes->len - n);
	bytes->len -= n;
}

void writ_bytes_free(struct writ_bytes *bytes)
{
	free(bytes->at);
	*bytes = (struct writ_bytes){0};
}
