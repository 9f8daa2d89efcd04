/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the verifier of the running kernel spends on each program.   verifier OBJECT
 * Out: `SERIES PROGRAM INSTRUCTIONS STATES` for each program, from the statistics that the verifier
 * gives at log level 4 (BPF_LOG_STATS); SERIES is a release without its patch level, as 6.12.
 * Programs whose hook the kernel lacks are left out, as writd leaves them out.
 */
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "kernel/hooks.h"
#include "kernel/kernel.h"

#define LOG_SIZE (64u << 10) /* statistics are some lines for each program */
#define LOG_STATS 4u

static struct writ_hooks hooks;

static int prepare(struct bpf_program *program)
{
	const char *name = bpf_program__name(program);
	char *log = calloc(1, LOG_SIZE);

	for (int i = 0; i < WRIT_PROGRAM_COUNT; i++)
		if (!strcmp(name, writ_kernel_program_name(i)) && !hooks.present[i] &&
		    writ_hooks_lost(i))
			return bpf_program__set_autoload(program, false);
	if (!log)
		return -1;
	(void)bpf_program__set_log_level(program, LOG_STATS);
	return bpf_program__set_log_buf(program, log, LOG_SIZE);
}

static int print(const char *series, const struct bpf_program *program)
{
	unsigned int instructions, states;
	size_t size;
	const char *log = bpf_program__log_buf(program, &size);
	const char *line = log ? strstr(log, "processed ") : NULL;

	if (!bpf_program__autoload(program))
		return 0;
	if (!line ||
	    sscanf(line, "processed %u insns (limit %*u) max_states_per_insn %*u total_states %u",
		   &instructions, &states) != 2) {
		fprintf(stderr, "verifier: no statistics of %s\n", bpf_program__name(program));
		return 1;
	}
	printf("%s %s %u %u\n", series, bpf_program__name(program), instructions, states);
	return 0;
}

static int find_series(char *ret_series, size_t size)
{
	unsigned int major, minor;
	struct utsname host;

	if (uname(&host) || sscanf(host.release, "%u.%u", &major, &minor) != 2)
		return -1;
	(void)snprintf(ret_series, size, "%u.%u", major, minor);
	return 0;
}

int main(int argc, char **argv)
{
	struct bpf_object *object = argc == 2 ? bpf_object__open(argv[1]) : NULL;
	struct bpf_program *program;
	char series[24];
	int failed = 0;

	if (!object || find_series(series, sizeof(series)) || writ_hooks_find(&hooks)) {
		fprintf(stderr, "usage: verifier OBJECT\n");
		return 2;
	}
	bpf_object__for_each_program(program, object) failed |= prepare(program);
	if (failed || bpf_object__load(object))
		return 1;
	bpf_object__for_each_program(program, object) failed |= print(series, program);
	return failed;
}
