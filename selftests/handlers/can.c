// SPDX-License-Identifier: GPL-2.0
/*
 * CAN sockets on vcan. What is not marked as AF_ZSOCK's own holds of AF_CAN as well, and is run
 * over that, too.
 */
#include <errno.h>
#include <net/if.h>
#include <linux/can.h>
#include <linux/can/bcm.h>
#include <linux/can/isotp.h>
#include <linux/can/raw.h>
#include <sys/ioctl.h>

#include "kselftest_harness.h"
#include "raw.h"

FIXTURE(can) { struct sockaddr_can dev, other; bool absent; };

FIXTURE_SETUP(can)
{
	int fd;

	if (geteuid())
		SKIP(return, "needs root");
	ASSERT_EQ(0, zs_new_netns());
	fd = socket(AF_CAN, SOCK_RAW, CAN_RAW);
	if (fd < 0) {
		self->absent = true;
		return;
	}
	close(fd);
	/* A kernel that has CAN and no vcan is none of those that are tested on. */
	ASSERT_EQ(0, system("ip link add zcan0 type vcan && ip link add zcan1 type vcan && "
			    "ip link set zcan0 mtu 72 && ip link set zcan0 up && "
			    "ip link set zcan1 up"));
	self->dev.can_family = self->other.can_family = AF_CAN;
	self->dev.can_ifindex = if_nametoindex("zcan0");
	self->other.can_ifindex = if_nametoindex("zcan1");
}

FIXTURE_TEARDOWN(can) { }

#define SKIP_WITHOUT_CAN()					\
do {								\
	if (self->absent)					\
		SKIP(return, "this kernel has no CAN");	\
} while (0)

static int can(int type, int protocol)
{
	return zs_socket(AF_CAN, type, protocol);
}

static int can_on(const struct sockaddr_can *dev)
{
	int fd = can(SOCK_RAW, CAN_RAW);

	if (fd >= 0 && bind(fd, (const struct sockaddr *)dev, sizeof(*dev))) {
		close(fd);
		return -1;
	}
	return fd;
}

static int can_say(int fd, canid_t id, const char *data)
{
	struct can_frame f = { .can_id = id, .len = strlen(data) };

	memcpy(f.data, data, f.len);
	return write(fd, &f, sizeof(f)) != sizeof(f);
}

/* The next frame, if it is that one. */
static bool hears(int fd, canid_t id, const char *data)
{
	struct can_frame f;

	if (zs_poll(fd, POLLIN, 10000) != POLLIN || read(fd, &f, sizeof(f)) != sizeof(f))
		return false;
	return f.can_id == id && f.len == strlen(data) && !memcmp(f.data, data, f.len);
}

static bool silent(int fd)
{
	return zs_poll(fd, POLLIN, 0) == 0;
}

TEST_F(can, frames)
{
	int a, b;

	SKIP_WITHOUT_CAN();
	a = can_on(&self->dev);
	b = can_on(&self->dev);
	ASSERT_LE(0, a);
	ASSERT_LE(0, b);
	ASSERT_EQ(0, can_say(a, 0x123, "hello"));
	EXPECT_TRUE(hears(b, 0x123, "hello"));
	/* One's own are not heard, unless that is asked for. */
	EXPECT_TRUE(silent(a));
	ASSERT_EQ(0, zs_setint(a, SOL_CAN_RAW, CAN_RAW_RECV_OWN_MSGS, 1));
	ASSERT_EQ(0, can_say(a, 0x1234567 | CAN_EFF_FLAG, "long"));
	EXPECT_TRUE(hears(a, 0x1234567 | CAN_EFF_FLAG, "long"));
	EXPECT_TRUE(hears(b, 0x1234567 | CAN_EFF_FLAG, "long"));
	/* Without loopback nobody here hears anything. */
	ASSERT_EQ(0, zs_setint(a, SOL_CAN_RAW, CAN_RAW_LOOPBACK, 0));
	ASSERT_EQ(0, can_say(a, 0x1, "quiet"));
	EXPECT_TRUE(silent(b));
	EXPECT_EQ(AF_CAN, zs_getint(a, SOL_SOCKET, SO_DOMAIN));
	EXPECT_EQ(0, zs_getint(a, SOL_SOCKET, SO_PROTOCOL));
}

TEST_F(can, devices_are_apart)
{
	struct sockaddr_can all = { .can_family = AF_CAN }, from;
	socklen_t len = sizeof(from);
	struct can_frame f;
	int a, b, any;

	SKIP_WITHOUT_CAN();
	a = can_on(&self->dev);
	b = can_on(&self->other);
	any = can_on(&all);
	ASSERT_LE(0, any);
	ASSERT_EQ(0, can_say(a, 0x10, "a"));
	EXPECT_TRUE(silent(b));
	ASSERT_EQ(POLLIN, zs_poll(any, POLLIN, 10000));
	EXPECT_EQ(sizeof(f), recvfrom(any, &f, sizeof(f), 0, (struct sockaddr *)&from, &len));
	EXPECT_EQ(self->dev.can_ifindex, from.can_ifindex);
	/* And where to, said with each. */
	f.can_id = 0x11;
	EXPECT_EQ(sizeof(f), sendto(any, &f, sizeof(f), 0, (struct sockaddr *)&self->other,
				    sizeof(self->other)));
	EXPECT_TRUE(hears(b, 0x11, "a"));
	EXPECT_TRUE(silent(a));
}

TEST_F(can, filters)
{
	struct can_filter only = { 0x200, CAN_SFF_MASK }, back = { };
	socklen_t len = sizeof(back);
	int a, b;

	SKIP_WITHOUT_CAN();
	a = can_on(&self->dev);
	b = can_on(&self->dev);
	ASSERT_EQ(0, setsockopt(b, SOL_CAN_RAW, CAN_RAW_FILTER, &only, sizeof(only)));
	ASSERT_EQ(0, getsockopt(b, SOL_CAN_RAW, CAN_RAW_FILTER, &back, &len));
	EXPECT_EQ(sizeof(back), len);
	EXPECT_EQ(0, memcmp(&only, &back, sizeof(back)));
	ASSERT_EQ(0, can_say(a, 0x100, "no"));
	ASSERT_EQ(0, can_say(a, 0x200, "yes"));
	EXPECT_TRUE(hears(b, 0x200, "yes"));
	EXPECT_TRUE(silent(b));
	ASSERT_EQ(0, setsockopt(b, SOL_CAN_RAW, CAN_RAW_FILTER, NULL, 0));
	ASSERT_EQ(0, can_say(a, 0x200, "none"));
	EXPECT_TRUE(silent(b));
}

TEST_F(can, flexible_data_rate)
{
	struct canfd_frame f = { .can_id = 0x55, .len = 64, .flags = CANFD_BRS }, g;
	int a, b, old;

	SKIP_WITHOUT_CAN();
	a = can_on(&self->dev);
	b = can_on(&self->dev);
	old = can_on(&self->dev);
	memset(f.data, 0x5a, 64);
	EXPECT_EQ(-1, write(a, &f, sizeof(f)));
	EXPECT_EQ(EINVAL, errno);
	ASSERT_EQ(0, zs_setint(a, SOL_CAN_RAW, CAN_RAW_FD_FRAMES, 1));
	ASSERT_EQ(0, zs_setint(b, SOL_CAN_RAW, CAN_RAW_FD_FRAMES, 1));
	EXPECT_EQ((ssize_t)CANFD_MTU, write(a, &f, sizeof(f)));
	ASSERT_EQ(POLLIN, zs_poll(b, POLLIN, 10000));
	EXPECT_EQ((ssize_t)CANFD_MTU, read(b, &g, sizeof(g)));
	EXPECT_EQ(64, g.len);
	EXPECT_EQ(0, memcmp(f.data, g.data, 64));
	EXPECT_TRUE(silent(old));
}

TEST_F(can, broadcast_manager)
{
	struct {
		struct bcm_msg_head head;
		struct can_frame frame;
	} msg = {
		.head = { .opcode = TX_SEND, .nframes = 1 },
		.frame = { .can_id = 0x42, .len = 3, .data = "bcm" },
	};
	int a, b;

	SKIP_WITHOUT_CAN();
	a = can(SOCK_DGRAM, CAN_BCM);
	b = can_on(&self->dev);
	ASSERT_LE(0, a);
	ASSERT_EQ(0, connect(a, (struct sockaddr *)&self->dev, sizeof(self->dev)));
	ASSERT_EQ(sizeof(msg), write(a, &msg, sizeof(msg)));
	EXPECT_TRUE(hears(b, 0x42, "bcm"));
	/* Over and over, until the socket is closed. */
	msg.head.opcode = TX_SETUP;
	msg.head.flags = SETTIMER | STARTTIMER;
	msg.head.can_id = 0x42;
	msg.head.ival2.tv_usec = 10000;
	ASSERT_EQ(sizeof(msg), write(a, &msg, sizeof(msg)));
	EXPECT_TRUE(hears(b, 0x42, "bcm"));
	EXPECT_TRUE(hears(b, 0x42, "bcm"));
	close(a);
}

TEST_F(can, isotp)
{
	struct sockaddr_can to = self->dev;
	char long_text[100], in[200];
	int a, b;

	SKIP_WITHOUT_CAN();
	a = can(SOCK_DGRAM, CAN_ISOTP);
	if (a < 0 && errno == EPROTONOSUPPORT)
		SKIP(return, "this kernel has no ISO-TP");
	ASSERT_LE(0, a);
	b = can(SOCK_DGRAM, CAN_ISOTP);
	to.can_addr.tp.tx_id = 0x321;
	to.can_addr.tp.rx_id = 0x123;
	ASSERT_EQ(0, bind(a, (struct sockaddr *)&to, sizeof(to)));
	to.can_addr.tp.tx_id = 0x123;
	to.can_addr.tp.rx_id = 0x321;
	ASSERT_EQ(0, bind(b, (struct sockaddr *)&to, sizeof(to)));
	memset(long_text, 'x', sizeof(long_text));
	ASSERT_EQ(sizeof(long_text), write(a, long_text, sizeof(long_text)));
	ASSERT_EQ(POLLIN, zs_poll(b, POLLIN, 10000) & POLLIN);
	EXPECT_EQ(sizeof(long_text), read(b, in, sizeof(in)));
	EXPECT_EQ(0, memcmp(in, long_text, sizeof(long_text)));
}

TEST_F(can, names_and_peers)
{
	struct sockaddr_can name = { };
	socklen_t len = sizeof(name);
	int fd;

	SKIP_WITHOUT_CAN();
	fd = can_on(&self->dev);
	ASSERT_EQ(0, getsockname(fd, (struct sockaddr *)&name, &len));
	EXPECT_EQ(AF_CAN, name.can_family);
	EXPECT_EQ(self->dev.can_ifindex, name.can_ifindex);
	EXPECT_EQ(-1, getpeername(fd, (struct sockaddr *)&name, &len));
	EXPECT_EQ(EOPNOTSUPP, errno);
	EXPECT_EQ(-1, listen(fd, 1));
	EXPECT_EQ(EOPNOTSUPP, errno);
	EXPECT_EQ(-1, connect(fd, (struct sockaddr *)&self->dev, sizeof(self->dev)));
	EXPECT_EQ(EOPNOTSUPP, errno);
	name.can_ifindex = 99999;
	EXPECT_EQ(-1, bind(fd, (struct sockaddr *)&name, sizeof(name)));
	EXPECT_EQ(ENODEV, errno);
	EXPECT_EQ(-1, bind(fd, (struct sockaddr *)&name, 4));
	EXPECT_EQ(EINVAL, errno);
}

TEST_F(can, device_goes)
{
	int fd;

	SKIP_WITHOUT_CAN();
	fd = can_on(&self->dev);
	ASSERT_EQ(0, system("ip link del zcan0"));
	EXPECT_EQ(POLLERR, zs_poll(fd, POLLIN, 10000) & POLLERR);
	EXPECT_EQ(ENODEV, zs_getint(fd, SOL_SOCKET, SO_ERROR));
}

static int open_can(void *arg __attribute__((unused)))
{
	int fd = can(SOCK_RAW, CAN_RAW);

	return fd < 0 ? errno : 0;
}

/* No privilege is needed. Without CAN in the kernel it is AF_CAN's errno, whoever asks. */
TEST_F(can, anybody)
{
	EXPECT_EQ(self->absent ? EAFNOSUPPORT : 0, raw_as(RAW_NOBODY, open_can, NULL));
	EXPECT_EQ(self->absent ? EAFNOSUPPORT : 0, open_can(NULL));
}

/* Each type and number, against what AF_CAN says. */
TEST_F(can, what_there_is)
{
	static const int types[] = { SOCK_RAW, SOCK_DGRAM };
	unsigned int i;
	int p, fd, model, want;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		for (p = 0; p < CAN_NPROTO; p++) {
			model = socket(AF_CAN, types[i], p);
			want = model < 0 ? errno : 0;
			fd = can(types[i], p);
			EXPECT_EQ(want, fd < 0 ? errno : 0) {
				TH_LOG("type %d, protocol %d", types[i], p);
			}
			close(model);
			close(fd);
		}
	}
}

/* AF_ZSOCK's own */
TEST_F(can, listed)
{
	struct zsock_info info;
	char want[100];
	int fd;

	SKIP_WITHOUT_CAN();
	ZS_SKIP_UNLESS_ZSOCK();
	fd = can_on(&self->dev);
	ASSERT_EQ(0, zs_get_info(fd, &info));
	EXPECT_EQ(AF_CAN, info.domain);
	EXPECT_EQ(AF_CAN, info.inner_family);
	EXPECT_EQ(CAN_RAW, info.protocol);
	EXPECT_EQ(0, info.inner_protocol);
	EXPECT_STREQ("can", info.handler);
	snprintf(want, sizeof(want), "raw 1 can CLOSE native zcan0 - %lu", zs_inode(fd));
	EXPECT_LE(0, zs_file_has("/proc/self/net/zsock", want));
	/* One that has no name is listed without. */
	fd = can(SOCK_DGRAM, CAN_BCM);
	snprintf(want, sizeof(want), "dgram 2 can CLOSE native - %lu", zs_inode(fd));
	EXPECT_LE(0, zs_file_has("/proc/self/net/zsock", want));
}

TEST_HARNESS_MAIN
