/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One case of a test file: YAML -> the question that it asks and the answer that is expected. What
 * is kept can be asked: its object is one of the operation, and nothing in it is passed over.
 */
#ifndef WRIT_COMPILE_CASE_H
#define WRIT_COMPILE_CASE_H

#include "compile/reader.h"

/* Reads a struct writ_case at @element; an element of a list (reader.h). */
int writ_case_read(struct writ_reader *reader, const struct writ_yaml_node *value, void *element);

#endif
