/* SPDX-License-Identifier: Apache-2.0 */
/* See image_match.h. */
#include "compile/image_match.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "compile/address.h"

struct writ_tables *writ_tables_new(void)
{
	void *tables = mmap(NULL, sizeof(struct writ_tables), PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return tables == MAP_FAILED ? NULL : tables;
}

void writ_tables_free(struct writ_tables *tables)
{
	if (tables)
		(void)munmap(tables, sizeof(*tables));
}

void writ_tables_freep(struct writ_tables **tables)
{
	writ_tables_free(*tables);
}

int writ_tables_place(struct writ_tables *tables, __u32 offset, const struct writ_blob *image)
{
	if (offset % WRIT_IMAGE_ALIGN || offset > sizeof(tables->bytes) ||
	    image->size > sizeof(tables->bytes) - offset)
		return -ENOSPC;
	memcpy(tables->bytes + offset, image->bytes, image->size);
	return 0;
}

static const struct writ_image *header_of(const struct writ_tables *tables, __u32 image)
{
	return (const void *)(tables->bytes + image);
}

static __u32 walk(const struct writ_tables *tables, __u32 image, __u32 state, const void *bytes,
		  size_t len)
{
	struct writ_text text;
	struct writ_walk walk = {.tables = tables,
				 .text = &text,
				 .image = image,
				 .state = state,
				 .end = (__u32)len};

	writ_walk_begin(&walk);
	memcpy(text.bytes, bytes, len);
	(void)writ_match_walk(&walk);
	return writ_match_accept(&walk);
}

int writ_image_match(const struct writ_tables *tables, __u32 image, const void *path, size_t len,
		     __u32 *ret_accept)
{
	if (len >= WRIT_PATH_SIZE)
		return -ENAMETOOLONG;
	*ret_accept = walk(tables, image, header_of(tables, image)->path_entry, path, len);
	return 0;
}

int writ_image_match_exec(const struct writ_tables *tables, __u32 image, const void *text,
			  size_t len, __u32 *ret_accept)
{
	if (len > WRIT_TEXT_SIZE)
		return -ENAMETOOLONG;
	*ret_accept = walk(tables, image, header_of(tables, image)->exec_entry, text, len);
	return 0;
}

__u32 writ_image_match_address(const struct writ_tables *tables, __u32 image, __u32 protocol,
			       const __u8 address[16], __u16 port)
{
	const struct writ_image *header = header_of(tables, image);
	const struct writ_image_address *entries =
		(const void *)((const char *)header + header->addresses);
	const struct writ_image_address *best = NULL;

	for (__u32 i = 0; i < header->n_addresses; i++)
		if (entries[i].protocol == protocol && (!best || entries[i].bits > best->bits) &&
		    writ_address_within(address, entries[i].address, entries[i].bits))
			best = &entries[i];
	for (__u32 i = 0; best && i < best->ports.count; i++)
		if (port >= best->ports.ranges[i].low && port <= best->ports.ranges[i].high)
			return best->ports.ranges[i].accept;
	return 0;
}

bool writ_image_rule(const struct writ_tables *tables, __u32 image, __u32 accept, __u32 need,
		     __u32 *ret_rule, const char **ret_text, size_t *ret_len)
{
	const struct writ_image *header = header_of(tables, image);
	const char *base = (const char *)header;
	const struct writ_accept *entry = (const void *)(base + header->accepts);
	const struct writ_image_rule *rules = (const void *)(base + header->rules);
	const __u32 *list = (const void *)(base + header->accept_rules);

	entry += accept;
	for (int deny = 1; deny >= 0; deny--) {
		for (__u32 i = 0; i < entry->count; i++) {
			__u32 index = list[entry->first + i];

			if (!((deny ? rules[index].deny : rules[index].allow) & need))
				continue;
			*ret_rule = index;
			*ret_text = base + header->strings + rules[index].text;
			*ret_len = rules[index].text_len;
			return true;
		}
	}
	return false;
}
