/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See rights.h. The text of a rule (rule_text.h) is "<place> <object> <words>", and its bits say
 * which words stand at its end: what is left is the object.
 */
#include "compile/rights.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "writ/names.h"

static size_t add_words(char *text, size_t size, size_t used, const char *before, uint32_t bits)
{
	const char *comma = "";

	if (bits)
		used += (size_t)snprintf(text + used, size - used, "%s", before);
	for (uint32_t i = 0; i < WRIT_ACCESS_BITS && used < size; i++) {
		if (!(bits >> i & 1))
			continue;
		used += (size_t)snprintf(text + used, size - used, "%s%s", comma,
					 writ_access_name(i));
		comma = ",";
	}
	return used;
}

/* Takes the words off; those of an exec rule with arguments stand in the middle. */
static void take_words(char *object, uint32_t allow, uint32_t deny)
{
	static const char argv[] = " execute argv:";
	char words[256] = "", *middle = strstr(object, argv);
	size_t len = strlen(object), n = add_words(words, sizeof(words), 0, " ", allow);

	n = add_words(words, sizeof(words), n, " deny ", deny);
	if (n < len && !strcmp(object + len - n, words)) {
		object[len - n] = '\0';
	} else if (middle) { /* "/usr/sbin/nginx argv: nginx -t" */
		middle++;
		memmove(middle, middle + strlen("execute "),
			strlen(middle + strlen("execute ")) + 1);
	}
}

static int by_object(const void *left, const void *right)
{
	const struct writ_right *a = left, *b = right;
	int order = strcmp(a->object, b->object);

	return order ? order : strcmp(a->at, b->at);
}

int writ_rights_of(const struct writ_tables *tables, struct writ_arena *arena,
		   struct writ_rights *ret_rights)
{
	const struct writ_image *header = (const void *)tables->bytes;
	const char *base = (const char *)header;
	const struct writ_image_rule *rules = (const void *)(base + header->rules);
	const uint32_t words = (1u << WRIT_ACCESS_BITS) - 1; /* other bits are no access */
	struct writ_rights rights = {
		.items = writ_arena_array(arena, header->n_rules, sizeof(*rights.items))};

	if (!rights.items)
		return -ENOMEM;
	for (uint32_t i = 0; i < header->n_rules; i++) {
		char *text = writ_arena_text(arena, base + header->strings + rules[i].text,
					     rules[i].text_len);
		char *space = text ? strchr(text, ' ') : NULL;

		if (!text)
			return -ENOMEM;
		/* an exec rule with arguments has a second one that says the rest */
		if (!space || rules[i].allow == WRIT_ACCESS_EXECUTE_ARGV)
			continue;
		*space = '\0';
		take_words(space + 1, rules[i].allow, rules[i].deny);
		rights.items[rights.count++] = (struct writ_right){
			.object = space + 1,
			.at = text,
			.allow = rules[i].allow & words,
			.deny = rules[i].deny & words,
			.audit = rules[i].audit,
		};
	}
	if (rights.count)
		qsort(rights.items, rights.count, sizeof(*rights.items), by_object);
	*ret_rights = rights;
	return 0;
}

bool writ_rights_same_image(const struct writ_tables *a, const struct writ_tables *b)
{
	struct writ_image left = *(const struct writ_image *)(const void *)a->bytes;
	struct writ_image right = *(const struct writ_image *)(const void *)b->bytes;
	const struct writ_image_rule *rules = (const void *)(a->bytes + left.rules);
	const struct writ_image_rule *others = (const void *)(b->bytes + right.rules);

	left.size = right.size = left.strings_size = right.strings_size = 0;
	left.checksum = right.checksum = 0;
	if (memcmp(&left, &right, sizeof(left)) ||
	    memcmp(a->bytes + left.trie, b->bytes + left.trie, left.rules - left.trie) ||
	    memcmp(a->bytes + left.addresses, b->bytes + left.addresses,
		   left.strings - left.addresses))
		return false;
	for (uint32_t i = 0; i < left.n_rules; i++)
		if (rules[i].allow != others[i].allow || rules[i].deny != others[i].deny ||
		    rules[i].audit != others[i].audit)
			return false;
	return true;
}
