// SPDX-License-Identifier: Apache-2.0
/* What LD_PRELOAD would bring into a program: it says so as soon as it is loaded. */
#include <unistd.h>

static void __attribute__((constructor)) loaded(void)
{
	(void)!write(STDOUT_FILENO, "preloaded\n", 10);
}
