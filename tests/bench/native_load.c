/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests as agents make them, at a fixed rate: processes in cgroups, each request on a connection
 * of its own, from connect() until the answer says that the grant is in force. All of writd, its
 * broker and its ledger are in it; the hooks are not (`writd --no-attach`). Each grant is revoked
 * over core.sock right away, which is measured likewise. A request that is not answered in time is
 * late from when it should have been made, not from when its turn came.
 */
#include "native.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "client.h"
#include "host.h"

#define RATE 1000u /* a second */
#define SECONDS 30u
#define AGENTS 250u
#define SERVICES 1000u
#define REQUESTS (RATE * SECONDS)

struct shared {
	double request_ms[REQUESTS];
	double revoke_ms[REQUESTS];
	double stolen; /* percent of the processors' time */
	_Atomic double start; /* CLOCK_BOOTTIME, s; 0: not all are ready */
	atomic_uint ready;
	atomic_uint failed;
	atomic_uint unrevoked;
};

static struct shared *shared;

static void sleep_until(double moment)
{
	struct timespec at = {.tv_sec = (time_t)moment};

	at.tv_nsec = (long)((moment - (double)at.tv_sec) * 1e9);
	while (clock_nanosleep(CLOCK_BOOTTIME, TIMER_ABSTIME, &at, NULL) == EINTR)
		;
}

/* The grant's number; 0: it is none. */
static uint64_t request_one(const struct load_host *host, uint32_t number)
{
	char body[128], answer[LOAD_ANSWER_SIZE];
	int fd = load_connect(host->agents), status;

	(void)snprintf(body, sizeof(body),
		       "{\"playbook\":\"p\",\"parameters\":{\"service\":\"s%u\"}}",
		       number % SERVICES);
	status = fd < 0 ? fd : load_ask(fd, "POST", "/v1/requests", body, answer);
	if (fd >= 0)
		(void)close(fd);
	if ((status == 200 || status == 201) && strstr(answer, "\"state\":\"granted\""))
		return load_number(answer, "grant");
	if (!atomic_fetch_add(&shared->failed, 1))
		(void)fprintf(stderr, "load: request: %d %.300s\n", status,
			      status > 0 ? answer : strerror(-status));
	return 0;
}

static void __attribute__((noreturn)) be_agent(const struct load_host *host, uint32_t agent, int to)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)prctl(PR_SET_TIMERSLACK, 1ul);
	load_host_join(host, agent); /* moving a process takes a grace period */
	atomic_fetch_add(&shared->ready, 1);
	while (!shared->start)
		(void)usleep(10000);
	for (uint32_t i = agent; i < REQUESTS; i += AGENTS) {
		double due = shared->start + (double)i / RATE, begun = due;
		uint64_t grant;

		if (load_now() < due) {
			sleep_until(due);
			begun = load_now();
		}
		grant = request_one(host, i);
		shared->request_ms[i] = (load_now() - begun) * 1e3;
		if (grant && write(to, &grant, sizeof(grant)) != sizeof(grant))
			_exit(1);
	}
	_exit(0);
}

/* Until all who could write to @from have ended. */
static void __attribute__((noreturn)) be_operator(const struct load_host *host, int from)
{
	struct writ_request request = {.verb = WRIT_VERB_REVOKE};
	int fd = load_core_connect(host->core);
	uint64_t grant;

	for (uint32_t i = 0; read(from, &grant, sizeof(grant)) == sizeof(grant); i++) {
		double begun = load_now();

		request.grant = grant;
		if (load_core_ask(fd, &request, NULL))
			atomic_fetch_add(&shared->unrevoked, 1);
		shared->revoke_ms[i] = (load_now() - begun) * 1e3;
	}
	_exit(0);
}

static void wait_for_all(uint32_t n)
{
	while (n) {
		int status;
		pid_t pid = wait(&status);

		if (pid < 0 && errno == ECHILD)
			load_die("a child is missing");
		n -= pid > 0;
	}
}

/*
 * Seconds for which a processor was wanted that the host of this machine had given to another, of
 * all processors: "steal" of proc(5).
 */
static double stolen_s(void)
{
	unsigned long long ticks = 0;
	FILE *stream = fopen("/proc/stat", "re");

	if (!stream || fscanf(stream, "cpu %*u %*u %*u %*u %*u %*u %*u %llu", &ticks) != 1)
		load_die("/proc/stat has no steal time");
	(void)fclose(stream);
	return (double)ticks / (double)sysconf(_SC_CLK_TCK);
}

static void run(struct load_host *host)
{
	double stolen, begun;
	int ends[2];
	pid_t operator_pid;

	if (pipe(ends))
		load_die("a pipe: %s", strerror(errno));
	operator_pid = fork();
	if (!operator_pid) {
		(void)close(ends[1]);
		be_operator(host, ends[0]);
	}
	(void)close(ends[0]);
	for (uint32_t i = 0; i < AGENTS; i++)
		if (!fork())
			be_agent(host, i, ends[1]);
	(void)close(ends[1]);
	while (shared->ready < AGENTS)
		(void)usleep(10000);
	stolen = stolen_s();
	begun = load_now();
	shared->start = begun + 0.5;
	wait_for_all(AGENTS + 1);
	shared->stolen = 100 * (stolen_s() - stolen) /
			 ((load_now() - begun) * (double)sysconf(_SC_NPROCESSORS_ONLN));
}

static void measure(void)
{
	struct load_host host;

	load_host_open(&host, AGENTS);
	(void)load_host_start(&host);
	run(&host);
	load_host_close(&host, false);
}

static void report(const char *name, double *values)
{
	const struct {
		const char *word;
		size_t at; /* of the sorted values */
	} figures[] = {{"p50", REQUESTS / 2}, {"p99", REQUESTS / 100 * 99}, {"max", REQUESTS - 1}};

	(void)bench_median(values, REQUESTS); /* sorts them */
	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
		char full[64];

		(void)snprintf(full, sizeof(full), "native.%s_ms.%s", name, figures[i].word);
		bench_report(&(struct bench_figure){strdup(full), "ms", values[figures[i].at], NULL,
						    REQUESTS});
	}
}

static void report_missing(const char *why)
{
	bench_missing("native.request_ms.p50", "ms", why);
	bench_missing("native.request_ms.p99", "ms", why);
	bench_missing("native.request_ms.max", "ms", why);
	bench_missing("native.revoke_ms.p50", "ms", why);
	bench_missing("native.revoke_ms.p99", "ms", why);
	bench_missing("native.revoke_ms.max", "ms", why);
	bench_missing("native.request_stolen", "%", why);
}

/* In a child: the namespace is its own. One request that fails, and there are no figures. */
void bench_load(const char *why)
{
	char failure[96];
	pid_t child;
	int status = 0;

	if (why) {
		report_missing(why);
		return;
	}
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	child = shared == MAP_FAILED ? -1 : fork();
	if (!child) {
		measure();
		_exit(0);
	}
	(void)waitpid(child, &status, 0);
	(void)snprintf(failure, sizeof(failure), "FAILED: %u requests, %u revocations, status %d",
		       shared->failed, shared->unrevoked, status);
	if (status || shared->failed || shared->unrevoked) {
		report_missing(strdup(failure));
		bench_fail();
	} else {
		report("request", shared->request_ms);
		report("revoke", shared->revoke_ms);
		bench_report(&(struct bench_figure){"native.request_stolen", "%", shared->stolen,
						    NULL, 1});
	}
	(void)munmap(shared, sizeof(*shared));
}
