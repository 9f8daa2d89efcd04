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

/* The same with the process that writes the log in service, for a minute. */
void bench_writer(const char *why);

void bench_requests(const char *why);
void bench_remedies(void);

/* Requests of agents and people, on all of writd but the hooks; and how much it holds. */
void bench_load(const char *why);
void bench_live(const char *why);

/* Needs no BPF; some 6 GB pass through the current directory, 2 GB of it at a time. */
void bench_trail(void);

/* --- endtoend.c: what tests/bench/endtoend/run has left --- */

void bench_endtoend(const char *kernel);

#endif
