// SPDX-License-Identifier: GPL-2.0
/*
 * Which backend a socket gets: priority, ties, family, is_supported(), ZSOCK_BACKEND.
 */
#include <errno.h>
#include <limits.h>

#include "kselftest_harness.h"
#include "mock.h"
#include "zs.h"

FIXTURE(dispatch) { };

FIXTURE_SETUP(dispatch)
{
	ASSERT_EQ(0, mock_reset());
}

FIXTURE_TEARDOWN(dispatch)
{
	EXPECT_EQ(0, mock_reset());
}

/* Who carries a new socket whose first call does not say which family. */
static const char *backend_of_new(int domain, int type)
{
	static char name[ZSOCK_NAME_MAX];
	int fd = zs_socket(domain, type, 0);
	int err;

	if (fd < 0)
		return "(no socket)";
	err = mock_first_call(fd);
	snprintf(name, sizeof(name), "%s", err ? strerror(-err) : mock_backend_of(fd));
	close(fd);
	return name;
}

static const char *tcp4_backend(void)
{
	return backend_of_new(AF_INET, SOCK_STREAM);
}

TEST_F(dispatch, lower_number_first)
{
	EXPECT_STREQ("native", tcp4_backend());
	ASSERT_EQ(0, mock_register('a', 101));
	EXPECT_STREQ("native", tcp4_backend());
	ASSERT_EQ(0, mock_unregister('a'));
	ASSERT_EQ(0, mock_register('a', 99));
	EXPECT_STREQ(MOCK_A, tcp4_backend());
	ASSERT_EQ(0, mock_register('b', 98));
	EXPECT_STREQ(MOCK_B, tcp4_backend());
	ASSERT_EQ(0, mock_unregister('b'));
	EXPECT_STREQ(MOCK_A, tcp4_backend());
	ASSERT_EQ(0, mock_unregister('a'));
	EXPECT_STREQ("native", tcp4_backend());
}

TEST_F(dispatch, any_number)
{
	ASSERT_EQ(0, mock_register('a', INT_MIN));
	ASSERT_EQ(0, mock_register('b', INT_MAX));
	EXPECT_STREQ(MOCK_A, tcp4_backend());
	ASSERT_EQ(0, mock_unregister('a'));
	EXPECT_STREQ("native", tcp4_backend());
	ASSERT_EQ(0, mock_register('a', -1));
	EXPECT_STREQ(MOCK_A, tcp4_backend());
}

TEST_F(dispatch, tie_in_order_of_registration)
{
	ASSERT_EQ(0, mock_register('b', 50));
	ASSERT_EQ(0, mock_register('a', 50));
	EXPECT_STREQ(MOCK_B, tcp4_backend());
	ASSERT_EQ(0, mock_unregister('b'));
	EXPECT_STREQ(MOCK_A, tcp4_backend());
	/* Registered anew, it is the later one. */
	ASSERT_EQ(0, mock_register('b', 50));
	EXPECT_STREQ(MOCK_A, tcp4_backend());
	/* native was there before all. */
	ASSERT_EQ(0, mock_unregister('a'));
	ASSERT_EQ(0, mock_unregister('b'));
	ASSERT_EQ(0, mock_register('a', 100));
	EXPECT_STREQ("native", tcp4_backend());
}

/* Who comes later in order is not even asked. */
TEST_F(dispatch, no_more_are_asked_than_need_be)
{
	int fd;

	ASSERT_EQ(0, mock_register('a', 10));
	ASSERT_EQ(0, mock_register('b', 20));
	fd = zs_socket(AF_INET, SOCK_STREAM, 0);
	ASSERT_GE(fd, 0);
	mock_forget('a');
	mock_forget('b');
	ASSERT_EQ(0, mock_first_call(fd));
	EXPECT_EQ(1, mock_get('a', "asked"));
	EXPECT_EQ(1, mock_creates('a'));
	EXPECT_EQ(0, mock_get('b', "asked"));
	EXPECT_EQ(0, mock_creates('b'));
	close(fd);
}

/* By name in ZSOCK_INFO, and by the mark that is on its sockets. */
TEST_F(dispatch, the_socket_is_the_backends)
{
	struct zsock_info info;
	int fd;

	ASSERT_EQ(0, mock_register('b', 10));
	fd = zs_socket(AF_INET, SOCK_DGRAM, 0);
	ASSERT_EQ(0, zs_get_info(fd, &info));
	EXPECT_EQ(ZSOCK_STATE_FRESH, info.state);
	EXPECT_STREQ("", info.backend);
	ASSERT_EQ(0, mock_first_call(fd));
	ASSERT_EQ(0, zs_get_info(fd, &info));
	EXPECT_EQ(ZSOCK_STATE_DISPATCHED, info.state);
	EXPECT_STREQ(MOCK_B, info.backend);
	EXPECT_EQ(MOCK_MARK_B, zs_getint(fd, SOL_SOCKET, SO_MARK));
	EXPECT_STREQ("family=2 type=2 protocol=17 outer=17 kern=0 uid=0", mock_last('b'));
	EXPECT_EQ(0, zs_file_has("/proc/net/zsock", MOCK_B) <= 0);
	close(fd);
}

TEST_F(dispatch, family_filter)
{
	union zs_addr addr;
	int fd;

	ASSERT_EQ(0, mock_set('a', "family", AF_INET6));
	ASSERT_EQ(0, mock_register('a', 10));
	EXPECT_STREQ("native", backend_of_new(AF_INET, SOCK_STREAM));
	EXPECT_STREQ("native", backend_of_new(AF_INET, SOCK_DGRAM));
	EXPECT_STREQ(MOCK_A, backend_of_new(AF_INET6, SOCK_STREAM));
	EXPECT_STREQ(MOCK_A, backend_of_new(AF_INET6, SOCK_DGRAM));

	/* With domain 0 the address decides. */
	fd = zs_socket(0, SOCK_DGRAM, 0);
	ASSERT_EQ(0, bind(fd, &addr.sa, zs_loopback(&addr, AF_INET, 0)));
	EXPECT_STREQ("native", mock_backend_of(fd));
	close(fd);
	fd = zs_socket(0, SOCK_DGRAM, 0);
	ASSERT_EQ(0, bind(fd, &addr.sa, zs_loopback(&addr, AF_INET6, 0)));
	EXPECT_STREQ(MOCK_A, mock_backend_of(fd));
	close(fd);
}

/* Or an option of one family. */
TEST_F(dispatch, family_by_option)
{
	int fd;

	ASSERT_EQ(0, mock_set('a', "family", AF_INET));
	ASSERT_EQ(0, mock_register('a', 10));
	fd = zs_socket(0, SOCK_STREAM, 0);
	ASSERT_EQ(0, zs_setint(fd, IPPROTO_IP, IP_TTL, 9));
	EXPECT_STREQ(MOCK_A, mock_backend_of(fd));
	EXPECT_EQ(9, zs_getint(fd, IPPROTO_IP, IP_TTL));
	close(fd);
	fd = zs_socket(0, SOCK_STREAM, 0);
	ASSERT_EQ(0, zs_setint(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 9));
	EXPECT_STREQ("native", mock_backend_of(fd));
	close(fd);
}

/* Where nothing tells, IPv6 is asked for, and IPv4 where nobody has that. */
TEST_F(dispatch, family_that_nothing_tells)
{
	struct zsock_info info;
	int fd;

	ASSERT_EQ(0, mock_set('a', "family", AF_INET));
	ASSERT_EQ(0, mock_register('a', 10));
	EXPECT_STREQ("native", backend_of_new(0, SOCK_STREAM));

	fd = zs_socket(0, SOCK_STREAM, 0);
	ASSERT_EQ(0, mock_choose(fd, MOCK_A));
	ASSERT_EQ(0, mock_first_call(fd));
	ASSERT_EQ(0, zs_get_info(fd, &info));
	EXPECT_STREQ(MOCK_A, info.backend);
	EXPECT_EQ(AF_INET, info.inner_family);
	EXPECT_EQ(0, info.flags & ZSOCK_INFO_F_DUAL);
	close(fd);
}

TEST_F(dispatch, is_supported_filter)
{
	ASSERT_EQ(0, mock_set('a', "supported", 1 << SOCK_DGRAM));
	ASSERT_EQ(0, mock_register('a', 10));
	EXPECT_STREQ("native", backend_of_new(AF_INET, SOCK_STREAM));
	EXPECT_STREQ(MOCK_A, backend_of_new(AF_INET, SOCK_DGRAM));
	EXPECT_STREQ("native", backend_of_new(0, SOCK_STREAM));
	EXPECT_STREQ(MOCK_A, backend_of_new(0, SOCK_DGRAM));
	/* It is asked again each time. */
	ASSERT_EQ(0, mock_set('a', "supported", 0));
	EXPECT_STREQ("native", backend_of_new(AF_INET, SOCK_DGRAM));
}

TEST_F(dispatch, answer_changes_before_the_first_call)
{
	int fd;

	ASSERT_EQ(0, mock_register('a', 10));
	fd = zs_socket(AF_INET, SOCK_STREAM, 0);
	ASSERT_EQ(0, mock_set('a', "supported", 0));
	ASSERT_EQ(0, mock_first_call(fd));
	EXPECT_STREQ("native", mock_backend_of(fd));
	EXPECT_EQ(0, mock_creates('a'));
	close(fd);
}

/* A pair is for a backend that has pairs. */
TEST_F(dispatch, pair_feature)
{
	int fd[2];
	char buf[8];

	ASSERT_EQ(0, mock_register('a', 10));
	ASSERT_EQ(0, socketpair(zs_family, SOCK_STREAM, 0, fd));
	EXPECT_STREQ("native", mock_backend_of(fd[0]));
	close(fd[0]);
	close(fd[1]);

	ASSERT_EQ(0, mock_unregister('a'));
	ASSERT_EQ(0, mock_set('a', "features", ZSOCK_BACKEND_F_STREAM | ZSOCK_BACKEND_F_PAIR));
	ASSERT_EQ(0, mock_register('a', 10));
	ASSERT_EQ(0, socketpair(zs_family, SOCK_STREAM, 0, fd));
	EXPECT_STREQ(MOCK_A, mock_backend_of(fd[0]));
	EXPECT_STREQ(MOCK_A, mock_backend_of(fd[1]));
	EXPECT_EQ(1, mock_get('a', "pairs"));
	EXPECT_EQ(5, write(fd[0], "hello", 5));
	EXPECT_EQ(5, read(fd[1], buf, sizeof(buf)));
	/* Each end is a socket on the backend. */
	close(fd[0]);
	EXPECT_EQ(-EBUSY, mock_unregister('a'));
	close(fd[1]);
	EXPECT_EQ(0, mock_unregister('a'));
}

/* Chosen by name, whatever its priority; read back before and after dispatch. */
TEST_F(dispatch, by_name)
{
	int fd;

	ASSERT_EQ(0, mock_register('a', 10));
	ASSERT_EQ(0, mock_register('b', 300));
	fd = zs_socket(AF_INET, SOCK_STREAM, 0);
	EXPECT_STREQ("", mock_backend_of(fd));
	ASSERT_EQ(0, mock_choose(fd, MOCK_B));
	EXPECT_STREQ(MOCK_B, mock_backend_of(fd));
	ASSERT_EQ(0, mock_choose(fd, "native"));
	EXPECT_STREQ("native", mock_backend_of(fd));
	ASSERT_EQ(0, mock_choose(fd, MOCK_B));
	EXPECT_FALSE(zs_dispatched(fd));
	ASSERT_EQ(0, mock_first_call(fd));
	EXPECT_STREQ(MOCK_B, mock_backend_of(fd));
	EXPECT_EQ(0, mock_creates('a'));
	EXPECT_EQ(1, mock_creates('b'));
	close(fd);
}

TEST_F(dispatch, name_after_dispatch)
{
	int fd;

	ASSERT_EQ(0, mock_register('a', 10));
	fd = zs_socket(AF_INET, SOCK_STREAM, 0);
	ASSERT_EQ(0, mock_first_call(fd));
	EXPECT_EQ(0, mock_choose(fd, MOCK_A));
	EXPECT_EQ(-EBUSY, mock_choose(fd, "native"));
	EXPECT_EQ(-EBUSY, mock_choose(fd, ""));
	EXPECT_EQ(-ENODEV, mock_choose(fd, "nobody"));
	EXPECT_STREQ(MOCK_A, mock_backend_of(fd));
	close(fd);
}

TEST_F(dispatch, unknown_name)
{
	int fd = zs_socket(AF_INET, SOCK_STREAM, 0);

	EXPECT_EQ(-ENODEV, mock_choose(fd, MOCK_A));
	EXPECT_STREQ("", mock_backend_of(fd));
	ASSERT_EQ(0, mock_choose(fd, "native"));
	EXPECT_EQ(-ENODEV, mock_choose(fd, "nativ"));
	EXPECT_EQ(-ENODEV, mock_choose(fd, "native2"));
	EXPECT_EQ(-ENODEV, mock_choose(fd, "NATIVE"));
	EXPECT_STREQ("native", mock_backend_of(fd));
	close(fd);
}

TEST_F(dispatch, name_taken_back)
{
	int fd;

	ASSERT_EQ(0, mock_register('a', 10));
	ASSERT_EQ(0, mock_register('b', 300));
	fd = zs_socket(AF_INET, SOCK_STREAM, 0);
	ASSERT_EQ(0, mock_choose(fd, MOCK_B));
	ASSERT_EQ(0, mock_choose(fd, ""));
	EXPECT_STREQ("", mock_backend_of(fd));
	ASSERT_EQ(0, mock_first_call(fd));
	EXPECT_STREQ(MOCK_A, mock_backend_of(fd));
	close(fd);
}

static int choose_raw(int fd, const void *name, socklen_t len)
{
	return setsockopt(fd, SOL_ZSOCK, ZSOCK_BACKEND, name, len) ? -errno : 0;
}

TEST_F(dispatch, name_lengths)
{
	char buf[32] = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
	socklen_t len;
	int fd = zs_socket(AF_INET, SOCK_STREAM, 0);

	ASSERT_EQ(0, mock_choose(fd, "native"));
	/* Without the NUL. */
	EXPECT_EQ(0, choose_raw(fd, "nativexyz", 6));
	EXPECT_EQ(-EINVAL, choose_raw(fd, "native", 0));
	EXPECT_EQ(-EINVAL, choose_raw(fd, buf, 16));
	EXPECT_EQ(-EINVAL, choose_raw(fd, buf, 17));
	EXPECT_EQ(-EINVAL, choose_raw(fd, buf, -1));
	EXPECT_EQ(-ENODEV, choose_raw(fd, buf, 15));
	EXPECT_EQ(-EFAULT, choose_raw(fd, (void *)8, 7));
	EXPECT_STREQ("native", mock_backend_of(fd));

	len = 3;
	ASSERT_EQ(0, getsockopt(fd, SOL_ZSOCK, ZSOCK_BACKEND, buf, &len));
	EXPECT_EQ(3, len);
	EXPECT_EQ(0, memcmp(buf, "natxx", 5));
	len = sizeof(buf);
	ASSERT_EQ(0, getsockopt(fd, SOL_ZSOCK, ZSOCK_BACKEND, buf, &len));
	EXPECT_EQ(7, len);
	EXPECT_EQ(-1, getsockopt(fd, SOL_ZSOCK, ZSOCK_BACKEND, (void *)8, &len));
	EXPECT_EQ(EFAULT, errno);
	len = -1;
	EXPECT_EQ(-1, getsockopt(fd, SOL_ZSOCK, ZSOCK_BACKEND, buf, &len));
	EXPECT_EQ(EINVAL, errno);
	close(fd);
}

/* The backend of the name does not want it: the socket stays, and may go elsewhere. */
TEST_F(dispatch, named_backend_refuses)
{
	int fd;

	ASSERT_EQ(0, mock_set('a', "family", AF_INET6));
	ASSERT_EQ(0, mock_register('a', 10));
	fd = zs_socket(AF_INET, SOCK_STREAM, 0);
	ASSERT_EQ(0, mock_choose(fd, MOCK_A));
	EXPECT_EQ(-ENETDOWN, mock_first_call(fd));
	EXPECT_FALSE(zs_dispatched(fd));
	EXPECT_STREQ(MOCK_A, mock_backend_of(fd));
	EXPECT_EQ(-ENETDOWN, mock_first_call(fd));
	EXPECT_EQ(0, mock_creates('a'));
	ASSERT_EQ(0, mock_choose(fd, ""));
	EXPECT_EQ(0, mock_first_call(fd));
	EXPECT_STREQ("native", mock_backend_of(fd));
	close(fd);
}

/* The question at socket() is about any backend, not about the one of a name. */
TEST_F(dispatch, no_backend_at_socket)
{
	int fd;

	/* AF_UNIX is mockdomain's, and none of native's. */
	EXPECT_EQ(-1, socket(zs_family, SOCK_DGRAM, ZSOCK_PROTO(AF_UNIX, 201)));
	EXPECT_EQ(EAFNOSUPPORT, errno);
	ASSERT_EQ(0, mock_set('a', "supported", 0));
	ASSERT_EQ(0, mock_register('a', 10));
	EXPECT_EQ(-1, socket(zs_family, SOCK_DGRAM, ZSOCK_PROTO(AF_UNIX, 201)));
	EXPECT_EQ(EAFNOSUPPORT, errno);
	ASSERT_EQ(0, mock_set('a', "supported", 1 << SOCK_DGRAM));
	fd = socket(zs_family, SOCK_DGRAM, ZSOCK_PROTO(AF_UNIX, 201));
	EXPECT_LE(0, fd);
	close(fd);
	/* A domain that is not among the handler's. */
	EXPECT_EQ(-1, socket(zs_family, SOCK_DGRAM, ZSOCK_PROTO(AF_BLUETOOTH, 201)));
	EXPECT_EQ(EAFNOSUPPORT, errno);
}

/* Known only at the first call: ENETDOWN. */
TEST_F(dispatch, no_backend_at_first_call)
{
	int fd;

	ASSERT_EQ(0, mock_register('a', 10));
	fd = socket(zs_family, SOCK_DGRAM, ZSOCK_PROTO(AF_UNIX, 201));
	ASSERT_GE(fd, 0);
	ASSERT_EQ(0, mock_unregister('a'));
	EXPECT_EQ(-ENETDOWN, mock_first_call(fd));
	EXPECT_EQ(-ENETDOWN, mock_first_call(fd));
	ASSERT_EQ(0, mock_register('a', 10));
	EXPECT_EQ(0, mock_first_call(fd));
	EXPECT_STREQ(MOCK_A, mock_backend_of(fd));
	close(fd);
}

TEST_F(dispatch, removal_before_the_first_call)
{
	int fd, named;

	ASSERT_EQ(0, mock_register('a', 10));
	fd = zs_socket(AF_INET, SOCK_STREAM, 0);
	named = zs_socket(AF_INET, SOCK_STREAM, 0);
	ASSERT_EQ(0, mock_choose(named, MOCK_A));
	/* A fresh socket holds no backend, not even one of its choice. */
	ASSERT_EQ(0, mock_unregister('a'));
	EXPECT_EQ(0, mock_first_call(fd));
	EXPECT_STREQ("native", mock_backend_of(fd));
	EXPECT_EQ(-ENETDOWN, mock_first_call(named));
	EXPECT_STREQ(MOCK_A, mock_backend_of(named));
	ASSERT_EQ(0, mock_register('a', 300));
	EXPECT_EQ(0, mock_first_call(named));
	EXPECT_STREQ(MOCK_A, mock_backend_of(named));
	close(fd);
	close(named);
}

TEST_F(dispatch, removal_while_in_use)
{
	int fd, other;

	ASSERT_EQ(0, mock_register('a', 10));
	fd = zs_socket(AF_INET, SOCK_STREAM, 0);
	ASSERT_EQ(0, mock_first_call(fd));
	EXPECT_EQ(-EBUSY, mock_unregister('a'));
	EXPECT_EQ(-EAGAIN, mock_rmmod("zsock_mock"));
	/* It stays in service. */
	other = zs_socket(AF_INET, SOCK_STREAM, 0);
	ASSERT_EQ(0, mock_first_call(other));
	EXPECT_STREQ(MOCK_A, mock_backend_of(other));
	close(fd);
	EXPECT_EQ(-EBUSY, mock_unregister('a'));
	close(other);
	EXPECT_EQ(0, mock_unregister('a'));
	EXPECT_EQ(-ENOENT, mock_unregister('a'));
	EXPECT_EQ(-EAGAIN, mock_rmmod("zsock")) TH_LOG("zsock_mock uses it");
}

/* A connection outlives its listener. */
TEST_F(dispatch, removal_while_accepted)
{
	union zs_addr addr;
	int l, c, s;

	ASSERT_EQ(0, mock_register('a', 10));
	l = zs_listener(AF_INET, AF_INET, &addr);
	ASSERT_GE(l, 0);
	ASSERT_EQ(0, mock_set('a', "supported", 0));
	c = zs_tcp_connect(AF_INET, &addr);
	ASSERT_GE(c, 0);
	EXPECT_STREQ("native", mock_backend_of(c));
	s = accept(l, NULL, NULL);
	ASSERT_GE(s, 0);
	EXPECT_STREQ(MOCK_A, mock_backend_of(s));
	EXPECT_EQ(MOCK_MARK_A, zs_getint(s, SOL_SOCKET, SO_MARK));
	/* accept() asks no backend for a socket. */
	EXPECT_EQ(1, mock_creates('a'));
	close(l);
	EXPECT_EQ(-EBUSY, mock_unregister('a'));
	EXPECT_EQ(-EAGAIN, mock_rmmod("zsock_mock"));
	close(s);
	EXPECT_EQ(0, mock_unregister('a'));
	close(c);
}

/* And so does a descriptor that is only under way. */
TEST_F(dispatch, removal_while_passed)
{
	int fd, pair[2];

	ASSERT_EQ(0, mock_register('a', 10));
	fd = zs_socket(AF_INET, SOCK_STREAM, 0);
	ASSERT_EQ(0, mock_first_call(fd));
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
	ASSERT_EQ(0, zs_send_fd(pair[0], fd));
	close(fd);
	EXPECT_EQ(-EBUSY, mock_unregister('a'));
	fd = zs_recv_fd(pair[1]);
	EXPECT_STREQ(MOCK_A, mock_backend_of(fd));
	EXPECT_EQ(-EBUSY, mock_unregister('a'));
	close(fd);
	EXPECT_EQ(0, mock_unregister('a'));
}

TEST_F(dispatch, bad_tables)
{
	EXPECT_EQ(0, mock_set('a', "flaw", MOCK_FLAW_NO_NAME));
	EXPECT_EQ(-EINVAL, mock_register('a', 10));
	EXPECT_EQ(0, mock_set('a', "flaw", MOCK_FLAW_NO_SUPPORTED));
	EXPECT_EQ(-EINVAL, mock_register('a', 10));
	EXPECT_EQ(0, mock_set('a', "flaw", MOCK_FLAW_NO_CREATE));
	EXPECT_EQ(-EINVAL, mock_register('a', 10));
	EXPECT_EQ(0, mock_set('a', "flaw", MOCK_FLAW_NO_PAIR));
	EXPECT_EQ(0, mock_set('a', "features", ZSOCK_BACKEND_F_PAIR));
	EXPECT_EQ(-EINVAL, mock_register('a', 10));
	EXPECT_EQ(0, mock_set('a', "flaw", 0));
	EXPECT_EQ(0, mock_set('a', "family", -1));
	EXPECT_EQ(-EINVAL, mock_register('a', 10));
	EXPECT_EQ(0, mock_set('a', "family", 4711));
	EXPECT_EQ(-EINVAL, mock_register('a', 10));
	EXPECT_EQ(0, mock_set('a', "family", 0));
	EXPECT_EQ(0, mock_register('a', 10));
	/* What was refused left nothing behind. */
	EXPECT_EQ(0, mock_unregister('a'));
}

TEST_F(dispatch, bad_names)
{
	static const char * const bad[] = {
		"", "two words", "tab\there", "sixteen-letters-", "a-name-much-too-long-for-it",
		"\303\244", "bell\a",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		ASSERT_EQ(0, mock_set_text('a', "name", bad[i]));
		EXPECT_EQ(-EINVAL, mock_register('a', 10)) {
			TH_LOG("name '%s'", bad[i]);
		}
	}
	ASSERT_EQ(0, mock_set_text('a', "name", "fifteen-letters"));
	EXPECT_EQ(0, mock_register('a', 10));
	EXPECT_STREQ("fifteen-letters", tcp4_backend());
}

TEST_F(dispatch, taken_names)
{
	ASSERT_EQ(0, mock_set_text('a', "name", "native"));
	EXPECT_EQ(-EEXIST, mock_register('a', 10));
	ASSERT_EQ(0, mock_set_text('a', "name", MOCK_B));
	ASSERT_EQ(0, mock_register('b', 10));
	EXPECT_EQ(-EEXIST, mock_register('a', 10));
	/* The very same table, too. */
	EXPECT_EQ(-EEXIST, mock_set('b', "registered", 1));
	ASSERT_EQ(0, mock_unregister('b'));
	EXPECT_EQ(0, mock_register('a', 10));
}

TEST_F(dispatch, closed_before_the_first_call)
{
	int i, fd;

	ASSERT_EQ(0, mock_register('a', 10));
	for (i = 0; i < 20; i++) {
		fd = zs_socket(i % 2 ? AF_INET : 0, i % 3 ? SOCK_STREAM : SOCK_DGRAM, 0);
		ASSERT_GE(fd, 0);
		ASSERT_EQ(0, zs_setint(fd, SOL_SOCKET, SO_RCVBUF, 5000));
		ASSERT_EQ(0, mock_choose(fd, MOCK_A));
		ASSERT_LE(0, zs_poll(fd, POLLIN, 0));
		close(fd);
	}
	EXPECT_EQ(0, mock_creates('a'));
	EXPECT_EQ(0, mock_unregister('a'));
}

/* ---- who is asked on whose behalf ---- */

TEST_F(dispatch, unprivileged)
{
	int fd, pid;

	ASSERT_EQ(0, mock_register('a', 300));
	pid = fork();
	if (!pid) {
		if (zs_drop_root())
			_exit(1);
		fd = zs_socket(AF_INET, SOCK_STREAM, 0);
		if (fd < 0 || mock_choose(fd, MOCK_A) || mock_first_call(fd))
			_exit(2);
		_exit(strcmp(mock_backend_of(fd), MOCK_A) ? 3 : 0);
	}
	EXPECT_EQ(0, zs_wait(pid));
	EXPECT_STREQ("family=2 type=1 protocol=6 outer=6 kern=0 uid=65534", mock_last('a'));
}

/* The opener's rights go with the descriptor, whoever makes the first call. */
TEST_F(dispatch, opened_by_another)
{
	int fd, pid;

	ASSERT_EQ(0, mock_register('a', 10));
	fd = zs_socket(AF_INET, SOCK_STREAM, 0);
	pid = fork();
	if (!pid)
		_exit(zs_drop_root() || mock_first_call(fd));
	EXPECT_EQ(0, zs_wait(pid));
	EXPECT_STREQ("family=2 type=1 protocol=6 outer=6 kern=0 uid=0", mock_last('a'));
	EXPECT_STREQ(MOCK_A, mock_backend_of(fd));
	close(fd);
}

TEST_HARNESS_MAIN
