/* SPDX-License-Identifier: Apache-2.0 */
/* Which values of parameters make a rule match; and that a search without end is given up. */
#include "policy_helper.h"

#include "compile/capture.h"

#define PARAMETERS                                                          \
	"parameters:\n"                                                     \
	"  a: {pattern: '[a-z]+'}\n  n: {type: integer, min: 1, max: 99}\n" \
	"  p: {type: path, under: /srv}\n"                                  \
	"files: [{path: '/x/{a}/{n}', allow: [read]}, {path: '{p}', allow: [read]}]\n"

/* What @glob gives on @text: "a=.. n=.. p=..", "none", or "" when it names no parameter. */
static const char *capture(const char *glob, const char *text)
{
	struct writ_policy *policy =
		good_policy(PLAYBOOK PARAMETERS "---\n" ROLE AGENT("bot", "/bot"));
	const struct writ_policy_playbook *playbook = &policy->playbooks[0];
	struct writ_bindings bindings;
	struct writ_capture found = {.playbook = playbook, .bindings = &bindings};
	struct writ_glob_parameters parameters;
	char why[WRIT_GLOB_ERROR_SIZE] = "";
	struct writ_glob tokens = {0};
	static char out[1024];
	size_t used = 0;
	int err;

	writ_bindings_init(&bindings, playbook->parameters, playbook->n_parameters);
	writ_bindings_set_agent(&bindings, &policy->agents[0]);
	parameters = writ_bindings_values(&bindings);
	parameters.values = NULL;
	assert_int_equal(writ_glob_parse(&tokens, glob, &parameters, why), 0);
	err = writ_capture_glob(&found, &tokens, text, strlen(text));
	assert_true(err >= 0);
	(void)strcpy(out, err ? "" : "none");
	for (size_t i = 0; i < playbook->n_parameters; i++)
		if (found.known[i])
			used += (size_t)snprintf(out + used, sizeof(out) - used, "%s%s=%s",
						 used ? " " : "", playbook->parameters[i].name,
						 found.values[i]);
	writ_glob_free(&tokens);
	writ_policy_free(policy);
	return out;
}

static void values(void **state)
{
	(void)state;
	assert_string_equal(capture("/x/{a}/**", "/x/web/y/z"), "a=web");
	assert_string_equal(capture("/x/{a}/**", "/x/web"), "a=web"); /* X itself */
	assert_string_equal(capture("/x/{a}/*", "/x/web/y/z"), "none");
	assert_string_equal(capture("/x/{a}-{n}.pid", "/x/web-7.pid"), "a=web n=7");
	assert_string_equal(capture("/x/{a}{n}", "/x/web42"), "a=web n=42");
	assert_string_equal(capture("/x/{a}/{a}", "/x/web/web"), "a=web");
	assert_string_equal(capture("/x/{a}/{a}", "/x/web/bew"), "none");
	assert_string_equal(capture("/x/{n}", "/x/100"), "none"); /* out of range */
	assert_string_equal(capture("/x/{n}", "/x/007"), "none");
	assert_string_equal(capture("/{y,x}/{a}{,.old}", "/x/web.old"), "a=web");
	assert_string_equal(capture("{p}/log", "/srv/a/b/log"), "p=/srv/a/b");
	assert_string_equal(capture("{p}/log", "/var/a/b/log"), "none");
	assert_string_equal(capture("/h/{agent}/{a}", "/h/bot/web"), "a=web");
	assert_string_equal(capture("/h/{agent}/{a}", "/h/tob/web"), "none");
	assert_string_equal(capture("/x/[w-z]?b", "/x/web"), "");
	assert_string_equal(capture("/x/[^w-z]?b", "/x/web"), "none");
}

static void gives_up(void **state)
{
	char text[4000];

	(void)state;
	memset(text, 'a', sizeof(text));
	text[0] = '/';
	text[sizeof(text) - 1] = '\0';
	assert_string_equal(capture("/**a**a**a**a**a**a**b{a}", text), "none");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values),
		cmocka_unit_test(gives_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
