/* SPDX-License-Identifier: Apache-2.0 */
/* See denials.h. Objects are kept at their length: most are short, few agents are denied much. */
#include "daemon/denials.h"

#include <stdlib.h>
#include <string.h>

#include "audit/line.h"
#include "lib/cleanup.h"

struct denial {
	struct writ_event event;
	char *object;
};

struct denied {
	uint32_t count; /* so far: the next one goes to count % WRIT_DENIALS_KEPT */
	struct denial kept[WRIT_DENIALS_KEPT];
};

struct writ_denials {
	struct denied *agents[WRIT_AGENTS_MAX];
};

struct writ_denials *writ_denials_new(void)
{
	return calloc(1, sizeof(struct writ_denials));
}

void writ_denials_free(struct writ_denials *denials)
{
	for (uint32_t i = 0; denials && i < WRIT_AGENTS_MAX; i++) {
		for (uint32_t k = 0; denials->agents[i] && k < WRIT_DENIALS_KEPT; k++)
			free(denials->agents[i]->kept[k].object);
		free(denials->agents[i]);
	}
	free(denials);
}

/* Before all else is decoded: most records are of what was allowed. */
static bool is_denial(const void *bytes, size_t len)
{
	const struct writ_event *event = bytes;
	uint8_t verdict = 0;

	if (len >= sizeof(*event))
		memcpy(&verdict, &event->verdict, sizeof(verdict));
	return verdict == WRIT_VERDICT_DENY || verdict == WRIT_VERDICT_WOULD_DENY;
}

void writ_denials_note(struct writ_denials *denials, const void *bytes, size_t len)
{
	char object[sizeof(((struct writ_denial_row *)0)->object)];
	struct writ_record record;
	_cleanup_free_ char *copy = NULL;
	struct denied **slot;
	struct denial *kept;

	if (!denials || !is_denial(bytes, len) || writ_decode_event(bytes, len, &record) ||
	    record.event.type != WRIT_EVENT_DECISION || record.event.agent >= WRIT_AGENTS_MAX ||
	    record.event.agent <= WRIT_AGENT_CANARY)
		return;
	slot = &denials->agents[record.event.agent];
	(void)writ_line_object(&record, object, sizeof(object));
	copy = strdup(object);
	if (!*slot)
		*slot = calloc(1, sizeof(**slot));
	if (!*slot || !copy)
		return;
	kept = &(*slot)->kept[(*slot)->count++ % WRIT_DENIALS_KEPT];
	free(kept->object);
	*kept = (struct denial){.event = record.event, .object = take_ptr(copy)};
}

static void fill(const struct denial *denial, struct writ_denial_row *row)
{
	const struct writ_event *event = &denial->event;

	*row = (struct writ_denial_row){
		.time_ns = event->boot_ns,
		.grant = event->grant,
		.cpu = event->cpu,
		.pid = event->pid,
		.sequence = event->sequence,
		.operation = event->operation,
		.reason = event->reason,
		.access = event->access,
	};
	memcpy(row->comm, event->comm, sizeof(row->comm));
	row->comm[sizeof(row->comm) - 1] = '\0';
	memcpy(row->object, denial->object, strlen(denial->object)); /* made no longer than this */
}

int writ_denials_each(const struct writ_denials *denials, uint32_t agent,
		      writ_denials_visitor *visitor, void *context)
{
	const struct denied *denied =
		denials && agent < WRIT_AGENTS_MAX ? denials->agents[agent] : NULL;
	uint32_t first;
	int err = 0;

	if (!denied)
		return 0;
	first = denied->count > WRIT_DENIALS_KEPT ? denied->count - WRIT_DENIALS_KEPT : 0;
	for (uint32_t i = first; i < denied->count && !err; i++) {
		struct writ_denial_row row;

		fill(&denied->kept[i % WRIT_DENIALS_KEPT], &row);
		err = visitor(context, &row);
	}
	return err;
}
