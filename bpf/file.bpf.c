// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files: what an agent opens.
 *
 * file_open	every open of a file or directory, also by the kernel on behalf of an exec; stops
 *		reading, writing and truncating without a rule. What it creates was judged by
 *		path_mknod (tree.bpf.c) and is judged again.
 *
 * O_PATH opens nothing and comes here only when it is used. Overlay file systems come twice, and
 * more often when they copy a file up; what they open below was judged above.
 */
#include "device.bpf.h"
#include "file.bpf.h"
#include "reach.bpf.h"

SEC("lsm/file_open")
int BPF_PROG(file_open, struct file *file, int ret)
{
	struct scratch *scratch;
	__u32 agent, flags, mode;

	if (ret)
		return ret;
	agent = subject_current();
	if (!agent)
		return 0;
	flags = file->f_flags;
	mode = file->f_mode;
	if (mode & FMODE_NOACCOUNT || file_is_process(file))
		return 0;
	if (!(flags & FMODE_EXEC_FLAG)) {
		scratch = scratch_begin(agent, WRIT_OP_OPEN, open_access(flags, mode));
	} else { /* a program, or the loader that maps it: bprm_check_security judges the program */
		scratch = scratch_begin(agent, WRIT_OP_OPEN_EXEC, WRIT_ACCESS_EXECUTE);
		if (scratch)
			scratch->decision.any = WRIT_ACCESS_EXECUTE | WRIT_ACCESS_EXECUTE_ARGV |
						WRIT_ACCESS_MAP;
	}
	if (!scratch)
		return scratch_refuse(agent) ? -EPERM : 0;
	if (!object_find_file(scratch, file)) {
		if (file_is_of_layer(file))
			return 0;
		object_build_file(scratch, file);
	}
	guard_file(scratch, file, mode);
	return reach_end_file(scratch, flags & FMODE_EXEC_FLAG ? NULL : file->f_inode);
}
