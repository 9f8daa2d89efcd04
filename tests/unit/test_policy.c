/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loading as a whole: every fault of a broken file in one run, folders, sizes, look-up, and that
 * the shipped policy is good.
 */
#include "policy_helper.h"

static char *read_file(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = calloc(1, 65536);

	assert_non_null(file);
	assert_non_null(text);
	(void)!fread(text, 1, 65535, file);
	(void)fclose(file);
	return text;
}

static void broken(void **state)
{
	static const char *const paths[] = {"tests/unit/data/broken.yaml"};
	struct writ_diagnostics diags = {0};
	struct writ_policy *policy = NULL;
	char *expected = read_file("tests/unit/data/broken.expected");
	char *found = calloc(1, 65536);

	(void)state;
	assert_int_equal(writ_policy_load(paths, 1, &diags, &policy), -EINVAL);
	for (size_t i = 0; i < writ_diagnostics_lines(&diags); i++) {
		writ_diagnostics_format(&diags, i, found + strlen(found), 4096);
		strcat(found, "\n");
	}
	assert_string_equal(found, expected);
	writ_diagnostics_free(&diags);
	free(expected);
	free(found);
}

static void shipped(void **state)
{
	static const char *const paths[] = {"policy"};
	struct writ_diagnostics diags = {0};
	struct writ_policy *policy = NULL;

	(void)state;
	assert_int_equal(writ_policy_load(paths, 1, &diags, &policy), 0);
	assert_int_equal(writ_policy_check(policy, &diags), 0);
	/* those that roles.yaml and playbooks.yaml give their reasons for */
	assert_int_equal(diags.count, 2);
	assert_non_null(strstr(diags.items[0].text, "break_glass: playbook \"emergency-roll-back"));
	assert_non_null(strstr(diags.items[1].text, "allow_kernel: with signal"));
	assert_non_null(writ_policy_role(policy, "web-operator"));
	assert_non_null(writ_policy_role(policy, "observer"));
	assert_null(writ_policy_role(policy, "web"));
	assert_non_null(writ_policy_playbook(policy, "rotate-certificate"));
	assert_null(writ_policy_playbook(policy, ""));
	assert_string_equal(writ_policy_agent(policy, "billing-bot")->role->name, "web-operator");
	assert_string_equal(writ_policy_agent(policy, "night-watch")->environment, "production");
	assert_true(writ_policy_may_use(policy->roles, "rotate-certificate"));
	assert_false(writ_policy_may_use(policy->roles, "rotate"));
	assert_string_equal(policy->node->name, "web-1");
	writ_policy_free(policy);
	writ_diagnostics_free(&diags);
}

static void empty(void **state)
{
	struct writ_policy *policy = good_policy("");
	struct writ_diagnostics diags = {0};

	(void)state;
	assert_int_equal(policy->n_roles + policy->n_playbooks + policy->n_agents, 0);
	assert_null(policy->node);
	assert_null(writ_policy_agent(policy, "a"));
	assert_int_equal(writ_policy_check(policy, &diags), 0);
	writ_policy_free(policy);
	assert_int_equal(writ_policy_load(NULL, 0, &diags, &policy), 0);
	writ_policy_free(policy);
}

static void large(void **state)
{
	/* five megabytes: 50 roles with 1,100 rules each */
	size_t size = 0;
	char *text = NULL;
	FILE *file = open_memstream(&text, &size);
	struct writ_policy *policy;

	(void)state;
	for (int role = 0; role < 50; role++) {
		(void)fprintf(file, "---\napiVersion: writ/v1\nkind: Role\nname: r%d\nfiles:\n",
			      role);
		for (int i = 0; i < 1100; i++)
			(void)fprintf(file,
				      "  - {path: \"/srv/tenant_%d/application_%d/data/**\", "
				      "allow: [read, write, create, delete]}\n",
				      role, i);
	}
	(void)fclose(file);
	assert_true(size > 4900000);
	policy = good_policy(text);
	assert_int_equal(policy->n_roles, 50);
	assert_int_equal(policy->roles[49].rules.n_files, 1100);
	writ_policy_free(policy);
	free(text);
}

static void write_text(const char *directory, const char *name, const char *text)
{
	char path[256];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void remove_texts(const char *directory, const char *const *names)
{
	char path[256];

	for (; *names; names++) {
		(void)snprintf(path, sizeof(path), "%s/%s", directory, *names);
		assert_int_equal(unlink(path), 0);
	}
	assert_int_equal(rmdir(directory), 0);
}

static void folder(void **state)
{
	static const char *const names[] = {"b.yaml", "a.yml", ".c.yaml", "d.txt", NULL};
	char directory[] = "/tmp/writ-test-XXXXXX";
	const char *paths[] = {directory};
	struct writ_diagnostics diags = {0};
	struct writ_policy *policy = NULL;

	(void)state;
	assert_non_null(mkdtemp(directory));
	write_text(directory, "b.yaml", "apiVersion: writ/v1\nkind: Role\nname: b\n");
	write_text(directory, "a.yml", "apiVersion: writ/v1\nkind: Role\nname: a\n");
	write_text(directory, ".c.yaml", "not policy");
	write_text(directory, "d.txt", "not policy");
	assert_int_equal(writ_policy_load(paths, 1, &diags, &policy), 0);
	assert_int_equal(policy->n_roles, 2);
	assert_string_equal(policy->roles[0].name, "a");
	assert_string_equal(policy->roles[1].name, "b");
	writ_policy_free(policy);
	remove_texts(directory, names);
}

static void missing(void **state)
{
	static const char *const paths[] = {"/nonexistent/p.yaml", "/dev/null"};
	struct writ_diagnostics diags = {0};
	struct writ_policy *policy = NULL;
	char line[256];

	(void)state;
	assert_int_equal(writ_policy_load(paths, 2, &diags, &policy), -EINVAL);
	assert_int_equal(diags.count, 2);
	writ_diagnostics_format(&diags, 0, line, sizeof(line));
	assert_string_equal(line, "/dev/null: neither a file nor a directory");
	writ_diagnostics_format(&diags, 1, line, sizeof(line));
	assert_string_equal(line, "/nonexistent/p.yaml: can't open: No such file or directory");
	writ_diagnostics_free(&diags);
}

static void no_cascade(void **state)
{
	/* a role with a fault is still there for those who refer to it */
	struct writ_diagnostics diags = {0};
	struct writ_policy *policy = NULL;
	const char *text = ROLE "files: [{path: a, allow: [read]}]\n" AGENT("x", "/x/y");

	(void)state;
	assert_int_equal(load_text(text, strlen(text), &diags, &policy), -EINVAL);
	assert_int_equal(diags.errors, 1);
	writ_diagnostics_free(&diags);
	/* and so is one behind a syntax error, as far as anyone can tell */
	text = AGENT("x", "/x/y") "---\n[\n";
	assert_int_equal(load_text(text, strlen(text), &diags, &policy), -EINVAL);
	assert_int_equal(diags.errors, 1);
	writ_diagnostics_free(&diags);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(broken),     cmocka_unit_test(shipped), cmocka_unit_test(empty),
		cmocka_unit_test(large),      cmocka_unit_test(folder),	 cmocka_unit_test(missing),
		cmocka_unit_test(no_cascade),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
