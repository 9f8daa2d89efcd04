/* SPDX-License-Identifier: Apache-2.0 */
/* Calls a verb of `writ` as main() does, and keeps what it printed. */
#ifndef TEST_VERB_HELPER_H
#define TEST_VERB_HELPER_H

#include <jansson.h>

#include "cli/command.h"
#include "fake_core.h"

static char output[65536], errors[65536];

static inline int call(const struct writ_command *command, char **words)
{
	struct capture out = capture_begin(stdout), err = capture_begin(stderr);
	int n = 0, code;

	while (words[n])
		n++;
	code = command->main(n, words);
	(void)capture_end(&err, errors, sizeof(errors));
	(void)capture_end(&out, output, sizeof(output));
	return code;
}

#define CALL(verb, ...) \
	call(&writ_command_##verb, (char *[]){#verb, __VA_ARGS__ __VA_OPT__(, ) NULL})

/* The same, with a core that answers once. */
#define SERVE(verb, ...)                         \
	({                                       \
		int _code;                       \
		fake_start();                    \
		_code = CALL(verb, __VA_ARGS__); \
		fake_stop();                     \
		_code;                           \
	})

/* What was printed, as JSON; owned. */
static inline json_t *parse(void)
{
	json_t *json = json_loads(output, JSON_REJECT_DUPLICATES, NULL);

	assert_non_null(json);
	return json;
}

static inline const char *string(const json_t *json, const char *key)
{
	const char *value = json_string_value(json_object_get(json, key));

	assert_non_null(value);
	return value;
}

#endif
