/* SPDX-License-Identifier: Apache-2.0 */
/* See description.h. The words are English, and all of them are in one table. */
#include "compile/description.h"

#include <ctype.h>
#include <string.h>

enum kind {
	PROMISE, /* anywhere: nothing is changed, unless a LIMIT comes next */
	LIMIT,
	BEGIN,	/* as the first words: nothing is changed, unless a CHANGE follows */
	CHANGE, /* begins a word: something is changed */
	CALL,	/* begins a word: somebody is called */
	KINDS,
};

/* In phrases a space and "-" are the same. Each list ends in NULL. */
static const char *const words[KINDS][48] = {
	[PROMISE] = {"read-only", "readonly", "write nothing", "writes nothing", "change nothing",
		     "changes nothing", "modify nothing", "modifies nothing", "nothing is written",
		     "nothing is changed"},
	[LIMIT] = {"apart", "besides", "beyond", "but", "else", "except", "other"},
	[BEGIN] = {"inspect",
		   "inspects",
		   "examine",
		   "examines",
		   "diagnose",
		   "diagnoses",
		   "collect diagnostics",
		   "collects diagnostics",
		   "collect logs",
		   "collects logs",
		   "collect metrics",
		   "collects metrics",
		   "gather diagnostics",
		   "gathers diagnostics",
		   "look at",
		   "looks at",
		   "view",
		   "views",
		   "show",
		   "shows",
		   "list",
		   "lists",
		   "read",
		   "reads"},
	[CHANGE] = {"add",    "archiv", "chang",   "clean",   "clear",	"cop",	   "creat",
		    "delet",  "drop",	"dump",	   "edit",    "fix",	"install", "keep",
		    "mak",    "mov",	"put",	   "record",  "reload", "remov",   "renam",
		    "repair", "replac", "reset",   "restart", "restor", "rotat",   "sav",
		    "stor",   "touch",	"truncat", "updat",   "upgrad", "writ"},
	[CALL] = {"ask", "call", "connect", "download", "fetch", "ping", "prob", "quer", "request",
		  "send", "speak", "talk", "upload"},
};

static bool is_word(char byte)
{
	return isalnum((unsigned char)byte) || byte == '_';
}

static bool is_gap(char byte)
{
	return byte == ' ' || byte == '-' || byte == '_' || byte == '.';
}

/* The length of @phrase at @text, without regard to case; 0: it does not stand there. */
static size_t match(const char *text, const char *phrase)
{
	size_t i = 0;

	for (; phrase[i]; i++)
		if (tolower((unsigned char)text[i]) != tolower((unsigned char)phrase[i]) &&
		    !(is_gap(text[i]) && is_gap(phrase[i])))
			return 0;
	return i;
}

/*
 * What follows @phrase where it first stands in @text: from the beginning of a word, and if @whole
 * to the end of one. NULL: nowhere.
 */
static const char *behind(const char *text, const char *phrase, bool whole)
{
	for (const char *at = text; *at; at++) {
		size_t len = at > text && is_word(at[-1]) ? 0 : match(at, phrase);

		if (len && !(whole && is_word(at[len])))
			return at + len;
	}
	return NULL;
}

static bool has_kind(const char *text, enum kind kind)
{
	for (const char *const *word = words[kind]; *word; word++)
		if (behind(text, *word, false))
			return true;
	return false;
}

static bool is_limited(const char *next)
{
	next += strspn(next, " ");
	for (const char *const *word = words[LIMIT]; *word; word++)
		if (match(next, *word))
			return true;
	return false;
}

const char *writ_description_promise(const char *description)
{
	const char *first = description + strspn(description, " ");

	for (const char *const *word = words[PROMISE]; *word; word++) {
		const char *next = behind(description, *word, true);

		if (next && !is_limited(next))
			return *word;
	}
	for (const char *const *word = words[BEGIN]; *word; word++) {
		size_t len = match(first, *word);

		if (len && !is_word(first[len]) && !has_kind(description, CHANGE))
			return *word;
	}
	return NULL;
}

bool writ_description_calls(const char *description)
{
	return has_kind(description, CALL);
}

const struct writ_policy_parameter *
writ_description_parameter(const struct writ_policy_playbook *playbook)
{
	for (size_t i = 0; i < playbook->n_parameters; i++)
		if (behind(playbook->description, playbook->parameters[i].name, true))
			return &playbook->parameters[i];
	return NULL;
}
