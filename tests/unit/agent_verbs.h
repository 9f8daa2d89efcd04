/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The broker's fixed answers to an agent's verbs.
 */
#ifndef TEST_AGENT_VERBS_H
#define TEST_AGENT_VERBS_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/wait.h>

#include "cli/enter.h"
#include "cli/launch.h"
#include "fake_broker.h"
#include "verb_helper.h"

#define REQUEST(state)                                                                   \
	"\"request\": {\"id\": 12, \"state\": \"" state "\", \"playbook\": "             \
	"\"rotate-certificate\", \"agent\": \"billing-bot\", \"ticket\": \"CHG-1842\", " \
	"\"requester\": \"\", \"needed\": 2, \"given\": 0}"
#define GRANT(clip, scope)                                                               \
	"\"grant\": {\"id\": 7, \"request\": 12, \"playbook\": \"rotate-certificate\", " \
	"\"agent\": \"billing-bot\", \"ticket\": \"CHG-1842\", \"state\": \"active\", "  \
	"\"scope\": \"" scope "\", \"clip\": \"" clip "\", "                             \
	"\"begins_at\": \"2001-02-03T04:05:06.250000Z\", "                               \
	"\"expires_at\": \"2001-02-03T04:08:06.250000Z\"}"
#define REFUSED                                                                          \
	"{\"error\": {\"reason\": \"cooldown\", \"message\": \"too soon\\u001b[0m\", "   \
	"\"remedy\": \"wait, or use another playbook\", \"retry_after\": 90}, " REQUEST( \
		"refused") "}"

static const char whoami[] =
	"{\"agent\": \"billing-bot\", \"role\": \"web-operator\", \"environment\": \"prod\", "
	"\"spiffe\": \"spiffe://prod/agent/billing-bot/run/7\", \"run\": 7, "
	"\"suspended\": false, \"frozen\": true, \"grants\": [{\"id\": 7, "
	"\"playbook\": \"rotate-certificate\", \"scope\": \"run\", \"seconds_left\": 178, "
	"\"parameters\": {\"service\": \"billing\"}}], \"playbooks\": [{\"name\": "
	"\"restart\", \"description\": \"Restart \xc2\x9b a service.\", \"parameters\": "
	"[{\"name\": "
	"\"service\", \"type\": \"name\", \"value\": \"a name\"}], \"ticket\": \"CHG-[0-9]+\", "
	"\"sponsor\": true, \"approvals\": 2, \"ttl_default_seconds\": 180, "
	"\"ttl_max_seconds\": 600}]}";

static inline int set_up(void **state)
{
	(void)setenv("WRIT_SOCKET", "/nonexistent/core.sock", 1);
	return broker_set_up(state);
}

#endif
