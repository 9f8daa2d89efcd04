// SPDX-License-Identifier: Apache-2.0
/*
 * The processor's ports, which disks and other devices obey.
 * technique: iopl(2), ioperm(2)
 * stopped by: `capable`: CAP_SYS_RAWIO is not the role's
 * expect: operation=capability reason=no_rule object=CAP_SYS_RAWIO
 * needs: CONFIG_X86_IOPL_IOPERM
 */
#include "escape.h"

#include <sys/io.h>

int escape_prepare(const char *box, const char *secret)
{
	(void)box;
	(void)secret;
	return 0;
}

#define PORT 0x80 /* where firmware writes how far it has come: harmless */

int escape_attempt(const char *box, const char *secret)
{
	(void)box;
	(void)secret;
	if (ioperm(PORT, 1, 1))
		return errno == ENOSYS ? escape_skip("no ioperm") : ESCAPE_REFUSED;
	outb(1, PORT); /* a fault, if it may not */
	return ESCAPE_SUCCEEDED;
}
