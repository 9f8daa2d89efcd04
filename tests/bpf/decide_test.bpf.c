// SPDX-License-Identifier: GPL-2.0-only
/*
 * The decision core as programs that BPF_PROG_RUN can call where LSM programs do not load: the
 * hooks' own decide(), matcher and event_submit() over the hooks' own maps. In: one question in
 * `question`, its text at the text's end as the path walk leaves it. Out: the answer beside it.
 */
#include "event.bpf.h"
#include "guard.bpf.h"
#include "program.bpf.h"
#include "decide_test.h"
#include "rights.bpf.h"

/* In .bss: user space maps it. */
struct decide_question question = {};

static __always_inline struct scratch *question_ask_in(__u32 lane)
{
	struct scratch *scratch = bpf_map_lookup_elem(&cgroup_scratch, &lane);
	struct decision *d;

	if (!scratch)
		return NULL;
	d = &scratch->decision;
	__builtin_memset(d, 0, sizeof(*d));
	d->at = question.at;
	d->agent = question.agent;
	d->operation = question.operation;
	d->access = question.access;
	d->any = question.any;
	d->protocol = question.protocol;
	d->port = question.port;
	d->argv_len = question.argv_len;
	d->name_len = question.name_len;
	d->directory = question.directory;
	d->now = question.now;
	d->run = question.run;
	__builtin_memcpy(&d->address, question.address, sizeof(d->address));
	return scratch;
}

static __always_inline struct scratch *question_ask(void)
{
	return question_ask_in(0);
}

SEC("raw_tp")
int decide_one(void *context)
{
	struct scratch *scratch = question_ask();

	if (!scratch)
		return 0;
	(void)decide(scratch);
	question.reason = scratch->decision.reason;
	question.accept = scratch->decision.accept;
	question.image = scratch->decision.image;
	question.image_at = scratch->decision.image_at;
	question.audit = scratch->decision.audit;
	question.missing = scratch->decision.missing;
	question.grant = scratch->decision.grant;
	question.expires = scratch->decision.expires;
	return 0;
}

/* A program is about to be executed: its use is counted. */
SEC("raw_tp")
int use_one(void *context)
{
	struct scratch *scratch = question_ask();

	if (!scratch)
		return 0;
	scratch->decision.operation = WRIT_OP_EXEC;
	(void)decide(scratch);
	(void)decide_use(scratch);
	question.reason = scratch->decision.reason;
	question.grant = scratch->decision.grant;
	return 0;
}

/* All rights on the object, or on what is below it. */
SEC("raw_tp")
int rights_one(void *context)
{
	struct scratch *scratch = question_ask();
	const struct rights *rights;

	if (!scratch)
		return 0;
	(void)rights_judge(scratch, question.below);
	rights = question.below ? &scratch->decision.below : &scratch->decision.here;
	question.reason = scratch->decision.reason;
	question.sure = rights->sure;
	question.possible = rights->possible;
	return 0;
}

/* A decision with its record, as a hook ends: gives the hook's return value. */
SEC("raw_tp")
int finish_one(void *context)
{
	struct scratch *scratch = question_ask();

	if (!scratch)
		return 0;
	(void)decide(scratch);
	question.reason = scratch->decision.reason;
	question.result = decision_finish(scratch);
	return 0;
}

/* As bprm_committed_creds ends: the caller has another program. `family`: why it has no path. */
SEC("raw_tp")
int enter_one(void *context)
{
	struct scratch *scratch = question_ask();

	if (!scratch)
		return 0;
	scratch->decision.now = bpf_ktime_get_boot_ns();
	(void)program_leave(scratch);
	question.result = program_enter(scratch, question.family);
	question.exec = program_of(scratch, bpf_get_current_task_btf());
	return 0;
}

/* A guardrail with its record: `family` of the question. */
SEC("raw_tp")
int guard_one(void *context)
{
	struct scratch *scratch = question_ask();

	if (!scratch)
		return 0;
	(void)guard(scratch, question.family);
	question.reason = scratch->decision.reason;
	question.image = scratch->decision.image;
	question.opens = guard_opens(scratch, question.family);
	question.result = decision_finish(scratch);
	return 0;
}

SEC("raw_tp")
int capability_one(void *context)
{
	question.reason = guard_capability(question.agent, question.capability);
	return 0;
}

static long decide_step(__u32 index, void *context)
{
	struct scratch *scratch = *(struct scratch **)context;

	scratch->decision.reason = WRIT_REASON_NONE;
	(void)decide(scratch);
	return 0;
}

static long empty_step(__u32 index, void *context)
{
	struct scratch *scratch = *(struct scratch **)context;

	scratch->decision.reason = WRIT_REASON_ROLE;
	return 0;
}

/* For the benchmark: the question `repeat` times, and as many empty calls as its floor. */
SEC("raw_tp")
int decide_many(void *context)
{
	struct scratch *scratch = question_ask();
	__u64 start;

	if (!scratch)
		return 0;
	start = bpf_ktime_get_ns();
	bpf_loop(question.repeat, empty_step, &scratch, 0);
	question.floor_ns = bpf_ktime_get_ns() - start;
	start = bpf_ktime_get_ns();
	bpf_loop(question.repeat, decide_step, &scratch, 0);
	question.elapsed_ns = bpf_ktime_get_ns() - start;
	question.reason = scratch->decision.reason;
	return 0;
}

static long finish_step(__u32 index, void *context)
{
	struct scratch *scratch = *(struct scratch **)context;

	scratch->decision.reason = WRIT_REASON_NONE;
	(void)decide(scratch);
	question.reason = scratch->decision.reason;
	(void)decision_finish(scratch);
	return 0;
}

/* The same from every CPU at once: each has a scratch of its own. */
SEC("raw_tp")
int finish_lanes(void *context)
{
	struct scratch *scratch = question_ask_in(bpf_get_smp_processor_id());

	if (scratch)
		bpf_loop(question.repeat, finish_step, &scratch, 0);
	return 0;
}

/* For the benchmark: the question `repeat` times, each with its record. */
SEC("raw_tp")
int finish_many(void *context)
{
	struct scratch *scratch = question_ask();

	if (scratch)
		bpf_loop(question.repeat, finish_step, &scratch, 0);
	return 0;
}
