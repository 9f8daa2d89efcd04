// SPDX-License-Identifier: Apache-2.0
/*
 * The ring is mapped for writing, where its reader says what may be overwritten.
 * technique: Consuming records before writd does
 * stopped by: `bpf`: the family is not the role's; behind it `bpf_map`, which no role opens
 * expect: operation=bpf reason=guardrail object=obj_get
 */
#include "own.h"

#include <sys/mman.h>

int escape_prepare(const char *box, const char *secret)
{
	(void)box;
	(void)secret;
	return 0;
}

int escape_attempt(const char *box, const char *secret)
{
	void *consumer;
	int fd;

	(void)box;
	(void)secret;
	own_claim();
	fd = own_get(OWN_PINS "/maps/events", 0);
	consumer = mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			0);
	return escape_if(consumer != MAP_FAILED);
}
