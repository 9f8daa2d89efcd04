/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A playbook's terms: who may have a grant of it, when and how often, who holds it, and what
 * becomes of it at its end. All but its rules, its times and its ticket.
 */
#ifndef WRIT_COMPILE_TERMS_H
#define WRIT_COMPILE_TERMS_H

#include "compile/model.h"
#include "compile/reader.h"

#define WRIT_TERMS_FIELDS 12

/* For the table of a Playbook; the object begins with a struct writ_policy_playbook. */
extern const struct writ_field writ_terms_fields[WRIT_TERMS_FIELDS];

/* `risk` of a playbook or of a role. */
int writ_terms_read_risk(struct writ_reader *reader, const struct writ_yaml_node *value,
			 uint32_t *ret_risk);

/* Terms that don't go together, once @root is read without fault; finds the entry command. */
int writ_terms_check(struct writ_reader *reader, const struct writ_yaml_node *root,
		     struct writ_policy_playbook *playbook);

/* Numbers the entry command anew, when sets have become rules. */
void writ_terms_renumber(struct writ_policy_playbook *playbook);

/* Warnings: terms that are allowed and probably not meant. */
void writ_terms_advise(const struct writ_policy_playbook *playbook, struct writ_diagnostics *diags);

/* "unknown" for a value out of range. */
const char *writ_terms_scope(uint32_t scope);
const char *writ_terms_on_end(uint32_t on_end);
const char *writ_terms_risk(uint32_t risk);

#endif
