/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One writd a node. The lock goes with the process, however it ends; but a child that it had just
 * made has it too, until it has become another program. So who comes after a writd that was killed
 * may have to wait a moment for it.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/daemon.h"
#include "lib/cleanup.h"
#include "lib/log.h"

#define LOCK_FILE WRIT_RUN_DIR "/writd.lock"
#define STEP_MS 10u

int writ_lock_take(const char *path, uint32_t wait_ms, int *ret_fd)
{
	_cleanup_close_ int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return writ_log_errno(-errno, "%s", path);
	for (uint32_t waited = 0; flock(fd, LOCK_EX | LOCK_NB); waited += STEP_MS) {
		if (errno != EWOULDBLOCK)
			return writ_log_errno(-errno, "%s", path);
		if (waited >= wait_ms)
			return -EBUSY;
		(void)usleep(STEP_MS * 1000);
	}
	*ret_fd = take_fd(&fd);
	return 0;
}

int writ_lock_node(uint32_t wait_ms, int *ret_fd)
{
	if (mkdir(WRIT_RUN_DIR, 0755) && errno != EEXIST)
		return writ_log_errno(-errno, WRIT_RUN_DIR);
	return writ_lock_take(LOCK_FILE, wait_ms, ret_fd);
}
