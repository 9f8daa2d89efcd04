/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See remedies.h. What is kept lies in sets of a few entries, the oldest of which gives way: a look
 * costs the same whatever paths an agent makes up. The key has the agent and not its role, because
 * a playbook's rules may name {agent}, and its environment says what it may ask for.
 */
#include "audit/remedies.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "audit/json.h"
#include "compile/remedy.h"
#include "lib/cleanup.h"

#define SETS (WRIT_REMEDIES_KEPT / WRIT_REMEDIES_WAYS)
#define SECOND_NS UINT64_C(1000000000)

/* An explainer remembers the roles that it compiled: so many of them at most. */
#define QUESTIONS 64u

struct key {
	uint32_t agent;
	uint32_t operation;
	uint32_t access;
	uint32_t len; /* of the object */
	uint64_t hash;
};

struct entry {
	struct key key;
	uint64_t used;	 /* when, in looks */
	size_t text_len; /* 0: there is none */
	char *bytes;	 /* the object, then the text; NULL: nothing is kept here */
};

/* What was found in the second that began at `since`. */
struct spent {
	uint64_t since;
	uint64_t ns;
	uint32_t count;
};

struct writ_remedies {
	const struct writ_policy *policy;
	struct writ_explainer *explainer; /* of the policy; NULL: not yet */
	uint32_t questions;		  /* that it was asked */
	uint64_t (*clock)(void);
	uint64_t seed; /* of the hash: which set an object is in is not for agents to know */
	uint64_t looks;
	uint64_t left_out;
	struct spent spent;
	struct spent shares[WRIT_AGENTS_MAX];
	struct entry entries[SETS][WRIT_REMEDIES_WAYS];
	struct writ_remedy found;
	char object[WRIT_REMEDY_OBJECT_SIZE];
	char text[WRIT_LINE_REMEDY_SIZE];
};

int writ_remedies_new(uint64_t (*clock)(void), struct writ_remedies **ret)
{
	struct writ_remedies *remedies = calloc(1, sizeof(*remedies));

	if (!remedies)
		return -ENOMEM;
	remedies->clock = clock;
	remedies->seed = clock();
	*ret = remedies;
	return 0;
}

static void drop_explainer(struct writ_remedies *remedies)
{
	writ_explain_free(remedies->explainer);
	remedies->explainer = NULL;
	remedies->questions = 0;
}

void writ_remedies_set(struct writ_remedies *remedies, const struct writ_policy *policy)
{
	drop_explainer(remedies);
	for (size_t i = 0; i < WRIT_REMEDIES_KEPT; i++)
		free(remedies->entries[i / WRIT_REMEDIES_WAYS][i % WRIT_REMEDIES_WAYS].bytes);
	memset(remedies->entries, 0, sizeof(remedies->entries));
	remedies->policy = policy;
}

void writ_remedies_free(struct writ_remedies *remedies)
{
	if (!remedies)
		return;
	writ_remedies_set(remedies, NULL);
	free(remedies);
}

uint64_t writ_remedies_left_out(const struct writ_remedies *remedies)
{
	return remedies->left_out;
}

/* --- what is kept ------------------------------------------------------------------------------*/

/* Multiplies and folds, eight bytes at a time. */
static uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ (hash >> 32);
}

/* Every bit has a part in every other one (the last step of MurmurHash3): sets fill alike. */
static uint64_t finish(uint64_t hash)
{
	hash = (hash ^ (hash >> 33)) * UINT64_C(0xff51afd7ed558ccd);
	hash = (hash ^ (hash >> 33)) * UINT64_C(0xc4ceb9fe1a85ec53);
	return hash ^ (hash >> 33);
}

static struct key key_of(uint64_t seed, const struct writ_event *event, const char *object)
{
	struct key key = {.agent = event->agent,
			  .operation = event->operation,
			  .access = event->access,
			  .len = (uint32_t)strlen(object)};
	uint64_t word;
	size_t at = 0;

	key.hash = mix(mix(seed ^ key.agent, (uint64_t)key.operation << 32 | key.access), key.len);
	for (; at + sizeof(word) <= key.len; at += sizeof(word)) {
		memcpy(&word, object + at, sizeof(word));
		key.hash = mix(key.hash, word);
	}
	word = 0;
	memcpy(&word, object + at, key.len - at);
	key.hash = finish(mix(key.hash, word));
	return key;
}

static bool is_of(const struct entry *entry, const struct key *key, const char *object)
{
	return entry->bytes && entry->key.hash == key->hash && entry->key.agent == key->agent &&
	       entry->key.operation == key->operation && entry->key.access == key->access &&
	       entry->key.len == key->len && !memcmp(entry->bytes, object, key->len);
}

static struct entry *find(struct writ_remedies *remedies, const struct key *key)
{
	struct entry *set = remedies->entries[key->hash % SETS];

	for (size_t i = 0; i < WRIT_REMEDIES_WAYS; i++)
		if (is_of(&set[i], key, remedies->object))
			return &set[i];
	return NULL;
}

/* In the place of the one of its set that was of no use for longest. NULL: no memory. */
static struct entry *keep(struct writ_remedies *remedies, const struct key *key, size_t len)
{
	struct entry *set = remedies->entries[key->hash % SETS], *oldest = set;
	char *bytes = malloc(key->len + len + 1);

	if (!bytes)
		return NULL;
	for (size_t i = 1; i < WRIT_REMEDIES_WAYS; i++)
		if (set[i].used < oldest->used)
			oldest = &set[i];
	memcpy(bytes, remedies->object, key->len);
	memcpy(bytes + key->len, remedies->text, len);
	free(oldest->bytes);
	*oldest = (struct entry){.key = *key, .text_len = len, .bytes = bytes};
	return oldest;
}

/* --- the budget --------------------------------------------------------------------------------*/

/* A second that is over gives all back. */
static void renew(struct spent *spent, uint64_t now)
{
	if (now - spent->since >= SECOND_NS)
		*spent = (struct spent){.since = now};
}

/* Is something left, of what all have and of one agent's share of it? */
static bool is_left(struct spent *all, struct spent *share, uint64_t now)
{
	renew(all, now);
	renew(share, now);
	if (all->count >= WRIT_REMEDIES_BUDGET ||
	    share->count >= WRIT_REMEDIES_BUDGET / WRIT_REMEDIES_SHARES)
		return false;
	if (all->ns < WRIT_REMEDIES_BUDGET_NS &&
	    share->ns < WRIT_REMEDIES_BUDGET_NS / WRIT_REMEDIES_SHARES)
		return true;
	return all->count < WRIT_REMEDIES_LEAST &&
	       share->count < WRIT_REMEDIES_LEAST / WRIT_REMEDIES_SHARES;
}

static void spend(struct spent *spent, uint64_t ns)
{
	spent->count++;
	spent->ns += ns;
}

/* --- the value ---------------------------------------------------------------------------------*/

static void put_offer(struct writ_json *json, const struct writ_explain_offer *offer)
{
	const struct writ_policy_playbook *playbook = offer->playbook;

	writ_json_open(json, NULL, '{');
	writ_json_word(json, "playbook", playbook->name);
	writ_json_open(json, "parameters", '{');
	for (size_t i = 0; i < playbook->n_parameters; i++) {
		const char *value = offer->values[i];

		if (writ_command_shows(value))
			writ_json_text(json, playbook->parameters[i].name, value, strlen(value));
		else
			writ_json_word(json, playbook->parameters[i].name, NULL);
	}
	writ_json_close(json, '}');
	writ_json_close(json, '}');
}

/* Its length; 0: there is nothing to say. */
static size_t write_value(struct writ_remedies *remedies)
{
	const struct writ_remedy *found = &remedies->found;
	struct writ_json json;

	if (!found->run && !found->n_offers)
		return 0;
	writ_json_begin(&json, remedies->text, sizeof(remedies->text));
	writ_json_open(&json, NULL, '[');
	for (size_t i = 0; i < found->n_offers; i++)
		put_offer(&json, &found->offers[i]);
	if (found->run) {
		writ_json_open(&json, NULL, '{');
		writ_json_unsigned(&json, "exec", found->run);
		writ_json_close(&json, '}');
	}
	writ_json_close(&json, ']');
	return writ_json_length(&json);
}

static int ask(struct writ_remedies *remedies, const char *agent,
	       const struct writ_remedy_denial *denial)
{
	int err = 0;

	if (remedies->questions == QUESTIONS)
		drop_explainer(remedies);
	if (!remedies->explainer)
		err = writ_explain_new(remedies->policy, &remedies->explainer);
	remedies->questions++;
	return err ? err : writ_remedy_find(remedies->explainer, agent, denial, &remedies->found);
}

/* One that is not kept yet. NULL: no budget or no memory for it. */
static struct entry *look_up(struct writ_remedies *remedies, const char *agent,
			     const struct writ_remedy_denial *denial, const struct key *key)
{
	struct spent *share = &remedies->shares[key->agent];
	uint64_t begun = remedies->clock(), ns;
	int err;

	if (!is_left(&remedies->spent, share, begun))
		return NULL;
	err = ask(remedies, agent, denial);
	ns = remedies->clock() - begun;
	spend(&remedies->spent, ns);
	spend(share, ns);
	return err ? NULL : keep(remedies, key, write_value(remedies));
}

/* Of a grant that is held elsewhere: the grant says it all. */
static struct writ_line_text of_run(struct writ_remedies *remedies,
				    const struct writ_remedy_denial *denial)
{
	remedies->found.n_offers = 0;
	remedies->found.run = denial->grant;
	return (struct writ_line_text){remedies->text, write_value(remedies)};
}

struct writ_line_text writ_remedies_of(struct writ_remedies *remedies, const char *agent,
				       const struct writ_record *record)
{
	const struct writ_event *event = &record->event;
	const struct writ_remedy_denial denial = {.operation = event->operation,
						  .access = event->access,
						  .reason = event->reason,
						  .grant = event->grant,
						  .object = remedies->object};
	struct entry *entry;
	struct key key;

	if (!remedies->policy || !agent || event->agent >= WRIT_AGENTS_MAX)
		return (struct writ_line_text){0};
	(void)writ_line_object(record, remedies->object, sizeof(remedies->object));
	if (!writ_remedy_may_help(&denial))
		return (struct writ_line_text){0};
	if (event->reason == WRIT_REASON_OTHER_RUN)
		return of_run(remedies, &denial);
	key = key_of(remedies->seed, event, remedies->object);
	entry = find(remedies, &key);
	if (!entry)
		entry = look_up(remedies, agent, &denial, &key);
	if (!entry) {
		remedies->left_out++;
		return (struct writ_line_text){0};
	}
	entry->used = ++remedies->looks;
	return (struct writ_line_text){entry->bytes + key.len, entry->text_len};
}
