/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What metrics say of the log and of the lines in it, in memory that the core shares and that
 * outlives this process: so all is added to what is there. People look at it; nothing waits for it.
 */
#include "audit/process.h"
#include "lib/time.h"
#include "trail/segment.h"

#define COUNT_NS (60 * WRIT_NS_PER_SECOND) /* between looks at the files: age takes some, too */

static void set(__u64 *figure, uint64_t value)
{
	__atomic_store_n(figure, value, __ATOMIC_RELAXED);
}

void writ_figures_drained(struct writ_audit_process *audit, int err)
{
	struct writ_audit_figures *figures = &audit->page->figures;

	writ_counts_publish(writ_stream_counts(audit->stream), figures);
	if (err)
		set(&figures->write_errors, figures->write_errors + 1);
}

/* One that can't be listed leaves the figures of the look before. */
static void count_files(struct writ_audit_process *audit)
{
	struct writ_segment *segments = NULL;
	uint64_t bytes = 0;
	size_t n = 0;

	if (writ_segments_list(audit->log, &segments, &n))
		return;
	for (size_t i = 0; i < n; i++)
		bytes += segments[i].number == WRIT_SEGMENT_OPEN ? 0 : segments[i].size;
	writ_segments_free(segments, n);
	audit->figures.closed = bytes;
	set(&audit->page->figures.log_segments, n);
}

void writ_figures_tick(struct writ_audit_process *audit)
{
	struct writ_audit_figures *page = &audit->page->figures;
	struct writ_figures *own = &audit->figures;
	uint64_t now = writ_time_boot();
	struct writ_trail_at at;

	writ_trail_where(writ_stream_trail(audit->stream), &at);
	if (!own->counted_ns || now - own->counted_ns >= COUNT_NS || at.segment != own->segment) {
		own->counted_ns = now;
		own->segment = at.segment;
		count_files(audit);
	}
	set(&page->log_written, page->log_written + at.written - own->written);
	own->written = at.written;
	set(&page->checkpoints, page->checkpoints + at.checkpoints - own->checkpoints);
	own->checkpoints = at.checkpoints;
	if (at.checkpoint_ns) /* else that of the process before this one */
		set(&page->checkpoint_ns, at.checkpoint_ns);
	set(&page->segment, at.segment);
	set(&page->log_bytes, own->closed + at.bytes);
	set(&page->unsigned_lines, at.behind);
	set(&page->waiting_bytes, at.waiting);
}
