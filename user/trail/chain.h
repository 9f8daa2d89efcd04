/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hash chain. With H(0) = 32 zero bytes and L(n) the bytes of line n, without its "chain"
 * member, its closing brace and its newline,
 *
 *	H(n) = BLAKE2b-256(H(n-1) || L(n))
 *
 * and the line ends in `,"chain":"` and H(n) in hexadecimal. So any two lines that stand together
 * show whether they belong together, and the last line alone says how the chain goes on.
 */
#ifndef WRIT_TRAIL_CHAIN_H
#define WRIT_TRAIL_CHAIN_H

#include <stddef.h>
#include <stdint.h>

#define WRIT_CHAIN_SIZE 32u

/* What a line grows by: the member `,"chain":"..."`. */
#define WRIT_CHAIN_ROOM (sizeof(",\"chain\":\"\"") - 1 + 2 * WRIT_CHAIN_SIZE)

struct writ_chain {
	uint8_t head[WRIT_CHAIN_SIZE]; /* of the last line; zeros before the first */
};

/*
 * Closes @line, @len bytes that end in "}\n" with WRIT_CHAIN_ROOM bytes of room behind them, and
 * moves the head on. Returns its new length. Another end is a programmer error and asserts.
 */
size_t writ_chain_close(struct writ_chain *chain, char *line, size_t len);

/* The head that @line, @len bytes with its newline, says it has. -EBADMSG: it says none. */
int writ_chain_read(const char *line, size_t len, struct writ_chain *ret);

/*
 * Is @line, @len bytes with its newline, the one that follows? The head is what the line says then,
 * true or not, so that one can go on behind a line that is wrong. -EBADMSG: it says none, and the
 * head stays; -EILSEQ: it is not what was written behind the line before.
 */
int writ_chain_check(struct writ_chain *chain, const char *line, size_t len);

#endif
