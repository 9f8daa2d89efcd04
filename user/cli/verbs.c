/* SPDX-License-Identifier: Apache-2.0 */
/* See verbs.h. */
#include "cli/verbs.h"

#include <stdio.h>
#include <string.h>

#include "cli/options.h"

/* "'audit tail', query, report, export or verify" */
static void list(const char *verb, const char *const *words, char *text, size_t size)
{
	size_t used = (size_t)snprintf(text, size, "'%s %s'", verb, words[0]);

	for (size_t i = 1; words[i] && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%s",
					 words[i + 1] ? ", " : " or ", words[i]);
}

int writ_verbs_run(const char *verb, const struct writ_cli_verb *verbs, const char *written,
		   int argc, char **argv)
{
	const char *words[WRIT_VERBS_MAX + 1] = {0}, *nearest;
	const struct writ_cli cli = {.verb = verb};
	char all[256];

	for (size_t i = 0; verbs[i].name && i < WRIT_VERBS_MAX; i++) {
		if (!strcmp(verbs[i].name, written))
			return verbs[i].main(argc, argv);
		words[i] = verbs[i].name;
	}
	nearest = writ_options_nearest(written, words);
	if (nearest)
		return writ_options_usage(&cli, "unknown '%s %s': did you mean '%s'?", verb,
					  written, nearest);
	list(verb, words, all, sizeof(all));
	if (*written)
		return writ_options_usage(&cli, "unknown '%s %s': write %s", verb, written, all);
	return writ_options_usage(&cli, "write %s", all);
}
