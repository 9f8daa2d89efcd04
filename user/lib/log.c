/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Log lines: each is built whole and written with one write(2), so that lines of several
 * processes do not mix. Control bytes in the text are shown as \xNN: a file name in a message
 * can't forge a second line.
 */
#include "lib/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/escape.h"

static const char *log_name = "writ";
static enum writ_log_level log_max = WRIT_LOG_INFO;

void writ_log_open(const char *name, enum writ_log_level max)
{
	log_name = name;
	log_max = max;
}

static const char *level_word(enum writ_log_level level)
{
	switch (level) {
	case WRIT_LOG_ERROR:
		return "error: ";
	case WRIT_LOG_WARNING:
		return "warning: ";
	case WRIT_LOG_DEBUG:
		return "debug: ";
	case WRIT_LOG_INFO:
		break;
	}
	return "";
}

static void log_line(enum writ_log_level level, const char *message)
{
	char text[2048], line[2200];
	int len;

	writ_escape_text(message, strlen(message), text, sizeof(text));
	if (getenv("JOURNAL_STREAM"))
		len = snprintf(line, sizeof(line), "<%d>%s\n", (int)level, text);
	else
		len = snprintf(line, sizeof(line), "%s: %s%s\n", log_name, level_word(level), text);
	if (len > 0)
		(void)!write(STDERR_FILENO, line, (size_t)len);
}

void writ_log(enum writ_log_level level, const char *format, ...)
{
	char message[1536];
	va_list args;

	if (level > log_max)
		return;
	va_start(args, format);
	(void)vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	log_line(level, message);
}

int writ_log_errno(int err, const char *format, ...)
{
	char message[1536], whole[1700];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	(void)snprintf(whole, sizeof(whole), "%s: %s", message, strerror(-err));
	log_line(WRIT_LOG_ERROR, whole);
	return err;
}
