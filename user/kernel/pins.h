/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pins under WRIT_PIN_DIR: maps/NAME, programs/NAME, links/NAME. A pinned link is what keeps a
 * program attached when the daemon is gone. "links" appears last and by one rename, so that it is
 * whole or absent.
 */
#ifndef WRIT_KERNEL_PINS_H
#define WRIT_KERNEL_PINS_H

#include <stdbool.h>
#include <stddef.h>

/* Which of the two sets of pins this process has: that of Writ, until it is told otherwise. */
struct writ_pins_place {
	const char *top;
	const char *maps;
	const char *programs;
	const char *links;
};
extern const struct writ_pins_place *writ_pins_place;

#define WRIT_PINS_TOP (writ_pins_place->top)
#define WRIT_PINS_MAPS (writ_pins_place->maps)
#define WRIT_PINS_PROGRAMS (writ_pins_place->programs)
#define WRIT_PINS_LINKS (writ_pins_place->links)
#define WRIT_PINS_PATH_SIZE 128

/* From now on WRIT_PIN_DIR_UNATTACHED: once, before anything is pinned. */
void writ_pins_use_unattached(void);

/* Are there links of Writ's, so that it enforces here, whether a writd runs or not? */
bool writ_pins_enforce(void);

void writ_pins_path(const char *dir, const char *name, char ret_path[WRIT_PINS_PATH_SIZE]);

/* Makes the directories, 0700, where they are missing. */
int writ_pins_make(const char *dir);

/* A descriptor of the pinned object, or -errno. */
int writ_pins_get(const char *dir, const char *name);

/* Pins @fd as dir/name, in the place of what was pinned there. */
int writ_pins_put(const char *dir, const char *name, int fd);

/* Removes the pins in @dir that @keep does not name. */
int writ_pins_prune(const char *dir, bool (*keep)(const char *name));

/* Removes every pin in @dir and @dir itself. 0 also if there is none. */
int writ_pins_remove(const char *dir);

bool writ_pins_exist(const char *dir);

#endif
