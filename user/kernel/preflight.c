/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See preflight.h. If `bpf` is not in the LSM list, programs load and attach and nothing is
 * enforced: that is why the list is read here, and the canary tried later as well.
 */
#include "kernel/preflight.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "kernel/enrol.h"
#include "kernel/hooks.h"
#include "lib/cleanup.h"

#define BPF_FS_MAGIC 0xcafe4a11 /* include/uapi/linux/magic.h */

static struct writ_preflight_item *add(struct writ_preflight *result, const char *name,
				       const char *remedy, bool present)
{
	struct writ_preflight_item *item = &result->items[result->count++];

	item->name = name;
	item->remedy = remedy;
	item->present = present;
	item->found[0] = '\0';
	result->missing += !present;
	return item;
}

#define found(item, ...) ((void)snprintf((item)->found, sizeof((item)->found), __VA_ARGS__))

/* An optional hook that is missing; @lost: what is not mediated, or "". */
static void add_lost(struct writ_preflight *result, const char *name, const char *lost)
{
	struct writ_preflight_item *item = add(result, name, lost, true);

	item->present = false;
	item->optional = true;
	result->lost += *lost != '\0';
	found(item, "not in BTF; optional");
}

static void check_kernel(struct writ_preflight *result)
{
	struct utsname names = {0};
	unsigned int major = 0, minor = 0;
	bool enough;

	(void)uname(&names);
	enough = sscanf(names.release, "%u.%u", &major, &minor) == 2 &&
		 (major > 6 || (major == 6 && minor >= 1));
	found(add(result, "kernel 6.1 or later", "boot a kernel of at least 6.1", enough), "%s",
	      names.release);
}

static void check_lsm(struct writ_preflight *result)
{
	_cleanup_fclose_ FILE *file = fopen("/sys/kernel/security/lsm", "re");
	char words[sizeof(result->lsm) + 2];
	bool present;

	if (file && fgets(result->lsm, sizeof(result->lsm), file))
		result->lsm[strcspn(result->lsm, "\n")] = '\0';
	(void)snprintf(words, sizeof(words), ",%s,", result->lsm);
	present = strstr(words, ",bpf,") != NULL;
	found(add(result, "bpf in the LSM list",
		  "add bpf to the lsm= kernel parameter, keeping what is there, e.g. "
		  "lsm=landlock,lockdown,yama,integrity,apparmor,bpf; without it programs attach "
		  "and enforce nothing",
		  present),
	      "%.150s",
	      result->lsm[0] ? result->lsm
			     : "/sys/kernel/security/lsm not readable: is securityfs mounted?");
	result->items[result->count - 1].hook = true;
}

static void check_cgroup(struct writ_preflight *result)
{
	char root[140] = "";
	bool present = !writ_enrol_find_root(root, sizeof(root));

	found(add(result, "cgroup v2",
		  "mount it: mount -t cgroup2 none /sys/fs/cgroup (systemd: "
		  "systemd.unified_cgroup_hierarchy=1)",
		  present),
	      "%s", present ? root : "no cgroup2 mount");
}

static void check_bpffs(struct writ_preflight *result)
{
	struct statfs status = {0};
	bool present = !statfs("/sys/fs/bpf", &status) && status.f_type == BPF_FS_MAGIC;

	found(add(result, "bpffs on /sys/fs/bpf", "mount -t bpf bpf /sys/fs/bpf", present), "%s",
	      present ? "mounted" : "not mounted");
}

static void check_capabilities(struct writ_preflight *result)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {0};
	static const struct {
		unsigned int number;
		const char *name;
	} needed[] = {
		{CAP_SYS_ADMIN, "CAP_SYS_ADMIN"},
		{CAP_BPF, "CAP_BPF"},
		{CAP_PERFMON, "CAP_PERFMON"},
	};
	struct writ_preflight_item *item;

	(void)syscall(SYS_capget, &header, data);
	item = add(result, "capabilities", "run writd as root, outside a user namespace", true);
	found(item, "CAP_SYS_ADMIN, CAP_BPF, CAP_PERFMON");
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		if (data[needed[i].number / 32].effective >> (needed[i].number % 32) & 1)
			continue;
		found(item, "%s is missing", needed[i].name);
		result->missing += item->present;
		item->present = false;
	}
}

static void check_hook(struct writ_preflight *result, enum writ_program program, bool present)
{
	const char *name = writ_kernel_program_name(program), *lost = writ_hooks_lost(program);

	if (!present && lost)
		add_lost(result, name, lost);
	else
		found(add(result, name,
			  "boot a kernel that has this hook (CONFIG_BPF_LSM, 6.1 or later)",
			  present),
		      "%s", present ? "in BTF" : "not in BTF");
	result->items[result->count - 1].hook = true;
}

static void check_hooks(struct writ_preflight *result)
{
	struct writ_hooks hooks = {0};
	bool readable = !writ_hooks_find(&hooks);

	found(add(result, "BTF of the kernel", "boot a kernel built with CONFIG_DEBUG_INFO_BTF",
		  readable),
	      "%s", readable ? "/sys/kernel/btf/vmlinux" : "not readable");
	for (int i = 0; i < WRIT_PROGRAM_COUNT && readable; i++)
		check_hook(result, i, hooks.present[i]);
}

void writ_preflight_run(struct writ_preflight *ret_result)
{
	memset(ret_result, 0, sizeof(*ret_result));
	check_kernel(ret_result);
	check_lsm(ret_result);
	check_cgroup(ret_result);
	check_bpffs(ret_result);
	check_capabilities(ret_result);
	check_hooks(ret_result);
}
