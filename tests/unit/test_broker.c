/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The real writ-broker, confined as in service, between real clients and a core that is a table:
 * it starts, serves both sockets, waits for people, and ends when it must; what it knew it knows
 * again. A system call that its filter does not have would kill it here.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "http_helper.h"
#include "lib/time.h"

#define NOBODY 65534
#define HOST "Host: x\r\n"
#define GET(path) "GET " path " HTTP/1.1\r\n" HOST "\r\n"

const struct writ_route writ_routes[] = {{0}}; /* http_helper.h has a server in it, unused here */

static char directory[24];
static char program[PATH_MAX + 32];
static int listeners[2];
static pid_t pid;
static char text[1 << 18];
static char node[256]; /* more of the policy */

static struct {
	pthread_t thread;
	struct writ_reply grant; /* the last that was issued */
	bool waits;		 /* for people */
	bool dies;		 /* after it has issued */
	uint64_t ledger;	 /* of the proposal that waits */
} core;

static void send_row(const struct writ_reply *row)
{
	(void)send(web.core, row, sizeof(*row), MSG_NOSIGNAL);
}

static void issue(uint64_t ledger)
{
	struct writ_grant_info *info = &core.grant.grant.info;

	core.grant = (struct writ_reply){.version = WRIT_CONTROL_VERSION, .type = WRIT_REPLY_GRANT};
	info->id = 5;
	info->ledger = ledger;
	info->issued = writ_time_boot();
	info->not_before = info->issued;
	info->expires = info->issued + 180 * WRIT_NS_PER_SECOND;
	(void)strcpy(info->agent_name, "agent-1");
	(void)strcpy(info->role_name, "web-operator");
	(void)strcpy(info->playbook, "rotate");
	core.grant.grant.state = WRIT_GRANT_STATE_ACTIVE;
}

static void fill_proposal(struct writ_proposal_row *row, uint64_t ledger, uint32_t state)
{
	row->proposal = 8;
	row->ledger = ledger;
	row->state = state;
	row->needed = state == WRIT_PROPOSAL_PENDING;
	(void)strcpy(row->agent, "agent-1");
	(void)strcpy(row->playbook, "rotate");
	(void)strcpy(row->approvers, state == WRIT_PROPOSAL_READY ? "alice" : "");
}

/* False: it ends here. */
static bool propose(const struct writ_request *request)
{
	struct writ_reply row = {.version = WRIT_CONTROL_VERSION, .type = WRIT_REPLY_PROPOSAL};

	fill_proposal(&row.proposal, request->ledger,
		      core.waits ? WRIT_PROPOSAL_PENDING : WRIT_PROPOSAL_READY);
	core.ledger = request->ledger;
	if (!core.waits)
		issue(request->ledger);
	if (core.dies)
		return false;
	send_row(&row);
	if (!core.waits)
		send_row(&core.grant);
	return true;
}

static void answer_attest(int fd)
{
	struct writ_reply row = {.version = WRIT_CONTROL_VERSION, .type = WRIT_REPLY_ATTEST};

	attest(fd, &row.attest);
	(void)strcpy(row.attest.role, "web-operator");
	send_row(&row);
}

static bool answer(const struct writ_request *request, int passed)
{
	const struct writ_reply state = {.version = WRIT_CONTROL_VERSION,
					 .type = WRIT_REPLY_STATUS};
	struct writ_reply end = {.version = WRIT_CONTROL_VERSION, .type = WRIT_REPLY_END};

	if (request->verb == WRIT_VERB_ATTEST)
		answer_attest(passed);
	else if (request->verb == WRIT_VERB_STATUS)
		send_row(&state);
	else if (request->verb == WRIT_VERB_PROPOSE && !propose(request))
		return false;
	else if (request->verb == WRIT_VERB_ISSUE)
		issue(request->ledger);
	if (request->verb == WRIT_VERB_ISSUE ||
	    (request->verb == WRIT_VERB_GRANTS && core.grant.grant.info.id))
		send_row(&core.grant);
	send_row(&end);
	return true;
}

static void *serve_core(void *argument)
{
	static struct writ_request request;
	char control[CMSG_SPACE(sizeof(int))];
	bool goes_on = true;

	while (goes_on) {
		struct iovec iov = {.iov_base = &request, .iov_len = sizeof(request)};
		struct msghdr message = {.msg_iov = &iov,
					 .msg_iovlen = 1,
					 .msg_control = control,
					 .msg_controllen = sizeof(control)};
		int passed;

		if (recvmsg(web.core, &message, MSG_CMSG_CLOEXEC) <= 0)
			break;
		passed = take_passed(&message);
		goes_on = answer(&request, passed);
		if (passed >= 0)
			(void)close(passed);
	}
	(void)shutdown(web.core, SHUT_RDWR);
	return argument;
}

/* What writd does to its child. */
static void __attribute__((noreturn)) become_broker(int channel, uid_t user)
{
	const int from[] = {channel, listeners[0], listeners[1]};
	char policy[96];
	char ledger[96];
	int kept[3];

	(void)snprintf(policy, sizeof(policy), "%s/policy", directory);
	(void)snprintf(ledger, sizeof(ledger), "%s/ledger/ledger.db", directory);
	for (int i = 0; i < 3; i++)
		kept[i] = fcntl(from[i], F_DUPFD, 20);
	for (int i = 0; i < 3; i++)
		(void)dup2(kept[i], 3 + i);
	(void)setenv("ASAN_OPTIONS", "detect_leaks=0", 1); /* that traces, which it may not */
	if (!getuid() && user && (setresgid(user, user, user) || setresuid(user, user, user)))
		_exit(99);
	(void)execl(program, "writ-broker", "--policy", policy, "--ledger", ledger, NULL);
	_exit(98);
}

static void start(uid_t user)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	web.core = pair[1];
	assert_int_equal(pthread_create(&core.thread, NULL, serve_core, NULL), 0);
	pid = fork();
	if (!pid)
		become_broker(pair[0], user);
	assert_true(pid > 0);
	(void)close(pair[0]);
}

/* How it ended: its exit status, or 1000 and the signal that killed it. */
static int finish(void)
{
	int status = 0;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	pid = 0;
	(void)pthread_join(core.thread, NULL);
	(void)close(web.core);
	return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int end_by(int signal)
{
	assert_int_equal(kill(pid, signal), 0);
	return finish();
}

static int make_places(void)
{
	char command[PATH_MAX + 512];
	char self[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (len < 0)
		return -1;
	self[len] = '\0';
	(void)snprintf(program, sizeof(program), "%s/../../writ-broker", dirname(self));
	(void)strcpy(directory, "/tmp/writ-broker-XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	(void)snprintf(command, sizeof(command),
		       "chmod 755 %1$s && mkdir -m 755 %1$s/policy && mkdir -m 700 %1$s/ledger && "
		       "{ [ $(id -u) != 0 ] || chown %2$d:%2$d %1$s/ledger; } && "
		       "cp %3$s %1$s/writ-broker && chmod 755 %1$s/writ-broker",
		       directory, NOBODY, program);
	(void)snprintf(program, sizeof(program), "%s/writ-broker", directory);
	return system(command);
}

static int write_policy(const char *playbook)
{
	char path[96];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/policy/policy.yaml", directory);
	file = fopen(path, "we");
	if (!file)
		return -1;
	(void)fprintf(file,
		      "apiVersion: writ/v1\nkind: Role\nname: web-operator\nplaybooks: [rotate]\n"
		      "files: [{path: /etc/x, allow: [read]}]\n---\n"
		      "apiVersion: writ/v1\nkind: Playbook\nname: rotate\n"
		      "ttl: {default: 3m, max: 5m}\n"
		      "%sfiles: [{path: /etc/y, allow: [read]}]\n---\n"
		      "apiVersion: writ/v1\nkind: Agent\nname: agent-1\nmatch: {cgroup: /a}\n"
		      "role: web-operator\n%s",
		      playbook, node);
	return fchmod(fileno(file), 0644) || fclose(file);
}

static int set_up(void **state)
{
	(void)state;
	memset(&core, 0, sizeof(core));
	node[0] = '\0';
	if (make_places() || write_policy(""))
		return -1;
	(void)snprintf(web.agents, sizeof(web.agents), "%s/agent.sock", directory);
	(void)snprintf(web.operators, sizeof(web.operators), "%s/operator.sock", directory);
	listeners[0] = listener(web.agents);
	listeners[1] = listener(web.operators);
	return 0;
}

static int tear_down(void **state)
{
	char command[128];

	(void)state;
	if (pid)
		(void)end_by(SIGKILL);
	(void)close(listeners[0]);
	(void)close(listeners[1]);
	(void)snprintf(command, sizeof(command), "rm -r %s", directory);
	return system(command);
}

static int ask_grant(void)
{
	static const char body[] = "{\"playbook\":\"rotate\",\"ticket\":\"CHG-1\",\"ttl\":\"3m\"}";
	char request[512];

	(void)snprintf(request, sizeof(request),
		       "POST /v1/requests HTTP/1.1\r\n" HOST "Content-Length: %zu\r\n\r\n%s",
		       strlen(body), body);
	return ask_as("agent-1", web.agents, request, text, sizeof(text));
}

static void agents_and_operators_are_served(void **state)
{
	(void)state;
	start(NOBODY);
	assert_int_equal(ask_as("agent-1", web.agents, GET("/v1/whoami"), text, sizeof(text)), 200);
	assert_non_null(strstr(text, "agent-1"));
	assert_int_equal(ask_as("user-1", web.agents, GET("/v1/whoami"), text, sizeof(text)), 403);
	assert_int_equal(ask_grant(), 201);
	assert_non_null(strstr(text, "\"state\":\"granted\""));
	assert_int_equal(ask_as("agent-1", web.agents, GET("/v1/requests/1"), text, sizeof(text)),
			 200);
	assert_int_equal(ask_as("agent-1", web.agents, GET("/v1/grants"), text, sizeof(text)), 200);
	assert_int_equal(ask_as("agent-1", web.agents, GET("/v1/denials"), text, sizeof(text)),
			 200);
	assert_int_equal(
		ask_as("operator-1", web.operators, GET("/v1/requests"), text, sizeof(text)), 200);
	assert_non_null(strstr(text, "CHG-1"));
	assert_int_equal(ask_as("operator-1", web.operators, GET("/v1/grants?live=true"), text,
				sizeof(text)),
			 200);
	assert_int_equal(
		ask_as("operator-1", web.operators, GET("/metrics"), text, sizeof(text)), 200);
	assert_non_null(strstr(text, "\nwrit_requests_total 1\n"));
	assert_non_null(strstr(text, "\nwrit_grants_issued_total{playbook=\"rotate\"} 1\n"));
	assert_int_equal(ask_as("agent-1", web.agents, GET("/metrics"), text, sizeof(text)), 404);
	assert_int_equal(end_by(SIGTERM), 0);
}

static void want_textfile(const char *where)
{
	(void)snprintf(node, sizeof(node),
		       "---\napiVersion: writ/v1\nkind: Node\nname: n\nenvironment: production\n"
		       "metrics: {textfile: %s/%s/writ.prom, interval: 1s}\n",
		       directory, where);
	assert_int_equal(write_policy(""), 0);
}

/* What is in @where/writ.prom, in `text`; waits for it. Each look finds all of it, or none. */
static void look_at_textfile(const char *where, const char *part)
{
	char path[96];
	struct stat status;

	(void)snprintf(path, sizeof(path), "%s/%s/writ.prom", directory, where);
	for (int i = 0; i < 3000; i++) {
		FILE *file = fopen(path, "re");
		size_t len = file ? fread(text, 1, sizeof(text) - 1, file) : 0;

		text[len] = '\0';
		if (file) {
			assert_int_equal(fstat(fileno(file), &status), 0);
			assert_int_equal(status.st_mode & 07777, 0644);
			(void)fclose(file);
			assert_non_null(strstr(text, "# TYPE writ_environment_grants_with_"
						     "approver_total counter\n"));
		}
		if (strstr(text, part))
			return;
		(void)usleep(10000);
	}
	fail_msg("%s never has %s", path, part);
}

/* Confined, and with a mask that would keep it from others. */
static void metrics_are_a_file(void **state)
{
	char command[128];
	mode_t mask = umask(077);

	(void)state;
	(void)snprintf(command, sizeof(command), "mkdir -m 777 %1$s/out && chmod 777 %1$s/out",
		       directory);
	assert_int_equal(system(command), 0);
	(void)umask(022);
	want_textfile("out");
	(void)umask(077);
	start(NOBODY);
	(void)umask(mask);
	look_at_textfile("out", "\nwrit_requests_total 0\n");
	assert_int_equal(ask_grant(), 201);
	look_at_textfile("out", "\nwrit_requests_total 1\n");
	assert_int_equal(end_by(SIGTERM), 0);
	(void)snprintf(command, sizeof(command), "[ $(ls -A %s/out) = writ.prom ]", directory);
	assert_int_equal(system(command), 0);
}

static void tell_policy(void)
{
	const struct writ_reply notice = {.version = WRIT_CONTROL_VERSION,
					  .type = WRIT_REPLY_NOTICE,
					  .notice.notice = WRIT_NOTICE_POLICY};

	send_row(&notice);
}

/* The sandbox has not the other directory: writd starts another broker. */
static void a_textfile_elsewhere_needs_another_broker(void **state)
{
	char command[128];

	(void)state;
	(void)snprintf(command, sizeof(command), "mkdir -m 777 %1$s/out && chmod 777 %1$s/out",
		       directory);
	assert_int_equal(system(command), 0);
	want_textfile("out");
	start(NOBODY);
	look_at_textfile("out", "writ_info");
	want_textfile("ledger");
	tell_policy();
	assert_int_equal(finish(), 0);
	start(NOBODY);
	look_at_textfile("ledger", "writ_info");
	node[0] = '\0'; /* none: this broker stays */
	assert_int_equal(write_policy(""), 0);
	tell_policy();
	assert_int_equal(ask_as("agent-1", web.agents, GET("/v1/whoami"), text, sizeof(text)), 200);
	assert_int_equal(end_by(SIGTERM), 0);
}

static bool status_says(const char *line)
{
	char path[64];
	char bytes[8192];
	FILE *file;
	size_t len;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "re");
	assert_non_null(file);
	len = fread(bytes, 1, sizeof(bytes) - 1, file);
	(void)fclose(file);
	bytes[len] = '\0';
	return strstr(bytes, line) != NULL;
}

/* As the kernel says it, and so whoever asks. */
static void it_has_given_up_its_rights(void **state)
{
	(void)state;
	start(NOBODY);
	assert_int_equal(ask_as("agent-1", web.agents, GET("/v1/whoami"), text, sizeof(text)), 200);
	assert_true(status_says("\nCapPrm:\t0000000000000000\n"));
	assert_true(status_says("\nCapEff:\t0000000000000000\n"));
	assert_true(status_says("\nNoNewPrivs:\t1\n"));
	assert_true(status_says("\nSeccomp:\t2\n"));
	assert_false(status_says("\nUid:\t0\t"));
	assert_int_equal(end_by(SIGTERM), 0);
}

static void notice(enum writ_notice what, uint32_t state)
{
	struct writ_reply row = {.version = WRIT_CONTROL_VERSION, .type = WRIT_REPLY_NOTICE};

	row.notice.notice = what;
	row.notice.grant = 5;
	row.notice.end = WRIT_END_REVOKED;
	row.notice.time_ns = writ_time_boot();
	if (what == WRIT_NOTICE_PROPOSAL)
		fill_proposal(&row.notice.proposal, core.ledger, state);
	send_row(&row);
}

static void who_waits_for_people_is_told(void **state)
{
	int fd;

	(void)state;
	core.waits = true;
	start(NOBODY);
	assert_int_equal(ask_grant(), 202);
	assert_non_null(strstr(text, "\"state\":\"pending\""));
	fd = connect_as("agent-1", web.agents);
	say(fd, GET("/v1/requests/1?wait=60"));
	assert_int_equal(ask_as("agent-1", web.agents, GET("/v1/whoami"), text, sizeof(text)), 200);
	notice(WRIT_NOTICE_PROPOSAL, WRIT_PROPOSAL_READY);
	assert_int_equal(hear(fd, text, sizeof(text)), 200);
	assert_non_null(strstr(text, "\"state\":\"granted\""));
	(void)close(fd);
	notice(WRIT_NOTICE_GRANT, 0);
	do
		assert_int_equal(
			ask_as("operator-1", web.operators, GET("/v1/grants"), text, sizeof(text)),
			200);
	while (!strstr(text, "\"end\":\"revoked\"")); /* the notice is on its way */
	assert_int_equal(end_by(SIGTERM), 0);
}

static void a_policy_that_is_refused_gives_nothing(void **state)
{
	(void)state;
	assert_int_equal(write_policy("nonsense: 1\n"), 0);
	start(NOBODY);
	assert_int_equal(ask_grant(), 503);
	assert_non_null(strstr(text, "\"reason\":\"policy\""));
	assert_int_equal(write_policy(""), 0);
	notice(WRIT_NOTICE_POLICY, 0);
	while (ask_grant() != 201)
		; /* the notice is on its way */
	assert_int_equal(end_by(SIGTERM), 0);
}

static void in_shell(const char *script)
{
	char command[512];

	(void)snprintf(command, sizeof(command), "D=%s; %s", directory, script);
	assert_int_equal(system(command), 0);
}

/* Its sandbox knows directories, and this is another one. */
static void a_policy_is_replaced_as_a_whole(void **state)
{
	(void)state;
	assert_int_equal(write_policy("nonsense: 1\n"), 0);
	start(NOBODY);
	assert_int_equal(ask_grant(), 503);
	in_shell("mv $D/policy $D/before && mkdir -m 755 $D/policy");
	assert_int_equal(write_policy(""), 0);
	notice(WRIT_NOTICE_POLICY, 0);
	while (ask_grant() != 201)
		; /* the notice is on its way */
	assert_int_equal(end_by(SIGTERM), 0);
}

/* A link that leads elsewhere: only another process can follow it. */
static void a_policy_out_of_reach_ends_it(void **state)
{
	(void)state;
	start(NOBODY);
	assert_int_equal(ask_grant(), 201);
	in_shell("cp -a $D ${D}-b && rm -r $D/policy && ln -s ${D}-b/policy $D/");
	notice(WRIT_NOTICE_POLICY, 0);
	assert_int_equal(finish(), 0);
	start(NOBODY);
	assert_int_equal(ask_as("agent-1", web.agents, GET("/v1/whoami"), text, sizeof(text)), 200);
	assert_non_null(strstr(text, "\"playbook\":\"rotate\""));
	assert_int_equal(end_by(SIGTERM), 0);
	in_shell("rm -r ${D}-b");
}

static void the_cores_end_is_its_own(void **state)
{
	(void)state;
	start(NOBODY);
	assert_int_equal(ask_as("agent-1", web.agents, GET("/v1/whoami"), text, sizeof(text)), 200);
	(void)shutdown(web.core, SHUT_RDWR);
	assert_int_equal(finish(), 1);
}

/* The core has issued, and the broker dies before it is told. */
static void what_was_issued_is_found_again(void **state)
{
	(void)state;
	core.dies = true;
	start(NOBODY);
	assert_int_equal(ask_grant(), 503);
	assert_int_equal(finish(), 1);
	assert_int_equal(core.grant.grant.info.id, 5);
	core.dies = false;
	start(NOBODY);
	assert_int_equal(ask_as("agent-1", web.agents, GET("/v1/requests/1"), text, sizeof(text)),
			 200);
	assert_non_null(strstr(text, "\"state\":\"granted\""));
	assert_int_equal(end_by(SIGKILL), 1000 + SIGKILL);
	memset(&core.grant, 0, sizeof(core.grant)); /* and over, while no broker ran */
	start(NOBODY);
	assert_int_equal(ask_as("operator-1", web.operators, GET("/v1/grants"), text, sizeof(text)),
			 200);
	assert_non_null(strstr(text, "\"end\":\"revoked\""));
}

static void root_does_not_run_it(void **state)
{
	(void)state;
	if (getuid())
		skip();
	start(0);
	assert_int_equal(finish(), 1);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(agents_and_operators_are_served),
		CASE(metrics_are_a_file),
		CASE(a_textfile_elsewhere_needs_another_broker),
		CASE(it_has_given_up_its_rights),
		CASE(who_waits_for_people_is_told),
		CASE(a_policy_that_is_refused_gives_nothing),
		CASE(a_policy_is_replaced_as_a_whole),
		CASE(a_policy_out_of_reach_ends_it),
		CASE(the_cores_end_is_its_own),
		CASE(what_was_issued_is_found_again),
		CASE(root_does_not_run_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
