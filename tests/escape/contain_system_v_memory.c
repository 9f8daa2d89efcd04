// SPDX-License-Identifier: Apache-2.0
/*
 * A System V memory segment of processes outside, of the same user: attached by its number.
 * technique: System V shared memory, queues and semaphores of others
 * stopped by: nothing
 * expect: nothing recorded, because System V objects are not mediated
 * instead: give the agent a user of its own, or an IPC namespace
 */
#include "escape.h"

#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <unistd.h>

#define KEY 0x77726974

int escape_prepare(const char *box, const char *secret)
{
	int id = shmget(KEY, 4096, IPC_CREAT | 0600);
	char *memory;

	(void)box;
	(void)secret;
	if (id < 0)
		return -errno;
	memory = shmat(id, NULL, 0);
	if (memory == (void *)-1)
		return -errno;
	memcpy(memory, "key", 4);
	return shmdt(memory) ? -errno : 0;
}

int escape_attempt(const char *box, const char *secret)
{
	int id = shmget(KEY, 4096, 0);
	const char *memory = id < 0 ? (void *)-1 : shmat(id, NULL, 0);

	(void)box;
	(void)secret;
	if (id < 0 && errno == ENOSYS)
		return escape_skip("this kernel has no System V memory");
	return escape_if(memory != (void *)-1 && !strcmp(memory, "key"));
}
