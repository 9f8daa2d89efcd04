/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verdict on a request: each word of refusal that evaluation gives, the order of the checks,
 * what is granted and for how long, and requests of any bytes.
 */
#include "evaluate_helper.h"

#define COMMAND "writ request rotate service=billing host=10.0.0.1 --ticket TICKET"

static void granted(void **state)
{
	(void)state;
	assert_granted();
	assert_int_equal(here.out.ttl_ns, 180 * SECOND);
	assert_int_equal(here.out.clip, WRIT_CLIP_NONE);
	assert_false(here.out.validate);
	assert_int_equal(here.out.approvals, 0);
}

#define FILLED(field)                                                \
	do {                                                         \
		set_up(state);                                       \
		memset(field, 'x', sizeof(field));                   \
		assert_no(WRIT_REFUSAL_MALFORMED, "too long", NULL); \
		tear_down(state);                                    \
	} while (0)

static void malformed(void **state)
{
	tear_down(state);
	FILLED(here.request.agent);
	FILLED(here.request.playbook);
	FILLED(here.request.ticket);
	FILLED(here.request.sponsor);
	FILLED(here.request.reason);
	FILLED(here.request.context.session);
	FILLED(here.request.context.prompt);
	FILLED(here.request.context.tool_call);
	FILLED(here.request.context.parent);
	FILLED(here.request.parameters[1].name);
	FILLED(here.request.parameters[1].value);
	set_up(state);
	memset(&here.request.parameters[2], 'x', sizeof(here.request.parameters[2]));
	assert_granted(); /* that one is not part of it */
	here.request.n_parameters = WRIT_PARAMETERS_MAX + 1;
	assert_no(WRIT_REFUSAL_MALFORMED, "17 parameters; the most is 16", NULL);
	here.request.n_parameters = 2;
	here.request.delay_ns = WRIT_TTL_MAX_SECONDS * WRIT_NS_PER_SECOND;
	assert_granted();
	here.request.delay_ns++;
	assert_no(WRIT_REFUSAL_MALFORMED, "more than 7 days", NULL);
}

static void policy(void **state)
{
	struct writ_policy *loaded = here.policy;

	(void)state;
	here.policy = NULL;
	assert_no(WRIT_REFUSAL_POLICY, "no policy is in force", "writ policy check");
	here.policy = loaded;
}

static void not_an_agent(void **state)
{
	(void)state;
	here.request.agent[0] = '\0';
	assert_no(WRIT_REFUSAL_NOT_AN_AGENT, "in no agent's cgroup", "writ run AGENT");
	/* an operator who forgets to name one is told of another fault */
	here.asker.by_operator = true;
	assert_no(WRIT_REFUSAL_UNKNOWN_AGENT, "agent \"\" is unknown", NULL);
}

static void unknown_agent(void **state)
{
	(void)state;
	strcpy(here.request.agent, "bott");
	assert_no(WRIT_REFUSAL_UNKNOWN_AGENT, "agent \"bott\" is unknown", NULL);
	assert_int_equal(here.out.retry_after, 0);
}

static void suspended(void **state)
{
	(void)state;
	here.asker.suspended = true;
	assert_no(WRIT_REFUSAL_SUSPENDED, "agent \"bot\" is suspended", "writ resume bot");
	here.asker.by_operator = true;
	assert_no(WRIT_REFUSAL_SUSPENDED, "agent \"bot\" is suspended", "writ resume bot");
}

static void frozen(void **state)
{
	(void)state;
	here.asker.frozen = true;
	assert_no(WRIT_REFUSAL_FROZEN, "frozen", "writ thaw");
	here.asker.by_operator = true;
	assert_no(WRIT_REFUSAL_FROZEN, "frozen", "writ thaw");
}

static void unknown_playbook(void **state)
{
	(void)state;
	strcpy(here.request.playbook, "rotat");
	assert_no(WRIT_REFUSAL_UNKNOWN_PLAYBOOK,
		  "playbook \"rotat\" is unknown; role operator: it may use: rotate, collect",
		  "writ request rotate service=VALUE host=VALUE --ticket TICKET");
	assert_null(strstr(here.out.remedy, "collect"));
	strcpy(here.request.playbook, "elsewhere");
	assert_no(WRIT_REFUSAL_UNKNOWN_PLAYBOOK, "unknown",
		  "writ request rotate service=VALUE host=VALUE --ticket TICKET or "
		  "writ request collect");
	strcpy(here.request.agent, "watch");
	assert_no(WRIT_REFUSAL_UNKNOWN_PLAYBOOK, "it may use none", NULL);
}

static void role(void **state)
{
	(void)state;
	strcpy(here.request.playbook, "secret");
	assert_no(WRIT_REFUSAL_ROLE,
		  "role operator may not use playbook secret; it may use: rotate, collect",
		  "writ request collect");
	here.collect->risk = WRIT_RISK_HIGH; /* what the role may not have is no remedy */
	assert_no(WRIT_REFUSAL_ROLE, "may not use", "writ request rotate");
	assert_null(strstr(here.out.remedy, "collect"));
	strcpy(here.request.agent, "watch");
	assert_no(WRIT_REFUSAL_ROLE, "role observer may not use playbook secret", NULL);
}

static void parameters(void **state)
{
	(void)state;
	strcpy(here.request.parameters[0].value, "Billing");
	assert_no(WRIT_REFUSAL_PARAMETERS, "parameter service: \"Billing\" does not match",
		  "writ request rotate service=VALUE host=10.0.0.1 --ticket TICKET");
	strcpy(here.request.parameters[0].value, "it's a");
	strcpy(here.request.parameters[1].value, "10.0.0.0/8");
	assert_no(WRIT_REFUSAL_PARAMETERS, "is more than one address",
		  "writ request rotate service='it'\\''s a' host=VALUE --ticket TICKET");
	here.request.n_parameters = 1;
	assert_no(WRIT_REFUSAL_PARAMETERS, "parameter host is missing", "host=VALUE");
	here.request.n_parameters = 2;
	strcpy(here.request.parameters[1].name, "hosts");
	assert_no(WRIT_REFUSAL_PARAMETERS, "no parameter \"hosts\"; it has: service, host",
		  "host=VALUE");
	strcpy(here.request.parameters[1].name, "service");
	assert_no(WRIT_REFUSAL_PARAMETERS, "given twice", "host=VALUE");
}

static void environment(void **state)
{
	static const char *const environments[] = {"staging", "production"};

	(void)state;
	here.rotate->environments = environments;
	here.rotate->n_environments = 2;
	assert_granted();
	here.rotate->n_environments = 1;
	assert_no(WRIT_REFUSAL_ENVIRONMENT, "playbook rotate is not for environment production",
		  "writ request collect");
	here.rotate->n_environments = 0;
	here.agent->environment = "staging";
	assert_no(WRIT_REFUSAL_ENVIRONMENT,
		  "agent bot belongs to environment staging, this node to production", NULL);
}

static void ticket(void **state)
{
	(void)state;
	strcpy(here.request.ticket, "CHG-1842x");
	assert_no(WRIT_REFUSAL_TICKET, "ticket \"CHG-1842x\" does not match CHG-[0-9]+", COMMAND);
	here.request.ticket[0] = '\0';
	assert_no(WRIT_REFUSAL_TICKET, "playbook rotate needs a ticket", COMMAND);
	strcpy(here.request.ticket, "CHG-1\n");
	assert_no(WRIT_REFUSAL_TICKET, "control byte", COMMAND);
	/* no pattern, but somebody is to be asked about it */
	strcpy(here.request.playbook, "collect");
	here.request.n_parameters = 0;
	here.request.ticket[0] = '\0';
	assert_granted();
	here.collect->validates_ticket = true;
	assert_no(WRIT_REFUSAL_TICKET, "playbook collect needs a ticket",
		  "writ request collect --ticket TICKET");
}

static void validator(void **state)
{
	static const char *const command[] = {"/usr/bin/true"};
	struct writ_policy_node *node = here.node;

	(void)state;
	here.rotate->validates_ticket = true;
	assert_no(WRIT_REFUSAL_VALIDATOR, "this node has no command for it", "ticket_validator");
	here.policy->node = NULL;
	assert_no(WRIT_REFUSAL_VALIDATOR, "this node has no command for it", "ticket_validator");
	here.policy->node = node;
	node->validator = command;
	node->n_validator = 1;
	assert_granted();
	assert_true(here.out.validate);
	here.rotate->break_glass = true; /* shortens the way past people, not past this */
	assert_granted();
	assert_true(here.out.validate);
}

static void sponsor(void **state)
{
	(void)state;
	here.rotate->needs_sponsor = true;
	assert_no(WRIT_REFUSAL_SPONSOR, "playbook rotate needs a sponsor",
		  COMMAND " --sponsor NAME");
	strcpy(here.request.sponsor, "root");
	assert_no(WRIT_REFUSAL_SPONSOR, "sponsor \"root\": this system has nobody of that name",
		  COMMAND " --sponsor NAME");
	here.asker.sponsor_known = true;
	assert_granted();
	strcpy(here.request.sponsor, "ro\not");
	assert_no(WRIT_REFUSAL_SPONSOR, "control byte", "--sponsor NAME");
	/* where none is needed, none is made up either */
	here.rotate->needs_sponsor = here.asker.sponsor_known = false;
	strcpy(here.request.sponsor, "root");
	assert_no(WRIT_REFUSAL_SPONSOR, "nobody of that name", COMMAND);
}

static void risk(void **state)
{
	(void)state;
	here.rotate->risk = WRIT_RISK_MEDIUM;
	assert_granted();
	here.rotate->risk = WRIT_RISK_HIGH;
	assert_no(WRIT_REFUSAL_RISK, "the risk of playbook rotate is above what role operator",
		  "writ request collect");
	assert_null(strstr(here.out.remedy, "rotate"));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(granted),	     CASE(malformed),  CASE(policy),	  CASE(not_an_agent),
		CASE(unknown_agent), CASE(suspended),  CASE(frozen),	  CASE(unknown_playbook),
		CASE(role),	     CASE(parameters), CASE(environment), CASE(ticket),
		CASE(validator),     CASE(sponsor),    CASE(risk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
