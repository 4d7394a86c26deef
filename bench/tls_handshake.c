// SPDX-License-Identifier: GPL-2.0
/*
 * Handshakes of a server: OpenSSL in an event loop (tls_server.c), or AF_ZSOCK,
 * where the program only accepts and zsock-tlsd does the rest. The clients are
 * the same: OpenSSL, a few at a time, in this process. The server closes when
 * the handshake is over, and the clients read to that end.
 *
 * What counts is what goes by on the guest's clock while this thread does not
 * run: the server program, the agent, the kernel's workers.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>

#include "tls.h"
#include "tls_server.h"

#define IN_FLIGHT	8

struct client {
	int fd;
	SSL *ssl;
	bool up;
};

struct ctx {
	const struct fam *fam;
	struct tls_server server;
	SSL_CTX *ssl;
	SSL_SESSION *session;	/* to be resumed, or NULL */
	int ep;
};

/* Instructions of the client's, a handshake: what was left out. */
static struct series own[FAM_COUNT];

static double own_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return ts.tv_sec * 1e9 + ts.tv_nsec;
}

static double others_ns(void)
{
	return now_ns() - own_ns();
}

/* ---- one client ---- */

/* Returns whether the handshake is over. */
static bool client_shake(struct ctx *c, struct client *client)
{
	int ret = SSL_do_handshake(client->ssl);

	if (ret != 1) {
		if (SSL_get_error(client->ssl, ret) != SSL_ERROR_WANT_READ)
			lib_die("client's handshake");
		return false;
	}
	lib_verify(client->ssl, c->server.version);
	if (SSL_session_reused(client->ssl) != !!c->session)
		die("%s: the session was %sresumed", c->fam->name,
		    c->session ? "not " : "");
	return true;
}

/* Takes what the server sends; returns whether it has closed the connection. */
static bool client_read(struct client *client)
{
	char byte;
	int ret = SSL_read(client->ssl, &byte, 1);

	switch (SSL_get_error(client->ssl, ret)) {
	case SSL_ERROR_WANT_READ:
		return false;
	case SSL_ERROR_ZERO_RETURN:
		return true;
	default:
		lib_die("client's read");
	}
}

static bool client_step(struct ctx *c, struct client *client)
{
	ERR_clear_error();
	if (!client->up)
		client->up = client_shake(c, client);
	return client->up && client_read(client);
}

static void client_begin(struct ctx *c)
{
	struct client *client = calloc(1, sizeof(*client));
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = client };

	if (!client)
		die("out of memory");
	client->fd = fam_connect(fam_get(FAM_INET), &c->server.addr);
	set_nodelay(c->fam, client->fd);
	set_blocking(client->fd, false);
	client->ssl = lib_new(c->ssl, client->fd);
	if (c->session && SSL_set_session(client->ssl, c->session) != 1)
		lib_die("SSL_set_session");
	if (epoll_ctl(c->ep, EPOLL_CTL_ADD, client->fd, &ev))
		die_errno("EPOLL_CTL_ADD");
	client_step(c, client);
}

static void client_end(struct client *client)
{
	/* No close_notify: the peer is gone, and the session is to be kept. */
	SSL_set_shutdown(client->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_free(client->ssl);
	close(client->fd);
	free(client);
}

/* ---- passes ---- */

static unsigned int turn(struct ctx *c)
{
	struct epoll_event ev[IN_FLIGHT];
	int i, over = 0, ready = epoll_wait(c->ep, ev, IN_FLIGHT, 10000);

	if (ready <= 0)
		die_errno("%s: epoll_wait: %d", c->fam->name, ready);
	for (i = 0; i < ready; i++) {
		if (!client_step(c, ev[i].data.ptr))
			continue;
		client_end(ev[i].data.ptr);
		over++;
	}
	return over;
}

static void run(void *arg, unsigned int ops)
{
	struct ctx *c = arg;
	unsigned int begun = 0, over = 0;
	double start = own_ns();

	while (over < ops) {
		for (; begun < ops && begun < over + IN_FLIGHT; begun++)
			client_begin(c);
		over += turn(c);
	}
	series_add(&own[c->fam->id], (own_ns() - start) / ops);
}

/* ---- setting up ---- */

/* A session that the server has given, from a connection that went well. */
static SSL_SESSION *get_session(struct ctx *c)
{
	int fd = fam_connect(fam_get(FAM_INET), &c->server.addr);
	SSL *ssl = lib_new(c->ssl, fd);
	SSL_SESSION *session;
	char byte;

	if (SSL_do_handshake(ssl) != 1)
		lib_die("first handshake");
	if (SSL_get_error(ssl, SSL_read(ssl, &byte, 1)) != SSL_ERROR_ZERO_RETURN)
		lib_die("the end of the first connection");
	session = SSL_get1_session(ssl);
	if (!session || !SSL_SESSION_is_resumable(session))
		die("%s: the server gives no session", c->fam->name);
	SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_free(ssl);
	close(fd);
	return session;
}

static void *setup(const struct fam *fam, int version, enum tls_key key,
		   bool resumed)
{
	struct lib_conf conf = { .version = version, .tickets = resumed };
	struct ctx *c = calloc(1, sizeof(*c));

	if (!c)
		die("out of memory");
	c->fam = fam;
	own[fam->id].count = 0;
	own[fam->id].used = false;
	c->server = (struct tls_server){
		.version = version, .key = key, .tickets = resumed,
	};
	tls_server_start(&c->server, fam);
	c->ssl = lib_ctx(&conf);
	c->ep = epoll_create1(EPOLL_CLOEXEC);
	if (c->ep < 0)
		die_errno("epoll_create1");
	if (resumed)
		c->session = get_session(c);
	return c;
}

static void teardown(void *arg)
{
	struct ctx *c = arg;

	tls_server_stop(&c->server);
	SSL_SESSION_free(c->session);
	SSL_CTX_free(c->ssl);
	close(c->ep);
	free(c);
}

static void report(void)
{
	int id;

	json_open("client", '{');
	for (id = 0; id < FAM_COUNT; id++)
		if (own[id].used)
			json_number(fam_get(id)->name,
				    median_of(own[id].pass, own[id].count));
	json_close('}');
}

#define SETUP(_name, ...)					\
	static void *_name(const struct fam *fam)		\
	{							\
		return setup(fam, __VA_ARGS__);			\
	}

SETUP(ecdsa_1_2, TLS1_2_VERSION, KEY_ECDSA, false)
SETUP(ecdsa_1_3, TLS1_3_VERSION, KEY_ECDSA, false)
SETUP(rsa_1_2, TLS1_2_VERSION, KEY_RSA, false)
SETUP(rsa_1_3, TLS1_3_VERSION, KEY_RSA, false)
SETUP(resumed_1_2, TLS1_2_VERSION, KEY_ECDSA, true)
SETUP(resumed_1_3, TLS1_3_VERSION, KEY_ECDSA, true)

#define CASE(_name, _what, _setup, _batch, _more)		\
	{ .name = "tls-handshakes-" _name, .what = _what,	\
	  .batch = _batch, .longer = 2, .more = _more,		\
	  .tls = true, .versus_lib = true, .setup = _setup, .run = run, \
	  .teardown = teardown, .clock = others_ns, .report = report }

/* OpenSSL makes a new blinding factor at each 32nd use of an RSA key. */
#define BLINDING	32

static const struct bench handshake_benches[] = {
	CASE("ecdsa-1.2", "server's handshake, P-256, TLS 1.2", ecdsa_1_2,
	     IN_FLIGHT, FEWER),
	CASE("ecdsa-1.3", "server's handshake, P-256, TLS 1.3", ecdsa_1_3,
	     IN_FLIGHT, FEWER),
	CASE("rsa-1.2", "server's handshake, RSA 2048, TLS 1.2", rsa_1_2,
	     BLINDING, FEWEST),
	CASE("rsa-1.3", "server's handshake, RSA 2048, TLS 1.3", rsa_1_3,
	     BLINDING, FEWEST),
	CASE("resumed-1.2", "server's handshake, resumed, TLS 1.2", resumed_1_2,
	     IN_FLIGHT, FEWER),
	CASE("resumed-1.3", "server's handshake, resumed, TLS 1.3", resumed_1_3,
	     IN_FLIGHT, FEWER),
	{ 0 }
};
BENCH_CASES(handshake_benches);
