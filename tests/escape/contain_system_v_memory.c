// SPDX-License-Identifier: Apache-2.0
/*
 * A segment, a queue and a semaphore of processes outside, of the same user: used by their number.
 * technique: System V shared memory, queues and semaphores of others
 * stopped by: nothing
 * expect: nothing recorded, because System V objects are not mediated
 * instead: give the agent a user of its own, or an IPC namespace
 */
#include "escape.h"

#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>

#define KEY 0x77726974

struct message {
	long type;
	char text[4];
};

static int prepare_memory(void)
{
	int id = shmget(KEY, 4096, IPC_CREAT | 0600);
	char *memory = id < 0 ? (void *)-1 : shmat(id, NULL, 0);

	if (memory == (void *)-1)
		return -errno;
	memcpy(memory, "key", 4);
	return shmdt(memory) ? -errno : 0;
}

static int prepare_queue(void)
{
	const struct message message = {.type = 1, .text = "key"};
	int id = msgget(KEY, IPC_CREAT | 0600);

	return id < 0 || msgsnd(id, &message, sizeof(message.text), 0) ? -errno : 0;
}

static int prepare_semaphore(void)
{
	int id = semget(KEY, 1, IPC_CREAT | 0600);

	return id < 0 || semctl(id, 0, SETVAL, 1) ? -errno : 0;
}

int escape_prepare(const char *box, const char *secret)
{
	int err = prepare_memory();

	(void)box;
	(void)secret;
	if (!err)
		err = prepare_queue();
	if (!err)
		err = prepare_semaphore();
	return err == -ENOSYS ? 0 : err;
}

static bool reads_memory(void)
{
	int id = shmget(KEY, 4096, 0);
	const char *memory = id < 0 ? (void *)-1 : shmat(id, NULL, 0);

	return memory != (void *)-1 && !strcmp(memory, "key");
}

static bool takes_message(void)
{
	struct message message = {0};

	return msgrcv(msgget(KEY, 0), &message, sizeof(message.text), 0, IPC_NOWAIT) > 0 &&
	       !strcmp(message.text, "key");
}

static bool takes_semaphore(void)
{
	struct sembuf down = {.sem_op = -1, .sem_flg = IPC_NOWAIT};
	int id = semget(KEY, 1, 0);

	return !semop(id, &down, 1) && !semctl(id, 0, GETVAL);
}

int escape_attempt(const char *box, const char *secret)
{
	(void)box;
	(void)secret;
	if (shmget(KEY, 4096, 0) < 0 && errno == ENOSYS)
		return escape_skip("this kernel has no System V objects");
	return escape_if(reads_memory() && takes_message() && takes_semaphore());
}
