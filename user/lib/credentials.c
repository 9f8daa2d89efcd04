/* SPDX-License-Identifier: Apache-2.0 */
/* See credentials.h. Raw calls: one of libc's for capabilities would be a library more. */
#include "lib/credentials.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Root is no reason for capabilities, and there is no way to hand them on; locked. */
#define SECUREBITS                                                            \
	(SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE | \
	 SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED | SECBIT_KEEP_CAPS_LOCKED |       \
	 SECBIT_NO_SETUID_FIXUP_LOCKED)

struct sets {
	struct __user_cap_header_struct header;
	struct __user_cap_data_struct data[2]; /* 32 each */
};

/* Those that are set stay. */
static int lock_root(void)
{
	int now = prctl(PR_GET_SECUREBITS, 0, 0, 0, 0);

	if (now < 0)
		return -errno;
	now &= ~SECBIT_KEEP_CAPS;
	return prctl(PR_SET_SECUREBITS, now | SECUREBITS, 0, 0, 0) ? -errno : 0;
}

static int read_sets(struct sets *ret_sets)
{
	*ret_sets = (struct sets){.header.version = _LINUX_CAPABILITY_VERSION_3};
	return syscall(__NR_capget, &ret_sets->header, ret_sets->data) ? -errno : 0;
}

static bool has(const struct sets *sets, int capability)
{
	return sets->data[capability / 32].effective & 1u << capability % 32;
}

/* -EINVAL is the first one that the kernel does not know. */
static int drop_bounding(uint64_t kept)
{
	for (int i = 0; i < 64; i++) {
		int is = prctl(PR_CAPBSET_READ, i, 0, 0, 0);

		if (is < 0)
			return errno == EINVAL ? 0 : -errno;
		if (is && !(kept & WRIT_CAPABILITY(i)) && prctl(PR_CAPBSET_DROP, i, 0, 0, 0))
			return -errno;
	}
	return 0;
}

int writ_credentials_keep(uint64_t set)
{
	struct sets sets;
	int err = read_sets(&sets);

	if (err)
		return err;
	if (has(&sets, CAP_SETPCAP)) {
		err = drop_bounding(set);
		if (!err)
			err = lock_root();
	}
	/* fails where it is not there to be cleared, and then there is nothing to clear */
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	for (int i = 0; i < 2; i++) {
		sets.data[i].permitted &= (uint32_t)(set >> 32 * i);
		sets.data[i].effective = sets.data[i].permitted;
		sets.data[i].inheritable = 0;
	}
	if (!err && syscall(__NR_capset, &sets.header, sets.data))
		err = -errno;
	return err;
}

int writ_credentials_no_new(void)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? -errno : 0;
}
