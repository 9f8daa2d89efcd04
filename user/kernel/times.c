/* SPDX-License-Identifier: Apache-2.0 */
/* See times.h. */
#include "kernel/times.h"

#include <bpf/bpf.h>

#include "kernel/pins.h"
#include "lib/cleanup.h"

static int ask(int program, const char *name, writ_times_visitor *visitor, void *context)
{
	struct bpf_prog_info info = {0};
	__u32 len = sizeof(info);

	if (program < 0 || bpf_obj_get_info_by_fd(program, &info, &len) || !info.run_cnt)
		return 0;
	return visitor(context, name, info.run_cnt, info.run_time_ns);
}

/* The reaching programs are attached by turns; what keeps them is their pin. */
static int ask_reaching(unsigned int i, writ_times_visitor *visitor, void *context)
{
	const char *name = writ_kernel_pinned_name(WRIT_PROGRAM_COUNT + i);
	_cleanup_close_ int program = writ_pins_get(WRIT_PINS_PROGRAMS, name);

	return ask(program, name, visitor, context);
}

int writ_times_each(const struct writ_kernel *kernel, writ_times_visitor *visitor, void *context)
{
	int err = 0;

	for (int i = 0; i < WRIT_PROGRAM_COUNT && !err; i++)
		err = ask(kernel->program_fds[i], writ_kernel_program_name(i), visitor, context);
	for (unsigned int i = 0; i < WRIT_REACH_COUNT && !err && !kernel->unattached; i++)
		err = ask_reaching(i, visitor, context);
	return err;
}
