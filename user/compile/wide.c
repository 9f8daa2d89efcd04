/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules by which a grant is wider than its playbook's description needs; see advice.h. A rule is
 * told of once, for the first of: it changes what the description says is only looked at; it takes
 * in a whole directory or every address although the description speaks of one parameter's value;
 * it does more than read in a whole directory at the top.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "compile/advice.h"
#include "compile/alternatives.h"
#include "compile/bindings.h"
#include "compile/description.h"
#include "lib/cleanup.h"
#include "writ/names.h"

#define MODIFY                                                                              \
	(WRIT_ACCESS_WRITE | WRIT_ACCESS_APPEND | WRIT_ACCESS_CREATE | WRIT_ACCESS_DELETE | \
	 WRIT_ACCESS_ATTRIBUTES | WRIT_ACCESS_LINK)
#define CALL (WRIT_ACCESS_CONNECT | WRIT_ACCESS_SEND)

/* Not map: the libraries of all programs lie in one directory, and mapping them runs nothing. */
#define ACT (MODIFY | WRIT_ACCESS_EXECUTE | CALL)

#define DEPTH_NARROW 3u /* not a whole directory, or one further down */
#define IPV4_BITS 96u	/* of a mapped address, before the IPv4 address begins */

struct judge {
	const struct writ_policy_playbook *playbook;
	const char *promise; /* of the description; NULL: none */
	const struct writ_policy_parameter *narrows;
	bool calls;
	struct writ_glob_parameters parameters;
	struct writ_diagnostics *diags;
	const struct writ_position *told; /* rules of a set have one position */
};

/* --- how much a glob takes in ----------------------------------------------------------------- */

static bool is_byte(const struct writ_glob_token *token, char byte)
{
	return token->kind == WRIT_GLOB_BYTE && token->byte == (uint8_t)byte;
}

static bool is_star(const struct writ_glob_token *token)
{
	return token->kind == WRIT_GLOB_STAR || token->kind == WRIT_GLOB_STARSTAR;
}

/*
 * The depth of the directory that the text takes in as a whole, 0 for the root, or for all abstract
 * sockets. One that names a parameter, or where "**" stands before its end, is narrow.
 */
static unsigned int depth_of(const struct writ_glob_token *tokens, size_t n)
{
	unsigned int depth = 0;
	bool star = false;

	for (; n > 1 && (is_star(&tokens[n - 1]) || is_byte(&tokens[n - 1], '/')); n--)
		star = star || is_star(&tokens[n - 1]);
	if (!star)
		return DEPTH_NARROW;
	if (n == 1)
		return is_byte(&tokens[0], '/') || is_byte(&tokens[0], '@') ? 0 : DEPTH_NARROW;
	if (!is_byte(&tokens[n], '/'))
		return DEPTH_NARROW;
	for (size_t i = 0; i < n; i++) {
		if (tokens[i].kind == WRIT_GLOB_PARAMETER || tokens[i].kind == WRIT_GLOB_STARSTAR)
			return DEPTH_NARROW;
		depth += is_byte(&tokens[i], '/');
	}
	return depth < DEPTH_NARROW ? depth : DEPTH_NARROW;
}

static bool is_text(const struct writ_glob_token *tokens, size_t n, const char *text)
{
	for (size_t i = 0; i < n; i++)
		if (!text[i] || !is_byte(&tokens[i], text[i]))
			return false;
	return !text[n];
}

/* Written to by every program, and nothing is changed. */
static bool is_sink(const struct writ_glob_token *tokens, size_t n)
{
	static const char *const sinks[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/tty"};

	for (size_t i = 0; i < sizeof(sinks) / sizeof(sinks[0]); i++)
		if (is_text(tokens, n, sinks[i]))
			return true;
	return false;
}

struct extent {
	unsigned int depth; /* the least of all texts that the braces stand for */
	bool sink;	    /* all of them are */
};

static int measure(const struct judge *judge, const char *path, struct extent *ret)
{
	_cleanup_(writ_alternatives_free) struct writ_alternatives texts = {0};
	_cleanup_(writ_glob_free) struct writ_glob glob = {0};
	struct extent extent = {.depth = DEPTH_NARROW, .sink = true};
	char why[WRIT_GLOB_ERROR_SIZE];
	int more = writ_glob_parse(&glob, path, &judge->parameters, why);

	if (!more)
		more = writ_alternatives_init(&texts, &glob);
	if (more)
		return more;
	while ((more = writ_alternatives_next(&texts)) > 0) {
		unsigned int depth = depth_of(texts.tokens, texts.n_tokens);

		extent.depth = depth < extent.depth ? depth : extent.depth;
		extent.sink = extent.sink && is_sink(texts.tokens, texts.n_tokens);
	}
	*ret = extent;
	return more;
}

/* Does one of the arguments name a parameter? */
static int names_parameter(const struct judge *judge, const struct writ_exec_rule *rule,
			   bool *ret_names)
{
	_cleanup_(writ_glob_free) struct writ_glob glob = {0};
	char why[WRIT_GLOB_ERROR_SIZE];

	*ret_names = false;
	for (size_t i = 0; i < rule->n_argv; i++) {
		int err = writ_glob_parse(&glob, rule->argv[i], &judge->parameters, why);

		if (err)
			return err;
	}
	for (size_t i = 0; i < glob.n_tokens; i++)
		*ret_names = *ret_names || (glob.tokens[i].kind == WRIT_GLOB_PARAMETER &&
					    glob.tokens[i].index < judge->playbook->n_parameters);
	return 0;
}

/* --- what is told of it ----------------------------------------------------------------------- */

static bool is_news(struct judge *judge, const struct writ_position *at)
{
	const struct writ_position *told = judge->told;

	judge->told = at;
	return !told || told->line != at->line || told->column != at->column ||
	       strcmp(told->file, at->file);
}

static void list_words(uint32_t access, char *ret_text, size_t size)
{
	size_t used = 0;

	for (uint32_t i = 0; i < WRIT_ACCESS_BITS && used < size; i++)
		if (access >> i & 1)
			used += (size_t)snprintf(ret_text + used, size - used, "%s%s",
						 used ? ", " : "", writ_access_name(i));
}

static void tell_broken(struct judge *judge, const struct writ_position *at, uint32_t access)
{
	char words[128] = "";

	list_words(access, words, sizeof(words));
	if (is_news(judge, at))
		(void)writ_diagnostics_warn(judge->diags, at,
					    "this rule gives %s, and the description of playbook "
					    "\"%s\" says \"%s\": take "
					    "it away, or let the description say what it %s",
					    words, judge->playbook->name, judge->promise,
					    access & CALL ? "calls" : "changes");
}

/* @narrows: whose value has no part in it; NULL: it is wide whatever the description speaks of. */
static void tell_wide(struct judge *judge, const struct writ_position *at, uint32_t access,
		      const char *what, const struct writ_policy_parameter *narrows)
{
	const char *name = narrows ? narrows->name : "";
	char words[128] = "";

	list_words(access, words, sizeof(words));
	if (!is_news(judge, at))
		return;
	if (narrows)
		(void)writ_diagnostics_warn(judge->diags, at,
					    "this rule gives %s on all of %s for every value of "
					    "parameter \"%s\", of which "
					    "the description of playbook \"%s\" speaks: name {%s} "
					    "in it, or only what is "
					    "needed",
					    words, what, name, judge->playbook->name, name);
	else
		(void)writ_diagnostics_warn(judge->diags, at,
					    "this rule gives %s on all of %s, a directory at the "
					    "top: name what playbook "
					    "\"%s\" needs of it",
					    words, what, judge->playbook->name);
}

/* A rule for paths: @access on what @path matches; @narrows as in tell_wide(). */
static int judge_path(struct judge *judge, const struct writ_position *at, const char *path,
		      uint32_t access, const struct writ_policy_parameter *narrows)
{
	struct extent extent;
	int err = measure(judge, path, &extent);
	uint32_t broken = access & (MODIFY | (judge->calls ? 0 : CALL));

	if (err)
		return err;
	if (judge->promise && broken && !extent.sink)
		tell_broken(judge, at, broken);
	else if ((access & ACT) && extent.depth <= (narrows ? 2u : 1u))
		tell_wide(judge, at, access & ACT, path, narrows);
	return 0;
}

static int judge_exec(struct judge *judge, const struct writ_exec_rule *rule)
{
	bool names = false;
	int err = names_parameter(judge, rule, &names);

	return err ? err
		   : judge_path(judge, &rule->at, rule->path, WRIT_ACCESS_EXECUTE,
				names ? NULL : judge->narrows);
}

static bool is_everyone(const struct writ_network_rule *rule)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	bool all = !rule->bits || (rule->bits == IPV4_BITS && !memcmp(rule->address, mapped, 12));

	return all && rule->ports[0].low <= 1 && rule->ports[0].high == UINT16_MAX;
}

/* A parameter's address is named in the request, so the description need not. */
static void judge_network(struct judge *judge, const struct writ_network_rule *rule)
{
	if (rule->deny || rule->parameter || !(rule->access & CALL))
		return;
	if (judge->promise && !judge->calls)
		tell_broken(judge, &rule->at, rule->access);
	else if (judge->narrows && is_everyone(rule))
		tell_wide(judge, &rule->at, rule->access, rule->connect, judge->narrows);
}

int writ_wide_find(const struct writ_policy_playbook *playbook, struct writ_diagnostics *diags)
{
	const struct writ_rules *rules = &playbook->rules;
	struct writ_bindings bindings;
	struct judge judge = {
		.playbook = playbook,
		.promise = writ_description_promise(playbook->description),
		.narrows = writ_description_parameter(playbook),
		.calls = writ_description_calls(playbook->description),
		.diags = diags,
	};
	int err = 0;

	writ_bindings_init(&bindings, playbook->parameters, playbook->n_parameters);
	judge.parameters = (struct writ_glob_parameters){
		.names = bindings.names, .whole = bindings.whole, .count = bindings.count};
	for (size_t i = 0; i < rules->n_files && !err; i++)
		err = judge_path(&judge, &rules->files[i].at, rules->files[i].path,
				 rules->files[i].allow, judge.narrows);
	for (size_t i = 0; i < rules->n_unix && !err; i++)
		err = judge_path(&judge, &rules->unix_sockets[i].at, rules->unix_sockets[i].path,
				 rules->unix_sockets[i].allow, judge.narrows);
	for (size_t i = 0; i < rules->n_exec && !err; i++)
		err = judge_exec(&judge, &rules->exec[i]);
	for (size_t i = 0; i < rules->n_network; i++)
		judge_network(&judge, &rules->network[i]);
	return err == -ENOMEM ? err : 0;
}
