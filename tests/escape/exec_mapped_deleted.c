// SPDX-License-Identifier: Apache-2.0
/*
 * Code in a file that is gone is mapped and called.
 * technique: Deleted file mapped executable
 * stopped by: `mmap_file`
 * expect: operation=map reason=unlinked
 */
#include "escape.h"

#include <fcntl.h>
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
	char path[ESCAPE_PATH_SIZE];
	int fd;

	(void)secret;
	escape_path(path, box, "code");
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0755);
	if (fd < 0 || write(fd, code, sizeof(code)) != sizeof(code) || unlink(path))
		return escape_error(path);
	return escape_if(runs(mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0)));
}
