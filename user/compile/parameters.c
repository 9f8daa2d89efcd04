/* SPDX-License-Identifier: Apache-2.0 */
/* See parameters.h. */
#include "compile/parameters.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "compile/pattern.h"
#include "lib/escape.h"

static bool is_terminated(const char *field, size_t size)
{
	return memchr(field, '\0', size) != NULL;
}

static bool has_control(const char *value)
{
	for (; *value; value++)
		if ((unsigned char)*value < 0x20 || *value == 0x7f)
			return true;
	return false;
}

/* Why the value may not stand in a path; NULL: it may. */
static const char *path_fault(const char *value)
{
	if (!*value)
		return "is empty";
	if (!strcmp(value, ".") || !strcmp(value, ".."))
		return "names a directory by dots";
	if (strchr(value, '/'))
		return "holds \"/\"";
	return NULL;
}

static int check_value(const struct writ_policy_parameter *parameter, const char *value,
		       struct writ_diagnostics *diags)
{
	const char *fault = parameter->in_path ? path_fault(value) : NULL;

	if (has_control(value))
		fault = "holds a control byte";
	if (fault)
		return writ_diagnostics_error(diags, NULL,
					      "parameter %s: \"%.64s\" %s; expected one part of a "
					      "path that matches %s",
					      parameter->name, value, fault, parameter->pattern);
	if (!writ_pattern_match(parameter->regex, value))
		return writ_diagnostics_error(diags, NULL,
					      "parameter %s: \"%.64s\" does not match %s",
					      parameter->name, value, parameter->pattern);
	return 0;
}

static const struct writ_policy_parameter *
find_parameter(const struct writ_policy_playbook *playbook, const char *name)
{
	for (size_t i = 0; i < playbook->n_parameters; i++)
		if (!strcmp(playbook->parameters[i].name, name))
			return &playbook->parameters[i];
	return NULL;
}

/* "service, host", or "none". */
static void list_names(const struct writ_policy_playbook *playbook, char *text, size_t size)
{
	size_t used = 0;

	(void)snprintf(text, size, "none");
	for (size_t i = 0; i < playbook->n_parameters && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%s", i ? ", " : "",
					 playbook->parameters[i].name);
}

static int take_value(const struct writ_policy_playbook *playbook,
		      const struct writ_parameter *given, struct writ_diagnostics *diags,
		      const char **values)
{
	const struct writ_policy_parameter *parameter;
	char names[256];
	size_t index;

	if (!is_terminated(given->name, sizeof(given->name)) ||
	    !is_terminated(given->value, sizeof(given->value)))
		return writ_diagnostics_error(diags, NULL,
					      "a parameter is too long; the most is %u bytes",
					      WRIT_VALUE_SIZE - 1);
	parameter = find_parameter(playbook, given->name);
	if (!parameter) {
		list_names(playbook, names, sizeof(names));
		return writ_diagnostics_error(diags, NULL,
					      "playbook %s has no parameter \"%s\"; it has: %s",
					      playbook->name, given->name, names);
	}
	index = (size_t)(parameter - playbook->parameters);
	if (values[index])
		return writ_diagnostics_error(
			diags, NULL, "parameter %s is given twice; give it once", parameter->name);
	values[index] = given->value;
	return check_value(parameter, given->value, diags);
}

int writ_parameters_check(const struct writ_policy_playbook *playbook,
			  const struct writ_request *request, struct writ_diagnostics *diags,
			  const char *ret_values[WRIT_PARAMETERS_MAX])
{
	const char *values[WRIT_PARAMETERS_MAX] = {NULL};
	int err = 0;

	if (request->n_parameters > WRIT_PARAMETERS_MAX)
		return writ_diagnostics_error(diags, NULL, "%u parameters; the most is %u",
					      request->n_parameters, WRIT_PARAMETERS_MAX);
	for (uint32_t i = 0; i < request->n_parameters; i++)
		if (take_value(playbook, &request->parameters[i], diags, values))
			err = -EINVAL;
	for (size_t i = 0; i < playbook->n_parameters; i++)
		if (!values[i])
			err = writ_diagnostics_error(diags, NULL,
						     "parameter %s is missing; give %s=VALUE that "
						     "matches %s",
						     playbook->parameters[i].name,
						     playbook->parameters[i].name,
						     playbook->parameters[i].pattern);
	if (err)
		return err;
	memcpy(ret_values, values, sizeof(values));
	return 0;
}

void writ_parameters_format(const struct writ_policy_playbook *playbook, const char *const *values,
			    char *ret_text, size_t size)
{
	size_t used = 0;

	ret_text[0] = '\0';
	for (size_t i = 0; i < playbook->n_parameters && used + 1 < size; i++) {
		char pair[WRIT_NAME_SIZE + WRIT_VALUE_SIZE + 2];

		(void)snprintf(pair, sizeof(pair), "%s%s=%s", i ? " " : "",
			       playbook->parameters[i].name, values[i]);
		used += writ_escape_text(pair, strlen(pair), ret_text + used, size - used);
	}
}
