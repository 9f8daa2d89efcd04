/* SPDX-License-Identifier: Apache-2.0 */
/* See limits.h. Times of issue are kept in order, the oldest first. */
#include "daemon/limits.h"

#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/grants.h"
#include "lib/time.h"

#define say(error, ...) ((void)snprintf(error, WRIT_ERROR_SIZE, __VA_ARGS__))

struct book {
	char name[WRIT_NAME_SIZE];
	uint32_t live;
};

struct life {
	uint64_t id;
	struct book *book;
};

struct pair {
	char agent[WRIT_NAME_SIZE];
	char playbook[WRIT_NAME_SIZE];
	uint64_t last_end; /* 0: none has ended */
	uint64_t expires;  /* of the last live one; its end may not have been told yet */
	uint64_t *times;   /* of issue; owned */
	size_t n;
	size_t size;
};

static int compare_books(const void *left, const void *right)
{
	return strcmp(((const struct book *)left)->name, ((const struct book *)right)->name);
}

static int compare_lives(const void *left, const void *right)
{
	const struct life *a = left, *b = right;

	return a->id < b->id ? -1 : a->id > b->id;
}

static int compare_pairs(const void *left, const void *right)
{
	const struct pair *a = left, *b = right;
	int order = strcmp(a->agent, b->agent);

	return order ? order : strcmp(a->playbook, b->playbook);
}

static void free_pair(void *pair)
{
	free(((struct pair *)pair)->times);
	free(pair);
}

void writ_limits_close(struct writ_limits *limits)
{
	tdestroy(limits->books, free);
	tdestroy(limits->lives, free);
	tdestroy(limits->pairs, free_pair);
	*limits = (struct writ_limits){0};
}

/* What is like @key in the tree, or a copy of it. NULL: no memory. */
static void *get(void **tree, const void *key, size_t size,
		 int (*compare)(const void *left, const void *right))
{
	void *const *found = tfind(key, tree, compare);
	void *copy;

	if (found)
		return *found;
	copy = malloc(size);
	if (!copy)
		return NULL;
	memcpy(copy, key, size);
	if (tsearch(copy, tree, compare))
		return copy;
	free(copy);
	return NULL;
}

static struct pair pair_key(const char *agent, const char *playbook)
{
	struct pair key = {.n = 0};

	(void)snprintf(key.agent, sizeof(key.agent), "%s", agent);
	(void)snprintf(key.playbook, sizeof(key.playbook), "%s", playbook);
	return key;
}

static struct pair *find_pair(const struct writ_limits *limits, const char *agent,
			      const char *playbook)
{
	const struct pair key = pair_key(agent, playbook);
	void *const *found = tfind(&key, &limits->pairs, compare_pairs);

	return found ? *found : NULL;
}

static int note_time(struct pair *pair, uint64_t time, size_t most)
{
	if (pair->n >= most) {
		memmove(pair->times, pair->times + (pair->n - most + 1),
			(most - 1) * sizeof(*pair->times));
		pair->n = most - 1;
	}
	if (pair->n == pair->size) {
		size_t size = pair->size ? 2 * pair->size : 4;
		uint64_t *times = reallocarray(pair->times, size, sizeof(*times));

		if (!times)
			return -ENOMEM;
		pair->times = times;
		pair->size = size;
	}
	pair->times[pair->n++] = time;
	return 0;
}

static int note_life(struct writ_limits *limits, const struct writ_grant_info *info)
{
	struct life life = {.id = info->id};
	struct book book = {.live = 0};
	size_t before;

	(void)snprintf(book.name, sizeof(book.name), "%s", info->playbook);
	life.book = get(&limits->books, &book, sizeof(book), compare_books);
	if (!life.book)
		return -ENOMEM;
	before = tfind(&life, &limits->lives, compare_lives) != NULL;
	if (!get(&limits->lives, &life, sizeof(life), compare_lives))
		return -ENOMEM;
	life.book->live += !before;
	return 0;
}

static int note_pair(struct writ_limits *limits, const struct writ_grant_info *info, size_t most,
		     struct pair **ret_pair)
{
	const struct pair key = pair_key(info->agent_name, info->playbook);
	struct pair *pair = get(&limits->pairs, &key, sizeof(key), compare_pairs);

	*ret_pair = pair;
	return pair ? note_time(pair, info->issued, most) : -ENOMEM;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

struct reading {
	struct writ_limits *limits;
	uint64_t now;
	int err;
};

/* Live, as far as its slot says so. */
static void read_live(void *context, const struct writ_grant_info *info,
		      enum writ_grant_state state)
{
	struct reading *reading = context;

	if (!reading->err && state <= WRIT_GRANT_STATE_ACTIVE)
		reading->err = note_life(reading->limits, info);
}

static void read_past(void *context, const struct writ_grant_info *info)
{
	struct reading *reading = context;
	struct pair *pair;

	if (!reading->err)
		reading->err = note_pair(reading->limits, info, SIZE_MAX, &pair);
	if (reading->err)
		return;
	if (info->expires <= reading->now)
		pair->last_end = larger(pair->last_end, info->expires);
	else if (info->end)
		pair->last_end = reading->now;
	else
		pair->expires = larger(pair->expires, info->expires);
}

static int compare_times(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return a < b ? -1 : a > b;
}

static void sort_pair(const void *node, VISIT visit, int depth)
{
	struct pair *pair = *(struct pair *const *)node;

	(void)depth;
	if ((visit == postorder || visit == leaf) && pair->n)
		qsort(pair->times, pair->n, sizeof(*pair->times), compare_times);
}

int writ_limits_open(struct writ_limits *limits, const struct writ_kernel *kernel, uint64_t now)
{
	struct reading reading = {.limits = limits, .now = now};

	*limits = (struct writ_limits){0};
	writ_grants_each(kernel, 0, read_live, &reading);
	writ_grants_each_info(kernel, read_past, &reading);
	twalk(limits->pairs, sort_pair);
	if (reading.err)
		writ_limits_close(limits);
	return reading.err;
}

static int check_concurrency(const struct writ_limits *limits,
			     const struct writ_policy_playbook *playbook,
			     char error[WRIT_ERROR_SIZE])
{
	struct book key = {.live = 0};
	struct book *const *found;

	(void)snprintf(key.name, sizeof(key.name), "%s", playbook->name);
	found = tfind(&key, &limits->books, compare_books);
	if (!playbook->concurrency || !found || (*found)->live < playbook->concurrency)
		return 0;
	say(error,
	    "playbook %s: %u grants live on this node, and %u is the most; ask again when "
	    "one has ended",
	    playbook->name, (*found)->live, playbook->concurrency);
	return -EBUSY;
}

static int check_cooldown(const struct pair *pair, const struct writ_policy_playbook *playbook,
			  uint64_t now, char error[WRIT_ERROR_SIZE])
{
	uint64_t end = pair->last_end;
	char text[32];

	if (pair->expires <= now)
		end = larger(end, pair->expires);
	if (!playbook->cooldown_ns || !end || now - end >= playbook->cooldown_ns)
		return 0;
	writ_time_format(playbook->cooldown_ns - (now - end), text, sizeof(text));
	say(error,
	    "playbook %s: agent %s has to wait from the end of a grant to the next; ask "
	    "again in %s",
	    playbook->name, pair->agent, text);
	return -ERESTART;
}

static int check_rate(const struct pair *pair, const struct writ_policy_playbook *playbook,
		      uint64_t now, char error[WRIT_ERROR_SIZE])
{
	uint64_t oldest;
	char text[32];

	if (!playbook->rate_count || pair->n < playbook->rate_count)
		return 0;
	oldest = pair->times[pair->n - playbook->rate_count];
	if (now - oldest >= playbook->rate_per_ns)
		return 0;
	writ_time_format(playbook->rate_per_ns - (now - oldest), text, sizeof(text));
	say(error,
	    "playbook %s: agent %s had %u grants, and may have no more for now; ask again in "
	    "%s",
	    playbook->name, pair->agent, playbook->rate_count, text);
	return -EUSERS;
}

int writ_limits_check(const struct writ_limits *limits, const struct writ_policy_playbook *playbook,
		      const char *agent, uint64_t now, char error[WRIT_ERROR_SIZE])
{
	const struct pair *pair = find_pair(limits, agent, playbook->name);
	int err = check_concurrency(limits, playbook, error);

	if (!err && pair)
		err = check_cooldown(pair, playbook, now, error);
	if (!err && pair)
		err = check_rate(pair, playbook, now, error);
	return err;
}

int writ_limits_issued(struct writ_limits *limits, const struct writ_policy_playbook *playbook,
		       const struct writ_grant_info *info)
{
	size_t most = playbook->rate_count ? playbook->rate_count : 1;
	struct pair *pair;
	int err = note_life(limits, info);

	if (err || (!playbook->cooldown_ns && !playbook->rate_count))
		return err;
	err = note_pair(limits, info, most, &pair);
	if (!err)
		pair->expires = larger(pair->expires, info->expires);
	return err;
}

static void end_pair(struct pair *pair, const struct writ_grant_info *info, uint64_t now)
{
	bool by_time = info->end == WRIT_END_EXPIRED || info->expires <= now;

	pair->last_end = larger(pair->last_end, by_time ? info->expires : now);
	if (pair->expires == info->expires)
		pair->expires = 0;
}

void writ_limits_ended(struct writ_limits *limits, const struct writ_grant_info *info, uint64_t now)
{
	const struct life key = {.id = info->id};
	void *const *found = tfind(&key, &limits->lives, compare_lives);
	struct pair *pair = find_pair(limits, info->agent_name, info->playbook);
	struct life *life;

	if (!found)
		return;
	life = *found;
	(void)tdelete(&key, &limits->lives, compare_lives);
	life->book->live--;
	free(life);
	if (pair)
		end_pair(pair, info, now);
}
