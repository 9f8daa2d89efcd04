/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of compile/ share: a policy from text, its images placed, paths asked of them. */
#ifndef WRIT_TESTS_POLICY_HELPER_H
#define WRIT_TESTS_POLICY_HELPER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compile/image_check.h"
#include "compile/image_match.h"
#include "compile/policy.h"
#include "compile/role.h"

#define ROLE "apiVersion: writ/v1\nkind: Role\nname: r\n"
#define PLAYBOOK "apiVersion: writ/v1\nkind: Playbook\nname: p\nttl: {default: 3m, max: 10m}\n"
#define AGENT(name, cgroup)                                                                       \
	"---\napiVersion: writ/v1\nkind: Agent\nname: " name "\nrole: r\nmatch: {cgroup: " cgroup \
	"}\n"

/* Loads @text from a file named p.yaml in a directory of its own. */
static int __attribute__((unused))
load_text(const char *text, size_t len, struct writ_diagnostics *diags, struct writ_policy **policy)
{
	char directory[] = "/tmp/writ-test-XXXXXX", path[64];
	const char *paths[] = {path};
	FILE *file;
	int err;

	assert_non_null(mkdtemp(directory));
	(void)snprintf(path, sizeof(path), "%s/p.yaml", directory);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
	err = writ_policy_load(paths, 1, diags, policy);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(directory), 0);
	return err;
}

/* The diagnostics behind the file's directory, one a line. */
static void __attribute__((unused))
lines_of(const struct writ_diagnostics *diags, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < writ_diagnostics_lines(diags) && used < size; i++) {
		char line[4096], *slash;

		writ_diagnostics_format(diags, i, line, sizeof(line));
		slash = strstr(line, "p.yaml");
		used += (size_t)snprintf(text + used, size - used, "%s\n", slash ? slash : line);
	}
}

static struct writ_policy *__attribute__((unused)) good_policy(const char *text)
{
	struct writ_diagnostics diags = {0};
	struct writ_policy *policy = NULL;
	int err = load_text(text, strlen(text), &diags, &policy);
	char lines[8192];

	lines_of(&diags, lines, sizeof(lines));
	if (err)
		fail_msg("not a good policy:\n%s\n%s", text, lines);
	writ_diagnostics_free(&diags);
	return policy;
}

/* @text is refused, and one of the lines holds @expected. */
static void __attribute__((unused)) assert_refused(const char *text, const char *expected)
{
	struct writ_diagnostics diags = {0};
	struct writ_policy *policy = NULL;
	char lines[8192];

	assert_int_equal(load_text(text, strlen(text), &diags, &policy), -EINVAL);
	assert_null(policy);
	lines_of(&diags, lines, sizeof(lines));
	if (!strstr(lines, expected))
		fail_msg("expected: %s\nfound: %s", expected, lines);
	writ_diagnostics_free(&diags);
}

/* @text is accepted, and one of the warnings holds @expected; NULL: there are none. */
static void __attribute__((unused)) assert_accepted(const char *text, const char *expected)
{
	struct writ_diagnostics diags = {0};
	struct writ_policy *policy = NULL;
	char lines[8192];
	int err = load_text(text, strlen(text), &diags, &policy);

	lines_of(&diags, lines, sizeof(lines));
	if (err || (expected ? !strstr(lines, expected) : lines[0] != '\0'))
		fail_msg("expected: %s\nfound: %s", expected ? expected : "nothing", lines);
	writ_policy_free(policy);
	writ_diagnostics_free(&diags);
}

/* An image in an arena at an offset that is not 0. */
#define PLACE 4096u

static void __attribute__((unused))
place_image(struct writ_tables *tables, const struct writ_blob *image)
{
	const char *why = "";

	if (writ_image_check(image->bytes, image->size, &why))
		fail_msg("image: %s", why);
	assert_int_equal(writ_tables_place(tables, PLACE, image), 0);
}

static struct writ_tables *__attribute__((unused)) role_tables(const char *text)
{
	struct writ_policy *policy = good_policy(text);
	struct writ_tables *tables = writ_tables_new();
	struct writ_diagnostics diags = {0};
	struct writ_blob image = {0};

	assert_non_null(tables);
	assert_int_equal(writ_role_compile(policy, &policy->roles[0], &diags, &image), 0);
	place_image(tables, &image);
	writ_blob_free(&image);
	writ_policy_free(policy);
	return tables;
}

/* What the role of one file rule on @glob gives for @path. */
static uint32_t __attribute__((unused))
ask(const struct writ_tables *tables, const char *path, uint32_t *ret_deny)
{
	uint32_t accept = 0, allow = 0, deny = 0;

	assert_int_equal(writ_image_match(tables, PLACE, path, strlen(path), &accept), 0);
	writ_match_bits(tables, PLACE, accept, &allow, &deny);
	if (ret_deny)
		*ret_deny = deny;
	return allow;
}

static uint32_t __attribute__((unused)) ask_glob(const char *glob, const char *path)
{
	char text[2048];
	struct writ_tables *tables;
	uint32_t allow;

	(void)snprintf(text, sizeof(text), ROLE "files: [{path: '%s', allow: [read, write]}]\n",
		       glob);
	tables = role_tables(text);
	allow = ask(tables, path, NULL);
	writ_tables_free(tables);
	return allow;
}

#endif
