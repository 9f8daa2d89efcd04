// SPDX-License-Identifier: Apache-2.0
/*
 * Storms: work that races with the decisions of an agent, and work that must come through them.
 *   storm opens SECONDS ALLOWED FORBIDDEN   opens both: `allowed OK DENIED OTHER forbidden OK
 *                                           DENIED OTHER`
 *   storm renames SECONDS DIR               turns DIR/here into DIR/there and back
 *   storm mounts SECONDS DIR                mounts and unmounts there, in its own mount namespace
 *   storm forks SECONDS ALLOWED KEY         children that open both: `unfair N children OK DENIED
 *                                           OTHER`; N were denied ALLOWED, the rest is of KEY
 *   storm enrols SECONDS CGROUPS KEY        processes that fork while they are enrolled in new
 *                                           cgroups: `rounds N unfair N children OK
 *                                           DENIED OTHER`
 * The same program does the work as the agent and unmanaged.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CHILDREN_MAX 48	  /* of a bomb at a time; the guest has 1 GiB */
#define ROUND_CHILDREN 12 /* forked before, while and after their maker is moved */

#define UNFAIR 111 /* an unmanaged process was denied, or honest work was */

struct counts {
	long ok;
	long denied;
	long other;  /* ENOENT when it was renamed away */
	long unfair; /* UNFAIR */
};

static bool over(const char *seconds)
{
	static struct timespec end;
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	if (!end.tv_sec) {
		end = now;
		end.tv_sec += strtol(seconds, NULL, 10);
	}
	return now.tv_sec > end.tv_sec || (now.tv_sec == end.tv_sec && now.tv_nsec >= end.tv_nsec);
}

static int try_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return errno == EPERM ? EPERM : ENOENT;
	(void)close(fd);
	return 0;
}

static void count(struct counts *counts, int result)
{
	if (result == UNFAIR)
		counts->unfair++;
	else if (!result)
		counts->ok++;
	else if (result == EPERM)
		counts->denied++;
	else
		counts->other++;
}

static void say(const char *what, const struct counts *counts)
{
	printf("%s %ld %ld %ld ", what, counts->ok, counts->denied, counts->other);
}

static int opens(char **words)
{
	struct counts allowed = {0}, forbidden = {0};

	while (!over(words[0]))
		for (int i = 0; i < 64; i++) {
			count(&allowed, try_open(words[1]));
			count(&forbidden, try_open(words[2]));
		}
	say("allowed", &allowed);
	say("forbidden", &forbidden);
	return 0;
}

/* DIR/here and DIR/there in turn; the file is below. */
static int renames(char **words)
{
	char here[4096], there[4096];
	long done = 0;

	(void)snprintf(here, sizeof(here), "%s/here", words[1]);
	(void)snprintf(there, sizeof(there), "%s/there", words[1]);
	while (!over(words[0]))
		for (int i = 0; i < 64; i++)
			done += !rename(i % 2 ? there : here, i % 2 ? here : there);
	printf("renames %ld ", done);
	return done ? 0 : 1;
}

static int mounts(char **words)
{
	long done = 0;

	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return 1;
	while (!over(words[0])) {
		if (mount("none", words[1], "tmpfs", 0, NULL) || umount2(words[1], MNT_DETACH))
			return 1;
		done++;
	}
	printf("mounts %ld ", done);
	return done ? 0 : 1;
}

static void count_child(struct counts *counts, int options)
{
	int status;

	if (waitpid(-1, &status, options) > 0)
		count(counts, WIFEXITED(status) ? WEXITSTATUS(status) : ENOENT);
}

/* Counted by the children's status; a fork that fails is waited out. */
static int forks(char **words)
{
	struct counts counts = {0};
	int alive = 0;

	while (!over(words[0])) {
		pid_t child = alive < CHILDREN_MAX ? fork() : -1;

		if (!child)
			_exit(try_open(words[1]) ? UNFAIR : try_open(words[2]));
		alive += child > 0;
		if (child > 0)
			continue;
		count_child(&counts, 0);
		alive--;
	}
	for (; alive > 0; alive--)
		count_child(&counts, 0);
	printf("unfair %ld ", counts.unfair);
	say("children", &counts);
	return 0;
}

static int write_pid(const char *cgroup, pid_t pid)
{
	char path[4096], text[32];
	int fd, len = snprintf(text, sizeof(text), "%d", pid), err = 0;

	(void)snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, (size_t)len) != len)
		err = -errno;
	(void)close(fd);
	return err;
}

/*
 * A child of one that is being enrolled. It must be held if its own cgroup is an agent's, and that
 * it can only see while it is not held: an agent can't open its cgroup file. One that was born
 * before is free: ENOENT, or UNFAIR. 0: a wrong allow.
 */
static int child_result(const char *cgroup, const char *key, bool moved)
{
	char text[4096] = "";
	int fd = open("/proc/self/cgroup", O_RDONLY | O_CLOEXEC);

	if (moved || fd < 0 || read(fd, text, sizeof(text) - 1) <= 0 || strstr(text, cgroup))
		return try_open(key);
	return try_open(key) ? UNFAIR : ENOENT;
}

/* Forks before, while and after it is moved; @moved is set by the one who moves it. */
static void victim(const char *cgroup, const char *key, volatile int *moved, struct counts *counts)
{
	for (int after = 0; after < ROUND_CHILDREN;) {
		bool now = *moved;
		pid_t child = fork();

		if (!child)
			_exit(child_result(cgroup, key, now));
		after += now;
		count_child(counts, 0);
	}
	_exit(0);
}

/* One new cgroup, and in every second round one below it; 0, or 1 if it can't be done. */
static int enrol(const char *directory, const char *key, long round, volatile int *moved,
		 struct counts *counts)
{
	char cgroup[2048], inner[2064];
	const char *name = strrchr(directory, '/');
	pid_t child;
	int err;

	(void)snprintf(cgroup, sizeof(cgroup), "%s/r%ld", directory, round);
	(void)snprintf(inner, sizeof(inner), "%s/in", cgroup);
	*moved = 0;
	child = fork();
	if (!child)
		victim(name, key, moved, counts);
	err = mkdir(cgroup, 0755) || (round % 2 && mkdir(inner, 0755)) ||
	      write_pid(round % 2 ? inner : cgroup, child);
	*moved = 1;
	if (err)
		(void)kill(child, SIGKILL);
	(void)waitpid(child, NULL, 0);
	if (round % 2)
		(void)rmdir(inner);
	(void)rmdir(cgroup);
	return err ? 1 : 0;
}

static int enrols(char **words)
{
	struct {
		struct counts counts;
		volatile int moved;
	} *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	long rounds = 0;

	if (shared == MAP_FAILED)
		return 1;
	while (!over(words[0]))
		if (enrol(words[1], words[2], rounds++, &shared->moved, &shared->counts))
			return 1;
	printf("rounds %ld unfair %ld ", rounds, shared->counts.unfair);
	say("children", &shared->counts);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *verb;
		int words;
		int (*run)(char **words);
	} verbs[] = {{"opens", 3, opens},
		     {"renames", 2, renames},
		     {"mounts", 2, mounts},
		     {"forks", 3, forks},
		     {"enrols", 3, enrols}};

	for (size_t i = 0; argc > 1 && i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (!strcmp(argv[1], verbs[i].verb) && argc == verbs[i].words + 2) {
			int status = verbs[i].run(argv + 2);

			(void)putchar('\n');
			return status;
		}
	fprintf(stderr, "usage: storm opens|renames|mounts|forks|enrols SECONDS ...\n");
	return 2;
}
