/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The core's own records, put into the ring that the hooks' records go through: what the core did
 * stands in the log in the order in which it happened, and waits when nobody reads.
 */
#ifndef WRIT_KERNEL_NOTE_H
#define WRIT_KERNEL_NOTE_H

#include "kernel/kernel.h"
#include "writ/note.h"

/* Takes hold of the pinned program. It stays usable when its pin goes. */
int writ_note_open(struct writ_kernel *kernel);

/*
 * Puts @note into the ring; the fields of struct writ_note that are the program's are filled in.
 * -ENOBUFS: the ring is full, and no record was made: try again later. Others: it can't be.
 */
int writ_note_send(const struct writ_kernel *kernel, struct writ_note *note);

#endif
