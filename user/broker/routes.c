/* SPDX-License-Identifier: Apache-2.0 */
/* See routes.h. A path that is not exactly of a route's form is no route's. */
#include "broker/routes.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool take_id(const char *text, size_t len, uint64_t *ret_id)
{
	uint64_t id = 0;

	if (!len || *text == '0')
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9' ||
		    __builtin_mul_overflow(id, UINT64_C(10), &id) ||
		    __builtin_add_overflow(id, (uint64_t)(text[i] - '0'), &id))
			return false;
	}
	*ret_id = id;
	return true;
}

static bool take_name(const char *text, size_t len, char ret_name[WRIT_NAME_SIZE])
{
	if (!len || len >= WRIT_NAME_SIZE)
		return false;
	memcpy(ret_name, text, len);
	ret_name[len] = '\0';
	return true;
}

/* One part of the path against one of the route. */
static bool part_matches(const char *part, size_t len, const char *form, size_t form_len,
			 struct writ_routes_match *match)
{
	if (form_len == 4 && !memcmp(form, "{id}", 4))
		return take_id(part, len, &match->id);
	if (form_len == 6 && !memcmp(form, "{name}", 6))
		return take_name(part, len, match->name);
	return len == form_len && !memcmp(part, form, len);
}

static bool path_matches(const char *path, const char *form, struct writ_routes_match *match)
{
	while (*path == '/' && *form == '/') {
		size_t len = strcspn(++path, "/");
		size_t form_len = strcspn(++form, "/");

		if (!part_matches(path, len, form, form_len, match))
			return false;
		path += len;
		form += form_len;
	}
	return !*path && !*form;
}

static void allow(struct writ_routes_match *match, const char *method)
{
	size_t used = strlen(match->allow);

	(void)snprintf(match->allow + used, sizeof(match->allow) - used, "%s%s%s", used ? ", " : "",
		       method, strcmp(method, "GET") ? "" : ", HEAD");
}

int writ_routes_find(const struct writ_route *routes, const char *method, const char *path,
		     bool operators, struct writ_routes_match *ret_match)
{
	struct writ_routes_match match = {0};
	const char *asked = strcmp(method, "HEAD") ? method : "GET";

	for (const struct writ_route *route = routes; route->method; route++) {
		struct writ_routes_match parts = {0};

		if (!(operators ? route->operators : route->agents) ||
		    !path_matches(path, route->path, &parts))
			continue;
		allow(&match, route->method);
		if (strcmp(asked, route->method))
			continue;
		match.route = route;
		match.id = parts.id;
		memcpy(match.name, parts.name, sizeof(match.name));
	}
	if (!*match.allow)
		return -ENOENT;
	allow(&match, "OPTIONS");
	*ret_match = match;
	return match.route ? 0 : -EOPNOTSUPP;
}
