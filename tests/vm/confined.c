// SPDX-License-Identifier: Apache-2.0
/*
 * Root with what writd gives up, and with nothing else: confined [free|core|validating] ACT...
 * Prints a word for each act, ok or the error. `core` and `validating` apply the very tables of
 * writd (user/daemon/sandbox.h), as it does; `free` applies none, and shows that root could.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "daemon/daemon.h"
#include "daemon/hierarchy.h"
#include "daemon/sandbox.h"
#include "lib/credentials.h"

#define CGROUPS "/sys/fs/cgroup"
#define RAW_ICMP 1

static int opened(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	return fd < 0 || close(fd) ? -1 : 0;
}

static int write_etc(void)
{
	return opened("/etc/confined", O_CREAT | O_WRONLY);
}

static int write_sysctl(void)
{
	return opened("/proc/sys/kernel/domainname", O_WRONLY);
}

static int write_memory(void)
{
	return opened("/proc/1/mem", O_RDWR);
}

static int write_log(void)
{
	return opened("/var/log/writ/confined", O_CREAT | O_WRONLY) ||
	       unlink("/var/log/writ/confined");
}

static int read_others(void)
{
	return opened("/tmp/of-a-user", O_RDONLY);
}

static int mount_tmpfs(void)
{
	return mount("none", "/mnt", "tmpfs", 0, NULL) || umount("/mnt");
}

static int make_device(void)
{
	return mknod("/run/writ/device", S_IFBLK | 0600, makedev(1, 0)) ||
	       unlink("/run/writ/device");
}

static int change_root(void)
{
	return chroot("/");
}

static int new_namespace(void)
{
	return unshare(CLONE_NEWUTS);
}

static int raw_socket(void)
{
	return socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, RAW_ICMP) < 0;
}

static int set_clock(void)
{
	struct timespec now;

	return clock_gettime(CLOCK_REALTIME, &now) || clock_settime(CLOCK_REALTIME, &now);
}

static int load_module(void)
{
	/* free: ENOEXEC, for it is none */
	return syscall(SYS_init_module, "x", 1, "") && errno != ENOEXEC;
}

static int signal_init(void)
{
	return kill(1, 0);
}

static int nowhere; /* opened before it can't be */

/* As a child that becomes a program, which ends with 0 when it is asked for its version. */
static int executed(const char *path)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		(void)dup2(nowhere, STDOUT_FILENO);
		(void)execl(path, path, "--version", NULL);
		_exit(errno);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	errno = WEXITSTATUS(status);
	return errno != 0;
}

static int execute_cat(void)
{
	return executed("/usr/bin/cat");
}

static int execute_broker(void)
{
	return executed("/usr/sbin/writ-broker");
}

static int become_user(void)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(setresgid(1000, 1000, 1000) || setresuid(1000, 1000, 1000) ? errno : 0);
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	errno = WEXITSTATUS(status);
	return errno != 0;
}

static int make_cgroup(void)
{
	return mkdir(CGROUPS "/confined", 0755) || rmdir(CGROUPS "/confined");
}

static int find_cgroup(void)
{
	int root = open(CGROUPS, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd;
	struct stat status;

	if (root < 0 || fstat(root, &status))
		return -1;
	fd = writ_hierarchy_open(root, status.st_ino);
	errno = fd < 0 ? -fd : 0;
	return fd < 0;
}

static const struct {
	const char *name;
	int (*act)(void);
} acts[] = {
	{"write_etc", write_etc},	{"write_sysctl", write_sysctl},
	{"write_memory", write_memory}, {"write_log", write_log},
	{"read_others", read_others},	{"mount", mount_tmpfs},
	{"device", make_device},	{"chroot", change_root},
	{"namespace", new_namespace},	{"raw_socket", raw_socket},
	{"clock", set_clock},		{"module", load_module},
	{"signal_init", signal_init},	{"execute_cat", execute_cat},
	{"become_user", become_user},	{"execute_broker", execute_broker},
	{"make_cgroup", make_cgroup},	{"find_cgroup", find_cgroup},
};

static int confine(const char *how)
{
	static const struct writ_daemon_options options = {.socket = WRIT_CONTROL_SOCKET,
							   .state = WRIT_STATE_DIR,
							   .audit_log = WRIT_AUDIT_LOG,
							   .ledger = WRIT_LEDGER};
	static const char *const commands[] = {"/usr/bin/cat", NULL};
	bool validating = !strcmp(how, "validating");
	int err;

	if (!strcmp(how, "free"))
		return 0;
	err = writ_credentials_keep(writ_sandbox_capabilities());
	if (!err)
		err = writ_credentials_no_new();
	if (!err)
		err = writ_sandbox_files(&options, CGROUPS, commands + !validating, "");
	return err < 0 ? err : writ_sandbox_calls(validating);
}

static int try(const char *name)
{
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++)
		if (!strcmp(name, acts[i].name)) {
			errno = 0;
			printf("%s ", acts[i].act() ? strerrorname_np(errno) : "ok");
			return 0;
		}
	fprintf(stderr, "confined: no act %s\n", name);
	return -1;
}

int main(int argc, char **argv)
{
	int err;

	nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
	err = argc < 3 ? -EINVAL : confine(argv[1]);
	if (err) {
		fprintf(stderr, "confined: %s\n", strerror(-err));
		return 2;
	}
	for (int i = 2; i < argc; i++)
		if (try(argv[i]))
			return 2;
	printf("\n");
	return 0;
}
