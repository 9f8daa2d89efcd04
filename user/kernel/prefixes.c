/* SPDX-License-Identifier: Apache-2.0 */
/* See prefixes.h. The image was checked before it was placed, so its offsets hold. */
#include "kernel/prefixes.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

static const struct writ_image_prefix *prefix_at(const struct writ_image *image, uint32_t index)
{
	const uint8_t *bytes = (const uint8_t *)image + image->prefixes;

	return (const struct writ_image_prefix *)(const void *)bytes + index;
}

static const struct writ_image_address *address_at(const struct writ_image *image, uint32_t index)
{
	const uint8_t *bytes = (const uint8_t *)image + image->addresses;

	return (const struct writ_image_address *)(const void *)bytes + index;
}

static struct writ_prefix_key prefix_key(const struct writ_image_prefix *prefix, uint32_t id)
{
	struct writ_prefix_key key = {.prefixlen = 8 * (4 + prefix->len), .image = id};

	memcpy(key.bytes, prefix->bytes, prefix->len);
	return key;
}

static struct writ_address_key address_key(const struct writ_image_address *address, uint32_t id)
{
	struct writ_address_key key = {
		.prefixlen = 64 + address->bits,
		.image = id,
		.protocol = address->protocol,
	};

	memcpy(key.address, address->address, sizeof(key.address));
	return key;
}

static int enter_prefixes(const struct writ_kernel *kernel, const struct writ_image *image,
			  uint32_t id)
{
	for (uint32_t i = 0; i < image->n_prefixes; i++) {
		const struct writ_image_prefix *prefix = prefix_at(image, i);
		struct writ_prefix_key key = prefix_key(prefix, id);
		struct writ_jump jump = {.state = prefix->state, .len = prefix->len};
		int err = bpf_map_update_elem(kernel->map_fds[WRIT_MAP_prefixes], &key, &jump,
					      BPF_ANY);

		if (err)
			return err == -ENOSPC ? -E2BIG : err;
	}
	return 0;
}

static int enter_addresses(const struct writ_kernel *kernel, const struct writ_image *image,
			   uint32_t id)
{
	for (uint32_t i = 0; i < image->n_addresses; i++) {
		const struct writ_image_address *address = address_at(image, i);
		struct writ_address_key key = address_key(address, id);
		int err = bpf_map_update_elem(kernel->map_fds[WRIT_MAP_addresses], &key,
					      &address->ports, BPF_ANY);

		if (err)
			return err == -ENOSPC ? -E2BIG : err;
	}
	return 0;
}

int writ_prefixes_enter(const struct writ_kernel *kernel, const struct writ_image *image,
			uint32_t id)
{
	int err = enter_prefixes(kernel, image, id);

	if (!err)
		err = enter_addresses(kernel, image, id);
	if (err)
		writ_prefixes_remove(kernel, image, id);
	return err;
}

void writ_prefixes_remove(const struct writ_kernel *kernel, const struct writ_image *image,
			  uint32_t id)
{
	for (uint32_t i = 0; i < image->n_prefixes; i++) {
		struct writ_prefix_key key = prefix_key(prefix_at(image, i), id);

		(void)bpf_map_delete_elem(kernel->map_fds[WRIT_MAP_prefixes], &key);
	}
	for (uint32_t i = 0; i < image->n_addresses; i++) {
		struct writ_address_key key = address_key(address_at(image, i), id);

		(void)bpf_map_delete_elem(kernel->map_fds[WRIT_MAP_addresses], &key);
	}
}
