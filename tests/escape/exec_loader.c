// SPDX-License-Identifier: Apache-2.0
/*
 * The loader, which may be run, is given the forbidden program as an argument, and maps it.
 * technique: ld.so PROGRAM
 * stopped by: `file_open`; `mmap_file` where it may be read
 * expect: operation=open reason=no_rule
 */
#include "escape.h"

#include <unistd.h>

static const char *find_loader(void)
{
	static const char *const places[] = {"/lib64/ld-linux-x86-64.so.2",
					     "/usr/lib64/ld-linux-x86-64.so.2",
					     "/lib/ld-linux-aarch64.so.1"};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (!access(places[i], X_OK))
			return places[i];
	return NULL;
}

int escape_prepare(const char *box, const char *secret)
{
	char path[ESCAPE_PATH_SIZE];

	(void)box;
	escape_path(path, secret, "program");
	return escape_copy("/usr/bin/cat", path);
}

int escape_attempt(const char *box, const char *secret)
{
	char path[ESCAPE_PATH_SIZE];
	const char *loader = find_loader();
	pid_t child;

	(void)box;
	escape_path(path, secret, "program");
	if (!loader)
		return escape_skip("no loader of dynamic programs here");
	child = fork();
	if (!child) {
		(void)execl(loader, loader, path, "/dev/null", NULL);
		_exit(100);
	}
	return escape_if(!escape_wait(child));
}
