/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The signing keys, and the one file that has them. Two rows of Ed25519 seeds, in each of which the
 * next is BLAKE2b of the one before, which is erased as soon as it has signed:
 *
 *	S(0)   S(1)   S(2) ...          one for the first line of each segment
 *	C(n,0) C(n,1) C(n,2) ...        one for each checkpoint of segment n; C(n,0) is made of S(n)
 *
 * What is signed names the public key that comes next, so that who knows the first one can follow.
 * Who steals the file can sign from then on, and nothing that was written before. Erased is what is
 * overwritten in place: as good as the medium is at that.
 *
 * The file has two places, of which one holds the state and the other zeros, but for the moment in
 * which they are exchanged: a cut at any point leaves one that is whole. With both, the newer
 * holds.
 */
#ifndef WRIT_TRAIL_KEY_H
#define WRIT_TRAIL_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WRIT_KEY_SIZE 32u /* public; a seed has as many */
#define WRIT_KEY_SIGNATURE 64u

struct writ_key;

/*
 * Opens @path, 0600. -ENOENT; -EINVAL: not a regular file, or one that others may read; -EBADMSG:
 * none of its places is whole.
 */
int writ_key_open(const char *path, struct writ_key **ret);

/*
 * Makes @path with a new S(@segment), which is the anchor from there on. What is there is replaced:
 * if anything was signed before, that is an alarm, for it can't be tied to what comes.
 */
int writ_key_make(const char *path, uint64_t segment, struct writ_key **ret);

/* Erases what is in memory. */
void writ_key_close(struct writ_key *key);

static inline void writ_key_closep(struct writ_key **key)
{
	writ_key_close(*key);
}

/* The number of the segment whose first line is signed next, and of the checkpoint after that. */
uint64_t writ_key_segment(const struct writ_key *key);
uint64_t writ_key_checkpoint(const struct writ_key *key);

/*
 * For the first line of segment writ_key_segment(): what it names, C(n,0) and S(n+1), and the
 * signature over @bytes by S(n). Changes nothing: a segment is begun by writ_key_begun().
 */
void writ_key_segment_names(const struct writ_key *key, uint8_t ret_checkpoint[WRIT_KEY_SIZE],
			    uint8_t ret_next[WRIT_KEY_SIZE]);
void writ_key_segment_sign(const struct writ_key *key, const void *bytes, size_t len,
			   uint8_t ret_signature[WRIT_KEY_SIGNATURE]);

/* The line is on the disk: S(n) is erased, n + 1 is next, checkpoints begin at 0. 0 or -errno. */
int writ_key_begun(struct writ_key *key);

/* The same for checkpoint C(n,j): it names C(n,j+1). -ENOKEY: no segment was begun. */
int writ_key_checkpoint_name(const struct writ_key *key, uint8_t ret_next[WRIT_KEY_SIZE]);
int writ_key_checkpoint_sign(const struct writ_key *key, const void *bytes, size_t len,
			     uint8_t ret_signature[WRIT_KEY_SIGNATURE]);
int writ_key_checked(struct writ_key *key);

/* It has signed nothing yet. */
bool writ_key_is_new(const struct writ_key *key);

/* The public key of the first S: what a reader who trusts nothing else must have from elsewhere. */
void writ_key_anchor(const struct writ_key *key, uint8_t ret_anchor[WRIT_KEY_SIZE]);

#endif
