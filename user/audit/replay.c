/* SPDX-License-Identifier: Apache-2.0 */
/* See replay.h: a hash table that is asked only as long as something is in it. */
#include "audit/replay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "audit/lifecycle.h"
#include "lib/cleanup.h"
#include "writ/maps.h"

#define CPU_BITS 13 /* of a key; numbers have the others */
_Static_assert(WRIT_CPUS_MAX <= 1u << CPU_BITS, "a CPU fits into a key");

struct writ_replay {
	uint64_t *keys; /* key + 1; 0: free; UINT64_MAX: was taken */
	size_t size;	/* a power of two, at least twice what is in it */
	size_t used;	/* with those that were taken */
	size_t left;
};

int writ_replay_new(struct writ_replay **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : -ENOMEM;
}

void writ_replay_free(struct writ_replay *replay)
{
	if (!replay)
		return;
	free(replay->keys);
	free(replay);
}

static uint64_t *slot(const struct writ_replay *replay, uint64_t key)
{
	size_t at = (size_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (replay->size - 1);

	while (replay->keys[at] && replay->keys[at] != key)
		at = (at + 1) & (replay->size - 1);
	return &replay->keys[at];
}

static int grow(struct writ_replay *replay)
{
	struct writ_replay more = {.size = replay->size ? 2 * replay->size : 1024};

	more.keys = calloc(more.size, sizeof(*more.keys));
	if (!more.keys)
		return -ENOMEM;
	for (size_t i = 0; i < replay->size; i++)
		if (replay->keys[i] && replay->keys[i] != UINT64_MAX) {
			*slot(&more, replay->keys[i]) = replay->keys[i];
			more.used++;
		}
	more.left = more.used;
	free(replay->keys);
	*replay = more;
	return 0;
}

static uint64_t key_of(uint32_t cpu, uint64_t number)
{
	return (number << CPU_BITS | cpu) + 1;
}

static int add(struct writ_replay *replay, uint64_t key)
{
	uint64_t *place;

	if (2 * (replay->used + 1) > replay->size && grow(replay))
		return -ENOMEM;
	place = slot(replay, key);
	if (*place == key)
		return 0;
	*place = key;
	replay->used++;
	replay->left++;
	return 0;
}

/* The number behind @key, which begins with a comma; false: the line has none. */
static bool find(const char *line, size_t len, const char *key, int64_t *ret)
{
	const char *at = memmem(line, len, key, strlen(key));
	char digits[24] = {0};

	if (!at)
		return false;
	at += strlen(key);
	for (size_t i = 0; i < sizeof(digits) - 1 && at < line + len; i++, at++) {
		if (*at != '-' && (*at < '0' || *at > '9'))
			break;
		digits[i] = *at;
	}
	*ret = strtoll(digits, NULL, 10);
	return *digits != '\0';
}

static void replay_gap(struct writ_sequence *sequence, const char *line, size_t len)
{
	struct writ_gap gap = {0};
	int64_t cpu, missing;

	if (!find(line, len, ",\"cpu\":", &cpu) || !find(line, len, ",\"missing\":", &missing))
		return; /* a sum over CPUs, after the disk failed */
	gap.cpu = (uint32_t)cpu;
	if (memmem(line, len, ",\"reason\":\"ring_full\"", 21))
		gap.ring_full = missing;
	else if (memmem(line, len, ",\"reason\":\"unaccounted\"", 23))
		gap.unaccounted = missing;
	else if (memmem(line, len, ",\"reason\":\"late\"", 16))
		gap.late = -missing;
	writ_sequence_replay_gap(sequence, &gap);
}

int writ_replay_line(struct writ_replay *replay, struct writ_sequence *sequence, const char *line,
		     size_t len)
{
	int64_t cpu, number;

	if (memmem(line, len, ",\"type\":\"gap\"", 13)) {
		replay_gap(sequence, line, len);
		return 0;
	}
	if (!find(line, len, ",\"sequence\":", &number) || !find(line, len, ",\"cpu\":", &cpu) ||
	    cpu < 0 || cpu >= (int64_t)WRIT_CPUS_MAX)
		return 0; /* a line that no record stands for */
	writ_sequence_replay(sequence, (uint32_t)cpu, (uint64_t)number);
	return add(replay, key_of((uint32_t)cpu, (uint64_t)number));
}

bool writ_replay_waits(const struct writ_replay *replay)
{
	return replay->left;
}

bool writ_replay_take(struct writ_replay *replay, uint32_t cpu, uint64_t number)
{
	uint64_t *place;

	if (!replay->left)
		return false;
	place = slot(replay, key_of(cpu, number));
	if (!*place)
		return false;
	*place = UINT64_MAX;
	replay->left--;
	return true;
}
