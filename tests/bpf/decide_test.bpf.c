// SPDX-License-Identifier: GPL-2.0-only
/*
 * The decision core as a program that BPF_PROG_RUN can call where LSM programs do not load: the
 * hooks' own decide() and matcher over the hooks' own maps. In: one question in `questions`, its
 * text at the text's end as the path walk leaves it. Out: the answer beside it.
 */
#include "decide.bpf.h"
#include "decide_test.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct decide_question);
} questions SEC(".maps");

static __always_inline void decide_answer(struct decide_question *question, const struct decision *d)
{
	question->reason = d->reason;
	question->accept = d->accept;
	question->image = d->image;
	question->grant = d->grant;
}

SEC("raw_tp")
int decide_one(void *context)
{
	struct decide_question *question;
	struct decision d = {};
	__u32 zero = 0;

	question = bpf_map_lookup_elem(&questions, &zero);
	if (!question)
		return 0;
	d.text = bpf_map_lookup_elem(&cgroup_text, &zero);
	d.at = question->at;
	d.agent = question->agent;
	d.operation = question->operation;
	d.access = question->access;
	d.any = question->any;
	d.protocol = question->protocol;
	d.port = question->port;
	__builtin_memcpy(&d.address, question->address, sizeof(d.address));
	decide(&d);
	decide_answer(question, &d);
	return 0;
}
