/* SPDX-License-Identifier: Apache-2.0 */
/*
 * BLAKE2b with 32 bytes of digest and no key (RFC 7693), of two pieces in one call: the chain's
 * head and a line. Each line of the trail passes here; libsodium's takes twice as long on machines
 * for which it chooses AVX2, and the tests hold the two against each other.
 */
#ifndef WRIT_TRAIL_BLAKE2B_H
#define WRIT_TRAIL_BLAKE2B_H

#include <stddef.h>
#include <stdint.h>

#define WRIT_BLAKE2B_SIZE 32u

/* BLAKE2b-256(@head || @bytes). @ret_digest may be @head. */
void writ_blake2b(const uint8_t head[WRIT_BLAKE2B_SIZE], const void *bytes, size_t len,
		  uint8_t ret_digest[WRIT_BLAKE2B_SIZE]);

#endif
