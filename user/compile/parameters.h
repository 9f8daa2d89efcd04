/* SPDX-License-Identifier: Apache-2.0 */
/* The parameters of a request against those of its playbook. */
#ifndef WRIT_COMPILE_PARAMETERS_H
#define WRIT_COMPILE_PARAMETERS_H

#include "compile/model.h"
#include "writ/control.h"

/*
 * Every parameter declared, none else, none twice, each value sound (values.h): of its type,
 * without control bytes, and unable to widen a path. *@ret_values[i] becomes the value (in
 * @request) of the playbook's parameter i. 0, or -EINVAL with every fault in @diags.
 */
int writ_parameters_check(const struct writ_policy_playbook *playbook,
			  const struct writ_request *request, struct writ_diagnostics *diags,
			  const char *ret_values[WRIT_PARAMETERS_MAX]);

/* The declared parameter of that name, or NULL. */
const struct writ_policy_parameter *
writ_parameters_find(const struct writ_policy_playbook *playbook, const char *name);

/* "k=v k=v", escaped for a terminal, cut at @size. */
void writ_parameters_format(const struct writ_policy_playbook *playbook, const char *const *values,
			    char *ret_text, size_t size);

#endif
