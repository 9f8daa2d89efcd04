/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes that grow, up to a limit: messages as they go out. */
#ifndef WRIT_FORWARD_BYTES_H
#define WRIT_FORWARD_BYTES_H

#include <stddef.h>

/* A line of 128 KiB of which each byte becomes six, and what is written around it. */
#define WRIT_BYTES_MAX (1u << 20)

struct writ_bytes {
	char *at;
	size_t len;
	size_t size;
};

/* -ENOMEM; -EMSGSIZE: more than WRIT_BYTES_MAX. Nothing is added then. */
int writ_bytes_add(struct writ_bytes *bytes, const void *from, size_t len);
int writ_bytes_print(struct writ_bytes *bytes, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Takes @n from the front. */
void writ_bytes_take(struct writ_bytes *bytes, size_t n);

void writ_bytes_free(struct writ_bytes *bytes);

#endif
