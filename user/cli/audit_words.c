/* SPDX-License-Identifier: Apache-2.0 */
/* What the three forms of a report say alike: is anything missing, when, how long, and names. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/audit_report.h"
#include "lib/cleanup.h"
#include "lib/time.h"

struct sentence {
	char *text;
	size_t size;
	size_t used;
	enum writ_report_state state;
};

static void __attribute__((format(printf, 3, 4)))
say(struct sentence *sentence, enum writ_report_state state, const char *format, ...)
{
	size_t room = sentence->size - sentence->used;
	va_list arguments;
	int n;

	if (sentence->used && room > 2) {
		memcpy(sentence->text + sentence->used, "; ", 3);
		sentence->used += 2;
		room -= 2;
	}
	va_start(arguments, format);
	n = vsnprintf(sentence->text + sentence->used, room, format, arguments);
	va_end(arguments);
	if (n > 0)
		sentence->used += (size_t)n < room ? (size_t)n : room - 1;
	if (state > sentence->state)
		sentence->state = state;
}

const char *writ_report_moment(int64_t us, char ret_text[WRIT_REPORT_TIME_SIZE])
{
	time_t seconds = (time_t)(us / 1000000);
	struct tm tm;
	size_t used;

	(void)strcpy(ret_text, "-");
	if (us == INT64_MIN || us == INT64_MAX || us < 0 || !gmtime_r(&seconds, &tm))
		return ret_text;
	used = strftime(ret_text, WRIT_REPORT_TIME_SIZE, "%Y-%m-%d %H:%M:%S", &tm);
	(void)snprintf(ret_text + used, WRIT_REPORT_TIME_SIZE - used, ".%03dZ",
		       (int)(us % 1000000 / 1000));
	return ret_text;
}

static void say_log(const struct writ_report *report, struct sentence *sentence)
{
	if (report->verify_err)
		say(sentence, WRIT_REPORT_BROKEN, "THE LOG CAN'T BE VERIFIED: %s",
		    strerror(-report->verify_err));
	else if (report->verified.fault != WRIT_VERIFY_NONE)
		say(sentence, WRIT_REPORT_BROKEN,
		    "THE LOG IS NOT WHAT WAS WRITTEN (%llu faults; see the trail)",
		    (unsigned long long)report->verified.faults);
	if (report->cost.damaged)
		say(sentence, WRIT_REPORT_BROKEN,
		    "%llu SEGMENTS CAN'T BE READ to their end, the last is %s",
		    (unsigned long long)report->cost.damaged, report->cost.path);
	if (report->bad)
		say(sentence, WRIT_REPORT_BROKEN, "%llu LINES ARE NONE OF WRIT'S",
		    (unsigned long long)report->bad);
}

static void say_gaps(const struct writ_report *report, struct sentence *sentence)
{
	char from[WRIT_REPORT_TIME_SIZE], to[WRIT_REPORT_TIME_SIZE];
	int64_t before = report->question.grant ? report->first_us : report->question.since_us;

	if (report->missing > 0)
		say(sentence, WRIT_REPORT_MISSING,
		    "%lld RECORDS ARE MISSING, as was noticed between %s and %s",
		    (long long)report->missing, writ_report_moment(report->gaps[0].time_us, from),
		    writ_report_moment(report->gaps[report->n_gaps - 1].time_us, to));
	if (report->stops)
		say(sentence, WRIT_REPORT_MISSING,
		    "WRIT WAS NOT IN FORCE for a time (%llu times unloaded, not attached, or "
		    "without pins): nothing is "
		    "recorded of it",
		    (unsigned long long)report->stops);
	if (report->removed >= 0 && report->log_from_us >= before)
		say(sentence, WRIT_REPORT_MISSING, "LINES BEFORE %s WERE REMOVED from the log",
		    writ_report_moment(report->log_from_us, from));
}

/* Each grant has such a line; where it is not, others may not be, either. */
static void say_issued(const struct writ_report *report, struct sentence *sentence)
{
	const struct writ_report_question *question = &report->question;

	if (!question->grant || question->since_us != INT64_MIN)
		return;
	for (size_t i = 0; i < report->n_grants; i++)
		if (report->grants[i].number == question->grant &&
		    report->grants[i].issued_us == INT64_MIN)
			say(sentence, WRIT_REPORT_MISSING,
			    "THE LINE THAT ISSUED THE GRANT IS NOT THERE");
}

enum writ_report_state writ_report_complete(const struct writ_report *report, char *ret_text,
					    size_t size)
{
	struct sentence sentence = {.text = ret_text, .size = size};

	ret_text[0] = '\0';
	say_log(report, &sentence);
	say_gaps(report, &sentence);
	say_issued(report, &sentence);
	if (sentence.state == WRIT_REPORT_WHOLE)
		say(&sentence, WRIT_REPORT_WHOLE, "NOTHING IS MISSING%s",
		    report->question.verify ? "" : ", by the log's own count");
	return sentence.state;
}

void writ_report_verification(const struct writ_report *report, char *ret_text, size_t size)
{
	const struct writ_verified *verified = &report->verified;
	const char *name = strrchr(verified->path, '/');

	if (!report->question.verify)
		(void)snprintf(ret_text, size, "not verified (give --verify)");
	else if (report->verify_err)
		(void)snprintf(ret_text, size, "can't be verified: %s",
			       strerror(-report->verify_err));
	else if (verified->fault != WRIT_VERIFY_NONE)
		(void)snprintf(ret_text, size, "DOES NOT VERIFY: %s:%llu: %s",
			       name ? name + 1 : verified->path, (unsigned long long)verified->line,
			       verified->detail);
	else
		(void)snprintf(ret_text, size,
			       "verifies: %llu lines, %llu segments, %llu checkpoints, %llu lines "
			       "not signed yet%s",
			       (unsigned long long)verified->lines,
			       (unsigned long long)verified->segments,
			       (unsigned long long)verified->checkpoints,
			       (unsigned long long)verified->unsigned_lines,
			       report->question.anchor
				       ? ""
				       : "; by the log's own first key, since no --key was given");
}

void writ_report_held(const struct writ_report *report, const struct writ_report_grant *grant,
		      char *ret_text, size_t size)
{
	int64_t end = grant->ended_us == INT64_MIN ? report->last_us : grant->ended_us;
	char span[32];

	if (grant->issued_us == INT64_MIN || end < grant->issued_us) {
		(void)snprintf(ret_text, size, "-");
		return;
	}
	writ_time_format((uint64_t)(end - grant->issued_us) * 1000, span, sizeof(span));
	(void)snprintf(ret_text, size, "%s%s", span,
		       grant->ended_us == INT64_MIN ? " up to the last line about it" : "");
}

/* Signs without a shape of their own, and those that turn what follows round. */
static bool is_hidden(uint32_t sign)
{
	return sign < 0x20 || (sign >= 0x7f && sign < 0xa0) || sign == 0xad || sign == 0x61c ||
	       sign == 0x115f || sign == 0x1160 || sign == 0x3164 || sign == 0xffa0 ||
	       (sign >= 0x17b4 && sign <= 0x17b5) || (sign >= 0x180b && sign <= 0x180f) ||
	       (sign >= 0x200b && sign <= 0x200f) || (sign >= 0x2028 && sign <= 0x202e) ||
	       (sign >= 0x2060 && sign <= 0x206f) || (sign >= 0xfe00 && sign <= 0xfe0f) ||
	       sign == 0xfeff || (sign >= 0xfff0 && sign <= 0xfffb) ||
	       (sign >= 0xe0000 && sign <= 0xe0fff);
}

/* @text is UTF-8, by jansson's word; a byte that is none is a sign of its own, and hidden. */
static size_t decode(const unsigned char *text, uint32_t *ret_sign)
{
	size_t len = text[0] < 0x80 ? 1 : text[0] >= 0xf0 ? 4 : text[0] >= 0xe0 ? 3 : 2;
	uint32_t sign = len == 1 ? text[0] : text[0] & (0x7fu >> len);

	*ret_sign = 0x80;
	for (size_t i = 1; i < len; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 1;
		sign = sign << 6 | (text[i] & 0x3f);
	}
	*ret_sign = sign;
	return len;
}

char *writ_report_fit(const char *text)
{
	const unsigned char *at = (const unsigned char *)(text ? text : "");
	char *fit = malloc(4 * strlen((const char *)at) + 1), *out = fit;

	while (fit && *at) {
		uint32_t sign;
		size_t len = decode(at, &sign);

		for (size_t i = 0; i < len; i++) {
			if (is_hidden(sign))
				out += sprintf(out, "\\x%02x", at[i]);
			else
				*out++ = (char)at[i];
		}
		at += len;
	}
	if (fit)
		*out = '\0';
	return fit;
}
