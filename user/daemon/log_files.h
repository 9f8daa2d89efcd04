/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The audit log's directory and files become those of the user who writes them. Root does this in
 * a directory that may be that user's already: nothing is followed, nothing is taken for granted.
 */
#ifndef WRIT_DAEMON_LOG_FILES_H
#define WRIT_DAEMON_LOG_FILES_H

#include <sys/types.h>

/*
 * @log: the file, in a directory of its own, which is made if missing (0750). Files whose names
 * begin with its name go with it (0640). Refused and logged, with nothing changed: -EEXIST, the
 * directory has other files, too; -EINVAL, the log is no regular file, or has another name
 * elsewhere; -EPERM, the directory is a third one's.
 */
int writ_log_files_own(const char *log, uid_t uid, gid_t gid);

#endif
