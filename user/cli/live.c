/* SPDX-License-Identifier: Apache-2.0 */
/* See live.h. The place in the log is the chain of the last line that was given out. */
#include "cli/live.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "trail/chain.h"
#include "writ/control.h"

#define CHAIN_DIGITS (2 * WRIT_CHAIN_SIZE)
#define RETRY_NS 200000000L
#define BEGUN "\"type\":\"forward\",\"event\":\"begun\"" /* quotes within a string are escaped */
#define REFUSED "{\"type\":\"forward\",\"event\":\"refused\""

struct live {
	writ_live_take *take;
	void *context;
	char chain[CHAIN_DIGITS + 1]; /* "": no line yet */
	char *line;
	size_t size;
	bool any; /* of this connection */
};

/* Beside the control socket. */
static int find_socket(const struct writ_cli *cli, struct sockaddr_un *ret)
{
	const char *control = cli->socket ? cli->socket : getenv("WRIT_SOCKET");
	char copy[PATH_MAX];

	*ret = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (!control || !*control) {
		(void)strcpy(ret->sun_path, WRIT_AUDIT_SOCKET);
		return 0;
	}
	(void)snprintf(copy, sizeof(copy), "%s", control);
	return (size_t)snprintf(ret->sun_path, sizeof(ret->sun_path), "%s/audit.sock",
				dirname(copy)) < sizeof(ret->sun_path)
		       ? 0
		       : -ENAMETOOLONG;
}

static int subscribe(const struct live *live, const struct sockaddr_un *address, FILE **ret)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char ask[CHAIN_DIGITS + 32];
	int len = *live->chain
			  ? snprintf(ask, sizeof(ask), "{\"after\":\"%s\"}\n", live->chain)
			  : snprintf(ask, sizeof(ask), "{}\n");

	if (fd < 0 || connect(fd, (const struct sockaddr *)address, sizeof(*address)) ||
	    send(fd, ask, (size_t)len, MSG_NOSIGNAL) != len)
		return -errno;
	*ret = fdopen(fd, "re");
	if (!*ret)
		return -ENOMEM;
	(void)take_fd(&fd);
	return 0;
}

/* Keeps where it is. False: the line says that and nothing else. */
static bool keep_chain(struct live *live, const char *line, size_t len)
{
	const char *begun = strstr(line, BEGUN), *end = line + len - strlen("\"}\n");
	struct writ_chain chain;

	if (!begun && writ_chain_read(line, len, &chain))
		return true; /* another word of writ-forward's */
	if (end - line >= (ptrdiff_t)CHAIN_DIGITS)
		memcpy(live->chain, end - CHAIN_DIGITS, CHAIN_DIGITS);
	return !begun;
}

/* 0: the connection has ended; -EUSERS; or what `take` said. */
static int read_lines(struct live *live, FILE *from)
{
	ssize_t len;
	int enough = 0;

	live->any = false;
	while (!enough && (len = getline(&live->line, &live->size, from)) > 0) {
		if (live->line[len - 1] != '\n')
			return 0; /* cut: it comes again */
		if (!strncmp(live->line, REFUSED, sizeof(REFUSED) - 1))
			return -EUSERS;
		live->any = true;
		if (!keep_chain(live, live->line, (size_t)len))
			continue;
		live->line[len - 1] = '\0';
		enough = live->take(live->context, live->line, (size_t)len - 1);
	}
	return enough;
}

static int follow(struct live *live, const struct sockaddr_un *address)
{
	bool met = false;

	for (;;) {
		_cleanup_fclose_ FILE *from = NULL;
		int err = subscribe(live, address, &from);

		if (err && !met)
			return err;
		if (!err) {
			met = true;
			err = read_lines(live, from);
			if (err)
				return err;
		}
		if (err || !live->any)
			(void)nanosleep(&(const struct timespec){.tv_nsec = RETRY_NS}, NULL);
	}
}

int writ_live_follow(const struct writ_cli *cli, writ_live_take *take, void *context)
{
	struct live live = {.take = take, .context = context};
	struct sockaddr_un address;
	int err = find_socket(cli, &address);

	if (!err)
		err = follow(&live, &address);
	free(live.line);
	return err;
}
