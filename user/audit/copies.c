/* SPDX-License-Identifier: Apache-2.0 */
/* See copies.h. A ring of its own: slot i % WRIT_COPIES_MAX, from `sent` up to `taken`. */
#include "audit/copies.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "audit/decode.h"
#include "writ/audit.h"
#include "writ/maps.h"

struct copy {
	struct writ_event event;
	char object[WRIT_AUDIT_OBJECT_SIZE];
};
_Static_assert(offsetof(struct copy, object) == sizeof(struct writ_event), "one record");

struct writ_copies {
	uint64_t taken, sent;
	struct copy slots[WRIT_COPIES_MAX];
};

struct writ_copies *writ_copies_new(void)
{
	return calloc(1, sizeof(struct writ_copies));
}

void writ_copies_free(struct writ_copies *copies)
{
	free(copies);
}

/* Before all else is decoded: most records are of what was allowed. */
static bool is_wanted(const void *bytes, size_t len)
{
	const struct writ_event *event = bytes;
	uint8_t verdict;
	uint16_t type;

	if (len < sizeof(*event))
		return false;
	memcpy(&type, &event->type, sizeof(type));
	memcpy(&verdict, &event->verdict, sizeof(verdict));
	return type == WRIT_EVENT_ENROL ||
	       (type == WRIT_EVENT_DECISION &&
		(verdict == WRIT_VERDICT_DENY || verdict == WRIT_VERDICT_WOULD_DENY));
}

void writ_copies_take(struct writ_copies *copies, const void *bytes, size_t len)
{
	struct writ_record record;
	struct copy *copy;

	if (!is_wanted(bytes, len) || writ_decode_event(bytes, len, &record) ||
	    record.event.agent <= WRIT_AGENT_CANARY)
		return;
	copy = &copies->slots[copies->taken++ % WRIT_COPIES_MAX];
	copy->event = record.event;
	if (record.object_len > sizeof(copy->object)) {
		copy->event.object_len = sizeof(copy->object);
		copy->event.flags |= WRIT_EVENT_OBJECT_CUT;
	}
	copy->event.argv_len = 0;
	copy->event.len = (uint32_t)sizeof(copy->event) + copy->event.object_len;
	memcpy(copy->object, record.object, copy->event.object_len);
}

void writ_copies_send(struct writ_copies *copies, int channel)
{
	if (copies->taken - copies->sent > WRIT_COPIES_MAX)
		copies->sent = copies->taken - WRIT_COPIES_MAX;
	while (copies->sent < copies->taken) {
		const struct copy *copy = &copies->slots[copies->sent % WRIT_COPIES_MAX];

		if (send(channel, copy, copy->event.len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
			return;
		copies->sent++;
	}
}
