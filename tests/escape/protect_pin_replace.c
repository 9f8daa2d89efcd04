// SPDX-License-Identifier: Apache-2.0
/*
 * A map of one's own takes the place of a pin, in one exchange.
 * technique: put another object in a pin's place
 * stopped by: path_rename
 * expect: operation=rename reason=protected
 */
#include "own.h"

#include <stdio.h>
#include <sys/stat.h>

#include <fcntl.h>

int escape_prepare(const char *box, const char *secret)
{
	(void)box;
	(void)secret;
	return 0;
}

int escape_attempt(const char *box, const char *secret)
{
	static const char own[] = "/sys/fs/bpf/own", pin[] = OWN_PINS "/links/task_alloc";
	union bpf_attr map = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};
	union bpf_attr pinning = {.pathname = (unsigned long)own};
	struct stat before = {0}, after = {0};
	bool replaced;

	(void)box;
	(void)secret;
	own_claim();
	(void)stat(pin, &before);
	pinning.bpf_fd = (__u32)own_bpf(BPF_MAP_CREATE, &map);
	(void)own_bpf(BPF_OBJ_PIN, &pinning);
	replaced = !renameat2(AT_FDCWD, own, AT_FDCWD, pin, RENAME_EXCHANGE) &&
		   !stat(pin, &after) && before.st_ino != after.st_ino;
	if (replaced)
		(void)renameat2(AT_FDCWD, own, AT_FDCWD, pin, RENAME_EXCHANGE);
	(void)unlink(own);
	return escape_if(replaced);
}
