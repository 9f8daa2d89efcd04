/* SPDX-License-Identifier: Apache-2.0 */
/* See requests.h. A minute begins with its first line, a second likewise. */
#include "daemon/requests.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/daemon.h"
#include "kernel/agents.h"
#include "lib/log.h"
#include "lib/time.h"

#define MINUTE_NS (60 * WRIT_NS_PER_SECOND)

struct asker {
	uint64_t began; /* boot ns of its minute */
	uint32_t lines; /* in it */
	uint32_t untold;
};

struct writ_requests {
	uint64_t second; /* boot ns at which it began */
	uint32_t in_second;
	uint32_t n_untold; /* askers that have some */
	bool warned;
	struct asker askers[WRIT_AGENTS_MAX]; /* by index */
};

struct writ_requests *writ_requests_new(void)
{
	return calloc(1, sizeof(struct writ_requests)); /* touched where an agent is refused */
}

void writ_requests_free(struct writ_requests *requests)
{
	free(requests);
}

/* Is there room for a line of anybody's? */
static bool has_second(struct writ_requests *requests, uint64_t now)
{
	if (now - requests->second >= WRIT_NS_PER_SECOND) {
		requests->second = now;
		requests->in_second = 0;
	}
	return requests->in_second < WRIT_REQUESTS_PER_SECOND;
}

static bool has_minute(struct asker *asker, uint64_t now)
{
	if (now - asker->began >= MINUTE_NS) {
		asker->began = now;
		asker->lines = 0;
	}
	return asker->lines < WRIT_REQUESTS_PER_MINUTE;
}

static void count(struct writ_requests *requests, struct asker *asker)
{
	requests->n_untold += !asker->untold;
	asker->untold += asker->untold < UINT32_MAX;
	if (!requests->warned)
		writ_warning("more requests are refused than are put on record one by one: the "
			     "others are counted there, see writ-audit(5)");
	requests->warned = true;
}

int writ_requests_note(struct writ_daemon *daemon, uint32_t agent,
		       const struct writ_note_request *request, uint64_t now)
{
	struct writ_requests *requests = daemon->requests;
	struct asker *asker;

	if (!requests)
		return -ENOMEM;
	asker = &requests->askers[agent < WRIT_AGENTS_MAX ? agent : 0];
	if (!has_minute(asker, now) || !has_second(requests, now)) {
		count(requests, asker);
		return 0;
	}
	asker->lines++;
	requests->in_second++;
	writ_notes_request(daemon,
			   request->refusal ? WRIT_REQUEST_EVENT_REFUSED
					    : WRIT_REQUEST_EVENT_WITHDRAWN,
			   agent, request);
	return 0;
}

int writ_requests_decided(struct writ_daemon *daemon, const struct writ_proposal *proposal,
			  enum writ_refusal refusal)
{
	const struct writ_proposal_row *row = &proposal->row;
	struct writ_note_request note = {
		.ledger = row->ledger,
		.proposal = row->proposal,
		.ttl_ns = proposal->request.ttl_ns,
		.uid = row->uid,
		.refusal = refusal,
		.context = proposal->request.context,
	};

	(void)snprintf(note.agent, sizeof(note.agent), "%s", row->agent);
	(void)snprintf(note.role, sizeof(note.role), "%s", row->role);
	(void)snprintf(note.playbook, sizeof(note.playbook), "%s", row->playbook);
	(void)snprintf(note.ticket, sizeof(note.ticket), "%s", row->ticket);
	(void)snprintf(note.sponsor, sizeof(note.sponsor), "%s", row->sponsor);
	(void)snprintf(note.requester, sizeof(note.requester), "%s", row->requester);
	(void)snprintf(note.reason, sizeof(note.reason), "%s", row->reason);
	return writ_requests_note(daemon, writ_agents_find(daemon->kernel, row->agent), &note,
				  writ_time_boot());
}

/* An index stays its name's, so the count is of who was refused. */
static void tell(struct writ_daemon *daemon, uint32_t agent, struct asker *asker)
{
	const struct writ_agent *entry = &daemon->kernel->agents[agent];
	struct writ_note_request note = {.times = asker->untold};

	if (agent) {
		(void)snprintf(note.agent, sizeof(note.agent), "%s", entry->name);
		(void)snprintf(note.role, sizeof(note.role), "%s", entry->role_name);
	}
	writ_notes_request(daemon, WRIT_REQUEST_EVENT_COUNTED, agent, &note);
	asker->untold = 0;
	daemon->requests->n_untold--;
}

void writ_requests_tell(struct writ_daemon *daemon, uint64_t now)
{
	struct writ_requests *requests = daemon->requests;

	for (uint32_t i = 0; requests && requests->n_untold && i < WRIT_AGENTS_MAX; i++) {
		struct asker *asker = &requests->askers[i];

		if (!asker->untold || now - asker->began < MINUTE_NS)
			continue;
		if (now != UINT64_MAX && !has_second(requests, now))
			return; /* the others in the next second */
		requests->in_second++;
		tell(daemon, i, asker);
	}
	if (requests && !requests->n_untold)
		requests->warned = false;
}
