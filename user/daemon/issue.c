/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A proposal and its plan -> a grant in the kernel. The caller has judged it by the policy in
 * force, in this turn of the loop. What only now can tell is asked here: is a change window open,
 * and are there not so many already?
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "compile/image_check.h"
#include "daemon/daemon.h"
#include "daemon/ids.h"
#include "kernel/grants.h"
#include "lib/log.h"
#include "lib/time.h"
#include "window/window.h"

#define say(error, ...) ((void)snprintf(error, WRIT_ERROR_SIZE, __VA_ARGS__))

static void fill_names(const struct writ_proposal *proposal, const struct writ_grant_plan *plan,
		       struct writ_grant_info *info)
{
	const struct writ_request *request = &proposal->request;
	const struct writ_proposal_row *row = &proposal->row;

	(void)snprintf(info->agent_name, WRIT_NAME_SIZE, "%s", plan->agent->name);
	(void)snprintf(info->role_name, WRIT_NAME_SIZE, "%s", plan->role->name);
	(void)snprintf(info->playbook, WRIT_NAME_SIZE, "%s", plan->playbook->name);
	(void)snprintf(info->ticket, WRIT_TICKET_SIZE, "%s", request->ticket);
	(void)snprintf(info->operator_name, WRIT_NAME_SIZE, "%s", row->requester);
	(void)snprintf(info->sponsor, WRIT_NAME_SIZE, "%s", request->sponsor);
	(void)snprintf(info->approvers, sizeof(info->approvers), "%s", row->approvers);
	(void)snprintf(info->parameters, sizeof(info->parameters), "%s", plan->parameters);
	info->context = request->context;
}

/* Its time begins now, however long it has waited. */
static void fill(const struct writ_daemon *daemon, const struct writ_proposal *proposal,
		 const struct writ_grant_plan *plan, struct writ_grant_info *info)
{
	uint64_t now = writ_time_boot();

	info->issued = now;
	info->not_before = now + plan->delay_ns;
	info->expires = info->not_before + plan->ttl_ns;
	info->agent = daemon->agent_index[plan->agent - daemon->policy->agents];
	info->uid = proposal->row.uid;
	info->ledger = proposal->request.ledger;
	info->uses_max = plan->playbook->max_uses;
	info->scope = (uint8_t)plan->playbook->scope;
	info->on_end = (uint8_t)plan->playbook->on_end;
	info->break_glass = plan->playbook->break_glass;
	fill_names(proposal, plan, info);
}

/* However late it was approved, and whatever the broker says of the time. */
static int check_window(struct writ_grant_plan *plan, char error[WRIT_ERROR_SIZE])
{
	const struct writ_policy_playbook *playbook = plan->playbook;
	int64_t begins = (int64_t)(writ_time_boot() + plan->delay_ns) + writ_time_offset();
	struct writ_window_answer window;

	writ_window_ask(playbook->windows, playbook->n_windows, begins, &window);
	if (!window.open) {
		writ_window_say(playbook, &window, error, WRIT_ERROR_SIZE);
		return -ETIME;
	}
	if (writ_window_clip(&window, begins, &plan->ttl_ns))
		plan->clip = WRIT_CLIP_WINDOW;
	return 0;
}

static int publish(struct writ_daemon *daemon, const struct writ_grant_plan *plan,
		   struct writ_grant_info *info, char error[WRIT_ERROR_SIZE])
{
	const char *why = "";
	int err = writ_image_check(plan->image.bytes, plan->image.size, &why);

	if (err) {
		say(error, "the grant's rules do not make a sound image: %s", why);
		return err;
	}
	err = writ_grants_issue(daemon->kernel, plan->image.bytes, plan->image.size, info);
	if (err == -EBUSY) { /* some may have run out in this second */
		writ_ends_age(daemon);
		err = writ_grants_issue(daemon->kernel, plan->image.bytes, plan->image.size, info);
	}
	if (err == -EBUSY)
		say(error, "%s has %u live grants already; 'writ revoke' ends one",
		    info->agent_name, WRIT_GRANTS_PER_AGENT);
	else if (err)
		say(error, "the kernel did not take the grant: %s", strerror(-err));
	return err;
}

/* What is not counted would be over the limits unseen: it does not stay. */
static int count(struct writ_daemon *daemon, const struct writ_grant_plan *plan,
		 const struct writ_grant_info *info, char error[WRIT_ERROR_SIZE])
{
	int err = writ_limits_issued(&daemon->limits, plan->playbook, info);
	struct writ_grant_info ended;

	if (!err)
		return 0;
	say(error, "the grant can't be counted: %s", strerror(-err));
	(void)writ_grants_revoke(daemon->kernel, info->id, &ended);
	writ_limits_ended(&daemon->limits, info, info->issued);
	return err;
}

int writ_issue(struct writ_daemon *daemon, const struct writ_proposal *proposal,
	       struct writ_grant_plan *plan, struct writ_grant_info *ret_info,
	       char error[WRIT_ERROR_SIZE])
{
	struct writ_grant_info info = {0};
	int err = check_window(plan, error);

	if (err)
		return err;
	fill(daemon, proposal, plan, &info);
	err = writ_limits_check(&daemon->limits, plan->playbook, info.agent_name, info.issued,
				error);
	if (!err)
		err = writ_ids_reserve_grant(daemon, error);
	if (!err)
		err = publish(daemon, plan, &info, error);
	if (!err)
		err = count(daemon, plan, &info, error);
	if (err)
		return err;
	if (info.break_glass)
		writ_warning("break-glass grant %llu: %s for %s, without approvals",
			     (unsigned long long)info.id, info.playbook, info.agent_name);
	writ_ends_issued(daemon, &info, proposal->request.reason);
	*ret_info = info;
	return 0;
}
