/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usage: lapse CGROUP WRITD COMMAND [ARG]...
 *
 * What a piece of work costs a machine of one processor whose clock counts instructions
 * (tools/vm --icount): the command's whole process tree, the kernel's part of it, and what the
 * writd with process number WRITD (0: there is none) does meanwhile and until it has drained the
 * ring. The command runs in CGROUP from its exec on. Out: one number on descriptor 3; the command's
 * status, and 125 when the machine idled for too long to call the number a cost.
 */
#include <fcntl.h>
#include <linux/membarrier.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_TICK 10000000 /* /proc/stat counts in USER_HZ, 100 on every x86 */
#define DRAIN_NS 60000000    /* writd looks every 50 ms, and takes all that is there */
#define IDLE_SHARE 50	     /* one part in so many may be idle; it is taken off */
#define OUTPUT 3
#define BROKEN 125

static int64_t now(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

static void __attribute__((noreturn)) broken(const char *what)
{
	perror(what);
	exit(BROKEN);
}

/* Nanoseconds without anything to run: the clock jumps over them. */
static int64_t idle(void)
{
	FILE *file = fopen("/proc/stat", "re");
	long long idle_ticks, wait_ticks;

	if (!file || fscanf(file, "cpu %*s %*s %*s %lld %lld", &idle_ticks, &wait_ticks) != 2)
		broken("/proc/stat");
	(void)fclose(file);
	return (idle_ticks + wait_ticks) * NS_PER_TICK;
}

/* Nanoseconds that the process was on the processor. */
static int64_t on_cpu(const char *pid)
{
	char path[64];
	long long ns;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%s/schedstat", pid);
	file = fopen(path, "re");
	if (!file || fscanf(file, "%lld", &ns) != 1)
		broken(path);
	(void)fclose(file);
	return ns;
}

/* What writd still has to do for what has happened. */
static int64_t drain(const char *writd)
{
	const struct timespec one_tick = {.tv_nsec = DRAIN_NS};
	int64_t before;

	if (!strcmp(writd, "0"))
		return 0;
	before = on_cpu(writd);
	(void)nanosleep(&one_tick, NULL);
	return on_cpu(writd) - before;
}

/* In the child: enters the cgroup, waits for the clock to be started, becomes the command. */
static void __attribute__((noreturn)) become(const char *cgroup, int ready, int go, char **argv)
{
	char path[256], byte = 0;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "0", 1) != 1)
		broken(path);
	(void)close(fd);
	if (write(ready, &byte, 1) != 1 || read(go, &byte, 1) != 1)
		broken("pipe");
	(void)execv(argv[0], argv);
	broken(argv[0]);
}

int main(int argc, char **argv)
{
	int ready[2], go[2], status;
	int64_t began, idled, lapse;
	char byte = 0;
	pid_t child;

	if (argc < 4 || fcntl(OUTPUT, F_SETFD, FD_CLOEXEC) || pipe2(ready, O_CLOEXEC) ||
	    pipe2(go, O_CLOEXEC)) {
		(void)fprintf(stderr, "usage: lapse CGROUP WRITD COMMAND [ARG]... 3>FILE\n");
		return BROKEN;
	}
	child = fork();
	if (!child)
		become(argv[1], ready[1], go[0], argv + 3);
	if (child < 0 || read(ready[0], &byte, 1) != 1)
		broken("fork");
	(void)drain(argv[2]);
	(void)syscall(__NR_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0); /* what RCU has to do */
	idled = idle();
	began = now();
	if (write(go[1], &byte, 1) != 1 || waitpid(child, &status, 0) != child)
		broken("wait");
	lapse = now() - began;
	idled = idle() - idled;
	lapse += drain(argv[2]) - idled;
	if (idled > lapse / IDLE_SHARE) {
		(void)fprintf(stderr, "lapse: idle for %lld of %lld ns\n", (long long)idled,
			      (long long)lapse);
		return BROKEN;
	}
	if (dprintf(OUTPUT, "%lld\n", (long long)lapse) < 0)
		broken("descriptor 3");
	return WIFEXITED(status) ? WEXITSTATUS(status) : BROKEN;
}
