/* SPDX-License-Identifier: Apache-2.0 */
/* See pins.h. */
#include "kernel/pins.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/cleanup.h"

#include "writ/abi.h"

#define PLACE(dir) {dir, dir "/maps", dir "/programs", dir "/links"}

static const struct writ_pins_place attached = PLACE(WRIT_PIN_DIR);
static const struct writ_pins_place unattached = PLACE(WRIT_PIN_DIR_UNATTACHED);

const struct writ_pins_place *writ_pins_place = &attached;

void writ_pins_use_unattached(void)
{
	writ_pins_place = &unattached;
}

bool writ_pins_enforce(void)
{
	return writ_pins_exist(attached.links);
}

void writ_pins_path(const char *dir, const char *name, char ret_path[WRIT_PINS_PATH_SIZE])
{
	(void)snprintf(ret_path, WRIT_PINS_PATH_SIZE, "%s/%s", dir, name);
}

int writ_pins_make(const char *dir)
{
	return mkdir(dir, 0700) && errno != EEXIST ? -errno : 0;
}

int writ_pins_get(const char *dir, const char *name)
{
	char path[WRIT_PINS_PATH_SIZE];

	writ_pins_path(dir, name, path);
	return bpf_obj_get(path);
}

/* A pin can't be overwritten, but it can be renamed over another one: never a moment without. */
int writ_pins_put(const char *dir, const char *name, int fd)
{
	char path[WRIT_PINS_PATH_SIZE], fresh[WRIT_PINS_PATH_SIZE];
	int err;

	writ_pins_path(dir, name, path);
	if ((size_t)snprintf(fresh, sizeof(fresh), "%s/%s_new", dir, name) >= sizeof(fresh))
		return -ENAMETOOLONG;
	(void)unlink(fresh);
	err = bpf_obj_pin(fd, fresh);
	if (err)
		return err;
	if (rename(fresh, path)) {
		err = -errno;
		(void)unlink(fresh);
	}
	return err;
}

int writ_pins_prune(const char *dir, bool (*keep)(const char *name))
{
	_cleanup_closedir_ DIR *entries = opendir(dir);
	int err = 0;

	if (!entries)
		return errno == ENOENT ? 0 : -errno;
	for (struct dirent *entry; (entry = readdir(entries));) {
		if (entry->d_name[0] == '.' || keep(entry->d_name))
			continue;
		if (unlinkat(dirfd(entries), entry->d_name, 0) && !err)
			err = -errno;
	}
	return err;
}

static bool keep_none(const char *name)
{
	(void)name;
	return false;
}

int writ_pins_remove(const char *dir)
{
	int err = writ_pins_prune(dir, keep_none);

	if (rmdir(dir) && errno != ENOENT && !err)
		err = -errno;
	return err;
}

bool writ_pins_exist(const char *dir)
{
	return !access(dir, F_OK);
}
