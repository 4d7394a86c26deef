// SPDX-License-Identifier: GPL-2.0
/*
 * Differential test of raw, packet, CAN and ICMP sockets: the same call on a socket of the
 * kernel's own family and on an AF_ZSOCK one, both new, has to give the same result, the same
 * errno and the same bytes. Beside a list of calls that is every option of every level that such
 * sockets have, with a few values of a few lengths.
 */
#include <errno.h>
#include <fcntl.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <linux/can.h>
#include <linux/can/raw.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "kselftest_harness.h"
#include "raw.h"

/* What a call gave. */
struct outcome {
	long ret;
	int err;
	socklen_t len;
	unsigned char out[256] __attribute__((aligned(8)));
};

FIXTURE(kinds) { int fd[2]; int compared; int differ; };

FIXTURE_VARIANT(kinds) { int family; int type; int protocol; };

#define KIND(name, ...) FIXTURE_VARIANT_ADD(kinds, name) { __VA_ARGS__ }
KIND(raw4, AF_INET, SOCK_RAW, 253);
KIND(raw6, AF_INET6, SOCK_RAW, 253);
KIND(raw_icmp4, AF_INET, SOCK_RAW, IPPROTO_ICMP);
KIND(raw_icmp6, AF_INET6, SOCK_RAW, IPPROTO_ICMPV6);
KIND(raw_raw4, AF_INET, SOCK_RAW, IPPROTO_RAW);
KIND(raw_raw6, AF_INET6, SOCK_RAW, IPPROTO_RAW);
KIND(raw_tcp4, AF_INET, SOCK_RAW, IPPROTO_TCP);
KIND(packet_raw, AF_PACKET, SOCK_RAW, 0xb588);
KIND(packet_dgram, AF_PACKET, SOCK_DGRAM, 0xb588);
KIND(packet_none, AF_PACKET, SOCK_RAW, 0);
KIND(icmp4, AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
KIND(icmp6, AF_INET6, SOCK_DGRAM, IPPROTO_ICMPV6);
KIND(can_raw, AF_CAN, SOCK_RAW, 1);
KIND(can_bcm, AF_CAN, SOCK_DGRAM, 2);

static void report(const char *what, int a, int b, const struct outcome *k, const struct outcome *z)
{
	fprintf(stderr, "# %s %d %d: expected %ld %s, got %ld %s%s\n", what, a, b,
		k->ret, k->err ? strerrorname_np(k->err) : "-",
		z->ret, z->err ? strerrorname_np(z->err) : "-",
		k->len != z->len || memcmp(k->out, z->out, sizeof(k->out)) ? ", other data" : "");
}

typedef void (*act_fn)(int fd, int a, int b, struct outcome *o);

/* New sockets of both families; what follows has the same history on both. */
static void renew(FIXTURE_DATA(kinds) *self, const FIXTURE_VARIANT(kinds) *v)
{
	int type = v->type | SOCK_NONBLOCK;

	close(self->fd[0]);
	close(self->fd[1]);
	self->fd[0] = socket(v->family, type, v->protocol);
	self->fd[1] = zs_socket(v->family, type, v->protocol);
}

static void compare(FIXTURE_DATA(kinds) *self, const char *what, act_fn act, int a, int b)
{
	struct outcome o[2];
	int i;

	memset(o, 0, sizeof(o));
	for (i = 0; i < 2; i++) {
		errno = 0;
		act(self->fd[i], a, b, &o[i]);
		o[i].err = o[i].ret < 0 ? errno : 0;
	}
	self->compared++;
	if (!memcmp(&o[0], &o[1], sizeof(o[0])))
		return;
	self->differ++;
	report(what, a, b, &o[0], &o[1]);
}

FIXTURE_SETUP(kinds)
{
	if (geteuid())
		SKIP(return, "needs root");
	ASSERT_EQ(0, zs_new_netns());
	zs_write_file("/proc/sys/net/ipv4/ping_group_range", "0 2000000");
	self->fd[0] = self->fd[1] = -1;
	renew(self, variant);
	ASSERT_LE(0, self->fd[0]);
	ASSERT_LE(0, self->fd[1]);
}

FIXTURE_TEARDOWN(kinds) { }

/* ---- options ---- */

static void get(int fd, int level, int option, struct outcome *o)
{
	o->len = sizeof(o->out);
	o->ret = getsockopt(fd, level, option, o->out, &o->len);
}

static void set(int fd, int level, int option, struct outcome *o)
{
	static const int values[] = { 1, 0, -1, 2, 0x7fffffff, 77 };
	unsigned char buf[64] = { };
	unsigned int i;
	int ret;

	/* What each said, one after the other, and what there is in the end. */
	for (i = 0; i < ARRAY_SIZE(values); i++) {
		memcpy(buf, &values[i], sizeof(int));
		ret = setsockopt(fd, level, option, buf, i < 4 ? sizeof(int) : i == 4 ? 1 : 16);
		o->out[128 + i] = ret ? errno : 0;
	}
	o->len = 128;
	o->ret = getsockopt(fd, level, option, o->out, &o->len);
}

/* Whose value is not the socket's own, or is another for each. */
static bool differs_by_nature(int level, int option)
{
	if (level != SOL_SOCKET)
		return false;
	return option == SO_COOKIE || option == SO_RESERVE_MEM ||
	       option == SO_INCOMING_CPU;
}

TEST_F(kinds, options)
{
	static const struct { int level; int last; } levels[] = {
		{ SOL_SOCKET, 84 }, { IPPROTO_IP, 60 }, { IPPROTO_IPV6, 82 }, { IPPROTO_TCP, 45 },
		{ IPPROTO_UDP, 105 }, { IPPROTO_ICMPV6, 3 }, { SOL_RAW, 3 }, { SOL_PACKET, 26 },
		{ SOL_CAN_RAW, 8 }, { 100, 3 }, { 281, 3 }, { -1, 2 },
	};
	unsigned int i;
	int option;

	for (i = 0; i < ARRAY_SIZE(levels); i++) {
		renew(self, variant);
		for (option = 0; option <= levels[i].last; option++) {
			if (differs_by_nature(levels[i].level, option))
				continue;
			compare(self, "getsockopt", get, levels[i].level, option);
			compare(self, "setsockopt", set, levels[i].level, option);
		}
	}
	EXPECT_EQ(0, self->differ);
	EXPECT_LT(800, self->compared);
}

/* ---- calls ---- */

union any_addr {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_ll ll;
	struct sockaddr_can can;
	struct sockaddr_storage ss;
};

/* Addresses of these families on lo, and one that is none. */
static const int families[] = { AF_INET, AF_INET6, AF_PACKET, AF_CAN, AF_UNSPEC, AF_UNIX, 0xffff };
static const int lengths[] = { -1, 0, 1, 2, 8, 12, 16, 18, 20, 24, 28, 64, 128, 129 };

static void address(union any_addr *a, int family)
{
	memset(a, 0, sizeof(*a));
	a->sa.sa_family = family;
	if (family == AF_INET) {
		a->in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	} else if (family == AF_INET6) {
		a->in6.sin6_addr = in6addr_loopback;
	} else if (family == AF_PACKET) {
		a->ll.sll_ifindex = 1;
		a->ll.sll_protocol = 0xb588;
		a->ll.sll_halen = ETH_ALEN;
	} else if (family == AF_CAN) {
		a->can.can_ifindex = 1;
	}
}

static void names(int fd, struct outcome *o)
{
	union any_addr *a = (union any_addr *)o->out;
	int err = errno;

	o->len = 100;
	if (getsockname(fd, &a->sa, &o->len))
		o->out[100] = errno;
	/* An identity of ICMP, which differs from socket to socket. */
	else if (zs_getint(fd, SOL_SOCKET, SO_TYPE) == SOCK_DGRAM &&
		 (a->sa.sa_family == AF_INET || a->sa.sa_family == AF_INET6))
		a->in.sin_port = !!a->in.sin_port;
	o->len = 100;
	if (getpeername(fd, (struct sockaddr *)(o->out + 128), &o->len))
		o->out[101] = errno;
	errno = err;
}

static void do_bind(int fd, int family, int len, struct outcome *o)
{
	union any_addr a;

	address(&a, family);
	o->ret = bind(fd, &a.sa, len);
	names(fd, o);
}

static void do_connect(int fd, int family, int len, struct outcome *o)
{
	union any_addr a;

	address(&a, family);
	o->ret = connect(fd, &a.sa, len);
	names(fd, o);
}

static void do_send(int fd, int family, int len, struct outcome *o)
{
	char data[64] = { 8 };
	union any_addr a;

	address(&a, family);
	o->ret = sendto(fd, data, sizeof(data), 0, &a.sa, len);
}

TEST_F(kinds, addresses)
{
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(families); i++) {
		renew(self, variant);
		for (j = 0; j < ARRAY_SIZE(lengths); j++) {
			compare(self, "bind", do_bind, families[i], lengths[j]);
			compare(self, "connect", do_connect, families[i], lengths[j]);
			compare(self, "sendto", do_send, families[i], lengths[j]);
		}
	}
	EXPECT_EQ(0, self->differ);
	EXPECT_LT(250, self->compared);
}

static void do_ioctl(int fd, int request, int hint, struct outcome *o)
{
	(void)hint;
	strcpy((char *)o->out, "lo");
	o->ret = ioctl(fd, request, o->out);
}

static void do_other(int fd, int which, int arg, struct outcome *o)
{
	char buf[64] = { };
	void *p;

	switch (which) {
	case 0: o->ret = listen(fd, arg); break;
	case 1: o->ret = accept(fd, NULL, NULL); break;
	case 2: o->ret = shutdown(fd, arg); break;
	case 3: o->ret = recv(fd, buf, sizeof(buf), arg); break;
	case 4: o->ret = send(fd, buf, sizeof(buf), arg); break;
	case 5: o->ret = zs_poll(fd, 0x3fff, 0); break;
	case 6:
		p = mmap(NULL, 4096, arg, MAP_SHARED, fd, 0);
		o->ret = p == MAP_FAILED ? -1 : munmap(p, 4096);
		break;
	case 7: o->ret = sendto(fd, NULL, arg, 0, NULL, 0); break;
	case 8: o->ret = fcntl(fd, F_SETOWN, getpid()); break;
	case 9: names(fd, o); break;
	}
}

TEST_F(kinds, calls)
{
	static const int args[] = { 0, 1, 2, 3, 4, MSG_PEEK, MSG_OOB, MSG_ERRQUEUE, MSG_WAITALL,
				    MSG_DONTROUTE, MSG_CONFIRM, MSG_MORE, MSG_ZEROCOPY, 8, -1 };
	static const int requests[] = { SIOCINQ, SIOCOUTQ, SIOCGIFINDEX, SIOCGIFFLAGS, SIOCGIFADDR,
					SIOCGIFMTU, SIOCATMARK, SIOCGIFCONF, SIOCGSTAMP_OLD,
					SIOCDEVPRIVATE, SIOCPROTOPRIVATE, SIOCPROTOPRIVATE + 1,
					FIONBIO, FIOASYNC, 0x1234, 0x7fffffff };
	unsigned int i, which;

	for (i = 0; i < ARRAY_SIZE(requests); i++)
		compare(self, "ioctl", do_ioctl, requests[i], 0);
	for (which = 0; which < 10; which++) {
		renew(self, variant);
		for (i = 0; i < ARRAY_SIZE(args); i++)
			compare(self, "call", do_other, which, args[i]);
	}
	EXPECT_EQ(0, self->differ);
	EXPECT_LT(150, self->compared);
}

TEST_HARNESS_MAIN
