/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See image_check.h. First the regions: in order, within the size, aligned; then what is in them.
 * Every function returns the fault, or NULL.
 */
#include "compile/image_check.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "compile/address.h"
#include "compile/image.h"

static const void *region(const struct writ_image *image, __u32 offset)
{
	return (const char *)image + offset;
}

static const char *check_header(const struct writ_image *image, size_t size)
{
	if (size < sizeof(*image))
		return "shorter than its header";
	if (image->magic != WRIT_IMAGE_MAGIC)
		return "no magic";
	if (image->version != WRIT_IMAGE_VERSION)
		return "unknown version";
	if (image->size != size || size % WRIT_IMAGE_ALIGN || size > WRIT_IMAGE_SIZE_MAX)
		return "wrong size";
	if (image->capabilities >> WRIT_CAPABILITIES)
		return "unknown capabilities";
	if (image->flags & ~WRIT_IMAGE_HAS_DENY)
		return "unknown flags";
	if (image->n_classes < 1 || image->n_classes > 256)
		return "wrong number of classes";
	if (image->checksum != writ_image_checksum(image, size))
		return "wrong checksum";
	return NULL;
}

static const char *check_regions(const struct writ_image *image)
{
	const struct {
		uint64_t offset, count, size;
	} regions[] = {
		{image->trie, image->n_cells, sizeof(struct writ_trie_cell)},
		{image->rows, image->n_rows, 4 * (1 + (uint64_t)image->n_classes)},
		{image->accepts, image->n_accepts, sizeof(struct writ_accept)},
		{image->accept_rules, image->n_accept_rules, sizeof(__u32)},
		{image->rules, image->n_rules, sizeof(struct writ_image_rule)},
		{image->addresses, image->n_addresses, sizeof(struct writ_image_address)},
		{image->strings, image->strings_size, 1},
	};
	uint64_t end = sizeof(*image);

	for (size_t i = 0; i < sizeof(regions) / sizeof(regions[0]); i++) {
		if (regions[i].offset % (i ? 4 : sizeof(struct writ_trie_cell)) ||
		    regions[i].offset < end)
			return "regions overlap or are not aligned";
		end = regions[i].offset + regions[i].count * regions[i].size;
		if (end > image->size)
			return "a region ends behind the image";
	}
	return image->n_rows && image->n_accepts ? NULL : "no dead state";
}

/* Is it the word of a row, with FINAL where the row says so? */
static bool is_row(const struct writ_image *image, __u32 word)
{
	const __u32 *rows = region(image, image->rows);
	__u32 width = 1 + image->n_classes, at = word & WRIT_STATE_INDEX;
	bool absorbing = true;

	if (word & WRIT_STATE_TRIE || at % width || at / width >= image->n_rows)
		return false;
	for (__u32 i = 1; i < width && absorbing; i++)
		absorbing = (rows[at + i] & WRIT_STATE_INDEX) == at;
	return absorbing == !!(word & WRIT_STATE_FINAL);
}

static const char *check_rows(const struct writ_image *image)
{
	const __u32 *rows = region(image, image->rows);
	__u32 width = 1 + image->n_classes;

	for (size_t i = 0; i < 256; i++)
		if (image->classes[i] >= image->n_classes)
			return "a byte has no class";
	for (__u32 row = 0; row < image->n_rows; row++) {
		if (rows[(size_t)row * width] >= image->n_accepts)
			return "a state has no accept entry";
		for (__u32 i = 1; i < width; i++)
			if (!is_row(image, rows[(size_t)row * width + i]))
				return "a transition leads to no state";
	}
	if (rows[0] || !is_row(image, WRIT_STATE_DEAD))
		return "row 0 is not the dead state";
	return NULL;
}

/* Is it the number of a node? */
static bool is_node(const struct writ_image *image, uint64_t node)
{
	const struct writ_trie_cell *cells = region(image, image->trie);

	return node + WRIT_TRIE_REACH < image->n_cells && cells[node].owner == WRIT_TRIE_NODE;
}

static bool is_state(const struct writ_image *image, __u32 word)
{
	if (!(word & WRIT_STATE_TRIE))
		return is_row(image, word);
	return !(word & WRIT_STATE_FINAL) && is_node(image, word & WRIT_STATE_INDEX);
}

static const char *check_trie(const struct writ_image *image)
{
	const struct writ_trie_cell *cells = region(image, image->trie);

	for (__u32 i = 0; i < image->n_cells; i++) {
		if (cells[i].owner == WRIT_TRIE_FREE)
			continue;
		if (cells[i].owner == WRIT_TRIE_NODE) {
			if (!is_node(image, i) || !is_row(image, cells[i].state))
				return "a node of the trie stands over no state";
		} else if (!is_node(image, cells[i].owner) || i <= cells[i].owner ||
			   i - cells[i].owner > WRIT_TRIE_REACH) {
			return "an edge of the trie is no node's";
		} else if (!is_state(image, cells[i].state)) {
			return "an edge of the trie leads to no state";
		}
	}
	if (!is_state(image, image->path_entry))
		return "the path entry is no state";
	return is_state(image, image->exec_entry) ? NULL : "the exec entry is no state";
}

static const char *check_accepts(const struct writ_image *image)
{
	const struct writ_accept *accepts = region(image, image->accepts);
	const __u32 *list = region(image, image->accept_rules);

	if (accepts[0].allow || accepts[0].deny || accepts[0].count || accepts[0].audit)
		return "accept entry 0 gives something";
	for (__u32 i = 0; i < image->n_accepts; i++) {
		const struct writ_accept *accept = &accepts[i];

		if (accept->first > image->n_accept_rules ||
		    accept->count > image->n_accept_rules - accept->first)
			return "an accept entry has no rules";
		for (__u32 r = accept->first; r < accept->first + accept->count; r++)
			if (list[r] >= image->n_rules ||
			    (r > accept->first && list[r] <= list[r - 1]))
				return "an accept entry's rules are not ascending";
	}
	return NULL;
}

/* An entry gives what its rules give: no more than the texts that `why` shows. */
static const char *check_bits(const struct writ_image *image)
{
	const struct writ_accept *accepts = region(image, image->accepts);
	const struct writ_image_rule *rules = region(image, image->rules);
	const __u32 *list = region(image, image->accept_rules);

	for (__u32 i = 0; i < image->n_accepts; i++) {
		__u32 allow = 0, deny = 0;

		for (__u32 r = 0; r < accepts[i].count; r++) {
			allow |= rules[list[accepts[i].first + r]].allow;
			deny |= rules[list[accepts[i].first + r]].deny;
		}
		if (allow != accepts[i].allow || deny != accepts[i].deny)
			return "an accept entry gives other bits than its rules";
		if (accepts[i].audit !=
		    writ_image_audit(rules, list + accepts[i].first, accepts[i].count))
			return "an accept entry records other bits than its rules";
	}
	return NULL;
}

static const char *check_rules(const struct writ_image *image)
{
	const struct writ_image_rule *rules = region(image, image->rules);
	__u32 flags = 0;

	for (__u32 i = 0; i < image->n_rules; i++) {
		if (rules[i].text > image->strings_size ||
		    rules[i].text_len > image->strings_size - rules[i].text)
			return "a rule's text is outside of the strings";
		if (rules[i].audit >= WRIT_AUDIT_COUNT)
			return "a rule has no audit word";
		if (rules[i].deny)
			flags |= WRIT_IMAGE_HAS_DENY;
	}
	return flags == image->flags ? NULL : "the deny flag does not fit the rules";
}

static const char *check_ports(const struct writ_image *image, const struct writ_ports *ports)
{
	if (ports->count > WRIT_PORT_RANGES_MAX || ports->pad)
		return "an address has too many port ranges";
	for (__u32 i = 0; i < ports->count; i++) {
		const struct writ_port_range *range = &ports->ranges[i];

		if (range->high < range->low || range->accept >= image->n_accepts)
			return "a port range is wrong";
		if (i && range->low <= range[-1].high)
			return "port ranges are not ascending";
	}
	return NULL;
}

static const char *check_addresses(const struct writ_image *image)
{
	const struct writ_image_address *entries = region(image, image->addresses);

	for (__u32 i = 0; i < image->n_addresses; i++) {
		const struct writ_image_address *at = &entries[i];
		const char *why = check_ports(image, &at->ports);
		int order;

		if (why)
			return why;
		if (at->bits > 128 || writ_address_has_rest(at->address, at->bits))
			return "an address has bits behind its prefix";
		if (at->protocol != WRIT_PROTOCOL_TCP && at->protocol != WRIT_PROTOCOL_UDP)
			return "an address has no protocol";
		if (!i)
			continue;
		order = memcmp(at[-1].address, at->address, sizeof(at->address));
		if (at[-1].protocol > at->protocol ||
		    (at[-1].protocol == at->protocol &&
		     (order > 0 || (!order && at[-1].bits >= at->bits))))
			return "addresses are not sorted";
	}
	return NULL;
}

int writ_image_check(const void *bytes, size_t size, const char **ret_why)
{
	static const char *(*const checks[])(const struct writ_image *image) = {
		check_regions, check_accepts, check_rows,     check_trie,
		check_rules,   check_bits,    check_addresses};
	const struct writ_image *image = bytes;
	const char *why = check_header(image, size);

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]) && !why; i++)
		why = checks[i](image);
	if (why && ret_why)
		*ret_why = why;
	return why ? -EINVAL : 0;
}
