/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * The capabilities, in the order of linux/capability.h: a name's place is its number. For policy,
 * which names them, and for the hook, whose record does.
 */
#ifndef WRIT_CAPABILITY_H
#define WRIT_CAPABILITY_H

#include "writ/image.h"

#define WRIT_CAPABILITY_SIZE 24u /* the longest name with its NUL */

#define WRIT_CAPABILITY_LIST(X) \
	X(CAP_CHOWN)            \
	X(CAP_DAC_OVERRIDE)     \
	X(CAP_DAC_READ_SEARCH)  \
	X(CAP_FOWNER)           \
	X(CAP_FSETID)           \
	X(CAP_KILL)             \
	X(CAP_SETGID)           \
	X(CAP_SETUID)           \
	X(CAP_SETPCAP)          \
	X(CAP_LINUX_IMMUTABLE)  \
	X(CAP_NET_BIND_SERVICE) \
	X(CAP_NET_BROADCAST)    \
	X(CAP_NET_ADMIN)        \
	X(CAP_NET_RAW)          \
	X(CAP_IPC_LOCK)         \
	X(CAP_IPC_OWNER)        \
	X(CAP_SYS_MODULE)       \
	X(CAP_SYS_RAWIO)        \
	X(CAP_SYS_CHROOT)       \
	X(CAP_SYS_PTRACE)       \
	X(CAP_SYS_PACCT)        \
	X(CAP_SYS_ADMIN)        \
	X(CAP_SYS_BOOT)         \
	X(CAP_SYS_NICE)         \
	X(CAP_SYS_RESOURCE)     \
	X(CAP_SYS_TIME)         \
	X(CAP_SYS_TTY_CONFIG)   \
	X(CAP_MKNOD)            \
	X(CAP_LEASE)            \
	X(CAP_AUDIT_WRITE)      \
	X(CAP_AUDIT_CONTROL)    \
	X(CAP_SETFCAP)          \
	X(CAP_MAC_OVERRIDE)     \
	X(CAP_MAC_ADMIN)        \
	X(CAP_SYSLOG)           \
	X(CAP_WAKE_ALARM)       \
	X(CAP_BLOCK_SUSPEND)    \
	X(CAP_AUDIT_READ)       \
	X(CAP_PERFMON)          \
	X(CAP_BPF)              \
	X(CAP_CHECKPOINT_RESTORE)

enum writ_capability {
#define X(name) WRIT_##name,
	WRIT_CAPABILITY_LIST(X)
#undef X
		WRIT_CAPABILITY_COUNT,
};
_Static_assert(WRIT_CAPABILITY_COUNT == WRIT_CAPABILITIES, "every capability has its name");

#endif
