// SPDX-License-Identifier: GPL-2.0-only
/*
 * The decision core as programs that BPF_PROG_RUN can call where LSM programs do not load: the
 * hooks' own decide(), matcher and event_submit() over the hooks' own maps. In: one question in
 * `questions`, its text at the text's end as the path walk leaves it. Out: the answer beside it.
 */
#include "event.bpf.h"
#include "decide_test.h"

/* In .bss: user space maps it. */
struct decide_question question = {};

static __always_inline void question_ask(struct decision *d)
{
	__u32 zero = 0;

	d->text = bpf_map_lookup_elem(&cgroup_text, &zero);
	d->at = question.at;
	d->agent = question.agent;
	d->operation = question.operation;
	d->access = question.access;
	d->any = question.any;
	d->protocol = question.protocol;
	d->port = question.port;
	__builtin_memcpy(&d->address, question.address, sizeof(d->address));
}

SEC("raw_tp")
int decide_one(void *context)
{
	struct decision d = {};

	question_ask(&d);
	decide(&d);
	question.reason = d.reason;
	question.accept = d.accept;
	question.image = d.image;
	question.grant = d.grant;
	return 0;
}

/* A decision with its record, as a hook ends: gives the hook's return value. */
SEC("raw_tp")
int finish_one(void *context)
{
	struct decision d = {};

	question_ask(&d);
	d.argv_len = question.argv_len;
	decide(&d);
	question.reason = d.reason;
	question.result = decision_finish(&d);
	return 0;
}

static long decide_step(__u32 index, void *context)
{
	struct decision *d = context;

	d->reason = WRIT_REASON_NONE;
	decide(d);
	return 0;
}

static long empty_step(__u32 index, void *context)
{
	struct decision *d = context;

	d->reason = WRIT_REASON_ROLE;
	return 0;
}

/* For the benchmark: the question `repeat` times, and as many empty calls as its floor. */
SEC("raw_tp")
int decide_many(void *context)
{
	struct decision d = {};
	__u64 start;

	question_ask(&d);
	start = bpf_ktime_get_ns();
	bpf_loop(question.repeat, empty_step, &d, 0);
	question.floor_ns = bpf_ktime_get_ns() - start;
	start = bpf_ktime_get_ns();
	bpf_loop(question.repeat, decide_step, &d, 0);
	question.elapsed_ns = bpf_ktime_get_ns() - start;
	question.reason = d.reason;
	return 0;
}
