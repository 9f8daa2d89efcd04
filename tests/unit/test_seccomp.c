/* SPDX-License-Identifier: Apache-2.0 */
/* Filters made of small tables, each in a child of its own that then makes the calls. */
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/credentials.h"
#include "lib/seccomp.h"

#define COUNT(list) (sizeof(list) / sizeof(*(list)))
#define KILLED 1000
#define NOT_INSTALLED 255

static const uint16_t refused[] = {__NR_getppid, __NR_chdir};
static const uint16_t fatal[] = {__NR_ptrace};
static const struct writ_seccomp_calls lists[] = {
	{refused, COUNT(refused), WRIT_SECCOMP_REFUSE},
	{fatal, COUNT(fatal), WRIT_SECCOMP_KILL},
};
static const struct writ_seccomp_bits bits[] = {
	{__NR_kill, 1, 4 | 8, WRIT_SECCOMP_REFUSE},
	{__NR_unshare, 0, CLONE_NEWUSER, WRIT_SECCOMP_REFUSE},
};
static const struct writ_seccomp filter = {
	.calls = lists,
	.n_calls = COUNT(lists),
	.bits = bits,
	.n_bits = COUNT(bits),
	.otherwise = WRIT_SECCOMP_ALLOW,
};

/* errno of @act in a child under @with (NULL: none); KILLED + signal. */
static int tried(const struct writ_seccomp *with, long (*act)(void))
{
	int status = 0;
	pid_t pid = fork();

	if (!pid) {
		if (with && (writ_credentials_no_new() || writ_seccomp_install(with)))
			_exit(NOT_INSTALLED);
		_exit(act() < 0 ? errno : 0);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status))
		return KILLED + WTERMSIG(status);
	assert_int_not_equal(WEXITSTATUS(status), NOT_INSTALLED);
	return WEXITSTATUS(status);
}

static long get_parent(void)
{
	return syscall(__NR_getppid);
}

static long change_directory(void)
{
	return syscall(__NR_chdir, "/");
}

static long trace(void)
{
	return syscall(__NR_ptrace, 0, 0, 0, 0);
}

static long kill_0(void)
{
	return syscall(__NR_kill, getpid(), 0);
}

/* 4 in the argument's low half; SIGILL would end it. */
static long kill_4(void)
{
	(void)signal(SIGILL, SIG_IGN);
	return syscall(__NR_kill, getpid(), 4);
}

static long kill_16(void)
{
	(void)signal(16, SIG_IGN);
	return syscall(__NR_kill, getpid(), 16);
}

static long new_process(void)
{
	return syscall(__NR_clone3, NULL, 0);
}

static long x32(void)
{
	return syscall(0x40000000 + __NR_getpid);
}

/* By the 32-bit way in; the kernel may lack it, then the signal is another one. */
static long by_32_bit(void)
{
	long result = 20; /* getpid() there */

	__asm__ volatile("int $0x80" : "+a"(result) : : "memory");
	return result;
}

static void each_list_has_its_verdict(void **state)
{
	(void)state;
	assert_int_equal(tried(NULL, get_parent), 0);
	assert_int_equal(tried(&filter, get_parent), EPERM);
	assert_int_equal(tried(NULL, change_directory), 0);
	assert_int_equal(tried(&filter, change_directory), EPERM);
	assert_int_equal(tried(NULL, trace), 0);
	assert_int_equal(tried(&filter, trace), KILLED + SIGSYS);
}

static void bits_are_of_one_argument(void **state)
{
	(void)state;
	assert_int_equal(tried(NULL, kill_4), 0);
	assert_int_equal(tried(&filter, kill_4), EPERM);
	assert_int_equal(tried(&filter, kill_0), 0);
	assert_int_equal(tried(&filter, kill_16), 0);
}

static long unshare_user(void)
{
	return syscall(__NR_unshare, CLONE_NEWUSER);
}

/* Behind the first call with bits, which must not have lost the number. */
static void a_second_call_has_bits(void **state)
{
	(void)state;
	assert_int_equal(tried(&filter, unshare_user), EPERM);
}

static void what_no_list_has(void **state)
{
	static const uint16_t needed[] = {__NR_exit_group, __NR_getpid};
	static const struct writ_seccomp_calls list = {needed, COUNT(needed), WRIT_SECCOMP_ALLOW};
	struct writ_seccomp only = {
		.calls = &list, .n_calls = 1, .otherwise = WRIT_SECCOMP_REFUSE, .log = true};

	(void)state;
	assert_int_equal(tried(&only, get_parent), EPERM);
	only.otherwise = WRIT_SECCOMP_KILL;
	assert_int_equal(tried(&only, get_parent), KILLED + SIGSYS);
}

static void other_numberings_are_no_way_round(void **state)
{
	(void)state;
	assert_int_equal(tried(&filter, x32), KILLED + SIGSYS);
	assert_int_equal(tried(&filter, by_32_bit) >= KILLED, true);
}

static void clone3_has_no_say(void **state)
{
	static const uint16_t named[] = {__NR_clone3};
	static const struct writ_seccomp_calls list = {named, COUNT(named), WRIT_SECCOMP_ALLOW};
	const struct writ_seccomp allowing = {
		.calls = &list, .n_calls = 1, .otherwise = WRIT_SECCOMP_ALLOW};

	(void)state;
	assert_int_equal(tried(NULL, new_process), EINVAL);
	assert_int_equal(tried(&allowing, new_process), ENOSYS);
}

static long read_all_clocks(void)
{
	long now[2];
	unsigned int cpu;

	return syscall(__NR_clock_gettime, 0, now) || syscall(__NR_clock_getres, 0, now) ||
			       syscall(__NR_gettimeofday, now, NULL) ||
			       syscall(__NR_time, NULL) <= 0 ||
			       syscall(__NR_getcpu, &cpu, NULL, NULL)
		       ? -1
		       : 0;
}

/* Where the vDSO can't read the clock, libc makes these calls, whoever's list it is under. */
static void clocks_need_no_list(void **state)
{
	static const uint16_t needed[] = {__NR_exit_group, __NR_sigaltstack /* a sanitizer */};
	static const struct writ_seccomp_calls list = {needed, COUNT(needed), WRIT_SECCOMP_ALLOW};
	const struct writ_seccomp only = {
		.calls = &list, .n_calls = 1, .otherwise = WRIT_SECCOMP_KILL};

	(void)state;
	assert_int_equal(tried(&only, read_all_clocks), 0);
}

/* BPF_MAXINSNS is 4096: 19 for the frame, 2 for each. */
static void a_filter_has_a_size(void **state)
{
	uint16_t calls[2039] = {0};
	struct writ_seccomp_calls list = {calls, 2038, WRIT_SECCOMP_ALLOW};
	struct writ_seccomp big = {.calls = &list, .n_calls = 1, .otherwise = WRIT_SECCOMP_ALLOW};

	(void)state;
	assert_int_equal(tried(&big, get_parent), 0);
	list.count = 2039;
	assert_int_equal(writ_seccomp_install(&big), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_list_has_its_verdict),
		cmocka_unit_test(bits_are_of_one_argument),
		cmocka_unit_test(a_second_call_has_bits),
		cmocka_unit_test(what_no_list_has),
		cmocka_unit_test(other_numberings_are_no_way_round),
		cmocka_unit_test(clone3_has_no_say),
		cmocka_unit_test(clocks_need_no_list),
		cmocka_unit_test(a_filter_has_a_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
