/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules that decide nothing; see advice.h. In every accept entry with the rule, each bit that it
 * allows is allowed or denied by others, and each that it denies is denied by others. Of rules that
 * say the same the first stays: they are tried from the last on, and what is found counts no more.
 */
#include <errno.h>
#include <stdlib.h>

#include "compile/advice.h"
#include "lib/cleanup.h"

struct tally {
	uint32_t allow[WRIT_ACCESS_BITS]; /* rules of the entry that count and allow the bit */
	uint32_t deny[WRIT_ACCESS_BITS];
};

struct shadow {
	const struct writ_advice_subject *subject;
	const struct writ_image_rule *rules;
	const struct writ_accept *accepts;
	const __u32 *lists;
	struct tally *tallies; /* of each entry */
	uint32_t *first;       /* of each rule: its entries in `entries` */
	uint32_t *entries;
};

static void add(struct tally *tally, const struct writ_image_rule *rule, uint32_t by)
{
	for (uint32_t bit = 0; bit < WRIT_ACCESS_BITS; bit++) {
		tally->allow[bit] += rule->allow >> bit & 1 ? by : 0;
		tally->deny[bit] += rule->deny >> bit & 1 ? by : 0;
	}
}

static bool is_covered(const struct tally *tally, const struct writ_image_rule *rule)
{
	for (uint32_t bit = 0; bit < WRIT_ACCESS_BITS; bit++) {
		if ((rule->deny >> bit & 1) && !tally->deny[bit])
			return false;
		if ((rule->allow >> bit & 1) && !tally->deny[bit] && !tally->allow[bit])
			return false;
	}
	return true;
}

/* Counts the rules of each entry, and lists the entries of each rule. */
static void count(struct shadow *shadow)
{
	const struct writ_image *image = shadow->subject->image;
	uint32_t sum = 0;

	for (uint32_t i = 0; i < image->n_accept_rules; i++)
		shadow->first[shadow->lists[i] + 1]++;
	for (uint32_t i = 0; i <= image->n_rules; i++) {
		sum += shadow->first[i];
		shadow->first[i] = sum;
	}
	for (uint32_t e = image->n_accepts; e--;)
		for (uint32_t r = 0; r < shadow->accepts[e].count; r++) {
			uint32_t rule = shadow->lists[shadow->accepts[e].first + r];

			shadow->entries[--shadow->first[rule + 1]] = e;
			add(&shadow->tallies[e], &shadow->rules[rule], 1);
		}
}

/* After count(): first[r + 1] is where the entries of r begin, and those of r + 1 end them. */
static void count_group(struct shadow *shadow, uint32_t low, uint32_t past, uint32_t by)
{
	for (uint32_t r = low; r < past; r++)
		for (uint32_t i = shadow->first[r + 1]; i < shadow->first[r + 2]; i++)
			add(&shadow->tallies[shadow->entries[i]], &shadow->rules[r], by);
}

/* Is the program allowed with any arguments wherever the rule allows it with some? */
static bool is_argv_idle(const struct shadow *shadow, uint32_t r)
{
	const uint32_t bit = (uint32_t)__builtin_ctz(WRIT_ACCESS_EXECUTE);

	for (uint32_t i = shadow->first[r + 1]; i < shadow->first[r + 2]; i++)
		if (!shadow->tallies[shadow->entries[i]].allow[bit])
			return false;
	return true;
}

static bool rule_is_covered(const struct shadow *shadow, uint32_t r)
{
	for (uint32_t i = shadow->first[r + 1]; i < shadow->first[r + 2]; i++)
		if (!is_covered(&shadow->tallies[shadow->entries[i]], &shadow->rules[r]))
			return false;
	return true;
}

static bool group_is_covered(const struct shadow *shadow, uint32_t low, uint32_t past)
{
	for (uint32_t r = low; r < past; r++) {
		if (shadow->rules[r].audit != WRIT_AUDIT_ALL)
			return false; /* it decides what is recorded */
		if (shadow->rules[r].allow == WRIT_ACCESS_EXECUTE_ARGV && is_argv_idle(shadow, r))
			r++; /* and the next one, for the arguments, with it (ruleset.c) */
		else if (!rule_is_covered(shadow, r))
			return false;
	}
	return shadow->first[low + 1] < shadow->first[past + 1];
}

/* Some other rule of the first of its entries, for the message. */
static void report(const struct shadow *shadow, uint32_t low, uint32_t past,
		   struct writ_diagnostics *diags)
{
	const struct writ_ruleset *set = shadow->subject->set;
	const struct writ_accept *accept =
		&shadow->accepts[shadow->entries[shadow->first[low + 1]]];

	for (uint32_t i = 0; i < accept->count; i++) {
		uint32_t other = shadow->lists[accept->first + i];
		const struct writ_image_rule *rule = &set->rules[other];

		if ((other >= low && other < past) || !(rule->allow | rule->deny))
			continue;
		(void)writ_diagnostics_warn(
			diags, set->positions[low],
			"this rule decides nothing: others say the same or deny "
			"it, such as %.*s",
			rule->text_len < 256 ? (int)rule->text_len : 256,
			set->text.bytes + rule->text);
		return;
	}
}

static void find(struct shadow *shadow, struct writ_diagnostics *diags)
{
	const struct writ_ruleset *set = shadow->subject->set;
	uint32_t past = shadow->subject->n_own, low;

	for (; past; past = low) {
		low = past - 1;
		while (low && writ_advice_same(set, low - 1, past - 1))
			low--;
		count_group(shadow, low, past, UINT32_MAX); /* minus 1 */
		if (group_is_covered(shadow, low, past))
			report(shadow, low, past, diags);
		else
			count_group(shadow, low, past, 1);
	}
}

int writ_shadow_find(const struct writ_advice_subject *subject, struct writ_diagnostics *diags)
{
	const struct writ_image *image = subject->image;
	_cleanup_free_ struct tally *tallies = calloc(image->n_accepts, sizeof(*tallies));
	_cleanup_free_ uint32_t *first = calloc(image->n_rules + 2u, sizeof(*first));
	_cleanup_free_ uint32_t *entries = calloc(image->n_accept_rules + 1u, sizeof(*entries));
	struct shadow shadow = {
		.subject = subject,
		.rules = subject->set->rules,
		.accepts = (const void *)((const char *)image + image->accepts),
		.lists = (const void *)((const char *)image + image->accept_rules),
		.tallies = tallies,
		.first = first,
		.entries = entries,
	};

	if (!tallies || !first || !entries)
		return -ENOMEM;
	count(&shadow);
	first[image->n_rules + 1] = image->n_accept_rules;
	find(&shadow, diags);
	return 0;
}
