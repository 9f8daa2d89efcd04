/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `ask`: random questions of `writ policy explain` that agents put to the kernel by doing the act.
 * From one seed come a policy, its grants and the questions. Each question is a record of fixed
 * size, with explain's answer beside it; the records lie in a file that the agents share, so that
 * writing down what came out needs no system call of theirs.
 */
#ifndef TESTS_VM_ASK_H
#define TESTS_VM_ASK_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define ASK_ROOT "/vm/ask"
#define ASK_AGENTS 4u /* the last one is in mode monitor */
#define ASK_GRANTS 6u /* of each agent: so many keep their slots, ended or not (grants.c) */
#define ASK_ARGV 3u
#define ASK_NO_GRANT UINT32_MAX

enum ask_state { ASK_LIVE, ASK_EXPIRED, ASK_PENDING, ASK_REVOKED };

struct ask_grant {
	char playbook[16];
	char service[4];
	uint32_t state;
};

/* One question: the act, explain's answer, and what the act gave. */
struct ask_record {
	uint32_t agent;
	uint32_t operation; /* WRIT_OP_OPEN, WRIT_OP_EXEC, WRIT_OP_CONNECT */
	uint32_t access;
	int32_t flags; /* of open(2) */
	char object[64];
	char argv[ASK_ARGV][8];
	uint32_t n_argv;
	uint32_t protocol;
	uint32_t port;
	char address[16];
	uint32_t verdict;
	uint32_t reason;
	uint32_t grant; /* place among the agent's, or ASK_NO_GRANT */
	char rule[256];
	int32_t result; /* 0, an errno, or minus the signal that ended the program */
};

/* Numbers below @below; the same seed gives the same ones. */
uint32_t ask_random(uint32_t *state, uint32_t below);

/* Where the numbers of one purpose begin. */
uint32_t ask_stream(uint32_t seed, uint32_t purpose);

/* Roles, playbooks and agents as YAML. */
void ask_policy_write(uint32_t seed, FILE *out);

/* The grants of an agent, oldest first. */
void ask_grants(uint32_t seed, uint32_t agent, struct ask_grant grants[ASK_GRANTS]);

/* A question without its answer. @number makes the name of a file that is not there yet. */
void ask_question(uint32_t *state, uint32_t agent, uint32_t number, struct ask_record *ret_record);

/*
 * Fills @records by asking the policy at @path. 0; 1 with a message; 3: this policy does not give
 * every reason often enough, so the seed is not worth asking.
 */
int ask_plan(uint32_t seed, const char *path, struct ask_record *records, uint32_t count);

/* Prints how often each reason came; does one come too seldom for a thousand questions? */
bool ask_is_thin(const uint32_t *reasons, FILE *out);

/* Makes the files and programs; does the acts; holds the log against the answers. 0 or 1. */
int ask_tree(const char *program);
int ask_act(struct ask_record *records, uint32_t count);
int ask_judge(const struct ask_record *records, uint32_t count, const char *grants, long offset);

#endif
