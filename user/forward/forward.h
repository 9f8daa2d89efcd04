/* SPDX-License-Identifier: Apache-2.0 */
/* The process: what main.c hands to each worker, of which there is one for each policy. */
#ifndef WRIT_FORWARD_FORWARD_H
#define WRIT_FORWARD_FORWARD_H

struct writ_forward {
	const char *policy; /* file or directory */
	const char *log;    /* of the open segment */
	const char *state;  /* directory of cursors */
	int page;	    /* memfd of struct writ_forward_page; -1: none */
	int live;	    /* listening socket of live subscribers; -1: none */
};

/*
 * The life of a worker, in a process of its own: reads the policy, gives up rights, writes a byte
 * to @ready, waits for one there (both ends of it are one socket), and forwards until SIGTERM.
 * Returns the exit status. What is wrong with the policy is logged, before @ready has its byte.
 */
int writ_forward_work(const struct writ_forward *forward, int ready);

#endif
