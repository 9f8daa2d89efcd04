/* SPDX-License-Identifier: Apache-2.0 */
/* The kill switches, by whoever may turn them; each turn is on record. */
#include <errno.h>
#include <string.h>

#include "daemon/answer.h"
#include "lib/log.h"

static void tell(struct question *q, enum writ_daemon_event event, const char *what)
{
	char who[WRIT_NAME_SIZE], detail[2 * WRIT_NAME_SIZE + 32];

	writ_answer_who(q, who);
	(void)snprintf(detail, sizeof(detail), "%s%sby %s (uid %u)", what, *what ? " " : "", who,
		       q->peer->uid);
	writ_info("%s", detail);
	writ_notes_daemon(q->daemon, event, detail);
	/* the broker forgets what it held against one who is resumed */
	writ_notices_send(q->daemon, WRIT_NOTICE_SWITCH, who,
			  event == WRIT_DAEMON_EVENT_RESUMED ? what : NULL);
}

static int not_saved(struct question *q, int err, const char *so)
{
	say(q, "%s, for %s/" WRIT_SWITCHES_FILE " can't be written: %s", so,
	    q->daemon->switches.directory, strerror(-err));
	return err;
}

int writ_answer_freeze(struct question *q)
{
	char who[WRIT_NAME_SIZE];
	int err;

	writ_answer_who(q, who);
	err = writ_switches_freeze(&q->daemon->switches, true, who);
	tell(q, WRIT_DAEMON_EVENT_FROZEN, "");
	return err ? not_saved(q, err, "frozen, but not beyond a restart of writd") : 0;
}

int writ_answer_thaw(struct question *q)
{
	int err = writ_switches_freeze(&q->daemon->switches, false, "");

	if (err)
		return not_saved(q, err, "not thawed");
	tell(q, WRIT_DAEMON_EVENT_THAWED, "");
	return 0;
}

int writ_answer_suspend(struct question *q)
{
	const char *agent = q->request->agent;
	uint32_t index = writ_answer_agent(q);
	int err = index ? 0 : -ENOENT;

	if (!err)
		err = writ_switches_suspend(&q->daemon->switches, agent, true);
	if (!writ_switches_is_suspended(&q->daemon->switches, agent)) {
		if (err != -ENOENT)
			say(q, "%s is not suspended: %s", agent, strerror(-err));
		return err;
	}
	if (index)
		writ_gate_publish_agent(q->daemon, index);
	tell(q, WRIT_DAEMON_EVENT_SUSPENDED, agent);
	return err ? not_saved(q, err, "suspended, but not beyond a restart of writd") : 0;
}

int writ_answer_resume(struct question *q)
{
	const char *agent = q->request->agent;
	uint32_t index;
	int err;

	if (!writ_switches_is_suspended(&q->daemon->switches, agent)) {
		say(q, "%s is not suspended", agent);
		return -ENOENT;
	}
	err = writ_switches_suspend(&q->daemon->switches, agent, false);
	if (err)
		return not_saved(q, err, "still suspended");
	index = writ_answer_agent(q); /* 0: neither policy nor kernel has it any more */
	if (index)
		writ_gate_publish_agent(q->daemon, index);
	tell(q, WRIT_DAEMON_EVENT_RESUMED, agent);
	return 0;
}
