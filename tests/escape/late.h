/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process that was there before it was enrolled. prepare() starts it, unmanaged; attempt() has it
 * moved into the cgroup that the attempt itself is in (so the unmanaged attempt moves it nowhere),
 * by a third process that is outside. What the victim returns is the attempt's result.
 */
#ifndef TESTS_ESCAPE_LATE_H
#define TESTS_ESCAPE_LATE_H

#include "escape.h"

struct escape_late {
	const char *box;
	const char *secret;
	int (*victim)(const struct escape_late *late);
	bool out; /* moved out again at once */
};

int escape_late_prepare(const struct escape_late *late);
int escape_late_attempt(const char *box);

/* The victim's: is it where it shall be? */
bool escape_late_moved(const struct escape_late *late);
/* Says that it may be moved; returns when it was. */
bool escape_late_wait(const struct escape_late *late);
/* Only says so, for a victim that does not wait. */
int escape_late_ready(const struct escape_late *late);

#endif
