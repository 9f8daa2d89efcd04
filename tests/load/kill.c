/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usage: kill COUNT [SEED]
 *
 * Kills random ones of writd and its children under load, COUNT times, at random moments, also
 * while they start; then lets all grants end, and compares kernel, ledger and log (check.c). Prints
 * lines "ok NAME" and "not ok NAME - REASON". SIGINT ends the killing, and the rest is done. Root,
 * from the top of the tree.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "client.h"
#include "host.h"

#define AGENTS 16u
#define TTL "2s"
#define TTL_MS 2000u
#define STUCK_SECONDS 60.0
#define DEATHS 2u /* of one child of one writd; the third would hold issuance for a minute */
#define SERVICES 8u

static const char *const victims[] = {"writd", "writ-broker", "writ-audit"};
#define VICTIMS (sizeof(victims) / sizeof(victims[0]))

struct shared {
	atomic_ulong asked;
	atomic_ulong granted;
	atomic_ulong ended; /* by their agents, or by people */
	atomic_bool stop;
};

static struct shared *shared;
static volatile sig_atomic_t is_enough; /* SIGINT: no more kills, and then what was is checked */
static struct load_host host;
static uint32_t seed;
static int to_operator; /* ids of grants that people take back */

static uint32_t random_below(uint32_t below)
{
	seed ^= seed << 13; /* xorshift32 (Marsaglia 2003) */
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed % below;
}

/* Some of its grants are given back, some are taken, some run out. */
static void end_grant(int fd, uint64_t grant)
{
	char path[64], answer[LOAD_ANSWER_SIZE];

	switch (random_below(3)) {
	case 0:
		(void)snprintf(path, sizeof(path), "/v1/grants/%llu/done",
			       (unsigned long long)grant);
		if (load_ask(fd, "POST", path, NULL, answer) == 200)
			atomic_fetch_add(&shared->ended, 1);
		break;
	case 1:
		(void)!write(to_operator, &grant, sizeof(grant));
		break;
	}
}

static void ask_once(void)
{
	char body[160], answer[LOAD_ANSWER_SIZE];
	int fd = load_connect(host.agents), status;
	uint64_t grant = 0;

	if (fd < 0) {
		(void)usleep(2000);
		return;
	}
	(void)snprintf(body, sizeof(body),
		       "{\"playbook\":\"p\",\"ttl\":\"" TTL
		       "\",\"parameters\":{\"service\":\"s%u\"}}",
		       random_below(SERVICES));
	atomic_fetch_add(&shared->asked, 1);
	status = load_ask(fd, "POST", "/v1/requests", body, answer);
	if (status == 200 || status == 201)
		grant = load_number(answer, "grant");
	if (grant) {
		atomic_fetch_add(&shared->granted, 1);
		end_grant(fd, grant);
	}
	(void)close(fd);
	(void)usleep(1000 + random_below(20000));
}

/* Takes back what it is told to, if somebody answers. */
static void __attribute__((noreturn)) be_operator(int from)
{
	struct writ_request revoke = {.verb = WRIT_VERB_REVOKE};

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (read(from, &revoke.grant, sizeof(revoke.grant)) == sizeof(revoke.grant)) {
		int core = load_core_connect(host.core);

		if (core >= 0 && !load_core_ask(core, &revoke, NULL))
			atomic_fetch_add(&shared->ended, 1);
		if (core >= 0)
			(void)close(core);
	}
	_exit(0);
}

static void start_operator(void)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		load_die("a pipe: %s", strerror(errno));
	if (!fork()) {
		(void)close(ends[1]);
		be_operator(ends[0]);
	}
	(void)close(ends[0]);
	to_operator = ends[1];
}

static void __attribute__((noreturn)) be_agent(uint32_t agent)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	seed += agent + 1;
	load_host_join(&host, agent);
	while (!shared->stop)
		ask_once();
	_exit(0);
}

static void start(void)
{
	host.writd = load_host_spawn(&host);
}

/* Until something was granted by who was started last. */
static void await_grant(void)
{
	unsigned long before = shared->granted;
	double begun = load_now();

	while (shared->granted == before) {
		if (waitpid(host.writd, NULL, WNOHANG) == host.writd)
			load_die("writd ended by itself; see %s/writd.log", host.dir);
		if (load_now() - begun > STUCK_SECONDS)
			load_die("no grant for %.0f s; see %s/writd.log", STUCK_SECONDS, host.dir);
		(void)usleep(1000);
	}
}

/* One of those that live, or writd. */
static size_t choose(unsigned int deaths[VICTIMS], pid_t *ret_pid)
{
	size_t v = random_below(VICTIMS);
	/* a child named writd is one that is about to be another: its death would not be counted */
	pid_t pid = v && deaths[v] < DEATHS ? load_host_child(&host, victims[v]) : 0;

	if (pid <= 0) {
		*ret_pid = host.writd;
		return 0;
	}
	deaths[v]++;
	*ret_pid = pid;
	return v;
}

static void kill_many(unsigned int count, unsigned int killed[VICTIMS])
{
	unsigned int deaths[VICTIMS] = {0}; /* of this writd's children */

	for (unsigned int i = 0; i < count && !is_enough; i++) {
		size_t victim;
		pid_t pid;

		if (random_below(4))
			await_grant();
		(void)usleep(random_below(40000));
		victim = choose(deaths, &pid);
		(void)kill(pid, SIGKILL);
		killed[victim]++;
		if (!victim) {
			(void)waitpid(pid, NULL, 0);
			memset(deaths, 0, sizeof(deaths));
			start();
		}
		load_check_scan();
		if (i % 500 == 499)
			(void)fprintf(stderr, "# %u kills, %lu grants\n", i + 1, shared->granted);
	}
}

static void stop_killing(int signal_number)
{
	(void)signal_number;
	is_enough = 1;
}

static void stop_agents(void)
{
	shared->stop = true;
	(void)close(to_operator);
	for (uint32_t i = 0; i < AGENTS + 1; i++)
		while (wait(NULL) < 0 && errno == EINTR)
			;
}

/* All that was granted has run out, and the second in which that is told is over. */
static void let_all_end(void)
{
	double until = load_now() + TTL_MS / 1e3 + 3;

	while (load_now() < until) {
		load_check_scan();
		(void)usleep(50000);
	}
}

int main(int argc, char **argv)
{
	unsigned int count = argc > 1 ? (unsigned int)strtoul(argv[1], NULL, 10) : 200;
	unsigned int killed[VICTIMS] = {0}, failed;
	double begun = load_now();

	seed = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : (uint32_t)getpid();
	(void)printf("# %u kills, seed %u\n", count, seed);
	(void)fflush(stdout);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (shared == MAP_FAILED)
		load_die("shared memory: %s", strerror(errno));
	load_host_open(&host, AGENTS);
	(void)load_host_start(&host);
	load_check_open(&host, TTL_MS);
	start_operator();
	for (uint32_t i = 0; i < AGENTS; i++)
		if (!fork())
			be_agent(i);
	await_grant();
	(void)signal(SIGINT, stop_killing);
	kill_many(count, killed);
	await_grant();
	stop_agents();
	let_all_end();
	load_host_stop(&host, SIGTERM);
	failed = load_check_end();
	(void)printf("# %lu requests, %lu grants answered, %lu ended early; killed: writd %u, "
		     "writ-broker %u, writ-audit %u; %.0f s\n",
		     shared->asked, shared->granted, shared->ended, killed[0], killed[1], killed[2],
		     load_now() - begun);
	if (failed)
		(void)printf("# files are left in %s\n", host.dir);
	load_host_close(&host, failed);
	return failed ? 1 : 0;
}
