/* SPDX-License-Identifier: Apache-2.0 */
/* See host.h. */
#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "client.h"
#include "kernel/enrol.h"
#include "kernel/kernel.h"
#include "kernel/pins.h"

#define START_SECONDS 120.0
#define AGENTS_FILE "agents.yaml"

void load_die(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)fprintf(stderr, "load: ");
	(void)vfprintf(stderr, format, arguments);
	(void)fprintf(stderr, "\n");
	va_end(arguments);
	exit(1);
}

double load_now(void)
{
	struct timespec now = {0};

	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static FILE *open_file(const char *dir, const char *name)
{
	char path[PATH_MAX];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "we");
	if (!file)
		load_die("%s: %s", path, strerror(errno));
	return file;
}

/* @database as it is, with Writ's users; over the host's own, in this namespace. */
static void add_users(const struct load_host *host, const char *database, const char *lines)
{
	char path[128], from[64], line[4096];
	FILE *out = open_file(host->dir, database), *in;

	(void)snprintf(from, sizeof(from), "/etc/%s", database);
	(void)snprintf(path, sizeof(path), "%s/%s", host->dir, database);
	in = fopen(from, "re");
	while (in && fgets(line, sizeof(line), in))
		if (strncmp(line, "writ", 4))
			(void)fputs(line, out);
	if (in)
		(void)fclose(in);
	(void)fputs(lines, out);
	if (fclose(out) || mount(path, from, NULL, MS_BIND, NULL))
		load_die("%s: %s", from, strerror(errno));
}

static void enter_namespace(const struct load_host *host)
{
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		load_die("a mount namespace: %s; run as root", strerror(errno));
	if (mount("bpf", "/sys/fs/bpf", "bpf", 0, NULL))
		load_die("bpffs: %s", strerror(errno));
	if (mkdir("/run/writ", 0755) && errno != EEXIST)
		load_die("/run/writ: %s", strerror(errno));
	if (mount("tmpfs", "/run/writ", "tmpfs", 0, "mode=0755"))
		load_die("/run/writ: %s", strerror(errno));
	add_users(host, "group", "writ:x:970:\nwrit-audit:x:971:\nwrit-forward:x:972:\n");
	add_users(host, "passwd",
		  "writ:x:970:970::/nonexistent:/usr/sbin/nologin\n"
		  "writ-audit:x:971:971::/nonexistent:/usr/sbin/nologin\n"
		  "writ-forward:x:972:972::/nonexistent:/usr/sbin/nologin\n");
}

static void make_cgroups(struct load_host *host)
{
	char root[128], path[320];

	if (writ_enrol_find_root(root, sizeof(root)))
		load_die("no cgroup v2 here");
	(void)snprintf(host->cgroups, sizeof(host->cgroups), "%s/writ-load-%d", root, getpid());
	if (mkdir(host->cgroups, 0755))
		load_die("%s: %s", host->cgroups, strerror(errno));
	for (uint32_t i = 0; i < host->n_agents; i++) {
		(void)snprintf(path, sizeof(path), "%s/a%u", host->cgroups, i);
		if (mkdir(path, 0755))
			load_die("%s: %s", path, strerror(errno));
	}
}

static void write_policy(struct load_host *host)
{
	const char *below = strrchr(host->cgroups, '/');
	FILE *file;

	(void)snprintf(host->policy, sizeof(host->policy), "%s/policy", host->dir);
	if (mkdir(host->policy, 0755))
		load_die("%s: %s", host->policy, strerror(errno));
	file = open_file(host->policy, AGENTS_FILE);
	(void)fprintf(file,
		      "{apiVersion: writ/v1, kind: Node, name: n, environment: production}\n---\n"
		      "{apiVersion: writ/v1, kind: Role, name: r, playbooks: [p],\n"
		      " files: [{path: '/srv/**', allow: [read]}]}\n---\n"
		      "{apiVersion: writ/v1, kind: Playbook, name: p, scope: agent,\n"
		      " parameters: {service: {pattern: '[a-z0-9]+'}},\n"
		      " files: [{path: '/etc/{service}/**', allow: [read, write]},\n"
		      "         {path: '/var/log/{service}/*.log', allow: [append]}],\n"
		      " exec: [{path: /usr/bin/openssl, argv: [openssl, x509, '**']}],\n"
		      " ttl: {default: 60s, max: 2h}}\n");
	for (uint32_t i = 0; i < host->n_agents; i++)
		(void)fprintf(file,
			      "---\n{apiVersion: writ/v1, kind: Agent, name: a%u, role: r, "
			      "match: {cgroup: %s/a%u}}\n",
			      i, below, i);
	if (fclose(file))
		load_die("the policy: %s", strerror(errno));
}

void load_host_open(struct load_host *host, uint32_t n_agents)
{
	char self[PATH_MAX] = "";

	*host = (struct load_host){.n_agents = n_agents};
	(void)strcpy(host->dir, "/var/lib/writ-load-XXXXXX"); /* a disk: /tmp may be memory */
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0 || !mkdtemp(host->dir) ||
	    chmod(host->dir, 0755))
		load_die("%s: %s", host->dir, strerror(errno));
	(void)snprintf(host->program, sizeof(host->program), "build/writd");
	(void)snprintf(host->core, sizeof(host->core), "%s/core.sock", host->dir);
	(void)snprintf(host->agents, sizeof(host->agents), "%s/agent.sock", host->dir);
	(void)snprintf(host->operators, sizeof(host->operators), "%s/operator.sock", host->dir);
	enter_namespace(host);
	make_cgroups(host);
	write_policy(host);
}

static void __attribute__((noreturn)) run_writd(const struct load_host *host)
{
	char path[128];
	int log;

	(void)snprintf(path, sizeof(path), "%s/writd.log", host->dir);
	log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)dup2(log, STDOUT_FILENO);
	(void)dup2(log, STDERR_FILENO);
	(void)execl(host->program, "writd", "--no-attach", host->dir, "--policy", host->policy,
		    (char *)NULL);
	_exit(127);
}

/* Somebody is answered: core, broker and ledger are there. */
static bool is_up(const struct load_host *host)
{
	char answer[LOAD_ANSWER_SIZE];
	int fd = load_connect(host->operators);
	bool up;

	if (fd < 0)
		return false;
	up = load_ask(fd, "GET", "/v1/requests?limit=1", NULL, answer) == 200;
	(void)close(fd);
	return up;
}

pid_t load_host_spawn(const struct load_host *host)
{
	pid_t pid = fork();

	if (!pid)
		run_writd(host);
	return pid;
}

double load_host_start(struct load_host *host)
{
	double start = load_now();

	host->writd = load_host_spawn(host);
	while (!is_up(host)) {
		if (waitpid(host->writd, NULL, WNOHANG) == host->writd)
			load_die("writd ended; see %s/writd.log", host->dir);
		if (load_now() - start > START_SECONDS)
			load_die("writd gives no answer; see %s/writd.log", host->dir);
		(void)usleep(2000);
	}
	return load_now() - start;
}

void load_host_stop(struct load_host *host, int signal_number)
{
	if (host->writd <= 0)
		return;
	(void)kill(host->writd, signal_number);
	(void)waitpid(host->writd, NULL, 0);
	host->writd = 0;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
	(void)status;
	(void)ftw;
	return type == FTW_DP ? rmdir(path) : unlink(path);
}

/* The files of a cgroup's directory go with it. */
static int remove_cgroup(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
	(void)status;
	(void)ftw;
	return type == FTW_DP ? rmdir(path) : 0;
}

void load_host_close(struct load_host *host, bool keep)
{
	load_host_stop(host, SIGKILL);
	if (!keep)
		(void)nftw(host->dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	if (nftw(host->cgroups, remove_cgroup, 16, FTW_DEPTH | FTW_PHYS))
		(void)fprintf(stderr, "load: %s stays: %s\n", host->cgroups, strerror(errno));
}

void load_host_join(const struct load_host *host, uint32_t agent)
{
	char path[320];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/a%u/cgroup.procs", host->cgroups, agent);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "0", 1) != 1)
		load_die("%s: %s", path, strerror(errno));
	(void)close(fd);
}

pid_t load_host_child(const struct load_host *host, const char *name)
{
	char path[64], comm[32];
	int child = 0;
	FILE *list;

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", host->writd, host->writd);
	list = fopen(path, "re");
	while (list && fscanf(list, "%d", &child) == 1) {
		FILE *file;

		(void)snprintf(path, sizeof(path), "/proc/%d/comm", child);
		file = fopen(path, "re");
		comm[0] = '\0';
		if (file && fgets(comm, sizeof(comm), file))
			comm[strcspn(comm, "\n")] = '\0';
		if (file)
			(void)fclose(file);
		if (!strcmp(comm, name))
			break;
		child = 0;
	}
	if (list)
		(void)fclose(list);
	return child;
}

static double rss_mb(pid_t pid)
{
	char path[64], line[128];
	unsigned long kb = 0;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = pid > 0 ? fopen(path, "re") : NULL;
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "VmRSS: %lu", &kb) == 1)
			break;
	if (file)
		(void)fclose(file);
	return (double)kb / 1024;
}

double load_host_rss_mb(const struct load_host *host)
{
	return rss_mb(host->writd) + rss_mb(load_host_child(host, "writ-broker")) +
	       rss_mb(load_host_child(host, "writ-audit"));
}

/* "memlock" of a map's descriptor: what the kernel has for it now (map_mem_usage, Linux 6.4). */
static uint64_t map_bytes(int fd)
{
	char path[64], line[128];
	unsigned long long bytes = 0;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "memlock: %llu", &bytes) == 1)
			break;
	if (file)
		(void)fclose(file);
	return bytes;
}

double load_host_maps_mb(const struct load_host *host)
{
	uint64_t sum = 0;

	(void)host;
	writ_pins_use_unattached();
	for (int i = 0; i < WRIT_MAP_COUNT; i++) {
		int fd = writ_pins_get(WRIT_PINS_MAPS, writ_kernel_map_name(i));

		if (fd < 0)
			load_die("the pinned map %s is missing", writ_kernel_map_name(i));
		sum += map_bytes(fd);
		(void)close(fd);
	}
	return (double)sum / (1 << 20);
}
