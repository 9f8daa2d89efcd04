/* SPDX-License-Identifier: Apache-2.0 */
/* Is what came from the core a row, and one that belongs here? Pure. */
#ifndef WRIT_BROKER_CORE_ROW_H
#define WRIT_BROKER_CORE_ROW_H

#include <stdbool.h>

#include "writ/control.h"

/* Its strings end, its words are words. Of its version nothing is said. */
bool writ_core_row_is_sound(const struct writ_reply *reply);

/* May it stand in an answer to @verb? */
bool writ_core_row_answers(const struct writ_reply *reply, __u32 verb);

#endif
