// SPDX-License-Identifier: GPL-2.0
/*
 * A client and a server over secure sockets, for the shell tests of TLS.
 *
 *	ztls connect [OPTION...] ADDRESS PORT
 *	ztls listen [OPTION...] ADDRESS PORT	(port 0: any)
 *	ztls pattern BYTES			to stdout
 *
 * What it does and sees is told on stderr, "ztls: key=value ...". Its status is
 * 0, 1 for wrong use, 2 when a handshake failed, 3 when I/O did, 4 when what
 * came was wrong, 124 when it took too long.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tls.h"

enum {
	BAD_USE = 1,
	BAD_HANDSHAKE = 2,
	BAD_IO = 3,
	BAD_DATA = 4,
	TOO_LONG = 124,
};

static struct {
	int tags[32], ntags;
	int ciphers[64], nciphers;
	char alpn[1024];
	size_t alpn_len;
	const char *hostname;
	bool no_name, nonblock, cat, echo, expect, no_shutdown, forks, reset;
	int verify, cache, version, domain;
	long long send, http, await;
	const char *get;
	size_t size;
	int backlog, count, linger, timeout, start_fd;
} opt = {
	.verify = -1, .cache = -1, .version = IPPROTO_TLS_1_2, .domain = 0,
	.send = -1, .http = -1, .await = -1, .size = 16384, .backlog = 128, .count = 1,
	.timeout = 60, .start_fd = -1,
};

static void __attribute__((format(printf, 1, 2))) tell(const char *format, ...)
{
	char line[1024];
	int n = snprintf(line, sizeof(line), "ztls: ");
	va_list args;

	va_start(args, format);
	n += vsnprintf(line + n, sizeof(line) - n - 1, format, args);
	va_end(args);
	line[n++] = '\n';
	/* One write: lines of several processes do not mix. */
	if (write(STDERR_FILENO, line, n) != n)
		_exit(BAD_IO);
}

static void on_alarm(int sig __attribute__((unused)))
{
	tell("timeout=%d", opt.timeout);
	_exit(TOO_LONG);
}

/* ---- arguments ---- */

static const struct option options[] = {
	{ "tags", 1, NULL, 't' },	/* N,N... */
	{ "hostname", 1, NULL, 'h' },	/* "": as NULL */
	{ "verify", 1, NULL, 'v' },	/* none, optional, required */
	{ "ciphers", 1, NULL, 'c' },	/* N,N... */
	{ "alpn", 1, NULL, 'a' },	/* NAME,NAME... */
	{ "cache", 1, NULL, 'C' },	/* 0, 1 */
	{ "version", 1, NULL, 'V' },	/* 0 to 3: TLS 1.N at least */
	{ "domain", 1, NULL, 'd' },	/* 4, 6; 0: the default */
	{ "nonblock", 0, NULL, 'n' },	/* connect() is asked and waited for */
	{ "cat", 0, NULL, 'x' },	/* stdin to the peer, the peer to stdout */
	{ "send", 1, NULL, 's' },	/* so many bytes of the pattern */
	{ "size", 1, NULL, 'S' },	/* in writes of so many */
	{ "expect", 0, NULL, 'e' },	/* check that the pattern comes */
	{ "await", 1, NULL, 'A' },	/* end it when so many bytes have come */
	{ "echo", 0, NULL, 'E' },	/* send back what comes */
	{ "get", 1, NULL, 'g' },	/* a path, by HTTP; its body to stdout */
	{ "http", 1, NULL, 'H' },	/* answer one request: so many bytes */
	{ "no-shutdown", 0, NULL, 'N' },	/* do not end it after sending */
	{ "linger", 1, NULL, 'l' },	/* ms, before closing */
	{ "reset", 0, NULL, 'r' },	/* close with RST */
	{ "backlog", 1, NULL, 'b' },
	{ "count", 1, NULL, 'k' },	/* connections, one after the other */
	{ "fork", 0, NULL, 'f' },	/* each in a process of its own */
	{ "start-fd", 1, NULL, 'F' },	/* connect when this can be read */
	{ "timeout", 1, NULL, 'T' },	/* s, for all of it */
	{ }
};

static int numbers(char *text, int *list, int max)
{
	char *word;
	int n = 0;

	for (word = strtok(text, ","); word && n < max; word = strtok(NULL, ","))
		list[n++] = strtol(word, NULL, 0);
	return n;
}

/* Commas become the NULs that the option wants. */
static void names(const char *text)
{
	char *p;

	opt.alpn_len = snprintf(opt.alpn, sizeof(opt.alpn), "%s", text) + 1;
	for (p = opt.alpn; *p; p++)
		if (*p == ',')
			*p = '\0';
}

static int level(const char *name)
{
	static const char *const levels[] = { "none", "optional", "required" };
	int i;

	for (i = 0; i < 3; i++)
		if (!strcmp(name, levels[i]))
			return i;
	return atoi(name);
}

static bool set(int c)
{
	switch (c) {
	case 't': opt.ntags = numbers(optarg, opt.tags, 32); break;
	case 'h':
		opt.hostname = optarg;
		opt.no_name = !*optarg;
		break;
	case 'v': opt.verify = level(optarg); break;
	case 'c': opt.nciphers = numbers(optarg, opt.ciphers, 64); break;
	case 'a': names(optarg); break;
	case 'C': opt.cache = atoi(optarg); break;
	case 'V': opt.version = IPPROTO_TLS_1_0 + atoi(optarg); break;
	case 'd':
		opt.domain = *optarg == '4' ? AF_INET : *optarg == '6' ? AF_INET6 : 0;
		break;
	case 'n': opt.nonblock = true; break;
	case 'x': opt.cat = true; break;
	case 's': opt.send = atoll(optarg); break;
	case 'S': opt.size = atoll(optarg); break;
	case 'A':
		opt.await = atoll(optarg);
		opt.no_shutdown = true;
		break;
	case 'e': opt.expect = true; break;
	case 'E': opt.echo = true; break;
	case 'g': opt.get = optarg; break;
	case 'H': opt.http = atoll(optarg); break;
	case 'N': opt.no_shutdown = true; break;
	case 'l': opt.linger = atoi(optarg); break;
	case 'r': opt.reset = true; break;
	case 'b': opt.backlog = atoi(optarg); break;
	case 'k': opt.count = atoi(optarg); break;
	case 'f': opt.forks = true; break;
	case 'F': opt.start_fd = atoi(optarg); break;
	case 'T': opt.timeout = atoi(optarg); break;
	default: return false;
	}
	return true;
}

static bool address(union zs_addr *addr, const char *host, const char *port)
{
	memset(addr, 0, sizeof(*addr));
	if (inet_pton(AF_INET, host, &addr->in.sin_addr) == 1) {
		addr->in.sin_family = AF_INET;
		addr->in.sin_port = htons(atoi(port));
	} else if (inet_pton(AF_INET6, host, &addr->in6.sin6_addr) == 1) {
		addr->in6.sin6_family = AF_INET6;
		addr->in6.sin6_port = htons(atoi(port));
	} else {
		return false;
	}
	return true;
}

/* ---- a secure socket, and what becomes of it ---- */

static int refused(const char *what)
{
	tell("%s=%s", what, strerrorname_np(errno));
	return -1;
}

static int secure(void)
{
	int fd = tls_socket(opt.domain, opt.version);

	if (fd < 0)
		return refused("socket");
	if (opt.ntags && tls_set_tags(fd, opt.tags, opt.ntags))
		return refused("tags");
	if (opt.hostname && tls_set_hostname(fd, opt.no_name ? NULL : opt.hostname))
		return refused("hostname");
	if (opt.verify >= 0 && zs_setint(fd, SOL_TLS, TLS_PEER_VERIFY, opt.verify))
		return refused("verify");
	if (opt.nciphers && tls_set_ciphers(fd, opt.ciphers, opt.nciphers))
		return refused("ciphers");
	if (opt.alpn_len &&
	    setsockopt(fd, SOL_TLS, TLS_ALPN_LIST, opt.alpn, opt.alpn_len))
		return refused("alpn");
	if (opt.cache >= 0 && zs_setint(fd, SOL_TLS, TLS_SESSION_CACHE, opt.cache))
		return refused("cache");
	return fd;
}

static void tell_secure(const char *what, int fd, long long began)
{
	struct zsock_info info;
	int suite = zs_getint(fd, SOL_TLS, TLS_CIPHERSUITE_USED);
	int verify = zs_getint(fd, SOL_TLS, TLS_CERT_VERIFY_RESULT);

	if (zs_get_info(fd, &info)) {
		refused("info");
		return;
	}
	tell("%s=ok version=%#06x cipher=%#06x used=%#06x alpn=%s tx=%d rx=%d verify=%#x ms=%lld",
	     what, info.tls_version, info.tls_cipher, suite, info.alpn,
	     !!(info.flags & ZSOCK_INFO_F_TLS_TX), !!(info.flags & ZSOCK_INFO_F_TLS_RX),
	     verify, zs_now_ms() - began);
}

static int tell_failed(int fd, int err, long long began)
{
	struct zsock_handshake_error why;

	if (tls_handshake_error(fd, &why))
		return refused("handshake_error");
	tell("connect=%s error=%s alert=%d received=%d verify=%#x ms=%lld",
	     strerrorname_np(err), why.error ? strerrorname_np(why.error) : "0",
	     why.alert, !!(why.flags & ZSOCK_HANDSHAKE_ERROR_F_RECEIVED), why.verify,
	     zs_now_ms() - began);
	close(fd);
	return -1;
}

/* ---- traffic ---- */

static int status;

static void failed(int code)
{
	if (!status)
		status = code;
}

static bool send_all(int fd, const char *buf, size_t len)
{
	ssize_t n;

	for (; len; buf += n, len -= n) {
		n = send(fd, buf, len, 0);
		if (n <= 0) {
			tell("send=%s", strerrorname_np(errno));
			failed(BAD_IO);
			return false;
		}
	}
	return true;
}

static bool send_pattern(int fd, long long bytes)
{
	char *buf = malloc(opt.size);
	long long done;
	size_t n;

	for (done = 0; buf && done < bytes; done += n) {
		n = opt.size;
		if (n > bytes - done)
			n = bytes - done;
		tls_pattern(buf, done, n);
		if (!send_all(fd, buf, n))
			break;
	}
	free(buf);
	tell("sent=%lld", done);
	return done == bytes;
}

static void send_stdin(int fd)
{
	char *buf = malloc(opt.size);
	ssize_t n;

	while (buf && (n = read(STDIN_FILENO, buf, opt.size)) > 0)
		if (!send_all(fd, buf, n))
			break;
	free(buf);
}

static void end(int fd)
{
	if (shutdown(fd, SHUT_WR)) {
		tell("shutdown=%s", strerrorname_np(errno));
		failed(BAD_IO);
	}
}

static void *writer(void *arg)
{
	int fd = *(int *)arg;
	char line[512];

	if (opt.get) {
		snprintf(line, sizeof(line),
			 "GET %s HTTP/1.0\r\nHost: %s\r\n\r\n", opt.get, TLS_NAME);
		send_all(fd, line, strlen(line));
		return NULL;
	}
	if (opt.cat)
		send_stdin(fd);
	if (opt.send >= 0)
		send_pattern(fd, opt.send);
	if (!opt.no_shutdown)
		end(fd);
	return NULL;
}

/* Of a reply by HTTP the body alone counts: how much of buf is not it. */
static size_t skip_head(char last[4], const char *buf, size_t len)
{
	size_t i;

	for (i = 0; i < len && memcmp(last, "\r\n\r\n", 4); i++) {
		memmove(last, last + 1, 3);
		last[3] = buf[i];
	}
	return i;
}

static bool take(int fd, const char *buf, size_t len, uint64_t offset)
{
	ssize_t wrong;

	if (opt.echo)
		return send_all(fd, buf, len);
	if (opt.expect) {
		wrong = tls_pattern_wrong(buf, offset, len);
		if (wrong >= 0) {
			tell("wrong=%llu", (unsigned long long)offset + wrong);
			failed(BAD_DATA);
			return false;
		}
	} else if ((opt.cat || opt.get) && write(STDOUT_FILENO, buf, len) != len) {
		failed(BAD_IO);
		return false;
	}
	return true;
}

static void reader(int fd, pthread_t *sender)
{
	static char buf[1 << 20];
	char last[4] = { };
	uint64_t got = 0;
	size_t skip;
	ssize_t n;

	for (;;) {
		n = recv(fd, buf, opt.size < sizeof(buf) ? opt.size : sizeof(buf), 0);
		if (n <= 0)
			break;
		skip = opt.get ? skip_head(last, buf, n) : 0;
		if (!take(fd, buf + skip, n - skip, got))
			return;
		if (sender && opt.await > (long long)got &&
		    opt.await <= (long long)got + n) {
			pthread_join(*sender, NULL);
			*sender = 0;
			end(fd);
		}
		got += n - skip;
	}
	tell("recv=%s received=%llu", n ? strerrorname_np(errno) : "eof",
	     (unsigned long long)got);
	if (n)
		failed(BAD_IO);
}

/* The request is of no interest, only where it ends. */
static void serve_http(int fd)
{
	char buf[4096], head[128];
	size_t got = 0;
	ssize_t n = 1;

	while (n > 0 && got < sizeof(buf) - 1 && !memmem(buf, got, "\r\n\r\n", 4)) {
		n = recv(fd, buf + got, sizeof(buf) - 1 - got, 0);
		got += n > 0 ? n : 0;
	}
	if (n <= 0) {
		tell("recv=%s received=%zu", n ? strerrorname_np(errno) : "eof", got);
		failed(BAD_IO);
		return;
	}
	buf[strcspn(buf, "\r")] = '\0';
	tell("request=%s", buf);
	n = snprintf(head, sizeof(head), "HTTP/1.0 200 OK\r\nContent-Length: %lld\r\n"
		     "Content-Type: application/octet-stream\r\n\r\n", opt.http);
	if (send_all(fd, head, n))
		send_pattern(fd, opt.http);
}

static void talk(int fd)
{
	struct linger hard = { 1, 0 };
	bool writes = opt.cat || opt.get || opt.send >= 0;
	pthread_t thread;

	if (opt.http >= 0)
		serve_http(fd);
	else if (writes && pthread_create(&thread, NULL, writer, &fd) == 0) {
		reader(fd, &thread);
		/* It may be asleep in stdin for ever. */
		if (thread && !status)
			pthread_join(thread, NULL);
	} else if (opt.echo || opt.expect) {
		reader(fd, NULL);
	}
	if (opt.linger)
		zs_sleep_ms(opt.linger);
	if (opt.reset)
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	if (close(fd)) {
		tell("close=%s", strerrorname_np(errno));
		failed(BAD_IO);
	}
}

/* ---- both sides ---- */

static int wait_connected(int fd)
{
	int revents = zs_poll(fd, POLLOUT, opt.timeout * 1000);

	tell("poll=%#x", revents);
	errno = zs_getint(fd, SOL_SOCKET, SO_ERROR);
	zs_nonblock(fd, false);
	return errno ? -1 : 0;
}

static int connect_one(const union zs_addr *addr)
{
	long long began = zs_now_ms();
	int fd = secure(), ret;
	char byte;

	if (fd < 0)
		return BAD_USE;
	if (opt.start_fd >= 0 && read(opt.start_fd, &byte, 1) < 0)
		return BAD_USE;
	if (opt.nonblock)
		zs_nonblock(fd, true);
	ret = connect(fd, &addr->sa, zs_len(addr->sa.sa_family));
	if (ret && opt.nonblock && errno == EINPROGRESS)
		ret = wait_connected(fd);
	if (ret) {
		tell_failed(fd, errno, began);
		return BAD_HANDSHAKE;
	}
	tell_secure("connect", fd, began);
	talk(fd);
	return status;
}

static int do_connect(const union zs_addr *addr)
{
	int i, ret = 0;

	for (i = 0; i < opt.count && !ret; i++)
		ret = connect_one(addr);
	return ret;
}

static void serve(int l, int fd, long long began)
{
	if (opt.forks) {
		if (fork()) {
			close(fd);
			return;
		}
		close(l);
	}
	tell_secure("accept", fd, began);
	talk(fd);
	if (opt.forks)
		_exit(status);
}

/* Whoever waits for us reads the port, and comes when connections are taken. */
static int do_listen(union zs_addr *addr)
{
	socklen_t len = zs_len(addr->sa.sa_family);
	int l = secure(), one = 1, fd, i, child;

	if (l < 0)
		return BAD_USE;
	setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(l, &addr->sa, len) || listen(l, opt.backlog) ||
	    getsockname(l, &addr->sa, &len)) {
		refused("listen");
		return BAD_USE;
	}
	tell("port=%d", zs_port(addr));
	for (i = 0; i < opt.count; i++) {
		long long began = zs_now_ms();

		fd = accept(l, NULL, NULL);
		if (fd < 0) {
			refused("accept");
			return BAD_HANDSHAKE;
		}
		serve(l, fd, began);
	}
	while (opt.forks && wait(&child) > 0)
		if (child)
			failed(BAD_IO);
	return status;
}

static int do_pattern(long long bytes)
{
	char buf[65536];
	long long done;
	size_t n;

	for (done = 0; done < bytes; done += n) {
		n = bytes - done < sizeof(buf) ? bytes - done : sizeof(buf);
		tls_pattern(buf, done, n);
		if (fwrite(buf, 1, n, stdout) != n)
			return BAD_IO;
	}
	return fflush(stdout) ? BAD_IO : 0;
}

int main(int argc, char **argv)
{
	union zs_addr addr;
	int c;

	while ((c = getopt_long_only(argc, argv, "", options, NULL)) >= 0)
		if (!set(c))
			return BAD_USE;
	if (argc - optind == 2 && !strcmp(argv[optind], "pattern"))
		return do_pattern(atoll(argv[optind + 1]));
	if (argc - optind != 3 || !address(&addr, argv[optind + 1], argv[optind + 2])) {
		tell("usage: ztls connect|listen [OPTION...] ADDRESS PORT");
		return BAD_USE;
	}
	signal(SIGALRM, on_alarm);
	alarm(opt.timeout);
	if (!strcmp(argv[optind], "connect"))
		return do_connect(&addr);
	if (!strcmp(argv[optind], "listen"))
		return do_listen(&addr);
	return BAD_USE;
}
