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
#include "lib/time.h"

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

/* Takes the @index-th oldest grant out of the list and its image back. */
static int drop(struct writ_kernel *kernel, struct writ_grants *grants, unsigned int index)
{
	uint32_t slot = order_slot(grants->order, index);
	uint64_t image = grants->slots[slot].image;
	int err;

	order_publish(grants, order_without(grants->order, index));
	err = writ_arena_retire(kernel, &image, 1);
	if (!err)
		memset(&grants->slots[slot], 0, sizeof(grants->slots[slot]));
	return err;
}

/* A slot that no byte of the order names; the oldest ended grant makes room. */
static int slot_allocate(struct writ_kernel *kernel, struct writ_grants *grants, uint64_t now,
			 uint32_t *ret_slot)
{
	unsigned int length = order_length(grants->order), used = 0;
	int err;

	for (unsigned int i = 0; length == WRIT_GRANTS_PER_AGENT && i < length; i++) {
		if (!has_ended(grants, i, now))
			continue;
		err = drop(kernel, grants, i);
		if (err)
			return err;
		length--;
	}
	if (length == WRIT_GRANTS_PER_AGENT)
		return -EBUSY;
	for (unsigned int i = 0; i < length; i++)
		used |= 1u << order_slot(grants->order, i);
	*ret_slot = (uint32_t)__builtin_ctz(~used);
	return 0;
}

/* Makes room for names: forgets the oldest eighth of those that no slot holds. */
static void forget_infos(struct writ_kernel *kernel)
{
	uint64_t newest = kernel->node->next_grant;
	uint64_t keep = WRIT_GRANT_INFOS_MAX / 8 * 7;
	int fd = kernel->map_fds[WRIT_MAP_grant_infos];

	for (uint64_t id = newest > keep ? newest - keep : 0, n = 0; id && n < WRIT_GRANT_INFOS_MAX;
	     id--, n++)
		if (bpf_map_delete_elem(fd, &id))
			break;
}

static int info_put(struct writ_kernel *kernel, const struct writ_grant_info *info)
{
	int fd = kernel->map_fds[WRIT_MAP_grant_infos];
	int err = bpf_map_update_elem(fd, &info->id, info, BPF_ANY);

	if (err == -E2BIG) {
		forget_infos(kernel);
		err = bpf_map_update_elem(fd, &info->id, info, BPF_ANY);
	}
	return err;
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

	err = slot_allocate(kernel, grants, writ_time_boot(), &slot);
	if (!err)
		err = writ_arena_place(kernel, image, size, &ref);
	if (err)
		return err;
	info->id = ++kernel->node->next_grant;
	err = info_put(kernel, info);
	if (err) {
		(void)writ_arena_retire(kernel, &ref, 1);
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
	return read_back(kernel, info, slot);
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
			grant->flags |= WRIT_GRANT_TOLD;
			if (!writ_grants_info(kernel, grant->id, &info)) {
				info.end = WRIT_END_EXPIRED;
				(void)info_put(kernel, &info);
			}
			if (expired)
				expired(context, &info, WRIT_GRANT_STATE_EXPIRED);
		}
		if (now - grant->expires > WRIT_GRANT_KEPT_NS && !drop(kernel, grants, i))
			i--;
	}
}

void writ_grants_age(struct writ_kernel *kernel, writ_grants_visitor expired, void *context)
{
	uint64_t now = writ_time_boot();

	for (uint32_t i = 1; i < WRIT_AGENTS_MAX; i++)
		if (kernel->grants[i].order)
			age_agent(kernel, i, now, expired, context);
}
