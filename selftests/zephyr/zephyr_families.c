// SPDX-License-Identifier: GPL-2.0
/* Packets, CAN frames and raw IP by Zephyr's names. */
#include <zephyr/net/ethernet.h>
#include <zephyr/net/socket.h>
#include <zephyr/net/socketcan.h>
#include <zsock/zsock.h>

#include <netinet/ip_icmp.h>
#include <sys/wait.h>

#include "kselftest_harness.h"
#include "zs.h"

static int getint(int fd, int level, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);

	return zsock_getsockopt(fd, level, name, &value, &len) ? -1 : value;
}

/* A datagram to oneself on lo, which a packet socket sees. */
static bool sees(int packet, const char *text)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons(9),
	};
	struct zsock_timeval tv = { 5, 0 };
	int udp = zsock_socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
	char buf[2048];
	ssize_t n;

	zsock_setsockopt(packet, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	zsock_sendto(udp, text, strlen(text), 0, (struct sockaddr *)&addr, sizeof(addr));
	zsock_close(udp);
	for (;;) {
		n = zsock_recv(packet, buf, sizeof(buf), 0);
		if (n < 0)
			return false;
		if (n > (ssize_t)strlen(text) &&
		    !memcmp(buf + n - strlen(text), text, strlen(text)))
			return true;
	}
}

TEST(packets)
{
	static const struct { int type, proto; } kinds[] = {
		{ SOCK_RAW, IPPROTO_ETH_P_ALL },
		{ SOCK_RAW, IPPROTO_RAW },
		{ SOCK_RAW, -1 },		/* htons(ETH_P_ALL) */
		{ SOCK_DGRAM, IPPROTO_ETH_P_ALL },
		{ SOCK_DGRAM, -2 },		/* htons(NET_ETH_PTYPE_IP) */
	};
	struct sockaddr_ll ll = { .sll_family = AF_PACKET };
	struct zsock_info info;

	ASSERT_EQ(0, zs_new_netns());
	ll.sll_ifindex = if_nametoindex("lo");
	for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++) {
		int proto = kinds[i].proto == -1 ? htons(ETH_P_ALL) :
			    kinds[i].proto == -2 ? htons(NET_ETH_PTYPE_IP) : kinds[i].proto;
		int fd = zsock_socket(AF_PACKET, kinds[i].type, proto);

		ASSERT_LE(0, fd) {
			TH_LOG("kind %u: %m", i);
		}
		EXPECT_EQ(0, zsk_info(fd, &info));
		EXPECT_EQ(AF_PACKET, getint(fd, SOL_SOCKET, SO_DOMAIN));
		EXPECT_EQ(0, zsock_bind(fd, (struct sockaddr *)&ll, sizeof(ll))) {
			TH_LOG("kind %u: %m", i);
		}
		EXPECT_TRUE(sees(fd, "packet")) {
			TH_LOG("kind %u", i);
		}
		zsock_close(fd);
	}
}

TEST(packets_without_privilege)
{
	int pid = fork();

	if (!pid) {
		if (zs_drop_root())
			_exit(1);
		if (zsock_socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)) != -1 || errno != EPERM)
			_exit(2);
		if (zsock_socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) != -1 || errno != EPERM)
			_exit(3);
		_exit(0);
	}
	EXPECT_EQ(0, zs_wait(pid));
}

TEST(raw_ip)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct icmphdr echo = { .type = ICMP_ECHO, .un.echo.id = htons(77) }, *got;
	struct zsock_timeval tv = { 5, 0 };
	int fd = zsock_socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
	char buf[256];
	ssize_t n;

	ASSERT_LE(0, fd);
	EXPECT_EQ(IPPROTO_ICMP, getint(fd, SOL_SOCKET, SO_PROTOCOL));
	zsock_setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	echo.checksum = (uint16_t)~(htons(ICMP_ECHO << 8) + htons(77));
	ASSERT_EQ(sizeof(echo), zsock_sendto(fd, &echo, sizeof(echo), 0,
					     (struct sockaddr *)&addr, sizeof(addr)));
	do {
		n = zsock_recv(fd, buf, sizeof(buf), 0);
		ASSERT_LT(20, n);
		got = (struct icmphdr *)(buf + 20);
	} while (got->type != ICMP_ECHOREPLY);
	EXPECT_EQ(htons(77), got->un.echo.id);
	zsock_close(fd);
}

/* In a namespace of one's own, with a CAN device that sends back. */
TEST(can_frames)
{
	struct sockaddr_can addr = { .can_family = AF_CAN };
	struct socketcan_filter filter = { .can_id = 0x123, .can_mask = CAN_SFF_MASK };
	struct socketcan_frame out = { .can_id = 0x123, .len = 3, .data = { 1, 2, 3 } }, in;
	struct zsock_timeval tv = { 5, 0 };
	int a, b;

	a = zsock_socket(AF_CAN, SOCK_RAW, CAN_RAW);
	if (a < 0 && errno == EAFNOSUPPORT)
		SKIP(return, "this kernel has no CAN");
	zsock_close(a);
	ASSERT_EQ(0, zs_new_netns());
	if (system("ip link add vcan0 type vcan && ip link set vcan0 up"))
		SKIP(return, "this kernel has no vcan");
	a = zsock_socket(AF_CAN, SOCK_RAW, CAN_RAW);
	b = zsock_socket(NET_AF_CAN, NET_SOCK_RAW, NET_CAN_RAW);
	ASSERT_LE(0, a);
	ASSERT_LE(0, b);
	addr.can_ifindex = if_nametoindex("vcan0");
	ASSERT_EQ(0, zsock_bind(a, (struct sockaddr *)&addr, sizeof(addr)));
	ASSERT_EQ(0, zsock_bind(b, (struct sockaddr *)&addr, sizeof(addr)));
	EXPECT_EQ(0, zsock_setsockopt(b, SOL_CAN_RAW, CAN_RAW_FILTER, &filter, sizeof(filter)));
	zsock_setsockopt(b, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	out.can_id = 0x124;
	EXPECT_EQ(sizeof(out), zsock_send(a, &out, sizeof(out), 0));
	out.can_id = 0x123;
	EXPECT_EQ(sizeof(out), zsock_send(a, &out, sizeof(out), 0));
	EXPECT_EQ(sizeof(in), zsock_recv(b, &in, sizeof(in), 0));
	EXPECT_EQ(0x123, in.can_id);
	EXPECT_EQ(3, in.len);
	EXPECT_EQ(0, memcmp(in.data, out.data, 3));
	EXPECT_EQ(-1, zsock_recv(b, &in, sizeof(in), MSG_DONTWAIT));
	EXPECT_EQ(EAGAIN, errno);
	zsock_close(a);
	zsock_close(b);
}

TEST_HARNESS_MAIN
