/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The metrics as a file for node_exporter's textfile collector, at the interval that the policy's
 * Node says: whole or absent, for it is renamed into its place. What keeps it from being written is
 * logged once, until it changes; the file that was there stays, and its age tells.
 */
#ifndef WRIT_BROKER_TEXTFILE_H
#define WRIT_BROKER_TEXTFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct writ_broker;
struct writ_policy;

/* All zero: there was none in the policy that this broker was started with. */
struct writ_textfile {
	char *path;	 /* owned; that one, whose directory may be written; NULL: none */
	uint64_t due_ns; /* boot time */
	int error;	 /* last one told; 0: it was written */
};

/* Where @policy (or NULL) wants it, NULL: nowhere. */
const char *writ_textfile_path(const struct writ_policy *policy);

/* Has the policy none, or one in the directory that may be written since the start? */
bool writ_textfile_fits(const struct writ_broker *broker);

/* ms until it is due, -1: never. */
int writ_textfile_timeout(const struct writ_broker *broker);

/* Writes it if it is due. May ask the core. */
void writ_textfile_run(struct writ_broker *broker);

/* 0 or -errno: @text is at @path then. Leaves nothing else behind. */
int writ_textfile_write(const char *path, const char *text, size_t len);

#endif
