/* SPDX-License-Identifier: Apache-2.0 */
/* Answers about grants that are in force: the list, and their ends. */
#include <errno.h>
#include <string.h>

#include "daemon/answer.h"
#include "kernel/agents.h"
#include "kernel/grants.h"
#include "lib/time.h"

#define PART 64u /* agents with grants in one part of a long answer */

struct listing {
	const struct writ_request *request;
	struct writ_client *client;
	uint32_t rows;
	int err;
};

static void visit_grant(void *context, const struct writ_grant_info *info,
			enum writ_grant_state state)
{
	struct writ_reply reply = {.version = WRIT_CONTROL_VERSION, .type = WRIT_REPLY_GRANT};
	struct listing *listing = context;

	if (listing->err ||
	    (state > WRIT_GRANT_STATE_ACTIVE && !(listing->request->flags & WRIT_GRANTS_ENDED)))
		return;
	reply.grant.info = *info;
	reply.grant.state = state;
	reply.grant.now_ns = writ_time_boot();
	listing->rows++;
	listing->err = writ_serve_reply(listing->client, &reply);
}

int writ_answer_more(struct writ_daemon *daemon, const struct writ_request *request,
		     struct writ_client *client, uint32_t *cursor)
{
	struct listing listing = {.request = request, .client = client};
	uint32_t end = writ_agents_end(daemon->kernel);

	while (++*cursor < end && !listing.err && listing.rows < PART)
		writ_grants_each(daemon->kernel, *cursor, visit_grant, &listing);
	--*cursor;
	if (listing.err)
		return listing.err;
	return *cursor + 1 < end ? -EINPROGRESS : 0;
}

/* One by its number, also when its slot has been another's since: its names are kept longer. */
static int answer_one(struct question *q)
{
	enum writ_grant_state state = WRIT_GRANT_STATE_REVOKED;
	struct writ_grant_info info;
	uint32_t uses;

	if (writ_grants_info(q->daemon->kernel, q->request->grant, &info)) {
		say(q, "no grant %llu is known any more; 'writ grants --history' has it",
		    (unsigned long long)q->request->grant);
		return -ENOENT;
	}
	if (writ_grants_state(q->daemon->kernel, &info, &state, &uses) &&
	    writ_time_boot() >= info.expires)
		state = WRIT_GRANT_STATE_EXPIRED; /* unless info.end says otherwise */
	return writ_answer_row(q, &info, state, WRIT_CLIP_NONE);
}

int writ_answer_grants(struct question *q)
{
	struct listing listing = {.request = q->request, .client = q->client};
	uint32_t agent;

	if (q->request->grant)
		return answer_one(q);
	if (!q->request->agent[0])
		return -EINPROGRESS; /* of all agents: in parts, as the client takes them */
	agent = writ_answer_agent(q);
	if (!agent)
		return -ENOENT;
	writ_grants_each(q->daemon->kernel, agent, visit_grant, &listing);
	return listing.err;
}

static int revoke_one(struct question *q, uint64_t id)
{
	struct writ_grant_info info;
	char who[WRIT_NAME_SIZE];
	int err;

	writ_answer_who(q, who);
	err = writ_ends_end(q->daemon, id, WRIT_END_REVOKED, who, &info);
	if (err) {
		say(q, "no live grant %llu; 'writ grants --all' lists those that have ended",
		    (unsigned long long)id);
		return err;
	}
	err = writ_answer_row(q, &info, WRIT_GRANT_STATE_REVOKED, WRIT_CLIP_NONE);
	return err == -ENOBUFS ? 0 : err; /* it has ended: only its row finds no room */
}

struct live_ids {
	const char *playbook; /* "": any */
	uint64_t ids[WRIT_GRANTS_PER_AGENT];
	size_t count;
};

static void gather_live(void *context, const struct writ_grant_info *info,
			enum writ_grant_state state)
{
	struct live_ids *live = context;

	if (state <= WRIT_GRANT_STATE_ACTIVE && live->count < WRIT_GRANTS_PER_AGENT &&
	    (!*live->playbook || !strcmp(live->playbook, info->playbook)))
		live->ids[live->count++] = info->id;
}

/* Every one is tried, whatever becomes of the others and of their rows. */
static int revoke_of(struct question *q, uint32_t agent, const char *playbook)
{
	struct live_ids live = {.playbook = playbook};
	int first = 0;

	writ_grants_each(q->daemon->kernel, agent, gather_live, &live);
	for (size_t i = 0; i < live.count; i++) {
		int err = revoke_one(q, live.ids[i]);

		first = first ? first : err;
	}
	return first;
}

static int revoke_all(struct question *q, const char *playbook)
{
	uint32_t end = writ_agents_end(q->daemon->kernel);
	int first = 0;

	for (uint32_t agent = WRIT_AGENT_CANARY + 1; agent < end; agent++) {
		int err = revoke_of(q, agent, playbook);

		first = first ? first : err;
	}
	return first;
}

int writ_answer_revoke(struct question *q)
{
	const struct writ_request *request = q->request;
	const char *playbook = request->flags & WRIT_REVOKE_PLAYBOOK ? request->playbook : "";
	uint32_t agent;

	if (request->flags & WRIT_REVOKE_PLAYBOOK && !*playbook) {
		say(q, "no playbook is named");
		return -EINVAL;
	}
	if (request->flags & WRIT_REVOKE_AGENT) {
		agent = writ_answer_agent(q);
		return agent ? revoke_of(q, agent, playbook) : -ENOENT;
	}
	if (request->flags & (WRIT_REVOKE_PLAYBOOK | WRIT_REVOKE_ALL))
		return revoke_all(q, playbook);
	return revoke_one(q, request->grant);
}

/* The grant's own agent says so: another one is told what one without grants is. */
int writ_answer_done(struct question *q)
{
	struct writ_grant_info info = {0};
	struct writ_attest_row who;
	int err = writ_attest(q->daemon, q->peer->passed, &who, q->error);

	if (err)
		return err;
	if (!who.agent_index || writ_grants_info(q->daemon->kernel, q->request->grant, &info) ||
	    info.agent != who.agent_index)
		err = -ENOENT;
	if (!err)
		err = writ_ends_end(q->daemon, q->request->grant, WRIT_END_COMPLETED, who.agent,
				    &info);
	if (err) {
		say(q, "no live grant %llu of this agent", (unsigned long long)q->request->grant);
		return err;
	}
	return writ_answer_row(q, &info, WRIT_GRANT_STATE_COMPLETED, WRIT_CLIP_NONE);
}
