/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the ledger has counted, as families of metrics. A playbook's name is policy's, of which
 * there may have been many: the first ones have series of their own, the rest are one, so that no
 * history makes the text too large.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "broker/broker.h"
#include "broker/ledger_tally.h"
#include "broker/metrics.h"
#include "lib/cleanup.h"

static const char *const bounds[] = {
#define X(seconds) #seconds,
	WRIT_LIFETIME_LIST(X)
#undef X
		WRIT_LIFETIME_MORE,
};
#define N_BOUNDS (sizeof(bounds) / sizeof(bounds[0]))

static const char *const ends[] = {
#define X(name, word) [WRIT_END_##name] = (word),
	WRIT_END_LIST(X)
#undef X
};

static const char *const refusals[] = {
#define X(name, word) [WRIT_REFUSAL_##name] = (word),
	WRIT_REFUSAL_LIST(X)
#undef X
};

static const char *const evidences[] = {"", "ticket", "approver"};

/* Of a playbook, or of an environment. */
struct named {
	char *name; /* owned; the last one's is WRIT_METRICS_OTHER, and not */
	uint64_t issued;
	uint64_t break_glass;
	uint64_t ended[WRIT_END_COUNT];
	uint64_t lived[N_BOUNDS]; /* each class for itself */
	uint64_t lived_ms;
	uint64_t evidence[3];
};

struct names {
	struct named *list; /* WRIT_METRICS_NAMES_MAX, and the one for the rest */
	size_t n;
	bool rest;   /* is there any? */
	bool failed; /* no memory */
};

struct history {
	uint64_t asked;
	uint64_t withdrawn;
	uint64_t refused[WRIT_REFUSAL_COUNT];
	struct names playbooks;
	struct names environments;
};

static struct named *named(struct names *names, const char *name)
{
	for (size_t i = 0; i < names->n; i++)
		if (!strcmp(names->list[i].name, name))
			return &names->list[i];
	if (names->n == WRIT_METRICS_NAMES_MAX) {
		names->rest = true;
		return &names->list[names->n];
	}
	names->list[names->n].name = strdup(name);
	if (!names->list[names->n].name) {
		names->failed = true;
		return &names->list[names->n];
	}
	return &names->list[names->n++];
}

/* A word that is none of the list's is an older or newer build's: it has no series. */
static void add_word(uint64_t *totals, const char *const *words, size_t n, const char *word,
		     uint64_t total)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(words[i], word))
			totals[i] += total;
}

static void add_playbook(struct named *playbook, const struct writ_ledger_tally *tally)
{
	switch (tally->kind) {
	case WRIT_TALLY_ISSUED:
		playbook->issued += tally->total;
		break;
	case WRIT_TALLY_BREAK_GLASS:
		playbook->break_glass += tally->total;
		break;
	case WRIT_TALLY_ENDED:
		add_word(playbook->ended, ends, WRIT_END_COUNT, tally->word, tally->total);
		break;
	case WRIT_TALLY_LIFETIME:
		add_word(playbook->lived, bounds, N_BOUNDS, tally->word, tally->total);
		break;
	case WRIT_TALLY_LIFETIME_MS:
		playbook->lived_ms += tally->total;
		break;
	}
}

static void visit(void *context, const struct writ_ledger_tally *tally)
{
	struct history *history = context;

	switch (tally->kind) {
	case WRIT_TALLY_ASKED:
		history->asked += tally->total;
		break;
	case WRIT_TALLY_WITHDRAWN:
		history->withdrawn += tally->total;
		break;
	case WRIT_TALLY_REFUSED:
		add_word(history->refused, refusals, WRIT_REFUSAL_COUNT, tally->word, tally->total);
		break;
	case WRIT_TALLY_ENVIRONMENT:
		add_word(named(&history->environments, tally->name)->evidence, evidences, 3,
			 tally->word, tally->total);
		break;
	default:
		add_playbook(named(&history->playbooks, tally->name), tally);
	}
}

static int open_names(struct names *names)
{
	static char other[] = WRIT_METRICS_OTHER;

	names->list = calloc(WRIT_METRICS_NAMES_MAX + 1, sizeof(*names->list));
	if (!names->list)
		return -ENOMEM;
	names->list[WRIT_METRICS_NAMES_MAX].name = other;
	return 0;
}

static void close_names(struct names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->list[i].name);
	free(names->list);
}

static void close_history(struct history *history)
{
	close_names(&history->playbooks);
	close_names(&history->environments);
}

static size_t count(const struct names *names)
{
	return names->n + names->rest;
}

static void put_requests(const struct history *history, struct writ_exposition *out)
{
	writ_exposition_counter(out, "writ_requests_total",
				"Requests for grants, as the ledger has counted them.",
				history->asked);
	writ_exposition_family(out, "writ_requests_refused_total", "counter",
			       "Requests that were refused, by reason.");
	for (uint32_t i = WRIT_REFUSAL_NONE + 1; i < WRIT_REFUSAL_COUNT; i++)
		if (history->refused[i])
			writ_exposition_sample(out, "", WRIT_LABELS({"reason", refusals[i]}),
					       history->refused[i]);
	writ_exposition_counter(out, "writ_requests_withdrawn_total",
				"Requests that were withdrawn, or lost by a restart before they "
				"were decided.",
				history->withdrawn);
}

static void put_grants(const struct names *playbooks, struct writ_exposition *out)
{
	writ_exposition_family(out, "writ_grants_issued_total", "counter",
			       "Grants issued, by playbook.");
	for (size_t i = 0; i < count(playbooks); i++)
		writ_exposition_sample(out, "", WRIT_LABELS({"playbook", playbooks->list[i].name}),
				       playbooks->list[i].issued);
	writ_exposition_family(out, "writ_grants_break_glass_total", "counter",
			       "Grants issued of playbooks for emergencies (break_glass).");
	for (size_t i = 0; i < count(playbooks); i++)
		if (playbooks->list[i].break_glass)
			writ_exposition_sample(out, "",
					       WRIT_LABELS({"playbook", playbooks->list[i].name}),
					       playbooks->list[i].break_glass);
}

static void put_ends(const struct names *playbooks, struct writ_exposition *out)
{
	writ_exposition_family(out, "writ_grants_ended_total", "counter",
			       "Grants that are over, by playbook and by how they ended.");
	for (size_t i = 0; i < count(playbooks); i++)
		for (uint32_t end = 0; end < WRIT_END_COUNT; end++)
			if (playbooks->list[i].ended[end])
				writ_exposition_sample(
					out, "",
					WRIT_LABELS({"playbook", playbooks->list[i].name},
						    {"end", ends[end]}),
					playbooks->list[i].ended[end]);
}

static void put_lifetime(const struct named *playbook, struct writ_exposition *out)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < N_BOUNDS; i++) {
		sum += playbook->lived[i];
		writ_exposition_sample(out, "_bucket",
				       WRIT_LABELS({"playbook", playbook->name}, {"le", bounds[i]}),
				       sum);
	}
	writ_exposition_ms(out, "_sum", WRIT_LABELS({"playbook", playbook->name}),
			   playbook->lived_ms);
	writ_exposition_sample(out, "_count", WRIT_LABELS({"playbook", playbook->name}), sum);
}

static void put_lifetimes(const struct names *playbooks, struct writ_exposition *out)
{
	writ_exposition_family(out, "writ_grant_lifetime_seconds", "histogram",
			       "How long grants that are over have lived, by playbook: from their "
			       "begin to their end.");
	for (size_t i = 0; i < count(playbooks); i++)
		put_lifetime(&playbooks->list[i], out);
}

static void put_evidence(const struct names *environments, struct writ_exposition *out)
{
	static const struct {
		const char *name, *help;
	} families[] = {
		{"writ_environment_grants_total", "Grants issued, by environment."},
		{"writ_environment_grants_with_ticket_total",
		 "Of writ_environment_grants_total those with a ticket."},
		{"writ_environment_grants_with_approver_total",
		 "Of writ_environment_grants_total those that a person has approved."},
	};

	for (size_t family = 0; family < 3; family++) {
		writ_exposition_family(out, families[family].name, "counter",
				       families[family].help);
		for (size_t i = 0; i < count(environments); i++)
			writ_exposition_sample(
				out, "", WRIT_LABELS({"environment", environments->list[i].name}),
				environments->list[i].evidence[family]);
	}
}

static int put_history(struct writ_broker *broker, struct history *history,
		       struct writ_exposition *out)
{
	int err = writ_ledger_tallies(broker->ledger, visit, history);

	if (err)
		return err;
	if (history->playbooks.failed || history->environments.failed)
		return -ENOMEM;
	put_requests(history, out);
	put_grants(&history->playbooks, out);
	put_ends(&history->playbooks, out);
	put_lifetimes(&history->playbooks, out);
	put_evidence(&history->environments, out);
	return 0;
}

int writ_metrics_ledger(struct writ_broker *broker, struct writ_exposition *out)
{
	_cleanup_(close_history) struct history history = {0};
	int err = open_names(&history.playbooks);

	if (!err)
		err = open_names(&history.environments);
	return err ? err : put_history(broker, &history, out);
}
