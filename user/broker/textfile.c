/* SPDX-License-Identifier: Apache-2.0 */
/* See textfile.h. */
#include "broker/textfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "broker/broker.h"
#include "compile/node.h"
#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/time.h"

#define BESIDE ".new" /* the collector reads what ends in .prom */

const char *writ_textfile_path(const struct writ_policy *policy)
{
	return writ_node_of(policy)->textfile;
}

/* Of its directory, with the slash. */
static size_t directory_length(const char *path)
{
	const char *name = strrchr(path, '/');

	return name ? (size_t)(name - path) + 1 : 0;
}

bool writ_textfile_fits(const struct writ_broker *broker)
{
	const char *path = writ_textfile_path(broker->policy), *own = broker->textfile.path;
	size_t len = path ? directory_length(path) : 0;

	return !path || (own && directory_length(own) == len && !memcmp(path, own, len));
}

static int write_all(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		text += n;
		len -= (size_t)n;
	}
	return 0;
}

/*
 * Not synced: this thread answers requests, and after a power cut the next text comes at once. What
 * an earlier process left beside it, or somebody put there, is removed and not followed.
 */
static int make(const char *beside, const char *text, size_t len)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	_cleanup_close_ int fd = -1;
	int err;

	if (unlink(beside) && errno != ENOENT)
		return -errno;
	fd = open(beside, flags, 0644);
	if (fd < 0)
		return -errno;
	err = write_all(fd, text, len);
	if (!err && close(take_fd(&fd)))
		err = -errno;
	return err;
}

int writ_textfile_write(const char *path, const char *text, size_t len)
{
	char beside[PATH_MAX];
	int err;

	if ((size_t)snprintf(beside, sizeof(beside), "%s" BESIDE, path) >= sizeof(beside))
		return -ENAMETOOLONG;
	err = make(beside, text, len);
	if (!err && rename(beside, path))
		err = -errno;
	if (err)
		(void)unlink(beside);
	return err;
}

static const char *remedy(int err)
{
	if (err == -EACCES || err == -EPERM || err == -ENOENT)
		return ": the user writ must be able to write its directory, which must have been "
		       "there, and named by policy, when writd was started";
	return "";
}

static void tell(struct writ_textfile *textfile, const char *path, int err, const char *why)
{
	if (err && err != textfile->error)
		writ_error("metrics: %s is not written: %s%s", path, *why ? why : strerror(-err),
			   *why ? "" : remedy(err));
	else if (!err && textfile->error)
		writ_info("metrics: %s is written again", path);
	textfile->error = err;
}

static void renew(struct writ_broker *broker, const char *path)
{
	char error[WRIT_ERROR_SIZE];
	const char *text = NULL, *why = "";
	size_t len = 0;
	int err = writ_metrics_text(broker, &text, &len, error);

	if (err)
		why = err == -EIO && !*error ? writ_ledger_error(broker->ledger) : error;
	else
		err = writ_textfile_write(path, text, len);
	tell(&broker->textfile, path, err, why);
}

int writ_textfile_timeout(const struct writ_broker *broker)
{
	uint64_t now = writ_time_boot(), due = broker->textfile.due_ns;

	if (!writ_textfile_path(broker->policy))
		return -1;
	return due <= now ? 0 : (int)((due - now) / 1000000) + 1;
}

void writ_textfile_run(struct writ_broker *broker)
{
	const char *path = writ_textfile_path(broker->policy);
	uint64_t now = writ_time_boot(), interval = writ_node_of(broker->policy)->textfile_ns;

	if (!path)
		return;
	if (broker->textfile.due_ns > now + interval) /* policy has a shorter one now */
		broker->textfile.due_ns = now + interval;
	if (broker->textfile.due_ns > now)
		return;
	broker->textfile.due_ns = now + interval;
	renew(broker, path);
}
