/* SPDX-License-Identifier: Apache-2.0 */
/*
 * YAML nodes -> typed values, driven by tables of fields. Every reader returns 0, -EINVAL with the
 * error added, or -ENOMEM; after -EINVAL reading goes on with the next thing, so that one run
 * reports everything.
 */
#ifndef WRIT_COMPILE_READER_H
#define WRIT_COMPILE_READER_H

#include "compile/arena.h"
#include "compile/diagnostics.h"
#include "compile/yaml.h"

struct writ_reader {
	struct writ_arena *arena; /* the policy's: what is read lives there */
	struct writ_diagnostics *diags;
	const char *file;
	void *context; /* of the one who reads */
};

struct writ_field {
	const char *key;
	bool required;
	int (*read)(struct writ_reader *reader, const struct writ_yaml_node *value, void *object);
};

typedef int writ_reader_element(struct writ_reader *reader, const struct writ_yaml_node *value,
				void *element);

struct writ_position writ_reader_at(const struct writ_reader *reader,
				    const struct writ_yaml_node *node);

/* "@what: expected @expected, found ..." -EINVAL. */
int writ_reader_mismatch(struct writ_reader *reader, const struct writ_yaml_node *node,
			 const char *what, const char *expected);

/* A mapping by its table (at most 32 fields): unknown, missing and repeated keys are errors. */
int writ_reader_fields(struct writ_reader *reader, const struct writ_yaml_node *node,
		       const char *what, const struct writ_field *fields, size_t n_fields,
		       void *object);

/* A list of at most @max elements of @size bytes each. */
int writ_reader_list(struct writ_reader *reader, const struct writ_yaml_node *node,
		     const char *what, size_t max, size_t size, writ_reader_element *read,
		     const void **ret_items, size_t *ret_n);

/* Text of 1 to @max bytes. */
int writ_reader_text(struct writ_reader *reader, const struct writ_yaml_node *node,
		     const char *what, size_t max, const char **ret_text);

/* A name: [a-z0-9][a-z0-9._-]*, at most 63 bytes. */
int writ_reader_name(struct writ_reader *reader, const struct writ_yaml_node *node,
		     const char *what, const char **ret_name);

/* A group of the operating system, by its form: [A-Za-z_][A-Za-z0-9_.@-]*, at most 63 bytes. */
int writ_reader_group(struct writ_reader *reader, const struct writ_yaml_node *node,
		      const char *what, const char **ret_group);

/* One of @words; *@ret_index is its place. */
int writ_reader_word(struct writ_reader *reader, const struct writ_yaml_node *node,
		     const char *what, const char *const *words, size_t n_words, size_t *ret_index);

/* true or false. */
int writ_reader_bool(struct writ_reader *reader, const struct writ_yaml_node *node,
		     const char *what, bool *ret_value);

/* A whole number in plain decimal, from @min to @max (at most 999,999,999). */
int writ_reader_count(struct writ_reader *reader, const struct writ_yaml_node *node,
		      const char *what, uint32_t min, uint32_t max, uint32_t *ret_value);

/* A duration such as "3m", over zero and at most WRIT_TTL_MAX_SECONDS. */
int writ_reader_duration(struct writ_reader *reader, const struct writ_yaml_node *node,
			 const char *what, uint64_t *ret_ns);

/* The same with another bound: a year. */
int writ_reader_age(struct writ_reader *reader, const struct writ_yaml_node *node,
		    const char *what, uint64_t *ret_ns);

/* A number of bytes such as "64MiB", from @min to @max. */
int writ_reader_size(struct writ_reader *reader, const struct writ_yaml_node *node,
		     const char *what, uint64_t min, uint64_t max, uint64_t *ret_bytes);

/* An absolute path without signs. */
int writ_reader_path(struct writ_reader *reader, const struct writ_yaml_node *node,
		     const char *what, const char **ret_path);

/*
 * A program by its absolute path, and its arguments: no shell stands between. Results are set, too,
 * if the path is wrong: who asks whether there is a command isn't told that there is none.
 */
int writ_reader_command(struct writ_reader *reader, const struct writ_yaml_node *node,
			const char *what, const char *const **ret_words, size_t *ret_n);

/* The worse of two results: -ENOMEM over -EINVAL over 0. */
int writ_reader_worse(int a, int b);

#endif
