/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * The words and the limits that kernel and user space share: access bits, operations, verdicts,
 * reasons, and every bound on a size or a count. Each word exists once, as an enum with its string
 * beside it; the same string stands in events, in the command line and in policy.
 * Built for BPF and for user space, includes nothing of ours.
 */
#ifndef WRIT_ABI_H
#define WRIT_ABI_H

#include <linux/types.h>

/* Of maps and images: pins of another one are not adopted. */
#define WRIT_ABI_VERSION 8u

/* Limits. Each has a test at the limit and one past it. */
#define WRIT_NAME_SIZE 64u		/* a name with its NUL: role, playbook, agent, parameter */
#define WRIT_TICKET_SIZE 64u		/* a ticket with its NUL */
#define WRIT_VALUE_SIZE 256u		/* a parameter's value with its NUL */
#define WRIT_PARAMETERS_MAX 16u		/* parameters of one playbook */
#define WRIT_PATH_SIZE 4096u		/* PATH_MAX: 4095 bytes and a NUL */
#define WRIT_PATH_DEPTH_MAX 2048u	/* components in 4095 bytes, "/x" each */
#define WRIT_MOUNT_DEPTH_MAX 64u	/* mounts crossed on the way to the root */
#define WRIT_CGROUP_PATH_SIZE 1024u	/* TRACE_CGROUP_PATH_LEN, kernel/cgroup/cgroup-internal.h */
#define WRIT_CGROUP_DEPTH_MAX 32u	/* levels climbed to find an enrolled ancestor */
#define WRIT_AGENTS_MAX 16384u		/* index 0 means "no agent", index 1 is the canary */
#define WRIT_AGENT_CANARY 1u		/* has no rule: what the core proves enforcement with */
#define WRIT_CGROUPS_MAX 65536u		/* enrolled; a full map is counted, labels still hold */
#define WRIT_GUARDED_MAX 4096u		/* maps, programs, links, directories and mounts of Writ */
#define WRIT_GRANTS_PER_AGENT 8u	/* slots: one byte of writ_grants.order each */
#define WRIT_GRANT_INFOS_KEPT 16384u	/* so many grants without a slot have names in the log */
/* Those of every slot, those, and as many that a writd that was killed has not forgotten yet. */
#define WRIT_GRANT_INFOS_MAX                                                                       \
	(WRIT_AGENTS_MAX * WRIT_GRANTS_PER_AGENT + 2u * WRIT_GRANT_INFOS_KEPT)
#define WRIT_TABLES_SIZE (64u << 20)	/* arena of all images; a power of two: used as a mask */
#define WRIT_IMAGE_SIZE_MAX (16u << 20)
#define WRIT_LITERALS_MAX (1u << 20)
#define WRIT_LITERAL_SIZE 124u		/* longest literal beginning kept in the trie, bytes */
#define WRIT_ADDRESSES_MAX (1u << 18)
#define WRIT_PORT_RANGES_MAX 16u	/* of one address prefix */
#define WRIT_PROGRAM_SIZE 488u		/* a program's path with its NUL, as lines repeat it */
#define WRIT_TEXT_HEAD 192u		/* room before a path for its event header */
#define WRIT_ARGV_SIZE 3072u		/* argv bytes read for judging and for the record */
/*
 * Scratch text: head, path, argv, and what the verifier takes a record to reach past them, for it
 * adds the largest start to the largest length. With the decision beside it and the task storage's
 * own header it must stay below 8192 bytes: kmalloc_nolock, which serves task storage on the newest
 * kernels, gives no more (KMALLOC_MAX_CACHE_SIZE, mm/slub.c).
 */
#define WRIT_TEXT_SIZE (WRIT_TEXT_HEAD + WRIT_PATH_SIZE + WRIT_ARGV_SIZE + 256u)
#define WRIT_TEXT_PATH_END (WRIT_TEXT_HEAD + WRIT_PATH_SIZE) /* built backwards from here */
#define WRIT_RULES_MAX 65536u		/* rules of one role or playbook */
#define WRIT_POLICY_SIZE_MAX (64u << 20) /* bytes of one policy file */
#define WRIT_TTL_MAX_SECONDS 604800u	/* seven days */
#define WRIT_POLICY_FILES_MAX 1024u	/* files of one policy */
#define WRIT_ROLES_MAX 4096u
#define WRIT_PLAYBOOKS_MAX 4096u
#define WRIT_SETS_MAX 4096u
#define WRIT_EXTENDS_MAX 64u		/* roles that one role extends, those of these included */
#define WRIT_INHERITED_MAX (1u << 20)	/* playbooks that all roles inherit, and rules from sets */
#define WRIT_YAML_DEPTH_MAX 16u		/* nested collections in a document; the language needs 6 */
#define WRIT_YAML_KEYS_MAX 64u		/* keys of one mapping */
#define WRIT_DESCRIPTION_SIZE 1024u	/* a playbook's description with its NUL */
#define WRIT_PATTERN_SIZE 256u		/* a regular expression with its NUL */
#define WRIT_PATTERN_COST_MAX 4096u	/* its atoms once every {n,m} is written out */
#define WRIT_ALTERNATIVES_MAX 256u	/* texts that the braces of one rule stand for */
#define WRIT_ARGUMENTS_MAX 64u		/* argv patterns of one exec rule */
#define WRIT_ENV_MAX 32u		/* entries in a playbook's `env` */
#define WRIT_ENV_SIZE 1024u		/* all of them, each with its NUL: one field of a reply */
#define WRIT_DIAGNOSTICS_MAX 1000u	/* errors and warnings kept of one run; more are counted */

/*
 * Access: what an operation does to its object. A rule allows or denies a set of them; an
 * operation needs a set of them.
 */
#define WRIT_ACCESS_LIST(X)                                                                        \
	X(READ, 0, "read")                                                                         \
	X(WRITE, 1, "write")                                                                       \
	X(APPEND, 2, "append")                                                                     \
	X(CREATE, 3, "create")                                                                     \
	X(DELETE, 4, "delete")                                                                     \
	X(EXECUTE, 5, "execute")                                                                   \
	X(MAP, 6, "map")                                                                           \
	X(ATTRIBUTES, 7, "attributes")                                                             \
	X(LINK, 8, "link")                                                                         \
	X(EXECUTE_ARGV, 9, "execute_argv") /* execute, if argv matches; not a policy word */  \
	X(CONNECT, 10, "connect")                                                                  \
	X(BIND, 11, "bind")                                                                        \
	X(LISTEN, 12, "listen")                                                                    \
	X(SEND, 13, "send")

enum writ_access {
#define X(name, bit, word) WRIT_ACCESS_##name = 1u << (bit),
	WRIT_ACCESS_LIST(X)
#undef X
};
#define WRIT_ACCESS_BITS 14u

/* What no agent may do to Writ's own files and sockets: all but reading and executing. */
#define WRIT_ACCESS_PROTECTED                                                                      \
	(WRIT_ACCESS_WRITE | WRIT_ACCESS_APPEND | WRIT_ACCESS_CREATE | WRIT_ACCESS_DELETE |        \
	 WRIT_ACCESS_ATTRIBUTES | WRIT_ACCESS_LINK | WRIT_ACCESS_CONNECT | WRIT_ACCESS_BIND |      \
	 WRIT_ACCESS_LISTEN | WRIT_ACCESS_SEND)

#define WRIT_OPERATION_LIST(X)                                                                     \
	X(NONE, "none")                                                                            \
	X(OPEN, "open")	      /* open of a file or directory */                                   \
	X(OPEN_EXEC, "open_exec") /* the kernel opens a program or its loader to run it */         \
	X(EXEC, "exec")                                                                            \
	X(ARGV, "argv") /* the arguments of a program, judged before its first instruction */      \
	X(CONNECT, "connect")                                                                      \
	X(FORK, "fork")                                                                            \
	X(MKNOD, "mknod") /* a file comes to be: by an open, or as device, pipe or socket */       \
	X(MKDIR, "mkdir")                                                                          \
	X(SYMLINK, "symlink")                                                                      \
	X(LINK, "link") /* a hard link: at its source, then at its target */                       \
	X(UNLINK, "unlink")                                                                        \
	X(RMDIR, "rmdir")                                                                          \
	X(RENAME, "rename") /* at its source, then at its target */                                \
	X(TRUNCATE, "truncate")                                                                    \
	X(CHMOD, "chmod")                                                                          \
	X(CHOWN, "chown")                                                                          \
	X(UTIMES, "utimes")                                                                        \
	X(XATTR, "xattr") /* an extended attribute is set or removed */                            \
	X(MAP, "map") /* a file is mapped executable, or a mapping becomes so */                   \
	X(RECEIVE, "receive") /* a descriptor comes in from another process */                     \
	X(IOCTL, "ioctl") /* of a device; of a file's flags */                                     \
	X(SOCKET, "socket") /* a socket is made */                                                 \
	X(BIND, "bind")                                                                            \
	X(LISTEN, "listen")                                                                        \
	X(SEND, "send") /* without a connection */                                                 \
	X(MOUNT, "mount") /* mount, umount, pivot_root, move_mount and their like */               \
	X(CHROOT, "chroot")                                                                        \
	X(NAMESPACE, "namespace") /* a user namespace is made */                                   \
	X(BPF, "bpf")                                                                              \
	X(PERF, "perf")                                                                            \
	X(MODULE, "module") /* code or data for the kernel: modules, kexec, firmware */            \
	X(PTRACE, "ptrace") /* another process's memory, registers or descriptors */               \
	X(SIGNAL, "signal")                                                                        \
	X(CAPABILITY, "capability")                                                                \
	X(URING, "uring") /* a ring that a kernel thread polls */                                  \
	X(CGROUP, "cgroup") /* a directory of cgroupfs is made, removed or renamed */             \
	X(CONTROL, "control") /* another process's priority, scheduling or limits */              \
	X(OWNER, "owner") /* who gets the signals of a descriptor */                               \
	X(READ, "read") /* of a file that a grant had opened, which is over */                     \
	X(WRITE, "write")                                                                          \
	X(RECV, "recv") /* likewise, of a socket */                                                \
	X(CLAIM, "claim") /* a process becomes Writ's own; the object is its program */

enum writ_operation {
#define X(name, word) WRIT_OP_##name,
	WRIT_OPERATION_LIST(X)
#undef X
	WRIT_OP_COUNT,
};

#define WRIT_VERDICT_LIST(X)                                                                       \
	X(NONE, "none")                                                                            \
	X(ALLOW, "allow")                                                                          \
	X(DENY, "deny")                                                                            \
	X(WOULD_DENY, "would_deny") /* mode monitor: recorded, not enforced */

enum writ_verdict {
#define X(name, word) WRIT_VERDICT_##name,
	WRIT_VERDICT_LIST(X)
#undef X
	WRIT_VERDICT_COUNT,
};

/* ROLE, GRANT and AGENT_SOCKET are the reasons of an allow, all others of a deny. */
#define WRIT_REASON_LIST(X)                                                                        \
	X(NONE, "none")                                                                            \
	X(ROLE, "role")                                                                            \
	X(GRANT, "grant")                                                                          \
	X(AGENT_SOCKET, "agent_socket") /* Writ's own socket, which serves agents */     \
	X(GUARDRAIL, "guardrail")	  /* never allowed, whatever policy says */                \
	X(ROLE_DENY, "role_deny")	  /* a deny rule of the role */                            \
	X(GRANT_DENY, "grant_deny")	  /* a deny rule of a live grant */                        \
	X(NO_RULE, "no_rule")		  /* nothing allows it */                                  \
	X(EXPIRED, "expired")		  /* a grant that allowed it has run out */                \
	X(NOT_YET_ACTIVE, "not_yet_active") /* a grant will allow it later */                      \
	X(REVOKED, "revoked")		  /* a grant that allowed it was taken back, or is over */ \
	X(USED_UP, "used_up")		  /* a grant that allowed it has no use left */            \
	X(OTHER_RUN, "other_run")	  /* a grant allows it, inside of its own run alone */     \
	X(SUSPENDED, "suspended")	  /* the agent is suspended */                             \
	X(PATH_ERROR, "path_error")	  /* the path kept changing, or could not be read */       \
	X(PATH_TOO_LONG, "path_too_long") /* over 4095 bytes */                                    \
	X(DETACHED, "detached")		  /* a mount that is not in the agent's mount namespace */ \
	X(DISCONNECTED, "disconnected")	  /* a file with no path to its root */                    \
	X(ANONYMOUS, "anonymous")	  /* memfd, pipe and the like: never had a path */         \
	X(UNLINKED, "unlinked")		  /* a program whose file was deleted */                   \
	X(ARGV_MISMATCH, "argv_mismatch") /* the program is allowed, these arguments are not */    \
	X(ARGV_TOO_LONG, "argv_too_long") /* more argv than is read, and no verdict before that */ \
	X(FAMILY, "family")		  /* a socket family or protocol with no rules */          \
	X(ADDRESS_ERROR, "address_error") /* the address is malformed */                           \
	X(NO_MEMORY, "no_memory")	  /* the kernel had no memory to judge it */               \
	X(POLICY_CHANGED, "policy_changed") /* a table was replaced in mid-decision; try again */  \
	X(PROTECTED, "protected") /* Writ's own: denied in every mode */                           \
	X(WIDENING, "widening")	  /* a new name would carry a right that the old one lacks */      \
	X(BELOW, "below") /* not all that is below the directory is allowed alike */

enum writ_reason {
#define X(name, word) WRIT_REASON_##name,
	WRIT_REASON_LIST(X)
#undef X
	WRIT_REASON_COUNT,
};

#define WRIT_MODE_LIST(X)                                                                          \
	X(ENFORCE, "enforce")                                                                      \
	X(MONITOR, "monitor")

enum writ_mode {
#define X(name, word) WRIT_MODE_##name,
	WRIT_MODE_LIST(X)
#undef X
	WRIT_MODE_COUNT,
};

/* What of a rule's decisions is recorded; REQUIRED: an allow that can't be is a deny. */
#define WRIT_AUDIT_LIST(X)                                                                         \
	X(ALL, "all")                                                                              \
	X(DENIED, "denied")                                                                        \
	X(NONE, "none")                                                                            \
	X(REQUIRED, "required")

enum writ_audit {
#define X(name, word) WRIT_AUDIT_##name,
	WRIT_AUDIT_LIST(X)
#undef X
	WRIT_AUDIT_COUNT,
};

/*
 * What no agent may do, even as root, unless its role opens it by name (allow_kernel). A family is
 * one file under bpf/.
 */
#define WRIT_KERNEL_LIST(X)                                                                        \
	X(MOUNT, "mount")	      /* change what is mounted where */                           \
	X(CHROOT, "chroot")                                                                        \
	X(NAMESPACE, "user_namespace")                                                             \
	X(BPF, "bpf")                                                                              \
	X(PERF, "perf")                                                                            \
	X(MODULE, "module")	      /* modules, kexec, firmware */                               \
	X(DEVICE, "device")	      /* all but null, zero, random and terminals */              \
	X(PTRACE, "ptrace")	      /* of processes that are not its own */                      \
	X(SIGNAL, "signal")	      /* and priority, limits, of processes not its own */         \
	X(URING, "io_uring_sqpoll")   /* a ring that a kernel thread polls */                      \
	X(CGROUP, "cgroup")	      /* move processes, write below cgroupfs */

enum writ_kernel_family {
#define X(name, word) WRIT_FAMILY_##name,
	WRIT_KERNEL_LIST(X)
#undef X
	WRIT_FAMILY_COUNT,
};

/* Protocols that network rules name; PROTOCOL_OTHER never has a rule. */
#define WRIT_PROTOCOL_LIST(X)                                                                      \
	X(OTHER, 0, "other")                                                                       \
	X(TCP, 6, "tcp")                                                                           \
	X(UDP, 17, "udp")

enum writ_protocol {
#define X(name, number, word) WRIT_PROTOCOL_##name = (number),
	WRIT_PROTOCOL_LIST(X)
#undef X
};

/* Where the BPF objects are pinned, one directory for all. */
#define WRIT_PIN_DIR "/sys/fs/bpf/writ"
#define WRIT_PIN_DIR_UNATTACHED "/sys/fs/bpf/writ-no-attach" /* of a load test: nothing enforces */

#endif
