/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs and options of cli/ against their man pages and the completion. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <glob.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"

static bool file_has(const char *name, const char *word)
{
	static char text[65536];
	FILE *file = fopen(name, "re");
	size_t len;

	if (!file)
		return false;
	len = fread(text, 1, sizeof(text) - 1, file);
	text[len] = '\0';
	(void)fclose(file);
	return strstr(text, word);
}

static void test_every_verb_is_documented(void **state)
{
	static const struct writ_command *const commands[] = {
		&writ_command_agents, &writ_command_audit,  &writ_command_exec,
		&writ_command_grant,  &writ_command_grants, &writ_command_policy,
		&writ_command_revoke, &writ_command_run,    &writ_command_status,
		&writ_command_metrics,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		char page[64], verb[32];

		(void)snprintf(page, sizeof(page), "docs/man/writ-%s.1", commands[i]->name);
		(void)snprintf(verb, sizeof(verb), ".It Cm %s\n", commands[i]->name);
		assert_true(file_has(page, ".Sh DESCRIPTION"));
		assert_true(file_has("docs/man/writ.1", verb));
		assert_true(file_has("docs/completion/writ.bash", commands[i]->name));
	}
}

/* Each option in the source of @file stands in its verb's man page and in the completion. */
static size_t check_options(const char *file, const char *verb)
{
	FILE *source = fopen(file, "re");
	char line[512], page[64], name[32], word[48];
	size_t n = 0;

	assert_non_null(source);
	(void)snprintf(page, sizeof(page), "docs/man/writ-%s.1", verb);
	while (fgets(line, sizeof(line), source)) {
		const char *option = strstr(line, "{.name = \"");

		if (!option || sscanf(option, "{.name = \"%31[a-z]", name) != 1)
			continue;
		n++;
		(void)snprintf(word, sizeof(word), "Fl -%s", name);
		if (!file_has(page, word))
			fail_msg("%s does not have --%s", page, name);
		(void)snprintf(word, sizeof(word), "--%s", name);
		if (!file_has("docs/completion/writ.bash", word))
			fail_msg("the completion does not have %s", word);
	}
	assert_int_equal(fclose(source), 0);
	return n;
}

static void test_every_option_is_documented(void **state)
{
	size_t n = 0;
	glob_t found;

	(void)state;
	assert_int_equal(glob("user/cli/*.c", 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		const char *name = strrchr(found.gl_pathv[i], '/') + 1;
		char verb[32];

		(void)snprintf(verb, sizeof(verb), "%.*s", (int)strcspn(name, "._"), name);
		n += check_options(found.gl_pathv[i], verb);
	}
	assert_true(n >= 15); /* the source is still written in that way */
	globfree(&found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_verb_is_documented),
		cmocka_unit_test(test_every_option_is_documented),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
