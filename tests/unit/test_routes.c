/* SPDX-License-Identifier: Apache-2.0 */
/* Paths and methods -> routes: each form that matches and the nearest that does not. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "broker/routes.h"

static const struct writ_route routes[] = {
	{"GET", "/v1/whoami", true, false, NULL},
	{"POST", "/v1/requests", true, true, NULL},
	{"GET", "/v1/requests", false, true, NULL},
	{"GET", "/v1/requests/{id}", true, true, NULL},
	{"DELETE", "/v1/requests/{id}", true, false, NULL},
	{"POST", "/v1/grants/{id}/done", true, false, NULL},
	{"GET", "/v1/agents/{name}/denials", false, true, NULL},
	{0},
};

static void paths_are_found_exactly(void **state)
{
	struct writ_routes_match match;

	(void)state;
	assert_int_equal(writ_routes_find(routes, "GET", "/v1/whoami", false, &match), 0);
	assert_ptr_equal(match.route, &routes[0]);
	assert_int_equal(writ_routes_find(routes, "GET", "/v1/whoami/", false, &match), -ENOENT);
	assert_int_equal(writ_routes_find(routes, "GET", "/v1/whoam", false, &match), -ENOENT);
	assert_int_equal(writ_routes_find(routes, "GET", "/v1/whoamis", false, &match), -ENOENT);
	assert_int_equal(writ_routes_find(routes, "GET", "/v1//whoami", false, &match), -ENOENT);
	assert_int_equal(writ_routes_find(routes, "GET", "v1/whoami", false, &match), -ENOENT);
	assert_int_equal(writ_routes_find(routes, "GET", "", false, &match), -ENOENT);
	assert_int_equal(writ_routes_find(routes, "GET", "/", false, &match), -ENOENT);
	assert_int_equal(writ_routes_find(routes, "GET", "/v1", false, &match), -ENOENT);
}

static int find_id(const char *path, uint64_t *ret_id)
{
	struct writ_routes_match match;
	int err = writ_routes_find(routes, "GET", path, false, &match);

	*ret_id = err ? 0 : match.id;
	return err;
}

static void ids_are_positive_numbers_of_64_bits(void **state)
{
	uint64_t id;

	(void)state;
	assert_int_equal(find_id("/v1/requests/1", &id), 0);
	assert_int_equal(id, 1);
	assert_int_equal(find_id("/v1/requests/18446744073709551615", &id), 0);
	assert_true(id == UINT64_MAX);
	assert_int_equal(find_id("/v1/requests/18446744073709551616", &id), -ENOENT);
	assert_int_equal(find_id("/v1/requests/99999999999999999999999", &id), -ENOENT);
	assert_int_equal(find_id("/v1/requests/0", &id), -ENOENT);
	assert_int_equal(find_id("/v1/requests/01", &id), -ENOENT);
	assert_int_equal(find_id("/v1/requests/-1", &id), -ENOENT);
	assert_int_equal(find_id("/v1/requests/+1", &id), -ENOENT);
	assert_int_equal(find_id("/v1/requests/1x", &id), -ENOENT);
	assert_int_equal(find_id("/v1/requests/1\x01", &id), -ENOENT);
	assert_int_equal(find_id("/v1/requests/1/", &id), -ENOENT);
}

static void names_fit_or_are_not_there(void **state)
{
	char path[200];
	char name[WRIT_NAME_SIZE + 1];
	struct writ_routes_match match;

	(void)state;
	memset(name, 'a', sizeof(name));
	name[WRIT_NAME_SIZE - 1] = '\0';
	(void)snprintf(path, sizeof(path), "/v1/agents/%s/denials", name);
	assert_int_equal(writ_routes_find(routes, "GET", path, true, &match), 0);
	assert_string_equal(match.name, name);
	name[WRIT_NAME_SIZE - 1] = 'a';
	name[WRIT_NAME_SIZE] = '\0';
	(void)snprintf(path, sizeof(path), "/v1/agents/%s/denials", name);
	assert_int_equal(writ_routes_find(routes, "GET", path, true, &match), -ENOENT);
	assert_int_equal(writ_routes_find(routes, "GET", "/v1/agents//denials", true, &match),
			 -ENOENT);
	assert_int_equal(writ_routes_find(routes, "GET", "/v1/agents/a/b/denials", true, &match),
			 -ENOENT);
}

static void the_other_sockets_routes_are_not_there(void **state)
{
	struct writ_routes_match match;

	(void)state;
	assert_int_equal(writ_routes_find(routes, "GET", "/v1/whoami", true, &match), -ENOENT);
	assert_int_equal(writ_routes_find(routes, "GET", "/v1/agents/a/denials", false, &match),
			 -ENOENT);
	assert_int_equal(writ_routes_find(routes, "GET", "/v1/requests", false, &match),
			 -EOPNOTSUPP);
	assert_string_equal(match.allow, "POST, OPTIONS");
}

static void methods_are_told(void **state)
{
	struct writ_routes_match match;

	(void)state;
	assert_int_equal(writ_routes_find(routes, "PUT", "/v1/requests/7", false, &match),
			 -EOPNOTSUPP);
	assert_string_equal(match.allow, "GET, HEAD, DELETE, OPTIONS");
	assert_int_equal(writ_routes_find(routes, "get", "/v1/requests/7", false, &match),
			 -EOPNOTSUPP);
	assert_int_equal(writ_routes_find(routes, "HEAD", "/v1/requests/7", false, &match), 0);
	assert_ptr_equal(match.route, &routes[3]);
	assert_int_equal(writ_routes_find(routes, "DELETE", "/v1/requests/7", false, &match), 0);
	assert_ptr_equal(match.route, &routes[4]);
	assert_int_equal(match.id, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_are_found_exactly),
		cmocka_unit_test(ids_are_positive_numbers_of_64_bits),
		cmocka_unit_test(names_fit_or_are_not_there),
		cmocka_unit_test(the_other_sockets_routes_are_not_there),
		cmocka_unit_test(methods_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
