/* SPDX-License-Identifier: Apache-2.0 */
/* See caches.h. Memos are written under their version, as the hooks do it (bpf/memo.bpf.h). */
#include "kernel/caches.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "writ/maps.h"

static size_t mapped_size(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (sizeof(struct writ_caches) + page - 1) / page * page;
}

static struct writ_caches *caches_map(int fd)
{
	void *memory =
		mmap(NULL, mapped_size(), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

/* A memo that is being written now is waited for: its writer is a program, which ends. */
static void memo_forget(struct writ_memo *memo)
{
	__u64 version;

	do
		version = __atomic_load_n(&memo->version, __ATOMIC_ACQUIRE) & ~UINT64_C(1);
	while (!__atomic_compare_exchange_n(&memo->version, &version, version + 1, false,
					    __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
	memo->directory = 0;
	(void)__atomic_add_fetch(&memo->version, 1, __ATOMIC_SEQ_CST);
}

int writ_caches_forget_memos(int fd)
{
	struct writ_caches *caches = caches_map(fd);

	if (!caches)
		return -errno;
	for (size_t i = 0; i < WRIT_MEMOS; i++)
		memo_forget(&caches->memos[i]);
	(void)munmap(caches, mapped_size());
	return 0;
}

int writ_caches_forget_unmanaged(int fd)
{
	struct writ_caches *caches = caches_map(fd);

	if (!caches)
		return -errno;
	(void)__atomic_add_fetch(&caches->generation, 1, __ATOMIC_SEQ_CST);
	(void)munmap(caches, mapped_size());
	return 0;
}
