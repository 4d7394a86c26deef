// SPDX-License-Identifier: GPL-2.0
/*
 * Devices steer dispatch: an offloaded one has its backend, a plain one those that are on
 * the kernel's own devices.
 *
 * Each test has a network namespace with two dummy devices, modem0 (behind mocka) and
 * plain0. mocka comes last in order and is on no plain device: only modem0 leads to it.
 */
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <stdlib.h>

#include "kselftest_harness.h"
#include "mock.h"
#include "zs.h"

static int ip(const char *arguments)
{
	char command[256];

	snprintf(command, sizeof(command), "ip %s >&2", arguments);
	return system(command);
}

FIXTURE(device) { };

FIXTURE_SETUP(device)
{
	ASSERT_EQ(0, mock_reset());
	ASSERT_EQ(0, zs_new_netns());
	ASSERT_EQ(0, ip("link add modem0 up type dummy"));
	ASSERT_EQ(0, ip("link add plain0 up type dummy"));
	ASSERT_EQ(0, mock_register('a', 200));
	ASSERT_EQ(0, mock_netdev('a', "modem0"));
}

FIXTURE_TEARDOWN(device)
{
	EXPECT_EQ(0, mock_reset());
}

static int bind_device(int fd, const char *name)
{
	return setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, strlen(name) + 1) ? -errno : 0;
}

static int bind_index(int fd, int ifindex)
{
	return zs_setint(fd, SOL_SOCKET, SO_BINDTOIFINDEX, ifindex) ? -errno : 0;
}

/* Who carries a new socket that is bound to the device. */
static const char *backend_on(const char *device, int domain, int type)
{
	static char name[ZSOCK_NAME_MAX];
	int fd = zs_socket(domain, type, 0);
	int err = bind_device(fd, device);

	if (!err)
		err = mock_first_call(fd);
	snprintf(name, sizeof(name), "%s", err ? strerror(-err) : mock_backend_of(fd));
	close(fd);
	return name;
}

TEST_F(device, offloaded)
{
	EXPECT_STREQ(MOCK_A, backend_on("modem0", AF_INET, SOCK_STREAM));
	EXPECT_STREQ(MOCK_A, backend_on("modem0", AF_INET6, SOCK_STREAM));
	EXPECT_STREQ(MOCK_A, backend_on("modem0", 0, SOCK_STREAM));
	EXPECT_STREQ(MOCK_A, backend_on("modem0", AF_INET, SOCK_DGRAM));
	EXPECT_STREQ("native", backend_on("plain0", AF_INET, SOCK_STREAM));
	EXPECT_STREQ("native", backend_on("lo", 0, SOCK_DGRAM));
}

TEST_F(device, by_index)
{
	int fd = zs_socket(AF_INET, SOCK_STREAM, 0);
	int ifindex = if_nametoindex("modem0");

	ASSERT_EQ(0, bind_index(fd, ifindex));
	EXPECT_FALSE(zs_dispatched(fd));
	ASSERT_EQ(0, mock_first_call(fd));
	EXPECT_STREQ(MOCK_A, mock_backend_of(fd));
	EXPECT_EQ(ifindex, zs_getint(fd, SOL_SOCKET, SO_BINDTOIFINDEX));
	close(fd);
}

/* The option is carried over: the inner socket is bound, too. */
TEST_F(device, stays_bound)
{
	char name[IFNAMSIZ] = "";
	socklen_t len = sizeof(name);
	int fd = zs_socket(AF_INET, SOCK_DGRAM, 0);

	ASSERT_EQ(0, bind_device(fd, "modem0"));
	ASSERT_EQ(0, mock_first_call(fd));
	ASSERT_EQ(0, getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, &len));
	EXPECT_STREQ("modem0", name);
	close(fd);
}

/* First in order, but not on plain devices; then with that feature. */
TEST_F(device, plain_feature)
{
	ASSERT_EQ(0, mock_register('b', 10));
	EXPECT_STREQ("native", backend_on("plain0", AF_INET, SOCK_STREAM));
	ASSERT_EQ(0, mock_unregister('b'));
	ASSERT_EQ(0, mock_set('b', "features",
			      ZSOCK_BACKEND_F_STREAM | ZSOCK_BACKEND_F_PLAIN_NETDEV));
	ASSERT_EQ(0, mock_register('b', 10));
	EXPECT_STREQ(MOCK_B, backend_on("plain0", AF_INET, SOCK_STREAM));
	EXPECT_STREQ(MOCK_A, backend_on("modem0", AF_INET, SOCK_STREAM));
}

TEST_F(device, unbound_again)
{
	int fd = zs_socket(AF_INET, SOCK_STREAM, 0);

	ASSERT_EQ(0, bind_device(fd, "modem0"));
	ASSERT_EQ(0, bind_device(fd, ""));
	ASSERT_EQ(0, mock_first_call(fd));
	EXPECT_STREQ("native", mock_backend_of(fd));
	EXPECT_EQ(0, zs_getint(fd, SOL_SOCKET, SO_BINDTOIFINDEX));
	close(fd);
}

TEST_F(device, last_binding_counts)
{
	int fd = zs_socket(AF_INET, SOCK_STREAM, 0);

	ASSERT_EQ(0, bind_index(fd, if_nametoindex("modem0")));
	ASSERT_EQ(0, bind_device(fd, "plain0"));
	ASSERT_EQ(0, mock_first_call(fd));
	EXPECT_STREQ("native", mock_backend_of(fd));
	EXPECT_EQ(if_nametoindex("plain0"), zs_getint(fd, SOL_SOCKET, SO_BINDTOIFINDEX));
	close(fd);

	fd = zs_socket(AF_INET, SOCK_STREAM, 0);
	ASSERT_EQ(0, bind_device(fd, "plain0"));
	ASSERT_EQ(0, bind_index(fd, if_nametoindex("modem0")));
	ASSERT_EQ(0, mock_first_call(fd));
	EXPECT_STREQ(MOCK_A, mock_backend_of(fd));
	EXPECT_EQ(if_nametoindex("modem0"), zs_getint(fd, SOL_SOCKET, SO_BINDTOIFINDEX));
	close(fd);
}

TEST_F(device, unknown)
{
	int fd = zs_socket(AF_INET, SOCK_STREAM, 0);

	ASSERT_EQ(0, bind_device(fd, "modem0"));
	EXPECT_EQ(-ENODEV, bind_device(fd, "modem1"));
	EXPECT_EQ(-EINVAL, bind_index(fd, -1));
	ASSERT_EQ(0, mock_first_call(fd));
	EXPECT_STREQ(MOCK_A, mock_backend_of(fd));
	EXPECT_EQ(-ENODEV, bind_device(fd, "modem1"));
	close(fd);
}

/* Nobody carries what is bound to a device that is down; what is not bound goes on. */
TEST_F(device, down)
{
	int fd = zs_socket(AF_INET, SOCK_STREAM, 0);

	ASSERT_EQ(0, bind_device(fd, "modem0"));
	ASSERT_EQ(0, ip("link set modem0 down"));
	EXPECT_EQ(-ENETDOWN, mock_first_call(fd));
	EXPECT_FALSE(zs_dispatched(fd));
	EXPECT_EQ(0, mock_creates('a'));
	ASSERT_EQ(0, ip("link set modem0 up"));
	EXPECT_EQ(0, mock_first_call(fd));
	EXPECT_STREQ(MOCK_A, mock_backend_of(fd));
	close(fd);
	ASSERT_EQ(0, ip("link set modem0 down"));
	fd = zs_socket(AF_INET, SOCK_STREAM, 0);
	ASSERT_EQ(0, mock_choose(fd, MOCK_A));
	EXPECT_EQ(0, mock_first_call(fd));
	close(fd);
}

/* The device is what was bound to, not its name. */
TEST_F(device, renamed_before_dispatch)
{
	int fd = zs_socket(AF_INET, SOCK_STREAM, 0);
	int ifindex = if_nametoindex("modem0");

	ASSERT_EQ(0, bind_device(fd, "modem0"));
	ASSERT_EQ(0, ip("link set modem0 name old0"));
	ASSERT_EQ(0, ip("link set plain0 name modem0"));
	ASSERT_EQ(0, mock_first_call(fd));
	EXPECT_STREQ(MOCK_A, mock_backend_of(fd));
	EXPECT_EQ(ifindex, zs_getint(fd, SOL_SOCKET, SO_BINDTOIFINDEX));
	EXPECT_STREQ("native", backend_on("modem0", AF_INET, SOCK_STREAM));
	EXPECT_STREQ(MOCK_A, backend_on("old0", AF_INET, SOCK_STREAM));
	close(fd);
}

/* Then it is as with AF_INET: bound to a device that is not there. */
TEST_F(device, gone_before_dispatch)
{
	union zs_addr addr;
	socklen_t len = zs_loopback(&addr, AF_INET, 9);
	int fd = zs_socket(AF_INET, SOCK_DGRAM, 0);
	int ref = socket(AF_INET, SOCK_DGRAM, 0);
	int ifindex = if_nametoindex("modem0");
	int ret, err;

	ASSERT_EQ(0, bind_device(fd, "modem0"));
	ASSERT_EQ(0, bind_device(ref, "modem0"));
	ASSERT_EQ(0, ip("link del modem0"));
	ret = connect(ref, &addr.sa, len);
	err = errno;
	EXPECT_EQ(-1, ret);
	EXPECT_EQ(ret, connect(fd, &addr.sa, len));
	EXPECT_EQ(err, errno);
	EXPECT_EQ(ifindex, zs_getint(fd, SOL_SOCKET, SO_BINDTOIFINDEX));
	EXPECT_EQ(0, mock_creates('a'));
	/* The association went with it; the number may come back, the backend not. */
	EXPECT_EQ(-ENODEV, mock_netdev('a', "modem0"));
	close(ref);
	close(fd);
	ASSERT_EQ(0, ip("link add modem0 up type dummy"));
	EXPECT_STREQ("native", backend_on("modem0", AF_INET, SOCK_STREAM));
}

TEST_F(device, gone_with_its_namespace)
{
	int pid = fork();

	if (!pid) {
		if (zs_new_netns() || ip("link add modem9 up type dummy") ||
		    mock_netdev('a', "modem9"))
			_exit(1);
		_exit(strcmp(backend_on("modem9", AF_INET, SOCK_STREAM), MOCK_A) ? 2 : 0);
	}
	EXPECT_EQ(0, zs_wait(pid));
	EXPECT_STREQ(MOCK_A, backend_on("modem0", AF_INET, SOCK_STREAM));
	EXPECT_EQ(0, mock_unregister('a'));
}

TEST_F(device, name_and_device_disagree)
{
	int fd = zs_socket(AF_INET, SOCK_STREAM, 0);

	ASSERT_EQ(0, mock_register('b', 10));
	ASSERT_EQ(0, mock_choose(fd, MOCK_B));
	ASSERT_EQ(0, bind_device(fd, "modem0"));
	EXPECT_EQ(-ENETDOWN, mock_first_call(fd));
	EXPECT_FALSE(zs_dispatched(fd));
	/* native is not on it either, whatever its features. */
	ASSERT_EQ(0, mock_choose(fd, "native"));
	EXPECT_EQ(-ENETDOWN, mock_first_call(fd));
	ASSERT_EQ(0, mock_choose(fd, MOCK_A));
	EXPECT_EQ(0, mock_first_call(fd));
	EXPECT_STREQ(MOCK_A, mock_backend_of(fd));
	close(fd);

	/* A name of one that is not on plain devices, and a plain device. */
	fd = zs_socket(AF_INET, SOCK_STREAM, 0);
	ASSERT_EQ(0, bind_device(fd, "plain0"));
	ASSERT_EQ(0, mock_choose(fd, MOCK_A));
	EXPECT_EQ(-ENETDOWN, mock_first_call(fd));
	ASSERT_EQ(0, bind_device(fd, ""));
	EXPECT_EQ(0, mock_first_call(fd));
	EXPECT_STREQ(MOCK_A, mock_backend_of(fd));
	close(fd);
	EXPECT_EQ(0, mock_creates('b'));
}

/* The device's backend does not make such sockets: no other one does. */
TEST_F(device, its_backend_refuses)
{
	int fd = zs_socket(AF_INET, SOCK_STREAM, 0);

	ASSERT_EQ(0, mock_set('a', "supported", 1 << SOCK_DGRAM));
	ASSERT_EQ(0, bind_device(fd, "modem0"));
	EXPECT_EQ(-ENETDOWN, mock_first_call(fd));
	EXPECT_STREQ(MOCK_A, backend_on("modem0", AF_INET, SOCK_DGRAM));
	ASSERT_EQ(0, bind_device(fd, "plain0"));
	EXPECT_EQ(0, mock_first_call(fd));
	EXPECT_STREQ("native", mock_backend_of(fd));
	close(fd);
}

TEST_F(device, changes_hands)
{
	ASSERT_EQ(0, mock_register('b', 300));
	ASSERT_EQ(0, mock_netdev('b', "modem0"));
	EXPECT_STREQ(MOCK_B, backend_on("modem0", AF_INET, SOCK_STREAM));
	/* mocka has none any more: taking it away does not touch mockb's. */
	ASSERT_EQ(0, mock_unregister('a'));
	EXPECT_STREQ(MOCK_B, backend_on("modem0", AF_INET, SOCK_STREAM));
	ASSERT_EQ(0, mock_put("plain_netdev", "modem0"));
	EXPECT_STREQ("native", backend_on("modem0", AF_INET, SOCK_STREAM));
}

TEST_F(device, several_of_one_backend)
{
	ASSERT_EQ(0, mock_netdev('a', "plain0"));
	EXPECT_STREQ(MOCK_A, backend_on("plain0", AF_INET, SOCK_STREAM));
	EXPECT_STREQ(MOCK_A, backend_on("modem0", AF_INET, SOCK_STREAM));
	/* The same one again changes nothing. */
	ASSERT_EQ(0, mock_netdev('a', "plain0"));
	ASSERT_EQ(0, mock_put("plain_netdev", "plain0"));
	EXPECT_STREQ("native", backend_on("plain0", AF_INET, SOCK_STREAM));
	EXPECT_STREQ(MOCK_A, backend_on("modem0", AF_INET, SOCK_STREAM));
}

/* A device whose backend went is a plain one, and stays one. */
TEST_F(device, its_backend_goes)
{
	int fd = zs_socket(AF_INET, SOCK_STREAM, 0);

	ASSERT_EQ(0, bind_device(fd, "modem0"));
	ASSERT_EQ(0, mock_unregister('a'));
	ASSERT_EQ(0, mock_first_call(fd));
	EXPECT_STREQ("native", mock_backend_of(fd));
	close(fd);
	ASSERT_EQ(0, mock_register('a', 200));
	EXPECT_STREQ("native", backend_on("modem0", AF_INET, SOCK_STREAM));
	EXPECT_EQ(0, mock_creates('a'));
}

TEST_F(device, set_netdev_errors)
{
	EXPECT_EQ(-ENODEV, mock_netdev('a', "modem1"));
	EXPECT_EQ(-ENOENT, mock_netdev('b', "modem0"));
	/* What failed changed nothing. */
	EXPECT_STREQ(MOCK_A, backend_on("modem0", AF_INET, SOCK_STREAM));
}

/* ---- once dispatched, a socket stays where it is ---- */

TEST_F(device, late_offloaded)
{
	int fd = zs_socket(AF_INET, SOCK_STREAM, 0);

	ASSERT_EQ(0, mock_first_call(fd));
	ASSERT_STREQ("native", mock_backend_of(fd));
	EXPECT_EQ(-EBUSY, bind_device(fd, "modem0"));
	EXPECT_EQ(-EBUSY, bind_index(fd, if_nametoindex("modem0")));
	EXPECT_EQ(0, zs_getint(fd, SOL_SOCKET, SO_BINDTOIFINDEX));
	EXPECT_EQ(0, bind_device(fd, "plain0"));
	EXPECT_EQ(-EBUSY, bind_device(fd, "modem0"));
	EXPECT_EQ(if_nametoindex("plain0"), zs_getint(fd, SOL_SOCKET, SO_BINDTOIFINDEX));
	EXPECT_EQ(0, bind_device(fd, ""));
	close(fd);
}

TEST_F(device, late_plain)
{
	int fd = zs_socket(AF_INET, SOCK_STREAM, 0);

	ASSERT_EQ(0, bind_device(fd, "modem0"));
	ASSERT_EQ(0, mock_first_call(fd));
	ASSERT_STREQ(MOCK_A, mock_backend_of(fd));
	EXPECT_EQ(-EBUSY, bind_device(fd, "plain0"));
	EXPECT_EQ(-EBUSY, bind_index(fd, if_nametoindex("plain0")));
	EXPECT_EQ(-EBUSY, bind_device(fd, "lo"));
	EXPECT_EQ(if_nametoindex("modem0"), zs_getint(fd, SOL_SOCKET, SO_BINDTOIFINDEX));
	/* Off the device and on again: the same backend. */
	EXPECT_EQ(0, bind_index(fd, 0));
	EXPECT_EQ(0, bind_device(fd, "modem0"));
	close(fd);
}

/* ---- more than one namespace ---- */

/* A device of the same name and number elsewhere is another one. */
TEST_F(device, two_namespaces)
{
	int ifindex = if_nametoindex("modem0");
	int here, pid;

	here = zs_socket(AF_INET, SOCK_STREAM, 0);
	ASSERT_EQ(0, bind_device(here, "modem0"));
	pid = fork();
	if (!pid) {
		int fd;

		if (zs_new_netns() || ip("link add modem0 up type dummy"))
			_exit(1);
		if (if_nametoindex("modem0") != ifindex)
			_exit(2);
		if (strcmp(backend_on("modem0", AF_INET, SOCK_STREAM), "native"))
			_exit(3);
		/* A socket belongs to the namespace that it was opened in. */
		if (mock_first_call(here) || strcmp(mock_backend_of(here), MOCK_A))
			_exit(4);
		fd = zs_socket(AF_INET, SOCK_STREAM, 0);
		_exit(bind_index(fd, ifindex) || mock_first_call(fd) ||
		      strcmp(mock_backend_of(fd), "native") ? 5 : 0);
	}
	EXPECT_EQ(0, zs_wait(pid));
	EXPECT_STREQ(MOCK_A, mock_backend_of(here));
	EXPECT_EQ(1, mock_creates('a'));
	close(here);
}

TEST_F(device, moved_to_another_namespace)
{
	int pid, go[2];
	char move[64];

	ASSERT_EQ(0, pipe(go));
	pid = fork();
	if (!pid) {
		if (unshare(CLONE_NEWNET) || write(go[1], "", 1) != 1)
			_exit(1);
		while (!if_nametoindex("modem0"))
			zs_sleep_ms(10);
		/* To the kernel it is a new device, which whoever drives it has to say again. */
		if (strcmp(backend_on("modem0", AF_INET, SOCK_STREAM), "native"))
			_exit(2);
		_exit(mock_netdev('a', "modem0") || ip("link set modem0 up") ||
		      strcmp(backend_on("modem0", AF_INET, SOCK_STREAM), MOCK_A) ? 3 : 0);
	}
	ASSERT_EQ(1, read(go[0], move, 1));
	snprintf(move, sizeof(move), "link set modem0 netns %d", pid);
	EXPECT_EQ(0, ip(move));
	EXPECT_EQ(0, zs_wait(pid));
}

/* ---- without privilege ---- */

TEST_F(device, unprivileged)
{
	int pid = fork();

	if (!pid) {
		int fd, ref, mine, theirs;

		if (zs_drop_root())
			_exit(1);
		if (strcmp(backend_on("modem0", AF_INET, SOCK_STREAM), MOCK_A))
			_exit(2);
		/* Who has bound it may not bind it to another. */
		fd = zs_socket(AF_INET, SOCK_STREAM, 0);
		ref = socket(AF_INET, SOCK_STREAM, 0);
		if (bind_device(fd, "modem0") || bind_device(ref, "modem0"))
			_exit(3);
		mine = bind_device(fd, "plain0");
		theirs = bind_device(ref, "plain0");
		if (mine != -EPERM || mine != theirs)
			_exit(4);
		_exit(mock_first_call(fd) || strcmp(mock_backend_of(fd), MOCK_A) ? 5 : 0);
	}
	EXPECT_EQ(0, zs_wait(pid));
}

TEST_HARNESS_MAIN
