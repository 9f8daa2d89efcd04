/* SPDX-License-Identifier: Apache-2.0 */
/* See ledger.h: steps that share a transaction. */
#include <errno.h>

#include "broker/ledger_sql.h"

int writ_ledger_group(struct writ_ledger *ledger)
{
	int err;

	if (ledger->grouped)
		return 0;
	err = writ_ledger_sql_begin(ledger);
	ledger->grouped = !err;
	ledger->broken = false;
	return err;
}

int writ_ledger_group_end(struct writ_ledger *ledger)
{
	if (!ledger->grouped)
		return 0;
	ledger->grouped = false;
	if (sqlite3_get_autocommit(ledger->db)) /* an error has ended it, with all that was in it */
		return -EIO;
	return writ_ledger_sql_finish(ledger, ledger->broken ? -EIO : 0);
}
