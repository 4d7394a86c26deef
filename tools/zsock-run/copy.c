// SPDX-License-Identifier: GPL-2.0
/*
 * libzsock-run.so: make one socket like another that is neither connected nor
 * listens yet: options, flags, address.
 *
 * What can be set and not read is lost: filters (SO_ATTACH_*), TCP_MD5SIG.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/socket.h>	/* what SO_BUF_LOCK tells */

#include "preload.h"

#define VALUE_MAX	16

/* Those that <netinet/in.h> lacks; linux/in.h cannot be had beside it. */
#ifndef IP_LOCAL_PORT_RANGE
#define IP_LOCAL_PORT_RANGE	51
#endif
#ifndef IPV6_UNICAST_IF
#define IPV6_UNICAST_IF		76
#endif

struct option {
	int level, name;
};

/*
 * Those of SOL_SOCKET come first: a device must be known before another option
 * makes the module choose a backend. IP_TOS changes the priority.
 */
static const struct option options[] = {
	{ SOL_SOCKET, SO_BINDTOIFINDEX },
	{ SOL_SOCKET, SO_REUSEADDR },
	{ SOL_SOCKET, SO_REUSEPORT },
	{ SOL_SOCKET, SO_KEEPALIVE },
	{ SOL_SOCKET, SO_OOBINLINE },
	{ SOL_SOCKET, SO_DONTROUTE },
	{ SOL_SOCKET, SO_LINGER },
	{ SOL_SOCKET, SO_RCVLOWAT },
	{ SOL_SOCKET, SO_RCVTIMEO },
	{ SOL_SOCKET, SO_SNDTIMEO },
	{ SOL_SOCKET, SO_MARK },
	{ SOL_SOCKET, SO_BUSY_POLL },
	{ SOL_SOCKET, SO_PREFER_BUSY_POLL },
	{ SOL_SOCKET, SO_INCOMING_CPU },
	{ SOL_SOCKET, SO_MAX_PACING_RATE },
	{ SOL_SOCKET, SO_ZEROCOPY },
	{ SOL_SOCKET, SO_TIMESTAMP },
	{ SOL_SOCKET, SO_TIMESTAMPING },
	{ SOL_IP, IP_TOS },
	{ SOL_IP, IP_TTL },
	{ SOL_IP, IP_MINTTL },
	{ SOL_IP, IP_MTU_DISCOVER },
	{ SOL_IP, IP_RECVERR },
	{ SOL_IP, IP_FREEBIND },
	{ SOL_IP, IP_TRANSPARENT },
	{ SOL_IP, IP_BIND_ADDRESS_NO_PORT },
	{ SOL_IP, IP_UNICAST_IF },
	{ SOL_IP, IP_LOCAL_PORT_RANGE },
	{ SOL_IPV6, IPV6_V6ONLY },
	{ SOL_IPV6, IPV6_TCLASS },
	{ SOL_IPV6, IPV6_UNICAST_HOPS },
	{ SOL_IPV6, IPV6_MINHOPCOUNT },
	{ SOL_IPV6, IPV6_MTU_DISCOVER },
	{ SOL_IPV6, IPV6_RECVERR },
	{ SOL_IPV6, IPV6_FREEBIND },
	{ SOL_IPV6, IPV6_TRANSPARENT },
	{ SOL_IPV6, IPV6_UNICAST_IF },
	{ SOL_IPV6, IPV6_ADDR_PREFERENCES },
	{ SOL_IPV6, IPV6_AUTOFLOWLABEL },
	{ SOL_IPV6, IPV6_DONTFRAG },
	{ SOL_TCP, TCP_NODELAY },
	{ SOL_TCP, TCP_CORK },
	{ SOL_TCP, TCP_MAXSEG },
	{ SOL_TCP, TCP_KEEPIDLE },
	{ SOL_TCP, TCP_KEEPINTVL },
	{ SOL_TCP, TCP_KEEPCNT },
	{ SOL_TCP, TCP_SYNCNT },
	{ SOL_TCP, TCP_LINGER2 },
	{ SOL_TCP, TCP_DEFER_ACCEPT },
	{ SOL_TCP, TCP_WINDOW_CLAMP },
	{ SOL_TCP, TCP_USER_TIMEOUT },
	{ SOL_TCP, TCP_NOTSENT_LOWAT },
	{ SOL_TCP, TCP_THIN_LINEAR_TIMEOUTS },
	{ SOL_TCP, TCP_SAVE_SYN },
	{ SOL_TCP, TCP_FASTOPEN },
	{ SOL_TCP, TCP_CONGESTION },
	{ SOL_SOCKET, SO_PRIORITY },
};

static int get(int fd, int level, int name, void *value, socklen_t *len)
{
	memset(value, 0, VALUE_MAX);
	*len = VALUE_MAX;
	return syscall(SYS_getsockopt, fd, level, name, value, len);
}

static int set(int fd, int level, int name, const void *value, socklen_t len)
{
	return syscall(SYS_setsockopt, fd, level, name, value, len);
}

/*
 * Only what differs is set: to set an option to what it is by default may need
 * rights, or turn something on. What the kernel does not know cannot differ.
 */
static int copy_option(int from, int to, const struct option *option)
{
	char want[VALUE_MAX], have[VALUE_MAX];
	socklen_t len, other;

	if (get(from, option->level, option->name, want, &len) ||
	    get(to, option->level, option->name, have, &other) ||
	    !memcmp(want, have, sizeof(want)))
		return 0;
	return set(to, option->level, option->name, want, len);
}

static int copy_options(int from, int to, int domain)
{
	size_t i;

	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (options[i].level == SOL_IPV6 && domain != AF_INET6)
			continue;
		if (copy_option(from, to, &options[i]))
			return -1;
	}
	return 0;
}

/* The kernel doubles what it is given; and stops to adapt it. */
static int copy_buffer(int from, int to, int name, int force)
{
	int value, now;
	socklen_t len = sizeof(value);

	if (syscall(SYS_getsockopt, from, SOL_SOCKET, name, &value, &len))
		return -1;
	value /= 2;
	if (set(to, SOL_SOCKET, name, &value, sizeof(value)))
		return -1;
	if (!syscall(SYS_getsockopt, to, SOL_SOCKET, name, &now, &len) &&
	    now / 2 < value)	/* beyond the limit, set by who may */
		set(to, SOL_SOCKET, force, &value, sizeof(value));
	return 0;
}

static int copy_buffers(int from, int to)
{
	int locked = 0;
	socklen_t len = sizeof(locked);

	if (syscall(SYS_getsockopt, from, SOL_SOCKET, SO_BUF_LOCK, &locked,
		    &len))
		return -1;
	if (locked & SOCK_SNDBUF_LOCK &&
	    copy_buffer(from, to, SO_SNDBUF, SO_SNDBUFFORCE))
		return -1;
	if (locked & SOCK_RCVBUF_LOCK &&
	    copy_buffer(from, to, SO_RCVBUF, SO_RCVBUFFORCE))
		return -1;
	return 0;
}

static long flags_of(int fd, int cmd, void *arg)
{
	return syscall(SYS_fcntl, fd, cmd, arg);
}

static int copy_flags(int from, int to)
{
	long flags = flags_of(from, F_GETFL, NULL);
	struct f_owner_ex owner;
	long sig;

	if (flags < 0 || flags_of(from, F_GETOWN_EX, &owner))
		return -1;
	if (owner.pid && flags_of(to, F_SETOWN_EX, &owner))
		return -1;
	sig = flags_of(from, F_GETSIG, NULL);
	if (sig > 0 && syscall(SYS_fcntl, to, F_SETSIG, sig))
		return -1;
	return syscall(SYS_fcntl, to, F_SETFL, flags) ? -1 : 0;
}

static int set_reuse(int fd, int on)
{
	return set(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
}

static bool bound(const struct sockaddr_storage *addr)
{
	static const struct in6_addr any;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)addr;
	const struct sockaddr_in *in = (const struct sockaddr_in *)addr;

	if (addr->ss_family == AF_INET)
		return in->sin_port || in->sin_addr.s_addr;
	return in6->sin6_port ||
	       memcmp(&in6->sin6_addr, &any, sizeof(any));
}

/*
 * Both have the address for a moment, which the kernel allows where both say
 * SO_REUSEADDR and neither listens. So nobody can take the port meanwhile.
 */
static int copy_address(int from, int to)
{
	struct sockaddr_storage addr;
	socklen_t len = sizeof(addr), size = sizeof(int);
	int reuse = 0, ret;

	if (syscall(SYS_getsockname, from, &addr, &len))
		return -1;
	if (!bound(&addr))
		return 0;
	if (syscall(SYS_getsockopt, from, SOL_SOCKET, SO_REUSEADDR, &reuse,
		    &size) ||
	    set_reuse(from, 1) || set_reuse(to, 1))
		return -1;
	ret = syscall(SYS_bind, to, &addr, len);
	return ret || set_reuse(to, reuse) ? -1 : 0;
}

/**
 * copy_socket() - make a socket like another
 * @from: that one; it is not to be used any more
 * @to: a new one
 * @info: about @from
 *
 * Return: 0, or -1 and errno if there is something that @to may not have.
 */
int copy_socket(int from, int to, const struct zsock_info *info)
{
	if (copy_options(from, to, info->domain) || copy_buffers(from, to) ||
	    copy_address(from, to))
		return -1;
	return copy_flags(from, to);
}
