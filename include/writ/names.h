/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * The strings of abi.h's enums, for user space. Built from the same lists, so none can be missing;
 * the asserts hold the lists to the enums. A value out of range gives "unknown".
 */
#ifndef WRIT_NAMES_H
#define WRIT_NAMES_H

#include <stddef.h>

#include "writ/abi.h"

#define WRIT_NAME_TABLE(function, LIST, count)                                                     \
	static inline const char *function(__u32 value)                                            \
	{                                                                                          \
		static const char *const words[] = {LIST(WRIT_NAME_WORD)};                         \
		_Static_assert(sizeof(words) / sizeof(words[0]) == (count), #function);            \
		return value < (count) ? words[value] : "unknown";                                 \
	}
#define WRIT_NAME_WORD(name, word) word,

WRIT_NAME_TABLE(writ_operation_name, WRIT_OPERATION_LIST, WRIT_OP_COUNT)
WRIT_NAME_TABLE(writ_verdict_name, WRIT_VERDICT_LIST, WRIT_VERDICT_COUNT)
WRIT_NAME_TABLE(writ_reason_name, WRIT_REASON_LIST, WRIT_REASON_COUNT)
WRIT_NAME_TABLE(writ_family_name, WRIT_KERNEL_LIST, WRIT_FAMILY_COUNT)
WRIT_NAME_TABLE(writ_mode_name, WRIT_MODE_LIST, WRIT_MODE_COUNT)
WRIT_NAME_TABLE(writ_audit_name, WRIT_AUDIT_LIST, WRIT_AUDIT_COUNT)

/* @bit is a bit's number, 0 to WRIT_ACCESS_BITS - 1. */
static inline const char *writ_access_name(__u32 bit)
{
	static const char *const words[] = {
#define X(name, number, word) [number] = word,
		WRIT_ACCESS_LIST(X)
#undef X
	};
	_Static_assert(sizeof(words) / sizeof(words[0]) == WRIT_ACCESS_BITS, "access words");
	return bit < WRIT_ACCESS_BITS ? words[bit] : "unknown";
}

static inline const char *writ_protocol_name(__u32 number)
{
	switch (number) {
#define X(name, value, word)                                                                       \
	case value:                                                                                \
		return word;
		WRIT_PROTOCOL_LIST(X)
#undef X
	}
	return "unknown";
}

#endif
