/* SPDX-License-Identifier: Apache-2.0 */
/* See chain.h. This is what each line of a busy host pays: no allocation, no printf. */
#include "trail/chain.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "trail/blake2b.h"
#include "trail/hex.h"

#define MEMBER ",\"chain\":\""
#define MEMBER_LEN (sizeof(MEMBER) - 1)
#define TAIL "\"}\n"
#define TAIL_LEN (sizeof(TAIL) - 1)
#define SHOWN_LEN (2 * WRIT_CHAIN_SIZE)
#define END_LEN (MEMBER_LEN + SHOWN_LEN + TAIL_LEN)

_Static_assert(WRIT_CHAIN_ROOM == MEMBER_LEN + SHOWN_LEN + 1, "what a line grows by");
_Static_assert(WRIT_CHAIN_SIZE == WRIT_BLAKE2B_SIZE, "BLAKE2b-256");

size_t writ_chain_close(struct writ_chain *chain, char *line, size_t len)
{
	char *at = line + len - 2;

	assert(len > 2 && at[0] == '}' && at[1] == '\n');
	writ_blake2b(chain->head, line, len - 2, chain->head);
	memcpy(at, MEMBER, MEMBER_LEN);
	at += MEMBER_LEN;
	writ_hex_write(chain->head, WRIT_CHAIN_SIZE, at);
	memcpy(at + SHOWN_LEN, TAIL, TAIL_LEN);
	return len + WRIT_CHAIN_ROOM;
}

int writ_chain_read(const char *line, size_t len, struct writ_chain *ret)
{
	const char *at = line + len - END_LEN;

	if (len <= END_LEN || memcmp(at, MEMBER, MEMBER_LEN) ||
	    memcmp(line + len - TAIL_LEN, TAIL, TAIL_LEN) ||
	    writ_hex_read(at + MEMBER_LEN, SHOWN_LEN, ret->head, WRIT_CHAIN_SIZE))
		return -EBADMSG;
	return 0;
}

int writ_chain_check(struct writ_chain *chain, const char *line, size_t len)
{
	uint8_t expected[WRIT_CHAIN_SIZE];
	char digits[SHOWN_LEN];
	struct writ_chain other;
	const char *said;

	if (len <= END_LEN)
		return -EBADMSG;
	said = line + len - TAIL_LEN - SHOWN_LEN;
	writ_blake2b(chain->head, line, len - END_LEN, expected);
	writ_hex_write(expected, WRIT_CHAIN_SIZE, digits); /* takes less than reading them */
	if (!memcmp(said, digits, SHOWN_LEN) && !memcmp(said - MEMBER_LEN, MEMBER, MEMBER_LEN) &&
	    !memcmp(said + SHOWN_LEN, TAIL, TAIL_LEN)) {
		memcpy(chain->head, expected, sizeof(expected));
		return 0;
	}
	if (writ_chain_read(line, len, &other))
		return -EBADMSG;
	*chain = other;
	return -EILSEQ;
}
