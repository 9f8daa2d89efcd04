/* SPDX-License-Identifier: Apache-2.0 */
/* Roles as a whole: none, large, too large (with the rules to blame), and the same bytes twice. */
#include "policy_helper.h"

#define EIGHT "[^/][^/][^/][^/][^/][^/][^/][^/]"

static char *many_rules(size_t n, const char *format)
{
	size_t size = 0;
	char *text = NULL;
	FILE *file = open_memstream(&text, &size);

	(void)fputs(ROLE "files:\n", file);
	for (size_t i = 0; i < n; i++) {
		(void)fputs("  - {path: '", file);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		(void)fprintf(file, format, (int)i);
#pragma GCC diagnostic pop
		(void)fputs("', allow: [read, write]}\n", file);
	}
	(void)fclose(file);
	return text;
}

static void empty(void **state)
{
	struct writ_tables *tables = role_tables(ROLE);

	(void)state;
	assert_int_equal(ask(tables, "/", NULL), 0);
	assert_int_equal(ask(tables, "/etc/passwd", NULL), 0);
	writ_tables_free(tables);
}

static void ten_thousand(void **state)
{
	static const char *const formats[] = {"/dir_%d/**", "/dir_%d/*.log", "/**/dir_%d"};
	static const char *const paths[] = {"/dir_%d/x", "/dir_%d/x.log", "/a/dir_%d"};
	char path[64];

	(void)state;
	for (int f = 0; f < 3; f++) {
		char *text = many_rules(10000, formats[f]);
		struct writ_tables *tables = role_tables(text);

		for (int i = 0; i <= 10000; i += 500) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
			(void)snprintf(path, sizeof(path), paths[f], i);
#pragma GCC diagnostic pop
			assert_int_equal(ask(tables, path, NULL), i < 10000 ? 3 : 0);
		}
		writ_tables_free(tables);
		free(text);
	}
}

/* Two states for each rule, none for their letters: these are in the trie. */
static void small_image(void **state)
{
	char *text = many_rules(10000, "/dir_%d/**");
	struct writ_policy *policy = good_policy(text);
	struct writ_diagnostics diags = {0};
	struct writ_blob image = {0};
	const struct writ_image *header;

	(void)state;
	assert_int_equal(writ_role_compile(policy, policy->roles, &diags, &image), 0);
	header = image.bytes;
	assert_int_equal(header->n_classes, 2);
	assert_int_equal(header->n_rows, 20001);
	writ_blob_free(&image);
	writ_policy_free(policy);
	free(text);
}

static void too_large(void **state)
{
	struct writ_policy *policy = good_policy(
		ROLE "files:\n  - {path: '/etc/hosts', allow: [read]}\n"
		     "  - {path: '/srv/**a" EIGHT EIGHT EIGHT EIGHT "', allow: [read]}\n");
	struct writ_diagnostics diags = {0};
	struct writ_blob image = {0};
	char why[2048];

	(void)state;
	assert_int_equal(writ_role_compile(policy, policy->roles, &diags, &image), -EINVAL);
	assert_null(image.bytes);
	lines_of(&diags, why, sizeof(why));
	assert_non_null(strstr(why, "p.yaml:6:5: too many states; this rule takes the most: "
				    "p.yaml:6:5 /srv/**a["));
	assert_non_null(strstr(why, "the rules of role \"r\": do not fit"));
	assert_null(strstr(why, "hosts"));
	writ_diagnostics_free(&diags);
	writ_policy_free(policy);
}

static void same_bytes(void **state)
{
	static const char *const paths[] = {"policy"};
	struct writ_diagnostics diags = {0};
	struct writ_policy *policy = NULL;
	struct writ_blob a = {0}, b = {0};

	(void)state;
	assert_int_equal(writ_policy_load(paths, 1, &diags, &policy), 0);
	assert_int_equal(writ_role_compile(policy, policy->roles, &diags, &a), 0);
	assert_int_equal(writ_role_compile(policy, policy->roles, &diags, &b), 0);
	assert_int_equal(a.size, b.size);
	assert_memory_equal(a.bytes, b.bytes, a.size);
	writ_blob_free(&a);
	writ_blob_free(&b);
	writ_policy_free(policy);
}

static void shipped_role(void **state)
{
	static const char *const paths[] = {"policy"};
	struct writ_tables *tables = writ_tables_new();
	struct writ_diagnostics diags = {0};
	struct writ_policy *policy = NULL;
	struct writ_blob image = {0};
	uint32_t deny = 0;

	(void)state;
	assert_int_equal(writ_policy_load(paths, 1, &diags, &policy), 0);
	assert_int_equal(writ_role_compile(policy, policy->roles, &diags, &image), 0);
	place_image(tables, &image);
	assert_true(ask(tables, "/usr/bin/bash", NULL) & WRIT_ACCESS_EXECUTE);
	assert_true(ask(tables, "/usr/lib/x86_64-linux-gnu/libc.so.6", NULL) & WRIT_ACCESS_MAP);
	assert_int_equal(ask(tables, "/etc/nginx/nginx.conf", NULL), WRIT_ACCESS_READ);
	assert_int_equal(ask(tables, "/proc/4711/status", NULL), WRIT_ACCESS_READ);
	assert_int_equal(ask(tables, "/proc/4711/mem", NULL), 0);
	assert_int_equal(ask(tables, "/etc/ssl/billing/key.pem", NULL), 0);
	assert_int_equal(ask(tables, "/etc/shadow", &deny), 0);
	assert_true(deny & WRIT_ACCESS_READ);
	(void)ask(tables, "/home/x/.ssh/id_ed25519", &deny);
	assert_true(deny & WRIT_ACCESS_READ);
	writ_blob_free(&image);
	writ_policy_free(policy);
	writ_tables_free(tables);
}

static uint32_t ask_agent(const struct writ_policy *policy, size_t agent, const char *path)
{
	struct writ_tables *tables = writ_tables_new();
	struct writ_diagnostics diags = {0};
	struct writ_blob image = {0};
	uint32_t allow;

	assert_int_equal(writ_role_compile_agent(&policy->agents[agent], &diags, &image), 0);
	place_image(tables, &image);
	allow = ask(tables, path, NULL);
	writ_blob_free(&image);
	writ_tables_free(tables);
	return allow;
}

#define VARIES                                                               \
	ROLE "files:\n  - {path: '/srv/{agent}/**', allow: [read, write]}\n" \
	     "  - {path: '/env/{environment}-{agent}', allow: [read]}\n"     \
	     "exec: [{path: /bin/x, argv: [x, '{agent}']}]\n" AGENT(         \
		     "ann", "/a/ann") "environment: test\n" AGENT("bob.2",   \
								  "/a/bob") "environment: test\n"

/* {agent} is this agent, and no other. */
static void variables(void **state)
{
	struct writ_policy *policy = good_policy(VARIES);
	struct writ_tables *tables = role_tables(VARIES);

	(void)state;
	assert_true(writ_role_varies(policy->roles));
	assert_int_equal(ask_agent(policy, 0, "/srv/ann/x"), 3);
	assert_int_equal(ask_agent(policy, 0, "/srv/bob.2/x"), 0);
	assert_int_equal(ask_agent(policy, 1, "/srv/bob.2/x"), 3);
	assert_int_equal(ask_agent(policy, 1, "/srv/bobx2/x"), 0);
	assert_int_equal(ask_agent(policy, 1, "/srv/ann/x"), 0);
	assert_int_equal(ask_agent(policy, 0, "/env/test-ann"), 1);
	assert_int_equal(ask_agent(policy, 0, "/env/-ann"), 0);
	/* without an agent the rules speak of nobody */
	assert_int_equal(ask(tables, "/srv/ann/x", NULL), 0);
	assert_int_equal(ask(tables, "/srv/agent/x", NULL), 0);
	writ_tables_free(tables);
	writ_policy_free(policy);
	policy = good_policy(ROLE "files: [{path: /a, allow: [read]}]\n");
	assert_false(writ_role_varies(policy->roles));
	writ_policy_free(policy);
	assert_refused(ROLE "files: [{path: '/a/{host}', allow: [read]}]\n", "not a declared");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty),       cmocka_unit_test(ten_thousand),
		cmocka_unit_test(small_image), cmocka_unit_test(too_large),
		cmocka_unit_test(same_bytes),  cmocka_unit_test(shipped_role),
		cmocka_unit_test(variables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
