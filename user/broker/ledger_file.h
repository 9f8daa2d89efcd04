/* SPDX-License-Identifier: Apache-2.0 */
/* May this file be the ledger? For ledger.c alone. */
#ifndef WRIT_BROKER_LEDGER_FILE_H
#define WRIT_BROKER_LEDGER_FILE_H

#include <limits.h>
#include <stddef.h>

/*
 * Makes @path if it is not there (empty, mode 0600), and refuses one that somebody else could have
 * made or could change: in a directory that others may write, a symbolic link, no regular file, of
 * another owner, with more than one name, open to others. -errno, with one line in @error.
 * @ret_path: the same file by a path without symbolic links.
 */
int writ_ledger_file_prepare(const char *path, char *error, size_t size, char ret_path[PATH_MAX]);

#endif
