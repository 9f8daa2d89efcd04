/* SPDX-License-Identifier: Apache-2.0 */
/* See capabilities.h. */
#include "compile/capabilities.h"

#include <string.h>

#include "compile/suggest.h"
#include "writ/capability.h"

static const char *const names[] = {
#define X(name) #name,
	WRIT_CAPABILITY_LIST(X)
#undef X
};

static const char *nearest_name(const char *text)
{
	const char *nearest = NULL;
	size_t best = SIZE_MAX;

	for (size_t i = 0; i < WRIT_CAPABILITIES; i++) {
		size_t distance = writ_suggest_distance(text, names[i]);

		if (distance < best && writ_suggest_near(names[i], distance)) {
			best = distance;
			nearest = names[i];
		}
	}
	return nearest;
}

static int read_name(struct writ_reader *reader, const struct writ_yaml_node *value, void *element)
{
	const struct writ_position at = writ_reader_at(reader, value);
	const char *text = value->type == WRIT_YAML_SCALAR ? value->text : "";
	const char *nearest;

	for (size_t i = 0; i < WRIT_CAPABILITIES; i++) {
		if (strcmp(names[i], text))
			continue;
		*(uint64_t *)element = UINT64_C(1) << i;
		return 0;
	}
	nearest = nearest_name(text);
	return writ_diagnostics_error(reader->diags, &at,
				      "capabilities: \"%.64s\" is no capability; expected a name "
				      "of capabilities(7)%s%s%s",
				      text, nearest ? " (did you mean \"" : "",
				      nearest ? nearest : "", nearest ? "\"?)" : "");
}

int writ_capabilities_read(struct writ_reader *reader, const struct writ_yaml_node *value,
			   uint64_t *ret_mask)
{
	const void *items = NULL;
	size_t n = 0;
	int err = writ_reader_list(reader, value, "capabilities", WRIT_CAPABILITIES,
				   sizeof(uint64_t), read_name, &items, &n);

	for (size_t i = 0; i < n && !err; i++)
		*ret_mask |= ((const uint64_t *)items)[i];
	return err;
}

/* What nothing but the capability stands before: no hook of its own is asked. */
void writ_capabilities_advise(const struct writ_policy_role *role, struct writ_diagnostics *diags)
{
	static const struct {
		enum writ_capability capability;
		const char *meaning;
	} wide[] = {
		{WRIT_CAP_SYS_ADMIN, "make and enter mount namespaces and change the host's name, "
				     "which no guardrail is asked about"},
		{WRIT_CAP_SYS_RAWIO, "use the processor's ports, so every device"},
		{WRIT_CAP_SYS_BOOT, "halt the host"},
		{WRIT_CAP_SYS_TIME, "set the host's clock"},
	};

	for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++)
		if (role->capabilities >> wide[i].capability & 1)
			(void)writ_diagnostics_warn(diags, &role->capabilities_at,
						    "capabilities: with %s an agent of role \"%s\" "
						    "can %s",
						    names[wide[i].capability], role->name,
						    wide[i].meaning);
}

const char *writ_capabilities_name(uint32_t bit)
{
	return bit < WRIT_CAPABILITIES ? names[bit] : NULL;
}
