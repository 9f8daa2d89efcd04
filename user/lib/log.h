/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One line to standard error for each thing worth saying: "writd: error: ...". With
 * JOURNAL_STREAM set (systemd) the line begins with its syslog priority and no program name.
 * Used by daemon/, kernel/, audit/ and cli/ only: lib/ and compile/ return their errors.
 */
#ifndef WRIT_LIB_LOG_H
#define WRIT_LIB_LOG_H

enum writ_log_level {
	WRIT_LOG_ERROR = 3,
	WRIT_LOG_WARNING = 4,
	WRIT_LOG_INFO = 6,
	WRIT_LOG_DEBUG = 7,
};

/* @name is kept, not copied. Lines above @max are dropped. */
void writ_log_open(const char *name, enum writ_log_level max);

void writ_log(enum writ_log_level level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Logs @err (0 or -errno) with its text behind the message, and returns it. */
int writ_log_errno(int err, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define writ_error(...) writ_log(WRIT_LOG_ERROR, __VA_ARGS__)
#define writ_warning(...) writ_log(WRIT_LOG_WARNING, __VA_ARGS__)
#define writ_info(...) writ_log(WRIT_LOG_INFO, __VA_ARGS__)
#define writ_debug(...) writ_log(WRIT_LOG_DEBUG, __VA_ARGS__)

#endif
