/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the ledger has counted, for metrics: totals that grow with each row, in the transaction that
 * changes it, so that a question costs by how many different words there are and not by how many
 * rows; and so that they never go back, whatever becomes of old rows.
 */
#ifndef WRIT_BROKER_LEDGER_TALLY_H
#define WRIT_BROKER_LEDGER_TALLY_H

#include "broker/ledger.h"

/*
 * Upper bounds of a lifetime's classes, in seconds, and one without a bound. They stand in the
 * layout of the file: other ones are another layout.
 */
#define WRIT_LIFETIME_LIST(X)                                                              \
	X(30)                                                                              \
	X(60) X(120) X(180) X(300) X(600) X(900) X(1800) X(3600) X(7200) X(14400) X(28800) \
		X(43200) X(86400)
#define WRIT_LIFETIME_MORE "+Inf"

/*
 * What is counted; `name` and `word` of a tally:
 *
 *	asked		-, -			requests, with those that have no row of their own
 *	refused		-, reason		of them, likewise
 *	withdrawn	-, -
 *	issued		playbook, -		grants
 *	break_glass	playbook, -		of them
 *	ended		playbook, end
 *	lifetime	playbook, bound		of those that ended: class of begin to end
 *	lifetime_ms	playbook, -		their sum
 *	environment	environment, "" | "ticket" | "approver": grants; with a ticket; approved
 */
#define WRIT_TALLY_LIST(X)            \
	X(ASKED, "asked")             \
	X(REFUSED, "refused")         \
	X(WITHDRAWN, "withdrawn")     \
	X(ISSUED, "issued")           \
	X(BREAK_GLASS, "break_glass") \
	X(ENDED, "ended")             \
	X(LIFETIME, "lifetime")       \
	X(LIFETIME_MS, "lifetime_ms") \
	X(ENVIRONMENT, "environment")

enum writ_tally {
#define X(name, word) WRIT_TALLY_##name,
	WRIT_TALLY_LIST(X)
#undef X
		WRIT_TALLY_COUNT,
};

/* Valid while the visitor runs. */
struct writ_ledger_tally {
	uint32_t kind; /* enum writ_tally */
	const char *name;
	const char *word;
	uint64_t total;
};

typedef void writ_ledger_tally_visitor(void *context, const struct writ_ledger_tally *tally);

/* Each tally, in the order in which they were first counted. 0, or -EIO. */
int writ_ledger_tallies(struct writ_ledger *ledger, writ_ledger_tally_visitor *visitor,
			void *context);

/* A step of the layout, see ledger_schema.h. */
extern const char writ_ledger_tally_layout[];

#endif
