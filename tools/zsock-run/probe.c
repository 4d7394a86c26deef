// SPDX-License-Identifier: GPL-2.0
/*
 * Can this process make AF_ZSOCK sockets, as the options want them?
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tls_settings.h"
#include "zsock-run.h"

/* Another family may own the number, if the module was given another one. */
static int is_zsock(int fd)
{
	struct zsock_info info;
	socklen_t len = sizeof(info);

	return !getsockopt(fd, SOL_ZSOCK, ZSOCK_INFO, &info, &len);
}

static int secure(const struct run_options *opt)
{
	return opt->tls_client || opt->tls_server;
}

/* socket() with an unknown family makes the kernel look for its module. */
static int open_socket(const struct run_options *opt, int family)
{
	int domain = AF_INET;
	int type = SOCK_STREAM;

	if (opt->domain && *opt->domain == '6')
		domain = AF_INET6;
	if (opt->only && *opt->only == 'd')
		type = SOCK_DGRAM;
	return socket(family, type | SOCK_CLOEXEC,
		      ZSOCK_PROTO(domain, secure(opt) ? IPPROTO_TLS_1_2 : 0));
}

static void why_no_socket(int err, char *why, size_t size)
{
	switch (err) {
	case EAFNOSUPPORT:
		snprintf(why, size, "the kernel has no AF_ZSOCK: load the module with 'modprobe zsock' or 'insmod zsock.ko'");
		break;
	case EPERM:
	case EACCES:
		snprintf(why, size, "AF_ZSOCK sockets are not permitted here (%s): look at 'sysctl net.zsock.access'",
			 strerror(err));
		break;
	case EPROTONOSUPPORT:
		snprintf(why, size, "the zsock module that is loaded does no TLS");
		break;
	default:
		snprintf(why, size, "cannot make an AF_ZSOCK socket: %s",
			 strerror(err));
	}
}

static int try_backend(int fd, const char *backend, char *why, size_t size)
{
	if (!setsockopt(fd, SOL_ZSOCK, ZSOCK_BACKEND, backend,
			strlen(backend)))
		return 0;
	if (errno == ENODEV)
		snprintf(why, size, "no backend '%s': see 'zsockctl backend list'",
			 backend);
	else
		snprintf(why, size, "cannot use backend '%s': %s", backend,
			 strerror(errno));
	return -1;
}

/* Those of the tags that are there already; see load.c for the others. */
static int try_tls(int fd, const struct run_options *opt, char *why,
		   size_t size)
{
	struct tls_words words = {
		.tags = opt->tags,
		.alpn = opt->alpn,
		.verify = opt->verify,
		.hostname = opt->hostname,
	};
	struct tls_settings tls;
	const char *option;

	if (tls_settings_parse(&tls, &words))
		return -1;	/* not after parse_options() */
	option = tls_settings_apply(&tls, fd);
	if (!option && tls.has_hostname && tls_set_hostname(fd, tls.hostname))
		option = "--hostname";
	if (!option)
		return 0;
	snprintf(why, size, "%s is refused: %s", option, strerror(errno));
	return -1;
}

/**
 * probe_family() - make one socket as the program's will be made
 * @opt: the command line
 * @why: on failure, what is wrong and what to do about it
 * @size: of @why
 *
 * Return: the family's number, -1 on failure.
 */
int probe_family(const struct run_options *opt, char *why, size_t size)
{
	int known = zsock_family_read();
	int family = known < 0 ? AF_ZSOCK : known;
	int fd = open_socket(opt, family);
	int ret = family;

	if (fd < 0 && known < 0) {
		int err = errno;

		/* That may have loaded it, with a number from modprobe.d. */
		known = zsock_family_read();
		errno = err;
		if (known >= 0 && known != family) {
			ret = family = known;
			fd = open_socket(opt, family);
		}
	}
	if (fd < 0) {
		why_no_socket(errno, why, size);
		return -1;
	}
	if (!is_zsock(fd)) {
		snprintf(why, size, "address family %d is not AF_ZSOCK: is the module loaded, and /sys mounted?",
			 family);
		ret = -1;
	} else if (opt->backend && try_backend(fd, opt->backend, why, size)) {
		ret = -1;
	} else if (secure(opt) && try_tls(fd, opt, why, size)) {
		ret = -1;
	}
	close(fd);
	return ret;
}
