/* SPDX-License-Identifier: Apache-2.0 */
/* broker/api_denials.c: what was denied, and which request would have allowed it. */
#include "api_helper.h"

#include "lib/time.h"

static struct call gets(bool operators, const char *target)
{
	struct call one = {.operators = operators, .method = "GET", .target = target};

	call(&one);
	return one;
}

/* Three opens of three files, oldest first. */
static void fill(void)
{
	api.n_rows = 3;
	for (unsigned int i = 0; i < 3; i++) {
		struct writ_denial_row *row = &api.rows[i].denial;

		api.rows[i].type = WRIT_REPLY_DENIAL;
		row->time_ns = writ_time_boot();
		row->sequence = i;
		row->cpu = 1;
		row->pid = 77;
		row->operation = WRIT_OP_OPEN;
		row->reason = WRIT_REASON_NO_RULE;
		row->access = 1u << 0 | 1u << 1;
		(void)strcpy(row->comm, "tee");
		(void)snprintf(row->object, sizeof(row->object), "/etc/%u", i);
	}
}

static void denials(void **state)
{
	struct call one;

	(void)state;
	fill();
	api.remedy = "writ request p service=billing --ticket TICKET";
	api.rows[1].denial.grant = 5;
	one = gets(false, "/v1/denials");
	assert_int_equal(one.status, 200);
	assert_string_equal(api.asked.agent, "bot");
	assert_int_equal(api.passed, -1);
	assert_string_equal(at(&one, "denials.0.object"), "/etc/0");
	assert_string_equal(at(&one, "denials.0.operation"), "open");
	assert_string_equal(at(&one, "denials.0.reason"), "no_rule");
	assert_string_equal(at(&one, "denials.0.access"), "[\"read\",\"write\"]");
	assert_string_equal(at(&one, "denials.0.comm"), "tee");
	assert_string_equal(at(&one, "denials.0.remedy"), api.remedy);
	assert_string_equal(at(&one, "denials.0.grant"), "null");
	assert_string_equal(at(&one, "denials.1.grant"), "5");
	assert_string_equal(at(&one, "denials.2.sequence"), "2");
	done(&one);
}

/* In parts: what is not known is null, and so is what no command can show. */
static void offers(void **state)
{
	struct writ_remedy *found = &api.found;
	struct call one;

	(void)state;
	fill();
	found->n_offers = 2;
	found->offers[0].playbook = found->offers[1].playbook = &api.broker.policy->playbooks[0];
	(void)strcpy(found->offers[1].values[0], "a\"b");
	one = gets(false, "/v1/denials");
	assert_int_equal(one.status, 200);
	assert_string_equal(at(&one, "denials.0.offers"),
			    "[{\"playbook\":\"p\",\"parameters\":{\"service\":null}},"
			    "{\"playbook\":\"p\",\"parameters\":{\"service\":\"a\\\"b\"}}]");
	done(&one);
	(void)strcpy(found->offers[1].values[0], "a\xc3\xa4");
	one = gets(false, "/v1/denials");
	assert_string_equal(at(&one, "denials.2.offers.1.parameters.service"), "null");
	done(&one);
	*found = (struct writ_remedy){.run = 42};
	one = gets(false, "/v1/denials");
	assert_string_equal(at(&one, "denials.0.offers"), "[{\"exec\":42}]");
	done(&one);
	found->run = 0;
	one = gets(false, "/v1/denials");
	assert_string_equal(at(&one, "denials.0.offers"), "[]");
	done(&one);
}

static void the_last(void **state)
{
	static const char *const bad[] = {"0", "1001", "x", "-1", ""};
	struct call one;
	char target[64];

	(void)state;
	fill();
	api.remedy = "this";
	one = gets(false, "/v1/denials?last=1");
	assert_string_equal(at(&one, "denials.0.object"), "/etc/2");
	assert_string_equal(at(&one, "denials.1"), "(missing)");
	assert_int_equal(api.remedies, 1); /* none for what is left out */
	done(&one);
	one = gets(false, "/v1/denials?last=1000");
	assert_string_equal(at(&one, "denials.0.object"), "/etc/0");
	done(&one);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		(void)snprintf(target, sizeof(target), "/v1/denials?last=%s", bad[i]);
		one = gets(false, target);
		assert_int_equal(one.status, 400);
		done(&one);
	}
}

/* Names of files and processes are any bytes, and may end at the end of their field. */
static void any_bytes(void **state)
{
	struct writ_denial_row *row = &api.rows[0].denial;
	struct call one;

	(void)state;
	fill();
	api.n_rows = 1;
	(void)strcpy(row->object, "/tmp/a\n\xff\x1b[2J\\");
	memset(row->comm, 'c', sizeof(row->comm));
	one = gets(false, "/v1/denials");
	assert_string_equal(at(&one, "denials.0.object"), "/tmp/a\\x0a\\xff\\x1b[2J\\\\");
	assert_int_equal(strlen(at(&one, "denials.0.comm")), sizeof(row->comm));
	done(&one);
	memset(row->object, '\x01', sizeof(row->object));
	one = gets(false, "/v1/denials");
	assert_int_equal(one.status, 200);
	done(&one);
}

static uint64_t clock_now(void)
{
	return api.now;
}

/* Each takes longer than one go may: the newest has its remedy, and the others are counted. */
static void so_long(void **state)
{
	struct call one;

	(void)state;
	fill();
	api.remedy = "this";
	api.now = WRIT_NS_PER_SECOND;
	api.broker.budget.clock = clock_now;
	one = gets(false, "/v1/denials");
	assert_string_equal(at(&one, "remedies_left_out"), "0"); /* the control */
	assert_string_equal(at(&one, "denials.0.remedy"), "this");
	done(&one);
	api.remedy_ns = WRIT_BUDGET_GO_NS;
	api.remedies = 0;
	one = gets(false, "/v1/denials");
	assert_int_equal(one.status, 200);
	assert_string_equal(at(&one, "remedies_left_out"), "2");
	assert_int_equal(api.remedies, 1);
	assert_string_equal(at(&one, "denials.2.remedy"), "this");
	assert_string_equal(at(&one, "denials.2.object"), "/etc/2");
	assert_string_equal(at(&one, "denials.1.remedy"), "");
	assert_string_equal(at(&one, "denials.0.offers"), "[]");
	assert_string_equal(at(&one, "denials.0.object"), "/etc/0");
	done(&one);
}

/* An agent that never stops asking is refused, without the core; others are answered. */
static void so_often(void **state)
{
	struct call one;
	unsigned int heard = 0;

	(void)state;
	fill();
	api.remedy = "this";
	api.now = WRIT_NS_PER_SECOND;
	api.remedy_ns = WRIT_BUDGET_GO_NS / 2;
	api.broker.budget.clock = clock_now;
	for (one = gets(false, "/v1/denials"); one.status == 200 && heard < 1000;) {
		done(&one);
		heard++;
		trace_text[0] = '\0';
		one = gets(false, "/v1/denials");
	}
	assert_int_equal(one.status, 429);
	assert_int_equal(one.retry_after, 1);
	assert_string_equal(at(&one, "error.reason"), "rate");
	assert_string_equal(trace_text, ""); /* the core has no work of it either */
	done(&one);
	assert_in_range(heard, 2, WRIT_BUDGET_CALLERS / WRIT_BUDGET_SHARES);
	one = gets(true, "/v1/agents/bot/denials");
	assert_int_equal(one.status, 200);
	done(&one);
	api.now += WRIT_NS_PER_SECOND;
	one = gets(false, "/v1/denials");
	assert_int_equal(one.status, 200);
	done(&one);
}

static void without_policy(void **state)
{
	struct call one;

	(void)state;
	fill();
	api.broker.policy = NULL;
	api.remedy = "nobody may be asked";
	one = gets(false, "/v1/denials");
	assert_string_equal(at(&one, "denials.0.remedy"), "");
	done(&one);
}

static void of_an_agent(void **state)
{
	struct call one;

	(void)state;
	fill();
	one = gets(true, "/v1/agents/bot/denials?last=2");
	assert_int_equal(one.status, 200);
	assert_string_equal(api.asked.agent, "bot");
	assert_string_equal(at(&one, "denials.0.object"), "/etc/1");
	done(&one);
	api.n_rows = 0;
	api.code = -ENOENT;
	one = gets(true, "/v1/agents/nobody/denials");
	assert_int_equal(one.status, 404);
	assert_string_equal(api.asked.agent, "nobody");
	done(&one);
}

static void fails(void **state)
{
	struct call one;

	(void)state;
	fill();
	api.code = -ETIMEDOUT; /* after some rows: half a list is none */
	one = gets(false, "/v1/denials");
	assert_int_equal(one.status, 503);
	done(&one);
	api.code = 0;
	api.remedy = NULL; /* out of memory */
	one = gets(false, "/v1/denials");
	assert_int_equal(one.status, 503);
	done(&one);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		API_TEST(denials),	  API_TEST(the_last),	 API_TEST(any_bytes),
		API_TEST(so_long),	  API_TEST(so_often),	 API_TEST(offers),
		API_TEST(without_policy), API_TEST(of_an_agent), API_TEST(fails),
	};

	return cmocka_run_group_tests(tests, NULL, api_leave);
}
