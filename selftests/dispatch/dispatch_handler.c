// SPDX-License-Identifier: GPL-2.0
/*
 * Handlers: found by type and protocol, loaded when they are asked for, pinned, their calls
 * really called.
 */
#include <errno.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "kselftest_harness.h"
#include "mock.h"
#include "zs.h"

#define STREAM 200
#define DOMAIN 201

FIXTURE(handler) { };

FIXTURE_SETUP(handler)
{
	ASSERT_EQ(0, mock_reset());
}

FIXTURE_TEARDOWN(handler)
{
	EXPECT_EQ(0, mock_reset());
}

static int open_one(int type, int domain, int protocol)
{
	int fd = socket(zs_family, type, ZSOCK_PROTO(domain, protocol));

	return fd < 0 ? -errno : fd;
}

static int stream(void)
{
	return open_one(SOCK_STREAM, AF_INET, STREAM);
}

/* A connection of mockstream: both ends. */
static int stream_pair(int fd[2])
{
	union zs_addr addr;
	socklen_t len = zs_loopback(&addr, AF_INET, 0);
	int l = stream();

	if (bind(l, &addr.sa, len) || listen(l, 1) || getsockname(l, &addr.sa, &len))
		return -1;
	fd[0] = stream();
	if (connect(fd[0], &addr.sa, len))
		return -1;
	fd[1] = accept(l, NULL, NULL);
	close(l);
	return fd[1] < 0 ? -1 : 0;
}

TEST_F(handler, by_number)
{
	struct zsock_info info;
	int fd = stream();

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, zs_get_info(fd, &info));
	EXPECT_STREQ("mockstream", info.handler);
	EXPECT_EQ(STREAM, info.protocol);
	EXPECT_EQ(0, info.inner_protocol);
	ASSERT_EQ(0, mock_first_call(fd));
	ASSERT_EQ(0, zs_get_info(fd, &info));
	EXPECT_EQ(IPPROTO_TCP, info.inner_protocol);
	EXPECT_EQ(AF_INET, info.inner_family);
	close(fd);
}

/* The backend is told both numbers. */
TEST_F(handler, what_the_backend_hears)
{
	int fd;

	ASSERT_EQ(0, mock_register('a', 10));
	fd = stream();
	ASSERT_EQ(0, mock_first_call(fd));
	EXPECT_STREQ("family=2 type=1 protocol=6 outer=200 kern=0 uid=0", mock_last('a'));
	close(fd);
}

TEST_F(handler, not_found)
{
	EXPECT_EQ(-EPROTONOSUPPORT, open_one(SOCK_STREAM, AF_INET, 202));
	EXPECT_EQ(-EPROTONOSUPPORT, open_one(SOCK_DGRAM, AF_INET, STREAM));
	EXPECT_EQ(-EPROTONOSUPPORT, open_one(SOCK_STREAM, AF_INET, 0xffff));
	EXPECT_EQ(-ESOCKTNOSUPPORT, open_one(SOCK_RDM, AF_INET, 0));
	EXPECT_EQ(-ESOCKTNOSUPPORT, open_one(SOCK_RDM, AF_INET, STREAM));
	ASSERT_EQ(0, mock_put("stream_registered", "0"));
	EXPECT_EQ(-EPROTONOSUPPORT, stream());
	/* A type whose only handler came, and went. */
	ASSERT_EQ(0, mock_put_int("stream_type", SOCK_RDM));
	ASSERT_EQ(0, mock_put("stream_registered", "1"));
	EXPECT_EQ(-EPROTONOSUPPORT, open_one(SOCK_RDM, AF_INET, 5));
	ASSERT_EQ(0, mock_put("stream_registered", "0"));
	EXPECT_EQ(-ESOCKTNOSUPPORT, open_one(SOCK_RDM, AF_INET, 5));
}

/* A number of 0 makes it the default of its type. */
TEST_F(handler, default_of_a_type)
{
	ASSERT_EQ(0, mock_put("stream_registered", "0"));
	ASSERT_EQ(0, mock_put_int("stream_number", 0));
	EXPECT_EQ(-EEXIST, mock_put("stream_registered", "1")) TH_LOG("tcp is");
	ASSERT_EQ(0, mock_put_int("stream_type", SOCK_SEQPACKET));
	EXPECT_EQ(0, mock_put("stream_registered", "1"));
}

/* ---- overrides ---- */

TEST_F(handler, calls_are_overridden)
{
	char buf[32] = "";
	int fd[2];

	ASSERT_EQ(0, stream_pair(fd));
	/* Security modules ask for names, too. */
	ASSERT_EQ(0, mock_put("getnames", "0"));
	EXPECT_EQ(0, mock_first_call(fd[0]));
	EXPECT_EQ(0, mock_first_call(fd[1]));
	EXPECT_EQ(2, mock_get_int("getnames"));
	EXPECT_EQ(13, send(fd[0], "hello, World!", 13, 0));
	EXPECT_EQ(13, recv(fd[1], buf, sizeof(buf), 0));
	EXPECT_STREQ("HELLO, WORLD!", buf);
	/* An accepted one has the handler, too; every way to send is one call. */
	EXPECT_EQ(4, write(fd[1], "back", 4));
	EXPECT_EQ(4, recv(fd[0], buf, sizeof(buf), 0));
	EXPECT_EQ(0, memcmp(buf, "BACK", 4));
	EXPECT_EQ(17, mock_get_int("upper"));
	close(fd[0]);
	close(fd[1]);
}

/*
 * A handler's calls stand on top of the mapping of addresses: what they pass on to shows and
 * takes IPv4 addresses on a dual-stack socket.
 */
TEST_F(handler, overridden_calls_on_dual_stack)
{
	union zs_addr addr, got;
	socklen_t len = zs_loopback(&addr, AF_INET, 0), gotlen = sizeof(got);
	struct zsock_info info;
	int l, c, s;

	l = open_one(SOCK_STREAM, 0, STREAM);
	ASSERT_LE(0, l);
	ASSERT_EQ(0, mock_first_call(l));
	ASSERT_EQ(0, zs_get_info(l, &info));
	ASSERT_TRUE(info.flags & ZSOCK_INFO_F_DUAL);
	ASSERT_EQ(0, bind(l, &addr.sa, len));
	ASSERT_EQ(0, listen(l, 1));
	ASSERT_EQ(0, mock_put("getnames", "0"));
	ASSERT_EQ(0, getsockname(l, &got.sa, &gotlen));
	ASSERT_EQ(AF_INET, got.sa.sa_family) TH_LOG("getname is overridden");
	EXPECT_EQ(1, mock_get_int("getnames"));
	c = open_one(SOCK_STREAM, 0, STREAM);
	ASSERT_EQ(0, mock_first_call(c));
	ASSERT_EQ(0, connect(c, &got.sa, gotlen));
	s = accept(l, NULL, NULL);
	ASSERT_LE(0, s);
	gotlen = sizeof(got);
	EXPECT_EQ(0, getpeername(s, &got.sa, &gotlen));
	EXPECT_EQ(AF_INET, got.sa.sa_family);
	EXPECT_EQ(sizeof(got.in), gotlen);
	close(l);
	close(c);
	close(s);
}

/* Whatever is overridden keeps its errno. */
TEST_F(handler, overridden_calls_fail)
{
	int fd = stream();
	int ref = socket(AF_INET, SOCK_STREAM, 0);

	EXPECT_EQ(-1, send(ref, "x", 1, MSG_NOSIGNAL));
	EXPECT_EQ(EPIPE, errno);
	EXPECT_EQ(-1, send(fd, "x", 1, MSG_NOSIGNAL));
	EXPECT_EQ(EPIPE, errno);
	EXPECT_EQ(-1, send(fd, (void *)8, 1, MSG_NOSIGNAL));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(0, mock_get_int("upper"));
	close(fd);
	close(ref);
}

/* Once for each kind of inner socket, not for each socket. */
TEST_F(handler, override_is_asked_once)
{
	int i, fd;

	for (i = 0; i < 10; i++) {
		fd = stream();
		ASSERT_EQ(0, mock_first_call(fd));
		close(fd);
	}
	EXPECT_EQ(1, mock_get_int("overrides"));
	fd = open_one(SOCK_STREAM, AF_INET6, STREAM);
	ASSERT_EQ(0, mock_first_call(fd));
	close(fd);
	EXPECT_EQ(2, mock_get_int("overrides"));
	/* Dual-stack is another kind of IPv6. */
	fd = open_one(SOCK_STREAM, 0, STREAM);
	ASSERT_EQ(0, mock_first_call(fd));
	close(fd);
	EXPECT_EQ(3, mock_get_int("overrides"));
	fd = open_one(SOCK_STREAM, AF_INET6, STREAM);
	ASSERT_EQ(0, mock_first_call(fd));
	close(fd);
	EXPECT_EQ(3, mock_get_int("overrides"));
	/* Not for a socket that stays fresh, and not for other handlers' ones. */
	close(stream());
	fd = zs_socket(AF_INET, SOCK_STREAM, 0);
	ASSERT_EQ(0, mock_first_call(fd));
	close(fd);
	EXPECT_EQ(3, mock_get_int("overrides"));
}

TEST_F(handler, check_option)
{
	int fd = stream();

	ASSERT_EQ(0, mock_put_int("option_errno", EACCES));
	EXPECT_EQ(-1, zs_setint(fd, IPPROTO_TCP, TCP_NODELAY, 1));
	EXPECT_EQ(EACCES, errno);
	EXPECT_FALSE(zs_dispatched(fd)) TH_LOG("refused before it is dispatched");
	ASSERT_EQ(0, mock_first_call(fd));
	EXPECT_EQ(-1, zs_setint(fd, IPPROTO_TCP, TCP_NODELAY, 1));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(0, zs_getint(fd, IPPROTO_TCP, TCP_NODELAY));
	ASSERT_EQ(0, mock_put_int("option_errno", 0));
	EXPECT_EQ(0, zs_setint(fd, IPPROTO_TCP, TCP_NODELAY, 1));
	close(fd);
}

TEST_F(handler, defaults_of_the_placeholder)
{
	int fd = stream();

	EXPECT_EQ(54321, zs_getint(fd, SOL_SOCKET, SO_RCVBUF));
	close(fd);
}

/* ---- pinned ---- */

TEST_F(handler, removal_while_in_use)
{
	int fd = stream();

	/* A fresh socket is one of the handler's already. */
	EXPECT_EQ(-EBUSY, mock_put("stream_registered", "0"));
	EXPECT_EQ(-EAGAIN, mock_rmmod("zsock_mock"));
	ASSERT_EQ(0, mock_first_call(fd));
	EXPECT_EQ(-EBUSY, mock_put("stream_registered", "0"));
	/* And stays in service. */
	close(fd);
	fd = stream();
	EXPECT_LE(0, fd);
	close(fd);
	EXPECT_EQ(0, mock_put("stream_registered", "0"));
	EXPECT_EQ(-ENOENT, mock_put("stream_registered", "0"));
	EXPECT_EQ(-EPROTONOSUPPORT, stream());
}

TEST_F(handler, removal_while_accepted)
{
	int fd[2];

	ASSERT_EQ(0, stream_pair(fd));
	close(fd[0]);
	EXPECT_EQ(-EBUSY, mock_put("stream_registered", "0"));
	close(fd[1]);
	EXPECT_EQ(0, mock_put("stream_registered", "0"));
}

/* What failed at socket() or was closed holds nothing. */
TEST_F(handler, no_pin_is_left_behind)
{
	int i;

	ASSERT_EQ(0, mock_put_int("permit_errno", EPERM));
	for (i = 0; i < 10; i++) {
		EXPECT_GT(0, open_one(SOCK_DGRAM, AF_UNIX, DOMAIN));
		EXPECT_GT(0, open_one(SOCK_DGRAM, AF_INET, DOMAIN));
		EXPECT_GT(0, open_one(SOCK_STREAM, AF_UNIX, STREAM));
		close(stream());
	}
	EXPECT_EQ(0, mock_put("stream_registered", "0"));
	EXPECT_EQ(0, mock_put("domain_registered", "0"));
}

/* ---- clashes ---- */

TEST_F(handler, taken_ids)
{
	ASSERT_EQ(0, mock_put("stream_registered", "0"));
	ASSERT_EQ(0, mock_put_int("stream_number", IPPROTO_TCP));
	EXPECT_EQ(-EEXIST, mock_put("stream_registered", "1"));
	ASSERT_EQ(0, mock_put_int("stream_number", DOMAIN));
	EXPECT_EQ(0, mock_put("stream_registered", "1")) TH_LOG("another type's number is free");
	EXPECT_EQ(-EEXIST, mock_put("stream_registered", "1")) TH_LOG("the same table again");
	ASSERT_EQ(0, mock_put("stream_registered", "0"));
	ASSERT_EQ(0, mock_put_int("stream_type", SOCK_DGRAM));
	EXPECT_EQ(-EEXIST, mock_put("stream_registered", "1"));
}

TEST_F(handler, taken_names)
{
	static const char * const taken[] = { "tcp", "udp", "mockdomain" };
	unsigned int i;

	ASSERT_EQ(0, mock_put("stream_registered", "0"));
	for (i = 0; i < ARRAY_SIZE(taken); i++) {
		ASSERT_EQ(0, mock_put("stream_name", taken[i]));
		EXPECT_EQ(-EEXIST, mock_put("stream_registered", "1"));
	}
}

TEST_F(handler, bad_tables)
{
	ASSERT_EQ(0, mock_put("stream_registered", "0"));
	ASSERT_EQ(0, mock_put("stream_name", "two words"));
	EXPECT_EQ(-EINVAL, mock_put("stream_registered", "1"));
	ASSERT_EQ(0, mock_put("stream_name", "mockstream"));
	ASSERT_EQ(0, mock_put_int("stream_type", 0));
	EXPECT_EQ(-EINVAL, mock_put("stream_registered", "1"));
	ASSERT_EQ(0, mock_put_int("stream_type", 11));
	EXPECT_EQ(-EINVAL, mock_put("stream_registered", "1"));
	ASSERT_EQ(0, mock_put_int("stream_type", SOCK_STREAM));
	ASSERT_EQ(0, mock_put_int("stream_number", -1));
	EXPECT_EQ(-EINVAL, mock_put("stream_registered", "1"));
	ASSERT_EQ(0, mock_put_int("stream_number", 0x10000));
	EXPECT_EQ(-EINVAL, mock_put("stream_registered", "1"));
	ASSERT_EQ(0, mock_put_int("stream_number", 0xffff));
	EXPECT_EQ(0, mock_put("stream_registered", "1"));
}

TEST_F(handler, listed)
{
	int fd;

	EXPECT_LE(0, zs_file_has("/proc/net/zsock_protocols", "mockstream stream 200 0 zsock_mock"));
	EXPECT_LE(0, zs_file_has("/proc/net/zsock_protocols", "mockdomain dgram 201 0 zsock_mock"));
	fd = stream();
	EXPECT_LE(0, zs_file_has("/proc/net/zsock_protocols", "mockstream stream 200 1 zsock_mock"));
	close(fd);
	ASSERT_EQ(0, mock_put("stream_registered", "0"));
	EXPECT_EQ(-1, zs_file_has("/proc/net/zsock_protocols", "mockstream"));
	EXPECT_LE(0, zs_file_has("/proc/net/zsock_protocols", "tcp stream 6"));
}

/* ---- domains, permission ---- */

TEST_F(handler, domains)
{
	ASSERT_EQ(0, mock_register('a', 10));
	/* In these there are datagrams, but of other protocols. */
	EXPECT_EQ(-EPROTONOSUPPORT, open_one(SOCK_DGRAM, AF_INET, DOMAIN));
	EXPECT_EQ(-EPROTONOSUPPORT, open_one(SOCK_DGRAM, AF_INET6, DOMAIN));
	EXPECT_EQ(-EPROTONOSUPPORT, open_one(SOCK_DGRAM, AF_UNIX, STREAM));
	EXPECT_EQ(-EPROTONOSUPPORT, open_one(SOCK_DGRAM, AF_UNIX, 0));
	EXPECT_EQ(-EAFNOSUPPORT, open_one(SOCK_DGRAM, AF_BLUETOOTH, DOMAIN));
	EXPECT_EQ(-EAFNOSUPPORT, open_one(SOCK_DGRAM, 0x7fff, DOMAIN));
	/* Nor is AF_UNIX anybody else's. */
	EXPECT_EQ(-EAFNOSUPPORT, open_one(SOCK_STREAM, AF_UNIX, STREAM));
	EXPECT_EQ(-EAFNOSUPPORT, open_one(SOCK_STREAM, AF_UNIX, 0));
}

static socklen_t abstract(struct sockaddr_un *un, const char *name)
{
	memset(un, 0, sizeof(*un));
	un->sun_family = AF_UNIX;
	strcpy(un->sun_path + 1, name);
	return offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name);
}

TEST_F(handler, traffic_in_another_domain)
{
	struct sockaddr_un un, from;
	socklen_t len, fromlen = sizeof(from);
	struct zsock_info info;
	char buf[16];
	int a, b;

	ASSERT_EQ(0, mock_register('a', 10));
	a = open_one(SOCK_DGRAM, AF_UNIX, DOMAIN);
	/* The first of its domains stands for none. */
	b = open_one(SOCK_DGRAM, 0, DOMAIN);
	ASSERT_LE(0, a);
	ASSERT_LE(0, b);
	len = abstract(&un, "zsock-test-a");
	ASSERT_EQ(0, bind(a, (struct sockaddr *)&un, len));
	ASSERT_EQ(0, mock_first_call(b));
	ASSERT_EQ(0, zs_get_info(b, &info));
	EXPECT_STREQ("mockdomain", info.handler);
	EXPECT_EQ(AF_UNIX, info.inner_family);
	ASSERT_EQ(5, sendto(b, "hello", 5, 0, (struct sockaddr *)&un, len));
	EXPECT_EQ(5, recvfrom(a, buf, sizeof(buf), 0, (struct sockaddr *)&from, &fromlen));
	EXPECT_EQ(0, memcmp(buf, "hello", 5));
	/* As any AF_UNIX socket, to one that is not ours. */
	close(b);
	b = socket(AF_UNIX, SOCK_DGRAM, 0);
	ASSERT_EQ(3, sendto(b, "you", 3, 0, (struct sockaddr *)&un, len));
	EXPECT_EQ(3, recv(a, buf, sizeof(buf), 0));
	close(a);
	close(b);
}

TEST_F(handler, permission)
{
	int fd;

	ASSERT_EQ(0, mock_register('a', 10));
	ASSERT_EQ(0, mock_put_int("permit_errno", EPERM));
	EXPECT_EQ(-EPERM, open_one(SOCK_DGRAM, AF_UNIX, DOMAIN));
	ASSERT_EQ(0, mock_put_int("permit_errno", EACCES));
	EXPECT_EQ(-EACCES, open_one(SOCK_DGRAM, AF_UNIX, DOMAIN));
	/* What is not there is not forbidden. */
	EXPECT_EQ(-EPROTONOSUPPORT, open_one(SOCK_DGRAM, AF_INET, DOMAIN));
	ASSERT_EQ(0, mock_put_int("permit_errno", 0));
	fd = open_one(SOCK_DGRAM, AF_UNIX, DOMAIN);
	ASSERT_LE(0, fd);
	/* Asked at socket(), and never again. */
	ASSERT_EQ(0, mock_put_int("permit_errno", EPERM));
	EXPECT_EQ(0, mock_first_call(fd));
	close(fd);
}

/* ---- loading ---- */

#define LOADER "/run/zsock-test-modprobe"

/* What the kernel calls to have a module: it knows one alias, and says what it was asked. */
static int write_loader(const char *dir)
{
	FILE *f = fopen(LOADER, "we");

	if (!f)
		return -1;
	fprintf(f, "#!/bin/sh\n"
		   "echo \"$*\" >>" LOADER ".log\n"
		   "case \"$*\" in\n"
		   "*net-pf-%d-proto-200-type-1) exec /sbin/insmod %s/zsock_mock.ko;;\n"
		   "esac\nexit 1\n", AF_ZSOCK, dir);
	return fclose(f) || chmod(LOADER, 0755) ? -1 : 0;
}

TEST_F(handler, loaded_by_socket)
{
	const char *dir = getenv("ZSOCK_MODULE_DIR");
	char saved[256] = "";
	FILE *f;
	int fd;

	if (!dir)
		SKIP(return, "only in a guest of tools/vm, which says where the modules are");
	f = fopen("/proc/sys/kernel/modprobe", "re");
	ASSERT_NE(NULL, f);
	ASSERT_NE(NULL, fgets(saved, sizeof(saved), f));
	fclose(f);
	ASSERT_EQ(0, write_loader(dir));
	ASSERT_EQ(0, zs_write_file("/proc/sys/kernel/modprobe", LOADER));
	ASSERT_EQ(0, mock_rmmod("zsock_mock"));

	/* Another number asks for another module, which there is not. */
	EXPECT_EQ(-EPROTONOSUPPORT, open_one(SOCK_STREAM, AF_INET, 202));
	EXPECT_LE(0, zs_file_has(LOADER ".log", "net-pf-18-proto-202-type-1"));
	EXPECT_EQ(-1, access("/sys/module/zsock_mock", F_OK));

	fd = stream();
	EXPECT_LE(0, fd);
	EXPECT_EQ(0, access("/sys/module/zsock_mock", F_OK));
	EXPECT_EQ(0, mock_first_call(fd));
	EXPECT_EQ(1, mock_get_int("getnames"));
	EXPECT_EQ(-EAGAIN, mock_rmmod("zsock_mock"));
	close(fd);
	EXPECT_EQ(0, zs_write_file("/proc/sys/kernel/modprobe", saved));
	unlink(LOADER);
	unlink(LOADER ".log");
}

TEST_HARNESS_MAIN
