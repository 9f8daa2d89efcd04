/* SPDX-License-Identifier: Apache-2.0 */
/* A rule in one line, as `why` shows it: "web.yaml:12:5 /etc/hosts read". */
#ifndef WRIT_COMPILE_RULE_TEXT_H
#define WRIT_COMPILE_RULE_TEXT_H

#include <stddef.h>

#include "compile/model.h"

/* All lines of an image, one after the other without separator. */
struct writ_rule_text {
	char *bytes;
	size_t size;
	size_t capacity;
};

/*
 * Each appends one line, escaped for a terminal: "<file's last part>:<line>:<column> <path>
 * <words>". The bits are those that hold, which may be fewer than the rule's. 0 or -ENOMEM.
 */
int writ_rule_text_file(struct writ_rule_text *text, const struct writ_file_rule *rule,
			uint32_t allow, uint32_t deny);
int writ_rule_text_exec(struct writ_rule_text *text, const struct writ_exec_rule *rule);
int writ_rule_text_network(struct writ_rule_text *text, const struct writ_network_rule *rule);
int writ_rule_text_agent(struct writ_rule_text *text, const struct writ_policy_agent *agent);

/* Fit for _cleanup_(writ_rule_text_free). */
void writ_rule_text_free(struct writ_rule_text *text);

#endif
