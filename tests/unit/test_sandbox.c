/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The core's tables, in a child: what it must do works, what it must not is refused; and each act
 * once in a child that has given up nothing. Capabilities, which want root, are tried in the
 * guests.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/daemon.h"
#include "daemon/sandbox.h"
#include "lib/cleanup.h"
#include "lib/credentials.h"
#include "lib/log.h"
#include "lib/seccomp.h"
#include "writ/capability.h"

static char directory[64];
static char places[7][96];
static char textfile[112];
static struct writ_daemon_options options;
static const char *const no_command[] = {NULL};

enum place { CGROUPS, STATE, LOGS, SOCKETS, LEDGER, ELSEWHERE, TEXTFILE };

static int set_up(void **state)
{
	static const char *const names[] = {"cgroups", "state",	 "logs",
					    "sockets", "ledger", "elsewhere", "textfile"};
	static char files[3][112];

	(void)state;
	(void)strcpy(directory, "/tmp/writ-box-XXXXXX");
	if (!mkdtemp(directory) || chmod(directory, 0755))
		return -1;
	for (size_t i = 0; i < 7; i++) {
		(void)snprintf(places[i], sizeof(places[i]), "%s/%s", directory, names[i]);
		if (mkdir(places[i], 0777) || chmod(places[i], 0777))
			return -1;
	}
	(void)snprintf(files[0], sizeof(files[0]), "%s/audit.jsonl", places[LOGS]);
	(void)snprintf(files[1], sizeof(files[1]), "%s/core.sock", places[SOCKETS]);
	(void)snprintf(textfile, sizeof(textfile), "%s/writ.prom", places[TEXTFILE]);
	(void)snprintf(files[2], sizeof(files[2]), "%s/ledger.db", places[LEDGER]);
	options = (struct writ_daemon_options){.state = places[STATE],
					       .audit_log = files[0],
					       .socket = files[1],
					       .ledger = files[2]};
	return 0;
}

static int tear_down(void **state)
{
	char command[128];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -r %s", directory);
	return system(command);
}

enum confinement {
	NONE,
	FILES,
	FILES_VALIDATING,
	CALLS,
	CALLS_VALIDATING,
};

static int confine(enum confinement how)
{
	static const char *const commands[] = {"/bin/true", NULL};
	int err = how == NONE ? 0 : writ_credentials_no_new();

	if (err || how == NONE)
		return err;
	if (how == FILES || how == FILES_VALIDATING) {
		err = writ_sandbox_files(&options, places[CGROUPS],
					 commands + (how == FILES), textfile);
		return err < 0 ? err : 0;
	}
	return writ_sandbox_calls(how == CALLS_VALIDATING);
}

/* errno of @act in such a child, as nobody. */
static int tried(enum confinement how, int (*act)(void))
{
	int status = 0;
	pid_t pid = fork();

	if (!pid) {
		if (!getuid() && (setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534)))
			_exit(255);
		_exit(confine(how) ? 255 : act() ? errno : 0);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_not_equal(WEXITSTATUS(status), 255);
	return WEXITSTATUS(status);
}

static bool has_landlock(void)
{
	return syscall(__NR_landlock_create_ruleset, NULL, 0, 1) >= 1;
}

/* A file that comes, is renamed, and goes. */
static int change(enum place place)
{
	char from[112], to[112];
	int fd;

	(void)snprintf(from, sizeof(from), "%s/%d", places[place], getpid());
	(void)snprintf(to, sizeof(to), "%s/to.%d", places[place], getpid());
	fd = open(from, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	return fd < 0 || close(fd) || rename(from, to) || unlink(to);
}

static int change_state(void)
{
	return change(STATE);
}

static int change_logs(void)
{
	return change(LOGS);
}

static int change_ledger(void)
{
	return change(LEDGER);
}

static int change_textfile(void)
{
	return change(TEXTFILE);
}

static int change_elsewhere(void)
{
	return change(ELSEWHERE);
}

static int make_directory(enum place place)
{
	char path[112];

	(void)snprintf(path, sizeof(path), "%s/d%d", places[place], getpid());
	return mkdir(path, 0755) || rmdir(path);
}

static int make_cgroup(void)
{
	return make_directory(CGROUPS);
}

static int make_elsewhere(void)
{
	return make_directory(ELSEWHERE);
}

static int bind_in(enum place place)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/s%d", places[place],
		       getpid());
	return fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) ||
	       unlink(address.sun_path);
}

static int bind_socket(void)
{
	return bind_in(SOCKETS);
}

static int bind_elsewhere(void)
{
	return bind_in(ELSEWHERE);
}

static int read_anywhere(void)
{
	return open("/etc/passwd", O_RDONLY | O_CLOEXEC) < 0 ||
	       open(places[ELSEWHERE], O_RDONLY | O_DIRECTORY | O_CLOEXEC) < 0 ||
	       open("/proc/self/stat", O_RDONLY | O_CLOEXEC) < 0;
}

static int execute_other(void)
{
	return execl("/bin/true", "true", NULL);
}

/* The test itself, which stands for the daemon and for what lies beside it. */
static int execute_own(void)
{
	return execl("/proc/self/exe", "test_sandbox", "--nothing", NULL);
}

static void files_that_are_its_own(void **state)
{
	int (*const acts[])(void) = {change_state, change_logs,	  change_ledger, make_cgroup,
				     bind_socket,  read_anywhere, execute_own,
				     change_textfile};

	(void)state;
	if (!has_landlock())
		skip();
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++)
		assert_int_equal(tried(FILES, acts[i]), 0);
	assert_int_equal(tried(FILES_VALIDATING, execute_other), 0);
}

static void files_that_are_not(void **state)
{
	int (*const acts[])(void) = {change_elsewhere, make_elsewhere, bind_elsewhere,
				     execute_other};

	(void)state;
	if (!has_landlock())
		skip();
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		assert_int_equal(tried(NONE, acts[i]), 0);
		assert_int_equal(tried(FILES, acts[i]), EACCES);
	}
	textfile[0] = '\0'; /* a policy without one */
	assert_int_equal(tried(FILES, change_textfile), EACCES);
	assert_int_equal(tried(FILES_VALIDATING, change_elsewhere), EACCES);
}

/* A kernel without it is told apart from one that fails. */
static int without_landlock(void)
{
	static const uint16_t calls[] = {__NR_landlock_create_ruleset};
	static const struct writ_seccomp_calls list = {calls, 1, SECCOMP_RET_ERRNO | ENOSYS};
	static const struct writ_seccomp filter = {
		.calls = &list, .n_calls = 1, .otherwise = WRIT_SECCOMP_ALLOW};
	int err = writ_credentials_no_new();

	errno = err || writ_seccomp_install(&filter)
			? EIO
			: -writ_sandbox_files(&options, places[CGROUPS], no_command, "");
	return 1;
}

static void a_kernel_without_landlock(void **state)
{
	(void)state;
	assert_int_equal(tried(NONE, without_landlock), EOPNOTSUPP);
}

static int trace(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0;
}

static int make_namespace(void)
{
	return unshare(CLONE_NEWUSER);
}

/* What clone() is asked for is refused here, and not by the kernel afterwards. */
static int clone_namespace(void)
{
	long pid = syscall(__NR_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, NULL);

	if (!pid)
		_exit(0);
	return pid < 0;
}

static int keyring(void)
{
	return syscall(__NR_keyctl, 0 /* KEYCTL_GET_KEYRING_ID */, -3, 1) < 0;
}

static int set_name(void)
{
	return syscall(__NR_personality, 0xffffffff) < 0;
}

static int fork_child(void)
{
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit(0);
	return pid < 0 || waitpid(pid, &status, 0) != pid;
}

/* One that no table has, and that does no harm. */
static int get_priority(void)
{
	return syscall(__NR_getpriority, 0, 0) < 0;
}

/* What a child asks for itself: the packer of writ-audit. */
static int lower_priority(void)
{
	return setpriority(PRIO_PROCESS, 0, 5);
}

static void calls_that_it_makes(void **state)
{
	int (*const acts[])(void) = {change_state, make_cgroup, bind_socket,   read_anywhere,
				     fork_child,   execute_own, lower_priority};

	(void)state;
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		assert_int_equal(tried(CALLS, acts[i]), 0);
		assert_int_equal(tried(CALLS_VALIDATING, acts[i]), 0);
	}
}

static void calls_that_it_does_not(void **state)
{
	int (*const acts[])(void) = {trace, keyring, set_name};

	(void)state;
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		assert_int_equal(tried(NONE, acts[i]), 0);
		assert_int_equal(tried(CALLS, acts[i]), EPERM);
		assert_int_equal(tried(CALLS_VALIDATING, acts[i]), EPERM);
	}
	assert_int_equal(tried(CALLS, make_namespace), EPERM);
	assert_int_equal(tried(CALLS, clone_namespace), EPERM);
	assert_int_equal(tried(CALLS_VALIDATING, clone_namespace), EPERM);
	assert_int_equal(tried(CALLS, get_priority), EPERM);
	assert_int_equal(tried(CALLS_VALIDATING, get_priority), 0);
}

static int exit_by_bpf(void)
{
	(void)syscall(__NR_bpf, 0xffff, NULL, 0);
	return errno != 0;
}

/* The kernel's answer is the same with the filter as without. */
static void bpf_is_asked(void **state)
{
	int answer = tried(NONE, exit_by_bpf);

	(void)state;
	assert_int_equal(tried(CALLS, exit_by_bpf), answer);
	assert_int_equal(tried(CALLS_VALIDATING, exit_by_bpf), answer);
}

/* --- what a reload may name ------------------------------------------------------------------- */

static int checked(const struct writ_sandbox *sandbox, const char *validator)
{
	const char *const words[] = {validator};
	const struct writ_policy_node node = {.validator = words, .n_validator = !!validator};
	const struct writ_policy policy = {.node = &node};

	return writ_sandbox_check(sandbox, &policy);
}

static void a_validator_that_comes_later(void **state)
{
	static char check[] = "/opt/tickets/check", at_root[] = "/check";
	const struct writ_sandbox open = {.confined = false};
	const struct writ_sandbox none = {.confined = true, .landlock = 6};
	const struct writ_sandbox one = {
		.confined = true, .landlock = 6, .commands = {check}};
	struct writ_sandbox old = one;
	struct writ_policy empty = {.node = NULL};

	(void)state;
	assert_int_equal(checked(&open, "/opt/tickets/check"), 0);
	assert_int_equal(checked(&none, NULL), 0);
	assert_int_equal(writ_sandbox_check(&none, &empty), 0);
	assert_int_equal(checked(&none, "/usr/bin/none"), -EACCES);
	assert_int_equal(checked(&one, "/opt/tickets/check"), 0);
	assert_int_equal(checked(&one, "/opt/tickets/other"), 0);
	assert_int_equal(checked(&one, "/usr/lib/none"), 0);
	assert_int_equal(checked(&one, "/opt/ticketsx/check"), -EACCES);
	assert_int_equal(checked(&one, "/usrx/check"), -EACCES);
	assert_int_equal(checked(&one, "/srv/check"), -EACCES);
	old.landlock = 0;
	assert_int_equal(checked(&old, "/srv/check"), 0);
	old.commands[0] = at_root;
	old.landlock = 6;
	assert_int_equal(checked(&old, "/check"), 0);
	assert_int_equal(checked(&old, "/other"), -EACCES);
}

static void a_command_of_an_alert_that_comes_later(void **state)
{
	static char tell[] = "/opt/alerts/tell";
	const char *const words[] = {tell, "now"};
	const struct writ_policy_alert alerts[] = {{.name = "no", .syslog = true},
						   {.name = "yes", .command = words, .n_command = 2}};
	struct writ_policy_node node = {.audit = {.alerts = alerts, .n_alerts = 1}};
	const struct writ_policy policy = {.node = &node};
	const struct writ_sandbox none = {.confined = true, .landlock = 6};
	const struct writ_sandbox one = {.confined = true, .landlock = 6, .commands = {tell}};

	(void)state;
	assert_int_equal(writ_sandbox_check(&none, &policy), 0);
	node.audit.n_alerts = 2;
	assert_int_equal(writ_sandbox_check(&none, &policy), -EACCES);
	assert_int_equal(writ_sandbox_check(&one, &policy), 0);
	assert_int_equal(checked(&one, "/opt/tickets/check"), -EACCES);
}

/* --- what systemd gives it -------------------------------------------------------------------- */

/* The bounding set of docs/writd.service has what is kept, and CAP_SETPCAP to give up the rest. */
static void the_unit_gives_what_is_kept(void **state)
{
	static const char *const names[] = {
#define X(name) #name,
		WRIT_CAPABILITY_LIST(X)
#undef X
	};
	_cleanup_fclose_ FILE *file = fopen("docs/writd.service", "re");
	char line[256], all[1024] = " ", word[64];

	(void)state;
	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		if (!strncmp(line, "CapabilityBoundingSet=", 22)) {
			line[strcspn(line, "\n")] = ' ';
			(void)strncat(all, line + 22, sizeof(all) - strlen(all) - 1);
		}
	for (unsigned int i = 0; i < WRIT_CAPABILITY_COUNT; i++) {
		if (!(writ_sandbox_capabilities() & WRIT_CAPABILITY(i)) &&
		    strcmp(names[i], "CAP_SETPCAP") != 0)
			continue;
		(void)snprintf(word, sizeof(word), " %s ", names[i]);
		if (!strstr(all, word))
			fail_msg("docs/writd.service lacks%s", word);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_that_are_its_own),
		cmocka_unit_test(files_that_are_not),
		cmocka_unit_test(a_kernel_without_landlock),
		cmocka_unit_test(calls_that_it_makes),
		cmocka_unit_test(calls_that_it_does_not),
		cmocka_unit_test(bpf_is_asked),
		cmocka_unit_test(a_validator_that_comes_later),
		cmocka_unit_test(a_command_of_an_alert_that_comes_later),
		cmocka_unit_test(the_unit_gives_what_is_kept),
	};

	if (argc > 1 && !strcmp(argv[1], "--nothing"))
		_exit(0);
	writ_log_open("test", WRIT_LOG_ERROR);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
