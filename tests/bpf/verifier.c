/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the verifier of the running kernel spends on each program.   verifier OBJECT
 * Out: `RELEASE PROGRAM INSTRUCTIONS STATES PEAK` for each program, from the statistics that the
 * verifier gives at log level 4 (BPF_LOG_STATS), and `RELEASE - NANOSECONDS` for the whole load.
 * Programs whose hook the kernel lacks are left out, as writd leaves them out.
 */
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

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

static int print(const char *release, const struct bpf_program *program)
{
	unsigned int instructions, states, peak;
	size_t size;
	const char *log = bpf_program__log_buf(program, &size);
	const char *line = log ? strstr(log, "processed ") : NULL;

	if (!bpf_program__autoload(program))
		return 0;
	if (!line ||
	    sscanf(line,
		   "processed %u insns (limit %*u) max_states_per_insn %*u total_states %u "
		   "peak_states %u",
		   &instructions, &states, &peak) != 3) {
		fprintf(stderr, "verifier: no statistics of %s\n", bpf_program__name(program));
		return 1;
	}
	printf("%s %s %u %u %u\n", release, bpf_program__name(program), instructions, states, peak);
	return 0;
}

static long long now(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000ll + time.tv_nsec;
}

int main(int argc, char **argv)
{
	struct bpf_object *object = argc == 2 ? bpf_object__open(argv[1]) : NULL;
	struct bpf_program *program;
	struct utsname host;
	long long started;
	int failed = 0;

	if (!object || uname(&host) || writ_hooks_find(&hooks)) {
		fprintf(stderr, "usage: verifier OBJECT\n");
		return 2;
	}
	bpf_object__for_each_program(program, object)
		failed |= prepare(program);
	started = now();
	if (failed || bpf_object__load(object))
		return 1;
	started = now() - started;
	bpf_object__for_each_program(program, object)
		failed |= print(host.release, program);
	printf("%s - %lld\n", host.release, started);
	return failed;
}
