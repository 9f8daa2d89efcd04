/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A proposal and its plan -> a grant in the kernel. The caller has judged it by the policy in
 * force, in this turn of the loop. What only now can tell is asked here: is a change window open?
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

struct search {
	uint64_t ledger;
	uint64_t found;
};

static void compare(void *context, const struct writ_grant_info *info, enum writ_grant_state state)
{
	struct search *search = context;

	(void)state;
	if (info->ledger == search->ledger)
		search->found = info->id;
}

/* One request is one grant, whatever the broker repeats. */
static int check_once(const struct writ_daemon *daemon, const struct writ_grant_info *info,
		      char error[WRIT_ERROR_SIZE])
{
	struct search search = {.ledger = info->ledger};

	if (!info->ledger)
		return 0;
	writ_grants_each(daemon->kernel, info->agent, compare, &search);
	if (!search.found)
		return 0;
	say(error, "request %llu has its grant already: %llu", (unsigned long long)info->ledger,
	    (unsigned long long)search.found);
	return -EEXIST;
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
	if (err == -EBUSY)
		say(error, "%s has %u live grants already; 'writ revoke' ends one",
		    info->agent_name, WRIT_GRANTS_PER_AGENT);
	else if (err)
		say(error, "the kernel did not take the grant: %s", strerror(-err));
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
	err = check_once(daemon, &info, error);
	if (!err)
		err = writ_ids_reserve_grant(daemon, error);
	if (!err)
		err = publish(daemon, plan, &info, error);
	if (err)
		return err;
	if (info.break_glass)
		writ_warning("break-glass grant %llu: %s for %s, without approvals",
			     (unsigned long long)info.id, info.playbook, info.agent_name);
	writ_stream_grant(daemon->stream, WRIT_GRANT_EVENT_ISSUED, &info, NULL);
	*ret_info = info;
	return 0;
}
