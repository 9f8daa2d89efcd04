/* SPDX-License-Identifier: Apache-2.0 */
/* See inbox.h. Whatever was said, who waits for an answer is asked again whether it is there. */
#include "broker/inbox.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "broker/broker.h"
#include "broker/gather.h"
#include "broker/issue.h"
#include "broker/settle.h"
#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/time.h"

#define GROUP_MAX 64u /* notices: the others wait for it meanwhile */

static void log_diagnostics(const struct writ_diagnostics *diags)
{
	char line[1024];

	for (size_t i = 0; i < writ_diagnostics_lines(diags); i++) {
		(void)writ_diagnostics_format(diags, i, line, sizeof(line));
		writ_error("policy: %s", line);
	}
}

/*
 * The sandbox can't be widened: a policy with another validator, with its metrics in another
 * directory, or one to which a link leads that led elsewhere, needs another process, which writd
 * starts.
 */
static bool fits_sandbox(const struct writ_broker *broker)
{
	const char *validator = writ_inbox_validator(broker->policy);
	_cleanup_close_ int fd =
		broker->policy ? -1 : open(broker->policy_path, O_RDONLY | O_CLOEXEC);

	if (!broker->policy)
		return fd >= 0 || errno != EACCES;
	if (!writ_textfile_fits(broker))
		return false;
	return !validator || (broker->validator && !strcmp(validator, broker->validator));
}

const char *writ_inbox_validator(const struct writ_policy *policy)
{
	return policy && policy->node && policy->node->n_validator ? policy->node->validator[0]
								   : NULL;
}

void writ_inbox_policy(struct writ_broker *broker)
{
	struct writ_diagnostics diags = {0};
	struct writ_policy *policy = NULL;
	int err = writ_policy_load(&broker->policy_path, 1, &diags, &policy);

	if (err) {
		writ_diagnostics_sort(&diags);
		log_diagnostics(&diags);
		writ_error("policy %s is refused: no request is granted until it is mended, and "
			   "applied by 'writ policy apply'",
			   broker->policy_path);
	}
	writ_diagnostics_free(&diags);
	writ_policy_free(broker->policy);
	broker->policy = policy;
}

static void read_policy_again(struct writ_broker *broker)
{
	(void)writ_gather_finish(broker);
	writ_inbox_policy(broker);
	writ_http_attest_again(broker->http);
	if (fits_sandbox(broker))
		return;
	writ_info("the policy has another validator, textfile or place: a new broker is needed");
	broker->stopping = true;
}

/* -ENOENT: something else was in the broker's place, or the ledger is another one. */
static int grant_ended(struct writ_broker *broker, const struct writ_notice_row *notice)
{
	int err = writ_ledger_end(broker->ledger, notice->grant, (enum writ_end)notice->end,
				  notice->by, notice->cut_files, notice->cut_sockets,
				  (int64_t)notice->time_ns + writ_time_offset());

	if (err == -EALREADY || err == -ENOENT)
		return 0;
	return err ? writ_log_errno(err, "the end of grant %llu: %s",
				    (unsigned long long)notice->grant,
				    writ_ledger_error(broker->ledger))
		   : 0;
}

static int grant_cut(struct writ_broker *broker, const struct writ_notice_row *notice)
{
	int err = writ_ledger_cut(broker->ledger, notice->grant, notice->cut_files,
				  notice->cut_sockets);

	return err ? writ_log_errno(err, "what the end of grant %llu cut: %s",
				    (unsigned long long)notice->grant,
				    writ_ledger_error(broker->ledger))
		   : 0;
}

/* They are only written down, so those that have come together share a transaction. */
#define ENDS (1u << WRIT_NOTICE_GRANT | 1u << WRIT_NOTICE_CUT)

static bool is_grouped(const struct writ_notice_row *notice)
{
	return ENDS & 1u << notice->notice;
}

static int end_group(struct writ_broker *broker)
{
	int err = writ_ledger_group_end(broker->ledger);

	return err ? writ_log_errno(err, "ends of grants: %s", writ_ledger_error(broker->ledger))
		   : 0;
}

static int take(struct writ_broker *broker, const struct writ_notice_row *notice)
{
	switch (notice->notice) {
	case WRIT_NOTICE_GRANT:
		return grant_ended(broker, notice);
	case WRIT_NOTICE_CUT:
		return grant_cut(broker, notice);
	case WRIT_NOTICE_PROPOSAL:
		return writ_issue_decided(broker, &notice->proposal);
	case WRIT_NOTICE_POLICY:
		read_policy_again(broker);
		return 0;
	case WRIT_NOTICE_SWITCH:
		writ_http_attest_again(broker->http);
		/* an operator has looked: its denials in a row begin anew */
		return *notice->proposal.agent
			       ? writ_ledger_forgive(broker->ledger, notice->proposal.agent,
						     writ_broker_now())
			       : 0;
	case WRIT_NOTICE_RESYNC:
		read_policy_again(broker);
		return -EAGAIN; /* all of it */
	}
	return 0;
}

/* Where no group can be begun each step is its own transaction, and says what is wrong. */
static int take_in_group(struct writ_broker *broker, const struct writ_notice_row *notice,
			 unsigned int n)
{
	int err = is_grouped(notice) && n % GROUP_MAX ? 0 : end_group(broker), taken;

	if (is_grouped(notice))
		(void)writ_ledger_group(broker->ledger);
	taken = take(broker, notice);
	return err ? err : taken;
}

/* An error of the channel is there for writ_inbox_take(), too. */
void writ_inbox_ends(struct writ_broker *broker)
{
	struct writ_notice_row notice;
	unsigned int n = 0;

	while (n < GROUP_MAX && !writ_core_notice(broker->core, ENDS, &notice)) {
		if (take(broker, &notice))
			broker->unsettled = writ_time_boot();
		n++;
	}
	if (n)
		writ_http_wake(broker->http);
}

int writ_inbox_take(struct writ_broker *broker)
{
	struct writ_notice_row notice;
	unsigned int n = 0;
	int err;

	while (!(err = writ_core_notice(broker->core, WRIT_CORE_NOTICES_ALL, &notice)))
		if (take_in_group(broker, &notice, n++))
			broker->unsettled = writ_time_boot();
	if (end_group(broker))
		broker->unsettled = writ_time_boot();
	if (n)
		writ_http_wake(broker->http);
	return err == -EAGAIN ? 0 : err;
}

int writ_inbox_retry(struct writ_broker *broker)
{
	uint64_t now = writ_time_boot();

	if (!broker->unsettled || now < broker->unsettled)
		return 0;
	(void)writ_gather_finish(broker);
	broker->unsettled = 0; /* unless settling says so again */
	if (writ_settle_all(broker))
		broker->unsettled = now + WRIT_NS_PER_SECOND;
	else
		writ_http_wake(broker->http);
	return 0;
}
