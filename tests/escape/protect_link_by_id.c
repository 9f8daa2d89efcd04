// SPDX-License-Identifier: Apache-2.0
/*
 * A link of an LSM program is opened by its id, as the first step to end it.
 * technique: bpf(BPF_LINK_GET_FD_BY_ID) of a link of Writ
 * stopped by: `bpf`: the family is not the role's, and no role opens Writ's links
 * expect: operation=bpf reason=guardrail object=link_get_next_id
 */
#include "own.h"

int escape_prepare(const char *box, const char *secret)
{
	(void)box;
	(void)secret;
	return 0;
}

int escape_attempt(const char *box, const char *secret)
{
	union bpf_attr at = {.start_id = 0};

	(void)box;
	(void)secret;
	own_claim();
	while (!own_bpf(BPF_LINK_GET_NEXT_ID, &at)) {
		union bpf_attr attr = {.link_id = at.next_id}, info = {.info = {.info_len = 0}};
		struct bpf_link_info link = {0};
		int fd = own_bpf(BPF_LINK_GET_FD_BY_ID, &attr);

		at.start_id = at.next_id;
		info.info.bpf_fd = (__u32)fd;
		info.info.info_len = sizeof(link);
		info.info.info = (unsigned long)&link;
		if (fd >= 0 && !own_bpf(BPF_OBJ_GET_INFO_BY_FD, &info) &&
		    link.type == BPF_LINK_TYPE_TRACING && link.tracing.attach_type == BPF_LSM_MAC)
			return ESCAPE_SUCCEEDED;
	}
	return ESCAPE_REFUSED;
}
