/* SPDX-License-Identifier: Apache-2.0 */
/* One writd a node. The lock goes with the process, however it ends. */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "daemon/daemon.h"
#include "lib/cleanup.h"
#include "lib/log.h"

#define LOCK_FILE WRIT_RUN_DIR "/writd.lock"

int writ_lock_node(int *ret_fd)
{
	_cleanup_close_ int fd = -1;

	if (mkdir(WRIT_RUN_DIR, 0755) && errno != EEXIST)
		return writ_log_errno(-errno, WRIT_RUN_DIR);
	fd = open(LOCK_FILE, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return writ_log_errno(-errno, LOCK_FILE);
	if (flock(fd, LOCK_EX | LOCK_NB))
		return errno == EWOULDBLOCK ? -EBUSY : writ_log_errno(-errno, LOCK_FILE);
	*ret_fd = take_fd(&fd);
	return 0;
}
