/* SPDX-License-Identifier: Apache-2.0 */
/* See cut.h. The child runs the iterators one after the other, and then tells its counts. */
#include "kernel/cut.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "kernel/cut_sweep.h"
#include "kernel/guard.h"
#include "kernel/pins.h"
#include "lib/cleanup.h"
#include "lib/descriptors.h"

#define NICE 10 /* it is nobody's right that waits for it */
#define READ_RECORDS 256u

enum step {
	STEP_NETWORKS,
	STEP_DESCRIPTORS,
	STEP_MAPPINGS,
	STEP_TCP,
	STEP_UDP,
	STEP_COUNT,
};

static const char *const step_programs[STEP_COUNT] = {
	[STEP_NETWORKS] = WRIT_ITERATOR_CUT_NETWORKS,
	[STEP_DESCRIPTORS] = WRIT_ITERATOR_CUT_DESCRIPTORS,
	[STEP_MAPPINGS] = WRIT_ITERATOR_CUT_MAPPINGS,
	[STEP_TCP] = WRIT_ITERATOR_CUT_TCP,
	[STEP_UDP] = WRIT_ITERATOR_CUT_UDP,
};

/* What the child keeps of its parent's descriptors. */
struct kept {
	int programs[STEP_COUNT];
	int out;
};

bool writ_cut_is_due(const struct writ_kernel *kernel)
{
	for (unsigned int i = 0; kernel->holders && i < WRIT_REACH_COUNT; i++)
		if (kernel->reach_fds[i] >= 0)
			return true;
	return false;
}

void writ_cut_add(struct writ_cut_list *list, const struct writ_cut *record)
{
	size_t size = list->size ? 2 * list->size : READ_RECORDS;
	struct writ_cut *more;

	if (list->count == list->size) {
		more = list->size < WRIT_CUT_RECORDS_MAX
			       ? realloc(list->records, size * sizeof(*more))
			       : NULL;
		if (!more) {
			list->partial = true;
			return;
		}
		list->records = more;
		list->size = size;
	}
	list->records[list->count++] = *record;
}

struct writ_cut_count *writ_cut_count_of(struct writ_cut_sweep *sweep, uint64_t id)
{
	struct writ_cut_count *more;

	for (size_t i = sweep->n_counts; i; i--)
		if (sweep->counts[i - 1].grant == id)
			return &sweep->counts[i - 1];
	more = realloc(sweep->counts, (sweep->n_counts + 1) * sizeof(*more));
	if (!more) {
		sweep->found.partial = true;
		return NULL;
	}
	sweep->counts = more;
	more += sweep->n_counts++;
	*more = (struct writ_cut_count){.grant = id};
	return more;
}

/* Runs an iterator over all that it has: reading it to its end is what runs it. */
static int run(int program, struct writ_cut_list *list)
{
	_cleanup_close_ int link = bpf_link_create(program, 0, BPF_TRACE_ITER, NULL);
	_cleanup_close_ int iterator = -1;
	struct writ_cut records[READ_RECORDS];
	ssize_t n;

	if (link < 0)
		return link;
	iterator = bpf_iter_create(link);
	if (iterator < 0)
		return iterator;
	for (;;) {
		n = read(iterator, records, sizeof(records));
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n <= 0)
			return n ? -errno : 0;
		if (n % sizeof(records[0]))
			return -EIO;
		for (size_t i = 0; i < (size_t)n / sizeof(records[0]); i++)
			writ_cut_add(list, &records[i]);
	}
}

static void run_or_note(struct writ_cut_sweep *sweep, int program, struct writ_cut_list *list)
{
	if (run(program, list))
		sweep->found.partial = true;
}

static int by_network(const void *a, const void *b)
{
	const struct writ_cut *left = a, *right = b;

	return left->network < right->network ? -1 : left->network > right->network;
}

/* Each namespace once, by any task or socket that is in it. */
static void list_networks(struct writ_cut_sweep *sweep, struct writ_cut_list *networks)
{
	size_t kept = 0;

	for (size_t i = 0; i < sweep->found.count; i++)
		if (sweep->found.records[i].kind == WRIT_CUT_SOCKET)
			writ_cut_add(networks, &sweep->found.records[i]);
	if (networks->count)
		qsort(networks->records, networks->count, sizeof(networks->records[0]), by_network);
	for (size_t i = 0; i < networks->count; i++)
		if (!kept || networks->records[kept - 1].network != networks->records[i].network)
			networks->records[kept++] = networks->records[i];
	networks->count = kept;
	if (kept > WRIT_CUT_NETWORKS_MAX) {
		networks->count = WRIT_CUT_NETWORKS_MAX;
		networks->partial = true;
	}
}

/*
 * Iterators over sockets show the namespace of who opens them. One that is gone meanwhile had its
 * sockets go with it.
 */
static void close_in_networks(struct writ_cut_sweep *sweep, const struct kept *kept,
			      const struct writ_cut_list *networks)
{
	for (size_t i = 0; i < networks->count; i++) {
		_cleanup_close_ int network = writ_cut_network(&networks->records[i]);

		if (network < 0 || setns(network, CLONE_NEWNET)) {
			sweep->found.partial |= !writ_cut_is_gone(network);
			continue;
		}
		run_or_note(sweep, kept->programs[STEP_TCP], &sweep->closed);
		run_or_note(sweep, kept->programs[STEP_UDP], &sweep->closed);
	}
}

static int write_counts(const struct writ_cut_sweep *sweep, int out)
{
	const struct writ_cut_count end = {
		.grant = sweep->found.partial || sweep->closed.partial ? WRIT_CUT_PART
								       : WRIT_CUT_END,
	};

	for (size_t i = 0; i < sweep->n_counts; i++)
		if (write(out, &sweep->counts[i], sizeof(end)) != sizeof(end))
			return -EIO;
	return write(out, &end, sizeof(end)) == sizeof(end) ? 0 : -EIO;
}

static void sweep_all(struct writ_cut_sweep *sweep, const struct kept *kept)
{
	struct writ_cut_list networks = {0};

	run_or_note(sweep, kept->programs[STEP_NETWORKS], &networks);
	run_or_note(sweep, kept->programs[STEP_DESCRIPTORS], &sweep->found);
	run_or_note(sweep, kept->programs[STEP_MAPPINGS], &sweep->found);
	list_networks(sweep, &networks);
	sweep->found.partial |= networks.partial;
	close_in_networks(sweep, kept, &networks);
	writ_cut_count_files(sweep);
	writ_cut_count_sockets(sweep);
	free(networks.records);
}

/* All but what is needed: a lock, or a client's connection, must not outlive the parent in here. */
static int let_go(const struct writ_kernel *kernel, const struct kept *kept)
{
	int needed[STEP_COUNT + 4] = {kept->out, kernel->map_fds[WRIT_MAP_owners],
				      kernel->map_fds[WRIT_MAP_reaches],
				      kernel->map_fds[WRIT_MAP_sock_reaches]};

	memcpy(&needed[4], kept->programs, sizeof(kept->programs));
	return writ_descriptors_keep(needed, STEP_COUNT + 4);
}

static void __attribute__((noreturn))
run_child(struct writ_cut_sweep *sweep, const struct kept *kept, pid_t parent)
{
	sigset_t none;

	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) || getppid() != parent)
		_exit(1);
	if (writ_guard_lend(sweep->kernel, parent) || let_go(sweep->kernel, kept))
		_exit(1);
	(void)setpriority(PRIO_PROCESS, 0, NICE);
	sweep_all(sweep, kept);
	_exit(write_counts(sweep, kept->out) ? 1 : 0);
}

static void close_programs(struct kept *kept)
{
	for (int i = 0; i < STEP_COUNT; i++)
		writ_closep(&kept->programs[i]);
}

static int open_programs(struct kept *kept)
{
	int err = 0;

	memset(kept->programs, -1, sizeof(kept->programs));
	for (int i = 0; i < STEP_COUNT && !err; i++) {
		kept->programs[i] = writ_pins_get(WRIT_PINS_PROGRAMS, step_programs[i]);
		err = kept->programs[i] < 0 ? kept->programs[i] : 0;
	}
	return err;
}

static int start(struct writ_cut_sweep *sweep, struct kept *kept, int *ret_fd, pid_t *ret_pid)
{
	_cleanup_close_ int in = -1, out = -1;
	pid_t parent = getpid(), pid;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	in = ends[0];
	out = ends[1];
	if (fcntl(in, F_SETFL, O_NONBLOCK))
		return -errno;
	kept->out = out;
	if (!++sweep->kernel->node->sweep)
		sweep->kernel->node->sweep = 1;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (!pid)
		run_child(sweep, kept, parent);
	*ret_fd = take_fd(&in);
	*ret_pid = pid;
	return 0;
}

int writ_cut_start(struct writ_kernel *kernel, const uint64_t *grants, size_t n, int *ret_fd,
		   pid_t *ret_pid)
{
	struct writ_cut_sweep sweep = {.kernel = kernel, .grants = grants, .n_grants = n};
	struct kept kept = {.out = -1};
	int err = open_programs(&kept);

	if (!err)
		err = start(&sweep, &kept, ret_fd, ret_pid);
	close_programs(&kept);
	return err;
}
