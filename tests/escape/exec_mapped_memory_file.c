// SPDX-License-Identifier: Apache-2.0
/*
 * Code in a memory file is mapped and called: nothing is executed as a program.
 * technique: memfd mapped executable
 * stopped by: `mmap_file`
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

	(void)box;
	(void)secret;
	if (fd < 0 || write(fd, code, sizeof(code)) != sizeof(code))
		return escape_error("memfd");
	return escape_if(runs(mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0)));
}
