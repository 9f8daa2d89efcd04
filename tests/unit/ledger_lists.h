/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ledger for each case, and its lists as text.
 */
#ifndef TEST_LEDGER_LISTS_H
#define TEST_LEDGER_LISTS_H

#include "ledger_helper.h"

#include "broker/evaluate.h"

static struct writ_ledger *ledger;

static inline int set_up(void **state)
{
	(void)make_directory(state);
	ledger = open_ledger_of(BOOT);
	return 0;
}

static inline int tear_down(void **state)
{
	writ_ledger_closep(&ledger);
	return remove_directory(state);
}

static inline void reopen(const char *boot)
{
	writ_ledger_close(ledger);
	ledger = NULL;
	ledger = open_ledger_of(boot);
}

/* Rows of a list, newest first: "3 2 1". */
static char seen[256];

static inline void see_request(void *context, const struct writ_ledger_request *row)
{
	size_t used = strlen(seen);

	(void)context;
	(void)snprintf(seen + used, sizeof(seen) - used, "%s%llu", used ? " " : "",
		       (unsigned long long)row->id);
}

static inline void see_grant(void *context, const struct writ_ledger_grant *row)
{
	size_t used = strlen(seen);

	(void)context;
	(void)snprintf(seen + used, sizeof(seen) - used, "%s%llu", used ? " " : "",
		       (unsigned long long)row->id);
}

static inline const char *requests_of(struct writ_ledger_filter filter)
{
	seen[0] = '\0';
	assert_int_equal(writ_ledger_requests(ledger, &filter, see_request, NULL), 0);
	return seen;
}

static inline const char *grants_of(struct writ_ledger_filter filter)
{
	seen[0] = '\0';
	assert_int_equal(writ_ledger_grants(ledger, &filter, see_grant, NULL), 0);
	return seen;
}

#define REQUESTS(expected, ...) \
	assert_string_equal(requests_of((struct writ_ledger_filter){__VA_ARGS__}), expected)
#define GRANTS(expected, ...) \
	assert_string_equal(grants_of((struct writ_ledger_filter){__VA_ARGS__}), expected)

static inline struct writ_history history_of(const char *agent, const char *playbook, int64_t since)
{
	struct writ_history history;

	assert_int_equal(writ_ledger_history(ledger, agent, playbook, since, &history), 0);
	return history;
}

#endif
