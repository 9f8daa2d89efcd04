/* SPDX-License-Identifier: Apache-2.0 */
/* See forward.h. It runs also without a sink or an alert: for live subscribers. */
#include "daemon/forward.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/callers.h"
#include "daemon/daemon.h"
#include "daemon/listeners.h"
#include "lib/cleanup.h"
#include "lib/log.h"

#define STOP_MS 5000 /* to write its cursors; without that some lines go out twice */
#define TORN_TRIES 3 /* for the text of an error that is being written */

const struct writ_child_kind writ_forward_kind = {
	.what = "forwarder",
	.program = WRIT_FORWARD_PROGRAM,
	.user = WRIT_FORWARD_USER,
	.group = WRIT_AUDIT_USER, /* who may read the log */
	.died = WRIT_DAEMON_EVENT_FORWARD_DIED,
	.failing = WRIT_DAEMON_EVENT_FORWARD_FAILING,
	.recovered = WRIT_DAEMON_EVENT_FORWARD_RECOVERED,
};

/* Sealed: a file that shrinks under its reader would end this process. */
static int make_page(struct writ_forward_child *forward)
{
	_cleanup_close_ int fd = memfd_create("writ-forward", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	void *memory;

	if (fd < 0 || ftruncate(fd, sizeof(*forward->page)) ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
		return -errno;
	memory = mmap(NULL, sizeof(*forward->page), PROT_READ, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED)
		return -errno;
	forward->page = memory;
	forward->page_fd = take_fd(&fd);
	return 0;
}

/* The directory of its cursors is its own. */
static int own_directory(const struct writ_daemon *daemon)
{
	const char *directory = daemon->options.cursors;
	_cleanup_close_ int fd = -1;
	uid_t uid = 0;
	gid_t gid = 0;
	int err = writ_child_user(&writ_forward_kind, &uid, &gid);

	if (err)
		return err;
	if (mkdir(directory, 0700) && errno != EEXIST)
		return writ_log_errno(-errno, "directory of cursors %s", directory);
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fchown(fd, uid, gid) || fchmod(fd, 0700))
		return writ_log_errno(-errno, "directory of cursors %s", directory);
	return 0;
}

static int spawn(struct writ_daemon *daemon)
{
	struct writ_forward_child *forward = &daemon->forward;
	const struct writ_daemon_options *options = &daemon->options;
	const int fds[] = {forward->page_fd, forward->live};
	char *const argv[] = {
		WRIT_FORWARD_PROGRAM,
		"--policy",
		(char *)(uintptr_t)options->policy,
		"--log",
		(char *)(uintptr_t)options->audit_log,
		"--state",
		(char *)(uintptr_t)options->cursors,
		"--page",
		"3", /* WRIT_CHILD_FD_FIRST */
		"--live",
		"4",
		NULL,
	};

	_Static_assert(WRIT_CHILD_FD_FIRST == 3, "the descriptors of its arguments");
	return writ_child_start(daemon, &forward->child, argv, fds, sizeof(fds) / sizeof(*fds));
}

/* What the one before it said is not its own. */
static int clear_page(const struct writ_forward_child *forward)
{
	const uint32_t none = 0;

	return pwrite(forward->page_fd, &none, sizeof(none),
		      offsetof(struct writ_forward_page, n)) == sizeof(none)
		       ? 0
		       : writ_log_errno(-errno, "the forwarder's page");
}

static void try_start(struct writ_daemon *daemon)
{
	int err = own_directory(daemon);

	if (!err)
		err = clear_page(&daemon->forward);
	if (!err)
		err = spawn(daemon);
	if (err)
		writ_child_failed(daemon, &daemon->forward.child, "could not be started");
}

/* A node without the program has no subscribers; a policy that wants more there is an alarm. */
static void find_program(struct writ_daemon *daemon)
{
	static const char missing[] = WRIT_FORWARD_PROGRAM
		" is not installed beside writd: the policy's sinks and alerts get nothing; "
		"install it, then 'systemctl reload writd'";
	const struct writ_policy *policy = daemon->policy;
	char path[PATH_MAX];

	daemon->forward.installed =
		writ_child_program(WRIT_FORWARD_PROGRAM, path, sizeof(path)) || !access(path, F_OK);
	if (daemon->forward.installed)
		return;
	if (!policy || !policy->node ||
	    (!policy->node->audit.n_sinks && !policy->node->audit.n_alerts)) {
		writ_info(WRIT_FORWARD_PROGRAM
			  " is not installed: no live subscribers of the log");
		return;
	}
	writ_error("%s", missing);
	writ_notes_daemon(daemon, WRIT_DAEMON_EVENT_FORWARD_FAILING, missing);
}

int writ_forward_open(struct writ_daemon *daemon)
{
	struct writ_forward_child *forward = &daemon->forward;
	const char *path = daemon->options.audit_socket;
	int err = writ_listeners_open(daemon, path, SOCK_STREAM, false, &forward->live);

	if (!err)
		err = writ_callers_own_socket(daemon->policy, path);
	if (!err)
		err = make_page(forward);
	if (err)
		return writ_log_errno(err, "what the forwarder needs");
	find_program(daemon);
	if (forward->installed)
		try_start(daemon);
	return 0;
}

void writ_forward_policy(struct writ_daemon *daemon)
{
	static const struct writ_policy_audit none;
	struct writ_forward_child *forward = &daemon->forward;
	const struct writ_policy_node *node = daemon->policy ? daemon->policy->node : NULL;
	_cleanup_free_ char *asked = writ_forward_text(node ? &node->audit : &none);
	/* without memory to compare it is told once too often: it reads the same again */
	bool same = asked && forward->asked && !strcmp(asked, forward->asked);

	free(forward->asked);
	forward->asked = take_ptr(asked);
	if (!forward->page)
		return; /* it is not open yet, and will read this one */
	if (!forward->installed)
		find_program(daemon);
	if (!same && forward->child.pid > 0)
		(void)kill(forward->child.pid, SIGHUP);
}

void writ_forward_reap(struct writ_daemon *daemon)
{
	(void)writ_child_reap(daemon, &daemon->forward.child);
}

void writ_forward_tick(struct writ_daemon *daemon)
{
	struct writ_forward_child *forward = &daemon->forward;

	if (forward->page && forward->installed && writ_child_tick(daemon, &forward->child))
		try_start(daemon);
}

/* --- what it says of itself: texts are ended here, numbers are shown and nothing else --------- */

/* Between two equal and even values of `writing`; else none is said. */
static void copy_error(const struct writ_forward_row *from, char ret[WRIT_FORWARD_ERROR_SIZE])
{
	for (int i = 0; i < TORN_TRIES; i++) {
		const uint32_t before = __atomic_load_n(&from->writing, __ATOMIC_ACQUIRE);

		memcpy(ret, from->error, WRIT_FORWARD_ERROR_SIZE - 1);
		ret[WRIT_FORWARD_ERROR_SIZE - 1] = '\0';
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (!(before & 1) && before == writ_page_get(&from->writing))
			return;
	}
	ret[0] = '\0';
}

static void copy_row(const struct writ_forward_row *from, struct writ_sink_row *to)
{
	*to = (struct writ_sink_row){
		.since = writ_page_get(&from->since),
		.sent_lines = writ_page_get(&from->sent_lines),
		.sent_bytes = writ_page_get(&from->sent_bytes),
		.skipped_lines = writ_page_get(&from->skipped_lines),
		.skipped_bytes = writ_page_get(&from->skipped_bytes),
		.lost_segments = writ_page_get(&from->lost_segments),
		.retries = writ_page_get(&from->retries),
		.behind_lines = writ_page_get(&from->behind_lines),
		.behind_bytes = writ_page_get(&from->behind_bytes),
		.state = writ_page_get(&from->state),
	};
	if (to->state >= WRIT_SINK_STATE_COUNT)
		to->state = WRIT_SINK_STATE_UNUSED;
	memcpy(to->name, from->name, sizeof(to->name) - 1);
	memcpy(to->type, from->type, sizeof(to->type) - 1);
	copy_error(from, to->error);
}

int writ_forward_each(const struct writ_daemon *daemon,
		      int (*visit)(void *context, const struct writ_sink_row *row), void *context)
{
	const struct writ_forward_page *page = daemon->forward.page;
	uint32_t n = page && daemon->forward.child.pid ? writ_page_get(&page->n) : 0;
	struct writ_sink_row row;
	int err = 0;

	_Static_assert((int)WRIT_SINK_STATE_COUNT == (int)WRIT_FORWARD_STATES &&
			       (int)WRIT_SINK_STATE_CURRENT == (int)WRIT_FORWARD_CURRENT &&
			       sizeof(row.name) == sizeof(page->rows[0].name) &&
			       sizeof(row.type) == sizeof(page->rows[0].type) &&
			       sizeof(row.error) == WRIT_FORWARD_ERROR_SIZE,
		       "the page's words are those of writ/control.h");
	for (uint32_t i = 0; !err && i < n && i < WRIT_FORWARD_ROWS; i++) {
		copy_row(&page->rows[i], &row);
		err = visit(context, &row);
	}
	return err;
}

void writ_forward_close(struct writ_daemon *daemon)
{
	struct writ_forward_child *forward = &daemon->forward;

	if (forward->live >= 0)
		(void)unlink(daemon->options.audit_socket);
	if (forward->child.pid > 0)
		(void)kill(forward->child.pid, SIGTERM);
	writ_child_end(daemon, &forward->child, STOP_MS);
	writ_closep(&forward->live);
	if (forward->page)
		(void)munmap((void *)(uintptr_t)forward->page, sizeof(*forward->page));
	forward->page = NULL;
	writ_closep(&forward->page_fd);
	forward->live = forward->page_fd = -1;
	free(forward->asked);
	forward->asked = NULL;
}
