/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The core as its callers find it: a broker that is taken over on its channel, operators, the
 * switches, notices. The kernel is a table (fake_kernel.h); sockets, log and state are real.
 */
#include "policy_helper.h"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include "daemon/answer.h"
#include "daemon/ids.h"
#include "fake_kernel.h"
#include "fake_runs.h"

#define POLICY                                                                                 \
	"apiVersion: writ/v1\nkind: Role\nname: r\nplaybooks: [fix, open]\n---\n"              \
	"apiVersion: writ/v1\nkind: Playbook\nname: fix\nttl: {default: 3m, max: 10m}\n"       \
	"files:\n  - {path: /srv/a, allow: [read]}\n---\n"                                     \
	"apiVersion: writ/v1\nkind: Playbook\nname: open\nttl: {default: 3m, max: 10m}\n"      \
	"files:\n  - {path: /opt/a, allow: [read]}\n---\n"                                     \
	"apiVersion: writ/v1\nkind: Playbook\nname: theirs\nttl: {default: 3m, max: 10m}\n"    \
	"files:\n  - {path: /etc/a, allow: [read]}\n---\n"                                     \
	"apiVersion: writ/v1\nkind: Agent\nname: bot\nrole: r\nmatch: {cgroup: /a/bot}\n---\n" \
	"apiVersion: writ/v1\nkind: Agent\nname: cat\nrole: r\nmatch: {cgroup: /a/cat}\n"
#define ROWS_MAX 8192

static struct writ_kernel kernel;
static struct writ_daemon daemon_;
static char directory[64], log_path[96], state_path[96];
static uint32_t indices[2];
static int broker = -1; /* its end of the channel */
static char error[WRIT_ERROR_SIZE];

/* What came by the channel since it was asked last. */
static struct {
	struct writ_reply *rows;
	size_t n_rows;
	size_t n_notices;
	struct writ_notice_row notice; /* the last one */
	bool ended;
	struct writ_reply end;
} got;

static const struct writ_agent *no_agent(void *context, uint32_t agent)
{
	(void)context;
	(void)agent;
	return NULL;
}

static struct writ_policy *load(void)
{
	struct writ_diagnostics diags = {0};
	struct writ_policy *loaded = NULL;

	assert_int_equal(load_text(POLICY, strlen(POLICY), &diags, &loaded), 0);
	writ_diagnostics_free(&diags);
	return loaded;
}

static struct writ_policy_playbook *book(const char *name)
{
	return (struct writ_policy_playbook *)(uintptr_t)writ_policy_playbook(daemon_.policy, name);
}

static void open_channel(void)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	broker = pair[1];
	assert_int_equal(writ_serve_channel(&daemon_, pair[0], &daemon_.broker.channel), 0);
}

static int set_up(void **state)
{
	(void)state;
	memset(&fake, 0, sizeof(fake));
	memset(&fake_runs, 0, sizeof(fake_runs));
	memset(&got, 0, sizeof(got));
	got.rows = calloc(ROWS_MAX, sizeof(*got.rows));
	(void)strcpy(directory, "/tmp/writ-daemon-XXXXXX");
	assert_non_null(mkdtemp(directory));
	(void)snprintf(log_path, sizeof(log_path), "%s/audit.jsonl", directory);
	(void)snprintf(state_path, sizeof(state_path), "%s/state", directory);
	kernel = (struct writ_kernel){0};
	kernel.agents = calloc(WRIT_AGENTS_MAX, sizeof(*kernel.agents));
	kernel.grants = calloc(WRIT_AGENTS_MAX, sizeof(*kernel.grants));
	kernel.node = calloc(1, sizeof(*kernel.node));
	writ_agents_publish_canary(&kernel);
	assert_int_equal(writ_agents_open(&kernel, &kernel.names), 0);
	assert_int_equal(writ_agents_reserve(&kernel, "bot", &indices[0]), 0);
	assert_int_equal(writ_agents_reserve(&kernel, "cat", &indices[1]), 0);
	kernel.agents[indices[0]].state = WRIT_AGENT_ACTIVE;
	kernel.agents[indices[1]].state = WRIT_AGENT_ACTIVE;
	daemon_ = (struct writ_daemon){
		.options = {.state = state_path},
		.kernel = &kernel,
		.policy = load(),
		.agent_index = indices,
		.resolver = {.environment = "", .agent = no_agent},
		.broker = {.agents = -1, .operators = -1, .pidfd = -1},
		.epoll = epoll_create1(EPOLL_CLOEXEC),
		.listener = -1,
	};
	assert_int_equal(writ_switches_open(&daemon_.switches, state_path, error), 0);
	writ_ids_open(&daemon_);
	assert_int_equal(writ_stream_open(log_path, &daemon_.resolver, NULL, &daemon_.stream), 0);
	fake.mark = (struct writ_peer_mark){.agent = indices[0], .pid = 12};
	fake.has_mark = 1;
	open_channel();
	return 0;
}

static int tear_down(void **state)
{
	char path[160];

	(void)state;
	writ_serve_close(&daemon_);
	writ_stream_close(daemon_.stream);
	writ_proposals_clear(&daemon_.proposals);
	writ_switches_close(&daemon_.switches);
	writ_policy_free(daemon_.policy);
	writ_agents_close(kernel.names);
	free(kernel.agents);
	free(kernel.grants);
	free(kernel.node);
	free(got.rows);
	(void)close(daemon_.epoll);
	(void)close(broker);
	(void)unlink(log_path);
	(void)snprintf(path, sizeof(path), "%s/" WRIT_SWITCHES_FILE, state_path);
	(void)unlink(path);
	(void)snprintf(path, sizeof(path), "%s/" WRIT_IDS_FILE, state_path);
	(void)unlink(path);
	(void)snprintf(path, sizeof(path), "%s/" WRIT_IDS_GRANTS_FILE, state_path);
	(void)unlink(path);
	(void)rmdir(state_path);
	return rmdir(directory);
}

static void take(const struct writ_reply *reply)
{
	if (reply->type == WRIT_REPLY_NOTICE) {
		got.notice = reply->notice;
		got.n_notices++;
	} else if (reply->type == WRIT_REPLY_END) {
		got.end = *reply;
		got.ended = true;
	} else {
		assert_true(got.n_rows < ROWS_MAX);
		got.rows[got.n_rows++] = *reply;
	}
}

/* One turn of the loop. False: nothing to do. */
static bool turn(void)
{
	struct epoll_event event;

	if (epoll_wait(daemon_.epoll, &event, 1, 0) != 1)
		return false;
	writ_serve_event(&daemon_, event.data.ptr, event.events);
	return true;
}

/* Serves until all is said, and takes what the broker is sent. */
static void pump(void)
{
	struct writ_reply reply;
	bool more = true;

	while (more) {
		more = turn();
		while (recv(broker, &reply, sizeof(reply), MSG_DONTWAIT) == sizeof(reply)) {
			take(&reply);
			more = true;
		}
	}
}

static void forget(void)
{
	got.n_rows = got.n_notices = 0;
	got.ended = false;
}

/* The broker sends @request, with a connection if @pass. */
static void send_request(const struct writ_request *request, bool pass)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {{0}};
	struct iovec part = {.iov_base = (void *)(uintptr_t)request, .iov_len = sizeof(*request)};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	if (pass) {
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.header), &broker, sizeof(int));
	}
	assert_int_equal(sendmsg(broker, &message, 0), sizeof(*request));
}

static int ask_broker(struct writ_request request, bool pass)
{
	request.version = WRIT_CONTROL_VERSION;
	forget();
	send_request(&request, pass);
	pump();
	assert_true(got.ended);
	return got.end.code;
}

/* The same by an operator, on a connection of his own. */
static int ask_person(struct writ_request request, uint32_t caller, uint32_t uid)
{
	const struct writ_peer peer = {.uid = uid, .caller = caller, .passed = -1};
	int err;

	request.version = WRIT_CONTROL_VERSION;
	forget();
	error[0] = '\0';
	err = writ_answer(&daemon_, &peer, &request, daemon_.broker.channel, error);
	writ_serve_event(&daemon_, daemon_.broker.channel, 0); /* his rows, by the one channel */
	pump();
	return err;
}

static struct writ_request propose(const char *playbook, uint64_t ledger, uint32_t flags)
{
	struct writ_request request = {.verb = WRIT_VERB_PROPOSE, .flags = flags, .ledger = ledger};

	(void)strcpy(request.agent, "bot");
	(void)strcpy(request.playbook, playbook);
	return request;
}

static struct writ_request verb(uint32_t which, uint64_t proposal)
{
	return (struct writ_request){.verb = which, .proposal = proposal};
}

static uint64_t pending(void)
{
	book("fix")->approvals = 1;
	assert_int_equal(ask_broker(propose("fix", 41, WRIT_PROPOSE_ISSUE), true), 0);
	assert_int_equal(got.n_rows, 1);
	assert_int_equal(got.rows[0].type, WRIT_REPLY_PROPOSAL);
	assert_int_equal(got.rows[0].proposal.state, WRIT_PROPOSAL_PENDING);
	assert_int_equal(fake.n_grants, 0);
	return got.rows[0].proposal.proposal;
}

static void assert_said(const char *part)
{
	if (!strstr(got.end.error, part))
		fail_msg("expected: %s\nfound: %s", part, got.end.error);
}

static void assert_logged(const char *part)
{
	static char text[1 << 20];
	FILE *file;
	size_t len;

	assert_int_equal(writ_stream_commit(daemon_.stream), 0);
	file = fopen(log_path, "re");
	assert_non_null(file);
	len = fread(text, 1, sizeof(text) - 1, file);
	text[len] = '\0';
	(void)fclose(file);
	if (!strstr(text, part))
		fail_msg("expected: %s\nfound: %s", part, text);
}

static void test_issued_at_once(void **state)
{
	struct writ_request request = propose("open", 41, WRIT_PROPOSE_ISSUE);

	(void)state;
	(void)strcpy(request.context.tool_call, "call-7");
	(void)strcpy(request.sponsor, "carol");
	book("open")->scope = WRIT_SCOPE_AGENT;
	book("open")->max_uses = 3;
	book("open")->on_end = WRIT_ON_END_KILL;
	assert_int_equal(ask_broker(request, true), 0);
	assert_int_equal(got.n_rows, 2);
	assert_int_equal(got.rows[0].type, WRIT_REPLY_PROPOSAL);
	assert_int_equal(got.rows[0].proposal.proposal, 0); /* nothing is kept of it */
	assert_int_equal(got.rows[1].type, WRIT_REPLY_GRANT);
	assert_int_equal(got.rows[1].grant.info.id, 1);
	assert_int_equal(fake.grants[0].ledger, 41);
	assert_int_equal(fake.grants[0].scope, WRIT_SCOPE_AGENT);
	assert_int_equal(fake.grants[0].on_end, WRIT_ON_END_KILL);
	assert_int_equal(fake.grants[0].uses_max, 3);
	assert_string_equal(fake.grants[0].sponsor, "carol");
	assert_string_equal(fake.grants[0].context.tool_call, "call-7");
	assert_string_equal(fake.grants[0].operator_name, "");
	assert_int_equal(daemon_.proposals.count, 0);
	assert_logged("\"event\":\"issued\"");
	assert_logged("\"tool_call\":\"call-7\"");
}

static void test_once_for_a_request(void **state)
{
	(void)state;
	assert_int_equal(ask_broker(propose("open", 41, WRIT_PROPOSE_ISSUE), true), 0);
	assert_int_equal(ask_broker(propose("open", 41, WRIT_PROPOSE_ISSUE), true), -EEXIST);
	assert_said("request 41 has its grant already: 1");
	assert_int_equal(fake.n_grants, 1);
	assert_int_equal(ask_broker(propose("open", 42, WRIT_PROPOSE_ISSUE), true), 0);
}

/* What the broker says of the requester is nothing. */
static void test_forged_requester(void **state)
{
	struct writ_request request = propose("open", 41, WRIT_PROPOSE_ISSUE);

	(void)state;
	assert_int_equal(ask_broker(request, false), -EPERM);
	assert_said("none that was made to one of Writ's sockets");
	fake.has_mark = 0;
	assert_int_equal(ask_broker(request, true), -EPERM);
	fake.has_mark = 1;
	fake.mark.agent = indices[1];
	assert_int_equal(ask_broker(request, true), -EPERM);
	assert_said("agent cat asks for itself alone");
	fake.mark.agent = WRIT_AGENTS_MAX;
	assert_int_equal(ask_broker(request, true), -EPERM);
	fake.mark.agent = 0;
	fake.mark.uid = 1; /* nobody's operator: the policy has no group */
	assert_int_equal(ask_broker(request, true), -EPERM);
	fake.mark.uid = 0;
	assert_int_equal(ask_broker(request, true), 0); /* the control: root pushes */
	assert_string_equal(fake.grants[0].operator_name, "root");
}

static void test_not_the_brokers(void **state)
{
	static const uint32_t verbs[] = {
		WRIT_VERB_GRANT,  WRIT_VERB_REVOKE, WRIT_VERB_ENROLLED,	 WRIT_VERB_APPLY,
		WRIT_VERB_UNLOAD, WRIT_VERB_EXEC,   WRIT_VERB_APPROVE,	 WRIT_VERB_REFUSE,
		WRIT_VERB_FREEZE, WRIT_VERB_THAW,   WRIT_VERB_RESUME,
	};
	uint64_t id = pending();

	(void)state;
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		struct writ_request request = propose("fix", 41, 0);

		request.verb = verbs[i];
		request.proposal = id;
		assert_int_equal(ask_broker(request, true), -EPERM);
		assert_said("the broker may not ask this");
	}
	/* it reads what waits, to bring its ledger up to date, and that is all */
	assert_int_equal(ask_broker(verb(WRIT_VERB_PROPOSALS, 0), false), 0);
	assert_int_equal(got.n_rows, 1);
	assert_int_equal(got.rows[0].proposal.proposal, id);
	assert_int_equal(got.rows[0].proposal.given, 0);
	assert_int_equal(ask_broker(verb(WRIT_VERB_ISSUE, id), true), -EAGAIN);
	assert_int_equal(ask_broker(verb(999, id), true), -EOPNOTSUPP);
	assert_int_equal(fake.n_grants, 0);
}

static void test_not_the_peoples(void **state)
{
	static const uint32_t brokers[] = {WRIT_VERB_ATTEST,   WRIT_VERB_PROPOSE, WRIT_VERB_ISSUE,
					   WRIT_VERB_WITHDRAW, WRIT_VERB_DONE,	  WRIT_VERB_ENTER};
	static const uint32_t roots[] = {WRIT_VERB_GRANT,  WRIT_VERB_ENROLLED, WRIT_VERB_APPLY,
					 WRIT_VERB_UNLOAD, WRIT_VERB_EXEC,     WRIT_VERB_DENIALS};

	(void)state;
	for (size_t i = 0; i < sizeof(brokers) / sizeof(brokers[0]); i++) {
		assert_int_equal(ask_person(verb(brokers[i], 1), WRIT_CALLER_ROOT, 0), -EPERM);
		assert_int_equal(ask_person(verb(brokers[i], 1), WRIT_CALLER_OPERATOR, 1), -EPERM);
	}
	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
		assert_int_equal(ask_person(verb(roots[i], 1), WRIT_CALLER_OPERATOR, 1), -EPERM);
		assert_non_null(strstr(error, "an operator may not ask this; root may"));
	}
	assert_int_equal(ask_person(verb(WRIT_VERB_AGENTS + 100, 1), WRIT_CALLER_ROOT, 0),
			 -EOPNOTSUPP);
}

static void test_approved_then_issued(void **state)
{
	uint64_t id = pending();

	(void)state;
	assert_int_equal(ask_person(verb(WRIT_VERB_PROPOSALS, 0), WRIT_CALLER_OPERATOR, 1), 0);
	assert_int_equal(got.n_rows, 1);
	assert_string_equal(got.rows[0].proposal.agent, "bot");
	assert_int_equal(ask_person(verb(WRIT_VERB_APPROVE, id), WRIT_CALLER_OPERATOR, 1), 0);
	assert_int_equal(got.n_notices, 1);
	assert_int_equal(got.notice.notice, WRIT_NOTICE_PROPOSAL);
	assert_int_equal(got.notice.proposal.state, WRIT_PROPOSAL_READY);
	assert_string_equal(got.notice.proposal.approvers, "daemon");
	assert_int_equal(ask_broker(verb(WRIT_VERB_ISSUE, id), false), 0);
	assert_int_equal(got.n_rows, 1);
	assert_string_equal(got.rows[0].grant.info.approvers, "daemon");
	assert_int_equal(ask_broker(verb(WRIT_VERB_ISSUE, id), false), -ENOENT); /* replayed */
	assert_int_equal(fake.n_grants, 1);
	assert_logged("\"event\":\"approved\"");
}

static void test_kernel_refuses(void **state)
{
	uint64_t id = pending();

	(void)state;
	assert_int_equal(ask_person(verb(WRIT_VERB_APPROVE, id), WRIT_CALLER_OPERATOR, 1), 0);
	fake.issue_error = -EBUSY;
	assert_int_equal(ask_broker(verb(WRIT_VERB_ISSUE, id), false), -EBUSY);
	assert_said("live grants already");
	fake.issue_error = 0; /* it is kept for when there is room */
	assert_int_equal(ask_broker(verb(WRIT_VERB_ISSUE, id), false), 0);
}

static void test_refused_by_operator(void **state)
{
	uint64_t id = pending();
	struct writ_request no = verb(WRIT_VERB_REFUSE, id);

	(void)state;
	(void)strcpy(no.reason, "not today");
	assert_int_equal(ask_person(no, WRIT_CALLER_OPERATOR, 2), 0);
	assert_int_equal(got.notice.proposal.state, WRIT_PROPOSAL_REFUSED);
	assert_string_equal(got.notice.proposal.answer, "not today");
	assert_int_equal(ask_broker(verb(WRIT_VERB_ISSUE, id), false), -ECANCELED);
	assert_int_equal(ask_person(verb(WRIT_VERB_APPROVE, id), WRIT_CALLER_OPERATOR, 1),
			 -ECANCELED);
	assert_int_equal(ask_broker(verb(WRIT_VERB_WITHDRAW, id), false), 0);
	assert_int_equal(daemon_.proposals.count, 0);
}

static void test_issue_after_policy_change(void **state)
{
	uint64_t id = pending();
	struct writ_policy_role *role =
		(struct writ_policy_role *)(uintptr_t)daemon_.policy->agents[0].role;

	(void)state;
	assert_int_equal(ask_person(verb(WRIT_VERB_APPROVE, id), WRIT_CALLER_OPERATOR, 1), 0);
	book("fix")->approvals = 2;
	forget();
	writ_notices_policy(&daemon_);
	pump();
	assert_int_equal(got.notice.notice, WRIT_NOTICE_POLICY);
	assert_int_equal(ask_broker(verb(WRIT_VERB_ISSUE, id), false), -EAGAIN);
	book("fix")->environments = (const char *const[]){"elsewhere"};
	book("fix")->n_environments = 1;
	assert_int_equal(ask_broker(verb(WRIT_VERB_ISSUE, id), false), -EINVAL); /* no notice yet */
	book("fix")->n_environments = 0;
	role->n_playbooks = 0;
	forget();
	writ_notices_policy(&daemon_);
	pump();
	assert_int_equal(got.n_notices, 2);
	assert_int_equal(daemon_.proposals.count, 0);
	assert_logged("\"event\":\"gone\"");
	assert_int_equal(ask_broker(verb(WRIT_VERB_ISSUE, id), false), -ENOENT);
	assert_int_equal(fake.n_grants, 0);
}

static void test_too_old(void **state)
{
	uint64_t id = pending();

	(void)state;
	forget();
	writ_notices_age(&daemon_);
	pump();
	assert_int_equal(got.n_notices, 0);
	writ_proposals_find(&daemon_.proposals, id)->row.until_ns = writ_time_boot();
	writ_notices_age(&daemon_);
	pump();
	assert_int_equal(got.n_notices, 1);
	assert_int_equal(got.notice.proposal.state, WRIT_PROPOSAL_GONE);
	assert_string_equal(got.notice.proposal.answer, "nobody approved it in time");
	assert_int_equal(ask_person(verb(WRIT_VERB_APPROVE, id), WRIT_CALLER_OPERATOR, 1), -ENOENT);
}

/* The next writd gives other ids, whatever has been forgotten. */
static void test_ids_go_on(void **state)
{
	uint64_t id = pending();
	char path[160];
	FILE *file;

	(void)state;
	writ_proposals_clear(&daemon_.proposals);
	writ_ids_open(&daemon_);
	assert_true(pending() > id);
	(void)snprintf(path, sizeof(path), "%s/" WRIT_IDS_FILE, state_path);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs("12x\n", file) >= 0);
	assert_int_equal(fclose(file), 0);
	writ_proposals_clear(&daemon_.proposals);
	writ_ids_open(&daemon_);
	assert_int_equal(ask_broker(propose("fix", 43, 0), true), -EIO);
	assert_said("can't wait for approval");
	assert_int_equal(daemon_.proposals.count, 0);
}

/* Nor is a grant's number given again, when all was unloaded and the maps are new. */
static void test_numbers_of_grants_go_on(void **state)
{
	char path[160];
	FILE *file;

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(writ_ids_reserve_grant(&daemon_, error), 0);
		kernel.node->next_grant++;
	}
	kernel.node->next_grant = 0;
	writ_ids_open(&daemon_); /* as after a crash */
	assert_true(kernel.node->next_grant >= 3);
	assert_int_equal(writ_ids_reserve_grant(&daemon_, error), 0);
	kernel.node->next_grant = 5000; /* adopted maps know more than the file */
	writ_ids_open(&daemon_);
	assert_int_equal(kernel.node->next_grant, 5000);
	assert_int_equal(writ_ids_reserve_grant(&daemon_, error), 0);
	kernel.node->next_grant++;
	writ_ids_close(&daemon_);
	kernel.node->next_grant = 0;
	writ_ids_open(&daemon_);
	assert_int_equal(kernel.node->next_grant, 5001); /* none is left out by who ends in order */
	(void)snprintf(path, sizeof(path), "%s/" WRIT_IDS_GRANTS_FILE, state_path);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs("5x\n", file) >= 0);
	assert_int_equal(fclose(file), 0);
	writ_ids_open(&daemon_);
	assert_int_equal(writ_ids_reserve_grant(&daemon_, error), -EIO);
	assert_non_null(strstr(error, "the grant can't be numbered"));
}

static void test_switches_hold(void **state)
{
	struct writ_request suspend = verb(WRIT_VERB_SUSPEND, 0);
	struct writ_request request = propose("open", 41, WRIT_PROPOSE_ISSUE);
	uint64_t id = pending();

	(void)state;
	assert_int_equal(ask_person(verb(WRIT_VERB_APPROVE, id), WRIT_CALLER_OPERATOR, 1), 0);
	assert_int_equal(ask_person(verb(WRIT_VERB_FREEZE, 0), WRIT_CALLER_OPERATOR, 1), 0);
	assert_int_equal(got.notice.notice, WRIT_NOTICE_SWITCH);
	assert_string_equal(got.notice.proposal.agent, "");
	assert_int_equal(ask_broker(request, true), -ESHUTDOWN);
	assert_said("frozen by daemon; 'writ thaw' ends that");
	assert_int_equal(ask_broker(verb(WRIT_VERB_ISSUE, id), false), -ESHUTDOWN);
	request.verb = WRIT_VERB_GRANT;
	assert_int_equal(ask_person(request, WRIT_CALLER_ROOT, 0), -ESHUTDOWN);
	request.verb = WRIT_VERB_PROPOSE;
	assert_int_equal(ask_person(verb(WRIT_VERB_THAW, 0), WRIT_CALLER_OPERATOR, 1), 0);
	(void)strcpy(suspend.agent, "bot");
	assert_int_equal(ask_broker(suspend, false), 0); /* it only narrows */
	assert_int_equal(kernel.agents[indices[0]].state, WRIT_AGENT_SUSPENDED);
	assert_int_equal(kernel.agents[indices[1]].state, WRIT_AGENT_ACTIVE);
	assert_int_equal(kernel.grants[indices[0]].ends, 1); /* what it has open is judged again */
	assert_int_equal(kernel.grants[indices[1]].ends, 0);
	assert_string_equal(got.notice.proposal.agent, ""); /* nothing is forgiven by that */
	assert_int_equal(ask_broker(suspend, false), 0);
	assert_int_equal(kernel.grants[indices[0]].ends, 1); /* it was so before */
	assert_logged("bot by broker (uid 0)");
	assert_int_equal(ask_broker(request, true), -EKEYREVOKED);
	assert_int_equal(ask_broker(verb(WRIT_VERB_ISSUE, id), false), -EKEYREVOKED);
	suspend.verb = WRIT_VERB_RESUME;
	assert_int_equal(ask_broker(suspend, false), -EPERM);
	assert_int_equal(ask_person(suspend, WRIT_CALLER_OPERATOR, 1), 0);
	assert_int_equal(kernel.agents[indices[0]].state, WRIT_AGENT_ACTIVE);
	assert_int_equal(kernel.grants[indices[0]].ends, 2);
	assert_int_equal(got.notice.notice, WRIT_NOTICE_SWITCH);
	assert_string_equal(got.notice.proposal.agent, "bot"); /* whose denials are forgotten */
	assert_int_equal(ask_person(suspend, WRIT_CALLER_OPERATOR, 1), -ENOENT);
	assert_int_equal(ask_broker(request, true), 0);
	(void)strcpy(suspend.agent, "nobody");
	suspend.verb = WRIT_VERB_SUSPEND;
	assert_int_equal(ask_broker(suspend, false), -ENOENT);
}

static void test_failing_broker_is_held(void **state)
{
	struct writ_request request = propose("open", 41, WRIT_PROPOSE_ISSUE);

	(void)state;
	daemon_.broker.supervision.held = true;
	assert_int_equal(ask_broker(request, true), -ESHUTDOWN);
	assert_said("must run for a minute");
	request.verb = WRIT_VERB_GRANT;
	assert_int_equal(ask_person(request, WRIT_CALLER_ROOT, 0), 0); /* without the broker */
}

static void test_no_policy(void **state)
{
	struct writ_policy *policy = daemon_.policy;

	(void)state;
	daemon_.policy = NULL;
	daemon_.options.policy = "/etc/writ/policy";
	assert_int_equal(ask_broker(propose("open", 41, WRIT_PROPOSE_ISSUE), true), -ENODATA);
	assert_int_equal(ask_broker(verb(WRIT_VERB_ATTEST, 0), true), 0);
	daemon_.policy = policy;
}

static void test_attest(void **state)
{
	(void)state;
	fake.mark.run = 9;
	assert_int_equal(ask_broker(verb(WRIT_VERB_ATTEST, 0), true), 0);
	assert_string_equal(got.rows[0].attest.agent, "bot");
	assert_string_equal(got.rows[0].attest.role, "r");
	assert_int_equal(got.rows[0].attest.run, 9);
	assert_int_equal(got.rows[0].attest.is_operator, 0); /* uid 0, and an agent's */
	fake.mark.agent = 0;
	assert_int_equal(ask_broker(verb(WRIT_VERB_ATTEST, 0), true), 0);
	assert_int_equal(got.rows[0].attest.is_operator, 1);
	fake.mark.uid = 1;
	assert_int_equal(ask_broker(verb(WRIT_VERB_ATTEST, 0), true), 0);
	assert_int_equal(got.rows[0].attest.is_operator, 0);
	((struct writ_policy *)daemon_.policy)->node =
		&(struct writ_policy_node){.environment = "", .operators = "daemon"};
	assert_int_equal(ask_broker(verb(WRIT_VERB_ATTEST, 0), true), 0);
	assert_int_equal(got.rows[0].attest.is_operator, 1);
	daemon_.policy->node = NULL;
}

static void test_done(void **state)
{
	struct writ_request done = {.verb = WRIT_VERB_DONE};

	(void)state;
	done.grant = fake_grant(&kernel, "cat", "open");
	assert_int_equal(ask_broker(done, true), -ENOENT); /* another's */
	assert_said("no live grant 1 of this agent");
	done.grant = fake_grant(&kernel, "bot", "open");
	assert_int_equal(ask_broker(done, false), -EPERM);
	fake.mark.agent = 0; /* an operator has `writ revoke` */
	assert_int_equal(ask_broker(done, true), -ENOENT);
	fake.mark.agent = indices[0];
	assert_int_equal(ask_broker(done, true), 0);
	assert_int_equal(got.n_notices, 1);
	assert_int_equal(got.notice.notice, WRIT_NOTICE_GRANT);
	assert_int_equal(got.notice.end, WRIT_END_COMPLETED);
	assert_string_equal(got.notice.by, "bot");
	assert_int_equal(got.rows[0].grant.state, WRIT_GRANT_STATE_COMPLETED);
	assert_int_equal(ask_broker(done, true), -ENOENT);
	assert_logged("\"event\":\"completed\"");
}

/* What the broker says of the time is not asked: the core looks itself, and when it issues. */
static void test_outside_of_a_window(void **state)
{
	struct writ_policy_window window = {.days = 0, .from = 0, .to = 1440, .zone = "UTC"};
	struct writ_request request = propose("open", 41, WRIT_PROPOSE_ISSUE);
	uint64_t id = pending();

	(void)state;
	assert_int_equal(ask_person(verb(WRIT_VERB_APPROVE, id), WRIT_CALLER_OPERATOR, 1), 0);
	book("open")->windows = book("fix")->windows = &window;
	book("open")->n_windows = book("fix")->n_windows = 1;
	assert_int_equal(ask_broker(request, true), -ETIME);
	assert_said("may not begin outside of its change windows");
	/* a late approval */
	assert_int_equal(ask_broker(verb(WRIT_VERB_ISSUE, id), false), -ETIME);
	request.verb = WRIT_VERB_GRANT;
	assert_int_equal(ask_person(request, WRIT_CALLER_ROOT, 0), -ETIME);
	assert_int_equal(fake.n_grants, 0);
	window.days = 127;
	assert_int_equal(ask_broker(verb(WRIT_VERB_ISSUE, id), false), 0);
	assert_int_equal(got.rows[0].grant.clip, WRIT_CLIP_NONE);
	assert_int_equal(fake.n_grants, 1);
}

/* A window that closes within two minutes cuts a grant of three. */
static void test_cut_to_its_window(void **state)
{
	uint32_t minute = (uint32_t)(time(NULL) / 60 % 1440);
	const struct writ_policy_window window = {
		.days = 127, .from = minute, .to = (minute + 2) % 1440, .zone = "UTC"};
	const struct writ_grant_info *info = &fake.grants[0];

	(void)state;
	book("open")->windows = &window;
	book("open")->n_windows = 1;
	assert_int_equal(ask_broker(propose("open", 41, WRIT_PROPOSE_ISSUE), true), 0);
	assert_int_equal(got.rows[1].grant.clip, WRIT_CLIP_WINDOW);
	assert_true(info->expires - info->not_before <= 120 * WRIT_NS_PER_SECOND);
	/* where a minute ends */
	assert_int_equal((info->expires + (uint64_t)writ_time_offset() + 500000000) /
				 WRIT_NS_PER_SECOND % 60,
			 0);
}

/* However a grant ends: its record, a notice, and its run. */
static void test_every_end_is_told(void **state)
{
	struct writ_request done = {.verb = WRIT_VERB_DONE};
	struct writ_grant_info info;

	(void)state;
	daemon_.runs = (struct writ_runs *)&fake_runs;
	done.grant = fake_grant(&kernel, "bot", "open");
	assert_int_equal(ask_broker(done, true), 0);
	assert_int_equal(fake_runs.n_ended, 1);
	assert_int_equal(fake_runs.last, done.grant);

	(void)fake_grant(&kernel, "bot", "fix");
	assert_int_equal(writ_ends_end(&daemon_, 2, WRIT_END_REVOKED, "policy", &info), 0);
	assert_int_equal(writ_ends_end(&daemon_, 2, WRIT_END_REVOKED, "policy", &info), -ENOENT);
	assert_int_equal(fake_runs.n_ended, 2);
	assert_int_equal(fake_runs.end, WRIT_END_REVOKED);

	pump();
	forget();
	(void)fake_grant(&kernel, "bot", "fix");
	writ_ends_ended(&daemon_, &fake.grants[2], WRIT_END_EXPIRED, NULL); /* by its time */
	writ_ends_ended(&daemon_, &fake.grants[2], WRIT_END_USED_UP, NULL); /* by its run */
	pump();
	assert_int_equal(fake_runs.n_ended, 4);
	assert_int_equal(fake_runs.last, 3);
	assert_int_equal(got.n_notices, 2);
	assert_int_equal(got.notice.end, WRIT_END_USED_UP);
	assert_logged("\"event\":\"expired\"");
	assert_logged("\"event\":\"used_up\"");
	daemon_.runs = NULL; /* while writd starts there are none */
	writ_ends_ended(&daemon_, &fake.grants[2], WRIT_END_EXPIRED, NULL);
	assert_int_equal(fake_runs.n_ended, 4);
}

static size_t revoked(uint32_t flags, const char *agent, const char *playbook)
{
	struct writ_request request = {.verb = WRIT_VERB_REVOKE, .flags = flags};

	fake.n_grants = 0;
	(void)fake_grant(&kernel, "bot", "open");
	(void)fake_grant(&kernel, "bot", "fix");
	(void)fake_grant(&kernel, "cat", "open");
	(void)strcpy(request.agent, agent);
	(void)strcpy(request.playbook, playbook);
	assert_int_equal(ask_person(request, WRIT_CALLER_OPERATOR, 1), 0);
	assert_int_equal(got.n_notices, got.n_rows);
	return got.n_rows;
}

static void test_revoke(void **state)
{
	struct writ_request request = {.verb = WRIT_VERB_REVOKE, .flags = WRIT_REVOKE_PLAYBOOK};

	(void)state;
	assert_int_equal(revoked(WRIT_REVOKE_AGENT, "bot", ""), 2);
	assert_int_equal(revoked(WRIT_REVOKE_PLAYBOOK, "", "open"), 2);
	assert_int_equal(revoked(WRIT_REVOKE_AGENT | WRIT_REVOKE_PLAYBOOK, "bot", "open"), 1);
	assert_int_equal(revoked(WRIT_REVOKE_ALL, "", ""), 3);
	assert_int_equal(revoked(WRIT_REVOKE_ALL | WRIT_REVOKE_PLAYBOOK, "", "theirs"), 0);
	assert_int_equal(ask_person(request, WRIT_CALLER_ROOT, 0), -EINVAL);
	request = (struct writ_request){.verb = WRIT_VERB_REVOKE, .grant = 3};
	assert_int_equal(ask_person(request, WRIT_CALLER_ROOT, 0), 0);
	assert_string_equal(got.notice.by, "root");
	assert_int_equal(ask_person(request, WRIT_CALLER_ROOT, 0), -ENOENT);
}

static void test_long_list(void **state)
{
	struct writ_request request = {.verb = WRIT_VERB_GRANTS};
	char name[WRIT_NAME_SIZE];
	uint32_t index;

	(void)state;
	for (int i = 0; i < 500; i++) {
		(void)snprintf(name, sizeof(name), "a%d", i);
		assert_int_equal(writ_agents_reserve(&kernel, name, &index), 0);
		(void)fake_grant(&kernel, name, "open");
		(void)fake_grant(&kernel, name, "open");
	}
	fake.states[5] = WRIT_GRANT_STATE_EXPIRED;
	assert_int_equal(ask_broker(request, false), 0);
	assert_int_equal(got.n_rows, 999);
	request.flags = WRIT_GRANTS_ENDED;
	assert_int_equal(ask_broker(request, false), 0);
	assert_int_equal(got.n_rows, 1000);
	for (size_t i = 0; i < got.n_rows; i++)
		assert_int_equal(got.rows[i].grant.info.id, i + 1); /* each once, none twice */
	(void)strcpy(request.agent, "a7");
	assert_int_equal(ask_broker(request, false), 0);
	assert_int_equal(got.n_rows, 2);
}

/* A broker that does not read: what it misses becomes one word. */
static void test_notices_overflow(void **state)
{
	(void)state;
	forget();
	for (int i = 0; i < 5000; i++)
		writ_notices_send(&daemon_, WRIT_NOTICE_SWITCH, "alice", NULL);
	pump();
	assert_true(got.n_notices < 2000);
	assert_int_equal(got.notice.notice, WRIT_NOTICE_RESYNC);
	forget();
	writ_notices_send(&daemon_, WRIT_NOTICE_SWITCH, "alice", NULL);
	pump();
	assert_int_equal(got.n_notices, 1);
	assert_int_equal(got.notice.notice, WRIT_NOTICE_SWITCH);
}

/* A process in the broker's place, to see that it is ended. */
static pid_t start_victim(void)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0,
			    0); /* a test that fails leaves nobody */
		(void)pause();
		_exit(0);
	}
	daemon_.broker.pid = pid;
	return pid;
}

static void assert_killed(pid_t pid)
{
	int status = 0;

	assert_null(daemon_.broker.channel); /* first: else waiting would have no end */
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
	/* nobody is there: no harm */
	writ_notices_send(&daemon_, WRIT_NOTICE_SWITCH, "alice", NULL);
}

static void test_rubbish_ends_it(void **state)
{
	struct writ_request request = {.version = WRIT_CONTROL_VERSION, .verb = WRIT_VERB_GRANTS};
	pid_t pid = start_victim();

	(void)state;
	assert_int_equal(send(broker, "GET / HTTP/1.1", 14, 0), 14);
	pump();
	assert_killed(pid);
	(void)close(broker);
	open_channel();
	pid = start_victim();
	memset(request.agent, 'a', sizeof(request.agent)); /* no NUL */
	assert_int_equal(send(broker, &request, sizeof(request), 0), sizeof(request));
	pump();
	assert_killed(pid);
	(void)close(broker);
	open_channel();
	pid = start_victim();
	(void)shutdown(broker, SHUT_RDWR);
	pump();
	assert_killed(pid);
}

static void test_flood_ends_it(void **state)
{
	struct writ_request request = {.version = WRIT_CONTROL_VERSION, .verb = WRIT_VERB_WITHDRAW};
	pid_t pid = start_victim();

	(void)state;
	for (int i = 0; i < 15000; i++) {
		send_request(&request, false);
		pump();
	}
	writ_serve_second(&daemon_); /* what came in another second does not count */
	for (int i = 0; i < 20000; i++) {
		send_request(&request, false);
		pump();
	}
	assert_non_null(daemon_.broker.channel);
	send_request(&request, false);
	pump();
	assert_killed(pid);
}

/* What it had said when it died is said by nobody any more. */
static void test_unread_words_die_with_it(void **state)
{
	struct writ_request request = propose("open", 41, WRIT_PROPOSE_ISSUE);
	pid_t pid = start_victim();
	siginfo_t ended;

	(void)state;
	send_request(&request, true);
	(void)kill(pid, SIGKILL);
	assert_int_equal(waitid(P_PID, (id_t)pid, &ended, WEXITED | WNOWAIT), 0);
	writ_broker_reap(&daemon_);
	assert_null(daemon_.broker.channel);
	assert_int_equal(daemon_.broker.pid, 0);
	(void)close(broker);
	open_channel(); /* of the next one */
	pump();
	assert_int_equal(fake.n_grants, 0);
	assert_int_equal(got.n_rows, 0);
	assert_int_equal(ask_broker(request, true), 0); /* the control */
	assert_int_equal(fake.n_grants, 1);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_issued_at_once),
		TEST(test_once_for_a_request),
		TEST(test_forged_requester),
		TEST(test_not_the_brokers),
		TEST(test_not_the_peoples),
		TEST(test_approved_then_issued),
		TEST(test_kernel_refuses),
		TEST(test_refused_by_operator),
		TEST(test_issue_after_policy_change),
		TEST(test_too_old),
		TEST(test_ids_go_on),
		TEST(test_numbers_of_grants_go_on),
		TEST(test_switches_hold),
		TEST(test_failing_broker_is_held),
		TEST(test_no_policy),
		TEST(test_attest),
		TEST(test_done),
		TEST(test_outside_of_a_window),
		TEST(test_cut_to_its_window),
		TEST(test_every_end_is_told),
		TEST(test_revoke),
		TEST(test_long_list),
		TEST(test_notices_overflow),
		TEST(test_rubbish_ends_it),
		TEST(test_flood_ends_it),
		TEST(test_unread_words_die_with_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
