// SPDX-License-Identifier: GPL-2.0
/*
 * zsock-tlsd: does the TLS handshakes of AF_ZSOCK sockets. The kernel asks for
 * them, and carries the data once it has the keys.
 *
 *	resolver.c nl_resolve.c	names of hosts
 *	worker.c conn.c		threads, and handshakes of theirs
 *	nl.c nl_handshake.c	the line to the kernel
 *	request.c		what it asks for
 *	cache.c config.c	options and credentials, made ready for OpenSSL
 *	ciphers.c alpn.c creds.c psk.c store.c	parts of that
 *	handshake.c hs_callback.c hs_end.c	one handshake
 *	verify.c ask.c		judging a peer's certificate
 *	wire.c keys.c ktls.c	handing a connection over
 *	session.c late.c ticket_key.c	sessions to be resumed
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sys/resource.h>

#include <linux/capability.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "cache.h"
#include "daemon.h"
#include "handshake.h"
#include "keylog.h"
#include "keys.h"
#include "log.h"
#include "options.h"
#include "priv.h"
#include "psk.h"
#include "resolver.h"
#include "session.h"
#include "stats.h"
#include "store.h"
#include "ticket_key.h"
#include "worker.h"

#define IN_FLIGHT_MAX	4096	/* handshakes of one worker at a time */
#define FILES_SPARE	64	/* descriptors for all but connections */
#define HOUSEKEEPING	10	/* seconds */

static struct worker *workers;
static unsigned int nworkers;

/* ---- starting ---- */

static int set_up_openssl(const struct options *opt)
{
	uint64_t flags = OPENSSL_INIT_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT;

	if (OPENSSL_init_ssl(flags, NULL) != 1 || !hs_init() ||
	    !psk_init() || !ticket_key_init()) {
		log_say(LOG_ERR, "OpenSSL cannot be used: %s",
			ERR_reason_error_string(ERR_peek_error()));
		return EXIT_USAGE;
	}
	store_set(opt->ca_file, opt->no_system_ca);
	if (store_load()) {
		log_say(LOG_ERR, "cannot read certificates from %s: %s",
			opt->ca_file ? opt->ca_file : "the system's trust store",
			ERR_reason_error_string(ERR_peek_error()));
		return EXIT_USAGE;
	}
	return EXIT_OK;
}

static void warn_keylog(const struct options *opt)
{
	log_say(LOG_WARNING, "writing the secrets of all connections to %s",
		opt->keylog);
}

/* What needs rights that are given up next. */
static int open_files(const struct options *opt)
{
	int ret;

	if (opt->keylog) {
		ret = keylog_open(opt->keylog);
		if (ret) {
			log_say(LOG_ERR, "cannot write secrets to %s: %s",
				opt->keylog, ret == -EPERM ?
				"others may read it" : strerror(-ret));
			return EXIT_USAGE;
		}
		warn_keylog(opt);
	}
	if (opt->pid_file) {
		ret = daemon_pidfile(opt->pid_file);
		if (ret) {
			log_say(LOG_ERR, "cannot write the process ID to %s: %s",
				opt->pid_file, ret == -EWOULDBLOCK ?
				"another zsock-tlsd runs" : strerror(-ret));
			return EXIT_USAGE;
		}
	}
	return EXIT_OK;
}

/* As many descriptors as may be had; each handshake takes one, or two. */
static unsigned int in_flight(void)
{
	struct rlimit files = { 1024, 1024 };
	rlim_t each;

	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
		getrlimit(RLIMIT_NOFILE, &files);
	}
	if (files.rlim_cur <= FILES_SPARE)
		return 1;
	each = (files.rlim_cur - FILES_SPARE) / nworkers / 2;
	if (each > IN_FLIGHT_MAX)
		return IN_FLIGHT_MAX;
	return each ? each : 1;
}

static int complain(int error, const char *why)
{
	switch (error) {
	case -ENOENT:
		log_say(LOG_ERR, "the zsock module is not loaded: load it with 'modprobe zsock' or 'insmod zsock.ko'");
		break;
	case -EPROTONOSUPPORT:
		log_say(LOG_ERR, "the zsock module that is loaded has no TLS: it is older than this program");
		break;
	case -EPERM:
	case -EACCES:
		log_say(LOG_ERR, "the kernel does not let this process do handshakes: it needs CAP_NET_ADMIN in the user namespace of this network namespace");
		break;
	default:
		log_say(LOG_ERR, "cannot start: %s%s%s", strerror(-error),
			*why ? ": " : "", why);
	}
	return EXIT_KERNEL;
}

static unsigned int cpus(void)
{
	cpu_set_t set;
	int n = sched_getaffinity(0, sizeof(set), &set) ? 1 : CPU_COUNT(&set);

	return n < 1 ? 1 : n > WORKERS_MAX ? WORKERS_MAX : n;
}

static int open_workers(const struct options *opt)
{
	unsigned int i, max;
	int ret;

	nworkers = opt->workers ? opt->workers : cpus();
	workers = calloc(nworkers, sizeof(*workers));
	if (!workers)
		return complain(-ENOMEM, "");
	max = in_flight();
	for (i = 0; i < nworkers; i++) {
		ret = worker_open(&workers[i], i, max);
		if (ret)
			return complain(ret, workers[i].nl.why);
	}
	return EXIT_OK;
}

/* Threads take over which signals are blocked. */
static void block_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGUSR1);
	sigprocmask(SIG_BLOCK, set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static int start_workers(void)
{
	unsigned int i;
	int ret;

	for (i = 0; i < nworkers; i++) {
		ret = worker_start(&workers[i]);
		if (ret) {
			nworkers = i;	/* those that worker_stop() finds */
			return complain(ret, "");
		}
	}
	return EXIT_OK;
}

/* Handshakes do without, where the module is older than this program. */
static int start_resolver(const struct options *opt)
{
	char why[128] = "";
	int ret;

	if (opt->no_resolve)
		return EXIT_OK;
	ret = resolver_start(opt->resolvers, why, sizeof(why));
	if (ret == -EPROTONOSUPPORT) {
		log_say(LOG_WARNING, "the zsock module that is loaded does not ask for names");
		return EXIT_OK;
	}
	return ret ? complain(ret, why) : EXIT_OK;
}

/* ---- running ---- */

static void reload(void)
{
	if (store_load())
		log_say(LOG_ERR, "cannot read the trust store again: %s; keeping the old one",
			ERR_reason_error_string(ERR_peek_error()));
	cache_clear();
	ERR_clear_error();
}

static void look_after(void)
{
	time_t now = time(NULL);

	cache_expire(now);
	sessions_expire(now);
	ticket_key_rotate(now);
}

/* Until somebody wants it to end. */
static void serve(const sigset_t *set)
{
	const struct timespec period = { .tv_sec = HOUSEKEEPING };

	for (;;) {
		switch (sigtimedwait(set, NULL, &period)) {
		case SIGTERM:
		case SIGINT:
			return;
		case SIGHUP:
			reload();
			break;
		case SIGUSR1:
			stats_log();
			resolver_stats();
			break;
		default:
			look_after();
		}
	}
}

static int end(void)
{
	int status = EXIT_OK;
	unsigned int i;

	daemon_end();
	resolver_stop();
	for (i = 0; i < nworkers; i++)
		worker_stop(&workers[i]);
	for (i = 0; i < nworkers; i++) {
		if (workers[i].failed)
			status = EXIT_KERNEL;
		worker_close(&workers[i]);
	}
	sessions_clear();
	cache_clear();
	store_free();
	ticket_key_wipe();
	hs_exit();
	stats_log();
	resolver_stats();
	return status;
}

static int start(const struct options *opt)
{
	int status = open_files(opt);

	if (status == EXIT_OK)
		status = set_up_openssl(opt);
	if (status == EXIT_OK && priv_drop(opt->user, CAP_NET_ADMIN))
		status = EXIT_KERNEL;
	if (status == EXIT_OK)
		status = open_workers(opt);
	return status;
}

int main(int argc, char **argv)
{
	struct options opt;
	sigset_t set;
	int status;

	options_parse(argc, argv, &opt);
	if (!opt.foreground)
		daemon_fork();
	block_signals(&set);
	status = start(&opt);
	if (status != EXIT_OK)
		return status;
	log_open(opt.foreground);
	/* It has been said to who started it; the log is for others. */
	if (opt.keylog)
		warn_keylog(&opt);
	status = start_workers();
	if (status == EXIT_OK)
		status = start_resolver(&opt);
	if (status == EXIT_OK) {
		daemon_ready();
		log_say(LOG_INFO, "ready, with %u worker%s", nworkers,
			nworkers == 1 ? "" : "s");
		serve(&set);
	}
	return end() ? EXIT_KERNEL : status;
}
