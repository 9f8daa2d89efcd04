/* SPDX-License-Identifier: Apache-2.0 */
/* See tls.h. */
#include "forward/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/sockios.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "lib/cleanup.h"

struct writ_tls {
	SSL_CTX *context;
	SSL *ssl;
	int fd;
};

void writ_tls_close(struct writ_tls *tls)
{
	if (!tls)
		return;
	SSL_free(tls->ssl);
	SSL_CTX_free(tls->context);
	writ_closep(&tls->fd);
	free(tls);
}

static void close_p(struct writ_tls **tls)
{
	writ_tls_close(*tls);
}

/* The first thing that OpenSSL has to say. */
static int fail(struct writ_out *out, const char *what)
{
	unsigned long code = ERR_peek_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;

	ERR_clear_error();
	return writ_out_fail(out, -EPROTO, "%s:%s: %s: %s", out->policy->host, out->policy->port,
			     what, reason ? reason : "no reason given");
}

static int load(struct writ_out *out, struct writ_tls *tls)
{
	const struct writ_policy_sink *policy = out->policy;

	tls->context = SSL_CTX_new(TLS_client_method());
	if (!tls->context || !SSL_CTX_set_min_proto_version(tls->context, TLS1_2_VERSION))
		return fail(out, "TLS");
	SSL_CTX_set_verify(tls->context, SSL_VERIFY_PEER, NULL);
	(void)SSL_CTX_set_mode(tls->context,
			       SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	if (policy->ca ? !SSL_CTX_load_verify_locations(tls->context, policy->ca, NULL)
		       : !SSL_CTX_set_default_verify_paths(tls->context))
		return fail(out, policy->ca ? policy->ca : "the system's certificates");
	if (!policy->certificate)
		return 0;
	if (SSL_CTX_use_certificate_chain_file(tls->context, policy->certificate) != 1)
		return fail(out, policy->certificate);
	if (SSL_CTX_use_PrivateKey_file(tls->context, policy->key, SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_check_private_key(tls->context) != 1)
		return fail(out, policy->key);
	return 0;
}

static int connect_address(struct writ_out *out, const struct addrinfo *address)
{
	const int one = 1;
	int error = 0, err;
	socklen_t len = sizeof(error);
	_cleanup_close_ int fd =
		socket(address->ai_family, address->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	if (connect(fd, address->ai_addr, address->ai_addrlen) && errno != EINPROGRESS)
		return -errno;
	err = writ_watch_poll(out->watch, fd, POLLOUT, WRIT_OUT_TIMEOUT_MS);
	if (err)
		return err;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) || error)
		return error ? -error : -errno;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
	return take_fd(&fd);
}

static int connect_host(struct writ_out *out)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	const struct writ_policy_sink *policy = out->policy;
	struct addrinfo *found = NULL;
	int error = getaddrinfo(policy->host, policy->port, &hints, &found), fd = -EHOSTUNREACH;

	if (error)
		return writ_out_fail(out, -EHOSTUNREACH, "%s: %s", policy->host,
				     gai_strerror(error));
	for (const struct addrinfo *one = found; one && fd < 0 && fd != -ECANCELED;
	     one = one->ai_next)
		fd = connect_address(out, one);
	freeaddrinfo(found);
	if (fd < 0)
		(void)writ_out_fail(out, fd, "connect to %s:%s: %s", policy->host, policy->port,
				    strerror(-fd));
	return fd;
}

/* What the certificate must say: an address is no name. */
static int expect(struct writ_out *out, SSL *ssl)
{
	const char *name = out->policy->server_name ? out->policy->server_name : out->policy->host;
	struct in6_addr address;

	if (inet_pton(AF_INET, name, &address) == 1 || inet_pton(AF_INET6, name, &address) == 1)
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) ? 0
										: fail(out, name);
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (!SSL_set1_host(ssl, name) || !SSL_set_tlsext_host_name(ssl, name))
		return fail(out, name);
	return 0;
}

/* Waits for what @result of a call on @tls waits for. -EPROTO: it failed. */
static int wait_for(struct writ_out *out, struct writ_tls *tls, int result)
{
	int error = SSL_get_error(tls->ssl, result);

	if (error == SSL_ERROR_WANT_READ)
		return writ_watch_poll(out->watch, tls->fd, POLLIN, WRIT_OUT_TIMEOUT_MS);
	if (error == SSL_ERROR_WANT_WRITE)
		return writ_watch_poll(out->watch, tls->fd, POLLOUT, WRIT_OUT_TIMEOUT_MS);
	return error == SSL_ERROR_ZERO_RETURN ? -EPIPE : -EPROTO;
}

static int fail_handshake(struct writ_out *out, const SSL *ssl, int err)
{
	long verdict = SSL_get_verify_result(ssl);

	if (err != -EPROTO)
		return writ_out_fail(out, err, "%s:%s: TLS handshake: %s", out->policy->host,
				     out->policy->port, strerror(-err));
	if (verdict == X509_V_OK)
		return fail(out, "TLS handshake");
	ERR_clear_error();
	return writ_out_fail(out, -EKEYREJECTED, "%s:%s: certificate refused: %s",
			     out->policy->host, out->policy->port,
			     X509_verify_cert_error_string(verdict));
}

static int shake_hands(struct writ_out *out, struct writ_tls *tls)
{
	int err = 0, result;

	tls->ssl = SSL_new(tls->context);
	if (!tls->ssl || !SSL_set_fd(tls->ssl, tls->fd))
		return fail(out, "TLS");
	err = expect(out, tls->ssl);
	if (err)
		return err;
	for (;;) {
		ERR_clear_error();
		result = SSL_connect(tls->ssl);
		if (result == 1)
			return 0;
		err = wait_for(out, tls, result);
		if (err)
			return fail_handshake(out, tls->ssl, err);
	}
}

int writ_tls_open(struct writ_out *out, struct writ_tls **ret)
{
	_cleanup_(close_p) struct writ_tls *tls = calloc(1, sizeof(*tls));
	int err;

	if (!tls)
		return writ_out_fail(out, -ENOMEM, "no memory");
	tls->fd = -1;
	ERR_clear_error();
	err = load(out, tls);
	if (err)
		return err;
	tls->fd = connect_host(out);
	if (tls->fd < 0)
		return tls->fd;
	err = shake_hands(out, tls);
	if (!err)
		*ret = take_ptr(tls);
	return err;
}

int writ_tls_write(struct writ_out *out, struct writ_tls *tls, const void *bytes, size_t len)
{
	const char *at = bytes;
	size_t done = 0;
	int err = 0;

	while (len && !err) {
		ERR_clear_error();
		if (SSL_write_ex(tls->ssl, at, len, &done)) {
			at += done;
			len -= done;
			continue;
		}
		err = wait_for(out, tls, 0);
	}
	if (err == -EPROTO || err == -EPIPE)
		return writ_out_fail(out, err, "%s:%s: connection lost", out->policy->host,
				     out->policy->port);
	return err ? writ_out_fail(out, err, "send to %s:%s: %s", out->policy->host,
				   out->policy->port, strerror(-err))
		   : 0;
}

int writ_tls_progress(struct writ_tls *tls, uint64_t *ret_written, uint64_t *ret_acknowledged)
{
	const uint64_t written = BIO_number_written(SSL_get_wbio(tls->ssl));
	int waiting = 0;

	if (ioctl(tls->fd, SIOCOUTQ, &waiting))
		return -errno;
	*ret_written = written;
	*ret_acknowledged = written - (uint64_t)waiting;
	return 0;
}

int writ_tls_check(struct writ_tls *tls)
{
	char ignored[512];
	size_t n;

	ERR_clear_error();
	while (SSL_read_ex(tls->ssl, ignored, sizeof(ignored), &n))
		;
	switch (SSL_get_error(tls->ssl, 0)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		return 0;
	case SSL_ERROR_ZERO_RETURN:
		return -EPIPE;
	default:
		ERR_clear_error();
		return -ECONNRESET;
	}
}

int writ_tls_finish(struct writ_out *out, struct writ_tls *tls, int ms)
{
	struct pollfd fd = {.fd = tls->fd, .events = POLLIN};
	char ignored[512];
	ssize_t n = 1;

	(void)out; /* the process stops: its watch is no reason to give up now */
	ERR_clear_error();
	if (SSL_shutdown(tls->ssl) < 0 || shutdown(tls->fd, SHUT_WR))
		return 0;
	while (n > 0 && poll(&fd, 1, ms) == 1)
		n = recv(tls->fd, ignored, sizeof(ignored), MSG_DONTWAIT);
	return !n;
}
