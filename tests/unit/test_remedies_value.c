/* SPDX-License-Identifier: Apache-2.0 */
/* audit/remedies.c: the value at its longest, and that it says what `writ why` does. */
#include "remedies_helper.h"

/* As many short parameters as there can be: their JSON is longest for its command. */
static void bound(void **state)
{
	static char yaml[16384];
	struct writ_policy *policy;
	size_t used, len;

	(void)state;
	used = (size_t)snprintf(yaml, sizeof(yaml),
				"apiVersion: writ/v1\nkind: Role\nname: r\n"
				"playbooks: [a, b, c, d, e, f, g, h]\n" /* */
				KIND("Agent", "bot") "role: r\nmatch: {cgroup: /bot}\n");
	for (int i = 0; i < 8; i++) {
		used += (size_t)snprintf(yaml + used, sizeof(yaml) - used,
					 KIND("Playbook", "%c") "ttl: {default: 1m, max: 1m}\n"
								"parameters:\n",
					 'a' + i);
		for (int k = 0; k < 16; k++)
			used += (size_t)snprintf(yaml + used, sizeof(yaml) - used,
						 "  %c: {pattern: '[^/]+'}\n", 'a' + k);
		used += (size_t)snprintf(
			yaml + used, sizeof(yaml) - used,
			"files: [{path: '/x/{a}/{b}/{c}/{d}/{e}/{f}/{g}/{h}/{i}/{j}/{k}/{l}/{m}"
			"/{n}/{o}/{p}', allow: [read]}]\n");
	}
	policy = good_policy(yaml);
	writ_remedies_set(here.remedies, policy);
	len = strlen(bot(WRIT_ACCESS_READ, "/x/1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6"));
	assert_in_range(len, 1200, WRIT_LINE_REMEDY_SIZE);
	len = strlen(bot(WRIT_ACCESS_READ, "/x/\"/\"/\"/\"/\"/\"/\"/\"/\"/\"/\"/\"/\"/\"/\"/\""));
	assert_in_range(len, 1000, WRIT_LINE_REMEDY_SIZE);
	writ_remedies_set(here.remedies, NULL);
	writ_policy_free(policy);
}

/* As commands and as JSON, for whatever was denied: the same playbooks with the same values. */
static void as_why_says(void **state)
{
	static const char *const objects[] = {"/etc/ssl/a/b", "/etc/ssl/a b/c", "/home/bot/x",
					      "/etc/shadow", "/etc/ssl/\xff/x"};
	struct writ_explainer *explainer;

	(void)state;
	assert_int_equal(writ_explain_new(here.policy, &explainer), 0);
	for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
		const struct writ_remedy_denial denied = {.operation = WRIT_OP_OPEN,
							  .access = WRIT_ACCESS_READ,
							  .reason = WRIT_REASON_NO_RULE,
							  .object = objects[i]};
		json_t *json = json_loads(bot(WRIT_ACCESS_READ, objects[i]), 0, NULL);
		struct writ_remedy why;

		assert_int_equal(writ_remedy_find(explainer, "bot", &denied, &why), 0);
		assert_int_equal(json_array_size(json), why.n_offers);
		for (size_t k = 0; k < why.n_offers; k++)
			assert_string_equal(json_string_value(json_object_get(
						    json_array_get(json, k), "playbook")),
					    why.offers[k].playbook->name);
		json_decref(json);
	}
	writ_explain_free(explainer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(bound),
		CASE(as_why_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
