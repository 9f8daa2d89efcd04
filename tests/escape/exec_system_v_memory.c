// SPDX-License-Identifier: Apache-2.0
/*
 * Shared memory of System V is attached executable: a file that nobody opened.
 * technique: shmat(SHM_EXEC)
 * stopped by: `mmap_file`
 * expect: operation=map reason=anonymous
 */
#include "escape.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

#define PAGE 4096

/* mov $42, %eax; ret */
static const unsigned char code[] = {0xb8, 42, 0, 0, 0, 0xc3};

static bool runs(void *memory)
{
	int (*function)(void);

	memcpy(&function, &memory, sizeof(function));
	return memory != MAP_FAILED && function() == 42;
}

int escape_prepare(const char *box, const char *secret)
{
	(void)box;
	(void)secret;
	return 0;
}

int escape_attempt(const char *box, const char *secret)
{
	int id = shmget(IPC_PRIVATE, PAGE, IPC_CREAT | 0700);
	void *memory = shmat(id, NULL, 0), *executable;

	(void)box;
	(void)secret;
	if (id < 0 || memory == (void *)-1)
		return escape_error("shmat");
	memcpy(memory, code, sizeof(code));
	executable = shmat(id, NULL, SHM_EXEC | SHM_RDONLY);
	(void)shmctl(id, IPC_RMID, NULL);
	return escape_if(runs(executable));
}
