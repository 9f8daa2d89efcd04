/* SPDX-License-Identifier: Apache-2.0 */
/* See compare_rules.h: a merge of two lists that are sorted by object. */
#include "compile/compare_rules.h"

#include <errno.h>
#include <string.h>

#include "writ/names.h"

struct rules {
	struct writ_comparison *out;
	const struct writ_change *common;
};

int writ_compare_add(struct writ_comparison *out, const struct writ_change *common,
		     struct writ_change change)
{
	if (writ_array_reserve(&out->changes, &out->capacity, out->count + 1,
			       sizeof(*out->changes)))
		return -ENOMEM;
	change.agent = common->agent;
	change.playbook = change.kind == WRIT_CHANGE_PLAYBOOK ? change.object : common->playbook;
	out->changes[out->count++] = change;
	return 0;
}

/* All rules of a list that speak of one object. */
struct group {
	const struct writ_right *items;
	size_t count;
	uint32_t allow;
	uint32_t deny;
};

static struct group take_group(const struct writ_rights *rights, size_t *at, const char *object)
{
	struct group group = {.items = rights->items + *at};

	for (; *at < rights->count && !strcmp(rights->items[*at].object, object); ++*at) {
		group.allow |= rights->items[*at].allow;
		group.deny |= rights->items[*at].deny;
		group.count++;
	}
	return group;
}

/* @bits of the group are new (or gone); its place is that of the first rule that has any. */
static int add_rule(const struct rules *rules, const struct group *group, bool deny, bool gone,
		    uint32_t bits)
{
	struct writ_change change = {.kind = deny ? WRIT_CHANGE_DENY : WRIT_CHANGE_ALLOW,
				     .effect = deny == gone ? WRIT_CHANGE_GAINS : WRIT_CHANGE_LOSES,
				     .access = bits};

	if (!bits)
		return 0;
	for (size_t i = group->count; i--;)
		if ((deny ? group->items[i].deny : group->items[i].allow) & bits)
			change.at = group->items[i].at;
	change.object = group->items[0].object;
	return writ_compare_add(rules->out, rules->common, change);
}

/* Each rule of one object may be recorded in its own way: compared are the first ones. */
static int add_audit(const struct rules *rules, const struct group *old, const struct group *new)
{
	struct writ_change change = {.kind = WRIT_CHANGE_AUDIT, .effect = WRIT_CHANGE_OTHER};

	if (!old->count || !new->count || old->items->audit == new->items->audit)
		return 0;
	change.object = new->items->object;
	change.before = writ_audit_name(old->items->audit);
	change.after = writ_audit_name(new->items->audit);
	change.at = new->items->at;
	return writ_compare_add(rules->out, rules->common, change);
}

int writ_compare_rules(struct writ_comparison *out, const struct writ_change *common,
		       const struct writ_rights *before, const struct writ_rights *after)
{
	const struct rules rules = {out, common};
	size_t i = 0, j = 0;
	int err = 0;

	while (!err && (i < before->count || j < after->count)) {
		const char *object;
		struct group old, new;

		if (j == after->count || (i < before->count && strcmp(before->items[i].object,
								      after->items[j].object) < 0))
			object = before->items[i].object;
		else
			object = after->items[j].object;
		old = take_group(before, &i, object);
		new = take_group(after, &j, object);
		err = add_rule(&rules, &new, false, false, new.allow & ~old.allow);
		if (!err)
			err = add_rule(&rules, &old, false, true, old.allow & ~new.allow);
		if (!err)
			err = add_rule(&rules, &new, true, false, new.deny & ~old.deny);
		if (!err)
			err = add_rule(&rules, &old, true, true, old.deny & ~new.deny);
		if (!err)
			err = add_audit(&rules, &old, &new);
	}
	return err;
}
