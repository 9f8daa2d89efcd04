/* SPDX-License-Identifier: Apache-2.0 */
/* What the hooks remember (struct writ_caches), when it has to be forgotten from here. */
#ifndef WRIT_KERNEL_CACHES_H
#define WRIT_KERNEL_CACHES_H

/*
 * Forgets every memo, for other programs answer now than those that made them. @fd: the map
 * `caches`. The programs that left must have finished. 0 or -errno.
 */
int writ_caches_forget_memos(int fd);

/* Forgets who is unmanaged, after a task was labelled from here. 0 or -errno. */
int writ_caches_forget_unmanaged(int fd);

#endif
