/* SPDX-License-Identifier: Apache-2.0 */
/* See control.h. Whatever sits behind the socket is not trusted to end its strings or its rows. */
#include "cli/control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "cli/command.h"
#include "lib/cleanup.h"

struct writ_request writ_control_request(enum writ_verb verb)
{
	return (struct writ_request){.version = WRIT_CONTROL_VERSION, .verb = verb};
}

int writ_control_field(const struct writ_cli *cli, const char *what, const char *text, char *field,
		       size_t size)
{
	size_t len = strlen(text);

	if (!len)
		return writ_options_usage(cli, "%s is empty", what);
	if (len >= size)
		return writ_options_usage(cli, "%s has %zu bytes: at most %zu fit", what, len,
					  size - 1);
	memcpy(field, text, len + 1);
	return WRIT_EXIT_OK;
}

int writ_control_number(const struct writ_cli *cli, const char *what, const char *where,
			const char *word, __u64 *ret_number)
{
	char *end = NULL;
	unsigned long long number;

	errno = 0;
	number = strtoull(word, &end, 10);
	if (*word < '0' || *word > '9' || *end || errno || !number)
		return writ_options_usage(cli, "'%s' is no %s's number: see '%s'", word, what,
					  where);
	*ret_number = number;
	return WRIT_EXIT_OK;
}

int writ_control_grant(const struct writ_cli *cli, const char *word, __u64 *ret_grant)
{
	return writ_control_number(cli, "grant", "writ grants", word, ret_grant);
}

void writ_control_release(struct writ_answer *answer)
{
	free(answer->rows);
	*answer = (struct writ_answer){0};
}

static const char *socket_path(const struct writ_cli *cli)
{
	const char *path = cli->socket ? cli->socket : getenv("WRIT_SOCKET");

	return path && *path ? path : WRIT_CONTROL_SOCKET;
}

static int cannot_connect(const struct writ_cli *cli, const char *path, int err)
{
	switch (err) {
	case -EACCES:
	case -EPERM:
		if (!geteuid())
			return writ_options_fail(
				cli, WRIT_EXIT_NOT_PERMITTED,
				"no permission for writd's socket %s, though this is root: it is "
				"closed to agents. Have an operator or a supervisor outside of "
				"every agent run 'writ %s'",
				path, cli->verb ? cli->verb : "...");
		return writ_options_fail(cli, WRIT_EXIT_NOT_PERMITTED,
					 "no permission for writd's socket %s: run this as root, "
					 "with sudo for example, or as a member of the "
					 "operators' group",
					 path);
	case -ENOENT:
	case -ECONNREFUSED:
		return writ_options_fail(cli, WRIT_EXIT_UNREACHABLE,
					 "no writd answers on %s: is it running? "
					 "'systemctl start writd', or see 'writd --check'",
					 path);
	case -EAGAIN:
		return writ_options_fail(cli, WRIT_EXIT_UNREACHABLE,
					 "writd at %s took no request for %d s: see its log", path,
					 WRIT_CONTROL_TIMEOUT_SECONDS);
	}
	return writ_options_fail(cli, WRIT_EXIT_UNREACHABLE, "can't reach writd at %s: %s", path,
				 strerror(-err));
}

static int open_socket(const char *path, int *ret_fd)
{
	const struct timeval patience = {.tv_sec = WRIT_CONTROL_TIMEOUT_SECONDS};
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (fd < 0)
		return -errno;
	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	(void)strcpy(address.sun_path, path);
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)))
		return -errno;
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)))
		return -errno;
	*ret_fd = take_fd(&fd);
	return 0;
}

#define END(field) ((field)[sizeof(field) - 1] = '\0')

static void end_grant(struct writ_grant_info *info)
{
	END(info->agent_name);
	END(info->role_name);
	END(info->playbook);
	END(info->ticket);
	END(info->operator_name);
	END(info->sponsor);
	END(info->approvers);
	END(info->parameters);
}

static void end_proposal(struct writ_proposal_row *row)
{
	END(row->agent);
	END(row->role);
	END(row->playbook);
	END(row->ticket);
	END(row->sponsor);
	END(row->requester);
	END(row->reason);
	END(row->parameters);
	END(row->approvers);
	END(row->answer);
}

static void end_status(struct writ_status_row *status)
{
	END(status->environment);
	END(status->version);
	END(status->policy);
	END(status->audit_log);
	END(status->not_attached);
	END(status->lsm);
}

static void end_strings(struct writ_reply *reply)
{
	switch (reply->type) {
	case WRIT_REPLY_END:
		END(reply->error);
		break;
	case WRIT_REPLY_STATUS:
		end_status(&reply->status);
		break;
	case WRIT_REPLY_AGENT:
		END(reply->agent.name);
		END(reply->agent.role);
		END(reply->agent.environment);
		END(reply->agent.cgroup);
		break;
	case WRIT_REPLY_GRANT:
		end_grant(&reply->grant.info);
		break;
	case WRIT_REPLY_EXEC:
		END(reply->exec.agent);
		END(reply->exec.cgroup);
		END(reply->exec.env);
		break;
	case WRIT_REPLY_SINK:
		END(reply->sink.name);
		END(reply->sink.type);
		END(reply->sink.error);
		break;
	case WRIT_REPLY_PROPOSAL:
		end_proposal(&reply->proposal);
		break;
	}
}

/* The row type that answers a verb; WRIT_REPLY_END: none. */
static enum writ_reply_type row_type(__u32 verb)
{
	switch (verb) {
	case WRIT_VERB_STATUS:
	case WRIT_VERB_APPLY:
		return WRIT_REPLY_STATUS;
	case WRIT_VERB_AGENTS:
		return WRIT_REPLY_AGENT;
	case WRIT_VERB_GRANTS:
	case WRIT_VERB_REVOKE:
		return WRIT_REPLY_GRANT;
	case WRIT_VERB_EXEC:
		return WRIT_REPLY_EXEC;
	case WRIT_VERB_SINKS:
		return WRIT_REPLY_SINK;
	case WRIT_VERB_PROPOSALS:
	case WRIT_VERB_APPROVE:
	case WRIT_VERB_REFUSE:
		return WRIT_REPLY_PROPOSAL;
	}
	return WRIT_REPLY_END;
}

static int receive(const struct writ_cli *cli, int fd, struct writ_reply *ret)
{
	ssize_t len;

	do
		len = recv(fd, ret, sizeof(*ret), MSG_TRUNC);
	while (len < 0 && errno == EINTR);
	if (len < 0 && errno == EAGAIN)
		return writ_options_fail(cli, WRIT_EXIT_UNREACHABLE,
					 "writd gave no answer for %d s: see its log",
					 WRIT_CONTROL_TIMEOUT_SECONDS);
	if (len < 0)
		return writ_options_fail(cli, WRIT_EXIT_UNREACHABLE, "can't read from writd: %s",
					 strerror(errno));
	if (len == 0)
		return writ_options_fail(cli, WRIT_EXIT_UNREACHABLE,
					 "writd closed the connection in mid-answer: see its log");
	if ((size_t)len != sizeof(*ret) || ret->version != WRIT_CONTROL_VERSION)
		return writ_options_fail(cli, WRIT_EXIT_UNREACHABLE,
					 "writd and this writ (%s) are of different versions: "
					 "install the same one, then restart writd",
					 WRIT_VERSION);
	end_strings(ret);
	return WRIT_EXIT_OK;
}

static int finish(const struct writ_cli *cli, const struct writ_reply *end)
{
	bool permitted = end->code != -EPERM; /* -EACCES: policy says no, whoever asks */

	if (!end->code)
		return WRIT_EXIT_OK;
	return writ_options_fail(cli, permitted ? WRIT_EXIT_FAILED : WRIT_EXIT_NOT_PERMITTED, "%s",
				 *end->error ? end->error : strerror(-end->code));
}

static int append(struct writ_answer *answer, const struct writ_reply *row)
{
	struct writ_reply *rows = answer->rows;

	if (!(answer->count & (answer->count - 1))) { /* 0 or a power of two: full */
		rows = reallocarray(rows, answer->count ? 2 * answer->count : 1, sizeof(*rows));
		if (!rows)
			return -ENOMEM;
		answer->rows = rows;
	}
	rows[answer->count++] = *row;
	return 0;
}

static int collect(const struct writ_cli *cli, int fd, enum writ_reply_type type,
		   struct writ_answer *answer)
{
	struct writ_reply reply = {0};
	int err;

	while (true) {
		err = receive(cli, fd, &reply);
		if (err)
			return err;
		if (reply.type == WRIT_REPLY_END)
			return finish(cli, &reply);
		if (reply.type != type || answer->count == WRIT_CONTROL_ROWS_MAX)
			return writ_options_fail(cli, WRIT_EXIT_UNREACHABLE,
						 "writd sent what wasn't asked for (row type %u)",
						 reply.type);
		if (append(answer, &reply))
			return writ_options_fail(cli, WRIT_EXIT_FAILED, "out of memory");
	}
}

int writ_control_ask(const struct writ_cli *cli, const struct writ_request *request,
		     struct writ_answer *ret)
{
	_cleanup_answer_ struct writ_answer answer = {0};
	const char *path = socket_path(cli);
	_cleanup_close_ int fd = -1;
	int err;

	err = open_socket(path, &fd);
	if (!err && send(fd, request, sizeof(*request), MSG_NOSIGNAL) < 0)
		err = -errno;
	if (err)
		return cannot_connect(cli, path, err);
	err = collect(cli, fd, row_type(request->verb), &answer);
	if (err)
		return err;
	*ret = answer;
	answer = (struct writ_answer){0};
	return WRIT_EXIT_OK;
}

int writ_control_list(struct writ_cli *cli, enum writ_verb verb, int argc, char **argv,
		      struct writ_answer *ret)
{
	const struct writ_option options[] = {WRIT_OPTIONS_COMMON(cli), {0}};
	const struct writ_request request = writ_control_request(verb);
	int err = writ_options_only(cli, options, argc, argv);

	return err ? err : writ_control_ask(cli, &request, ret);
}
