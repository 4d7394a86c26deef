// SPDX-License-Identifier: GPL-2.0
/* Servers that do a handshake with whoever comes, and close the connection. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/err.h>

#include "tls_server.h"

/* ---- AF_ZSOCK: that is all that there is to do ---- */

static void serve_zsock(const struct tls_server *s)
{
	bool verified = false;
	int fd;

	for (;;) {
		fd = accept(s->listener, NULL, NULL);
		if (fd < 0)
			die_errno("zsock: accept");
		if (!verified)
			zsock_verify(fd, s->version);
		verified = true;
		close(fd);
	}
}

/* ---- OpenSSL: an event loop ---- */

#define EVENTS	64

struct loop {
	int ep, listener;
	SSL_CTX *ctx;
	bool ktls;
};

static void watch(const struct loop *l, int fd, void *data)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = data };

	if (epoll_ctl(l->ep, EPOLL_CTL_ADD, fd, &ev))
		die_errno("EPOLL_CTL_ADD");
}

/* Goes on with a handshake; closes the connection where it is over. */
static void shake(const struct loop *l, SSL *ssl)
{
	int ret, fd = SSL_get_fd(ssl);

	ERR_clear_error();
	ret = SSL_do_handshake(ssl);
	if (ret != 1) {
		if (SSL_get_error(ssl, ret) != SSL_ERROR_WANT_READ)
			lib_die("server's handshake");
		return;
	}
	if (BIO_get_ktls_send(SSL_get_wbio(ssl)) != l->ktls)
		die("OpenSSL: kTLS %s", l->ktls ? "does not send" : "sends");
	SSL_shutdown(ssl);
	SSL_free(ssl);
	close(fd);
}

static void take_all(const struct loop *l)
{
	const struct fam *inet = fam_get(FAM_INET);
	SSL *ssl;
	int fd;

	while ((fd = accept4(l->listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
		set_nodelay(inet, fd);
		ssl = lib_new(l->ctx, fd);
		watch(l, fd, ssl);
	}
	if (errno != EAGAIN)
		die_errno("accept4");
}

static void serve_lib(const struct tls_server *s, bool ktls)
{
	const struct lib_conf conf = {
		.version = s->version, .key = s->key, .server = true,
		.ktls = ktls, .tickets = s->tickets, .release = true,
	};
	struct loop l = {
		.ep = epoll_create1(0), .listener = s->listener,
		.ctx = lib_ctx(&conf), .ktls = ktls,
	};
	struct epoll_event ev[EVENTS];
	int i, ready;

	set_blocking(s->listener, false);
	watch(&l, s->listener, NULL);
	for (;;) {
		ready = epoll_wait(l.ep, ev, EVENTS, -1);
		for (i = 0; i < ready; i++) {
			if (ev[i].data.ptr)
				shake(&l, ev[i].data.ptr);
			else
				take_all(&l);
		}
	}
}

/* ---- processes ---- */

void tls_server_start(struct tls_server *s, const struct fam *fam)
{
	struct fam tls = tls_fam(fam, s->version);

	tls_prepare();
	s->listener = fam_listen(&tls, 1, &s->addr);
	if (fam->id == FAM_ZSOCK)
		zsock_options(s->listener, s->version, s->key, true, s->tickets);
	fflush(stdout);
	s->pid = fork();
	if (s->pid < 0)
		die_errno("fork");
	if (s->pid)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (fam->id == FAM_ZSOCK)
		serve_zsock(s);
	else
		serve_lib(s, fam->id == FAM_LIBK);
	_exit(2);
}

void tls_server_stop(struct tls_server *s)
{
	int status;

	kill(s->pid, SIGKILL);
	if (waitpid(s->pid, &status, 0) != s->pid || !WIFSIGNALED(status))
		die("a server ended by itself");
	close(s->listener);
}
