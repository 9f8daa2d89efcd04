/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What writd needs of the host: printed for `writd --check`, and required at start. In: the
 * preflight of kernel/. Out: lines or JSON, or a refusal with the remedies.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>

#include "daemon/daemon.h"
#include "kernel/enrol.h"
#include "kernel/preflight.h"
#include "lib/log.h"

static const char *word_of(const struct writ_preflight_item *item)
{
	if (item->present)
		return "ok";
	return item->optional ? "lost" : "NO";
}

static void print_check(const struct writ_preflight *result)
{
	for (size_t i = 0; i < result->count; i++) {
		const struct writ_preflight_item *item = &result->items[i];

		printf("%-4s %-24s %s\n", word_of(item), item->name, item->found);
		if (!item->present && *item->remedy)
			printf("     %-24s -> %s%s\n", "", item->optional ? "lost: " : "",
			       item->remedy);
	}
	if (result->lost)
		printf("%zu optional hooks are missing: writd runs with strict: false in the "
		       "policy's Node\n",
		       result->lost);
	if (result->missing)
		printf("%zu of %zu missing: writd can't run here\n", result->missing,
		       result->count);
	else
		printf("%zu of %zu present: writd can run here\n", result->count, result->count);
}

static void print_check_json(const struct writ_preflight *result)
{
	json_t *items = json_array();
	json_t *root = json_pack("{s:b, s:i, s:o}", "ready", result->missing == 0, "missing",
				 (int)result->missing, "items", items);

	for (size_t i = 0; i < result->count; i++) {
		const struct writ_preflight_item *item = &result->items[i];

		(void)json_array_append_new(
			items, json_pack("{s:s, s:b, s:b, s:s, s:s}", "name", item->name, "present",
					 item->present, "optional", item->optional, "found",
					 item->found, item->optional ? "lost" : "remedy",
					 item->present ? "" : item->remedy));
	}
	(void)json_dumpf(root, stdout, JSON_INDENT(2));
	(void)putchar('\n');
	json_decref(root);
}

int writ_check_print(bool json)
{
	struct writ_preflight result;

	writ_preflight_run(&result);
	if (json)
		print_check_json(&result);
	else
		print_check(&result);
	return result.missing ? 1 : 0;
}

/* Refuses to start on a host that would not enforce. */
int writ_check_require(struct writ_daemon *daemon)
{
	struct writ_preflight result;
	size_t missing = 0;

	writ_preflight_run(&result);
	(void)snprintf(daemon->lsm, sizeof(daemon->lsm), "%s", result.lsm);
	for (size_t i = 0; i < result.count; i++) {
		const struct writ_preflight_item *item = &result.items[i];

		if (item->present || item->optional || (item->hook && daemon->options.no_attach))
			continue;
		writ_error("%s: %s; %s", item->name, item->found, item->remedy);
		missing++;
	}
	if (missing)
		return -EOPNOTSUPP;
	return writ_enrol_find_root(daemon->cgroup_root, sizeof(daemon->cgroup_root));
}
