/* SPDX-License-Identifier: Apache-2.0 */
/* The descriptors of writ/audit.h -> memory. What could change the kernel's maps is closed. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/process.h"
#include "lib/log.h"

static int map_shared(int fd, size_t size, int protection, const void **ret)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *memory =
		mmap(NULL, (size + page - 1) / page * page, protection, MAP_SHARED, fd, 0);

	if (memory == MAP_FAILED)
		return -errno;
	*ret = memory;
	return 0;
}

static int map_page(struct writ_audit_process *audit)
{
	const void *memory = NULL;
	struct stat status;
	int err = 0;

	if (fstat(WRIT_AUDIT_FD_PAGE, &status) || status.st_size < (off_t)sizeof(*audit->page))
		err = -EBADF;
	if (!err)
		err = map_shared(WRIT_AUDIT_FD_PAGE, sizeof(*audit->page), PROT_READ | PROT_WRITE,
				 &memory);
	if (err)
		return writ_log_errno(err, "no page on descriptor %d: writd starts this program",
				      WRIT_AUDIT_FD_PAGE);
	audit->page = (struct writ_audit_page *)(uintptr_t)memory;
	if (audit->page->version == WRIT_AUDIT_VERSION && audit->page->cpus &&
	    audit->page->cpus <= WRIT_CPUS_MAX)
		return 0;
	return writ_log_errno(-EPROTO, "writd is of another version");
}

/* @ret_agents and so on: memory that changes under the reader. */
static int map_names(struct writ_audit_process *audit)
{
	const void *accounts = NULL, *agents = NULL, *tables = NULL, *node = NULL;
	const void *programs = NULL;
	int err = map_shared(WRIT_AUDIT_FD_ACCOUNTS, sizeof(struct writ_accounts),
			     PROT_READ | PROT_WRITE, &accounts);

	if (!err)
		err = map_shared(WRIT_AUDIT_FD_PROGRAMS, sizeof(struct writ_program_paths),
				 PROT_READ | PROT_WRITE, &programs);
	if (!err)
		err = map_shared(WRIT_AUDIT_FD_AGENTS, sizeof(struct writ_agent) * WRIT_AGENTS_MAX,
				 PROT_READ, &agents);
	if (!err)
		err = map_shared(WRIT_AUDIT_FD_TABLES, sizeof(struct writ_tables), PROT_READ,
				 &tables);
	if (!err)
		err = map_shared(WRIT_AUDIT_FD_NODE, sizeof(struct writ_node), PROT_READ, &node);
	if (!err)
		err = writ_names_new(agents, tables, node, WRIT_AUDIT_FD_INFOS, &audit->names);
	if (err)
		return err;
	audit->accounts = (struct writ_accounts *)(uintptr_t)accounts;
	writ_names_programs(audit->names, (struct writ_program_paths *)(uintptr_t)programs);
	return 0;
}

int writ_inherit_maps(struct writ_audit_process *audit)
{
	int err;

	for (int fd = WRIT_AUDIT_FD_CHANNEL; fd < WRIT_AUDIT_FD_END; fd++)
		if (fcntl(fd, F_SETFD, FD_CLOEXEC))
			return writ_log_errno(-errno, "descriptor %d: writd starts this program",
					      fd);
	err = map_page(audit);
	if (err)
		return err;
	err = map_names(audit);
	if (err)
		return writ_log_errno(err, "map the kernel's tables");
	for (int fd = WRIT_AUDIT_FD_ACCOUNTS; fd <= WRIT_AUDIT_FD_NODE; fd++)
		(void)close(fd);
	(void)close(WRIT_AUDIT_FD_PAGE);
	return 0;
}
