/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the records of a sweep to counts, see cut_sweep.h. A thing counts once, however many
 * descriptors and processes lead to it, for the grant that opened it last.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/cut_sweep.h"
#include "kernel/grants.h"
#include "lib/cleanup.h"
#include "lib/time.h"

/* One file that is refused, of one grant. */
struct refused {
	uint64_t grant;
	dev_t device;
	ino_t inode;
};

struct refused_list {
	struct refused *files;
	size_t count;
};

static int by_id(const void *a, const void *b)
{
	const uint64_t *left = a, *right = b;

	return *left < *right ? -1 : *left > *right;
}

static bool is_counted(const struct writ_cut_sweep *sweep, uint64_t grant)
{
	return sweep->n_grants &&
	       bsearch(&grant, sweep->grants, sweep->n_grants, sizeof(grant), by_id);
}

/* Leads to the file itself, whatever has become of its names; opens nothing. */
static int find_file(const struct writ_cut *record)
{
	char path[96];
	int fd;

	if (record->kind == WRIT_CUT_FILE)
		(void)snprintf(path, sizeof(path), "/proc/%u/fd/%u", record->pid, record->fd);
	else
		(void)snprintf(path, sizeof(path), "/proc/%u/map_files/%llx-%llx", record->pid,
			       (unsigned long long)record->object, (unsigned long long)record->end);
	fd = open(path, O_PATH | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* As the hooks see it: is nothing to be asked yet? (bpf/reach.bpf.h) */
static bool stands(const struct writ_cut_sweep *sweep, const struct writ_reach *reach,
		   const struct writ_cut *record)
{
	uint64_t ends = sweep->kernel->grants[record->agent].ends, stamp;
	const unsigned int unused = WRIT_REACH_ENDS_SHIFT;

	for (int i = 0; i < WRIT_REACH_WAYS; i++) {
		stamp = reach->stamps[i];
		if (stamp >> unused != ends << unused >> unused ||
		    writ_time_boot() >> WRIT_REACH_UNIT_SHIFT >=
			    (stamp & ((UINT64_C(1) << WRIT_REACH_UNIT_BITS) - 1)))
			return false;
	}
	return true;
}

/* One without a name stays open as long as its grant lives. */
static bool lives(const struct writ_cut_sweep *sweep, const struct writ_cut *record, uint64_t grant)
{
	const struct writ_grant_info info = {.id = grant, .agent = record->agent};
	enum writ_grant_state state;
	uint32_t uses;

	return record->flags & WRIT_CUT_LOST &&
	       !writ_grants_state(sweep->kernel, &info, &state, &uses) &&
	       state == WRIT_GRANT_STATE_ACTIVE;
}

/* The grant for which it counts; 0: for none. */
static uint64_t grant_of(const struct writ_cut_sweep *sweep, const struct writ_cut *record, int fd)
{
	struct writ_reach reach;

	if (!record->agent || record->agent >= WRIT_AGENTS_MAX ||
	    bpf_map_lookup_elem(sweep->kernel->map_fds[WRIT_MAP_reaches], &fd, &reach) ||
	    (reach.agent != record->agent && reach.agent != WRIT_REACH_ANY) ||
	    stands(sweep, &reach, record) || lives(sweep, record, reach.grant))
		return 0;
	if (is_counted(sweep, reach.grant))
		return reach.grant;
	return is_counted(sweep, record->grant) ? record->grant : 0;
}

static void look_at(struct writ_cut_sweep *sweep, const struct writ_cut *record,
		    struct refused_list *refused)
{
	_cleanup_close_ int fd = find_file(record);
	struct writ_cut_count *count;
	struct stat status;
	uint64_t grant;

	if (fd < 0 || fstat(fd, &status)) {
		sweep->found.partial |= fd < 0 && !writ_cut_is_gone(fd);
		return;
	}
	grant = grant_of(sweep, record, fd);
	if (!grant)
		return;
	if (record->kind == WRIT_CUT_FILE) {
		refused->files[refused->count++] = (struct refused){
			.grant = grant,
			.device = status.st_dev,
			.inode = status.st_ino,
		};
		return;
	}
	count = writ_cut_count_of(sweep, grant);
	if (count)
		count->mappings++;
}

static int by_file(const void *a, const void *b)
{
	const struct refused *left = a, *right = b;

	if (left->grant != right->grant)
		return left->grant < right->grant ? -1 : 1;
	if (left->device != right->device)
		return left->device < right->device ? -1 : 1;
	return left->inode < right->inode ? -1 : left->inode > right->inode;
}

static void count_refused(struct writ_cut_sweep *sweep, const struct refused_list *refused)
{
	struct writ_cut_count *count;

	if (refused->count)
		qsort(refused->files, refused->count, sizeof(refused->files[0]), by_file);
	for (size_t i = 0; i < refused->count; i++) {
		if (i && !by_file(&refused->files[i - 1], &refused->files[i]))
			continue;
		count = writ_cut_count_of(sweep, refused->files[i].grant);
		if (count)
			count->files++;
	}
}

void writ_cut_count_files(struct writ_cut_sweep *sweep)
{
	struct refused_list refused = {
		.files = calloc(sweep->found.count + 1, sizeof(struct refused))};

	if (!refused.files) {
		sweep->found.partial = true;
		return;
	}
	for (size_t i = 0; i < sweep->found.count; i++) {
		const struct writ_cut *record = &sweep->found.records[i];

		if (record->kind == WRIT_CUT_FILE || record->kind == WRIT_CUT_MAPPING)
			look_at(sweep, record, &refused);
		sweep->found.partial |= record->kind == WRIT_CUT_UNKNOWN;
	}
	count_refused(sweep, &refused);
	free(refused.files);
}

/* Sockets together, each with its descriptors. */
static int by_object(const void *a, const void *b)
{
	const struct writ_cut *left = a, *right = b;

	if (left->kind != right->kind)
		return left->kind == WRIT_CUT_SOCKET ? -1 : right->kind == WRIT_CUT_SOCKET;
	return left->object < right->object ? -1 : left->object > right->object;
}

/* One that the kernel has destroyed counts for its grant, whether somebody holds it or not. */
static bool kernel_closed(const struct writ_cut_sweep *sweep, uint64_t object)
{
	const struct writ_cut key = {.kind = WRIT_CUT_CLOSED, .object = object};

	return sweep->closed.count &&
	       bsearch(&key, sweep->closed.records, sweep->closed.count, sizeof(key), by_object);
}

static void add_closed(struct writ_cut_sweep *sweep, uint64_t grant)
{
	struct writ_cut_count *count = writ_cut_count_of(sweep, grant);

	if (count)
		count->closed++;
}

/* @records: all descriptors of one socket. */
static void count_socket(struct writ_cut_sweep *sweep, const struct writ_cut *records, size_t n)
{
	struct writ_cut_count *count;
	int err;

	for (size_t i = 0; i < n; i++)
		if (records[i].flags & WRIT_CUT_KEPT)
			return;
	if (is_counted(sweep, records->grant)) {
		count = writ_cut_count_of(sweep, records->grant);
		if (count)
			count->sockets++;
	}
	if (kernel_closed(sweep, records->object))
		return;
	for (size_t i = 0; i < n; i++) {
		err = writ_cut_close(sweep, &records[i]);
		if (err == -ENOTCONN)
			return;
		sweep->found.partial |= err && !writ_cut_is_gone(err);
		if (err)
			continue;
		add_closed(sweep, records->grant);
		return;
	}
}

void writ_cut_count_sockets(struct writ_cut_sweep *sweep)
{
	struct writ_cut *records = sweep->found.records;
	size_t end;

	for (size_t i = 0; i < sweep->closed.count; i++)
		add_closed(sweep, sweep->closed.records[i].grant);
	if (sweep->closed.count)
		qsort(sweep->closed.records, sweep->closed.count, sizeof(records[0]), by_object);
	if (sweep->found.count)
		qsort(records, sweep->found.count, sizeof(records[0]), by_object);
	for (size_t i = 0; i < sweep->found.count && records[i].kind == WRIT_CUT_SOCKET; i = end) {
		end = i + 1;
		while (end < sweep->found.count && !by_object(&records[i], &records[end]))
			end++;
		count_socket(sweep, &records[i], end - i);
	}
}
