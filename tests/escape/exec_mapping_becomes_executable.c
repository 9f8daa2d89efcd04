// SPDX-License-Identifier: Apache-2.0
/*
 * The memory file is mapped for writing, and the mapping becomes executable later.
 * technique: mprotect() of a mapped memfd
 * stopped by: `file_mprotect`
 * expect: operation=map reason=anonymous
 */
#include "escape.h"

#include <string.h>
#include <sys/mman.h>
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
	int fd = memfd_create("code", MFD_CLOEXEC);
	void *memory;

	(void)box;
	(void)secret;
	if (fd < 0 || ftruncate(fd, PAGE))
		return escape_error("memfd");
	memory = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED)
		return escape_error("mmap");
	memcpy(memory, code, sizeof(code));
	if (mprotect(memory, PAGE, PROT_READ | PROT_EXEC))
		return ESCAPE_REFUSED;
	return escape_if(runs(memory));
}
