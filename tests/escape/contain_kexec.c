// SPDX-License-Identifier: Apache-2.0
/*
 * Another kernel is put in place of this one. Here with no segments, which only takes away an
 * image that was loaded.
 * technique: kexec_load(2)
 * stopped by: `capable`: CAP_SYS_BOOT is not the role's; behind it `kernel_load_data`
 * expect: operation=capability reason=no_rule object=CAP_SYS_BOOT
 * needs: CONFIG_KEXEC
 */
#include "escape.h"

#include <sys/syscall.h>
#include <unistd.h>

int escape_prepare(const char *box, const char *secret)
{
	(void)box;
	(void)secret;
	return 0;
}

int escape_attempt(const char *box, const char *secret)
{
	(void)box;
	(void)secret;
	if (!syscall(SYS_kexec_load, 0ul, 0ul, NULL, 0ul))
		return ESCAPE_SUCCEEDED;
	return errno == ENOSYS ? escape_skip("no kexec_load") : ESCAPE_REFUSED;
}
