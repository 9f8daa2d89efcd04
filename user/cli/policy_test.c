/* SPDX-License-Identifier: Apache-2.0 */
/* `writ policy test`: the cases beside a policy; one line for each that fails, and a count. */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/policy.h"
#include "compile/cases.h"
#include "lib/cleanup.h"
#include "writ/names.h"

struct run {
	const struct writ_cli *cli;
	json_t *failures;
	size_t passed;
	size_t failed;
};

/* What came out, for people: "deny (no_rule)", or why there is no answer. */
static void describe(bool answered, const struct writ_explain_answer *answer,
		     const struct writ_diagnostics *diags, char *ret_text, size_t size)
{
	bool allowed = answered && answer->verdict == WRIT_VERDICT_ALLOW;

	if (!answered)
		writ_diagnostics_join(diags, ret_text, size);
	else
		(void)snprintf(ret_text, size, "%s (%s%s%s)", allowed ? "allow" : "deny",
			       writ_reason_name(answer->reason), *answer->rule ? " by " : "",
			       answer->rule);
}

static void show_failure(struct run *run, const struct writ_case *item, const char *got,
			 const struct writ_explain_answer *answer)
{
	const char *reason = item->reason ? writ_reason_name(item->reason) : NULL;
	char text[4096];

	if (run->cli->json) {
		(void)json_array_append_new(
			run->failures,
			json_pack("{s:o, s:i, s:i, s:s, s:s, s:s, s:o, s:s, s:s?, s:o, s:s?}",
				  "file", writ_output_string(item->at.file), "line",
				  (int)item->at.line, "column", (int)item->at.column, "test",
				  item->test, "agent", item->question.agent, "operation",
				  item->operation, "object", writ_output_string(item->object),
				  "expected", item->allow ? "allow" : "deny", "expected_reason",
				  reason, "got", writ_output_string(got), "reason",
				  answer ? writ_reason_name(answer->reason) : NULL));
		return;
	}
	(void)snprintf(text, sizeof(text), "%s:%u:%u: %s %s %s: expected %s%s%s%s, got %s",
		       item->at.file, item->at.line, item->at.column, item->question.agent,
		       item->operation, item->object, item->allow ? "allow" : "deny",
		       reason ? " (" : "", reason ? reason : "", reason ? ")" : "", got);
	(void)printf("%s%s%s\n", writ_output_colour(WRIT_COLOUR_RED),
		     writ_output_text(text, (char[8192]){0}, 8192), writ_output_plain());
}

static void run_case(struct run *run, struct writ_explainer *explainer,
		     const struct writ_case *item)
{
	_cleanup_(writ_diagnostics_free) struct writ_diagnostics diags = {0};
	struct writ_explain_answer answer;
	bool answered = !writ_explain_ask(explainer, &item->question, &diags, &answer);
	char got[3072];

	if (answered && (answer.verdict == WRIT_VERDICT_ALLOW) == item->allow &&
	    (!item->reason || item->reason == answer.reason)) {
		run->passed++;
		return;
	}
	run->failed++;
	describe(answered, &answer, &diags, got, sizeof(got));
	show_failure(run, item, got, answered ? &answer : NULL);
}

static int run_all(struct run *run, const struct writ_policy *policy,
		   const struct writ_cases *cases)
{
	_cleanup_(writ_explain_freep) struct writ_explainer *explainer = NULL;

	if (writ_explain_new(policy, &explainer))
		return writ_options_fail(run->cli, WRIT_EXIT_FAILED, "out of memory");
	for (size_t i = 0; i < cases->count; i++)
		run_case(run, explainer, &cases->items[i]);
	if (!run->cli->json)
		(void)printf("%zu cases: %zu passed, %zu failed\n", cases->count, run->passed,
			     run->failed);
	else if (writ_output_json(json_pack("{s:O, s:I, s:I}", "failures", run->failures, "passed",
					    (json_int_t)run->passed, "failed",
					    (json_int_t)run->failed)))
		return WRIT_EXIT_FAILED;
	return run->failed ? WRIT_EXIT_FAILED : WRIT_EXIT_OK;
}

/* Errors in test files are told as those in policy are. */
static int load_cases(const struct writ_cli *cli, const char *const *paths, size_t n_paths,
		      struct writ_cases *cases)
{
	_cleanup_(writ_diagnostics_free) struct writ_diagnostics diags = {0};

	for (size_t i = 0; i < n_paths; i++)
		if (writ_cases_load(paths[i], &diags, cases) && !diags.errors)
			return writ_options_fail(cli, WRIT_EXIT_FAILED, "out of memory");
	if (diags.errors && cli->json)
		(void)writ_output_json(writ_policy_diagnostics_json(&diags));
	else if (diags.errors)
		writ_policy_print(&diags);
	if (diags.errors)
		return WRIT_EXIT_FAILED;
	if (!cases->count)
		return writ_options_fail(cli, WRIT_EXIT_FAILED,
					 "no cases: write some into a file NAME.test.yaml beside "
					 "the policy, see writ-policy(1)");
	return WRIT_EXIT_OK;
}

/* Tests, and the policy that they ask: what is no test file, else the first one's directory. */
struct sources {
	const char *tests[WRIT_POSITIONALS_MAX];
	size_t n_tests;
	const char *policies[WRIT_POSITIONALS_MAX];
	size_t n_policies;
	char directory[WRIT_PATH_SIZE];
};

static void sort_paths(const char *const *paths, size_t n, struct sources *sources)
{
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(paths[i]);
		bool file = len > 5 && (!strcmp(paths[i] + len - 5, ".yaml") ||
					!strcmp(paths[i] + len - 4, ".yml"));
		bool test = writ_cases_is_test(paths[i]);

		if (!test)
			sources->policies[sources->n_policies++] = paths[i];
		if (test || !file)
			sources->tests[sources->n_tests++] = paths[i];
	}
	if (!sources->n_policies) {
		const char *slash = strrchr(paths[0], '/');
		int len = slash ? (int)(slash - paths[0]) : 1;

		(void)snprintf(sources->directory, sizeof(sources->directory), "%.*s",
			       len ? len : 1, slash ? paths[0] : ".");
		sources->policies[sources->n_policies++] = sources->directory;
	}
}

static int test(const struct writ_cli *cli, const char *const *paths, size_t n_paths)
{
	_cleanup_(writ_policy_freep) struct writ_policy *policy = NULL;
	_cleanup_(writ_cases_free) struct writ_cases cases = {0};
	_cleanup_json_ json_t *failures = json_array();
	struct run run = {.cli = cli, .failures = failures};
	struct sources sources = {.n_tests = 0};
	int err;

	sort_paths(paths, n_paths, &sources);
	err = writ_policy_open(cli, sources.policies, sources.n_policies, WRIT_EXIT_FAILED,
			       &policy);
	if (!err)
		err = load_cases(cli, sources.tests, sources.n_tests, &cases);
	return err ? err : run_all(&run, policy, &cases);
}

int writ_policy_test_main(int argc, char **argv)
{
	struct writ_cli cli = {0};
	struct writ_policy_paths paths;
	int err = writ_policy_parse(&cli, "test [PATH ...]", 0, WRIT_POSITIONALS_MAX, argc, argv,
				    &paths);

	return err ? err : test(&cli, paths.items, paths.count);
}
