/* SPDX-License-Identifier: Apache-2.0 */
/*
 * writd, told that something is lost where a kernel lacks inode_file_setattr (before 6.17). Of the
 * hooks that a kernel of the matrix lacks another one does the work, so nothing is lost there, and
 * what a strict Node refuses would never be met. Linked in with ld's --wrap; all else is writd's.
 */
#include "kernel/hooks.h"

const char *__real_writ_hooks_lost(enum writ_program program);
const char *__wrap_writ_hooks_lost(enum writ_program program);

const char *__wrap_writ_hooks_lost(enum writ_program program)
{
	if (program == WRIT_PROGRAM_inode_file_setattr)
		return "a test's loss";
	return __real_writ_hooks_lost(program);
}
