/* SPDX-License-Identifier: Apache-2.0 */
/* broker/api_agent.c, api_playbooks.c: who an agent is; the end of its grants, and their runs. */
#include "api_helper.h"

#define ASK "{\"playbook\": \"p\", \"parameters\": {\"service\": \"billing\"}}"

static struct call calls(const char *method, const char *target, const char *body)
{
	struct call one = {.method = method, .target = target, .body = body};

	call(&one);
	return one;
}

/* A grant of the agent's; its id is 2, for the proposal was 1. */
static void give(void)
{
	struct call one = calls("POST", "/v1/requests", ASK);

	assert_int_equal(one.status, 201);
	assert_string_equal(at(&one, "grant.id"), "2");
	done(&one);
	trace_text[0] = '\0';
}

static void end(void)
{
	ledger.grants[0].ended_at = NOW;
	ledger.grants[0].end = WRIT_END_COMPLETED;
	ledger.grants[0].cut_files = 3;
	ledger.grants[0].cut_sockets = 1;
}

static void whoami(void **state)
{
	struct call one;

	(void)state;
	give();
	api.agent.run = 2;
	one = calls("GET", "/v1/whoami", NULL);
	assert_int_equal(one.status, 200);
	assert_string_equal(at(&one, "agent"), "bot");
	assert_string_equal(at(&one, "role"), "r");
	assert_string_equal(at(&one, "spiffe"), "spiffe://prod/agent/bot/run/2");
	assert_string_equal(at(&one, "run"), "2");
	assert_string_equal(at(&one, "suspended"), "false");
	assert_string_equal(at(&one, "grants.0.id"), "2");
	assert_string_equal(at(&one, "playbooks.0.name"), "p");
	assert_string_equal(at(&one, "playbooks.0.description"), "turns a page");
	assert_string_equal(at(&one, "playbooks.0.ticket"), "CHG-[0-9]+");
	assert_string_equal(at(&one, "playbooks.0.scope"), "run");
	assert_string_equal(at(&one, "playbooks.0.risk"), "low");
	assert_string_equal(at(&one, "playbooks.0.ttl_default_seconds"), "180");
	assert_string_equal(at(&one, "playbooks.0.ttl_max_seconds"), "600");
	assert_string_equal(at(&one, "playbooks.0.parameters.0.name"), "service");
	assert_string_equal(at(&one, "playbooks.0.parameters.0.type"), "pattern");
	assert_string_equal(at(&one, "playbooks.0.parameters.0.value"),
			    "is one part of a path and matches [a-z]+");
	assert_string_equal(at(&one, "playbooks.1"), "(missing)");
	done(&one);
}

/* What is for another environment alone is not offered. */
static void whoami_offers_what_may_be_had(void **state)
{
	struct writ_policy_playbook *playbook =
		(struct writ_policy_playbook *)&api.broker.policy->playbooks[0];
	const char *elsewhere[] = {"test"};
	struct writ_policy_playbook kept = *playbook;
	struct call one;

	(void)state;
	playbook->environments = elsewhere;
	playbook->n_environments = 1;
	one = calls("GET", "/v1/whoami", NULL);
	*playbook = kept;
	assert_string_equal(at(&one, "role"), "r");
	assert_string_equal(at(&one, "playbooks"), "[]");
	done(&one);
}

static void whoami_without(void **state)
{
	struct call one;

	(void)state;
	give();
	end(); /* what has ended is not held */
	api.agent.environment[0] = '\0';
	api.agent.suspended = api.agent.frozen = 1;
	api.broker.policy = NULL;
	one = calls("GET", "/v1/whoami", NULL);
	assert_string_equal(at(&one, "grants"), "[]");
	assert_string_equal(at(&one, "playbooks"), "[]");
	assert_string_equal(at(&one, "spiffe"), "null");
	assert_string_equal(at(&one, "run"), "null");
	assert_string_equal(at(&one, "suspended"), "true");
	assert_string_equal(at(&one, "frozen"), "true");
	ledger.broken = "read";
	one.json = (json_decref(one.json), NULL);
	call(&one);
	assert_int_equal(one.status, 503);
	done(&one);
}

/* The core ends it; the answer comes with the notice, when the ledger has what was cut. */
static void is_done(void **state)
{
	struct call one;

	(void)state;
	give();
	one = calls("POST", "/v1/grants/2/done", NULL);
	assert_string_equal(trace_text, "DONE");
	assert_int_equal(api.asked.grant, 2);
	assert_int_equal(api.passed, CONNECTION);
	assert_int_equal(one.wait, WRIT_API_DONE_SECONDS);
	api.code = -ENOENT; /* woken by another's notice: it has ended, the ledger is behind */
	call(&one);
	assert_int_equal(one.wait, WRIT_API_DONE_SECONDS);
	api.code = 0;
	end();
	trace_text[0] = '\0';
	call(&one);
	assert_int_equal(one.status, 200);
	assert_string_equal(at(&one, "grant.state"), "completed");
	assert_string_equal(at(&one, "grant.cut"), "{\"files\":3,\"sockets\":1}");
	call(&one); /* and once more */
	assert_int_equal(one.status, 200);
	assert_string_equal(trace_text, "");
	done(&one);
}

/* The notice does not come: nothing is made up. */
static void is_done_without_notice(void **state)
{
	struct call one = {.method = "POST", .target = "/v1/grants/2/done", .expired = true};

	(void)state;
	give();
	call(&one);
	assert_int_equal(one.status, 503);
	assert_string_equal(at(&one, "error.reason"), "unavailable");
	assert_true(api.broker.unsettled); /* and the core is asked what it has */
	done(&one);
}

/* The right ends also when nobody can read what it was. */
static void is_done_without_ledger(void **state)
{
	struct call one;

	(void)state;
	give();
	ledger.broken = "read";
	one = calls("POST", "/v1/grants/2/done", NULL);
	assert_string_equal(trace_text, "DONE");
	assert_int_equal(one.status, 503);
	done(&one);
}

/* Another agent's, and one that is not there: the same words, whatever the core has against it. */
static void not_its_own(void **state)
{
	static const char *const verbs[] = {"done", "enter"};
	static const int codes[] = {-ENOENT, -EACCES, -EPERM, -EINVAL};
	char target[64];

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(codes) / sizeof(codes[0]); i++) {
		struct call other, none;

		(void)api_set_up(NULL);
		give();
		(void)strcpy(api.agent.agent, "other");
		api.error = "grant 2 is of agent bot";
		api.code = codes[i / 2];
		(void)snprintf(target, sizeof(target), "/v1/grants/2/%s", verbs[i % 2]);
		other = calls("POST", target, NULL);
		api.error = "there is no grant 99";
		api.code = -ENOENT;
		(void)snprintf(target, sizeof(target), "/v1/grants/99/%s", verbs[i % 2]);
		none = calls("POST", target, NULL);
		assert_int_equal(other.status, 404);
		assert_int_equal(none.status, 404);
		assert_true(json_equal(other.json, none.json));
		done(&other);
		done(&none);
	}
}

/* Whoever is in no agent does not come so far; if it did, it would see nothing. */
static void nobody(void **state)
{
	struct call one;

	(void)state;
	give();
	ledger.grants[0].agent = "";
	api.agent.agent[0] = '\0';
	one = calls("GET", "/v1/whoami", NULL);
	assert_int_equal(one.status, 403);
	assert_string_equal(at(&one, "error.reason"), "not_an_agent");
	done(&one);
	api.code = -ENOENT;
	one = calls("POST", "/v1/grants/2/done", NULL);
	assert_int_equal(one.status, 404);
	done(&one);
}

static void core_has_something_against_it(void **state)
{
	struct call one;

	(void)state;
	give();
	api.code = -EBUSY;
	one = calls("POST", "/v1/grants/2/done", NULL);
	assert_int_equal(one.status, 409);
	assert_string_equal(at(&one, "error.message"), "the core says no");
	done(&one);
	one = calls("POST", "/v1/grants/2/enter", NULL);
	assert_int_equal(one.status, 409);
	done(&one);
	api.code = -EPIPE;
	one = calls("POST", "/v1/grants/2/enter", NULL);
	assert_int_equal(one.status, 503);
	done(&one);
	(void)strcpy(api.agent.agent, "other"); /* a core that is gone is no secret */
	one = calls("POST", "/v1/grants/2/done", NULL);
	assert_int_equal(one.status, 503);
	done(&one);
}

static void enters(void **state)
{
	struct writ_exec_row *exec = &api.rows[0].exec;
	struct call one;

	(void)state;
	give();
	api.n_rows = 1;
	api.rows[0].type = WRIT_REPLY_EXEC;
	(void)strcpy(exec->agent, "bot");
	(void)strcpy(exec->cgroup, "/bot");
	memcpy(exec->env, "HOME\0LC_*\0A=b c", 16);
	exec->env_size = 16;
	one = calls("POST", "/v1/grants/2/enter", NULL);
	assert_int_equal(one.status, 200);
	assert_int_equal(api.passed, CONNECTION);
	assert_string_equal(at(&one, "agent"), "bot");
	assert_string_equal(at(&one, "cgroup"), "/bot");
	assert_string_equal(at(&one, "env"), "[\"HOME\",\"LC_*\",\"A=b c\"]");
	done(&one);
	exec->env_size = UINT32_MAX; /* more than there is, and no NUL at its end */
	memset(exec->env, 'x', sizeof(exec->env));
	one = calls("POST", "/v1/grants/2/enter", NULL);
	assert_int_equal(strlen(at(&one, "env.0")), WRIT_ENV_SIZE);
	done(&one);
	exec->env_size = 0;
	ledger.broken = "read"; /* not needed for it */
	one = calls("POST", "/v1/grants/2/enter", NULL);
	assert_int_equal(one.status, 200);
	assert_string_equal(at(&one, "env"), "[]");
	done(&one);
	exec->agent[0] = '\0'; /* the core has not said how */
	one = calls("POST", "/v1/grants/2/enter", NULL);
	assert_int_equal(one.status, 503);
	done(&one);
}

/* Ids begin anew with each boot: an old grant of that id is not taken for the one that lives. */
static void the_newest_of_an_id(void **state)
{
	struct call one;

	(void)state;
	give();
	end();
	api.next = 0;
	one = calls("POST", "/v1/requests", ASK);
	assert_string_equal(at(&one, "grant.id"), "2");
	done(&one);
	one = calls("POST", "/v1/grants/2/done", NULL);
	assert_int_equal(one.wait, WRIT_API_DONE_SECONDS);
	ledger.grants[1].ended_at = NOW;
	ledger.grants[1].end = WRIT_END_USED_UP;
	ledger.grants[1].cut_files = 1;
	call(&one);
	assert_string_equal(at(&one, "grant.cut.files"), "1");
	done(&one);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		API_TEST(whoami),
		API_TEST(whoami_offers_what_may_be_had),
		API_TEST(whoami_without),
		API_TEST(is_done),
		API_TEST(is_done_without_notice),
		API_TEST(is_done_without_ledger),
		API_TEST(not_its_own),
		API_TEST(nobody),
		API_TEST(core_has_something_against_it),
		API_TEST(enters),
		API_TEST(the_newest_of_an_id),
	};

	return cmocka_run_group_tests(tests, NULL, api_leave);
}
