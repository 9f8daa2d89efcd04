// SPDX-License-Identifier: Apache-2.0
/*
 * A POSIX message queue of processes outside: it is opened by a name that is no path.
 * technique: POSIX message queue of others
 * stopped by: `file_open`: a queue is a file on a mount that is in no namespace
 * expect: operation=open reason=detached
 */
#include "escape.h"

#include <fcntl.h>
#include <mqueue.h>
#include <string.h>

#define QUEUE "/escape"
#define MESSAGE_SIZE 16

int escape_prepare(const char *box, const char *secret)
{
	struct mq_attr attributes = {.mq_maxmsg = 4, .mq_msgsize = MESSAGE_SIZE};
	mqd_t queue;
	int err = 0;

	(void)box;
	(void)secret;
	(void)mq_unlink(QUEUE);
	queue = mq_open(QUEUE, O_RDWR | O_CREAT, 0600, &attributes);
	if (queue < 0 || mq_send(queue, "key", 3, 0))
		err = -errno;
	(void)mq_close(queue);
	return err;
}

int escape_attempt(const char *box, const char *secret)
{
	mqd_t queue = mq_open(QUEUE, O_RDONLY | O_NONBLOCK);
	char message[MESSAGE_SIZE];

	(void)box;
	(void)secret;
	if (queue < 0)
		return errno == ENOSYS ? escape_skip("this kernel has no message queues")
				       : ESCAPE_REFUSED;
	return escape_if(mq_receive(queue, message, sizeof(message), NULL) == 3 &&
			 !memcmp(message, "key", 3));
}
