/* SPDX-License-Identifier: Apache-2.0 */
/*
 * native.floor.*: what the same machine takes for the least that a figure contains. An empty BPF
 * function, called as a decision is; a parser that goes over the same YAML and keeps nothing.
 */
#include "native.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/libbpf.h>
#include <cmocka.h>
#include <yaml.h>

#include "bench.h"
#include "harness.h"
#include "lib/cleanup.h"

#define BLOCKS 41 /* odd: the median is one that was measured */
#define REPEAT 20000u
#define PARSES 5
#define RULES 10000u /* as in compile.c */

/* Every event of a file, thrown away. */
static void parse_file(const char *path)
{
	FILE *file = fopen(path, "re");
	yaml_parser_t parser;
	yaml_event_t event;
	bool more = true;

	assert_non_null(file);
	assert_true(yaml_parser_initialize(&parser));
	yaml_parser_set_input_file(&parser, file);
	while (more) {
		assert_true(yaml_parser_parse(&parser, &event));
		more = event.type != YAML_STREAM_END_EVENT;
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	(void)fclose(file);
}

static void parse_directory(const char *dir)
{
	static const char *const names[] = {"roles.yaml", "agents.yaml"};
	char path[128];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		parse_file(path);
	}
}

static void measure(const char *name, void (*work)(const char *path), const char *path)
{
	double seconds[PARSES];

	for (int i = 0; i < PARSES; i++) {
		struct bench_cost cost;

		bench_in_child(work, path, &cost);
		seconds[i] = cost.seconds;
	}
	bench_report(
		&(struct bench_figure){name, "s", bench_median(seconds, PARSES), NULL, PARSES});
}

static void floor_rules(void)
{
	char path[] = "/tmp/writ-bench-XXXXXX";
	_cleanup_close_ int fd = mkstemp(path);
	_cleanup_free_ char *yaml = bench_policy_rules(RULES, 1);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, yaml, strlen(yaml)), strlen(yaml));
	measure("native.floor.yaml_10000_rules_s", parse_file, path);
	(void)unlink(path);
}

static void floor_agents(void)
{
	char dir[] = "/tmp/writ-bench-XXXXXX";

	assert_non_null(mkdtemp(dir));
	bench_policy_write(dir, 0);
	measure("native.floor.yaml_10000_agents_s", parse_directory, dir);
	bench_policy_remove(dir);
}

static void floor_call(void)
{
	struct harness harness;
	const struct decide_question *question;
	double blocks[BLOCKS];

	harness_open(&harness, 0);
	harness_agent(&harness, 2, 0);
	question = &harness.skel->bss->question;
	harness.skel->bss->question.repeat = REPEAT;
	for (int i = 0; i < BLOCKS; i++) {
		(void)harness_ask_bytes(&harness, bpf_program__fd(harness.skel->progs.decide_many),
					2, "/", 1, WRIT_ACCESS_READ);
		blocks[i] = (double)question->floor_ns / REPEAT;
	}
	harness_close(&harness);
	bench_report(&(struct bench_figure){"native.floor.bpf_call_ns", "ns",
					    bench_median(blocks, BLOCKS), NULL, BLOCKS});
}

void bench_floors(const char *why)
{
	floor_rules();
	floor_agents();
	if (why)
		bench_missing("native.floor.bpf_call_ns", "ns", why);
	else
		floor_call();
}
