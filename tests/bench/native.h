/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The figures of this host that need a machine of their own, and the floors that figures of this
 * host are compared with. Each function reports its figures, or that they are missing and why.
 */
#ifndef WRIT_TESTS_BENCH_NATIVE_H
#define WRIT_TESTS_BENCH_NATIVE_H

/* After bench_compile(), for the same reason. @why: NULL, or why BPF programs do not load. */
void bench_floors(const char *why);
void bench_audit(const char *why);
void bench_requests(const char *why);

/* What has no implementation to measure yet. */
void bench_not_yet(void);

/* --- endtoend.c: what tests/bench/endtoend/run has left --- */

void bench_endtoend(const char *kernel);

#endif
