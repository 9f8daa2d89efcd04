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
#include <string.h>

struct writ_sequence {
	struct writ_accounts *kept;
	uint32_t cpus;				     /* one more than the highest that was noted */
	struct writ_account accounts[WRIT_CPUS_MAX]; /* 320 KiB, touched for CPUs that exist */
};

static const struct writ_accounts_slot *slot_of(const struct writ_accounts *kept)
{
	return &kept->slots[__atomic_load_n(&kept->turn, __ATOMIC_ACQUIRE) & 1];
}

static bool is_noted(const struct writ_account *account)
{
	return account->highest || account->received || account->lost || account->unaccounted;
}

int writ_sequence_new(struct writ_accounts *kept, struct writ_sequence **ret)
{
	struct writ_sequence *sequence = calloc(1, sizeof(*sequence));

	if (!sequence)
		return -ENOMEM;
	sequence->kept = kept;
	if (kept)
		memcpy(sequence->accounts, slot_of(kept)->cpus, sizeof(sequence->accounts));
	for (uint32_t cpu = 0; cpu < WRIT_CPUS_MAX; cpu++)
		if (is_noted(&sequence->accounts[cpu]))
			sequence->cpus = cpu + 1;
	*ret = sequence;
	return 0;
}

void writ_sequence_free(struct writ_sequence *sequence)
{
	free(sequence);
}

/* Killed anywhere in here, the slot that held goes on to hold. */
void writ_sequence_commit(struct writ_sequence *sequence, const struct writ_committed *committed)
{
	struct writ_accounts *kept = sequence->kept;
	struct writ_accounts_slot *slot;

	if (!kept)
		return;
	slot = &kept->slots[~kept->turn & 1];
	memcpy(slot->cpus, sequence->accounts, sequence->cpus * sizeof(*sequence->accounts));
	slot->segment = committed->segment;
	slot->lines = committed->lines;
	slot->consumed = committed->consumed;
	__atomic_store_n(&kept->turn, kept->turn + 1, __ATOMIC_RELEASE);
}

bool writ_sequence_committed(const struct writ_accounts *kept, struct writ_committed *ret)
{
	const struct writ_accounts_slot *slot;

	if (!kept || !kept->turn)
		return false;
	slot = slot_of(kept);
	*ret = (struct writ_committed){slot->segment, slot->lines, slot->consumed};
	return true;
}

static int64_t outstanding(const struct writ_account *cpu)
{
	return (int64_t)(cpu->highest - cpu->received - cpu->lost - cpu->unaccounted);
}

static int64_t take_lost(struct writ_account *cpu, uint64_t lost)
{
	int64_t more = (int64_t)(lost - cpu->lost);

	if (more <= 0)
		return 0; /* a record that was overtaken carries an older count */
	cpu->lost = lost;
	return more;
}

/* A number below the highest came: was it one that had been given up? */
static int64_t take_back(struct writ_account *cpu)
{
	if (!cpu->unaccounted || outstanding(cpu) >= 0)
		return 0;
	cpu->unaccounted--;
	return 1;
}

static int64_t give_up(struct writ_account *cpu, uint64_t boot_ns)
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

/* The account of @cpu, NULL for one that no kernel has. */
static struct writ_account *account(struct writ_sequence *sequence, uint32_t cpu)
{
	if (cpu >= WRIT_CPUS_MAX)
		return NULL;
	if (cpu >= sequence->cpus)
		sequence->cpus = cpu + 1;
	return &sequence->accounts[cpu];
}

int writ_sequence_note(struct writ_sequence *sequence, uint32_t cpu, uint64_t number, uint64_t lost,
		       uint64_t boot_ns, struct writ_gap *ret)
{
	struct writ_account *state = account(sequence, cpu);

	*ret = (struct writ_gap){.cpu = cpu};
	if (!state)
		return -ERANGE;
	ret->ring_full = take_lost(state, lost);
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
	struct writ_account *state = account(sequence, cpu);

	*ret = (struct writ_gap){.cpu = cpu};
	if (!state)
		return -ERANGE;
	ret->ring_full = take_lost(state, lost);
	ret->unaccounted = give_up(state, boot_ns);
	return 0;
}

void writ_sequence_replay(struct writ_sequence *sequence, uint32_t cpu, uint64_t number)
{
	struct writ_account *state = account(sequence, cpu);

	if (!state)
		return;
	state->received++;
	if ((int64_t)(number - state->highest) > 0)
		state->highest = number;
}

void writ_sequence_replay_gap(struct writ_sequence *sequence, const struct writ_gap *gap)
{
	struct writ_account *state = account(sequence, gap->cpu);

	if (!state)
		return;
	state->lost += (uint64_t)gap->ring_full;
	state->unaccounted += (uint64_t)(gap->unaccounted - gap->late);
}
