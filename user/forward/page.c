/* SPDX-License-Identifier: Apache-2.0 */
/* See page.h. */
#include "forward/page.h"

#include <stdio.h>
#include <time.h>

void writ_page_state(struct writ_forward_row *row, enum writ_forward_state state)
{
	if (writ_page_get(&row->state) == (uint32_t)state)
		return;
	writ_page_set(&row->since, (uint64_t)time(NULL));
	writ_page_set(&row->state, (uint32_t)state);
}

void writ_page_row(struct writ_forward_row *row, const char *name, const char *type)
{
	*row = (struct writ_forward_row){0};
	(void)snprintf(row->name, sizeof(row->name), "%s", name);
	(void)snprintf(row->type, sizeof(row->type), "%s", type);
	writ_page_state(row, WRIT_FORWARD_CONNECTING);
}

void writ_page_error(struct writ_forward_row *row, const char *error)
{
	(void)__atomic_fetch_add(&row->writing, 1u, __ATOMIC_ACQ_REL);
	(void)snprintf(row->error, sizeof(row->error), "%s", error);
	(void)__atomic_fetch_add(&row->writing, 1u, __ATOMIC_ACQ_REL);
}
