/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* One question to the decision core and its answer, between the tests and their BPF programs. */
#ifndef WRIT_DECIDE_TEST_H
#define WRIT_DECIDE_TEST_H

#include <linux/types.h>

struct decide_question {
	__u32 at; /* first byte of the object in the text */
	__u32 agent;
	__u32 operation;
	__u32 access;
	__u32 any;
	__u32 protocol;
	__u32 port;
	__u32 argv_len;
	__u32 repeat; /* of decide_many */
	__u32 family; /* of guard_one; of enter_one a reason */
	__u32 capability;
	__u32 below;  /* of rights_one: also of what is below the object */
	__u32 name_len; /* with `directory`: what a hook has found of a name (decision.bpf.h) */
	__u64 directory;
	__u64 now; /* boot ns, 0: the time it is */
	__u64 run; /* that an exec would be in; 0: the caller's label says */
	__u8 address[16];
	__u32 reason; /* from here on: the answer */
	__u32 accept;
	__u32 image;
	__u32 image_at;
	__u32 audit;
	__u32 missing;
	__s32 result;
	__u32 opens; /* of guard_one */
	__u32 sure;  /* of rights_one: here, or with `below` down there */
	__u32 possible;
	__u64 grant;
	__u64 expires;
	__u64 exec; /* of enter_one: what the task's next record would say */
	__u64 elapsed_ns; /* of decide_many */
	__u64 floor_ns;
};

#endif
