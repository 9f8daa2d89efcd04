/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes of one file -> trees of its documents. The plain core of YAML only: no anchors, aliases,
 * tags or merge keys (a small file can't become a large one), bounded depth and keys, keys are
 * scalars and unique. Values stay text: what they mean is the reader's business.
 */
#ifndef WRIT_COMPILE_YAML_H
#define WRIT_COMPILE_YAML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compile/arena.h"
#include "compile/diagnostics.h"

enum writ_yaml_type {
	WRIT_YAML_SCALAR,
	WRIT_YAML_SEQUENCE,
	WRIT_YAML_MAPPING,
	WRIT_YAML_INVALID, /* reported already; readers pass over it in silence */
};

struct writ_yaml_node {
	enum writ_yaml_type type;
	uint32_t line; /* from 1 */
	uint32_t column;
	uint32_t count;		      /* children; a mapping has two for each key */
	struct writ_yaml_node *first; /* child; keys and values alternate in a mapping */
	struct writ_yaml_node *last;
	struct writ_yaml_node *next; /* sibling */
	const char *text;	     /* scalar, NUL-terminated, holds no NUL itself */
	size_t len;
	bool plain; /* scalar without quotes */
};

/* Called once for each document that is not empty; an error stops the reading and is returned. */
typedef int writ_yaml_document(void *context, const struct writ_yaml_node *root);

/*
 * Parses @bytes; each tree lives during its call only. 0 when the stream could be read to its end
 * (even if nodes were reported as invalid), -EINVAL when it could not (added to @diags), -ENOMEM,
 * or what @document returned.
 */
int writ_yaml_read(const char *file, const char *bytes, size_t size, struct writ_diagnostics *diags,
		   writ_yaml_document *document, void *context);

/* The value of @key in mapping @node, NULL if there is none. */
const struct writ_yaml_node *writ_yaml_get(const struct writ_yaml_node *node, const char *key);

/* "a list", "a mapping", "\"text\"" for messages; @ret_text of at least 80 bytes. */
const char *writ_yaml_describe(const struct writ_yaml_node *node, char ret_text[80]);

#endif
