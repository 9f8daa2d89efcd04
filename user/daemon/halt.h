/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `audit: {on_error: stop_agents}`: while the log takes no lines, agents can do nothing. What
 * writ-audit says of itself is believed here, for it can lie to one end only: one that was taken
 * over writes what it likes anyway. That it says nothing counts as that nothing is written.
 */
#ifndef WRIT_DAEMON_HALT_H
#define WRIT_DAEMON_HALT_H

#include <stdbool.h>
#include <stdint.h>

#define WRIT_HALT_SILENT_NS (UINT64_C(5) * 1000000000) /* a full ring is written in one */
#define WRIT_HALT_SOUND_NS (UINT64_C(1) * 1000000000)  /* a nearly full disk goes to and fro */

/* All zero: agents go on, and nobody has looked. */
struct writ_halt {
	bool on;	  /* agents are stopped */
	int32_t error;	  /* why, -errno of the log; 0: nobody writes it */
	uint64_t rounds;  /* that were counted at the last look */
	uint64_t moved;	  /* boot ns of the look that saw them move, or of the first */
	uint64_t trouble; /* boot ns of the last look that saw an error, or silence */
};

/*
 * One look at @now, boot ns: writ-audit has said @error and how many @rounds left nothing to write.
 * True: halt->on has changed.
 */
bool writ_halt_look(struct writ_halt *halt, int32_t error, uint64_t rounds, uint64_t now);

struct writ_daemon;

/* At start: what the kernel has of a writd before this one stays until the log takes lines. */
void writ_halt_adopt(struct writ_daemon *daemon);

/* At each tick, and when the policy is another one: stops agents, or lets them go on. */
void writ_halt_tick(struct writ_daemon *daemon);

#endif
