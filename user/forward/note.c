/* SPDX-License-Identifier: Apache-2.0 */
/* See note.h. */
#include "forward/note.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "lib/time.h"

/* Names of sinks have no sign that JSON would escape. */
static size_t begin(const char *event, const char *sink, char ret[WRIT_NOTE_SIZE])
{
	char stamp[WRIT_TIME_STAMP_SIZE];
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	writ_time_stamp((int64_t)now.tv_sec * (int64_t)WRIT_NS_PER_SECOND + now.tv_nsec, stamp,
			sizeof(stamp));
	return (size_t)snprintf(
		ret, WRIT_NOTE_SIZE,
		"{\"time\":\"%s\",\"type\":\"forward\",\"event\":\"%s\",\"sink\":\"%s\"", stamp,
		event, sink);
}

size_t writ_note_removed(const char *sink, uint64_t first, uint64_t last, char ret[WRIT_NOTE_SIZE])
{
	size_t len = begin("removed", sink, ret);

	return len + (size_t)snprintf(ret + len, WRIT_NOTE_SIZE - len,
				      ",\"segments\":%" PRIu64 ",\"first\":%" PRIu64
				      ",\"last\":%" PRIu64 "}\n",
				      last - first + 1, first, last);
}

size_t writ_note_left_out(const char *event, const char *sink, uint64_t lines, uint64_t bytes,
			  char ret[WRIT_NOTE_SIZE])
{
	size_t len = begin(event, sink, ret);

	return len + (size_t)snprintf(ret + len, WRIT_NOTE_SIZE - len,
				      ",\"lines\":%" PRIu64 ",\"bytes\":%" PRIu64 "}\n", lines,
				      bytes);
}

size_t writ_note_again(const char *sink, char ret[WRIT_NOTE_SIZE])
{
	size_t len = begin("again", sink, ret);

	return len + (size_t)snprintf(ret + len, WRIT_NOTE_SIZE - len, "}\n");
}

size_t writ_note_damaged(const char *sink, uint64_t segment, char ret[WRIT_NOTE_SIZE])
{
	size_t len = begin("damaged", sink, ret);

	return len + (size_t)snprintf(ret + len, WRIT_NOTE_SIZE - len,
				      ",\"segment\":%" PRIu64 "}\n", segment);
}

size_t writ_note_begun(const char *sink, const uint8_t head[WRIT_CHAIN_SIZE],
		       char ret[WRIT_NOTE_SIZE])
{
	size_t len = begin("begun", sink, ret);

	len += (size_t)snprintf(ret + len, WRIT_NOTE_SIZE - len, ",\"after\":\"");
	for (size_t i = 0; i < WRIT_CHAIN_SIZE; i++)
		len += (size_t)snprintf(ret + len, WRIT_NOTE_SIZE - len, "%02x", head[i]);
	return len + (size_t)snprintf(ret + len, WRIT_NOTE_SIZE - len, "\"}\n");
}
