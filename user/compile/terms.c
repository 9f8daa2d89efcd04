/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See terms.h. An empty list of windows or environments is an error: it could be read as "never"
 * and as "always". Uses are counted by a rule, so a rule that stands for many can't be the entry.
 */
#include "compile/terms.h"

#include <errno.h>

#include "compile/windows.h"
#include "lib/time.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define LONG_AGENT_SECONDS 3600u /* a grant that all of an agent holds is warned of beyond that */

#define WORD(name, word) word,
static const char *const scopes[] = {WRIT_SCOPE_LIST(WORD)};
static const char *const ends[] = {WRIT_ON_END_LIST(WORD)};
static const char *const risks[] = {WRIT_RISK_LIST(WORD)};
#undef WORD

_Static_assert(COUNT(scopes) == WRIT_SCOPE_COUNT, "scopes");
_Static_assert(COUNT(ends) == WRIT_ON_END_COUNT, "ends");
_Static_assert(COUNT(risks) == WRIT_RISK_COUNT, "risks");

const char *writ_terms_scope(uint32_t scope)
{
	return scope < COUNT(scopes) ? scopes[scope] : "unknown";
}

const char *writ_terms_on_end(uint32_t on_end)
{
	return on_end < COUNT(ends) ? ends[on_end] : "unknown";
}

const char *writ_terms_risk(uint32_t risk)
{
	return risk < COUNT(risks) ? risks[risk] : "unknown";
}

/* --- reading ---------------------------------------------------------------------------------- */

static int read_word(struct writ_reader *reader, const struct writ_yaml_node *value,
		     const char *what, const char *const *words, size_t n, uint32_t *ret_value)
{
	size_t index = 0;
	int err = writ_reader_word(reader, value, what, words, n, &index);

	if (!err)
		*ret_value = (uint32_t)index;
	return err;
}

static int read_scope(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	return read_word(reader, value, "scope", scopes, COUNT(scopes),
			 &((struct writ_policy_playbook *)object)->scope);
}

static int read_on_end(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	return read_word(reader, value, "on_end", ends, COUNT(ends),
			 &((struct writ_policy_playbook *)object)->on_end);
}

int writ_terms_read_risk(struct writ_reader *reader, const struct writ_yaml_node *value,
			 uint32_t *ret_risk)
{
	return read_word(reader, value, "risk", risks, COUNT(risks), ret_risk);
}

static int read_risk(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	return writ_terms_read_risk(reader, value, &((struct writ_policy_playbook *)object)->risk);
}

static int read_max_uses(struct writ_reader *reader, const struct writ_yaml_node *value,
			 void *object)
{
	return writ_reader_count(reader, value, "max_uses", 1, WRIT_USES_MAX,
				 &((struct writ_policy_playbook *)object)->max_uses);
}

static int read_count(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	return writ_reader_count(reader, value, "count", 1, WRIT_APPROVALS_MAX,
				 &((struct writ_policy_playbook *)object)->approvals);
}

static int read_group(struct writ_reader *reader, const struct writ_yaml_node *value, void *element)
{
	return writ_reader_group(reader, value, "group", element);
}

static int read_groups(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	struct writ_policy_playbook *playbook = object;
	const void *items = NULL;
	int err = writ_reader_list(reader, value, "groups", WRIT_GROUPS_MAX, sizeof(char *),
				   read_group, &items, &playbook->n_approvers);

	playbook->approvers = items;
	return err;
}

static int read_approvals(struct writ_reader *reader, const struct writ_yaml_node *value,
			  void *object)
{
	static const struct writ_field fields[] = {
		{"count", true, read_count},
		{"groups", false, read_groups},
	};

	return writ_reader_fields(reader, value, "approvals", fields, COUNT(fields), object);
}

static int read_windows(struct writ_reader *reader, const struct writ_yaml_node *value,
			void *object)
{
	struct writ_policy_playbook *playbook = object;

	return writ_windows_read(reader, value, &playbook->windows, &playbook->n_windows);
}

static int read_environment(struct writ_reader *reader, const struct writ_yaml_node *value,
			    void *element)
{
	return writ_reader_name(reader, value, "environment", element);
}

static int read_environments(struct writ_reader *reader, const struct writ_yaml_node *value,
			     void *object)
{
	struct writ_policy_playbook *playbook = object;
	const void *items = NULL;
	int err = writ_reader_list(reader, value, "environments", WRIT_ENVIRONMENTS_MAX,
				   sizeof(char *), read_environment, &items,
				   &playbook->n_environments);

	playbook->environments = items;
	if (!err && !playbook->n_environments)
		return writ_reader_mismatch(reader, value, "environments", "at least one name");
	return err;
}

static int read_concurrency(struct writ_reader *reader, const struct writ_yaml_node *value,
			    void *object)
{
	return writ_reader_count(reader, value, "concurrency", 1, WRIT_CONCURRENCY_MAX,
				 &((struct writ_policy_playbook *)object)->concurrency);
}

static int read_cooldown(struct writ_reader *reader, const struct writ_yaml_node *value,
			 void *object)
{
	return writ_reader_duration(reader, value, "cooldown",
				    &((struct writ_policy_playbook *)object)->cooldown_ns);
}

static int read_rate_count(struct writ_reader *reader, const struct writ_yaml_node *value,
			   void *object)
{
	return writ_reader_count(reader, value, "count", 1, WRIT_RATE_MAX,
				 &((struct writ_policy_playbook *)object)->rate_count);
}

static int read_rate_per(struct writ_reader *reader, const struct writ_yaml_node *value,
			 void *object)
{
	return writ_reader_duration(reader, value, "per",
				    &((struct writ_policy_playbook *)object)->rate_per_ns);
}

static int read_rate(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	static const struct writ_field fields[] = {
		{"count", true, read_rate_count},
		{"per", true, read_rate_per},
	};

	return writ_reader_fields(reader, value, "rate", fields, COUNT(fields), object);
}

static int read_sponsor(struct writ_reader *reader, const struct writ_yaml_node *value,
			void *object)
{
	static const char *const words[] = {"optional", "required"};
	uint32_t index = 0;
	int err = read_word(reader, value, "sponsor", words, COUNT(words), &index);

	if (!err)
		((struct writ_policy_playbook *)object)->needs_sponsor = index == 1;
	return err;
}

static int read_break_glass(struct writ_reader *reader, const struct writ_yaml_node *value,
			    void *object)
{
	return writ_reader_bool(reader, value, "break_glass",
				&((struct writ_policy_playbook *)object)->break_glass);
}

const struct writ_field writ_terms_fields[WRIT_TERMS_FIELDS] = {
	{"scope", false, read_scope},
	{"on_end", false, read_on_end},
	{"risk", false, read_risk},
	{"max_uses", false, read_max_uses},
	{"approvals", false, read_approvals},
	{"windows", false, read_windows},
	{"environments", false, read_environments},
	{"concurrency", false, read_concurrency},
	{"cooldown", false, read_cooldown},
	{"rate", false, read_rate},
	{"sponsor", false, read_sponsor},
	{"break_glass", false, read_break_glass},
};

/* --- checks ----------------------------------------------------------------------------------- */

static struct writ_position place_of(const struct writ_reader *reader,
				     const struct writ_yaml_node *root, const char *key)
{
	return writ_reader_at(reader, writ_yaml_get(root, key));
}

static int check_scope(struct writ_reader *reader, const struct writ_yaml_node *root,
		       const struct writ_policy_playbook *playbook)
{
	struct writ_position at;

	if (playbook->scope == WRIT_SCOPE_RUN || playbook->on_end == WRIT_ON_END_CUT)
		return 0;
	at = place_of(reader, root, "on_end");
	return writ_diagnostics_error(
		reader->diags, &at,
		"on_end: %s acts on a grant's run, and with scope agent there "
		"is none; take scope: run, or on_end: cut",
		writ_terms_on_end(playbook->on_end));
}

static int check_break_glass(struct writ_reader *reader, const struct writ_yaml_node *root,
			     const struct writ_policy_playbook *playbook)
{
	struct writ_position at;
	int err = 0;

	if (!playbook->break_glass)
		return 0;
	if (playbook->approvals) {
		at = place_of(reader, root, "approvals");
		err = writ_diagnostics_error(
			reader->diags, &at,
			"approvals: with break_glass nobody is asked; drop one "
			"of them");
	}
	if (playbook->ttl_max_ns > WRIT_BREAK_GLASS_SECONDS * WRIT_NS_PER_SECOND)
		err = writ_diagnostics_error(reader->diags, &playbook->ttl_at,
					     "ttl: with break_glass max is at most 1h");
	return err;
}

/* The rule that is marked; the first, if none is. NULL with the error added: two are. */
static const struct writ_exec_rule *find_entry(struct writ_reader *reader,
					       const struct writ_rules *rules, bool *ret_marked)
{
	const struct writ_exec_rule *entry = NULL;

	for (size_t i = 0; i < rules->n_exec; i++) {
		const struct writ_exec_rule *rule = &rules->exec[i];

		if (rule->entry && entry) {
			(void)writ_diagnostics_error(reader->diags, &rule->at,
						     "entry: a playbook has one, and it is the "
						     "rule at %u:%u already",
						     entry->at.line, entry->at.column);
			return NULL;
		}
		entry = rule->entry ? rule : entry;
	}
	*ret_marked = entry;
	return entry ? entry : rules->exec;
}

static int check_entry(struct writ_reader *reader, const struct writ_yaml_node *root,
		       struct writ_policy_playbook *playbook)
{
	const struct writ_exec_rule *entry;
	struct writ_position at;
	bool marked = false;

	if (!playbook->rules.n_exec && playbook->max_uses) {
		at = place_of(reader, root, "max_uses");
		return writ_diagnostics_error(reader->diags, &at,
					      "max_uses: what is counted is a command of exec, and "
					      "there is none");
	}
	if (!playbook->rules.n_exec)
		return 0;
	entry = find_entry(reader, &playbook->rules, &marked);
	if (!entry)
		return -EINVAL;
	if (!playbook->max_uses)
		return marked ? writ_diagnostics_error(reader->diags, &entry->at,
						       "entry: without max_uses nothing is "
						       "counted; give it, or drop entry")
			      : 0;
	if (entry->is_set || entry->path[0] == '@')
		return writ_diagnostics_error(
			reader->diags, &entry->at,
			"max_uses counts one command, and this rule is a set; "
			"mark another one with entry: true");
	playbook->entry = (uint32_t)(entry - playbook->rules.exec);
	return 0;
}

int writ_terms_check(struct writ_reader *reader, const struct writ_yaml_node *root,
		     struct writ_policy_playbook *playbook)
{
	int err = check_scope(reader, root, playbook);

	err = writ_reader_worse(err, check_break_glass(reader, root, playbook));
	return writ_reader_worse(err, check_entry(reader, root, playbook));
}

void writ_terms_renumber(struct writ_policy_playbook *playbook)
{
	for (size_t i = 0; i < playbook->rules.n_exec; i++)
		if (playbook->rules.exec[i].entry)
			playbook->entry = (uint32_t)i;
}

/* --- advice ----------------------------------------------------------------------------------- */

void writ_terms_advise(const struct writ_policy_playbook *playbook, struct writ_diagnostics *diags)
{
	if (playbook->break_glass)
		(void)writ_diagnostics_warn(diags, &playbook->at,
					    "break_glass: playbook \"%s\" is granted without "
					    "anybody's approval, and each time the record is loud",
					    playbook->name);
	if (playbook->scope == WRIT_SCOPE_AGENT &&
	    playbook->ttl_max_ns > LONG_AGENT_SECONDS * WRIT_NS_PER_SECOND)
		(void)writ_diagnostics_warn(
			diags, &playbook->ttl_at,
			"ttl: with scope agent every process of the agent holds "
			"a grant of playbook \"%s\", and for more than 1h; take "
			"scope: run, or less",
			playbook->name);
	writ_windows_advise(playbook, diags);
}
