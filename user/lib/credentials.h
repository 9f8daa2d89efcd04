/* SPDX-License-Identifier: Apache-2.0 */
/* Capabilities that this process keeps, and what keeps it from having others again. */
#ifndef WRIT_LIB_CREDENTIALS_H
#define WRIT_LIB_CREDENTIALS_H

#include <stdint.h>

/* The bit of CAP_* in a set. */
#define WRIT_CAPABILITY(number) (UINT64_C(1) << (number))

/*
 * Keeps those of @set that this process has, permitted and effective; none is inherited by a
 * program that it executes. With CAP_SETPCAP also: the bounding set is @set, and a program executed
 * by root has no capability for being root's. -errno: something may have been given up already, so
 * the caller must not go on.
 */
int writ_credentials_keep(uint64_t set);

/* No program that is executed from here on gives more rights than this process has. */
int writ_credentials_no_new(void);

#endif
