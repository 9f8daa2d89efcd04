/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of fields: unknown, missing and wrong things, all reported, reading on after each. */
#include "policy_helper.h"

#include "compile/reader.h"

struct object {
	const char *name;
	bool flag;
	uint64_t ns;
	uint32_t count;
};

static int read_name(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	return writ_reader_name(reader, value, "name", &((struct object *)object)->name);
}

static int read_flag(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	return writ_reader_bool(reader, value, "flag", &((struct object *)object)->flag);
}

static int read_ns(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	return writ_reader_duration(reader, value, "ns", &((struct object *)object)->ns);
}

static int read_count(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	return writ_reader_count(reader, value, "count", 2, 999999999,
				 &((struct object *)object)->count);
}

static const struct writ_field fields[] = {{"name", true, read_name},
					   {"flag", false, read_flag},
					   {"ns", true, read_ns},
					   {"count", false, read_count}};

struct context {
	struct writ_reader reader;
	struct object object;
	int err;
};

static int read_document(void *context, const struct writ_yaml_node *root)
{
	struct context *c = context;

	c->err = writ_reader_fields(&c->reader, root, "a thing", fields, 4, &c->object);
	return 0;
}

/* The lines that come of @text, joined. */
static int read_text(const char *text, struct object *object, char *why)
{
	struct writ_diagnostics diags = {0};
	struct writ_arena arena = {0};
	struct context context = {.reader = {.arena = &arena, .diags = &diags, .file = "f"}};

	assert_int_equal(writ_yaml_read("f", text, strlen(text), &diags, read_document, &context),
			 0);
	writ_diagnostics_join(&diags, why, 1024);
	*object = context.object;
	object->name = NULL;
	writ_diagnostics_free(&diags);
	writ_arena_free(&arena);
	return context.err;
}

static void reads(void **state)
{
	struct object object;
	char why[1024];

	(void)state;
	assert_int_equal(read_text("{name: a, flag: true, ns: 1m}", &object, why), 0);
	assert_true(object.flag);
	assert_true(object.ns == UINT64_C(60000000000));
	assert_string_equal(why, "");
}

static void reports(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{"{}",
		 "f:1:1: missing key \"name\" in a thing; f:1:1: missing key \"ns\" in a thing"},
		{"{nam: a, ns: 1x, flag: 1}",
		 "f:1:2: unknown key \"nam\" in a thing; expected one of: name, flag, ns, count "
		 "(did you "
		 "mean \"name\"?); f:1:14: ns: expected a duration such as 3m or 1h30m, found "
		 "\"1x\"; f:1:24: flag: expected one of: false, true; found \"1\"; f:1:1: missing "
		 "key \"name\" in a thing"},
		{"[a]", "f:1:1: a thing: expected a mapping, found a list"},
		{"{name: , ns: 1s}", "f:1:8: name: expected text, found nothing"},
	};
	struct object object;
	char why[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(read_text(cases[i].text, &object, why), -EINVAL);
		assert_string_equal(why, cases[i].why);
	}
}

static void counts(void **state)
{
	static const char *const bad[] = {"1",
					  "-2",
					  "+2",
					  "02",
					  "2.0",
					  "0x2",
					  "2 2",
					  "'2'",
					  "[2]",
					  "\"\"",
					  "a",
					  "1000000000",
					  "99999999999999999999"};
	struct object object;
	char text[128], why[1024];

	(void)state;
	assert_int_equal(read_text("{name: a, ns: 1m, count: 2}", &object, why), 0);
	assert_int_equal(object.count, 2);
	assert_int_equal(read_text("{name: a, ns: 1m, count: 999999999}", &object, why), 0);
	assert_int_equal(object.count, 999999999);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		(void)snprintf(text, sizeof(text), "{name: a, ns: 1m, count: %s}", bad[i]);
		assert_int_equal(read_text(text, &object, why), -EINVAL);
		assert_int_equal(object.count, 0);
		if (!strstr(why, "f:1:26: count: expected a number from 2 to 999999999, found "))
			fail_msg("%s: %s", bad[i], why);
	}
}

static void worse(void **state)
{
	(void)state;
	assert_int_equal(writ_reader_worse(0, 0), 0);
	assert_int_equal(writ_reader_worse(0, -EINVAL), -EINVAL);
	assert_int_equal(writ_reader_worse(-EINVAL, 0), -EINVAL);
	assert_int_equal(writ_reader_worse(-ENOMEM, -EINVAL), -ENOMEM);
	assert_int_equal(writ_reader_worse(-EINVAL, -ENOMEM), -ENOMEM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads),
		cmocka_unit_test(reports),
		cmocka_unit_test(counts),
		cmocka_unit_test(worse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
