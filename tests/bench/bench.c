/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usage: bench OUTPUT KERNEL INSTRUCTIONS
 *        bench OUTPUT KERNEL --without WHY
 *
 * Measures what can be measured on this host, adds what the guest with KERNEL has measured (the
 * file INSTRUCTIONS), prints a table and writes OUTPUT. Status 1: a figure is over its limit.
 */
#include "bench.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "harness.h"
#include "native.h"

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

static bool can_load(void)
{
	libbpf_print_fn_t before = libbpf_set_print(quiet);
	struct decide_test *skel = decide_test__open_and_load();

	(void)libbpf_set_print(before);
	if (!skel)
		return false;
	decide_test__destroy(skel);
	return true;
}

static void measure_host(void)
{
	const char *why = can_load() ? NULL : "BPF programs do not load here; run as root";

	(void)fprintf(stderr, "on this host\n");
	bench_compile();
	bench_floors(why);
	if (!why) {
		bench_decisions();
		bench_scale();
	} else {
		bench_decisions_missing(why);
		bench_scale_missing(why);
	}
	bench_requests(why);
	bench_load(why);
	bench_live(why);
	bench_audit(why);
	bench_writer(why);
	bench_remedies();
	bench_trail();
}

int main(int argc, char **argv)
{
	if (argc < 4) {
		(void)fprintf(stderr, "usage: bench OUTPUT KERNEL INSTRUCTIONS|--without WHY\n");
		return 2;
	}
	measure_host();
	if (!strcmp(argv[3], "--without"))
		bench_vm_missing(argv[2], argc > 4 ? argv[4] : "");
	else
		bench_vm(argv[2], argv[3]);
	bench_endtoend(argv[2]);
	if (bench_write(argv[1], false)) {
		(void)fprintf(stderr, "%s: can't write: %s\n", argv[1], strerror(errno));
		return 1;
	}
	if (bench_misses())
		(void)fprintf(stderr, "%u over the limit\n", bench_misses());
	return bench_misses() ? 1 : 0;
}
