/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See values.h. Whatever passes is put into rules byte for byte and never read as a sign, so what
 * is refused here is what could lead elsewhere: another component, another directory, a network
 * that nobody reviewed.
 */
#include "compile/values.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compile/address.h"
#include "compile/pattern.h"

static const struct {
	const char *word;
	const char *pattern;
} types[] = {
	[WRIT_PARAMETER_PATTERN] = {"pattern", ".*"},
	[WRIT_PARAMETER_NAME] = {"name", "[A-Za-z0-9._-]+"},
	[WRIT_PARAMETER_PATH] = {"path", "/.+"},
	[WRIT_PARAMETER_INTEGER] = {"integer", "-?[0-9]{1,19}"},
	[WRIT_PARAMETER_ADDRESS] = {"address", "[0-9A-Fa-f.:]+(/[0-9]{1,3})?"},
};

_Static_assert(sizeof(types) / sizeof(types[0]) == WRIT_PARAMETER_TYPES, "a word for each type");

const char *writ_values_type(uint32_t type)
{
	return type < WRIT_PARAMETER_TYPES ? types[type].word : NULL;
}

const char *writ_values_pattern(uint32_t type)
{
	return types[type].pattern;
}

int writ_values_integer(const char *text, int64_t *ret_value)
{
	char written[32];
	char *end;
	long long value;

	errno = 0;
	value = strtoll(text, &end, 10);
	if (errno || *end)
		return -EINVAL;
	(void)snprintf(written, sizeof(written), "%lld", value);
	if (strcmp(written, text))
		return -EINVAL;
	*ret_value = value;
	return 0;
}

static bool is_dots(const char *text, size_t len)
{
	return (len == 1 && text[0] == '.') || (len == 2 && text[0] == '.' && text[1] == '.');
}

const char *writ_values_path_fault(const char *text)
{
	if (text[0] != '/')
		return "is not absolute";
	if (!text[1])
		return "is the root directory";
	for (const char *at = text; *at;) {
		size_t len = strcspn(++at, "/");

		if (!len)
			return "has an empty part";
		if (is_dots(at, len))
			return "has a part of dots";
		at += len;
	}
	return NULL;
}

/* Why the value may not stand in one part of a path. */
static const char *part_fault(const char *value)
{
	if (!*value)
		return "is empty";
	if (is_dots(value, strlen(value)))
		return "names a directory by dots";
	if (strchr(value, '/'))
		return "holds \"/\"";
	return NULL;
}

static const char *name_fault(const char *value)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789._-";

	return value[strspn(value, letters)] ? "holds other signs than A-Za-z0-9._-"
					     : part_fault(value);
}

static const char *below_fault(const struct writ_policy_parameter *parameter, const char *value)
{
	const char *fault = writ_values_path_fault(value);
	size_t len;

	if (fault || !parameter->under)
		return fault;
	len = strlen(parameter->under);
	return strncmp(value, parameter->under, len) || value[len] != '/'
		       ? "is not below that directory"
		       : NULL;
}

static const char *integer_fault(const struct writ_policy_parameter *parameter, const char *value)
{
	int64_t number = 0;

	if (writ_values_integer(value, &number))
		return "is no integer";
	return number < parameter->min || number > parameter->max ? "is out of range" : NULL;
}

/* Without `within` one address: a prefix must have been thought of. */
static const char *address_fault(const struct writ_policy_parameter *parameter, const char *value)
{
	uint8_t address[16];
	uint32_t bits = 0;
	const char *why = NULL;

	if (writ_address_parse(value, address, &bits, &why))
		return why;
	if (!parameter->within)
		return bits < 128 ? "is more than one address" : NULL;
	return bits < parameter->within_bits ||
			       !writ_address_within(address, parameter->within_address,
						    parameter->within_bits)
		       ? "is outside of that prefix"
		       : NULL;
}

static const char *type_fault(const struct writ_policy_parameter *parameter, const char *value)
{
	switch (parameter->type) {
	case WRIT_PARAMETER_NAME:
		return name_fault(value);
	case WRIT_PARAMETER_PATH:
		return below_fault(parameter, value);
	case WRIT_PARAMETER_INTEGER:
		return integer_fault(parameter, value);
	case WRIT_PARAMETER_ADDRESS:
		return address_fault(parameter, value);
	}
	return NULL;
}

const char *writ_values_fault(const struct writ_policy_parameter *parameter, const char *value)
{
	const char *fault = NULL;

	for (const char *at = value; *at; at++)
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			return "holds a control byte";
	if (parameter->in_path && parameter->type != WRIT_PARAMETER_PATH)
		fault = part_fault(value);
	if (!fault)
		fault = type_fault(parameter, value);
	if (fault)
		return fault;
	return writ_pattern_match(parameter->regex, value) ? NULL : "does not match";
}

void writ_values_describe(const struct writ_policy_parameter *parameter,
			  char ret_text[WRIT_VALUES_TEXT])
{
	const char *part = parameter->in_path && parameter->type != WRIT_PARAMETER_PATH
				   ? "is one part of a path and "
				   : "";

	switch (parameter->type) {
	case WRIT_PARAMETER_PATH:
		(void)snprintf(ret_text, WRIT_VALUES_TEXT, "is a path below %.256s and matches %s",
			       parameter->under ? parameter->under : "/", parameter->pattern);
		break;
	case WRIT_PARAMETER_INTEGER:
		(void)snprintf(ret_text, WRIT_VALUES_TEXT,
			       "is an integer from %" PRId64 " to %" PRId64 " and matches %s",
			       parameter->min, parameter->max, parameter->pattern);
		break;
	case WRIT_PARAMETER_ADDRESS:
		(void)snprintf(ret_text, WRIT_VALUES_TEXT, "%sis %s%s and matches %s", part,
			       parameter->within ? "within " : "one address",
			       parameter->within ? parameter->within : "", parameter->pattern);
		break;
	default:
		(void)snprintf(ret_text, WRIT_VALUES_TEXT, "%smatches %s", part,
			       parameter->pattern);
	}
}

const char *writ_values_stand_in(const struct writ_policy_parameter *parameter)
{
	switch (parameter->type) {
	case WRIT_PARAMETER_PATH:
		return "/x";
	case WRIT_PARAMETER_INTEGER:
		return "1";
	case WRIT_PARAMETER_ADDRESS:
		return parameter->within ? parameter->within : "192.0.2.1";
	}
	return "x";
}
