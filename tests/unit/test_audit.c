/* SPDX-License-Identifier: Apache-2.0 */
/* What of a decision is recorded: the audit words of rules, together, in the image. */
#include "policy_helper.h"

#define R WRIT_ACCESS_READ
#define W WRIT_ACCESS_WRITE
#define REQUIRED(bits) ((uint32_t)(bits) << WRIT_AUDIT_REQUIRED_SHIFT)

/* The audit word of the state behind @path. */
static uint32_t word_of(const char *rules, const char *path)
{
	char text[1024];
	struct writ_tables *tables;
	const struct writ_image *image;
	uint32_t accept = 0, word;

	(void)snprintf(text, sizeof(text), ROLE "%s", rules);
	tables = role_tables(text);
	image = (const void *)(tables->bytes + PLACE);
	assert_int_equal(writ_image_match(tables, PLACE, path, strlen(path), &accept), 0);
	word = ((const struct writ_accept *)(const void *)((const char *)image +
							   image->accepts))[accept]
		       .audit;
	writ_tables_free(tables);
	return word;
}

static void single(void **state)
{
	(void)state;
	assert_int_equal(word_of("files: [{path: /a, allow: [read, write]}]", "/a"), 0);
	assert_int_equal(word_of("files: [{path: /a, allow: [read], audit: all}]", "/a"), 0);
	assert_int_equal(word_of("files: [{path: /a, allow: [read], audit: denied}]", "/a"), R);
	assert_int_equal(word_of("files: [{path: /a, allow: [read], audit: none}]", "/a"), R);
	assert_int_equal(word_of("files: [{path: /a, allow: [read], audit: required}]", "/a"),
			 REQUIRED(R));
	assert_int_equal(word_of("files: [{path: /a, deny: [read], audit: denied}]", "/a"), 0);
	assert_int_equal(word_of("files: [{path: /a, deny: [read], audit: none}]", "/a"), R);
	assert_int_equal(word_of("files: [{path: /a, allow: [read], audit: none}]", "/b"), 0);
	assert_int_equal(word_of("exec: [{path: /a, audit: none}]", "/a"), WRIT_ACCESS_EXECUTE);
	assert_int_equal(
		word_of("files: [{path: '/a/**', allow: [read, write], audit: none}]", "/a"), R);
}

/* The rule that records most has its way, for each access by itself. */
static void together(void **state)
{
	(void)state;
	assert_int_equal(word_of("files: [{path: /a, allow: [read], audit: none}, "
				 "{path: '/*', allow: [read, write]}]",
				 "/a"),
			 0);
	assert_int_equal(word_of("files: [{path: /a, allow: [read], audit: none}, "
				 "{path: '/*', allow: [write]}]",
				 "/a"),
			 R);
	assert_int_equal(word_of("files: [{path: /a, allow: [read], audit: none}, "
				 "{path: '/*', allow: [read], audit: required}]",
				 "/a"),
			 REQUIRED(R));
	/* a deny decides, so its word counts */
	assert_int_equal(word_of("files: [{path: /a, allow: [read, write], audit: required}, "
				 "{path: '/*', deny: [read], audit: none}]",
				 "/a"),
			 R | REQUIRED(W));
	assert_int_equal(word_of("files: [{path: /a, allow: [read], audit: none}, "
				 "{path: '/*', deny: [read]}]",
				 "/a"),
			 0);
}

static void addresses(void **state)
{
	static const uint8_t address[16] = {[10] = 0xff, [11] = 0xff, [12] = 10, [15] = 1};
	struct writ_tables *tables =
		role_tables(ROLE "network: [{connect: 10.0.0.0/8, audit: none}]\n");
	const struct writ_image *image = (const void *)(tables->bytes + PLACE);
	const struct writ_accept *accepts = (const void *)((const char *)image + image->accepts);

	(void)state;
	assert_int_equal(
		accepts[writ_image_match_address(tables, PLACE, WRIT_PROTOCOL_TCP, address, 443)]
			.audit,
		WRIT_ACCESS_CONNECT);
	writ_tables_free(tables);
}

/* A set's rules have the word of the rule that names it. */
static void of_sets(void **state)
{
	struct writ_policy *policy = good_policy(
		ROLE "exec: [{commands: '@s', audit: denied}]\n---\napiVersion: writ/v1\n"
		     "kind: Set\nname: s\ncommands: [{path: /a, argv: [a]}, {path: /b}]\n");

	(void)state;
	assert_int_equal(policy->roles[0].rules.exec[0].audit, WRIT_AUDIT_DENIED);
	assert_int_equal(policy->roles[0].rules.exec[1].audit, WRIT_AUDIT_DENIED);
	writ_policy_free(policy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(single),
		cmocka_unit_test(together),
		cmocka_unit_test(addresses),
		cmocka_unit_test(of_sets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
