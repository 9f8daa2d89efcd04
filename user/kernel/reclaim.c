/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See reclaim.h. The thread touches nothing but its state: all memory that hooks read is the
 * loop's. It is started when first needed, so it has the rights that its writd has kept.
 */
#include "kernel/reclaim.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/arena.h"
#include "lib/cleanup.h"
#include "lib/log.h"

struct entry {
	uint32_t agent;
	uint32_t slot;
};

struct batch {
	struct entry *entries;
	size_t count;
	size_t capacity;
};

enum state {
	IDLE,	 /* `waiting` is empty */
	WORKING, /* the thread waits for the readers of `waiting` */
	DONE,	 /* they have finished, or `error` says why that is not known */
};

struct writ_reclaim {
	struct batch fresh;   /* whose readers nobody waits for yet */
	struct batch waiting; /* whose readers the thread waits for */
	uint64_t *gone;	      /* ids, a ring of WRIT_GRANT_INFOS_KEPT: grants without slots */
	size_t first;
	size_t n_gone;
	bool has_thread;
	pthread_t thread;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t changed;
	enum state state;
	int error;
	bool stopping;
};

static void *wait_for_readers(void *context)
{
	struct writ_reclaim *reclaim = context;

	(void)pthread_mutex_lock(&reclaim->lock);
	while (!reclaim->stopping) {
		int err;

		if (reclaim->state != WORKING) {
			(void)pthread_cond_wait(&reclaim->changed, &reclaim->lock);
			continue;
		}
		(void)pthread_mutex_unlock(&reclaim->lock);
		err = writ_kernel_quiesce();
		(void)pthread_mutex_lock(&reclaim->lock);
		reclaim->error = err;
		reclaim->state = DONE;
		(void)pthread_cond_broadcast(&reclaim->changed);
	}
	(void)pthread_mutex_unlock(&reclaim->lock);
	return NULL;
}

/* Signals are the loop's. */
static int start_thread(struct writ_reclaim *reclaim)
{
	sigset_t all, before;
	int err;

	if (reclaim->has_thread)
		return 0;
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&reclaim->thread, NULL, wait_for_readers, reclaim);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	reclaim->has_thread = !err;
	return -err;
}

/* --- names ------------------------------------------------------------------------------------ */

/* The grant @id has lost its slot; the oldest of them loses its name. */
static void note_gone(struct writ_kernel *kernel, uint64_t id)
{
	struct writ_reclaim *reclaim = kernel->reclaim;

	if (!reclaim || !id)
		return;
	if (reclaim->n_gone == WRIT_GRANT_INFOS_KEPT) {
		(void)bpf_map_delete_elem(kernel->map_fds[WRIT_MAP_grant_infos],
					  &reclaim->gone[reclaim->first]);
		reclaim->first = (reclaim->first + 1) % WRIT_GRANT_INFOS_KEPT;
		reclaim->n_gone--;
	}
	reclaim->gone[(reclaim->first + reclaim->n_gone++) % WRIT_GRANT_INFOS_KEPT] = id;
}

static int compare_ids(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return (a > b) - (a < b);
}

/* Is it in a slot, be it only until readers have finished? */
static bool has_slot(const struct writ_kernel *kernel, const struct writ_grant_info *info)
{
	const struct writ_grants *grants =
		info->agent < WRIT_AGENTS_MAX ? &kernel->grants[info->agent] : NULL;

	for (uint32_t slot = 0; grants && slot < WRIT_GRANTS_PER_AGENT; slot++)
		if (grants->slots[slot].id == info->id)
			return true;
	return false;
}

/* Ids that the map has and no slot. */
static size_t gather_gone(const struct writ_kernel *kernel, uint64_t *ret_ids)
{
	int fd = kernel->map_fds[WRIT_MAP_grant_infos];
	uint64_t id, *from = NULL;
	size_t count = 0;

	for (uint32_t n = 0; n < WRIT_GRANT_INFOS_MAX && !bpf_map_get_next_key(fd, from, &id);
	     n++, from = &id) {
		struct writ_grant_info info;

		if (!bpf_map_lookup_elem(fd, &id, &info) && !has_slot(kernel, &info))
			ret_ids[count++] = id;
	}
	return count;
}

static int find_gone(struct writ_kernel *kernel)
{
	_cleanup_free_ uint64_t *ids = calloc(WRIT_GRANT_INFOS_MAX, sizeof(*ids));
	size_t count;

	if (!ids)
		return -ENOMEM;
	count = gather_gone(kernel, ids);
	qsort(ids, count, sizeof(*ids), compare_ids);
	for (size_t i = 0; i < count; i++)
		note_gone(kernel, ids[i]);
	return 0;
}

/* --- slots ------------------------------------------------------------------------------------ */

/* Nobody reads it any more. */
static void free_slot(struct writ_kernel *kernel, const struct entry *entry)
{
	struct writ_grant *slot = &kernel->grants[entry->agent].slots[entry->slot];
	uint64_t image = slot->image, id = slot->id;

	memset(slot, 0, sizeof(*slot));
	writ_arena_let_go(kernel, image);
	note_gone(kernel, id);
}

static int batch_add(struct batch *batch, struct entry entry)
{
	if (batch->count == batch->capacity) {
		size_t capacity = batch->capacity ? 2 * batch->capacity : 64;
		struct entry *entries = realloc(batch->entries, capacity * sizeof(*entries));

		if (!entries)
			return -ENOMEM;
		batch->entries = entries;
		batch->capacity = capacity;
	}
	batch->entries[batch->count++] = entry;
	return 0;
}

static int free_now(struct writ_kernel *kernel, struct entry entry)
{
	int err = writ_kernel_quiesce();

	if (!err)
		free_slot(kernel, &entry);
	return err;
}

int writ_reclaim_add(struct writ_kernel *kernel, uint32_t agent, uint32_t slot)
{
	struct writ_reclaim *reclaim = kernel->reclaim;
	const struct entry entry = {agent, slot};

	if (!reclaim || start_thread(reclaim) || batch_add(&reclaim->fresh, entry))
		return free_now(kernel, entry);
	return 0;
}

/* With the lock: the batch that was waited for is freed, or waited for once more. */
static void take_done(struct writ_kernel *kernel, struct writ_reclaim *reclaim)
{
	if (reclaim->state != DONE)
		return;
	if (reclaim->error) {
		(void)writ_log_errno(reclaim->error, "waiting for programs to finish; tried again");
		reclaim->state = WORKING;
		(void)pthread_cond_broadcast(&reclaim->changed);
		return;
	}
	for (size_t i = 0; i < reclaim->waiting.count; i++)
		free_slot(kernel, &reclaim->waiting.entries[i]);
	reclaim->waiting.count = 0;
	reclaim->state = IDLE;
}

static void begin_next(struct writ_reclaim *reclaim)
{
	struct batch empty = reclaim->waiting;

	if (reclaim->state != IDLE || !reclaim->fresh.count)
		return;
	reclaim->waiting = reclaim->fresh;
	reclaim->fresh = empty;
	reclaim->state = WORKING;
	(void)pthread_cond_broadcast(&reclaim->changed);
}

void writ_reclaim_run(struct writ_kernel *kernel)
{
	struct writ_reclaim *reclaim = kernel->reclaim;

	if (!reclaim || (!reclaim->fresh.count && !reclaim->waiting.count))
		return;
	(void)pthread_mutex_lock(&reclaim->lock);
	take_done(kernel, reclaim);
	begin_next(reclaim);
	(void)pthread_mutex_unlock(&reclaim->lock);
}

int writ_reclaim_wait(struct writ_kernel *kernel)
{
	struct writ_reclaim *reclaim = kernel->reclaim;
	int err = 0;

	while (reclaim && !err && (reclaim->fresh.count || reclaim->waiting.count)) {
		writ_reclaim_run(kernel);
		(void)pthread_mutex_lock(&reclaim->lock);
		while (reclaim->state == WORKING)
			(void)pthread_cond_wait(&reclaim->changed, &reclaim->lock);
		err = reclaim->state == DONE ? reclaim->error : 0;
		(void)pthread_mutex_unlock(&reclaim->lock);
	}
	return err;
}

/* --- all of it -------------------------------------------------------------------------------- */

/* The slots that the order names, as bits. */
static uint32_t listed_in(uint64_t order)
{
	uint32_t listed = 0;

	for (; order & WRIT_ORDER_SLOT; order >>= 8)
		listed |= 1u << ((order & WRIT_ORDER_SLOT) - 1);
	return listed;
}

/* Slots that a writd had taken out of an order, or not yet entered in one, when it ended. */
static int free_left_over(struct writ_kernel *kernel)
{
	bool waited = false;

	for (uint32_t agent = 1; agent < WRIT_AGENTS_MAX; agent++) {
		const struct writ_grants *grants = &kernel->grants[agent];
		uint32_t listed = listed_in(grants->order);

		for (uint32_t slot = 0; slot < WRIT_GRANTS_PER_AGENT; slot++) {
			int err = 0;

			if (listed & 1u << slot || !grants->slots[slot].id)
				continue;
			if (!waited)
				err = writ_kernel_quiesce();
			if (err)
				return err;
			waited = true;
			free_slot(kernel, &(struct entry){agent, slot});
		}
	}
	return 0;
}

int writ_reclaim_open(struct writ_kernel *kernel)
{
	struct writ_reclaim *reclaim = calloc(1, sizeof(*reclaim));
	int err;

	if (!reclaim)
		return -ENOMEM;
	reclaim->gone = calloc(WRIT_GRANT_INFOS_KEPT, sizeof(*reclaim->gone));
	(void)pthread_mutex_init(&reclaim->lock, NULL);
	(void)pthread_cond_init(&reclaim->changed, NULL);
	err = reclaim->gone ? free_left_over(kernel) : -ENOMEM;
	kernel->reclaim = reclaim;
	return err ? err : find_gone(kernel);
}

void writ_reclaim_close(struct writ_reclaim *reclaim)
{
	if (!reclaim)
		return;
	(void)pthread_mutex_lock(&reclaim->lock);
	reclaim->stopping = true;
	(void)pthread_cond_broadcast(&reclaim->changed);
	(void)pthread_mutex_unlock(&reclaim->lock);
	if (reclaim->has_thread)
		(void)pthread_join(reclaim->thread, NULL);
	(void)pthread_cond_destroy(&reclaim->changed);
	(void)pthread_mutex_destroy(&reclaim->lock);
	free(reclaim->fresh.entries);
	free(reclaim->waiting.entries);
	free(reclaim->gone);
	free(reclaim);
}
