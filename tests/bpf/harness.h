/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of this folder share: the test object loaded, a kernel handle on its maps, and
 * policy text compiled and published through the daemon's own rooms.
 */
#ifndef WRIT_TESTS_BPF_HARNESS_H
#define WRIT_TESTS_BPF_HARNESS_H

#include "compile/policy.h"
#include "decide_test.h"
#include "decide_test.skel.h"
#include "kernel/arena.h"
#include "kernel/kernel.h"

struct harness {
	struct decide_test *skel;
	struct writ_kernel kernel;
	struct writ_policy *policy;
	struct writ_caches *caches; /* the map's own memory */
	enum writ_scope scope;	    /* of the grants that are issued: the agent, at first */
	uint32_t uses_max;
};

/* Loads the object; exits the test program when this host can't (not root). */
void harness_open(struct harness *harness, uint32_t ring_size);
void harness_close(struct harness *harness);

/* Loads @yaml; fails the test on any error. The policy before it is freed. */
void harness_policy(struct harness *harness, const char *yaml);

/* Compiles and places the role; its reference. */
uint64_t harness_role(struct harness *harness, const char *role);

/* Agent @agent has role @ref, is active, enforced and without grants. */
void harness_agent(struct harness *harness, uint32_t agent, uint64_t ref);

/* Issues a grant of @playbook with parameter service=@service; times relative to now, ns. */
uint64_t harness_grant(struct harness *harness, uint32_t agent, const char *playbook,
		       const char *service, int64_t begins, int64_t ends);

/* Asks about a path; the answer is in skel->bss->question. Returns the reason. */
uint32_t harness_ask(struct harness *harness, uint32_t agent, const char *path, uint32_t access);

/* The same for a path of any bytes, through the program @fd. */
uint32_t harness_ask_bytes(struct harness *harness, int program, uint32_t agent, const void *path,
			   size_t len, uint32_t access);

uint32_t harness_ask_address(struct harness *harness, uint32_t agent, uint32_t protocol,
			     const char *address, uint16_t port, uint32_t access);

/* The question that was asked last, for each CPU: what harness_run_lanes() asks. */
#define HARNESS_LANES 64u /* CPUs that it knows; others ask nothing */
void harness_lanes(struct harness *harness);

/* Asks it @n times on the CPU that this runs on, each with its record; on several CPUs at once. */
void harness_run_lanes(const struct harness *harness, uint32_t n);

/* Deterministic numbers; the seed is printed by whoever uses them. */
uint32_t harness_random(uint32_t *state, uint32_t below);

#endif
