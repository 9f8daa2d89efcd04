/* SPDX-License-Identifier: Apache-2.0 */
/* The parameters that a playbook declares: `parameters` -> struct writ_policy_parameter. */
#ifndef WRIT_COMPILE_DECLARED_H
#define WRIT_COMPILE_DECLARED_H

#include "compile/store.h"

/*
 * reader->context is the store. What has a name is returned also with -EINVAL: rules that use it
 * are then not reported as well.
 */
int writ_declared_read(struct writ_reader *reader, const struct writ_yaml_node *value,
		       struct writ_policy_parameter **ret_parameters, size_t *ret_n);

#endif
