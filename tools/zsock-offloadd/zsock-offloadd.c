// SPDX-License-Identifier: GPL-2.0
/*
 * zsock-offloadd: carries out the socket calls that come through a pipe, with
 * this host's sockets: Documentation/offload-protocol.rst, the server's part.
 *
 *	config.c rules.c	what the command line says
 *	listen.c pipe.c loop.c	clients, their pipes, and whose turn it is
 *	input.c out.c hello.c	messages
 *	request.c opt.c addr.c	what clients ask for
 *	sock.c data.c serve.c	sockets: to the stack, and from it
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/resource.h>
#include <sys/socket.h>

#include <linux/capability.h>
#include <linux/zsock_offload.h>

#include "config.h"
#include "daemon.h"
#include "listen.h"
#include "log.h"
#include "loop.h"
#include "pipe.h"
#include "priv.h"
#include "rules.h"

#define FILES_SPARE	32	/* descriptors for all but sockets */
#define FAMILY_FILE	"/sys/module/zsock/parameters/family"

/* ---- what this host has ---- */

static bool has(int family)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static int zsock_family(void)
{
	FILE *file = fopen(FAMILY_FILE, "re");
	int family = -1;

	if (!file)
		return -1;
	if (fscanf(file, "%d", &family) != 1)
		family = -1;
	fclose(file);
	return family;
}

static int find_features(void)
{
	config.features = ZOFF_F_STREAM | ZOFF_F_DGRAM | ZOFF_F_MORE |
			  ZOFF_F_URGENT;
	if (has(AF_INET6))
		config.features |= ZOFF_F_INET6;
	if (!config.tls)
		return EXIT_OK;
	config.tls_family = zsock_family();
	if (config.tls_family < 0 || !has(config.tls_family)) {
		log_say(LOG_ERR, "--tls needs the zsock module: load it with 'modprobe zsock' or 'insmod zsock.ko'");
		return EXIT_KERNEL;
	}
	config.features |= ZOFF_F_TLS;
	return EXIT_OK;
}

/* As many descriptors as may be had. A pipe cannot have more sockets. */
static void raise_limit(void)
{
	struct rlimit files = { 1024, 1024 };

	if (getrlimit(RLIMIT_NOFILE, &files))
		return;
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	getrlimit(RLIMIT_NOFILE, &files);
	if (files.rlim_cur < config.sockets + FILES_SPARE) {
		config.sockets = files.rlim_cur > FILES_SPARE ?
			files.rlim_cur - FILES_SPARE : 1;
		log_say(LOG_WARNING, "the limit of open files allows %u sockets",
			config.sockets);
	}
}

/* ---- starting ---- */

static int complain(const char *what, int error)
{
	log_say(LOG_ERR, "%s: %s", what, strerror(-error));
	return EXIT_KERNEL;
}

static int write_pid(void)
{
	int ret = config.pid_file ? daemon_pidfile(config.pid_file) : 0;

	if (!ret)
		return EXIT_OK;
	log_say(LOG_ERR, "cannot write the process ID to %s: %s",
		config.pid_file, ret == -EWOULDBLOCK ?
		"another zsock-offloadd runs" : strerror(-ret));
	return EXIT_USAGE;
}

/* Another number, since 0 to 2 become /dev/null in the background. */
static int take_fd(void)
{
	int fd;

	if (config.fd < 0)
		return EXIT_OK;
	fd = fcntl(config.fd, F_DUPFD_CLOEXEC, 3);
	if (fd < 0) {
		log_say(LOG_ERR, "--fd %d: there is no such descriptor",
			config.fd);
		return EXIT_USAGE;
	}
	close(config.fd);
	config.fd = fd;
	return EXIT_OK;
}

static int start(void)
{
	int status = take_fd();
	int ret;

	if (status == EXIT_OK)
		status = write_pid();
	if (status == EXIT_OK)
		status = listen_open();
	raise_limit();
	if (status == EXIT_OK &&
	    priv_drop(config.user, rules_want_low_ports() ?
		      CAP_NET_BIND_SERVICE : -1))
		status = EXIT_KERNEL;
	if (status == EXIT_OK)
		status = find_features();
	if (status != EXIT_OK)
		return status;
	ret = loop_open();
	if (!ret)
		ret = listen_watch();
	return ret ? complain("cannot start", ret) : EXIT_OK;
}

int main(int argc, char **argv)
{
	char from[64];
	int status, ret;

	config_parse(argc, argv);
	if (!config.foreground)
		daemon_fork();
	status = start();
	if (status != EXIT_OK)
		return status;
	log_open(config.foreground);
	daemon_ready();
	log_say(LOG_INFO, "ready, for %u sockets of each of %u pipes",
		config.sockets, config.pipes);
	snprintf(from, sizeof(from), "descriptor %d", config.fd);
	if (config.fd >= 0)
		pipe_new(config.fd, from);
	ret = loop_run(!config.nlisten);
	daemon_end();
	listen_close();
	return ret ? complain("epoll", ret) : EXIT_OK;
}
