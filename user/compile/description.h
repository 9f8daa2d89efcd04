/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a playbook's description says of its rules, as far as a list of words can tell: that nothing
 * is changed, that somebody is called, that it is about one parameter's value. Words that are not
 * in the list say nothing: better no warning than a wrong one.
 */
#ifndef WRIT_COMPILE_DESCRIPTION_H
#define WRIT_COMPILE_DESCRIPTION_H

#include "compile/model.h"

/* The phrase by which it says that nothing is changed; NULL: it does not. */
const char *writ_description_promise(const char *description);

/* Does it say that somebody is called? Then a connect is no surprise. */
bool writ_description_calls(const char *description);

/* The first parameter that it speaks of, as "{name}" or as a word; NULL: none. */
const struct writ_policy_parameter *
writ_description_parameter(const struct writ_policy_playbook *playbook);

#endif
