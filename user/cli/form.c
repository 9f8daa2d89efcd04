/* SPDX-License-Identifier: Apache-2.0 */
/* See form.h. Judges the form alone: names, sizes, times. The rest is for policy. */
#include "cli/form.h"

#include <string.h>

#include "cli/command.h"
#include "cli/output.h"
#include "lib/cleanup.h"
#include "lib/time.h"
#include "writ/request.h"

int writ_form_time(const struct writ_cli *cli, const char *what, const char *text, uint64_t *ret_ns)
{
	uint64_t ns = 0;

	if (writ_time_parse(text, &ns))
		return writ_options_usage(cli, "--%s '%s' is no time: write 90s, 3m or 1h30m", what,
					  text);
	if (ns > WRIT_TTL_MAX_SECONDS * WRIT_NS_PER_SECOND)
		return writ_options_usage(cli, "--%s '%s' is over seven days", what, text);
	*ret_ns = ns;
	return WRIT_EXIT_OK;
}

/* Takes @value, which may be NULL. */
static int put(const struct writ_cli *cli, json_t *object, const char *key, json_t *value)
{
	if (!json_object_set_new(object, key, value))
		return WRIT_EXIT_OK;
	return writ_options_fail(cli, WRIT_EXIT_FAILED, "out of memory");
}

/* @text of at most @size - 1 bytes of UTF-8. NULL: not given. */
static int put_text(const struct writ_cli *cli, json_t *object, const char *key, const char *what,
		    const char *text, size_t size)
{
	json_t *string;

	if (!text)
		return WRIT_EXIT_OK;
	if (!*text)
		return writ_options_usage(cli, "%s is empty", what);
	if (strlen(text) >= size)
		return writ_options_usage(cli, "%s has %zu bytes: at most %zu fit", what,
					  strlen(text), size - 1);
	string = json_string(text);
	if (!string)
		return writ_options_usage(cli, "%s is not valid UTF-8", what);
	return put(cli, object, key, string);
}

static int put_time(const struct writ_cli *cli, json_t *object, const char *key, const char *text)
{
	uint64_t ns = 0;
	int err = text ? writ_form_time(cli, key, text, &ns) : WRIT_EXIT_OK;

	if (err || !text || (!ns && !strcmp(key, "delay")))
		return err;
	if (!ns)
		return writ_options_usage(cli, "--%s is zero", key);
	return put(cli, object, key, json_string(text));
}

/* A pair "name=value" into @object. @what: what it is; @size of a value and its NUL. */
static int put_pair(const struct writ_cli *cli, json_t *object, const char *what, const char *word,
		    size_t size)
{
	size_t len = strcspn(word, "="), value = strlen(word) - len;
	char name[WRIT_NAME_SIZE] = {0};
	json_t *string;

	if (!word[len] || !len)
		return writ_options_usage(cli, "%s '%s' is not of the form name=value", what, word);
	if (len >= sizeof(name) || value > size)
		return writ_options_usage(cli,
					  "%s '%.*s' is too long: a name has at most %u bytes, a "
					  "value %zu",
					  what, (int)(len < 64 ? len : 64), word,
					  WRIT_NAME_SIZE - 1, size - 1);
	memcpy(name, word, len);
	string = json_string(word + len + 1);
	if (!string || json_object_get(object, name)) {
		json_decref(string);
		return writ_options_usage(cli, "%s '%s' is %s", what, name,
					  string ? "given twice" : "not valid UTF-8");
	}
	return put(cli, object, name, string);
}

static int put_parameters(const struct writ_cli *cli, const struct writ_arguments *arguments,
			  json_t *body)
{
	_cleanup_json_ json_t *object = json_object();
	int err = WRIT_EXIT_OK;

	if (arguments->count - 1 > WRIT_PARAMETERS_MAX)
		return writ_options_usage(cli, "more than %u parameters", WRIT_PARAMETERS_MAX);
	for (size_t i = 1; !err && i < arguments->count; i++)
		err = put_pair(cli, object, "parameter", arguments->positional[i], WRIT_VALUE_SIZE);
	return err ? err : put(cli, body, "parameters", take_ptr(object));
}

static int put_context(const struct writ_cli *cli, const struct writ_option_list *list,
		       json_t *body)
{
	_cleanup_json_ json_t *object = json_object();
	int err = WRIT_EXIT_OK;

	for (size_t i = 0; !err && i < list->count; i++)
		err = put_pair(cli, object, "context", list->items[i], WRIT_CONTEXT_SIZE);
	return err || !list->count ? err : put(cli, body, "context", take_ptr(object));
}

int writ_form_build(const struct writ_cli *cli, const struct writ_form *form,
		    const struct writ_arguments *arguments, json_t **ret_body)
{
	const struct {
		const char *key, *what, *text;
		size_t size;
	} texts[] = {
		{"playbook", "the playbook's name", arguments->positional[0], WRIT_NAME_SIZE},
		{"agent", "the agent's name", form->agent, WRIT_NAME_SIZE},
		{"ticket", "the ticket", form->ticket, WRIT_TICKET_SIZE},
		{"sponsor", "the sponsor's name", form->sponsor, WRIT_NAME_SIZE},
		{"reason", "the reason", form->reason, WRIT_REASON_SIZE},
	};
	_cleanup_json_ json_t *body = json_object();
	int err = WRIT_EXIT_OK;

	if (!arguments->count || arguments->rest)
		return writ_options_usage(cli, "name a playbook, and parameters as name=value");
	for (size_t i = 0; !err && i < sizeof(texts) / sizeof(texts[0]); i++)
		err = put_text(cli, body, texts[i].key, texts[i].what, texts[i].text,
			       texts[i].size);
	if (!err)
		err = put_time(cli, body, "ttl", form->ttl);
	if (!err)
		err = put_time(cli, body, "delay", form->delay);
	if (!err)
		err = put_parameters(cli, arguments, body);
	if (!err)
		err = put_context(cli, &form->context, body);
	if (!err)
		*ret_body = take_ptr(body);
	return err;
}
