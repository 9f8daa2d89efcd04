/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See ports.h. Sorted by protocol, address and length, the prefixes around one are before it; for
 * each, the ports are cut wherever one of its rules begins or ends, and neighbouring pieces that
 * the same rules speak of become one range.
 */
#include "compile/ports.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compile/address.h"
#include "compile/arena.h"
#include "lib/cleanup.h"

#define MAPPED_BITS 96u
#define BLAMED_MAX 3u
#define WORK_MAX (64u << 20) /* rules looked at: nested prefixes cost their product */

static const uint8_t mapped[16] = {[10] = 0xff, [11] = 0xff};

struct build {
	const struct writ_ports_rule *rules; /* sorted */
	size_t n_rules;
	struct writ_accepts *accepts;
	struct writ_diagnostics *diags;
	struct writ_ports_table table;
	struct level {
		const struct writ_image_address *entry;
		size_t first; /* its own rules */
		size_t past;
	} levels[129]; /* the current entry and the prefixes around it, 0 to 128 bits */
	size_t n_levels;
	size_t next;			       /* rule: those before are some entry's own */
	const struct writ_ports_rule **around; /* rules that hold for the current entry */
	size_t n_around;
	uint32_t *cuts; /* first ports of the pieces, then 65536 */
	size_t n_cuts;
	size_t cuts_capacity;
	uint32_t *matching;
	uint64_t work;
};

static int compare_keys(uint32_t protocol_a, const uint8_t *a, uint32_t bits_a, uint32_t protocol_b,
			const uint8_t *b, uint32_t bits_b)
{
	int order;

	if (protocol_a != protocol_b)
		return protocol_a < protocol_b ? -1 : 1;
	order = memcmp(a, b, 16);
	return order ? order : bits_a < bits_b ? -1 : bits_a > bits_b;
}

static int compare_rules(const void *left, const void *right)
{
	const struct writ_ports_rule *x = left, *y = right;
	const struct writ_network_rule *a = x->rule, *b = y->rule;
	int order =
		compare_keys(a->protocol, a->address, a->bits, b->protocol, b->address, b->bits);

	return order ? order : x->image_rule < y->image_rule ? -1 : x->image_rule > y->image_rule;
}

static int compare_entries(const void *left, const void *right)
{
	const struct writ_image_address *a = left, *b = right;

	return compare_keys(a->protocol, a->address, a->bits, b->protocol, b->address, b->bits);
}

static int compare_ports(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

	return a < b ? -1 : a > b;
}

static bool holds_for(const struct writ_network_rule *rule, const struct writ_image_address *entry)
{
	bool entry_is_mapped = entry->bits >= MAPPED_BITS && !memcmp(entry->address, mapped, 12);

	if (rule->protocol != entry->protocol || rule->bits > entry->bits)
		return false;
	if (rule->bits < MAPPED_BITS && entry_is_mapped)
		return false;
	return writ_address_within(entry->address, rule->address, rule->bits);
}

static int add_cut(struct build *build, uint32_t port)
{
	if (writ_array_reserve(&build->cuts, &build->cuts_capacity, build->n_cuts + 1,
			       sizeof(port)))
		return -ENOMEM;
	build->cuts[build->n_cuts++] = port;
	return 0;
}

/* Leaves on the stack what is around @entry, and puts it there with its own rules. */
static void push_level(struct build *build, const struct writ_image_address *entry)
{
	struct level *level;

	while (build->n_levels) {
		const struct writ_image_address *top = build->levels[build->n_levels - 1].entry;

		if (top->protocol == entry->protocol &&
		    writ_address_within(entry->address, top->address, top->bits))
			break;
		build->n_levels--;
	}
	level = &build->levels[build->n_levels++];
	*level = (struct level){.entry = entry, .first = build->next};
	while (build->next < build->n_rules) {
		const struct writ_network_rule *rule = build->rules[build->next].rule;

		if (compare_keys(rule->protocol, rule->address, rule->bits, entry->protocol,
				 entry->address, entry->bits))
			break;
		build->next++;
	}
	level->past = build->next;
}

/* A rule that holds for the entry, and the ports at which it begins and ends. */
static int add_around(struct build *build, const struct writ_ports_rule *rule)
{
	int err = ++build->work > WORK_MAX ? -E2BIG : 0;

	build->around[build->n_around++] = rule;
	for (size_t p = 0; p < rule->rule->n_ports && !err; p++) {
		err = add_cut(build, rule->rule->ports[p].low);
		if (!err)
			err = add_cut(build, rule->rule->ports[p].high + 1u);
	}
	return err;
}

static int collect(struct build *build, const struct writ_image_address *entry)
{
	int err = add_cut(build, 0);

	build->n_around = 0;
	push_level(build, entry);
	for (size_t l = 0; l < build->n_levels; l++)
		for (size_t i = build->levels[l].first; i < build->levels[l].past && !err; i++)
			if (holds_for(build->rules[i].rule, entry))
				err = add_around(build, &build->rules[i]);
	if (!err)
		err = add_cut(build, UINT16_MAX + 1u);
	if (!err)
		qsort(build->cuts, build->n_cuts, sizeof(*build->cuts), compare_ports);
	return err;
}

/* The set of rules that speak of @port. */
static int rules_at(struct build *build, uint32_t port, uint32_t *ret_accept)
{
	size_t n = 0;

	for (size_t i = 0; i < build->n_around; i++) {
		const struct writ_network_rule *rule = build->around[i]->rule;
		bool in = false;

		for (size_t p = 0; p < rule->n_ports && !in; p++)
			in = port >= rule->ports[p].low && port <= rule->ports[p].high;
		if (in)
			build->matching[n++] = build->around[i]->image_rule;
		if (++build->work > WORK_MAX)
			return -E2BIG;
	}
	return writ_accepts_intern(build->accepts, build->matching, n, ret_accept);
}

static int blame(struct build *build)
{
	for (size_t i = 0; i < build->n_around && i < BLAMED_MAX; i++) {
		const struct writ_network_rule *rule = build->around[build->n_around - 1 - i]->rule;

		(void)writ_diagnostics_error(
			build->diags, &rule->at,
			"connect %s: %zu rules hold for these addresses and cut the ports into "
			"more than %u ranges; join ports into ranges, or split the rules by "
			"address",
			rule->connect, build->n_around, WRIT_PORT_RANGES_MAX);
	}
	return -EINVAL;
}

static int add_range(struct build *build, struct writ_ports *ports, uint32_t low, uint32_t past,
		     uint32_t accept)
{
	struct writ_port_range *last = ports->count ? &ports->ranges[ports->count - 1] : NULL;

	if (!accept)
		return 0;
	if (last && last->accept == accept && last->high + 1u == low) {
		last->high = (uint16_t)(past - 1);
		return 0;
	}
	if (ports->count == WRIT_PORT_RANGES_MAX)
		return blame(build);
	ports->ranges[ports->count++] = (struct writ_port_range){
		.low = (uint16_t)low, .high = (uint16_t)(past - 1), .accept = accept};
	return 0;
}

static int fill_entry(struct build *build, struct writ_image_address *entry)
{
	int err;

	build->n_cuts = 0;
	err = collect(build, entry);
	for (size_t i = 0; i + 1 < build->n_cuts && !err; i++) {
		uint32_t accept = 0;

		if (build->cuts[i] == build->cuts[i + 1])
			continue;
		err = rules_at(build, build->cuts[i], &accept);
		if (!err)
			err = add_range(build, &entry->ports, build->cuts[i], build->cuts[i + 1],
					accept);
	}
	return err;
}

static int add_entry(struct build *build, uint32_t protocol, const uint8_t address[16],
		     uint32_t bits)
{
	struct writ_ports_table *table = &build->table;
	struct writ_image_address entry = {.bits = bits, .protocol = protocol};

	if (table->n_entries == WRIT_ADDRESSES_MAX)
		return -E2BIG;
	if (writ_array_reserve(&table->entries, &table->capacity, table->n_entries + 1,
			       sizeof(entry)))
		return -ENOMEM;
	memcpy(entry.address, address, sizeof(entry.address));
	table->entries[table->n_entries++] = entry;
	return 0;
}

/* The distinct keys, and the mapped addresses where an IPv6 prefix would swallow them. */
static int add_keys(struct build *build)
{
	struct writ_ports_table *table = &build->table;
	size_t kept = 0;
	int err = 0;

	for (size_t i = 0; i < build->n_rules && !err; i++) {
		const struct writ_network_rule *rule = build->rules[i].rule;

		err = add_entry(build, rule->protocol, rule->address, rule->bits);
		if (!err && rule->bits < MAPPED_BITS &&
		    writ_address_within(mapped, rule->address, rule->bits))
			err = add_entry(build, rule->protocol, mapped, MAPPED_BITS);
	}
	if (err)
		return err;
	qsort(table->entries, table->n_entries, sizeof(*table->entries), compare_entries);
	for (size_t i = 0; i < table->n_entries; i++)
		if (!kept || compare_entries(&table->entries[kept - 1], &table->entries[i]))
			table->entries[kept++] = table->entries[i];
	table->n_entries = kept;
	return 0;
}

int writ_ports_build(struct writ_ports_rule *rules, size_t n_rules, struct writ_accepts *accepts,
		     struct writ_diagnostics *diags, struct writ_ports_table *ret_table)
{
	_cleanup_free_ const struct writ_ports_rule **around = calloc(n_rules + 1, sizeof(*around));
	_cleanup_free_ uint32_t *matching = calloc(n_rules + 1, sizeof(*matching));
	struct build build = {.rules = rules,
			      .n_rules = n_rules,
			      .accepts = accepts,
			      .diags = diags,
			      .around = around,
			      .matching = matching};
	int err = 0;

	if (!around || !matching)
		return -ENOMEM;
	if (n_rules) {
		qsort(rules, n_rules, sizeof(*rules), compare_rules);
		err = add_keys(&build);
	}
	for (size_t i = 0; i < build.table.n_entries && !err; i++)
		err = fill_entry(&build, &build.table.entries[i]);
	free(build.cuts);
	if (err) {
		writ_ports_table_free(&build.table);
		return err;
	}
	*ret_table = build.table;
	return 0;
}

void writ_ports_table_free(struct writ_ports_table *table)
{
	free(table->entries);
	*table = (struct writ_ports_table){0};
}
