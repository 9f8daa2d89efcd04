/* SPDX-License-Identifier: Apache-2.0 */
/* See decode.h. Lengths are compared as 64-bit sums, so that none can wrap. */
#include "audit/decode.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

int writ_decode_event(const void *bytes, size_t len, struct writ_record *ret)
{
	struct writ_event event;
	uint64_t tail;

	if (len < sizeof(event))
		return -EBADMSG;
	memcpy(&event, bytes, sizeof(event));
	tail = (uint64_t)event.object_len + event.argv_len;
	if (event.version != WRIT_EVENT_VERSION || !event.type)
		return -EBADMSG;
	if (event.len < sizeof(event) || event.len > len || tail > event.len - sizeof(event))
		return -EBADMSG;
	if (event.object_len >= WRIT_PATH_SIZE || event.argv_len > WRIT_ARGV_SIZE)
		return -EBADMSG;
	*ret = (struct writ_record){
		.event = event,
		.object = (const char *)bytes + sizeof(event),
		.object_len = event.object_len,
		.argv = (const char *)bytes + sizeof(event) + event.object_len,
		.argv_len = event.argv_len,
	};
	return 0;
}
