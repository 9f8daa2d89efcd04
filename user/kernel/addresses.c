/* SPDX-License-Identifier: Apache-2.0 */
/* See addresses.h. The image was checked before it was placed, so its offsets hold. */
#include "kernel/addresses.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

static const struct writ_image_address *address_at(const struct writ_image *image, uint32_t index)
{
	const uint8_t *bytes = (const uint8_t *)image + image->addresses;

	return (const struct writ_image_address *)(const void *)bytes + index;
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

int writ_addresses_enter(const struct writ_kernel *kernel, const struct writ_image *image,
			 uint32_t id)
{
	for (uint32_t i = 0; i < image->n_addresses; i++) {
		const struct writ_image_address *address = address_at(image, i);
		struct writ_address_key key = address_key(address, id);
		int err = bpf_map_update_elem(kernel->map_fds[WRIT_MAP_addresses], &key,
					      &address->ports, BPF_ANY);

		if (!err)
			continue;
		writ_addresses_remove(kernel, image, id);
		return err == -ENOSPC ? -E2BIG : err;
	}
	return 0;
}

void writ_addresses_remove(const struct writ_kernel *kernel, const struct writ_image *image,
			   uint32_t id)
{
	for (uint32_t i = 0; i < image->n_addresses; i++) {
		struct writ_address_key key = address_key(address_at(image, i), id);

		(void)bpf_map_delete_elem(kernel->map_fds[WRIT_MAP_addresses], &key);
	}
}
