/* SPDX-License-Identifier: Apache-2.0 */
/* See api.h: lists of requests and of grants. Newest first, a page at a time. */
#include "broker/api.h"
#include "broker/api_query.h"

struct page {
	int64_t now;
	json_t *rows; /* NULL: out of memory */
	uint32_t count;
	uint64_t last; /* request of the last row: ids of grants may begin anew */
};

static void add(struct page *page, uint64_t id, json_t *row)
{
	page->count++;
	page->last = id;
	if (json_array_append_new(page->rows, row)) {
		json_decref(page->rows);
		page->rows = NULL;
	}
}

static void visit_request(void *context, const struct writ_ledger_request *row)
{
	struct writ_votes votes = {WRIT_VOTES_UNKNOWN, WRIT_VOTES_UNKNOWN};
	struct page *page = context;

	add(page, row->id, writ_api_request(row, &votes));
}

static void visit_grant(void *context, const struct writ_ledger_grant *row)
{
	struct page *page = context;

	add(page, row->request, writ_api_grant(row, page->now));
}

/* {"requests": [...], "next": what ?before= of the next page is, or null: there is none} */
static void give_page(struct page *page, const char *name, uint32_t limit,
		      struct writ_http_answer *answer)
{
	bool more = page->count == limit;
	json_t *body = json_object();

	writ_api_put(&body, name, page->rows);
	writ_api_put(&body, "next", more ? json_integer((json_int_t)page->last) : json_null());
	writ_api_give(answer, 200, body);
}

typedef int list_function(struct writ_ledger *ledger, const struct writ_ledger_filter *filter,
			  struct page *page);

static int list_requests(struct writ_ledger *ledger, const struct writ_ledger_filter *filter,
			 struct page *page)
{
	return writ_ledger_requests(ledger, filter, visit_request, page);
}

static int list_grants(struct writ_ledger *ledger, const struct writ_ledger_filter *filter,
		       struct page *page)
{
	return writ_ledger_grants(ledger, filter, visit_grant, page);
}

static void give_list(struct writ_broker *broker, const struct writ_http_request *request,
		      const char *name, list_function *list, struct writ_http_answer *answer)
{
	struct page page = {.now = writ_broker_now()};
	char fault[WRIT_MESSAGE_SIZE];
	struct writ_ledger_filter filter;

	if (writ_query_filter(request, page.now, &filter, fault)) {
		writ_http_refuse(answer, WRIT_REFUSAL_MALFORMED, fault, "", 0);
		return;
	}
	page.rows = json_array();
	if (!list(broker->ledger, &filter, &page)) {
		give_page(&page, name, filter.limit, answer);
		return;
	}
	json_decref(page.rows);
	writ_api_ledger_failed(broker, answer);
}

void writ_api_requests(struct writ_broker *broker, const struct writ_http_request *request,
		       struct writ_http_answer *answer)
{
	give_list(broker, request, "requests", list_requests, answer);
}

void writ_api_grants(struct writ_broker *broker, const struct writ_http_request *request,
		     struct writ_http_answer *answer)
{
	give_list(broker, request, "grants", list_grants, answer);
}
