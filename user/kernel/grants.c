/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See grants.h. A slot is filled while no byte of `order` names it, published by one store of
 * `order`, and used again only after readers have finished (maps.h).
 */
#include "kernel/grants.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#include "kernel/arena.h"
#include "kernel/reach.h"
#include "kernel/reclaim.h"
#include "lib/time.h"

#define SLOTS_READY 2u /* of an agent: its next grants don't wait for a grace period */

static uint32_t order_slot(uint64_t order, unsigned int index)
{
	return (uint32_t)(order >> (8 * index) & WRIT_ORDER_SLOT) - 1;
}

static bool order_revoked(uint64_t order, unsigned int index)
{
	return order >> (8 * index) & WRIT_ORDER_REVOKED;
}

/* How a grant was ended says its slot: user space's part of its flags. */
static enum writ_grant_state end_state(const struct writ_grant *grant)
{
	switch (grant->flags >> WRIT_GRANT_END_SHIFT) {
	case WRIT_END_COMPLETED:
		return WRIT_GRANT_STATE_COMPLETED;
	case WRIT_END_USED_UP:
		return WRIT_GRANT_STATE_USED_UP;
	default:
		return WRIT_GRANT_STATE_REVOKED;
	}
}

/* The state of the @index-th oldest grant. */
static enum writ_grant_state grant_state(const struct writ_grants *grants, unsigned int index,
					 uint64_t now)
{
	const struct writ_grant *grant = &grants->slots[order_slot(grants->order, index)];

	if (order_revoked(grants->order, index))
		return end_state(grant);
	if (now >= grant->expires)
		return WRIT_GRANT_STATE_EXPIRED;
	return now < grant->not_before ? WRIT_GRANT_STATE_PENDING : WRIT_GRANT_STATE_ACTIVE;
}

static bool has_ended(const struct writ_grants *grants, unsigned int index, uint64_t now)
{
	return grant_state(grants, index, now) > WRIT_GRANT_STATE_ACTIVE;
}

/* Ended, and its end is on record: nobody needs its slot to write that down. */
static bool is_over(const struct writ_grants *grants, unsigned int index, uint64_t now)
{
	return has_ended(grants, index, now) &&
	       grants->slots[order_slot(grants->order, index)].flags & WRIT_GRANT_TOLD;
}

static unsigned int order_length(uint64_t order)
{
	unsigned int length = 0;

	while (length < WRIT_GRANTS_PER_AGENT && order >> (8 * length) & 0xff)
		length++;
	return length;
}

static uint64_t order_without(uint64_t order, unsigned int index)
{
	uint64_t below = order & ((UINT64_C(1) << (8 * index)) - 1);

	return below | (index < 7 ? order >> (8 * (index + 1)) << (8 * index) : 0);
}

static void order_publish(struct writ_grants *grants, uint64_t order)
{
	__atomic_store_n(&grants->order, order, __ATOMIC_RELEASE);
}

/* Takes the @index-th oldest grant out of the list; its slot is free when readers have finished. */
static int drop(struct writ_kernel *kernel, uint32_t agent, unsigned int index)
{
	struct writ_grants *grants = &kernel->grants[agent];
	uint32_t slot = order_slot(grants->order, index);

	order_publish(grants, order_without(grants->order, index));
	return writ_reclaim_add(kernel, agent, slot);
}

/* The oldest ended grants leave the list until no more than @most are in it. */
static int make_room(struct writ_kernel *kernel, uint32_t agent, unsigned int most)
{
	struct writ_grants *grants = &kernel->grants[agent];
	uint64_t now = writ_time_boot();
	unsigned int i = 0;
	int err = 0;

	while (!err && order_length(grants->order) > most && i < order_length(grants->order))
		if (is_over(grants, i, now))
			err = drop(kernel, agent, i);
		else
			i++;
	return err;
}

/* One that no order names and no reader holds. False: all are taken. */
static bool find_slot(const struct writ_grants *grants, uint32_t *ret_slot)
{
	for (uint32_t slot = 0; slot < WRIT_GRANTS_PER_AGENT; slot++)
		if (!grants->slots[slot].id) {
			*ret_slot = slot;
			return true;
		}
	return false;
}

static int slot_allocate(struct writ_kernel *kernel, uint32_t agent, uint32_t *ret_slot)
{
	struct writ_grants *grants = &kernel->grants[agent];
	int err;

	writ_reclaim_run(kernel);
	if (find_slot(grants, ret_slot))
		return 0;
	err = make_room(kernel, agent, WRIT_GRANTS_PER_AGENT - 1);
	if (!err && order_length(grants->order) == WRIT_GRANTS_PER_AGENT)
		return -EBUSY;
	if (!err)
		err = writ_reclaim_wait(kernel);
	return err ? err : find_slot(grants, ret_slot) ? 0 : -EBUSY;
}

static int info_put(struct writ_kernel *kernel, const struct writ_grant_info *info)
{
	return bpf_map_update_elem(kernel->map_fds[WRIT_MAP_grant_infos], &info->id, info, BPF_ANY);
}

/* What the kernel holds is what was meant: read through the map, not through our memory. */
static int read_back(const struct writ_kernel *kernel, const struct writ_grant_info *info,
		     uint32_t slot)
{
	struct writ_grants grants;
	int err = bpf_map_lookup_elem(kernel->map_fds[WRIT_MAP_grants], &info->agent, &grants);
	const struct writ_grant *grant = &grants.slots[slot];

	if (err)
		return err;
	if (grant->id != info->id || grant->expires != info->expires ||
	    grant->not_before != info->not_before || grant->uses_max != info->uses_max ||
	    order_length(grants.order) == 0 ||
	    order_slot(grants.order, order_length(grants.order) - 1) != slot)
		return -EIO;
	return 0;
}

int writ_grants_issue(struct writ_kernel *kernel, const void *image, size_t size,
		      struct writ_grant_info *info)
{
	struct writ_grants *grants = &kernel->grants[info->agent];
	bool denies = ((const struct writ_image *)image)->flags & WRIT_IMAGE_HAS_DENY;
	uint64_t entry, ref;
	uint32_t slot;
	int err;

	err = slot_allocate(kernel, info->agent, &slot);
	if (!err)
		err = writ_arena_hold(kernel, image, size, &ref);
	if (err)
		return err;
	info->id = ++kernel->node->next_grant;
	err = writ_reach_expect(kernel, info);
	if (!err)
		err = info_put(kernel, info);
	if (err) {
		writ_arena_let_go(kernel, ref);
		return err;
	}
	/* before the order names the slot: what was decided by its last grant holds no more */
	__atomic_fetch_add(&grants->generation, 1, __ATOMIC_SEQ_CST);
	grants->slots[slot] = (struct writ_grant){
		.id = info->id,
		.image = ref,
		.not_before = info->not_before,
		.expires = info->expires,
		.uses_max = info->uses_max,
	};
	entry = (slot + 1) | (denies ? WRIT_ORDER_DENY : 0) |
		(info->scope == WRIT_SCOPE_RUN ? WRIT_ORDER_RUN : 0);
	order_publish(grants, grants->order | entry << (8 * order_length(grants->order)));
	err = read_back(kernel, info, slot);
	if (!err && kernel->reclaim) /* so that the next one need not wait */
		(void)make_room(kernel, info->agent, WRIT_GRANTS_PER_AGENT - SLOTS_READY);
	return err;
}

bool writ_grants_any_live(const struct writ_kernel *kernel)
{
	uint64_t now = writ_time_boot();

	for (uint32_t agent = 1; agent < WRIT_AGENTS_MAX; agent++)
		for (unsigned int i = 0; i < order_length(kernel->grants[agent].order); i++)
			if (!has_ended(&kernel->grants[agent], i, now))
				return true;
	return false;
}

int writ_grants_info(const struct writ_kernel *kernel, uint64_t id,
		     struct writ_grant_info *ret_info)
{
	return bpf_map_lookup_elem(kernel->map_fds[WRIT_MAP_grant_infos], &id, ret_info);
}

/* The slot of grant @id of @grants, NULL: it has none. */
static struct writ_grant *find(struct writ_grants *grants, uint64_t id, unsigned int *ret_index)
{
	for (unsigned int i = 0; i < order_length(grants->order); i++) {
		struct writ_grant *grant = &grants->slots[order_slot(grants->order, i)];

		if (grant->id != id)
			continue;
		*ret_index = i;
		return grant;
	}
	return NULL;
}

int writ_grants_end(struct writ_kernel *kernel, uint64_t id, enum writ_end end,
		    struct writ_grant_info *ret_info)
{
	struct writ_grant_info info;
	struct writ_grants *grants;
	struct writ_grant *grant;
	unsigned int index;

	if (end != WRIT_END_REVOKED && end != WRIT_END_COMPLETED && end != WRIT_END_USED_UP)
		return -EINVAL;
	if (writ_grants_info(kernel, id, &info) || info.agent >= WRIT_AGENTS_MAX)
		return -ENOENT;
	grants = &kernel->grants[info.agent];
	grant = find(grants, id, &index);
	if (!grant || has_ended(grants, index, writ_time_boot()))
		return -ENOENT;
	grant->flags |= (uint32_t)end << WRIT_GRANT_END_SHIFT;
	order_publish(grants, grants->order | (uint64_t)WRIT_ORDER_REVOKED << (8 * index));
	writ_reach_ended(kernel, info.agent);
	info.end = (uint8_t)end;
	(void)info_put(kernel, &info); /* for people: the slot says it as well */
	*ret_info = info;
	return 0;
}

int writ_grants_revoke(struct writ_kernel *kernel, uint64_t id, struct writ_grant_info *ret_info)
{
	return writ_grants_end(kernel, id, WRIT_END_REVOKED, ret_info);
}

int writ_grants_state(const struct writ_kernel *kernel, const struct writ_grant_info *info,
		      enum writ_grant_state *ret_state, uint32_t *ret_uses)
{
	struct writ_grants *grants = &kernel->grants[info->agent];
	const struct writ_grant *grant;
	unsigned int index;

	grant = find(grants, info->id, &index);
	if (!grant)
		return -ENOENT;
	*ret_state = grant_state(grants, index, writ_time_boot());
	*ret_uses = __atomic_load_n(&grant->uses, __ATOMIC_RELAXED);
	return 0;
}

int writ_grants_set_run(struct writ_kernel *kernel, uint64_t id, uint64_t cgroup)
{
	struct writ_grant_info info;
	int err = writ_grants_info(kernel, id, &info);

	if (err)
		return err;
	info.run_cgroup = cgroup;
	return bpf_map_update_elem(kernel->map_fds[WRIT_MAP_grant_infos], &id, &info, BPF_EXIST);
}

int writ_grants_set_cut(struct writ_kernel *kernel, const struct writ_grant_info *info)
{
	return bpf_map_update_elem(kernel->map_fds[WRIT_MAP_grant_infos], &info->id, info,
				   BPF_EXIST);
}

static void each_of_agent(const struct writ_kernel *kernel, uint32_t agent,
			  writ_grants_visitor visitor, void *context)
{
	const struct writ_grants *grants = &kernel->grants[agent];

	for (unsigned int i = 0; i < order_length(grants->order); i++) {
		uint64_t id = grants->slots[order_slot(grants->order, i)].id;
		struct writ_grant_info info = {.id = id, .agent = agent};

		(void)writ_grants_info(kernel, id, &info);
		visitor(context, &info, grant_state(grants, i, writ_time_boot()));
	}
}

void writ_grants_each(const struct writ_kernel *kernel, uint32_t agent, writ_grants_visitor visitor,
		      void *context)
{
	if (agent) {
		each_of_agent(kernel, agent, visitor, context);
		return;
	}
	for (uint32_t i = 1; i < WRIT_AGENTS_MAX; i++)
		if (kernel->grants[i].order)
			each_of_agent(kernel, i, visitor, context);
}

void writ_grants_each_info(const struct writ_kernel *kernel, writ_grants_info_visitor visitor,
			   void *context)
{
	int fd = kernel->map_fds[WRIT_MAP_grant_infos];
	struct writ_grant_info info;
	uint64_t id, *before = NULL;

	for (uint32_t n = 0; n < WRIT_GRANT_INFOS_MAX && !bpf_map_get_next_key(fd, before, &id);
	     n++, before = &id)
		if (!bpf_map_lookup_elem(fd, &id, &info))
			visitor(context, &info);
}

static void age_agent(struct writ_kernel *kernel, uint32_t agent, uint64_t now,
		      writ_grants_visitor expired, void *context)
{
	struct writ_grants *grants = &kernel->grants[agent];

	for (unsigned int i = 0; i < order_length(grants->order); i++) {
		struct writ_grant *grant = &grants->slots[order_slot(grants->order, i)];
		struct writ_grant_info info = {.id = grant->id, .agent = agent};

		if (now < grant->expires)
			continue;
		if (!order_revoked(grants->order, i) && !(grant->flags & WRIT_GRANT_TOLD)) {
			if (!writ_grants_info(kernel, grant->id, &info)) {
				info.end = WRIT_END_EXPIRED;
				(void)info_put(kernel, &info);
			}
			if (expired)
				expired(context, &info, WRIT_GRANT_STATE_EXPIRED);
			else
				grant->flags |= WRIT_GRANT_TOLD;
		}
		if (now - grant->expires > WRIT_GRANT_KEPT_NS && !drop(kernel, agent, i))
			i--;
	}
}

void writ_grants_age(struct writ_kernel *kernel, writ_grants_visitor expired, void *context)
{
	uint64_t now = writ_time_boot();

	for (uint32_t i = 1; i < WRIT_AGENTS_MAX; i++)
		if (kernel->grants[i].order)
			age_agent(kernel, i, now, expired, context);
	writ_reclaim_run(kernel);
}
