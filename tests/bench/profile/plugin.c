/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plugin of QEMU's TCG: the blocks that the guest executes between two marks (trace.h), in their
 * order. In: -plugin FILE,out=TRACE. Out: TRACE, an array of struct trace_block.
 *
 * Debian has no header for plugins. What is used of version 1 of that interface (QEMU 4.2 to 8.2;
 * Debian 12 has 7.2) is declared here. QEMU refuses a plugin whose version it no longer has.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace.h"

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_info;
enum { QEMU_PLUGIN_CB_NO_REGS };

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id,
					   void (*cb)(qemu_plugin_id_t, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb,
					  void (*cb)(unsigned int, void *), int flags, void *data);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
					    void (*cb)(unsigned int, void *), int flags,
					    void *data);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, void (*cb)(qemu_plugin_id_t, void *),
				    void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t i);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);

__attribute__((visibility("default"))) extern int qemu_plugin_version;
__attribute__((visibility("default"))) int qemu_plugin_version = 1;
__attribute__((visibility("default"))) int
qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info *info, int argc, char **argv);

static FILE *output;
static bool tracing;

static void put(const struct trace_block *block)
{
	if (fwrite(block, sizeof(*block), 1, output) != 1) {
		perror("profile: trace");
		exit(1);
	}
}

static void executed(unsigned int cpu, void *data)
{
	(void)cpu;
	if (tracing)
		put(data);
}

static void begun(unsigned int cpu, void *data)
{
	(void)cpu;
	(void)data;
	put(&(struct trace_block){.kind = TRACE_BEGIN});
	tracing = true;
}

static void ended(unsigned int cpu, void *data)
{
	(void)cpu;
	(void)data;
	tracing = false;
	put(&(struct trace_block){.kind = TRACE_END});
}

static void watch_mark(struct qemu_plugin_insn *insn)
{
	static const char nop[] = "\x0f\x1f\x80";
	const char *bytes = qemu_plugin_insn_data(insn);

	if (qemu_plugin_insn_size(insn) != MARK_SIZE || memcmp(bytes, nop, 3))
		return;
	if (!memcmp(bytes + 3, MARK_BEGIN, 4))
		qemu_plugin_register_vcpu_insn_exec_cb(insn, begun, QEMU_PLUGIN_CB_NO_REGS, NULL);
	if (!memcmp(bytes + 3, MARK_END, 4))
		qemu_plugin_register_vcpu_insn_exec_cb(insn, ended, QEMU_PLUGIN_CB_NO_REGS, NULL);
}

/* Only calls and returns within one privilege: system calls and interrupts are seen by address. */
static enum trace_kind kind_of(struct qemu_plugin_insn *insn)
{
	const unsigned char *bytes = qemu_plugin_insn_data(insn);
	size_t size = qemu_plugin_insn_size(insn), i = 0;

	while (i + 1 < size && ((bytes[i] & 0xf0) == 0x40 || bytes[i] == 0x3e || bytes[i] == 0x2e ||
				bytes[i] == 0xf2 || bytes[i] == 0xf3))
		i++;
	if (bytes[i] == 0xe8 || (bytes[i] == 0xff && i + 1 < size && (bytes[i + 1] >> 3 & 7) == 2))
		return TRACE_CALL;
	return bytes[i] == 0xc3 || bytes[i] == 0xc2 ? TRACE_RETURN : TRACE_BLOCK;
}

/* The block lives as long as QEMU does: code that was translated may run until then. */
static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb);
	struct trace_block *block = calloc(1, sizeof(*block));

	(void)id;
	if (!block)
		abort();
	block->at = qemu_plugin_tb_vaddr(tb);
	block->instructions = (uint32_t)n;
	for (size_t i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);

		block->bytes = (uint16_t)(block->bytes + qemu_plugin_insn_size(insn));
		watch_mark(insn);
		if (i + 1 == n)
			block->kind = (uint16_t)kind_of(insn);
	}
	qemu_plugin_register_vcpu_tb_exec_cb(tb, executed, QEMU_PLUGIN_CB_NO_REGS, block);
}

static void at_exit(qemu_plugin_id_t id, void *data)
{
	(void)id;
	(void)data;
	if (fclose(output))
		perror("profile: trace");
}

int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info *info, int argc, char **argv)
{
	(void)info;
	if (argc != 1 || strncmp(argv[0], "out=", 4))
		return -1;
	output = fopen(argv[0] + 4, "we");
	if (!output) {
		perror(argv[0] + 4);
		return -1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, at_exit, NULL);
	return 0;
}
