/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside ocsf: a line's members move into an event, one class after another; what nobody takes is
 * left in the line.
 */
#ifndef WRIT_FORWARD_OCSF_CLASS_H
#define WRIT_FORWARD_OCSF_CLASS_H

#include <jansson.h>

#include "forward/record.h"

enum writ_ocsf_class {
	WRIT_OCSF_BASE = 0,
	WRIT_OCSF_FILE = 1001,
	WRIT_OCSF_PROCESS = 1007,
	WRIT_OCSF_AUTHORIZE = 3003,
	WRIT_OCSF_NETWORK = 4001,
	WRIT_OCSF_LIFECYCLE = 6002,
};

#define WRIT_OCSF_OTHER 99 /* of every activity */

struct writ_ocsf {
	const struct writ_record *record; /* as it was */
	json_t *line;			  /* what nobody has taken yet */
	json_t *event;
	enum writ_ocsf_class class;
	int activity;
};

/* Moves @key of the line into @object as @name; nothing if it has none, or null. */
void writ_ocsf_move(struct writ_ocsf *ocsf, const char *key, json_t *object, const char *name);

/* Likewise an integer as a string: ids of OCSF are strings. */
void writ_ocsf_move_uid(struct writ_ocsf *ocsf, const char *key, json_t *object, const char *name);

/* Chooses class and activity, and fills in what the class has of its own. */
void writ_ocsf_classify(struct writ_ocsf *ocsf);

#endif
