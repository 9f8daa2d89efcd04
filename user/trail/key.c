/* SPDX-License-Identifier: Apache-2.0 */
/* See key.h. */
#include "trail/key.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <sodium.h>

#include "lib/cleanup.h"

#define MAGIC UINT64_C(0x31796b7469727721) /* changes with the layout */
#define PLACE_SIZE 4096			   /* a block of its own: it is written whole or not */
#define SUM_SIZE 16u

/* One place of the file. */
struct state {
	uint64_t magic;
	uint64_t turn;	     /* how often it was written: the newer of two holds */
	uint64_t segment;    /* n of the next segment */
	uint64_t checkpoint; /* j */
	uint64_t begun;	     /* checkpoint_seed is of segment n - 1; 0: there is none yet */
	uint8_t segment_seed[WRIT_KEY_SIZE];
	uint8_t checkpoint_seed[WRIT_KEY_SIZE];
	uint8_t anchor[WRIT_KEY_SIZE];
	uint8_t sum[SUM_SIZE]; /* of all before it */
};
_Static_assert(sizeof(struct state) == 152, "state of the keys");
_Static_assert(WRIT_KEY_SIZE == crypto_sign_SEEDBYTES &&
		       WRIT_KEY_SIZE == crypto_sign_PUBLICKEYBYTES,
	       "Ed25519");
_Static_assert(WRIT_KEY_SIGNATURE == crypto_sign_BYTES, "Ed25519");

struct writ_key {
	int fd;
	int place; /* that holds the state */
	struct state state;
};

static void sum(const struct state *state, uint8_t ret_sum[SUM_SIZE])
{
	(void)crypto_generichash(ret_sum, SUM_SIZE, (const unsigned char *)state,
				 offsetof(struct state, sum), NULL, 0);
}

/* One way: what it was made of can't be had from it. */
static void derive(const uint8_t seed[WRIT_KEY_SIZE], const char *what,
		   uint8_t ret_seed[WRIT_KEY_SIZE])
{
	uint8_t made[WRIT_KEY_SIZE];

	(void)crypto_generichash(made, sizeof(made), (const unsigned char *)what, strlen(what),
				 seed, WRIT_KEY_SIZE);
	memcpy(ret_seed, made, sizeof(made));
	sodium_memzero(made, sizeof(made));
}

static void public_of(const uint8_t seed[WRIT_KEY_SIZE], uint8_t ret_public[WRIT_KEY_SIZE])
{
	unsigned char secret[crypto_sign_SECRETKEYBYTES];

	(void)crypto_sign_seed_keypair(ret_public, secret, seed);
	sodium_memzero(secret, sizeof(secret));
}

static void sign(const uint8_t seed[WRIT_KEY_SIZE], const void *bytes, size_t len,
		 uint8_t ret_signature[WRIT_KEY_SIGNATURE])
{
	unsigned char public[WRIT_KEY_SIZE], secret[crypto_sign_SECRETKEYBYTES];

	(void)crypto_sign_seed_keypair(public, secret, seed);
	(void)crypto_sign_detached(ret_signature, NULL, bytes, len, secret);
	sodium_memzero(secret, sizeof(secret));
}

static int write_place(int fd, int place, const void *bytes, size_t len)
{
	ssize_t n = pwrite(fd, bytes, len, (off_t)place * PLACE_SIZE);

	if (n != (ssize_t)len)
		return n < 0 ? -errno : -EIO;
	return fdatasync(fd) ? -errno : 0;
}

/* Into the other place, then zeros over this one. A failure leaves the key as it was. */
static int save(struct writ_key *key, struct state *next)
{
	static const uint8_t nothing[sizeof(struct state)];
	int err;

	next->turn = key->state.turn + 1;
	sum(next, next->sum);
	err = write_place(key->fd, !key->place, next, sizeof(*next));
	if (err)
		return err;
	err = write_place(key->fd, key->place, nothing, sizeof(nothing));
	if (err)
		return err;
	key->place = !key->place;
	key->state = *next;
	return 0;
}

static bool read_place(int fd, int place, struct state *ret)
{
	uint8_t expected[SUM_SIZE];

	if (pread(fd, ret, sizeof(*ret), (off_t)place * PLACE_SIZE) != sizeof(*ret) ||
	    ret->magic != MAGIC)
		return false;
	sum(ret, expected);
	return !memcmp(expected, ret->sum, sizeof(expected));
}

static int load(struct writ_key *key)
{
	struct state places[2];
	bool whole[2] = {read_place(key->fd, 0, &places[0]), read_place(key->fd, 1, &places[1])};
	int err = 0;

	if (!whole[0] && !whole[1]) {
		err = -EBADMSG;
	} else {
		key->place = whole[1] && (!whole[0] || places[1].turn > places[0].turn);
		key->state = places[key->place];
		if (whole[0] && whole[1]) { /* the older one should have been erased */
			struct state again = key->state;

			key->place = !key->place;
			err = save(key, &again);
		}
	}
	sodium_memzero(places, sizeof(places));
	return err;
}

static int fill(struct writ_key *key, uint64_t segment)
{
	struct state first = {.magic = MAGIC, .segment = segment};
	int err;

	randombytes_buf(first.segment_seed, sizeof(first.segment_seed));
	public_of(first.segment_seed, first.anchor);
	if (ftruncate(key->fd, 2 * PLACE_SIZE))
		return -errno;
	err = save(key, &first);
	sodium_memzero(&first, sizeof(first));
	return err;
}

/* Others could sign, or could have made it, if they may read or write it. */
static int check_file(int fd)
{
	struct stat found;

	if (fstat(fd, &found))
		return -errno;
	if (!S_ISREG(found.st_mode) || found.st_nlink != 1 || found.st_uid != geteuid() ||
	    found.st_mode & 077)
		return -EINVAL;
	return 0;
}

static int open_file(const char *path, int more, struct writ_key **ret)
{
	const int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
	_cleanup_(writ_key_closep) struct writ_key *key = NULL;
	_cleanup_close_ int fd = open(path, flags | more, 0600);
	int err;

	if (fd < 0)
		return -errno;
	err = check_file(fd);
	if (err)
		return err;
	key = calloc(1, sizeof(*key));
	if (!key)
		return -ENOMEM;
	key->fd = take_fd(&fd);
	*ret = take_ptr(key);
	return 0;
}

static int sync_directory(const char *path)
{
	char directory[PATH_MAX];
	_cleanup_close_ int fd = -1;

	(void)snprintf(directory, sizeof(directory), "%s", path);
	fd = open(dirname(directory), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 || fsync(fd) ? -errno : 0;
}

int writ_key_open(const char *path, struct writ_key **ret)
{
	_cleanup_(writ_key_closep) struct writ_key *key = NULL;
	int err = open_file(path, 0, &key);

	if (!err)
		err = load(key);
	if (!err)
		*ret = take_ptr(key);
	return err;
}

/* Beside its place first: a key that is there is always whole. */
int writ_key_make(const char *path, uint64_t segment, struct writ_key **ret)
{
	_cleanup_(writ_key_closep) struct writ_key *key = NULL;
	char new[PATH_MAX];
	int err;

	if (snprintf(new, sizeof(new), "%s.new", path) >= (int)sizeof(new))
		return -ENAMETOOLONG;
	if (unlink(new) && errno != ENOENT)
		return -errno;
	err = open_file(new, O_CREAT | O_EXCL, &key);
	if (!err)
		err = fill(key, segment);
	if (!err && rename(new, path))
		err = -errno;
	if (!err)
		err = sync_directory(path);
	if (!err)
		*ret = take_ptr(key);
	return err;
}

void writ_key_close(struct writ_key *key)
{
	if (!key)
		return;
	writ_closep(&key->fd);
	sodium_memzero(key, sizeof(*key));
	free(key);
}

uint64_t writ_key_segment(const struct writ_key *key)
{
	return key->state.segment;
}

uint64_t writ_key_checkpoint(const struct writ_key *key)
{
	return key->state.checkpoint;
}

bool writ_key_is_new(const struct writ_key *key)
{
	return !key->state.begun;
}

void writ_key_anchor(const struct writ_key *key, uint8_t ret_anchor[WRIT_KEY_SIZE])
{
	memcpy(ret_anchor, key->state.anchor, WRIT_KEY_SIZE);
}

void writ_key_segment_names(const struct writ_key *key, uint8_t ret_checkpoint[WRIT_KEY_SIZE],
			    uint8_t ret_next[WRIT_KEY_SIZE])
{
	uint8_t seed[WRIT_KEY_SIZE];

	derive(key->state.segment_seed, "writ checkpoint", seed);
	public_of(seed, ret_checkpoint);
	derive(key->state.segment_seed, "writ segment", seed);
	public_of(seed, ret_next);
	sodium_memzero(seed, sizeof(seed));
}

void writ_key_segment_sign(const struct writ_key *key, const void *bytes, size_t len,
			   uint8_t ret_signature[WRIT_KEY_SIGNATURE])
{
	sign(key->state.segment_seed, bytes, len, ret_signature);
}

int writ_key_begun(struct writ_key *key)
{
	struct state next = key->state;
	int err;

	derive(key->state.segment_seed, "writ checkpoint", next.checkpoint_seed);
	derive(key->state.segment_seed, "writ segment", next.segment_seed);
	next.segment++;
	next.checkpoint = 0;
	next.begun = 1;
	err = save(key, &next);
	sodium_memzero(&next, sizeof(next));
	return err;
}

int writ_key_checkpoint_name(const struct writ_key *key, uint8_t ret_next[WRIT_KEY_SIZE])
{
	uint8_t seed[WRIT_KEY_SIZE];

	if (!key->state.begun)
		return -ENOKEY;
	derive(key->state.checkpoint_seed, "writ next", seed);
	public_of(seed, ret_next);
	sodium_memzero(seed, sizeof(seed));
	return 0;
}

int writ_key_checkpoint_sign(const struct writ_key *key, const void *bytes, size_t len,
			     uint8_t ret_signature[WRIT_KEY_SIGNATURE])
{
	if (!key->state.begun)
		return -ENOKEY;
	sign(key->state.checkpoint_seed, bytes, len, ret_signature);
	return 0;
}

int writ_key_checked(struct writ_key *key)
{
	struct state next = key->state;
	int err;

	if (!key->state.begun)
		return -ENOKEY;
	derive(key->state.checkpoint_seed, "writ next", next.checkpoint_seed);
	next.checkpoint++;
	err = save(key, &next);
	sodium_memzero(&next, sizeof(next));
	return err;
}
