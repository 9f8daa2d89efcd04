/* SPDX-License-Identifier: Apache-2.0 */
/* See ruleset.h: this file puts rules in; build.c makes the image. */
#include "compile/ruleset.h"

#include <errno.h>
#include <stdlib.h>

#include "compile/address.h"
#include "compile/alternatives.h"
#include "compile/build.h"
#include "lib/cleanup.h"

void writ_ruleset_init(struct writ_ruleset *set, const struct writ_glob_parameters *parameters,
		       struct writ_diagnostics *diags)
{
	*set = (struct writ_ruleset){.diags = diags, .parameters = parameters};
}

void writ_ruleset_free(struct writ_ruleset *set)
{
	writ_nfa_free(&set->nfa);
	writ_literals_free(&set->paths);
	writ_literals_free(&set->execs);
	writ_rule_text_free(&set->text);
	writ_glob_free(&set->glob);
	writ_arena_free(&set->arena);
	free(set->rules);
	free(set->positions);
	free(set->network);
	*set = (struct writ_ruleset){0};
}

/* A new image rule whose text is what was appended to set->text since @text. */
static int add_image_rule(struct writ_ruleset *set, const struct writ_position *at,
			  struct writ_image_rule rule, size_t text, uint32_t *ret_rule)
{
	if (writ_array_reserve(&set->rules, &set->rules_capacity, set->n_rules + 1,
			       sizeof(*set->rules)) ||
	    writ_array_reserve(&set->positions, &set->positions_capacity, set->n_rules + 1,
			       sizeof(*set->positions)))
		return -ENOMEM;
	set->positions[set->n_rules] = at;
	rule.text = (uint32_t)text;
	rule.text_len = (uint32_t)(set->text.size - text);
	set->rules[set->n_rules] = rule;
	*ret_rule = (uint32_t)set->n_rules++;
	return 0;
}

/* The bytes that @n tokens begin with; how many tokens they are. */
static size_t take_literal(const struct writ_glob_token *tokens, size_t n,
			   uint8_t bytes[WRIT_LITERAL_SIZE])
{
	size_t len = 0;

	for (; len < n && len < WRIT_LITERAL_SIZE && tokens[len].kind == WRIT_GLOB_BYTE; len++)
		bytes[len] = tokens[len].byte;
	return len;
}

/*
 * A path's: for "X", slash and everything below it is X, for the rule speaks of X too. Everything
 * below the root becomes "/" and then at least one byte.
 */
static size_t take_path_literal(struct writ_glob_token *tokens, size_t n,
				uint8_t bytes[WRIT_LITERAL_SIZE], size_t *ret_len)
{
	size_t len = take_literal(tokens, n, bytes);

	if (n >= 2 && len == n - 1 && tokens[n - 1].kind == WRIT_GLOB_STARSTAR &&
	    tokens[n - 2].byte == '/')
		len--;
	if (!len) {
		tokens[0].kind = WRIT_GLOB_ANY;
		bytes[0] = '/';
	}
	*ret_len = len ? len : 1;
	return len;
}

static int add_path_text(struct writ_ruleset *set, struct writ_glob_token *tokens, size_t n,
			 struct writ_nfa_rule rule)
{
	uint8_t bytes[WRIT_LITERAL_SIZE];
	uint32_t root = 0;
	size_t len, taken = take_path_literal(tokens, n, bytes, &len);
	int err = writ_literals_root(&set->paths, &set->nfa, bytes, len, rule.rule, &root);

	if (err)
		return err;
	return writ_nfa_add(&set->nfa, root, tokens + taken, n - taken, set->glob.classes, false,
			    rule);
}

static int add_exec_text(struct writ_ruleset *set, struct writ_glob_token *tokens, size_t n,
			 struct writ_nfa_rule rule)
{
	uint8_t bytes[WRIT_LITERAL_SIZE];
	uint32_t root = 0;
	size_t len = take_literal(tokens, n, bytes);
	int err = writ_literals_root(&set->execs, &set->nfa, bytes, len, rule.rule, &root);

	if (err)
		return err;
	return writ_nfa_add(&set->nfa, root, tokens + len, n - len, set->glob.classes, true, rule);
}

/* Every text that the glob in set->glob stands for. */
static int add_texts(struct writ_ruleset *set, const struct writ_position *at, bool exec,
		     struct writ_nfa_rule rule)
{
	_cleanup_(writ_alternatives_free) struct writ_alternatives texts = {0};
	int more = writ_alternatives_init(&texts, &set->glob);
	int err = more;

	while (!err && (more = writ_alternatives_next(&texts)) > 0)
		err = exec ? add_exec_text(set, texts.tokens, texts.n_tokens, rule)
			   : add_path_text(set, texts.tokens, texts.n_tokens, rule);
	if (err == -E2BIG)
		return writ_build_blame(set, NULL, "the rules", at);
	if (!err && more == -E2BIG)
		return writ_diagnostics_error(set->diags, at,
					      "the rule's braces stand for more than %u texts",
					      WRIT_ALTERNATIVES_MAX);
	return err;
}

/* Parses @text behind what is in set->glob. */
static int parse(struct writ_ruleset *set, const struct writ_position *at, const char *text)
{
	char why[WRIT_GLOB_ERROR_SIZE] = "";
	int err = writ_glob_parse(&set->glob, text, set->parameters, why);

	return err == -EINVAL ? writ_diagnostics_error(set->diags, at, "\"%.128s\": %s", text, why)
			      : err;
}

static int parse_path(struct writ_ruleset *set, const struct writ_position *at, const char *path)
{
	writ_glob_reset(&set->glob);
	return parse(set, at, path);
}

/* True when some text of the glob may end in `**`: then X itself has a rule of its own. */
static bool may_end_below(const struct writ_glob *glob)
{
	size_t n = glob->n_tokens;
	uint8_t last = glob->tokens[n - 1].kind;

	if (last == WRIT_GLOB_STAR) /* "/{*,a}*" stands for two stars, too */
		return n > 1 && glob->tokens[n - 2].kind == WRIT_GLOB_CLOSE;
	return last == WRIT_GLOB_STARSTAR || last == WRIT_GLOB_CLOSE;
}

static int add_file(struct writ_ruleset *set, const struct writ_file_rule *rule)
{
	const uint32_t read = WRIT_ACCESS_READ;
	struct writ_nfa_rule given = {.self = WRIT_NFA_NONE};
	size_t text = set->text.size;
	int err = writ_rule_text_file(&set->text, rule, rule->allow, rule->deny);

	if (!err)
		err = add_image_rule(set, &rule->at,
				     (struct writ_image_rule){.allow = rule->allow,
							      .deny = rule->deny,
							      .audit = rule->audit},
				     text, &given.rule);
	if (!err)
		err = parse_path(set, &rule->at, rule->path);
	if (err)
		return err;
	if ((rule->allow | rule->deny) == read) {
		given.self = given.rule;
	} else if ((rule->allow | rule->deny) & read && may_end_below(&set->glob)) {
		text = set->text.size;
		err = writ_rule_text_file(&set->text, rule, rule->allow & read, rule->deny & read);
		if (!err)
			err = add_image_rule(set, &rule->at,
					     (struct writ_image_rule){.allow = rule->allow & read,
								      .deny = rule->deny & read,
								      .audit = rule->audit},
					     text, &given.self);
	}
	return err ? err : add_texts(set, &rule->at, false, given);
}

/* path NUL, then each argument and its NUL; a lone last `**` is any further arguments. */
static int parse_exec(struct writ_ruleset *set, const struct writ_exec_rule *rule)
{
	int err = parse_path(set, &rule->at, rule->path);

	if (!err)
		err = writ_glob_append(&set->glob, WRIT_GLOB_BYTE, 0);
	for (size_t i = 0; i < rule->n_argv && !err; i++) {
		const char *argument = rule->argv[i];

		if (i + 1 == rule->n_argv && argument[0] == '*' && argument[1] == '*' &&
		    !argument[2])
			return writ_glob_append(&set->glob, WRIT_GLOB_REST, 0);
		err = parse(set, &rule->at, argument);
		if (!err)
			err = writ_glob_append(&set->glob, WRIT_GLOB_BYTE, 0);
	}
	return err;
}

static int add_exec(struct writ_ruleset *set, const struct writ_exec_rule *rule)
{
	const uint32_t run = WRIT_ACCESS_EXECUTE | (rule == set->entry ? WRIT_ALLOW_ENTRY : 0);
	struct writ_image_rule image_rule = {.allow = rule->argv ? WRIT_ACCESS_EXECUTE_ARGV : run,
					     .audit = rule->audit};
	struct writ_nfa_rule given = {.self = WRIT_NFA_NONE};
	size_t text = set->text.size;
	int err = writ_rule_text_exec(&set->text, rule);

	if (!err)
		err = add_image_rule(set, &rule->at, image_rule, text, &given.rule);
	if (!err)
		err = parse_path(set, &rule->at, rule->path);
	if (!err)
		err = add_texts(set, &rule->at, false, given);
	if (err || !rule->argv)
		return err;
	image_rule.allow = run;
	err = add_image_rule(set, &rule->at, image_rule, text, &given.rule);
	if (!err)
		err = parse_exec(set, rule);
	return err ? err : add_texts(set, &rule->at, true, given);
}

/* The rule with its address: a copy, when that is a parameter's value. */
static int bind_address(struct writ_ruleset *set, const struct writ_network_rule *rule,
			const struct writ_network_rule **ret_rule)
{
	struct writ_network_rule *bound;
	const char *value, *why = NULL;

	*ret_rule = rule;
	if (!rule->parameter)
		return 0;
	bound = writ_arena_alloc(&set->arena, sizeof(*bound));
	if (!bound)
		return -ENOMEM;
	*bound = *rule;
	value = set->parameters->values[rule->parameter - 1];
	if (writ_address_parse(value, bound->address, &bound->bits, &why))
		return writ_diagnostics_error(set->diags, &rule->at, "connect %s: \"%.64s\": %s",
					      rule->connect, value, why);
	*ret_rule = bound;
	return 0;
}

static int add_network(struct writ_ruleset *set, const struct writ_network_rule *rule)
{
	const struct writ_image_rule image_rule = {.allow = rule->deny ? 0 : rule->access,
						   .deny = rule->deny ? rule->access : 0,
						   .audit = rule->audit};
	struct writ_ports_rule entry = {0};
	size_t text = set->text.size;
	int err = bind_address(set, rule, &entry.rule);

	if (!err)
		err = writ_rule_text_network(&set->text, rule);
	if (!err)
		err = add_image_rule(set, &rule->at, image_rule, text, &entry.image_rule);
	if (!err && writ_array_reserve(&set->network, &set->network_capacity, set->n_network + 1,
				       sizeof(entry)))
		return -ENOMEM;
	if (!err)
		set->network[set->n_network++] = entry;
	return err;
}

int writ_ruleset_add(struct writ_ruleset *set, const struct writ_rules *rules)
{
	int err = 0;

	for (size_t i = 0; i < rules->n_files && !err; i++)
		err = add_file(set, &rules->files[i]);
	for (size_t i = 0; i < rules->n_exec && !err; i++)
		err = add_exec(set, &rules->exec[i]);
	for (size_t i = 0; i < rules->n_network && !err; i++)
		err = add_network(set, &rules->network[i]);
	for (size_t i = 0; i < rules->n_unix && !err; i++)
		err = add_file(set, &rules->unix_sockets[i]);
	return err;
}

int writ_ruleset_add_agent(struct writ_ruleset *set, const struct writ_policy_agent *agent,
			   uint32_t value)
{
	struct writ_nfa_rule given = {.self = WRIT_NFA_NONE};
	size_t text = set->text.size;
	int err = writ_rule_text_agent(&set->text, agent);

	if (!err)
		err = add_image_rule(set, &agent->cgroup_at,
				     (struct writ_image_rule){.allow = value}, text, &given.rule);
	if (!err)
		err = parse_path(set, &agent->cgroup_at, agent->cgroup);
	return err ? err : add_texts(set, &agent->cgroup_at, false, given);
}
