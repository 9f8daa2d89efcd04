// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the core did -> a record in the ring, beside the hooks' and numbered with them. The core
 * runs this program when something has happened (user/kernel/note.c); it is attached to nothing.
 *
 * note		room is taken first and a number only then: a note that finds the ring full has
 *		left no trace and is no loss, for the core tries it again. 0, -ENOBUFS, or -EINVAL
 *		for what is no note.
 *
 * Who may run it: who has its descriptor. It is one of Writ's own programs (protect.bpf.c), and
 * bpf(2) is refused to agents (bpfcall.bpf.c).
 */
#include "event.bpf.h"
#include "writ/note.h"

#define NOTE_HEADER ((__u32)sizeof(struct writ_event))

/* The reader looks by itself every 50 ms; it is woken as the hooks do when much waits. */
static __always_inline __u64 note_wakeup(void)
{
	return bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) >= EVENT_WAKE_BYTES
		       ? BPF_RB_FORCE_WAKEUP
		       : BPF_RB_NO_WAKEUP;
}

/* @size: of the payload; a constant, for so much of the ring is reserved. */
static __always_inline int note_send(const struct writ_note *note, struct writ_counters *counts,
				     __u32 size)
{
	struct writ_event *event = bpf_ringbuf_reserve(&events, NOTE_HEADER + size, 0);

	if (!event)
		return -ENOBUFS;
	if (bpf_probe_read_kernel(event, NOTE_HEADER + size, note)) {
		bpf_ringbuf_discard(event, BPF_RB_NO_WAKEUP);
		return -EINVAL;
	}
	event->version = WRIT_EVENT_VERSION;
	event->len = NOTE_HEADER + size;
	event->object_len = size;
	event->argv_len = 0;
	event->cpu = bpf_get_smp_processor_id();
	event->lost = counts->lost;
	event->sequence = __sync_fetch_and_add(&counts->sequence, 1) + 1;
	bpf_ringbuf_submit(event, note_wakeup());
	return 0;
}

SEC("syscall")
int note(const struct writ_note *note)
{
	struct writ_counters *counts = writ_counters();

	if (!counts || note->end != WRIT_NOTE_END)
		return -EINVAL;
	switch (note->event.type) {
	case WRIT_EVENT_GRANT:
		return note_send(note, counts, sizeof(struct writ_note_grant));
	case WRIT_EVENT_PROPOSAL:
		return note_send(note, counts, sizeof(struct writ_note_proposal));
	case WRIT_EVENT_DAEMON:
		return note_send(note, counts, sizeof(struct writ_note_daemon));
	case WRIT_EVENT_REQUEST:
		return note_send(note, counts, sizeof(struct writ_note_request));
	}
	return -EINVAL;
}
