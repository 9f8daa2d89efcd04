/* SPDX-License-Identifier: GPL-2.0-only */
/* What the two halves of an exec share: who would allow it if its argv matches. */
#ifndef WRIT_EXEC_BPF_H
#define WRIT_EXEC_BPF_H

#include "object.bpf.h"

struct candidate_search {
	struct scratch *scratch;
	struct writ_exec *exec;
};

#endif
