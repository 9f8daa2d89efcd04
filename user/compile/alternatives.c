/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See alternatives.h. Each text is one walk over the tokens with a list of choices, one for each
 * brace passed; the next text advances the last choice that can be advanced. No recursion.
 */
#include "compile/alternatives.h"

#include <errno.h>
#include <stdlib.h>

#include "compile/arena.h"

int writ_alternatives_init(struct writ_alternatives *alternatives, const struct writ_glob *glob)
{
	struct writ_glob_token *tokens = calloc(glob->n_tokens + 1, sizeof(*tokens));

	if (!tokens)
		return -ENOMEM;
	*alternatives = (struct writ_alternatives){.glob = glob, .tokens = tokens};
	return 0;
}

void writ_alternatives_free(struct writ_alternatives *alternatives)
{
	free(alternatives->tokens);
	*alternatives = (struct writ_alternatives){0};
}

static bool is_star(uint8_t kind)
{
	return kind == WRIT_GLOB_STAR || kind == WRIT_GLOB_STARSTAR;
}

static void emit(struct writ_alternatives *alternatives, struct writ_glob_token token)
{
	size_t n = alternatives->n_tokens;

	if (n && is_star(token.kind) && is_star(alternatives->tokens[n - 1].kind))
		alternatives->tokens[n - 1].kind = WRIT_GLOB_STARSTAR;
	else
		alternatives->tokens[alternatives->n_tokens++] = token;
}

/* Moves to the next combination of choices; false when all have been. */
static bool advance(struct writ_alternatives *alternatives)
{
	const struct writ_glob_token *tokens = alternatives->glob->tokens;

	while (alternatives->n_choices) {
		size_t top = alternatives->n_choices - 1;
		size_t next = tokens[alternatives->choices[top]].link;

		if (tokens[next].kind == WRIT_GLOB_COMMA) {
			alternatives->choices[top] = next;
			return true;
		}
		alternatives->n_choices--;
	}
	return false;
}

/* The alternative to take at the brace @open: the one chosen, or the first of a new brace. */
static int choose(struct writ_alternatives *alternatives, size_t open, size_t *taken)
{
	if (*taken == WRIT_ALTERNATIVES_CHOICES)
		return -E2BIG;
	if (*taken == alternatives->n_choices)
		alternatives->choices[alternatives->n_choices++] = open;
	(*taken)++;
	return 0;
}

static int walk(struct writ_alternatives *alternatives)
{
	const struct writ_glob *glob = alternatives->glob;
	size_t taken = 0, at = 0;

	alternatives->n_tokens = 0;
	while (at < glob->n_tokens) {
		struct writ_glob_token token = glob->tokens[at];

		if (token.kind == WRIT_GLOB_OPEN) {
			if (choose(alternatives, at, &taken))
				return -E2BIG;
			at = alternatives->choices[taken - 1];
		} else if (token.kind == WRIT_GLOB_COMMA) {
			while (glob->tokens[at].kind == WRIT_GLOB_COMMA)
				at = glob->tokens[at].link;
		} else if (token.kind != WRIT_GLOB_CLOSE) {
			emit(alternatives, token);
		}
		at++;
	}
	return 1;
}

int writ_alternatives_next(struct writ_alternatives *alternatives)
{
	if (alternatives->count && !advance(alternatives))
		return 0;
	if (alternatives->count == WRIT_ALTERNATIVES_MAX)
		return -E2BIG;
	alternatives->count++;
	return walk(alternatives);
}

static bool is_byte(const struct writ_glob_token *token, char byte)
{
	return token->kind == WRIT_GLOB_BYTE && token->byte == (uint8_t)byte;
}

/* The component in [@at, @end) of the path. */
static const char *component_fault(const struct writ_glob_token *tokens, size_t at, size_t end)
{
	if (at == end)
		return "holds \"//\"; write one slash";
	if (end - at == 1 && is_byte(tokens + at, '.'))
		return "holds \"/./\"; leave it out";
	if (end - at == 2 && is_byte(tokens + at, '.') && is_byte(tokens + at + 1, '.'))
		return "holds \"/../\"; write the path without it";
	return NULL;
}

static bool is_whole(const struct writ_glob_token *token)
{
	return token->kind == WRIT_GLOB_PARAMETER && token->byte == '/';
}

/* A parameter that is a whole path has the place of the first parts. */
static const char *whole_fault(const struct writ_glob_token *tokens, size_t n_tokens)
{
	for (size_t i = 1; i < n_tokens; i++)
		if (is_whole(tokens + i))
			return "has a parameter of type path behind its first part";
	if (is_whole(tokens) && n_tokens > 1 && !is_byte(tokens + 1, '/'))
		return "goes on behind a parameter of type path without \"/\"";
	return NULL;
}

const char *writ_alternatives_fault(const struct writ_glob_token *tokens, size_t n_tokens)
{
	size_t start = n_tokens && is_whole(tokens) ? 2 : 1;

	if (!n_tokens || (start == 1 && !is_byte(tokens, '/')))
		return "is not absolute; a path begins with \"/\"";
	if (whole_fault(tokens, n_tokens))
		return whole_fault(tokens, n_tokens);
	if (n_tokens == 1)
		return NULL;
	if (is_byte(tokens + n_tokens - 1, '/'))
		return "ends in \"/\"; leave it out, or write \"/**\" for everything below";
	for (size_t i = start; i <= n_tokens; i++) {
		const char *fault;

		if (i < n_tokens && !is_byte(tokens + i, '/'))
			continue;
		fault = component_fault(tokens, start, i);
		if (fault)
			return fault;
		start = i + 1;
	}
	return NULL;
}
