/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A denied operation -> what its agent may ask for that would allow it: for `writ why`, the API
 * and the audit log alike, so that all of them say the same.
 */
#ifndef WRIT_COMPILE_REMEDY_H
#define WRIT_COMPILE_REMEDY_H

#include "compile/command.h"
#include "compile/explain.h"

/* Bytes of an object with its NUL that are looked at; one that fills them may have been cut. */
#define WRIT_REMEDY_OBJECT_SIZE 1024u

/* As the kernel decided it; the reason is one of a deny. */
struct writ_remedy_denial {
	uint32_t operation;
	uint32_t access;
	uint32_t reason;
	uint64_t grant;	    /* that the record names; 0: none */
	const char *object; /* in the words of the audit log, before they are escaped */
};

/* No offer and no run: nothing that the role may ask for would allow it. */
struct writ_remedy {
	uint64_t run; /* the grant that allows it in its own run, `writ exec`; 0: none */
	size_t n_offers;
	struct writ_explain_offer offers[WRIT_EXPLAIN_OFFERS_MAX]; /* those of the text, in order */
	char text[WRIT_REMEDY_SIZE]; /* as commands, one line; "" for none */
};

/*
 * Can there be a remedy at all? By the reason and the form of the object alone: of most denials it
 * says no, at no cost, and then writ_remedy_find() finds none.
 */
bool writ_remedy_may_help(const struct writ_remedy_denial *denial);

/*
 * What @agent may ask for after @denial. Offers are those whose command fits into the text. Of a
 * program they let it run with some arguments: those of the denied one are not in @denial. Without
 * @explainer (NULL) there is no policy to look into, and only a run is found. 0 or -ENOMEM.
 * *@ret_remedy is large, and lies with the caller.
 */
int writ_remedy_find(struct writ_explainer *explainer, const char *agent,
		     const struct writ_remedy_denial *denial, struct writ_remedy *ret_remedy);

#endif
