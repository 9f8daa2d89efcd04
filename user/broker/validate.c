/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See validate.h. One slot for each that runs. The epoll descriptor only wakes: each run looks at
 * all slots, so no event can be missed or come too late for its slot. A command that has to be
 * killed is answered for at once, and keeps its slot until it is reaped.
 */
#include "broker/validate.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>

#include <jansson.h>

#include "broker/validate_child.h"
#include "lib/cleanup.h"
#include "lib/escape.h"

struct validation {
	bool used;
	bool told; /* its answer is given; it only has to be reaped */
	uint64_t request;
	uint64_t deadline; /* boot ns */
	struct writ_validate_child child;
	char output[WRIT_VALIDATE_OUTPUT_MAX + 1];
	size_t len; /* one more than the most: it said too much */
};

struct writ_validations {
	writ_validate_done *done;
	void *context;
	int epoll;
	int timer; /* goes off at the first deadline */
	struct validation running[WRIT_VALIDATIONS_MAX];
};

/* What becomes of a request, and why. */
struct answer {
	enum writ_refusal refusal;
	char message[WRIT_MESSAGE_SIZE];
};

static void __attribute__((format(printf, 3, 4)))
say(struct answer *answer, enum writ_refusal refusal, const char *format, ...)
{
	char text[WRIT_VALIDATE_OUTPUT_MAX + 64];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	answer->refusal = refusal;
	(void)writ_escape_text(text, strlen(text), answer->message, sizeof(answer->message));
}

static int watch(int epoll, int fd)
{
	struct epoll_event event = {.events = EPOLLIN};

	return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

int writ_validate_open(writ_validate_done *done, void *context,
		       struct writ_validations **ret_validations)
{
	_cleanup_(writ_validate_closep) struct writ_validations *new = calloc(1, sizeof(*new));
	int err;

	if (!new)
		return -ENOMEM;
	new->done = done;
	new->context = context;
	new->timer = -1;
	new->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (new->epoll < 0)
		return -errno;
	new->timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (new->timer < 0)
		return -errno;
	err = watch(new->epoll, new->timer);
	if (!err)
		*ret_validations = take_ptr(new);
	return err;
}

void writ_validate_closep(struct writ_validations **validations)
{
	struct writ_validations *all = *validations;

	if (!all)
		return;
	for (size_t i = 0; i < WRIT_VALIDATIONS_MAX; i++) {
		if (!all->running[i].used)
			continue;
		writ_validate_kill(&all->running[i].child);
		writ_validate_reap(&all->running[i].child);
	}
	writ_closep(&all->timer);
	writ_closep(&all->epoll);
	free(all);
	*validations = NULL;
}

/* The first deadline, UINT64_MAX if nobody is waited for. */
static uint64_t first_deadline(const struct writ_validations *all)
{
	uint64_t first = UINT64_MAX;

	for (size_t i = 0; i < WRIT_VALIDATIONS_MAX; i++) {
		const struct validation *one = &all->running[i];

		if (one->used && !one->told && one->deadline < first)
			first = one->deadline;
	}
	return first;
}

/* Who looks at writ_validate_timeout() as well loses nothing if this fails. */
static void set_timer(struct writ_validations *all)
{
	uint64_t at = first_deadline(all);
	struct itimerspec when = {0};

	if (at != UINT64_MAX) {
		when.it_value.tv_sec = (time_t)(at / WRIT_NS_PER_SECOND);
		when.it_value.tv_nsec = (long)(at % WRIT_NS_PER_SECOND);
	}
	(void)timerfd_settime(all->timer, TFD_TIMER_ABSTIME, &when, NULL);
}

int writ_validate_start(struct writ_validations *validations, const struct writ_policy_node *node,
			uint64_t request, const char *input)
{
	struct validation *one = validations->running;
	uint64_t limit;
	int err;

	if (!node || !node->n_validator)
		return -EINVAL;
	while (one < validations->running + WRIT_VALIDATIONS_MAX && one->used)
		one++;
	if (one == validations->running + WRIT_VALIDATIONS_MAX)
		return -EBUSY;
	if (strlen(input) > WRIT_VALIDATE_INPUT_MAX)
		return -E2BIG;
	limit = node->validator_timeout_ns;
	*one = (struct validation){.request = request, .deadline = writ_time_boot() + limit};
	err = writ_validate_spawn(node->validator, node->n_validator, input, limit, &one->child);
	if (err)
		return err;
	err = watch(validations->epoll, one->child.pidfd);
	if (!err)
		err = watch(validations->epoll, one->child.output);
	if (err) {
		writ_validate_kill(&one->child);
		writ_validate_reap(&one->child);
		return err;
	}
	one->used = true;
	set_timer(validations);
	return 0;
}

int writ_validate_fd(const struct writ_validations *validations)
{
	return validations->epoll;
}

int writ_validate_timeout(const struct writ_validations *validations)
{
	uint64_t first = first_deadline(validations), now = writ_time_boot(), ms;

	if (first == UINT64_MAX)
		return -1;
	if (first <= now)
		return 0;
	ms = (first - now) / 1000000 + 1;
	return ms < INT32_MAX ? (int)ms : INT32_MAX;
}

/* What there is now, up to one byte too many. A stream at its end is closed, or it would wake. */
static void drain(struct validation *one)
{
	ssize_t got = 1;

	while (one->child.output >= 0 && got > 0 && one->len <= WRIT_VALIDATE_OUTPUT_MAX) {
		got = read(one->child.output, one->output + one->len,
			   WRIT_VALIDATE_OUTPUT_MAX + 1 - one->len);
		if (got > 0)
			one->len += (size_t)got;
	}
	if (one->child.output >= 0 && (!got || (got < 0 && errno != EAGAIN && errno != EINTR)))
		(void)close(take_fd(&one->child.output));
}

static void read_answer(const struct validation *one, struct answer *answer)
{
	json_t *json = json_loadb(one->output, one->len, JSON_REJECT_DUPLICATES, NULL);
	const json_t *valid = json_object_get(json, "valid");
	const char *message = json_string_value(json_object_get(json, "message"));

	if (!json_is_boolean(valid))
		say(answer, WRIT_REFUSAL_VALIDATOR,
		    "the ticket validator did not answer {\"valid\": true} or false");
	else if (json_is_true(valid))
		say(answer, WRIT_REFUSAL_NONE, "%s", message ? message : "");
	else
		say(answer, WRIT_REFUSAL_TICKET_REFUSED, "the ticket validator says no%s%s",
		    message ? ": " : "", message ? message : "");
	json_decref(json);
}

/* How it ended and what it said. */
static void judge(const struct validation *one, const siginfo_t *info, struct answer *answer)
{
	if (one->len > WRIT_VALIDATE_OUTPUT_MAX)
		say(answer, WRIT_REFUSAL_VALIDATOR, "the ticket validator said more than %u bytes",
		    WRIT_VALIDATE_OUTPUT_MAX);
	else if (info->si_code != CLD_EXITED)
		say(answer, WRIT_REFUSAL_VALIDATOR, "the ticket validator was killed by signal %d",
		    info->si_status);
	else if (info->si_status)
		say(answer, WRIT_REFUSAL_VALIDATOR, "the ticket validator ended with status %d",
		    info->si_status);
	else
		read_answer(one, answer);
}

/* It is still there, and must not be: too late, or too much said. True: it is answered for. */
static bool stop(struct validation *one, struct answer *answer)
{
	if (one->len > WRIT_VALIDATE_OUTPUT_MAX)
		say(answer, WRIT_REFUSAL_VALIDATOR, "the ticket validator said more than %u bytes",
		    WRIT_VALIDATE_OUTPUT_MAX);
	else if (writ_time_boot() >= one->deadline)
		say(answer, WRIT_REFUSAL_VALIDATOR, "the ticket validator did not answer in time");
	else
		return false;
	writ_validate_kill(&one->child);
	writ_closep(&one->child.output);
	one->child.output = -1;
	one->told = true;
	return true;
}

/*
 * It has ended: what it left in its group goes first, while its number is still its own. What it
 * wrote before its end is in the pipe, so nobody waits for others who hold the pipe.
 */
static bool finish(struct validation *one, int ended, const siginfo_t *info, struct answer *answer)
{
	bool told = one->told;

	drain(one);
	if (ended > 0) {
		writ_validate_kill(&one->child);
		judge(one, info, answer);
	} else {
		say(answer, WRIT_REFUSAL_VALIDATOR, "how the ticket validator ended is not known");
	}
	writ_validate_reap(&one->child);
	one->used = false;
	return !told;
}

static bool look_at(struct validation *one, struct answer *answer)
{
	siginfo_t info;
	int ended;

	drain(one);
	ended = writ_validate_ended(&one->child, &info);
	if (ended)
		return finish(one, ended, &info, answer);
	return !one->told && stop(one, answer);
}

void writ_validate_run(struct writ_validations *validations)
{
	uint64_t expirations;

	(void)!read(validations->timer, &expirations, sizeof(expirations));
	for (size_t i = 0; i < WRIT_VALIDATIONS_MAX; i++) {
		struct validation *one = &validations->running[i];
		uint64_t request = one->request;
		struct answer answer;

		if (one->used && look_at(one, &answer))
			validations->done(validations->context, request, answer.refusal,
					  answer.message);
	}
	set_timer(validations);
}
