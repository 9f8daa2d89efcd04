/* SPDX-License-Identifier: Apache-2.0 */
/* See live.h: a thread for each connection. */
#include "forward/live.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "forward/follower.h"
#include "forward/live_ask.h"
#include "forward/note.h"
#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/time.h"

#define SEND_SIZE (32 << 10)  /* of a connection's buffer in the kernel; */
#define LAST_SIZE (200 << 10) /* and for the last line, when that is full */
#define LOOK_MS 1000
#define IDLE_MS 1000

struct subscriber {
	struct writ_live *live;
	pthread_t thread;
	int fd; /* -1: the place is free */
	bool over;
	struct writ_live_ask ask;
	struct writ_follower *follower;
};

struct writ_live {
	const struct writ_sink_common *common;
	struct writ_forward_row *row;
	int listener;
	struct subscriber subscribers[WRIT_LIVE_MAX];
};

int writ_live_open(const struct writ_sink_common *common, int listener,
		   struct writ_forward_row *row, struct writ_live **ret)
{
	struct writ_live *live;
	int accepts = 0;
	socklen_t len = sizeof(accepts);

	if (getsockopt(listener, SOL_SOCKET, SO_ACCEPTCONN, &accepts, &len) || !accepts)
		return -ENOTSOCK;
	live = calloc(1, sizeof(*live));
	if (!live)
		return -ENOMEM;
	live->common = common;
	live->row = row;
	live->listener = listener;
	for (size_t i = 0; i < WRIT_LIVE_MAX; i++)
		live->subscribers[i].fd = -1;
	writ_page_state(row, WRIT_FORWARD_CURRENT);
	*ret = live;
	return 0;
}

/* --- a subscriber's thread -------------------------------------------------------------- */

/* By how much the log has grown behind @place since it had @before bytes there. */
static uint64_t growth(struct subscriber *subscriber, const struct writ_place *place,
		       uint64_t before)
{
	uint64_t lines, bytes;

	writ_meter_behind(subscriber->live->common->meter, place, &lines, &bytes);
	return bytes > before ? bytes - before : 0;
}

/* Waits until it reads. -ETIMEDOUT: it is left behind. */
static int wait_for_reader(struct subscriber *subscriber)
{
	const uint64_t since = writ_time_boot();
	struct writ_place place;
	uint64_t lines, bytes;
	int err;

	writ_follower_place(subscriber->follower, &place);
	writ_meter_behind(subscriber->live->common->meter, &place, &lines, &bytes);
	do {
		err = writ_watch_poll(subscriber->live->common->watch, subscriber->fd, POLLOUT,
				      LOOK_MS);
		if (err != -ETIMEDOUT)
			return err;
	} while (writ_time_boot() - since < WRIT_LIVE_STALL_MS * UINT64_C(1000000) &&
		 growth(subscriber, &place, bytes) < WRIT_LIVE_STALL_BYTES);
	return err;
}

/* *@ret_sent bytes of it, also when that fails. */
static int send_bytes(struct subscriber *subscriber, const char *bytes, size_t len,
		      size_t *ret_sent)
{
	int err = 0;

	*ret_sent = 0;
	while (!err && *ret_sent < len) {
		ssize_t n = send(subscriber->fd, bytes + *ret_sent, len - *ret_sent,
				 MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n >= 0)
			*ret_sent += (size_t)n;
		else if (errno == EAGAIN)
			err = wait_for_reader(subscriber);
		else if (errno != EINTR)
			err = -errno;
	}
	return err;
}

/* Room that was kept in the kernel for this: the rest of the line, and one that says why. */
static void leave_behind(struct subscriber *subscriber, const char *rest, size_t len)
{
	const int size = LAST_SIZE;
	struct writ_place place;
	char note[WRIT_NOTE_SIZE];
	uint64_t lines, bytes;
	size_t note_len;

	writ_follower_place(subscriber->follower, &place);
	writ_meter_behind(subscriber->live->common->meter, &place, &lines, &bytes);
	note_len = writ_note_left_out("left_behind", "live", lines, bytes, note);
	writ_page_add(&subscriber->live->row->skipped_lines, lines);
	writ_page_add(&subscriber->live->row->skipped_bytes, bytes);
	(void)setsockopt(subscriber->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	if (send(subscriber->fd, rest, len, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)len)
		(void)!send(subscriber->fd, note, note_len, MSG_NOSIGNAL | MSG_DONTWAIT);
	writ_warning("a live subscriber does not read: %.*s", (int)note_len - 1, note);
}

static int give(struct subscriber *subscriber, const char *line, size_t len)
{
	size_t sent;
	int err = send_bytes(subscriber, line, len, &sent);

	if (err == -ETIMEDOUT)
		leave_behind(subscriber, line + sent, len - sent);
	if (err)
		return err;
	writ_page_add(&subscriber->live->row->sent_lines, 1);
	writ_page_add(&subscriber->live->row->sent_bytes, len);
	return 0;
}

static int give_note(struct subscriber *subscriber, enum writ_followed said)
{
	struct writ_followed_lost lost;
	char note[WRIT_NOTE_SIZE];
	size_t len;

	if (said != WRIT_FOLLOWED_LOST)
		return 0;
	writ_follower_lost(subscriber->follower, &lost);
	len = writ_note_removed("live", lost.first, lost.last, note);
	return give(subscriber, note, len);
}

/* Has the other side gone, or is the process to end? */
static bool is_gone(const struct subscriber *subscriber)
{
	struct pollfd fd = {.fd = subscriber->fd};

	return poll(&fd, 1, 0) > 0 && fd.revents & (POLLHUP | POLLERR);
}

/* Where it is, for who began at the end of the log and is cut off before it gets a line. */
static int give_place(struct subscriber *subscriber)
{
	struct writ_place place;
	char note[WRIT_NOTE_SIZE];

	writ_follower_place(subscriber->follower, &place);
	return give(subscriber, note, writ_note_begun("live", place.head, note));
}

/* What there is next. 1: nothing now. */
static int give_next(struct subscriber *subscriber)
{
	enum writ_followed said;
	const char *line;
	size_t len;
	int err = writ_follower_next(subscriber->follower, &said, &line, &len);

	if (err)
		return err == -EBADMSG ? 0 : err;
	if (said == WRIT_FOLLOWED_END)
		return 1;
	if (said != WRIT_FOLLOWED_LINE)
		return give_note(subscriber, said);
	return writ_live_wants(&subscriber->ask, line, len) ? give(subscriber, line, len) : 0;
}

static int follow(struct subscriber *subscriber)
{
	struct writ_watch *watch = subscriber->live->common->watch;
	const struct writ_live_ask *ask = &subscriber->ask;
	bool tell = !ask->start && !ask->has_after;
	int err = 0;

	while (!err && !writ_watch_stopped(watch)) {
		const uint64_t seen = writ_watch_changes(watch);
		const int next = give_next(subscriber);

		err = next < 0 ? next : 0;
		if (!err && tell)
			err = give_place(subscriber);
		tell = false;
		if (!err && next == 1) {
			err = is_gone(subscriber) ? -EPIPE : 0;
			writ_watch_wait(watch, seen, IDLE_MS);
		}
	}
	return err;
}

/* Opens the log where it wants to begin. */
static int begin(struct subscriber *subscriber)
{
	const struct writ_live_ask *ask = &subscriber->ask;
	const struct writ_sink_common *common = subscriber->live->common;
	char note[WRIT_NOTE_SIZE];
	int err = -ENOENT;

	if (ask->has_after)
		err = writ_live_after(common->log, common->watch, &ask->after,
				      &subscriber->follower);
	if (err != -ENOENT)
		return err;
	err = writ_follower_open(common->log, NULL,
				 ask->start || ask->has_after ? WRIT_FOLLOWER_OLDEST
							      : WRIT_FOLLOWER_NEWEST,
				 &subscriber->follower);
	if (!err && ask->has_after)
		err = give(subscriber, note, writ_note_again("live", note));
	return err;
}

static void *run(void *argument)
{
	struct subscriber *subscriber = argument;
	const struct writ_sink_common *common = subscriber->live->common;
	static const char bad[] = "{\"type\":\"forward\",\"event\":\"refused\",\"detail\":\"ask "
				  "with one line of JSON: from, after, agent, grant, verdict, "
				  "type\"}\n";
	int err = writ_live_ask_read(subscriber->fd, common->watch, &subscriber->ask);

	if (err == -EINVAL)
		(void)!send(subscriber->fd, bad, sizeof(bad) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (!err)
		err = begin(subscriber);
	if (!err)
		(void)follow(subscriber);
	(void)shutdown(subscriber->fd, SHUT_RDWR);
	__atomic_store_n(&subscriber->over, true, __ATOMIC_RELEASE);
	return NULL;
}

/* --- the process's thread --------------------------------------------------------------- */

static void join(struct subscriber *subscriber)
{
	(void)pthread_join(subscriber->thread, NULL);
	writ_closep(&subscriber->fd);
	writ_follower_close(subscriber->follower);
	*subscriber = (struct subscriber){.fd = -1};
}

size_t writ_live_count(const struct writ_live *live)
{
	size_t n = 0;

	for (size_t i = 0; live && i < WRIT_LIVE_MAX; i++)
		n += live->subscribers[i].fd >= 0 &&
		     !__atomic_load_n(&live->subscribers[i].over, __ATOMIC_ACQUIRE);
	return n;
}

/* A free place; those that ended are free. */
static struct subscriber *find_place(struct writ_live *live)
{
	struct subscriber *free_one = NULL;

	for (size_t i = 0; i < WRIT_LIVE_MAX; i++) {
		struct subscriber *one = &live->subscribers[i];

		if (one->fd >= 0 && __atomic_load_n(&one->over, __ATOMIC_ACQUIRE))
			join(one);
		if (one->fd < 0 && !free_one)
			free_one = one;
	}
	return free_one;
}

void writ_live_accept(struct writ_live *live)
{
	static const char full[] = "{\"type\":\"forward\",\"event\":\"refused\",\"detail\":\"too "
				   "many subscribers; end one of them\"}\n";
	_cleanup_close_ int fd = accept4(live->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct subscriber *subscriber = find_place(live);
	const int size = SEND_SIZE;
	struct ucred peer = {0};
	socklen_t len = sizeof(peer);

	if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len))
		return;
	if (!subscriber) {
		(void)!send(fd, full, sizeof(full) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
		writ_warning("live subscriber pid %d, uid %u: refused, there are %d already",
			     peer.pid, peer.uid, WRIT_LIVE_MAX);
		return;
	}
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	subscriber->live = live;
	subscriber->fd = take_fd(&fd);
	if (pthread_create(&subscriber->thread, NULL, run, subscriber)) {
		writ_closep(&subscriber->fd);
		*subscriber = (struct subscriber){.fd = -1};
		return;
	}
	writ_info("live subscriber: pid %d, uid %u", peer.pid, peer.uid);
}

void writ_live_close(struct writ_live *live)
{
	if (!live)
		return;
	for (size_t i = 0; i < WRIT_LIVE_MAX; i++)
		if (live->subscribers[i].fd >= 0)
			join(&live->subscribers[i]);
	free(live);
}
