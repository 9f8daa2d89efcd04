/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much a writd holds: 10,000 agents, then 100,000 grants in force, and what it takes to start
 * with them. An agent has at most WRIT_GRANTS_PER_AGENT grants, so it takes 12,500 agents; grants
 * of one service share their rules, as they do where many agents do the same work. They are pushed
 * by operator.sock, at most as fast as one caller may.
 */
#include "native.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "client.h"
#include "host.h"

#define AGENTS 10000u
#define GRANTS 100000u
#define HOLDERS (GRANTS / WRIT_GRANTS_PER_AGENT)
#define SERVICES 1000u
#define PUSHERS 4u
#define PER_SECOND 1900.0 /* WRIT_HTTP_RATE_MAX is 2,000 */

static const char *const names[] = {
	"native.agents_10000_rss_mb",	"native.agents_10000_start_s",
	"native.grants_100000_rss_mb",	"native.grants_100000_maps_mb",
	"native.grants_100000_start_s", "native.grants_100000_revoke_all_s",
};
enum { AGENTS_RSS, AGENTS_START, GRANTS_RSS, GRANTS_MAPS, GRANTS_START, REVOKE_ALL, FIGURES };
static const char *const units[] = {"MiB", "s", "MiB", "MiB", "s", "s"};

static double *figures; /* shared */

static void push_one(int fd, uint32_t number)
{
	char body[160], answer[LOAD_ANSWER_SIZE];
	int status, tries = 0;

	(void)snprintf(body, sizeof(body),
		       "{\"agent\":\"a%u\",\"playbook\":\"p\",\"ttl\":\"2h\","
		       "\"parameters\":{\"service\":\"s%u\"}}",
		       number % HOLDERS, number % SERVICES);
	do { /* more than its rate, when it makes up for a time in which the disk was slow */
		status = load_ask(fd, "POST", "/v1/requests", body, answer);
	} while (status == 429 && tries++ < 60 && !usleep(1000000));
	if ((status != 200 && status != 201) || !strstr(answer, "\"state\":\"granted\""))
		load_die("grant %u: %d %.300s", number, status, status > 0 ? answer : "");
}

static void __attribute__((noreturn))
push(const struct load_host *host, uint32_t first, double start)
{
	int fd = load_connect(host->operators);

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (uint32_t i = first; i < GRANTS; i += PUSHERS) {
		double due = start + (double)i / PER_SECOND, now = load_now();

		if (now < due)
			(void)usleep((useconds_t)((due - now) * 1e6));
		push_one(fd, i);
	}
	_exit(0);
}

static void push_all(const struct load_host *host)
{
	double start = load_now();
	int status;

	for (uint32_t i = 0; i < PUSHERS; i++)
		if (!fork())
			push(host, i, start);
	for (uint32_t i = 0; i < PUSHERS;) {
		pid_t pid = wait(&status);

		if (pid == host->writd || (pid > 0 && status))
			load_die("grants can't be pushed; see %s/writd.log", host->dir);
		i += pid > 0;
	}
}

/* Grants in force, by writd's own word. */
static uint32_t count_live(const struct load_host *host)
{
	const struct writ_request request = {.verb = WRIT_VERB_STATUS};
	struct writ_reply reply = {.type = 0};
	int fd = load_core_connect(host->core);

	if (fd < 0 || load_core_ask(fd, &request, &reply))
		load_die("writd gives no status");
	(void)close(fd);
	return reply.status.grants;
}

static void require_live(const struct load_host *host, uint32_t wanted)
{
	uint32_t live = count_live(host);

	if (live != wanted)
		load_die("%u grants are in force, not %u", live, wanted);
}

static void measure_agents(void)
{
	struct load_host host;

	load_host_open(&host, AGENTS);
	figures[AGENTS_START] = load_host_start(&host);
	figures[AGENTS_RSS] = load_host_rss_mb(&host);
	load_host_close(&host, false);
}

static void measure_grants(void)
{
	const struct writ_request revoke = {.verb = WRIT_VERB_REVOKE, .flags = WRIT_REVOKE_ALL};
	struct load_host host;
	double start;
	int fd;

	load_host_open(&host, HOLDERS);
	(void)load_host_start(&host);
	push_all(&host);
	require_live(&host, GRANTS);
	figures[GRANTS_RSS] = load_host_rss_mb(&host);
	figures[GRANTS_MAPS] = load_host_maps_mb(&host);
	load_host_stop(&host, SIGKILL);
	figures[GRANTS_START] = load_host_start(&host);
	require_live(&host, GRANTS);
	fd = load_core_connect(host.core);
	start = load_now();
	if (load_core_ask(fd, &revoke, NULL))
		load_die("not all are revoked");
	figures[REVOKE_ALL] = load_now() - start;
	require_live(&host, 0);
	load_host_close(&host, false);
}

/* In a process of its own, for its namespace is. Its status. */
static int in_child(void (*work)(void))
{
	int status = 0;
	pid_t child = fork();

	if (!child) {
		work();
		_exit(0);
	}
	return waitpid(child, &status, 0) == child ? status : -1;
}

void bench_live(const char *why)
{
	if (!why) {
		figures =
			mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		if (figures == MAP_FAILED || in_child(measure_agents) || in_child(measure_grants)) {
			why = "FAILED";
			bench_fail();
		}
	}
	for (int i = 0; i < FIGURES; i++)
		if (why)
			bench_missing(names[i], units[i], why);
		else
			bench_report(
				&(struct bench_figure){names[i], units[i], figures[i], NULL, 1});
}
