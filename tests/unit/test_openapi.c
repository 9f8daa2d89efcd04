/* SPDX-License-Identifier: Apache-2.0 */
/*
 * docs/openapi.yaml against the API: the same operations on the same sockets, the same words, and
 * examples that are as it says itself. That answers are as it says the tests of the API see to.
 */
#include "api_helper.h"

#include "broker/ask.h"
#include "writ/names.h"

static const char *const methods[] = {"get", "post", "delete", "put", "patch", "head", "options"};

static bool has_socket(json_t *operation, const char *socket)
{
	json_t *sockets = json_object_get(operation, "x-sockets");

	for (size_t i = 0; i < json_array_size(sockets); i++)
		if (!strcmp(json_string_value(json_array_get(sockets, i)), socket))
			return true;
	return false;
}

static void every_route_is_there(void **state)
{
	size_t count = 0;

	(void)state;
	for (const struct writ_route *route = writ_routes; route->method; route++, count++) {
		json_t *operation = openapi_operation(route->method, route->path);

		if (!operation)
			fail_msg("openapi.yaml lacks %s %s", route->method, route->path);
		if (has_socket(operation, "agent") != route->agents ||
		    has_socket(operation, "operator") != route->operators)
			fail_msg("%s %s: x-sockets", route->method, route->path);
		if (route->agents == route->operators && !route->agents)
			fail_msg("%s %s is on no socket", route->method, route->path);
	}
	assert_int_equal(count, 11);
}

static void no_other_is_there(void **state)
{
	size_t in_file = 0, in_table = 0;
	const char *path;
	json_t *item;

	(void)state;
	json_object_foreach(json_object_get(openapi(), "paths"), path, item)
	{
		size_t before = in_file;

		for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
			in_file += json_object_get(item, methods[i]) ? 1 : 0;
		assert_int_equal(in_file - before, json_object_size(item));
	}
	for (const struct writ_route *route = writ_routes; route->method; route++)
		in_table++;
	assert_int_equal(in_file, in_table);
}

/* The list at "#/components/schemas/NAME", perhaps of a property, is @words and no other. */
static void assert_words(const char *ref, const char *property, const char *const *words,
			 size_t count)
{
	json_t *json = json_pack("{s:s}", "$ref", ref), *list = openapi_follow(json);

	if (property)
		list = json_object_get(json_object_get(list, "properties"), property);
	if (json_object_get(list, "items"))
		list = json_object_get(list, "items");
	list = json_object_get(list, "enum");
	assert_int_equal(json_array_size(list), count);
	for (size_t i = 0; i < count; i++)
		assert_string_equal(json_string_value(json_array_get(list, i)), words[i]);
	json_decref(json);
}

#define X(name, word, ...) word,
#define ASSERT_WORDS(ref, property, LIST)                                  \
	do {                                                               \
		static const char *const words[] = {LIST(X)};              \
		assert_words("#/components/schemas/" ref, property, words, \
			     sizeof(words) / sizeof(words[0]));            \
	} while (0)

static void the_words_are_the_lists(void **state)
{
	const char *accesses[WRIT_ACCESS_BITS];

	(void)state;
	ASSERT_WORDS("Reason", NULL, WRIT_REFUSAL_LIST);
	ASSERT_WORDS("Fault", NULL, WRIT_HTTP_ERROR_LIST);
	ASSERT_WORDS("Request", "state", WRIT_REQUEST_STATE_LIST);
	ASSERT_WORDS("Grant", "scope", WRIT_SCOPE_LIST);
	ASSERT_WORDS("Grant", "clip", WRIT_CLIP_LIST);
	ASSERT_WORDS("Grant", "end", WRIT_END_LIST);
	ASSERT_WORDS("Playbook", "risk", WRIT_RISK_LIST);
	ASSERT_WORDS("Playbook", "scope", WRIT_SCOPE_LIST);
	ASSERT_WORDS("Denial", "operation", WRIT_OPERATION_LIST);
	ASSERT_WORDS("Denial", "reason", WRIT_REASON_LIST);
	for (uint32_t i = 0; i < WRIT_ACCESS_BITS; i++)
		accesses[i] = writ_access_name(i);
	assert_words("#/components/schemas/Denial", "access", accesses, WRIT_ACCESS_BITS);
}
#undef X

/* So that an answer with a key more or less can't pass. */
static void every_object_is_closed(void **state)
{
	json_t *schemas = json_object_get(json_object_get(openapi(), "components"), "schemas");
	const char *name, *key;
	json_t *schema, *value;

	(void)state;
	json_object_foreach(schemas, name, schema)
	{
		json_t *properties = json_object_get(schema, "properties");
		json_t *required = json_object_get(schema, "required");

		if (properties && !json_is_false(json_object_get(schema, "additionalProperties")))
			fail_msg("%s is open", name);
		for (size_t i = 0; i < json_array_size(required); i++)
			assert_non_null(json_object_get(
				properties, json_string_value(json_array_get(required, i))));
		/* what is given has all of its keys, but for these */
		if (!strcmp(name, "Ask") || !strcmp(name, "Push") || !strcmp(name, "GivenContext"))
			continue;
		json_object_foreach(properties, key, value)
		{
			json_t *word = json_string(key);
			bool listed = openapi_holds(required, word);

			json_decref(word);
			if (!listed && !(!strcmp(name, "Answer") && !strcmp(key, "grant")) &&
			    !(!strcmp(name, "Refusal") && !strcmp(key, "request")))
				fail_msg("%s.%s may be missing", name, key);
		}
	}
}

/* Each `$ref` of the file leads somewhere, each part is used. */
static size_t count_refs(json_t *value, const char *wanted)
{
	const char *ref = json_string_value(json_object_get(value, "$ref")), *key;
	size_t count = 0;
	json_t *item;

	if (ref) {
		assert_non_null(openapi_follow(value));
		return !wanted || !strcmp(ref, wanted) ? 1 : 0;
	}
	if (json_is_object(value)) {
		json_object_foreach(value, key, item) count += count_refs(item, wanted);
	}
	for (size_t i = 0; i < json_array_size(value); i++)
		count += count_refs(json_array_get(value, i), wanted);
	return count;
}

static void every_reference_is_good(void **state)
{
	const char *part, *name;
	json_t *list, *value;
	char ref[128];

	(void)state;
	assert_true(count_refs(openapi(), NULL) > 100);
	json_object_foreach(json_object_get(openapi(), "components"), part, list)
	{
		json_object_foreach(list, name, value)
		{
			(void)snprintf(ref, sizeof(ref), "#/components/%s/%s", part, name);
			if (!count_refs(openapi(), ref))
				fail_msg("nothing uses %s", ref);
		}
	}
}

static void assert_example(json_t *media)
{
	const char *name, *fault;
	json_t *example;

	json_object_foreach(json_object_get(media, "examples"), name, example)
	{
		json_t *value = json_object_get(openapi_follow(example), "value");

		assert_non_null(value);
		fault = openapi_faults(json_object_get(media, "schema"), value);
		if (fault)
			fail_msg("example %s: %s", name, fault);
	}
}

static json_t *media_of(json_t *part)
{
	return json_object_get(json_object_get(openapi_follow(part), "content"),
			       "application/json");
}

static void examples_are_as_it_says(void **state)
{
	json_t *ask = openapi_operation("POST", "/v1/requests");
	const char *status;
	json_t *answer;

	(void)state;
	assert_example(media_of(json_object_get(ask, "requestBody")));
	json_object_foreach(json_object_get(ask, "responses"), status, answer)
		assert_example(media_of(answer));
}

/* What the schema of a request takes, and what the reader does. */
static void the_reader_agrees(void **state)
{
	static const char *const bodies[] = {
		"{\"playbook\": \"p\"}",
		"{\"playbook\": \"\"}",
		"{}",
		"{\"playbook\": 1}",
		"{\"playbook\": \"p\", \"agent\": \"bot\"}",
		"{\"playbook\": \"p\", \"nope\": 1}",
		"{\"playbook\": \"p\", \"ttl\": \"3m\"}",
		"{\"playbook\": \"p\", \"ttl\": \"3\"}",
		"{\"playbook\": \"p\", \"ttl\": 3}",
		"{\"playbook\": \"p\", \"ticket\": null}",
		"{\"playbook\": \"p\", \"parameters\": {\"a\": \"b\", \"c\": 5}}",
		"{\"playbook\": \"p\", \"parameters\": {\"a\": [1]}}",
		"{\"playbook\": \"p\", \"parameters\": {\"a\": true}}",
		"{\"playbook\": \"p\", \"context\": {\"session\": \"s\"}}",
		"{\"playbook\": \"p\", \"context\": {\"pid\": \"s\"}}",
	};
	size_t taken[2] = {0};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(bodies) / sizeof(bodies[0]); i++) {
		bool push = i % 2;
		json_t *json = json_loads(bodies[i / 2], 0, NULL);
		json_t *schema =
			json_pack("{s:s}", "$ref",
				  push ? "#/components/schemas/Push" : "#/components/schemas/Ask");
		char fault[WRIT_MESSAGE_SIZE];
		struct writ_request request;
		bool takes = !writ_ask_read(json, push, &request, fault);

		if (takes != !openapi_faults(schema, json))
			fail_msg("%s: %s", bodies[i / 2], takes ? "is taken" : fault);
		taken[takes]++;
		json_decref(json);
		json_decref(schema);
	}
	assert_true(taken[false] > 5 && taken[true] > 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		API_TEST(every_route_is_there),	   API_TEST(no_other_is_there),
		API_TEST(the_words_are_the_lists), API_TEST(every_object_is_closed),
		API_TEST(every_reference_is_good), API_TEST(examples_are_as_it_says),
		API_TEST(the_reader_agrees),
	};

	return cmocka_run_group_tests(tests, NULL, api_leave);
}
