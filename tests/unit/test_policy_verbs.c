/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verbs of `writ policy` as people use them: tests/unit/data/policy.transcript holds command
 * lines ("$ explain bot read /x"), what each prints, and how it exits ("= 0"). With
 * WRIT_TRANSCRIPT set the file is written anew, for a person to read before it is committed.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/command.h"
#include "fake_core.h"

#define TRANSCRIPT "tests/unit/data/policy.transcript"
#define POLICY "tests/unit/data/asked.yaml"
#define WORDS_MAX 32

/* Takes @line apart at spaces, as a shell would with single quotes. */
static int split(char *line, char **words)
{
	char *out = line;
	int n = 0;

	words[n++] = (char *)"policy";
	while (*line && n < WORDS_MAX) {
		bool quoted = *line == '\'';

		line += quoted;
		words[n++] = out;
		while (*line && *line != (quoted ? '\'' : ' '))
			*out++ = *line++;
		line += quoted && *line;
		line += *line == ' ';
		*out++ = '\0';
	}
	words[n] = NULL;
	return n;
}

/* What the command line prints on both streams, and "= " its exit code. */
static size_t run(const char *line, char *text, size_t size)
{
	struct capture out = capture_begin(stdout), err = capture_begin(stderr);
	char copy[1024], *words[WORDS_MAX + 1];
	size_t used;
	int code;

	(void)snprintf(copy, sizeof(copy), "%s", line);
	code = writ_command_policy.main(split(copy, words), words);
	(void)capture_end(&err, text, size);
	used = strlen(text);
	(void)capture_end(&out, text + used, size - used);
	used += strlen(text + used);
	return used + (size_t)snprintf(text + used, size - used, "= %d\n", code);
}

static void read_file(const char *name, char *text, size_t size)
{
	FILE *file = fopen(name, "re");
	size_t len;

	assert_non_null(file);
	len = fread(text, 1, size - 1, file);
	text[len] = '\0';
	assert_int_equal(fclose(file), 0);
}

static void transcript(void **state)
{
	static char expected[262144], found[262144];
	size_t used = 0;
	char *rest = NULL;

	(void)state;
	read_file(TRANSCRIPT, expected, sizeof(expected));
	for (char *line = expected; *line; line = rest) {
		size_t len = strcspn(line, "\n");
		char words[1024];

		rest = line + len + (line[len] == '\n');
		if (*line != '$' && *line != '#')
			continue;
		(void)snprintf(words, sizeof(words), "%.*s", (int)len, line);
		used += (size_t)snprintf(found + used, sizeof(found) - used, "%s\n", words);
		if (*line == '$')
			used += run(words + 2, found + used, sizeof(found) - used);
	}
	if (getenv("WRIT_TRANSCRIPT")) {
		FILE *file = fopen(TRANSCRIPT, "we");

		assert_non_null(file);
		assert_int_equal(fwrite(found, 1, used, file), used);
		assert_int_equal(fclose(file), 0);
	}
	assert_string_equal(found, expected);
}

static void limits_and_places(void **state)
{
	static char text[16384];
	char line[1024] = "explain bot read /x --policy tests/unit/data/asked.yaml";

	(void)state;
	for (int i = 0; i < 9; i++)
		(void)strcat(line, " --grant reload");
	(void)run(line, text, sizeof(text));
	assert_string_equal(text, "writ: more than 8 grants; see 'writ help policy'\n= 2\n");
	line[strlen(line) - strlen(" --grant reload")] = '\0';
	(void)run(line, text, sizeof(text));
	assert_ptr_equal(strstr(text, "denied: bot may not read /x\n"), text);
	/* options stand wherever they like, also before the verb */
	(void)run("--policy " POLICY " --at 1m explain bot read /etc/nginx/x", text, sizeof(text));
	assert_ptr_equal(strstr(text, "allowed: "), text);
}

/* What a newcomer meets: no word, and no policy on this host. */
static void without(void **state)
{
	static const char *const verbs[] = {"check", "test", "apply", "explain bot read /x"};
	char text[16384];

	(void)state;
	(void)run("--json", text, sizeof(text));
	assert_non_null(strstr(text, "write 'policy check', explain, test, diff or apply"));
	assert_null(strstr(text, "unknown"));
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		(void)run(verbs[i], text, sizeof(text));
		if (access(WRIT_POLICY_DIR, F_OK))
			assert_non_null(strstr(text, "writ: no policy in " WRIT_POLICY_DIR
						     ": No such file or directory; name another"));
	}
}

static void apply(void **state)
{
	struct writ_status_row *row = &fake_reply(WRIT_REPLY_STATUS)->status;
	static char text[65536];

	(void)state;
	row->generation = 7;
	fake_end(0, "");
	fake_start();
	(void)run("apply " POLICY, text, sizeof(text));
	fake_stop();
	assert_string_equal(text, "applied, generation 7: read back and proven\n= 0\n");
	assert_int_equal(fake.request.verb, WRIT_VERB_APPLY);
	assert_int_equal(fake.request.n_parameters, 1);
	assert_int_equal(fake.request.parameters[0].value[0], '/');
	assert_non_null(strstr(fake.request.parameters[0].value, "/" POLICY));
	fake_start();
	(void)run("apply --json " POLICY, text, sizeof(text));
	fake_stop();
	assert_non_null(strstr(text, "\"generation\": 7"));
}

static void apply_refused(void **state)
{
	static char text[65536];

	(void)state;
	fake_end(-EINVAL, "roles.yaml:3:1: no");
	fake_start();
	(void)run("apply " POLICY, text, sizeof(text));
	fake_stop();
	assert_string_equal(text, "writ: roles.yaml:3:1: no\n= 1\n");
	/* a broken policy is refused here: nobody is asked */
	fake.request.verb = 0;
	(void)run("apply tests/unit/data/broken.yaml", text, sizeof(text));
	assert_non_null(strstr(text, " errors: not applied, the running policy stays\n"));
	assert_non_null(strstr(text, "broken.yaml:6:12: "));
	assert_non_null(strstr(text, "= 1\n"));
	assert_int_equal(fake.request.verb, 0);
	(void)run("apply a b", text, sizeof(text));
	assert_non_null(strstr(text, "= 2\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(transcript),
		cmocka_unit_test(limits_and_places),
		cmocka_unit_test(without),
		cmocka_unit_test_setup_teardown(apply, fake_set_up, fake_tear_down),
		cmocka_unit_test_setup_teardown(apply_refused, fake_set_up, fake_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
