/* SPDX-License-Identifier: Apache-2.0 */
/* See blake2b.h. Names as in RFC 7693, sections 2 and 3. For little-endian machines. */
#include "trail/blake2b.h"

#include <string.h>

#define BLOCK 128u
#define PARAMETERS (0x01010000u | WRIT_BLAKE2B_SIZE) /* fanout 1, depth 1, no key */

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "words are copied as they are");

static const uint64_t iv[8] = {
	UINT64_C(0x6a09e667f3bcc908), UINT64_C(0xbb67ae8584caa73b), UINT64_C(0x3c6ef372fe94f82b),
	UINT64_C(0xa54ff53a5f1d36f1), UINT64_C(0x510e527fade682d1), UINT64_C(0x9b05688c2b3e6c1f),
	UINT64_C(0x1f83d9abfb41bd6b), UINT64_C(0x5be0cd19137e2179),
};

static inline uint64_t rotate(uint64_t word, unsigned int bits)
{
	return word >> bits | word << (64 - bits);
}

/* Sixteen words in registers, as far as there are any: the compiler has to see each index. */
#define MIX(a, b, c, d, x, y)                   \
	do {                                    \
		v##a += v##b + m[x];            \
		v##d = rotate(v##d ^ v##a, 32); \
		v##c += v##d;                   \
		v##b = rotate(v##b ^ v##c, 24); \
		v##a += v##b + m[y];            \
		v##d = rotate(v##d ^ v##a, 16); \
		v##c += v##d;                   \
		v##b = rotate(v##b ^ v##c, 63); \
	} while (0)

#define ROUND(s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, sa, sb, sc, sd, se, sf) \
	do {                                                                  \
		MIX(0, 4, 8, c, s0, s1);                                      \
		MIX(1, 5, 9, d, s2, s3);                                      \
		MIX(2, 6, a, e, s4, s5);                                      \
		MIX(3, 7, b, f, s6, s7);                                      \
		MIX(0, 5, a, f, s8, s9);                                      \
		MIX(1, 6, b, c, sa, sb);                                      \
		MIX(2, 7, 8, d, sc, sd);                                      \
		MIX(3, 4, 9, e, se, sf);                                      \
	} while (0)

static void compress(uint64_t h[8], const void *block, uint64_t count, uint64_t last)
{
	uint64_t v0 = h[0], v1 = h[1], v2 = h[2], v3 = h[3];
	uint64_t v4 = h[4], v5 = h[5], v6 = h[6], v7 = h[7];
	uint64_t v8 = iv[0], v9 = iv[1], va = iv[2], vb = iv[3];
	uint64_t vc = iv[4] ^ count, vd = iv[5], ve = iv[6] ^ last, vf = iv[7];
	uint64_t m[16];

	memcpy(m, block, sizeof(m));
	ROUND(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
	ROUND(14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3);
	ROUND(11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4);
	ROUND(7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8);
	ROUND(9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13);
	ROUND(2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9);
	ROUND(12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11);
	ROUND(13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10);
	ROUND(6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5);
	ROUND(10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0);
	ROUND(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
	ROUND(14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3);
	h[0] ^= v0 ^ v8;
	h[1] ^= v1 ^ v9;
	h[2] ^= v2 ^ va;
	h[3] ^= v3 ^ vb;
	h[4] ^= v4 ^ vc;
	h[5] ^= v5 ^ vd;
	h[6] ^= v6 ^ ve;
	h[7] ^= v7 ^ vf;
}

void writ_blake2b(const uint8_t head[WRIT_BLAKE2B_SIZE], const void *bytes, size_t len,
		  uint8_t ret_digest[WRIT_BLAKE2B_SIZE])
{
	const size_t room = BLOCK - WRIT_BLAKE2B_SIZE;
	const size_t first = len < room ? len : room;
	const uint64_t total = WRIT_BLAKE2B_SIZE + len;
	const uint8_t *at = (const uint8_t *)bytes + first;
	size_t left = len - first, used = WRIT_BLAKE2B_SIZE + first;
	uint8_t block[BLOCK];
	uint64_t h[8];

	memcpy(h, iv, sizeof(h));
	h[0] ^= PARAMETERS;
	memcpy(block, head, WRIT_BLAKE2B_SIZE);
	if (first)
		memcpy(block + WRIT_BLAKE2B_SIZE, bytes, first);
	if (left) {
		compress(h, block, BLOCK, 0);
		for (; left > BLOCK; at += BLOCK, left -= BLOCK)
			compress(h, at, total - left + BLOCK, 0);
		memcpy(block, at, left);
		used = left;
	}
	memset(block + used, 0, BLOCK - used);
	compress(h, block, total, ~UINT64_C(0));
	memcpy(ret_digest, h, WRIT_BLAKE2B_SIZE);
}
