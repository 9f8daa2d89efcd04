/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See sequence.h. Everything is counted, nothing is remembered by number. Of one CPU's numbers up
 * to the highest seen,
 *
 *	outstanding = highest - received - lost in the ring - called unaccounted
 *
 * are on their way: a program may be preempted between taking its number and reserving its
 * record, so that a later number overtakes it. Only what stays outstanding, without one moment of
 * zero, for WRIT_SEQUENCE_LATE_NS is called unaccounted; should it come after all, it is taken
 * back. Differences are modular, so that no number is special.
 */
#include "audit/sequence.h"

#include <errno.h>
#include <stdlib.h>

struct cpu {
	uint64_t base; /* numbers up to here are none of ours: neither received nor missing */
	uint64_t highest;
	uint64_t received; /* above base */
	uint64_t lost_base;
	uint64_t lost;
	uint64_t unaccounted;
	uint64_t since; /* boot time at which something was first outstanding, 0: nothing is */
	bool known;
};

struct writ_sequence {
	bool fresh;
	struct cpu cpus[WRIT_SEQUENCE_CPUS_MAX]; /* 512 KiB, touched for CPUs that exist */
};

int writ_sequence_new(bool fresh, struct writ_sequence **ret)
{
	struct writ_sequence *sequence = calloc(1, sizeof(*sequence));

	if (!sequence)
		return -ENOMEM;
	sequence->fresh = fresh;
	*ret = sequence;
	return 0;
}

void writ_sequence_free(struct writ_sequence *sequence)
{
	free(sequence);
}

static int64_t outstanding(const struct cpu *cpu)
{
	return (int64_t)(cpu->highest - cpu->base - cpu->received - (cpu->lost - cpu->lost_base) -
			 cpu->unaccounted);
}

static void begin(struct cpu *cpu, bool fresh, uint64_t number, uint64_t lost)
{
	cpu->known = true;
	if (fresh)
		return;
	cpu->base = cpu->highest = number - 1;
	cpu->lost_base = cpu->lost = lost;
}

static int64_t take_lost(struct cpu *cpu, uint64_t lost)
{
	int64_t more = (int64_t)(lost - cpu->lost);

	if (more <= 0)
		return 0; /* a record that was overtaken carries an older count */
	cpu->lost = lost;
	return more;
}

/* A number below the highest came: was it one that had been given up? */
static int64_t take_back(struct cpu *cpu)
{
	if (!cpu->unaccounted || outstanding(cpu) >= 0)
		return 0;
	cpu->unaccounted--;
	return 1;
}

static int64_t give_up(struct cpu *cpu, uint64_t boot_ns)
{
	int64_t left = outstanding(cpu);

	if (left <= 0) {
		cpu->since = 0;
		return 0;
	}
	if (!cpu->since)
		cpu->since = boot_ns;
	if ((int64_t)(boot_ns - cpu->since) < (int64_t)WRIT_SEQUENCE_LATE_NS)
		return 0;
	cpu->unaccounted += (uint64_t)left;
	cpu->since = 0;
	return left;
}

int writ_sequence_note(struct writ_sequence *sequence, uint32_t cpu, uint64_t number, uint64_t lost,
		       uint64_t boot_ns, struct writ_gap *ret)
{
	struct cpu *state;

	*ret = (struct writ_gap){.cpu = cpu};
	if (cpu >= WRIT_SEQUENCE_CPUS_MAX)
		return -ERANGE;
	state = &sequence->cpus[cpu];
	if (!state->known)
		begin(state, sequence->fresh, number, lost);
	ret->ring_full = take_lost(state, lost);
	if ((int64_t)(number - state->base) > 0)
		state->received++;
	if ((int64_t)(number - state->highest) > 0)
		state->highest = number;
	else
		ret->late = take_back(state);
	ret->unaccounted = give_up(state, boot_ns);
	return 0;
}

int writ_sequence_poll(struct writ_sequence *sequence, uint32_t cpu, uint64_t lost,
		       uint64_t boot_ns, struct writ_gap *ret)
{
	struct cpu *state;

	*ret = (struct writ_gap){.cpu = cpu};
	if (cpu >= WRIT_SEQUENCE_CPUS_MAX)
		return -ERANGE;
	state = &sequence->cpus[cpu];
	if (!state->known && !sequence->fresh)
		return 0; /* nothing to compare with before this CPU's first record */
	state->known = true;
	ret->ring_full = take_lost(state, lost);
	ret->unaccounted = give_up(state, boot_ns);
	return 0;
}
