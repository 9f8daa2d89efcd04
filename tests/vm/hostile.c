// SPDX-License-Identifier: Apache-2.0
/*
 * A broker that was taken over: started by writd as writ-broker, as the user `writ`, with the
 * channel to the core and both listeners. Whoever connects to it gives it orders, one a message,
 * and it does them with that connection, as it could with any that a client makes:
 *   VERB [KEY=VALUE...]  asks the core: propose, issue, approve, thaw ... or a number; keys: agent
 *                        playbook ticket parameter (NAME:VALUE) ttl (s) ledger proposal grant flags
 *                        with (mine: the connection at hand, own: one that it makes to agent.sock
 *                        itself, end: the other end of that, none)
 *   open FLAGS PATH, unlink PATH, object PATH, maps, trace, kill, memory, garbage
 * It answers with ok or the error, then what rows say.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "writ/control.h"

#define CHANNEL 3
#define AGENTS 4
#define OPERATORS 5
#define CLIENTS 8
#define ANSWER_SIZE 4000u

static char answer[ANSWER_SIZE];

static const struct {
	const char *word;
	__u32 verb;
} verbs[] = {
	{"propose", WRIT_VERB_PROPOSE}, {"issue", WRIT_VERB_ISSUE},
	{"approve", WRIT_VERB_APPROVE}, {"refuse", WRIT_VERB_REFUSE},
	{"withdraw", WRIT_VERB_WITHDRAW},
	{"revoke", WRIT_VERB_REVOKE},	{"apply", WRIT_VERB_APPLY},
	{"unload", WRIT_VERB_UNLOAD},	{"exec", WRIT_VERB_EXEC},
	{"enter", WRIT_VERB_ENTER},	{"done", WRIT_VERB_DONE},
	{"freeze", WRIT_VERB_FREEZE},	{"thaw", WRIT_VERB_THAW},
	{"resume", WRIT_VERB_RESUME},	{"attest", WRIT_VERB_ATTEST},
	{"enrolled", WRIT_VERB_ENROLLED}, {"record", WRIT_VERB_RECORD},
};

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void say(const char *format, ...)
{
	size_t used = strlen(answer);
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(answer + used, sizeof(answer) - used, format, arguments);
	va_end(arguments);
}

static void say_result(int failed)
{
	say("%s", failed ? strerrorname_np(errno) : "ok");
}

/* A connection of its own to agent.sock; both ends. */
static int connect_self(int *ret_end)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = WRIT_AGENT_SOCKET};

	*ret_end = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*ret_end < 0 || connect(*ret_end, (const struct sockaddr *)&address, sizeof(address)))
		return -1;
	return accept4(AGENTS, NULL, NULL, SOCK_CLOEXEC);
}

static int choose(const char *with, int mine)
{
	int end = -1, own;

	if (!strcmp(with, "none"))
		return -1;
	if (!strcmp(with, "mine"))
		return mine;
	own = connect_self(&end);
	return strcmp(with, "end") ? own : end;
}

static int send_request(const struct writ_request *request, int passed)
{
	char control[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec bytes = {(void *)request, sizeof(*request)};
	struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1};
	struct cmsghdr *header;

	if (passed >= 0) {
		message.msg_control = control;
		message.msg_controllen = sizeof(control);
		header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(header), &passed, sizeof(int));
	}
	return sendmsg(CHANNEL, &message, MSG_NOSIGNAL) < 0 ? -1 : 0;
}

static void put_row(const struct writ_reply *reply, char *rows, size_t size)
{
	size_t used = strlen(rows);
	const struct writ_proposal_row *proposal = &reply->proposal;
	const struct writ_grant_info *info = &reply->grant.info;

	if (reply->type == WRIT_REPLY_PROPOSAL)
		(void)snprintf(rows + used, size - used,
			       " proposal=%llu state=%u given=%u of=%u seconds=%llu",
			       (unsigned long long)proposal->proposal, proposal->state,
			       proposal->given, proposal->needed,
			       (unsigned long long)proposal->ttl_ns / 1000000000);
	else if (reply->type == WRIT_REPLY_GRANT)
		(void)snprintf(rows + used, size - used,
			       " grant=%llu of=%s playbook=%s seconds=%llu %s",
			       (unsigned long long)info->id, info->agent_name, info->playbook,
			       (unsigned long long)(info->expires - info->not_before) / 1000000000,
			       info->parameters);
	else if (reply->type == WRIT_REPLY_ATTEST)
		(void)snprintf(rows + used, size - used, " agent=%s operator=%u",
			       reply->attest.agent, reply->attest.is_operator);
}

/* The next row that the core has sent; NULL: it has closed. */
static const struct writ_reply *next_row(void)
{
	static struct writ_reply packet[WRIT_REPLIES_PER_PACKET];
	static size_t rows, taken;

	if (taken == rows) {
		ssize_t len = recv(CHANNEL, packet, sizeof(packet), 0);

		rows = len > 0 ? (size_t)len / sizeof(packet[0]) : 0;
		taken = 0;
	}
	return taken < rows ? &packet[taken++] : NULL;
}

static void collect(void)
{
	static char rows[ANSWER_SIZE / 2];
	const struct writ_reply *reply;

	rows[0] = '\0';
	while ((reply = next_row())) {
		if (reply->type != WRIT_REPLY_END) {
			put_row(reply, rows, sizeof(rows));
			continue;
		}
		say("%s%s %.600s", reply->code ? strerrorname_np(-reply->code) : "ok", rows,
		    reply->error);
		return;
	}
	say("closed");
}

static void take_parameter(struct writ_request *request, const char *pair)
{
	struct writ_parameter *parameter = &request->parameters[request->n_parameters];
	const char *colon = strchr(pair, ':');

	if (!colon || request->n_parameters == WRIT_PARAMETERS_MAX)
		return;
	request->n_parameters++;
	(void)snprintf(parameter->name, sizeof(parameter->name), "%.*s", (int)(colon - pair), pair);
	(void)snprintf(parameter->value, sizeof(parameter->value), "%s", colon + 1);
}

static void take_word(struct writ_request *request, const char *key, const char *value)
{
	__u64 number = strtoull(value, NULL, 10);

	if (!strcmp(key, "agent"))
		(void)snprintf(request->agent, sizeof(request->agent), "%s", value);
	else if (!strcmp(key, "playbook"))
		(void)snprintf(request->playbook, sizeof(request->playbook), "%s", value);
	else if (!strcmp(key, "ticket"))
		(void)snprintf(request->ticket, sizeof(request->ticket), "%s", value);
	else if (!strcmp(key, "parameter"))
		take_parameter(request, value);
	else if (!strcmp(key, "ttl"))
		request->ttl_ns = number * 1000000000;
	else if (!strcmp(key, "ledger"))
		request->ledger = number;
	else if (!strcmp(key, "proposal"))
		request->proposal = number;
	else if (!strcmp(key, "grant"))
		request->grant = number;
	else if (!strcmp(key, "refusal"))
		request->refusal = (__u32)number;
	else if (!strcmp(key, "flags"))
		request->flags = (__u32)number;
}

/* The same once more, without a word of it. */
static int repeat(const struct writ_request *request, int passed)
{
	const struct writ_reply *reply;

	if (send_request(request, passed))
		return -1;
	while ((reply = next_row()))
		if (reply->type == WRIT_REPLY_END)
			return 0;
	return -1;
}

/* The rest of the order, which strtok_r() has begun. */
static void ask(__u32 verb, char *save, int mine)
{
	static struct writ_request request;
	const char *with = "none";
	unsigned long times = 1;

	request = (struct writ_request){.version = WRIT_CONTROL_VERSION, .verb = verb};
	for (char *word = strtok_r(NULL, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		char *value = strchr(word, '=');

		if (!value)
			continue;
		*value++ = '\0';
		if (!strcmp(word, "with"))
			with = value;
		else if (!strcmp(word, "times"))
			times = strtoul(value, NULL, 10);
		else
			take_word(&request, word, value);
	}
	while (times > 1 && !repeat(&request, choose(with, mine)))
		times--;
	if (send_request(&request, choose(with, mine)))
		say_result(1);
	else
		collect();
}

static int open_file(const char *flags, const char *path)
{
	int how = strchr(flags, 'w') ? O_RDWR : O_RDONLY;

	return open(path, how | (strchr(flags, 'c') ? O_CREAT : 0) | O_CLOEXEC, 0600);
}

/* Any map of the kernel's by its id, or a pinned object by its path. */
static long take_object(const char *path)
{
	union bpf_attr attr = {0};

	if (path) {
		attr.pathname = (__u64)(unsigned long)path;
		return syscall(__NR_bpf, BPF_OBJ_GET, &attr, sizeof(attr));
	}
	for (__u32 id = 1; id < 4096; id++) {
		attr.map_id = id;
		if (syscall(__NR_bpf, BPF_MAP_GET_FD_BY_ID, &attr, sizeof(attr)) >= 0)
			return 0;
		if (errno != ENOENT)
			return -1;
	}
	return -1;
}

static int memory_of_core(void)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/mem", getppid());
	return open_file("w", path);
}

static void act(const char *word, const char *first, const char *second)
{
	if (!strcmp(word, "open") && second)
		say_result(open_file(first, second) < 0);
	else if (!strcmp(word, "unlink") && first)
		say_result(unlink(first) != 0);
	else if (!strcmp(word, "object") && first)
		say_result(take_object(first) < 0);
	else if (!strcmp(word, "maps"))
		say_result(take_object(NULL) < 0);
	else if (!strcmp(word, "trace"))
		say_result(ptrace(PTRACE_SEIZE, getppid(), NULL, NULL) != 0);
	else if (!strcmp(word, "kill"))
		say_result(kill(getppid(), SIGKILL) != 0);
	else if (!strcmp(word, "memory"))
		say_result(memory_of_core() < 0);
	else if (!strcmp(word, "garbage"))
		say_result(send(CHANNEL, "garbage", 7, MSG_NOSIGNAL) < 0);
	else
		say("nonsense");
}

static void obey(char *order, int mine)
{
	char *save = NULL, *word = strtok_r(order, " ", &save), *first;

	answer[0] = '\0';
	for (size_t i = 0; word && i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (!strcmp(verbs[i].word, word)) {
			ask(verbs[i].verb, save, mine);
			return;
		}
	first = word ? strtok_r(NULL, " ", &save) : NULL;
	act(word ? word : "", first, first ? strtok_r(NULL, " ", &save) : NULL);
}

/* False: the connection has ended. */
static int serve(int fd)
{
	char order[1024];
	ssize_t n = recv(fd, order, sizeof(order) - 1, 0);

	if (n <= 0)
		return 0;
	order[n] = '\0';
	obey(order, fd);
	return send(fd, answer, strlen(answer), MSG_NOSIGNAL) > 0;
}

/* Notices are thrown away. False: the core is gone. */
static int hear_core(void)
{
	static struct writ_reply reply;

	return recv(CHANNEL, &reply, sizeof(reply), MSG_DONTWAIT) > 0 || errno == EAGAIN;
}

int main(void)
{
	struct pollfd fds[3 + CLIENTS] = {
		{CHANNEL, POLLIN, 0}, {AGENTS, POLLIN, 0}, {OPERATORS, POLLIN, 0}};
	nfds_t n = 3;

	while (poll(fds, n, -1) > 0) {
		if (fds[0].revents && !hear_core())
			return 0;
		for (nfds_t i = n; i-- > 3;)
			if (fds[i].revents && !serve(fds[i].fd)) {
				(void)close(fds[i].fd);
				fds[i] = fds[--n];
			}
		for (int i = 1; i < 3; i++)
			if (fds[i].revents && n < 3 + CLIENTS) {
				fds[n] = (struct pollfd){accept(fds[i].fd, NULL, NULL), POLLIN, 0};
				n += fds[n].fd >= 0;
			}
	}
	return 1;
}
