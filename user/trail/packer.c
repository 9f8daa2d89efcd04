/* SPDX-License-Identifier: Apache-2.0 */
/* See pack.h: the thread, and what may go for age or room. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/time.h"
#include "trail/blocks.h"
#include "trail/pack.h"
#include "trail/segment.h"

#define NICE 15

struct writ_packer {
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	const char *log;
	volatile bool stop;
	bool compress;
	bool woken;
	int err;
	uint64_t segment;
};

static void note(struct writ_packer *packer, int err, uint64_t segment)
{
	(void)pthread_mutex_lock(&packer->mutex);
	packer->err = err;
	packer->segment = segment;
	(void)pthread_mutex_unlock(&packer->mutex);
}

/* All that are closed; one that can't be packed doesn't keep the others. */
static void pack_all(struct writ_packer *packer, bool compress)
{
	struct writ_segment *segments = NULL;
	size_t n = 0;
	int err = writ_segments_list(packer->log, &segments, &n), first = err;
	uint64_t segment = 0;

	for (size_t i = 0; i < n && !packer->stop; i++) {
		if (segments[i].packed || segments[i].number == WRIT_SEGMENT_OPEN)
			continue;
		err = writ_pack_segment(packer->log, segments[i].number, compress, &packer->stop);
		if (err && err != -ECANCELED && !first) {
			first = err;
			segment = segments[i].number;
		}
	}
	writ_segments_free(segments, n);
	note(packer, first, segment);
}

static void *work(void *argument)
{
	struct writ_packer *packer = argument;

	/* of this thread alone, on Linux */
	(void)setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), NICE);
	(void)pthread_mutex_lock(&packer->mutex);
	while (!packer->stop) {
		bool compress = packer->compress;

		if (!packer->woken) {
			(void)pthread_cond_wait(&packer->changed, &packer->mutex);
			continue;
		}
		packer->woken = false;
		(void)pthread_mutex_unlock(&packer->mutex);
		pack_all(packer, compress);
		(void)pthread_mutex_lock(&packer->mutex);
	}
	(void)pthread_mutex_unlock(&packer->mutex);
	return NULL;
}

int writ_packer_start(const char *log, bool compress, struct writ_packer **ret)
{
	_cleanup_free_ struct writ_packer *packer = calloc(1, sizeof(*packer));
	sigset_t all, before;
	int err;

	if (!packer)
		return -ENOMEM;
	packer->log = log;
	packer->compress = compress;
	packer->woken = true;
	(void)pthread_mutex_init(&packer->mutex, NULL);
	(void)pthread_cond_init(&packer->changed, NULL);
	(void)sigfillset(&all); /* signals are for the thread that has the loop */
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&packer->thread, NULL, work, packer);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err)
		return -err;
	*ret = take_ptr(packer);
	return 0;
}

void writ_packer_stop(struct writ_packer *packer)
{
	if (!packer)
		return;
	(void)pthread_mutex_lock(&packer->mutex);
	packer->stop = true;
	(void)pthread_cond_broadcast(&packer->changed);
	(void)pthread_mutex_unlock(&packer->mutex);
	(void)pthread_join(packer->thread, NULL);
	(void)pthread_cond_destroy(&packer->changed);
	(void)pthread_mutex_destroy(&packer->mutex);
	free(packer);
}

void writ_packer_wake(struct writ_packer *packer, bool compress)
{
	(void)pthread_mutex_lock(&packer->mutex);
	packer->compress = compress;
	packer->woken = true;
	(void)pthread_cond_broadcast(&packer->changed);
	(void)pthread_mutex_unlock(&packer->mutex);
}

int writ_packer_error(struct writ_packer *packer, uint64_t *ret_segment)
{
	int err;

	(void)pthread_mutex_lock(&packer->mutex);
	err = packer->err;
	*ret_segment = packer->segment;
	(void)pthread_mutex_unlock(&packer->mutex);
	return err;
}

static bool is_older(const char *path, uint64_t ns)
{
	struct stat found;
	time_t now = time(NULL);

	return !stat(path, &found) && now > found.st_mtime &&
	       (uint64_t)(now - found.st_mtime) > ns / WRIT_NS_PER_SECOND;
}

bool writ_prune_find(const char *log, uint64_t keep_ns, uint64_t keep_bytes, uint64_t *ret_last)
{
	struct writ_segment *segments = NULL;
	uint64_t bytes = 0;
	size_t n = 0, closed;
	bool found = false;

	if (writ_segments_list(log, &segments, &n))
		return false;
	closed = n && segments[n - 1].number == WRIT_SEGMENT_OPEN ? n - 1 : n;
	for (size_t i = closed; i-- > 0;) { /* the newest first */
		bytes += segments[i].size;
		if (i == closed - 1)
			continue;
		if (bytes > keep_bytes || is_older(segments[i].path, keep_ns)) {
			*ret_last = segments[i].number;
			found = true;
			break;
		}
	}
	writ_segments_free(segments, n);
	return found;
}

static int remove_one(const char *log, const struct writ_segment *segment)
{
	char index[WRIT_SEGMENT_PATH_SIZE];

	if (unlink(segment->path) && errno != ENOENT)
		return -errno;
	if (!writ_blocks_path(log, segment->number, index) && unlink(index) && errno != ENOENT)
		return -errno;
	return 0;
}

int writ_prune(const char *log, uint64_t last)
{
	struct writ_segment *segments = NULL;
	size_t n = 0;
	int err = writ_segments_list(log, &segments, &n);

	for (size_t i = 0; !err && i < n && segments[i].number <= last; i++)
		err = remove_one(log, &segments[i]);
	writ_segments_free(segments, n);
	return err;
}
