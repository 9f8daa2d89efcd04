/* SPDX-License-Identifier: Apache-2.0 */
/* See parameters.h. */
#include "compile/parameters.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "compile/values.h"
#include "lib/escape.h"

static bool is_terminated(const char *field, size_t size)
{
	return memchr(field, '\0', size) != NULL;
}

static int check_value(const struct writ_policy_parameter *parameter, const char *value,
		       struct writ_diagnostics *diags)
{
	const char *fault = writ_values_fault(parameter, value);
	char expected[WRIT_VALUES_TEXT];

	if (!fault)
		return 0;
	writ_values_describe(parameter, expected);
	return writ_diagnostics_error(diags, NULL,
				      "parameter %s: \"%.64s\" %s; expected a value that %s",
				      parameter->name, value, fault, expected);
}

static int report_missing(const struct writ_policy_parameter *parameter,
			  struct writ_diagnostics *diags)
{
	char expected[WRIT_VALUES_TEXT];

	writ_values_describe(parameter, expected);
	return writ_diagnostics_error(diags, NULL, "parameter %s is missing; give %s=VALUE that %s",
				      parameter->name, parameter->name, expected);
}

const struct writ_policy_parameter *
writ_parameters_find(const struct writ_policy_playbook *playbook, const char *name)
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
	parameter = writ_parameters_find(playbook, given->name);
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
			err = report_missing(&playbook->parameters[i], diags);
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
