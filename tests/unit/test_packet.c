/* SPDX-License-Identifier: Apache-2.0 */
/* Requests as packets: sizes, versions, fields, and descriptors that come with them. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/packet.h"

#define MANY 8

static int pair[2];
static struct writ_request request;
static int passed;

static int set_up(void **state)
{
	(void)state;
	passed = -1;
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair);
}

static int tear_down(void **state)
{
	(void)state;
	(void)close(pair[0]);
	return close(pair[1]);
}

static void send_with(const void *bytes, size_t len, size_t n_fds)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(MANY * sizeof(int))];
	} control = {{0}};
	struct iovec part = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = len};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	int fds[MANY];

	for (size_t i = 0; i < n_fds; i++)
		fds[i] = pair[1];
	if (n_fds) {
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		memcpy(CMSG_DATA(&control.header), fds, n_fds * sizeof(int));
	}
	assert_int_equal(sendmsg(pair[0], &message, 0), len);
}

static int receive(void)
{
	return writ_packet_receive(pair[1], &request, &passed);
}

/* The next descriptor that would be given: grows when one was left open. */
static int next_fd(void)
{
	int fd = dup(pair[0]);

	(void)close(fd);
	return fd;
}

static void test_sizes(void **state)
{
	static char bytes[sizeof(struct writ_request) + 1];
	const __u32 version = WRIT_CONTROL_VERSION, other = WRIT_CONTROL_VERSION + 1;

	(void)state;
	assert_int_equal(receive(), -EAGAIN);
	memcpy(bytes, &version, sizeof(version));
	send_with(bytes, sizeof(request), 0);
	assert_int_equal(receive(), 0);
	assert_int_equal(passed, -1);
	send_with(bytes, sizeof(request) - 1, 0);
	assert_int_equal(receive(), -EPROTO);
	send_with(bytes, sizeof(request) + 1, 0);
	assert_int_equal(receive(), -EPROTO);
	send_with(bytes, 1, 0);
	assert_int_equal(receive(), -EPROTO);
	memcpy(bytes, &other, sizeof(other));
	send_with(bytes, sizeof(request), 0);
	assert_int_equal(receive(), -EPROTO);
	(void)close(pair[0]);
	assert_int_equal(receive(), -ECONNRESET);
	pair[0] = dup(pair[1]);
}

static void test_descriptors(void **state)
{
	struct writ_request sent = {.version = WRIT_CONTROL_VERSION};
	int fd = next_fd();

	(void)state;
	send_with(&sent, sizeof(sent), 1);
	assert_int_equal(receive(), 0);
	assert_int_equal(passed, fd);
	assert_true(fcntl(passed, F_GETFD) & FD_CLOEXEC);
	(void)close(passed);
	passed = -1;
	for (size_t n = 2; n <= MANY; n++) {
		send_with(&sent, sizeof(sent), n);
		assert_int_equal(receive(), -EBADMSG);
		assert_int_equal(passed, -1);
		assert_int_equal(next_fd(), fd);
	}
	send_with(&sent, sizeof(sent) - 1, 1);
	assert_int_equal(receive(), -EPROTO);
	assert_int_equal(passed, -1);
	assert_int_equal(next_fd(), fd);
}

static void assert_unsound(char *field, size_t size)
{
	char error[WRIT_ERROR_SIZE] = "";

	memset(field, 'a', size - 1);
	assert_int_equal(writ_packet_check(&request, error), 0);
	field[size - 1] = 'a';
	assert_int_equal(writ_packet_check(&request, error), -EBADMSG);
	assert_string_equal(error, "malformed request");
	memset(field, 0, size);
}

#define UNSOUND(field) assert_unsound(request.field, sizeof(request.field))

static void test_fields(void **state)
{
	char error[WRIT_ERROR_SIZE];

	(void)state;
	memset(&request, 0, sizeof(request));
	UNSOUND(agent);
	UNSOUND(playbook);
	UNSOUND(ticket);
	UNSOUND(sponsor);
	UNSOUND(reason);
	UNSOUND(context.session);
	UNSOUND(context.prompt);
	UNSOUND(context.tool_call);
	UNSOUND(context.parent);
	request.n_parameters = WRIT_PARAMETERS_MAX;
	UNSOUND(parameters[WRIT_PARAMETERS_MAX - 1].name);
	UNSOUND(parameters[WRIT_PARAMETERS_MAX - 1].value);
	request.n_parameters++;
	assert_int_equal(writ_packet_check(&request, error), -EBADMSG);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_sizes),
		TEST(test_descriptors),
		TEST(test_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
