/* SPDX-License-Identifier: Apache-2.0 */
/* See rule.h. An image is retired by storing 0 as its id, and ids are never given twice. */
#include "audit/rule.h"

#include <stdbool.h>
#include <string.h>

/* All of it but the classes, which are a map of bytes. */
#define HEADER offsetof(struct writ_image, classes)

/* An image's bytes, and its header as it was at first. */
struct view {
	const uint8_t *bytes;
	struct writ_image header;
};

static uint32_t id_of(const uint8_t *bytes)
{
	const struct writ_image *image = (const void *)bytes;

	return __atomic_load_n(&image->id, __ATOMIC_ACQUIRE);
}

static bool view_open(const struct writ_tables *tables, uint32_t at, uint32_t id, struct view *ret)
{
	const struct writ_image *header = &ret->header;

	if (!id || at % WRIT_IMAGE_ALIGN || at > WRIT_TABLES_SIZE - sizeof(*header))
		return false;
	ret->bytes = tables->bytes + at;
	if (id_of(ret->bytes) != id)
		return false;
	memcpy(&ret->header, ret->bytes, HEADER);
	return header->magic == WRIT_IMAGE_MAGIC && header->size <= WRIT_TABLES_SIZE - at;
}

/* Element @index of the array at @array; false: it is not within the image. */
static bool view_read(const struct view *view, uint32_t array, uint64_t index, void *ret,
		      size_t size)
{
	uint64_t at = array + index * size;

	if (at + size > view->header.size)
		return false;
	memcpy(ret, view->bytes + at, size);
	return true;
}

/* The first rule of @entry that denies, or allows, some of @need. */
static bool find_rule(const struct view *view, const struct writ_accept *entry, uint32_t need,
		      bool deny, struct writ_image_rule *ret)
{
	const struct writ_image *header = &view->header;

	for (uint64_t i = 0; i < entry->count; i++) {
		uint32_t index;

		if (!view_read(view, header->accept_rules, entry->first + i, &index,
			       sizeof(index)) ||
		    !view_read(view, header->rules, index, ret, sizeof(*ret)))
			return false;
		if ((deny ? ret->deny : ret->allow) & need)
			return true;
	}
	return false;
}

size_t writ_rule_copy(const struct writ_tables *tables, uint32_t image_at, uint32_t image,
		      uint32_t accept, uint32_t need, char *ret_text, size_t size)
{
	struct writ_image_rule rule;
	struct writ_accept entry;
	struct view view;
	uint64_t text;
	size_t len;

	if (!view_open(tables, image_at, image, &view) || accept >= view.header.n_accepts ||
	    !view_read(&view, view.header.accepts, accept, &entry, sizeof(entry)))
		return 0;
	if (!find_rule(&view, &entry, need, true, &rule) &&
	    !find_rule(&view, &entry, need, false, &rule))
		return 0;
	text = (uint64_t)view.header.strings + rule.text;
	if (text + rule.text_len > view.header.size)
		return 0;
	len = rule.text_len < size ? rule.text_len : size;
	memcpy(ret_text, view.bytes + text, len);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return id_of(view.bytes) == image ? len : 0;
}
