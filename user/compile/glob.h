/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A glob as people write it -> tokens. The language (docs/man/writ-policy.5): `*` `**` `?` `[a-z]`
 * `[^a-z]` `{a,b}` `{parameter}` and `\` to quote. Braces are kept as tokens with links;
 * alternatives.c walks the texts that they stand for.
 */
#ifndef WRIT_COMPILE_GLOB_H
#define WRIT_COMPILE_GLOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum writ_glob_kind {
	WRIT_GLOB_BYTE,	     /* `byte` itself */
	WRIT_GLOB_CHARACTER, /* `?`: one UTF-8 character, not '/' */
	WRIT_GLOB_CLASS,     /* `[...]`: classes[index] */
	WRIT_GLOB_STAR,	     /* `*`: anything without '/', may be empty */
	WRIT_GLOB_STARSTAR,  /* `**`: anything, may be empty */
	WRIT_GLOB_PARAMETER, /* `{name}` without a value yet: parameter number `index`, `byte`
				is '/' when it is a whole path */
	WRIT_GLOB_REST,	     /* any further arguments of an exec string */
	WRIT_GLOB_ANY,	     /* any one byte; no sign of the language (ruleset.c) */
	WRIT_GLOB_OPEN,	     /* `{`; link: its first COMMA or CLOSE */
	WRIT_GLOB_COMMA,     /* `,` between alternatives; link: the next COMMA or CLOSE */
	WRIT_GLOB_CLOSE,     /* `}` */
};

struct writ_glob_token {
	uint8_t kind;
	uint8_t byte;
	uint16_t index;
	uint32_t link;
};

/* ASCII members; @negated: every other character, also beyond ASCII. '/' and NUL never match. */
struct writ_glob_class {
	uint64_t ascii[2];
	bool negated;
};

struct writ_glob {
	struct writ_glob_token *tokens;
	size_t n_tokens;
	size_t tokens_capacity;
	struct writ_glob_class *classes;
	size_t n_classes;
	size_t classes_capacity;
};

/* What `{name}` may be. */
struct writ_glob_parameters {
	const char *const *names;
	const char *const *values; /* NULL: leave PARAMETER tokens */
	const bool *whole;	   /* NULL, or one for each name: its value is a whole path */
	size_t count;
	bool *used; /* NULL, or one for each name: set when it occurs */
};

#define WRIT_GLOB_ERROR_SIZE 256

/*
 * Appends the tokens of @text to @glob. @parameters NULL: none are declared. 0, -EINVAL with the
 * reason in @ret_why, or -ENOMEM.
 */
int writ_glob_parse(struct writ_glob *glob, const char *text,
		    const struct writ_glob_parameters *parameters,
		    char ret_why[WRIT_GLOB_ERROR_SIZE]);

/* Appends one token: the NUL between arguments, the rest of them. 0 or -ENOMEM. */
int writ_glob_append(struct writ_glob *glob, enum writ_glob_kind kind, uint8_t byte);

/* Forgets the tokens, keeps the memory. */
void writ_glob_reset(struct writ_glob *glob);

/* Fit for _cleanup_(writ_glob_free). */
void writ_glob_free(struct writ_glob *glob);

#endif
