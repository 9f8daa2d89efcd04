/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See unattached.h. The maps are pinned, for a load test ends writd as well: who is started again
 * finds the grants as they were. The directory `links` is made last and stays empty: that it is
 * there says that the rest is whole.
 */
#include "kernel/unattached.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>

#include "kernel/load.h"
#include "kernel/pins.h"
#include "lib/cleanup.h"
#include "lib/log.h"
#include "writ_maps.skel.h"

static void maps_freep(struct writ_maps **maps)
{
	writ_maps__destroy(*maps);
}

static int load_maps(const struct writ_kernel *kernel, struct writ_maps **ret_maps)
{
	__attribute__((cleanup(maps_freep))) struct writ_maps *maps = writ_maps__open();
	int err;

	if (!maps)
		return -errno;
	if (kernel->ring_size)
		(void)bpf_map__set_max_entries(maps->maps.events, kernel->ring_size);
	err = writ_maps__load(maps);
	if (!err)
		*ret_maps = take_ptr(maps);
	return err;
}

static int pin_maps(struct writ_kernel *kernel, const struct writ_maps *maps)
{
	int err = writ_pins_make(WRIT_PINS_TOP);

	if (!err)
		err = writ_pins_make(WRIT_PINS_MAPS);
	if (!err)
		err = writ_load_pin(kernel, maps->obj);
	if (!err)
		err = writ_pins_make(WRIT_PINS_PROGRAMS);
	if (!err)
		err = writ_pins_put(WRIT_PINS_PROGRAMS, WRIT_PROGRAM_NOTE,
				    bpf_program__fd(maps->progs.note));
	if (!err)
		err = writ_load_record(kernel);
	return err ? err : writ_pins_make(WRIT_PINS_LINKS);
}

static int load_fresh(struct writ_kernel *kernel)
{
	__attribute__((cleanup(maps_freep))) struct writ_maps *maps = NULL;
	int err;

	(void)writ_kernel_unload(NULL); /* of a load that was cut off */
	kernel->origin = WRIT_KERNEL_LOADED;
	err = load_maps(kernel, &maps);
	if (!err)
		err = pin_maps(kernel, maps);
	if (err)
		(void)writ_kernel_unload(NULL);
	return err ? writ_log_errno(err, "load the maps below %s", WRIT_PINS_TOP) : 0;
}

/* There is nothing to upgrade: what is pinned can go at any time. */
static int check_build(struct writ_kernel *kernel)
{
	uint64_t hash = 0;
	int err = writ_load_pinned_hash(kernel, &hash);

	if (!err && hash != writ_load_hash())
		err = -EPROTO;
	if (err)
		return writ_log_errno(err,
				      "%s is another build's; 'writd --no-attach DIR "
				      "--unload' removes it",
				      WRIT_PINS_TOP);
	kernel->origin = WRIT_KERNEL_ADOPTED;
	return 0;
}

int writ_unattached_load(struct writ_kernel *kernel)
{
	int err;

	kernel->unattached = true;
	if (writ_pins_enforce())
		return writ_log_errno(-EBUSY, "Writ enforces on this node, and a load test beside "
					      "it would tell lies about both; 'writd --unload' "
					      "ends enforcement");
	err = writ_load_adopt(kernel);
	if (err == -ENOENT)
		return load_fresh(kernel);
	return err ? err : check_build(kernel);
}
