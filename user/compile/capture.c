/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See capture.h. Backtracking with a stack of its own: one frame for each wildcard passed, which
 * grows by a byte when what is behind it fails.
 */
#include "compile/capture.h"

#include <string.h>

#include "compile/alternatives.h"
#include "compile/values.h"
#include "lib/cleanup.h"

#define FRAMES_MAX 64 /* wildcards in one text of a rule; one with more is not searched */

struct frame {
	size_t token;
	size_t at;  /* where in the text it begins */
	size_t len; /* how much it takes */
};

struct search {
	struct writ_capture *capture;
	const struct writ_glob_class *classes;
	const struct writ_glob_token *tokens;
	size_t n_tokens;
	const char *text;
	size_t len;
	struct frame frames[FRAMES_MAX];
	size_t n_frames;
	size_t token; /* where the search stands */
	size_t at;
};

static bool is_wild(uint8_t kind)
{
	return kind == WRIT_GLOB_STAR || kind == WRIT_GLOB_STARSTAR ||
	       kind == WRIT_GLOB_PARAMETER || kind == WRIT_GLOB_REST;
}

/* Bytes of the character at text[at], 1 for what is not UTF-8: the compiled rule will tell. */
static size_t character(const struct search *search)
{
	size_t n = 1;

	if ((unsigned char)search->text[search->at] < 0xc0)
		return 1;
	while (search->at + n < search->len &&
	       ((unsigned char)search->text[search->at + n] & 0xc0) == 0x80)
		n++;
	return n;
}

/* Takes one token that is no wildcard. */
static bool take_one(struct search *search)
{
	const struct writ_glob_token *token = &search->tokens[search->token];
	unsigned char byte = search->at < search->len ? (unsigned char)search->text[search->at] : 0;
	bool fits = search->at < search->len, member;
	size_t n = 1;

	if (!fits)
		return false;
	if (token->kind == WRIT_GLOB_BYTE) {
		fits = byte == token->byte;
	} else {
		n = character(search);
		fits = byte && byte != '/';
	}
	if (token->kind == WRIT_GLOB_CLASS) {
		const struct writ_glob_class *set = &search->classes[token->index];

		/* `ascii` is what matches, negated or not */
		member = byte < 128 ? set->ascii[byte / 64] >> (byte % 64) & 1 : set->negated;
		fits = fits && member;
	}
	search->token++;
	search->at += n;
	return fits;
}

/* May the wildcard take text[at + len - 1] as well? */
static bool may_grow(const struct search *search, const struct frame *frame)
{
	const struct writ_glob_token *token = &search->tokens[frame->token];
	uint8_t kind = token->kind;
	char last;

	if (frame->at + frame->len > search->len)
		return false;
	if (!frame->len)
		return true;
	if (kind == WRIT_GLOB_PARAMETER && frame->len >= WRIT_VALUE_SIZE)
		return false;
	last = search->text[frame->at + frame->len - 1];
	if (kind == WRIT_GLOB_REST)
		return true;
	return last && (last != '/' || kind == WRIT_GLOB_STARSTAR || token->byte == '/');
}

/* Is what the parameter takes a value of it, and the same as before in this text? */
static bool is_value(const struct search *search, const struct frame *frame)
{
	const struct writ_policy_playbook *playbook = search->capture->playbook;
	uint16_t index = search->tokens[frame->token].index;
	char value[WRIT_VALUE_SIZE];

	for (const struct frame *other = search->frames; other < frame; other++)
		if (search->tokens[other->token].kind == WRIT_GLOB_PARAMETER &&
		    search->tokens[other->token].index == index)
			return other->len == frame->len &&
			       !memcmp(search->text + other->at, search->text + frame->at,
				       frame->len);
	memcpy(value, search->text + frame->at, frame->len);
	value[frame->len] = '\0';
	if (index >= playbook->n_parameters)
		return !strcmp(search->capture->bindings->values[index], value);
	return !writ_values_fault(&playbook->parameters[index], value);
}

/* The last wildcard that can take more does so; false: no other way is left. */
static bool step_back(struct search *search)
{
	while (search->n_frames) {
		struct frame *top = &search->frames[search->n_frames - 1];
		bool parameter = search->tokens[top->token].kind == WRIT_GLOB_PARAMETER;

		while (top->len++, may_grow(search, top)) {
			if (parameter && !is_value(search, top))
				continue;
			search->token = top->token + 1;
			search->at = top->at + top->len;
			return true;
		}
		search->n_frames--;
	}
	return false;
}

/* Puts a wildcard on the stack; it begins with nothing, a parameter with one byte. */
static bool take_wild(struct search *search)
{
	bool parameter = search->tokens[search->token].kind == WRIT_GLOB_PARAMETER;

	if (search->n_frames == FRAMES_MAX)
		return false;
	search->frames[search->n_frames++] = (struct frame){search->token, search->at, 0};
	if (parameter)
		return step_back(search);
	search->token++;
	return true;
}

static bool search_text(struct search *search)
{
	for (uint32_t step = 0; step < WRIT_CAPTURE_STEPS_MAX; step++) {
		bool goes;

		if (search->token == search->n_tokens && search->at == search->len)
			return true;
		if (search->token == search->n_tokens)
			goes = false;
		else if (is_wild(search->tokens[search->token].kind))
			goes = take_wild(search);
		else
			goes = take_one(search);
		if (!goes && !step_back(search))
			return false;
	}
	return false;
}

static void keep(struct search *search)
{
	struct writ_capture *capture = search->capture;

	for (size_t i = 0; i < search->n_frames; i++) {
		const struct frame *frame = &search->frames[i];
		uint16_t index = search->tokens[frame->token].index;

		if (search->tokens[frame->token].kind != WRIT_GLOB_PARAMETER ||
		    index >= capture->playbook->n_parameters)
			continue;
		memcpy(capture->values[index], search->text + frame->at, frame->len);
		capture->values[index][frame->len] = '\0';
		capture->known[index] = true;
	}
}

static bool try_text(struct search *search, size_t n_tokens)
{
	search->n_tokens = n_tokens;
	search->n_frames = search->token = search->at = 0;
	if (!search_text(search))
		return false;
	keep(search);
	return true;
}

int writ_capture_glob(struct writ_capture *capture, const struct writ_glob *glob, const char *text,
		      size_t len)
{
	_cleanup_(writ_alternatives_free) struct writ_alternatives texts = {0};
	struct search search = {
		.capture = capture, .classes = glob->classes, .text = text, .len = len};
	int err = writ_alternatives_init(&texts, glob);

	if (err)
		return err;
	while (writ_alternatives_next(&texts) > 0) {
		size_t n = texts.n_tokens;

		search.tokens = texts.tokens;
		if (try_text(&search, n))
			return 1;
		if (n > 2 && texts.tokens[n - 1].kind == WRIT_GLOB_STARSTAR &&
		    texts.tokens[n - 2].kind == WRIT_GLOB_BYTE && texts.tokens[n - 2].byte == '/' &&
		    try_text(&search, n - 2))
			return 1;
	}
	return 0;
}
