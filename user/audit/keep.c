/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the log is kept, as the policy's Node says: sizes and intervals, packing, and what goes for
 * age or room. None of it holds up a record.
 */
#include <stdio.h>
#include <string.h>

#include "audit/process.h"
#include "compile/node.h"
#include "lib/log.h"
#include "lib/time.h"

#define PRUNE_NS (60 * WRIT_NS_PER_SECOND)

static const struct writ_policy_audit *policy_of(const struct writ_audit_process *audit)
{
	return &writ_node_of(audit->policy)->audit;
}

int writ_keep_settings(struct writ_audit_process *audit, struct writ_trail_settings *ret)
{
	static const enum writ_trail_sync syncs[] = {
		[WRIT_SYNC_NONE] = WRIT_TRAIL_SYNC_NONE,
		[WRIT_SYNC_INTERVAL] = WRIT_TRAIL_SYNC_INTERVAL,
		[WRIT_SYNC_EVERY] = WRIT_TRAIL_SYNC_EVERY,
	};
	const struct writ_policy_audit *policy = policy_of(audit);
	int err = writ_segment_key_path(audit->log, audit->keeping.key);

	if (err)
		return err;
	*ret = (struct writ_trail_settings){
		.log = audit->log,
		.key = audit->keeping.key,
		.sync = syncs[policy->sync],
		.sync_ns = policy->sync_ns,
		.checkpoint_ns = policy->checkpoint_ns,
		.rotate_bytes = policy->rotate_bytes,
		.rotate_ns = policy->rotate_ns,
		.spill = audit->spill,
		.spill_bytes = policy->on_error == WRIT_ON_ERROR_SPILL ? policy->spill_bytes : 0,
	};
	return 0;
}

int writ_keep_open(struct writ_audit_process *audit)
{
	return writ_packer_start(audit->log, policy_of(audit)->compress, &audit->keeping.packer);
}

void writ_keep_close(struct writ_audit_process *audit)
{
	writ_packer_stop(audit->keeping.packer);
	audit->keeping.packer = NULL;
}

void writ_keep_changed(struct writ_audit_process *audit)
{
	struct writ_trail_settings settings;

	if (!writ_keep_settings(audit, &settings))
		writ_trail_configure(writ_stream_trail(audit->stream), &settings);
	writ_packer_wake(audit->keeping.packer, policy_of(audit)->compress);
}

/* The line that says it must be in the log before the files are gone. */
static void prune(struct writ_audit_process *audit)
{
	const struct writ_policy_audit *policy = policy_of(audit);
	struct writ_trail *trail = writ_stream_trail(audit->stream);
	uint64_t last = 0;
	int err;

	if (!writ_prune_find(audit->log, policy->keep_ns, policy->keep_bytes, &last))
		return;
	err = writ_trail_put_removed(trail, last);
	if (!err)
		err = writ_stream_commit(audit->stream);
	if (!err)
		err = writ_prune(audit->log, last);
	if (err)
		(void)writ_log_errno(err, "audit log %s: remove segments up to %llu", audit->log,
				     (unsigned long long)last);
}

static void tell_trouble(struct writ_audit_process *audit, int trouble)
{
	struct writ_keeping *keeping = &audit->keeping;
	char detail[128];

	if (!trouble == !keeping->trouble)
		return;
	keeping->trouble = trouble;
	if (trouble) {
		(void)snprintf(detail, sizeof(detail), "%s", strerror(-trouble));
		writ_stream_log(audit->stream, WRIT_LOG_UNSIGNED, detail);
		(void)writ_log_errno(trouble, "audit log %s: lines go on, but can't be signed",
				     audit->log);
	} else {
		writ_stream_log(audit->stream, WRIT_LOG_SIGNED, NULL);
		writ_info("audit log %s: lines are signed again", audit->log);
	}
}

/* One that an earlier writer began is told as well, when the log has it. */
static void tell_spilling(struct writ_audit_process *audit, const struct writ_trail_at *at)
{
	struct writ_keeping *keeping = &audit->keeping;
	char detail[128];

	if (at->spilling && !keeping->spilling) {
		(void)snprintf(detail, sizeof(detail), "%s", strerror(-at->spilling));
		writ_stream_log(audit->stream, WRIT_LOG_SPILLING, detail);
		(void)writ_log_errno(at->spilling, "audit log %s: lines go to %s", audit->log,
				     audit->spill);
	}
	if (at->returned != keeping->returned) {
		writ_stream_log(audit->stream, WRIT_LOG_SPILL_RETURNED, NULL);
		writ_info("audit log %s has the lines of %s", audit->log, audit->spill);
	}
	keeping->spilling = at->spilling;
	keeping->returned = at->returned;
}

static void tell_pack_error(struct writ_audit_process *audit)
{
	struct writ_keeping *keeping = &audit->keeping;
	uint64_t segment = 0;
	int err = writ_packer_error(keeping->packer, &segment);
	char detail[160];

	if (!err == !keeping->pack_error)
		return;
	keeping->pack_error = err;
	if (!err)
		return;
	(void)snprintf(detail, sizeof(detail), "segment %llu: %s; it stays as it is",
		       (unsigned long long)segment, strerror(-err));
	writ_stream_log(audit->stream, WRIT_LOG_NOT_PACKED, detail);
	(void)writ_log_errno(err, "audit log %s: segment %llu can't be packed", audit->log,
			     (unsigned long long)segment);
}

void writ_keep_tick(struct writ_audit_process *audit)
{
	struct writ_keeping *keeping = &audit->keeping;
	uint64_t now = writ_time_boot();
	struct writ_trail_at at;

	writ_trail_where(writ_stream_trail(audit->stream), &at);
	tell_trouble(audit, at.trouble);
	tell_spilling(audit, &at);
	audit->page->spilled = at.spilled;
	if (!at.busy) { /* between two segments they do not belong together */
		audit->page->segment = at.segment;
		audit->page->checkpoint = at.checkpoint;
	}
	tell_pack_error(audit);
	if (at.segment != keeping->segment) {
		keeping->segment = at.segment;
		writ_packer_wake(keeping->packer, policy_of(audit)->compress);
	}
	if (now - keeping->pruned_ns < PRUNE_NS)
		return;
	keeping->pruned_ns = now;
	prune(audit);
}
