/* SPDX-License-Identifier: Apache-2.0 */
/* See cases.h. */
#include "compile/cases.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compile/case.h"
#include "compile/source.h"
#include "lib/cleanup.h"

struct load {
	struct writ_reader reader;
	struct writ_cases *cases;
};

/* A document of kind Test. */
struct document {
	const char *name;
	const struct writ_case *cases;
	size_t n_cases;
};

static int read_exact(struct writ_reader *reader, const struct writ_yaml_node *value,
		      const char *what, const char *expected)
{
	if (value->type == WRIT_YAML_SCALAR && !strcmp(value->text, expected))
		return 0;
	return writ_reader_mismatch(reader, value, what, expected);
}

static int read_version(struct writ_reader *reader, const struct writ_yaml_node *value,
			void *object)
{
	(void)object;
	return read_exact(reader, value, "apiVersion", "writ/v1");
}

static int read_kind(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	(void)object;
	return read_exact(reader, value, "kind", "Test");
}

static int read_name(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	return writ_reader_name(reader, value, "name", &((struct document *)object)->name);
}

static int read_cases(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	struct document *document = object;
	const void *items = NULL;
	int err = writ_reader_list(reader, value, "cases", WRIT_CASES_MAX, sizeof(struct writ_case),
				   writ_case_read, &items, &document->n_cases);

	document->cases = items;
	return err;
}

/* --- files ------------------------------------------------------------------------------------ */

static int add_document(struct writ_cases *cases, const struct document *document)
{
	if (writ_array_reserve(&cases->items, &cases->capacity, cases->count + document->n_cases,
			       sizeof(*cases->items)))
		return -ENOMEM;
	for (size_t i = 0; i < document->n_cases; i++) {
		cases->items[cases->count] = document->cases[i];
		cases->items[cases->count++].test = document->name;
	}
	return 0;
}

static int read_document(void *context, const struct writ_yaml_node *root)
{
	static const struct writ_field fields[] = {
		{"apiVersion", true, read_version},
		{"kind", true, read_kind},
		{"name", true, read_name},
		{"cases", true, read_cases},
	};
	struct load *load = context;
	struct document document = {0};
	int err = writ_reader_fields(&load->reader, root, "a Test", fields, 4, &document);

	if (!err)
		err = add_document(load->cases, &document);
	return err == -ENOMEM ? err : 0; /* -EINVAL was reported: go on with the next document */
}

static int load_file(const char *path, struct writ_diagnostics *diags, struct writ_cases *cases)
{
	struct load load = {.reader = {.arena = &cases->arena, .diags = diags}, .cases = cases};
	_cleanup_free_ char *bytes = NULL;
	size_t size = 0, errors = diags->errors;
	int err = writ_source_read(path, diags, &bytes, &size);

	if (err)
		return err;
	load.reader.file = writ_arena_text(&cases->arena, path, strlen(path));
	if (!load.reader.file)
		return -ENOMEM;
	err = writ_yaml_read(load.reader.file, bytes, size, diags, read_document, &load);
	return err ? err : diags->errors > errors ? -EINVAL : 0;
}

bool writ_cases_is_test(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot && (!strcmp(dot, ".yaml") || !strcmp(dot, ".yml")) && dot - path > 5 &&
	       !memcmp(dot - 5, ".test", 5);
}

static int is_test(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && writ_cases_is_test(entry->d_name);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

int writ_cases_load(const char *path, struct writ_diagnostics *diags, struct writ_cases *cases)
{
	const struct writ_position at = {.file = path};
	struct dirent **entries = NULL;
	int n = scandir(path, &entries, is_test, by_name), err = 0;

	if (n < 0 && errno == ENOTDIR)
		return load_file(path, diags, cases);
	if (n < 0)
		return writ_diagnostics_error(diags, &at, "can't open: %s", strerror(errno));
	for (int i = 0; i < n; i++) {
		_cleanup_free_ char *file = NULL;

		if (asprintf(&file, "%s/%s", path, entries[i]->d_name) < 0)
			err = -ENOMEM;
		if (err != -ENOMEM)
			err = writ_reader_worse(err, load_file(file, diags, cases));
		free(entries[i]);
	}
	free(entries);
	return err;
}

void writ_cases_free(struct writ_cases *cases)
{
	writ_arena_free(&cases->arena);
	free(cases->items);
	*cases = (struct writ_cases){0};
}
