/* SPDX-License-Identifier: Apache-2.0 */
/* See case.h. Fields first, each by itself; then what they mean together (finish()). */
#include "compile/case.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "compile/cases.h"
#include "compile/values.h"
#include "writ/names.h"

#define COUNT(fields) (sizeof(fields) / sizeof((fields)[0]))

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
	static const char *const words[] = {"read", "write", "create", "open", "exec", "connect"};
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
	if (value->type == WRIT_YAML_SCALAR && !value->len && !value->plain) {
		*(const char **)element = ""; /* as in an exec rule */
		return 0;
	}
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
	const char *words[WRIT_REASON_COUNT - 1]; /* without "none" */
	size_t index = 0;
	int err;

	for (uint32_t i = 1; i < WRIT_REASON_COUNT; i++)
		words[i - 1] = writ_reason_name(i);
	err = writ_reader_word(reader, value, "reason", words, COUNT(words), &index);
	if (!err)
		((struct writ_case *)object)->reason = (uint32_t)index + 1;
	return err;
}

/* Without arguments argv is the last part of the path. */
static int default_argv(struct writ_reader *reader, struct writ_case *item)
{
	const char **argv = writ_arena_array(reader->arena, 1, sizeof(*argv));
	const char *slash = strrchr(item->object, '/');

	if (!argv)
		return -ENOMEM;
	argv[0] = slash ? slash + 1 : item->object;
	item->question.argv = argv;
	item->question.n_argv = 1;
	return 0;
}

static int check_object(struct writ_reader *reader, struct writ_case *item)
{
	struct writ_explain_question *question = &item->question;
	const char *why = NULL;

	question->path = item->object;
	if (question->operation == WRIT_OP_CONNECT) {
		if (writ_explain_peer(item->object, question, &why))
			return writ_diagnostics_error(reader->diags, &item->at,
						      "object \"%.64s\": %s", item->object, why);
		return 0;
	}
	why = strcmp(item->object, "/") ? writ_values_path_fault(item->object) : NULL;
	return why ? writ_diagnostics_error(
			     reader->diags, &item->at,
			     "object \"%.128s\" %s: the kernel asks for the absolute "
			     "path behind all links",
			     item->object, why)
		   : 0;
}

/* What the fields mean together. */
static int finish(struct writ_reader *reader, struct writ_case *item)
{
	struct writ_explain_question *question = &item->question;
	bool is_open = !strcmp(item->operation, "open");
	uint32_t access = question->access;

	(void)writ_explain_operation(item->operation, question);
	if (access && !is_open)
		return writ_diagnostics_error(reader->diags, &item->at,
					      "access goes with operation open, not with %s",
					      item->operation);
	if (is_open && !access)
		return writ_diagnostics_error(reader->diags, &item->at,
					      "open for what? write access: [read]");
	if (is_open)
		question->access = access;
	if (question->n_argv && question->operation != WRIT_OP_EXEC)
		return writ_diagnostics_error(reader->diags, &item->at,
					      "argv goes with operation exec, not with %s",
					      item->operation);
	if (question->operation == WRIT_OP_EXEC && !question->n_argv && default_argv(reader, item))
		return -ENOMEM;
	return check_object(reader, item);
}

int writ_case_read(struct writ_reader *reader, const struct writ_yaml_node *value, void *element)
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
