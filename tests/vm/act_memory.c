// SPDX-License-Identifier: Apache-2.0
/* act: tasks that come one after another, for what the hooks remember of a pid. */
#include "act.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* So many children, one after another, open the path; how many of them were denied it. */
static int children(struct act *act)
{
	int denied = 0, status;

	for (long i = strtol(act->next[1], NULL, 10); i > 0; i--) {
		pid_t child = fork();

		if (child < 0)
			return -errno;
		if (!child)
			_exit(open(act->next[2], O_RDONLY | O_CLOEXEC) < 0 && errno == EPERM);
		if (waitpid(child, &status, 0) != child || !WIFEXITED(status))
			return -EIO;
		denied += WEXITSTATUS(status);
	}
	return denied;
}

const struct act_operation act_memory_operations[] = {
	{"children", 2, children},
	{NULL, 0, NULL},
};
