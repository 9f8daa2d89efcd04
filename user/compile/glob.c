/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See glob.h. One pass over the text; open braces are a linked stack within the tokens. A
 * parameter's value becomes BYTE tokens, whatever bytes it holds: that is its quoting.
 */
#include "compile/glob.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compile/arena.h"
#include "writ/abi.h"

#define NESTING_MAX 16 /* braces within braces */

struct parse {
	struct writ_glob *glob;
	const char *text;
	const char *at;
	const struct writ_glob_parameters *parameters;
	char *why;
	size_t open[NESTING_MAX]; /* OPEN tokens of the braces around `at` */
	size_t last[NESTING_MAX]; /* their last OPEN or COMMA */
	size_t depth;
};

static int fail(struct parse *parse, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int fail(struct parse *parse, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(parse->why, WRIT_GLOB_ERROR_SIZE, format, args);
	va_end(args);
	return -EINVAL;
}

static int append(struct writ_glob *glob, struct writ_glob_token token)
{
	if (writ_array_reserve(&glob->tokens, &glob->tokens_capacity, glob->n_tokens + 1,
			       sizeof(*glob->tokens)))
		return -ENOMEM;
	glob->tokens[glob->n_tokens++] = token;
	return 0;
}

int writ_glob_append(struct writ_glob *glob, enum writ_glob_kind kind, uint8_t byte)
{
	return append(glob, (struct writ_glob_token){.kind = (uint8_t)kind, .byte = byte});
}

static bool is_word(const char *text, size_t len)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789._-";

	for (size_t i = 0; i < len; i++)
		if (!memchr(letters, text[i], sizeof(letters) - 1))
			return false;
	return len > 0;
}

/* The value's bytes, or a PARAMETER token while there is no value. */
static int append_parameter(struct parse *parse, size_t index)
{
	const struct writ_glob_parameters *parameters = parse->parameters;
	const char *value = parameters->values ? parameters->values[index] : NULL;

	if (parameters->used)
		parameters->used[index] = true;
	if (!value)
		return append(
			parse->glob,
			(struct writ_glob_token){
				.kind = WRIT_GLOB_PARAMETER,
				.byte = parameters->whole && parameters->whole[index] ? '/' : 0,
				.index = (uint16_t)index});
	for (; *value; value++)
		if (writ_glob_append(parse->glob, WRIT_GLOB_BYTE, (uint8_t)*value))
			return -ENOMEM;
	return 0;
}

static int parse_parameter(struct parse *parse, size_t len)
{
	const struct writ_glob_parameters *parameters = parse->parameters;
	const char *name = parse->at + 1;

	for (size_t i = 0; parameters && i < parameters->count; i++) {
		if (strlen(parameters->names[i]) != len || memcmp(parameters->names[i], name, len))
			continue;
		parse->at += len + 2;
		return append_parameter(parse, i);
	}
	return fail(parse, "{%.*s} is not a declared parameter; a backslash quotes the sign",
		    len < 64 ? (int)len : 64, name);
}

static int parse_open(struct parse *parse)
{
	const char *inside = parse->at + 1;
	size_t len = strcspn(inside, "{},\\");

	if (inside[len] == '}' && is_word(inside, len))
		return parse_parameter(parse, len);
	if (parse->depth == NESTING_MAX)
		return fail(parse, "braces are nested deeper than %d", NESTING_MAX);
	parse->open[parse->depth] = parse->glob->n_tokens;
	parse->last[parse->depth] = parse->glob->n_tokens;
	parse->depth++;
	parse->at++;
	return writ_glob_append(parse->glob, WRIT_GLOB_OPEN, 0);
}

static int parse_separator(struct parse *parse, enum writ_glob_kind kind)
{
	size_t top = parse->depth - 1;

	if (kind == WRIT_GLOB_CLOSE && parse->open[top] == parse->last[top])
		return fail(parse, "{...} needs a comma, or the name of a parameter");
	parse->glob->tokens[parse->last[top]].link = (uint32_t)parse->glob->n_tokens;
	parse->last[top] = parse->glob->n_tokens;
	if (kind == WRIT_GLOB_CLOSE)
		parse->depth--;
	parse->at++;
	return writ_glob_append(parse->glob, kind, 0);
}

/* One member of a class at parse->at, quoted or not; *@ret_byte is the ASCII byte. */
static int parse_member(struct parse *parse, unsigned char *ret_byte)
{
	if (*parse->at == '\\')
		parse->at++;
	if (!*parse->at)
		return fail(parse, "\"[\" without \"]\"");
	if ((unsigned char)*parse->at >= 0x80)
		return fail(parse, "[...] takes ASCII characters; write {\xc3\xa4,\xc3\xb6} for "
				   "others");
	*ret_byte = (unsigned char)*parse->at++;
	return 0;
}

static int parse_range(struct parse *parse, struct writ_glob_class *class)
{
	unsigned char low = 0, high;
	int err = parse_member(parse, &low);

	if (err)
		return err;
	high = low;
	if (parse->at[0] == '-' && parse->at[1] && parse->at[1] != ']') {
		parse->at++;
		err = parse_member(parse, &high);
		if (err)
			return err;
	}
	if (high < low)
		return fail(parse, "range %c-%c is the wrong way round", low, high);
	for (unsigned int byte = low; byte <= high; byte++)
		class->ascii[byte / 64] |= UINT64_C(1) << byte % 64;
	return 0;
}

/* Turns the members into what matches: complement, and never '/' or NUL. */
static bool finish_class(struct writ_glob_class *class)
{
	if (class->negated) {
		class->ascii[0] = ~class->ascii[0];
		class->ascii[1] = ~class->ascii[1];
	}
	class->ascii[0] &= ~(UINT64_C(1) << '/' | UINT64_C(1));
	return class->negated || class->ascii[0] || class->ascii[1];
}

static int parse_class(struct parse *parse)
{
	struct writ_glob *glob = parse->glob;
	struct writ_glob_class class = {0};
	int err = 0;

	parse->at++;
	if (*parse->at == '^') {
		class.negated = true;
		parse->at++;
	}
	if (*parse->at == ']')
		return fail(parse,
			    "[] is empty; quote the ] with a backslash if the sign is meant");
	while (!err && *parse->at != ']')
		err = parse_range(parse, &class);
	if (err)
		return err;
	parse->at++;
	if (!finish_class(&class))
		return fail(parse, "[...] matches nothing: a class never matches \"/\"");
	if (glob->n_classes > UINT16_MAX ||
	    writ_array_reserve(&glob->classes, &glob->classes_capacity, glob->n_classes + 1,
			       sizeof(*glob->classes)))
		return -ENOMEM;
	glob->classes[glob->n_classes] = class;
	return append(glob, (struct writ_glob_token){.kind = WRIT_GLOB_CLASS,
						     .index = (uint16_t)glob->n_classes++});
}

static int parse_stars(struct parse *parse)
{
	size_t n = strspn(parse->at, "*");

	parse->at += n;
	return writ_glob_append(parse->glob, n > 1 ? WRIT_GLOB_STARSTAR : WRIT_GLOB_STAR, 0);
}

static int parse_next(struct parse *parse)
{
	switch (*parse->at) {
	case '*':
		return parse_stars(parse);
	case '?':
		parse->at++;
		return writ_glob_append(parse->glob, WRIT_GLOB_CHARACTER, 0);
	case '[':
		return parse_class(parse);
	case '{':
		return parse_open(parse);
	case ',':
		if (parse->depth)
			return parse_separator(parse, WRIT_GLOB_COMMA);
		break;
	case '}':
		if (parse->depth)
			return parse_separator(parse, WRIT_GLOB_CLOSE);
		return fail(parse, "\"}\" without \"{\"; quote the sign with a backslash");
	case '\\':
		parse->at++;
		if (!*parse->at)
			return fail(parse, "the backslash at the end quotes nothing");
		break;
	}
	return writ_glob_append(parse->glob, WRIT_GLOB_BYTE, (uint8_t)*parse->at++);
}

int writ_glob_parse(struct writ_glob *glob, const char *text,
		    const struct writ_glob_parameters *parameters,
		    char ret_why[WRIT_GLOB_ERROR_SIZE])
{
	struct parse parse = {
		.glob = glob, .text = text, .at = text, .parameters = parameters, .why = ret_why};

	while (*parse.at) {
		int err = parse_next(&parse);

		if (err)
			return err;
	}
	if (parse.depth)
		return fail(&parse, "\"{\" without \"}\"; quote the sign with a backslash");
	return 0;
}

void writ_glob_reset(struct writ_glob *glob)
{
	glob->n_tokens = 0;
	glob->n_classes = 0;
}

void writ_glob_free(struct writ_glob *glob)
{
	free(glob->tokens);
	free(glob->classes);
	*glob = (struct writ_glob){0};
}
