/* SPDX-License-Identifier: Apache-2.0 */
/* See note.h. The program is bpf/note.bpf.c, run once for each record. */
#include "kernel/note.h"

#include <bpf/bpf.h>
#include <errno.h>

#include "kernel/pins.h"
#include "lib/log.h"

int writ_note_open(struct writ_kernel *kernel)
{
	int fd = writ_pins_get(WRIT_PINS_PROGRAMS, WRIT_PROGRAM_NOTE);

	if (fd < 0)
		return writ_log_errno(fd, "pinned program " WRIT_PROGRAM_NOTE);
	kernel->note_fd = fd;
	return 0;
}

int writ_note_send(const struct writ_kernel *kernel, struct writ_note *note)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = note, .ctx_size_in = sizeof(*note));
	int err;

	note->end = WRIT_NOTE_END;
	err = bpf_prog_test_run_opts(kernel->note_fd, &options);
	return err ? err : (int)options.retval;
}
