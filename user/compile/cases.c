/* SPDX-License-Identifier: Apache-2.0 */
/* See cases.h. */
#include "compile/cases.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compile/reader.h"
#include "compile/source.h"
#include "lib/cleanup.h"
#include "writ/names.h"

#define COUNT(fields) (sizeof(fields) / sizeof((fields)[0]))

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

/* --- a grant of a case ------------------------------------------------------------------------ */

static int read_playbook(struct writ_reader *reader, const struct writ_yaml_node *value,
			 void *object)
{
	struct writ_explain_grant *grant = object;

	return writ_reader_name(reader, value, "playbook", &grant->playbook);
}

static int read_parameter(struct writ_reader *reader, const struct writ_yaml_node *key,
			  struct writ_parameter *parameter)
{
	const char *value = NULL;
	int err = writ_reader_text(reader, key->next, key->text, WRIT_VALUE_SIZE - 1, &value);

	if (err)
		return err;
	(void)snprintf(parameter->name, sizeof(parameter->name), "%s", key->text);
	(void)snprintf(parameter->value, sizeof(parameter->value), "%s", value);
	return 0;
}

static int read_parameters(struct writ_reader *reader, const struct writ_yaml_node *value,
			   void *object)
{
	struct writ_explain_grant *grant = object;
	struct writ_parameter *parameters;
	size_t n = 0;
	int err = 0;

	if (value->type != WRIT_YAML_MAPPING || value->count > 2 * WRIT_PARAMETERS_MAX)
		return writ_reader_mismatch(reader, value, "parameters",
					    "a mapping from at most 16 names to values");
	parameters = writ_arena_array(reader->arena, value->count / 2, sizeof(*parameters));
	if (!parameters)
		return -ENOMEM;
	for (const struct writ_yaml_node *key = value->first; key && key->next;
	     key = key->next->next)
		err = writ_reader_worse(err, read_parameter(reader, key, &parameters[n++]));
	grant->parameters = parameters;
	grant->n_parameters = n;
	return err;
}

static int read_ttl(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	return writ_reader_duration(reader, value, "ttl",
				    &((struct writ_explain_grant *)object)->ttl_ns);
}

static int read_delay(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	return writ_reader_duration(reader, value, "delay",
				    &((struct writ_explain_grant *)object)->delay_ns);
}

static int read_grant(struct writ_reader *reader, const struct writ_yaml_node *value, void *element)
{
	static const struct writ_field fields[] = {
		{"playbook", true, read_playbook},
		{"parameters", false, read_parameters},
		{"ttl", false, read_ttl},
		{"delay", false, read_delay},
	};

	return writ_reader_fields(reader, value, "a grant", fields, COUNT(fields), element);
}

/* --- a case ----------------------------------------------------------------------------------- */

static int read_agent(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	return writ_reader_name(reader, value, "agent",
				&((struct writ_case *)object)->question.agent);
}

static int read_operation(struct writ_reader *reader, const struct writ_yaml_node *value,
			  void *object)
{
	static const char *const words[] = {"read",    "write", "create", "open", "exec",
					    "connect", "bind",	"listen", "send"};
	struct writ_case *item = object;
	size_t index = 0;
	int err = writ_reader_word(reader, value, "operation", words, COUNT(words), &index);

	if (!err)
		item->operation = words[index];
	return err;
}

static int read_object(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	return writ_reader_text(reader, value, "object", WRIT_PATH_SIZE,
				&((struct writ_case *)object)->object);
}

static int read_argument(struct writ_reader *reader, const struct writ_yaml_node *value,
			 void *element)
{
	return writ_reader_text(reader, value, "argv", WRIT_ARGV_SIZE, element);
}

static int read_argv(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	struct writ_explain_question *question = &((struct writ_case *)object)->question;
	const void *items = NULL;
	int err = writ_reader_list(reader, value, "argv", WRIT_ARGV_SIZE, sizeof(const char *),
				   read_argument, &items, &question->n_argv);

	question->argv = items;
	return err;
}

static int read_word(struct writ_reader *reader, const struct writ_yaml_node *value, void *element)
{
	const struct writ_position at = writ_reader_at(reader, value);
	const char *word = NULL;
	int err = writ_reader_text(reader, value, "access", 64, &word);

	if (!err && (strchr(word, ',') || writ_explain_access(word, element)))
		err = writ_diagnostics_error(reader->diags, &at,
					     "access: \"%.32s\" is no word of "
					     "file rules",
					     word);
	return err;
}

static int read_access(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	struct writ_explain_question *question = &((struct writ_case *)object)->question;
	const void *items = NULL;
	const uint32_t *bits;
	size_t n = 0;
	int err = writ_reader_list(reader, value, "access", WRIT_ACCESS_BITS, sizeof(*bits),
				   read_word, &items, &n);

	bits = items;
	for (size_t i = 0; i < n && !err; i++)
		question->access |= bits[i];
	return err;
}

static int read_grants(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	struct writ_explain_question *question = &((struct writ_case *)object)->question;
	const void *items = NULL;
	int err = writ_reader_list(reader, value, "grants", WRIT_SUPPOSE_MAX,
				   sizeof(struct writ_explain_grant), read_grant, &items,
				   &question->n_grants);

	question->grants = items;
	return err;
}

static int read_at(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	return writ_reader_duration(reader, value, "at",
				    &((struct writ_case *)object)->question.at_ns);
}

static int read_expect(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	static const char *const words[] = {"deny", "allow"};
	size_t index = 0;
	int err = writ_reader_word(reader, value, "expect", words, COUNT(words), &index);

	((struct writ_case *)object)->allow = index == 1;
	return err;
}

static int read_reason(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	const char *words[WRIT_REASON_COUNT];
	size_t index = 0;
	int err;

	for (uint32_t i = 0; i < WRIT_REASON_COUNT; i++)
		words[i] = writ_reason_name(i);
	err = writ_reader_word(reader, value, "reason", words, COUNT(words), &index);
	((struct writ_case *)object)->reason = (uint32_t)index;
	return err;
}

/* What the fields mean together. */
static int finish(struct writ_reader *reader, struct writ_case *item)
{
	struct writ_explain_question *question = &item->question;
	uint32_t access = question->access;
	const char *slash, *why, **argv;

	(void)writ_explain_operation(item->operation, question);
	if (access && question->operation != WRIT_OP_OPEN)
		return writ_diagnostics_error(reader->diags, &item->at, "access is for files");
	if (access)
		question->access = access;
	if (question->operation == WRIT_OP_OPEN && !question->access)
		return writ_diagnostics_error(reader->diags, &item->at,
					      "open for what? write access: [read]");
	question->path = item->object;
	if (writ_explain_is_socket(question->operation) &&
	    writ_explain_peer(item->object, question, &why))
		return writ_diagnostics_error(reader->diags, &item->at, "object \"%.64s\": %s",
					      item->object, why);
	if (question->operation != WRIT_OP_EXEC || question->n_argv)
		return 0;
	argv = writ_arena_array(reader->arena, 1, sizeof(*argv));
	if (!argv)
		return -ENOMEM;
	slash = strrchr(item->object, '/');
	argv[0] = slash ? slash + 1 : item->object;
	question->argv = argv;
	question->n_argv = 1;
	return 0;
}

static int read_case(struct writ_reader *reader, const struct writ_yaml_node *value, void *element)
{
	static const struct writ_field fields[] = {
		{"agent", true, read_agent},	{"operation", true, read_operation},
		{"object", true, read_object},	{"argv", false, read_argv},
		{"access", false, read_access}, {"grants", false, read_grants},
		{"at", false, read_at},		{"expect", true, read_expect},
		{"reason", false, read_reason},
	};
	struct writ_case *item = element;
	int err;

	item->at = writ_reader_at(reader, value);
	err = writ_reader_fields(reader, value, "a case", fields, COUNT(fields), item);
	return err ? err : finish(reader, item);
}

static int read_cases(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	struct document *document = object;
	const void *items = NULL;
	int err = writ_reader_list(reader, value, "cases", WRIT_CASES_MAX, sizeof(struct writ_case),
				   read_case, &items, &document->n_cases);

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
	int err =
		writ_reader_fields(&load->reader, root, "a Test", fields, COUNT(fields), &document);

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
