// SPDX-License-Identifier: GPL-2.0
/*
 * Packet sockets. What is not marked as AF_ZSOCK's own holds of AF_PACKET as well, and is run over
 * that, too.
 */
#include <errno.h>
#include <fcntl.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "kselftest_harness.h"
#include "raw.h"

/* EtherTypes for experiments. */
#define ODD	0x88b5
#define OTHER	0x88b6

struct packet_dev { int index; unsigned char mac[ETH_ALEN]; };

/* A veth pair: what goes into one comes out of the other. */
FIXTURE(packet) { struct packet_dev a, b; };

static int find_device(const char *name, struct packet_dev *dev)
{
	struct ifreq ifr = { };
	int fd = socket(AF_INET, SOCK_DGRAM, 0), ret;

	dev->index = if_nametoindex(name);
	strcpy(ifr.ifr_name, name);
	ret = ioctl(fd, SIOCGIFHWADDR, &ifr);
	memcpy(dev->mac, ifr.ifr_hwaddr.sa_data, ETH_ALEN);
	close(fd);
	return ret || !dev->index;
}

/* What the kernel says of the device's queue, such as "noqueue"; "" if it does not. */
static void qdisc_of(int index, char *name, size_t size)
{
	struct {
		struct nlmsghdr nlh;
		struct ifinfomsg info;
		char answer[8192];
	} msg = {
		.nlh = { .nlmsg_len = NLMSG_LENGTH(sizeof(msg.info)), .nlmsg_type = RTM_GETLINK,
			 .nlmsg_flags = NLM_F_REQUEST },
		.info = { .ifi_index = index },
	};
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE), len = 0;
	struct rtattr *attr = IFLA_RTA(&msg.info);

	*name = 0;
	if (send(fd, &msg, msg.nlh.nlmsg_len, 0) > 0 && recv(fd, &msg, sizeof(msg), 0) > 0 &&
	    msg.nlh.nlmsg_type == RTM_NEWLINK)
		len = IFLA_PAYLOAD(&msg.nlh);
	for (; RTA_OK(attr, len); attr = RTA_NEXT(attr, len))
		if (attr->rta_type == IFLA_QDISC)
			snprintf(name, size, "%s", (char *)RTA_DATA(attr));
	close(fd);
}

/*
 * The kernel learns of a carrier in a work of its own, and until then drops what is sent: the
 * device has the qdisc noop.
 */
static bool carries(const struct packet_dev *dev)
{
	char name[IFNAMSIZ] = "";
	int i;

	for (i = 0; i < 500 && strcmp(name, "noqueue"); i++) {
		if (i)
			usleep(20000);
		qdisc_of(dev->index, name, sizeof(name));
	}
	return !strcmp(name, "noqueue");
}

FIXTURE_SETUP(packet)
{
	if (geteuid())
		SKIP(return, "needs root");
	ASSERT_EQ(0, zs_new_netns());
	/* No router solicitations and the like: nothing is sent that a test did not send. */
	ASSERT_EQ(0, zs_write_file("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1"));
	ASSERT_EQ(0, system("printf 'link add za type veth peer name zb\nlink set za up\n"
			    "link set zb up\n' | ip -batch -"));
	ASSERT_EQ(0, find_device("za", &self->a));
	ASSERT_EQ(0, find_device("zb", &self->b));
	ASSERT_TRUE(carries(&self->a));
	ASSERT_TRUE(carries(&self->b));
}

FIXTURE_TEARDOWN(packet) { }

static int packet(int type, int ethertype)
{
	return zs_socket(AF_PACKET, type, htons(ethertype));
}

static void packet_addr(struct sockaddr_ll *sll, const struct packet_dev *dev, int ethertype)
{
	memset(sll, 0, sizeof(*sll));
	sll->sll_family = AF_PACKET;
	sll->sll_ifindex = dev->index;
	sll->sll_protocol = htons(ethertype);
}

static int packet_on(const struct packet_dev *dev, int type, int ethertype)
{
	struct sockaddr_ll sll;
	int fd = packet(type, 0);

	packet_addr(&sll, dev, ethertype);
	if (fd >= 0 && bind(fd, (struct sockaddr *)&sll, sizeof(sll))) {
		close(fd);
		return -1;
	}
	return fd;
}

/* A frame from a to b. */
static size_t frame(FIXTURE_DATA(packet) *self, char *buf, const char *text)
{
	struct ether_header eth = { .ether_type = htons(ODD) };

	memcpy(eth.ether_dhost, self->b.mac, ETH_ALEN);
	memcpy(eth.ether_shost, self->a.mac, ETH_ALEN);
	memcpy(buf, &eth, sizeof(eth));
	strcpy(buf + sizeof(eth), text);
	return sizeof(eth) + strlen(text) + 1;
}

static int send_frame(FIXTURE_DATA(packet) *self, int fd, const char *text)
{
	struct sockaddr_ll sll;
	char buf[200];
	size_t len = frame(self, buf, text);

	packet_addr(&sll, &self->a, ODD);
	return sendto(fd, buf, len, 0, (struct sockaddr *)&sll, sizeof(sll)) != (ssize_t)len;
}

/* The next one's text, behind head bytes. */
static bool takes(int fd, size_t head, const char *text)
{
	char buf[200] = "";

	if (zs_poll(fd, POLLIN, 10000) != POLLIN)
		return false;
	if (recv(fd, buf, sizeof(buf) - 1, 0) != (ssize_t)(head + strlen(text) + 1))
		return false;
	return !strcmp(buf + head, text);
}

/* The next one of ours, of a socket that takes all there are. */
static bool takes_ours(int fd, const char *text)
{
	struct ether_header eth;

	while (zs_poll(fd, POLLIN, 10000) == POLLIN &&
	       recv(fd, &eth, sizeof(eth), MSG_PEEK) == sizeof(eth)) {
		if (eth.ether_type == htons(ODD))
			return takes(fd, ETH_HLEN, text);
		recv(fd, &eth, sizeof(eth), 0);
	}
	return false;
}

TEST_F(packet, raw_frames)
{
	int in = packet_on(&self->b, SOCK_RAW, ODD);
	int out = packet(SOCK_RAW, 0);
	struct sockaddr_ll from;
	socklen_t len = sizeof(from);
	char buf[200];

	ASSERT_LE(0, in);
	ASSERT_LE(0, out);
	ASSERT_EQ(0, send_frame(self, out, "one"));
	EXPECT_TRUE(takes(in, ETH_HLEN, "one"));
	ASSERT_EQ(0, send_frame(self, out, "two"));
	ASSERT_EQ(POLLIN, zs_poll(in, POLLIN, 10000));
	EXPECT_LT(0, recvfrom(in, buf, sizeof(buf), 0, (struct sockaddr *)&from, &len));
	EXPECT_EQ(sizeof(from), len);
	EXPECT_EQ(AF_PACKET, from.sll_family);
	EXPECT_EQ(self->b.index, from.sll_ifindex);
	EXPECT_EQ(htons(ODD), from.sll_protocol);
	EXPECT_EQ(PACKET_HOST, from.sll_pkttype);
	EXPECT_EQ(0, memcmp(from.sll_addr, self->a.mac, ETH_ALEN));
	EXPECT_EQ(AF_PACKET, zs_getint(in, SOL_SOCKET, SO_DOMAIN));
	EXPECT_EQ(SOCK_RAW, zs_getint(in, SOL_SOCKET, SO_TYPE));
}

/* Cooked: the header is the kernel's business. */
TEST_F(packet, datagrams)
{
	int in = packet_on(&self->b, SOCK_DGRAM, ODD);
	int out = packet(SOCK_DGRAM, ODD);
	struct sockaddr_ll to;
	struct iovec iov[2] = { { "co", 2 }, { "oked", 5 } };
	struct msghdr msg = {
		.msg_name = &to, .msg_namelen = sizeof(to), .msg_iov = iov, .msg_iovlen = 2,
	};

	packet_addr(&to, &self->a, ODD);
	to.sll_halen = ETH_ALEN;
	memcpy(to.sll_addr, self->b.mac, ETH_ALEN);
	ASSERT_EQ(7, sendmsg(out, &msg, 0));
	EXPECT_TRUE(takes(in, 0, "cooked"));
}

/* What comes between socket() and the first call is for the socket, as with AF_PACKET. */
TEST_F(packet, captures_from_the_first_moment)
{
	int all = packet(SOCK_RAW, ETH_P_ALL);
	int none = packet(SOCK_RAW, 0);
	int other = packet(SOCK_RAW, OTHER);
	int out = packet(SOCK_RAW, 0);

	ASSERT_LE(0, all);
	ASSERT_EQ(0, send_frame(self, out, "early"));
	EXPECT_EQ(POLLIN, zs_poll(all, POLLIN, 10000));
	/* Outgoing on one device, coming in on the other. */
	EXPECT_TRUE(takes_ours(all, "early"));
	EXPECT_TRUE(takes_ours(all, "early"));
	EXPECT_EQ(0, zs_poll(none, POLLIN, 0));
	EXPECT_EQ(0, zs_poll(other, POLLIN, 0));
}

/* As tcpdump on lo: a datagram of UDP, with the headers. */
TEST_F(packet, captures_on_lo)
{
	struct packet_dev lo = { .index = 1 };
	int in = packet_on(&lo, SOCK_DGRAM, ETH_P_IP), udp[2];
	char buf[200];
	ssize_t n;

	ASSERT_LE(0, in);
	ASSERT_EQ(0, zs_udp_pair(AF_INET, AF_INET, udp));
	ASSERT_EQ(6, send(udp[0], "seen?", 6, 0));
	ASSERT_EQ(POLLIN, zs_poll(in, POLLIN, 10000));
	n = recv(in, buf, sizeof(buf), 0);
	ASSERT_EQ((ssize_t)(sizeof(struct iphdr) + sizeof(struct udphdr) + 6), n);
	EXPECT_STREQ("seen?", buf + n - 6);
	EXPECT_EQ(0x45, buf[0]);
}

TEST_F(packet, bpf_filter)
{
	int in = packet_on(&self->b, SOCK_RAW, ODD), out = packet(SOCK_RAW, 0);

	ASSERT_EQ(0, raw_take_length(in, ETH_HLEN + 5));
	ASSERT_EQ(0, send_frame(self, out, "not this"));
	ASSERT_EQ(0, send_frame(self, out, "this"));
	EXPECT_TRUE(takes(in, ETH_HLEN, "this"));
	EXPECT_EQ(0, zs_poll(in, POLLIN, 0));
	EXPECT_EQ(0, zs_setint(in, SOL_SOCKET, SO_LOCK_FILTER, 1));
	EXPECT_EQ(-1, zs_setint(in, SOL_SOCKET, SO_DETACH_FILTER, 0));
	EXPECT_EQ(EPERM, errno);
}

static bool shown(const char *command, const char *what)
{
	char line[200];

	snprintf(line, sizeof(line), "%s | grep -q '%s'", command, what);
	return !system(line);
}

#define PROMISCUOUS	shown("ip -d link show zb", "promiscuity 1")

TEST_F(packet, promiscuous)
{
	int in = packet_on(&self->b, SOCK_RAW, ODD), out = packet(SOCK_RAW, 0);
	struct packet_mreq mreq = {
		.mr_ifindex = self->b.index, .mr_type = PACKET_MR_PROMISC,
	};
	struct packet_mreq multi = {
		.mr_ifindex = self->b.index, .mr_type = PACKET_MR_MULTICAST, .mr_alen = ETH_ALEN,
		.mr_address = { 1, 0, 0x5e, 1, 2, 3 },
	};

	ASSERT_LE(0, in);
	EXPECT_FALSE(PROMISCUOUS);
	ASSERT_EQ(0, setsockopt(in, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &mreq, sizeof(mreq)));
	EXPECT_TRUE(PROMISCUOUS);
	ASSERT_EQ(0, setsockopt(in, SOL_PACKET, PACKET_DROP_MEMBERSHIP, &mreq, sizeof(mreq)));
	EXPECT_FALSE(PROMISCUOUS);
	EXPECT_EQ(0, setsockopt(in, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &multi, sizeof(multi)));
	EXPECT_TRUE(shown("ip maddr show dev zb", "01:00:5e:01:02:03"));
	/* And goes with the socket. */
	ASSERT_EQ(0, setsockopt(in, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &mreq, sizeof(mreq)));
	close(in);
	EXPECT_FALSE(PROMISCUOUS);
	close(out);
}

TEST_F(packet, statistics)
{
	int in = packet_on(&self->b, SOCK_RAW, ODD), out = packet(SOCK_RAW, 0);
	struct tpacket_stats st;
	socklen_t len = sizeof(st);
	int i;

	ASSERT_LE(0, in);
	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, send_frame(self, out, "counted"));
	ASSERT_EQ(0, getsockopt(in, SOL_PACKET, PACKET_STATISTICS, &st, &len));
	EXPECT_EQ(3, st.tp_packets);
	EXPECT_EQ(0, st.tp_drops);
	ASSERT_EQ(0, getsockopt(in, SOL_PACKET, PACKET_STATISTICS, &st, &len));
	EXPECT_EQ(0, st.tp_packets);
}

TEST_F(packet, auxdata)
{
	int in = packet_on(&self->b, SOCK_RAW, ODD), out = packet(SOCK_RAW, 0);
	char ctl[200], buf[200];
	struct iovec iov = { buf, sizeof(buf) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = ctl, .msg_controllen = sizeof(ctl),
	};
	struct tpacket_auxdata aux;
	struct cmsghdr *c;

	ASSERT_EQ(0, zs_setint(in, SOL_PACKET, PACKET_AUXDATA, 1));
	ASSERT_EQ(0, send_frame(self, out, "aux"));
	ASSERT_EQ(POLLIN, zs_poll(in, POLLIN, 10000));
	ASSERT_EQ(ETH_HLEN + 4, recvmsg(in, &msg, 0));
	c = CMSG_FIRSTHDR(&msg);
	ASSERT_NE(NULL, c);
	EXPECT_EQ(SOL_PACKET, c->cmsg_level);
	EXPECT_EQ(PACKET_AUXDATA, c->cmsg_type);
	memcpy(&aux, CMSG_DATA(c), sizeof(aux));
	EXPECT_EQ(ETH_HLEN + 4, aux.tp_len);
}

/* ---- rings ---- */

#define RING_BLOCK	4096
#define RING_BLOCKS	8
#define RING_FRAME	2048

static char *ring(int fd, int version, int option)
{
	struct tpacket_req3 req = {
		.tp_block_size = RING_BLOCK, .tp_block_nr = RING_BLOCKS,
		.tp_frame_size = RING_FRAME,
		.tp_frame_nr = RING_BLOCK / RING_FRAME * RING_BLOCKS,
		.tp_retire_blk_tov = 10,
	};
	socklen_t len = version == TPACKET_V3 ? sizeof(req) : sizeof(struct tpacket_req);
	void *p;

	if (zs_setint(fd, SOL_PACKET, PACKET_VERSION, version) ||
	    setsockopt(fd, SOL_PACKET, option, &req, len))
		return NULL;
	p = mmap(NULL, RING_BLOCK * RING_BLOCKS, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	return p == MAP_FAILED ? NULL : p;
}

/* Before there is a ring there is nothing to map. */
TEST_F(packet, mmap_without_ring)
{
	int fd = packet(SOCK_RAW, ODD);

	EXPECT_EQ(MAP_FAILED, mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0));
	EXPECT_EQ(EINVAL, errno);
}

TEST_F(packet, rx_ring_v1)
{
	int in = packet_on(&self->b, SOCK_RAW, ODD), out = packet(SOCK_RAW, 0);
	struct tpacket_hdr *hdr;
	char *map = ring(in, TPACKET_V1, PACKET_RX_RING);

	ASSERT_NE(NULL, map);
	hdr = (void *)map;
	EXPECT_EQ(TP_STATUS_KERNEL, hdr->tp_status);
	ASSERT_EQ(0, send_frame(self, out, "by ring"));
	ASSERT_EQ(POLLIN, zs_poll(in, POLLIN, 10000) & POLLIN);
	EXPECT_TRUE(hdr->tp_status & TP_STATUS_USER);
	EXPECT_EQ(ETH_HLEN + 8, hdr->tp_len);
	EXPECT_STREQ("by ring", map + hdr->tp_mac + ETH_HLEN);
	hdr->tp_status = TP_STATUS_KERNEL;
	EXPECT_EQ(0, zs_poll(in, POLLIN, 0));
	/* It is there as long as it is mapped, also when the descriptor is not. */
	close(in);
	EXPECT_STREQ("by ring", map + hdr->tp_mac + ETH_HLEN);
	EXPECT_EQ(0, munmap(map, RING_BLOCK * RING_BLOCKS));
}

TEST_F(packet, rx_ring_v3)
{
	int in = packet_on(&self->b, SOCK_RAW, ODD), out = packet(SOCK_RAW, 0);
	char *map = ring(in, TPACKET_V3, PACKET_RX_RING);
	struct tpacket_block_desc *block;
	struct tpacket3_hdr *hdr;

	ASSERT_NE(NULL, map);
	block = (void *)map;
	ASSERT_EQ(0, send_frame(self, out, "first"));
	ASSERT_EQ(0, send_frame(self, out, "second"));
	ASSERT_EQ(POLLIN, zs_poll(in, POLLIN, 10000) & POLLIN);
	ASSERT_TRUE(block->hdr.bh1.block_status & TP_STATUS_USER);
	EXPECT_LE(1, block->hdr.bh1.num_pkts);
	hdr = (void *)(map + block->hdr.bh1.offset_to_first_pkt);
	EXPECT_STREQ("first", (char *)hdr + hdr->tp_mac + ETH_HLEN);
	EXPECT_EQ(0, munmap(map, RING_BLOCK * RING_BLOCKS));
}

TEST_F(packet, tx_ring)
{
	int in = packet_on(&self->b, SOCK_RAW, ODD), out = packet_on(&self->a, SOCK_RAW, 0);
	size_t head = TPACKET2_HDRLEN - sizeof(struct sockaddr_ll);
	char *map = ring(out, TPACKET_V2, PACKET_TX_RING);
	struct tpacket2_hdr *hdr;

	ASSERT_NE(NULL, map);
	hdr = (void *)map;
	hdr->tp_len = frame(self, map + head, "out of a ring");
	hdr->tp_status = TP_STATUS_SEND_REQUEST;
	EXPECT_EQ((ssize_t)hdr->tp_len, send(out, NULL, 0, 0));
	EXPECT_TRUE(takes(in, ETH_HLEN, "out of a ring"));
	EXPECT_EQ(TP_STATUS_AVAILABLE, hdr->tp_status);
	EXPECT_EQ(0, munmap(map, RING_BLOCK * RING_BLOCKS));
}

/* Two of a group: each frame comes to one of them, and all of them to both together. */
TEST_F(packet, fanout)
{
	int in[2], out = packet(SOCK_RAW, 0), i, got[2] = { };
	char buf[200];

	for (i = 0; i < 2; i++) {
		in[i] = packet_on(&self->b, SOCK_RAW, ODD);
		ASSERT_EQ(0, zs_setint(in[i], SOL_PACKET, PACKET_FANOUT, 7 | PACKET_FANOUT_LB << 16));
	}
	EXPECT_EQ(7 | PACKET_FANOUT_LB << 16, zs_getint(in[0], SOL_PACKET, PACKET_FANOUT));
	for (i = 0; i < 10; i++)
		ASSERT_EQ(0, send_frame(self, out, "shared"));
	for (i = 0; i < 2; i++)
		while (recv(in[i], buf, sizeof(buf), MSG_DONTWAIT) > 0)
			got[i]++;
	EXPECT_EQ(10, got[0] + got[1]);
	EXPECT_EQ(5, got[0]);
	/* One that is in no such group does not get in. */
	EXPECT_EQ(-1, zs_setint(in[0], SOL_PACKET, PACKET_FANOUT, 8));
}

TEST_F(packet, ways_of_bind)
{
	int fd = packet(SOCK_RAW, ODD);
	struct sockaddr_ll sll;
	socklen_t len = sizeof(sll);
	struct sockaddr_in in = { .sin_family = AF_INET };

	ASSERT_LE(0, fd);
	packet_addr(&sll, &self->a, ODD);
	EXPECT_EQ(-1, bind(fd, (struct sockaddr *)&in, sizeof(in)));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, bind(fd, (struct sockaddr *)&sll, 10));
	EXPECT_EQ(EINVAL, errno);
	sll.sll_ifindex = 12345;
	EXPECT_EQ(-1, bind(fd, (struct sockaddr *)&sll, sizeof(sll)));
	EXPECT_EQ(ENODEV, errno);
	sll.sll_ifindex = self->a.index;
	EXPECT_EQ(0, bind(fd, (struct sockaddr *)&sll, sizeof(sll)));
	memset(&sll, 0, sizeof(sll));
	EXPECT_EQ(0, getsockname(fd, (struct sockaddr *)&sll, &len));
	EXPECT_EQ(self->a.index, sll.sll_ifindex);
	EXPECT_EQ(0, memcmp(sll.sll_addr, self->a.mac, ETH_ALEN));
	EXPECT_EQ(-1, getpeername(fd, (struct sockaddr *)&sll, &len));
	EXPECT_EQ(EOPNOTSUPP, errno);
	EXPECT_EQ(-1, connect(fd, (struct sockaddr *)&sll, sizeof(sll)));
	EXPECT_EQ(EOPNOTSUPP, errno);
}

/* The device goes: the socket is told, once, and stays. */
TEST_F(packet, device_goes)
{
	int in = packet_on(&self->b, SOCK_RAW, ODD);
	char buf[10];

	ASSERT_EQ(0, system("ip link del za"));
	EXPECT_EQ(POLLERR, zs_poll(in, POLLIN, 10000) & POLLERR);
	EXPECT_EQ(-1, recv(in, buf, sizeof(buf), MSG_DONTWAIT));
	EXPECT_EQ(ENETDOWN, errno);
	EXPECT_EQ(-1, recv(in, buf, sizeof(buf), MSG_DONTWAIT));
	EXPECT_EQ(EAGAIN, errno);
}

static int open_packet(void *arg)
{
	const int *type = arg;
	int fd = packet(*type, ETH_P_ALL);

	return fd < 0 ? errno : 0;
}

TEST_F(packet, privilege)
{
	int type = SOCK_RAW, ret;

	EXPECT_EQ(EPERM, raw_as(RAW_NOBODY, open_packet, &type));
	type = SOCK_DGRAM;
	EXPECT_EQ(EPERM, raw_as(RAW_NOBODY, open_packet, &type));
	ret = raw_as(RAW_OWN_USER_NS, open_packet, &type);
	if (ret == 250)
		SKIP(return, "no user namespaces for the unprivileged here");
	EXPECT_EQ(EPERM, ret);
	EXPECT_EQ(0, raw_as(RAW_OWN_NET_NS, open_packet, &type));
}

static int capture(void *arg)
{
	char buf[200];
	int *fd = arg;

	return zs_poll(fd[0], POLLIN, 10000) == POLLIN &&
	       recv(fd[0], buf, sizeof(buf), 0) == ETH_HLEN + 5 ? 0 : 1;
}

/* dumpcap's way: who has the privilege opens, who has none reads. */
TEST_F(packet, opened_before_root_was_given_up)
{
	int fd[2] = { packet(SOCK_RAW, ODD), packet(SOCK_RAW, 0) };

	ASSERT_EQ(0, send_frame(self, fd[1], "open"));
	EXPECT_EQ(0, raw_as(RAW_NOBODY, capture, fd));
}

/* ---- AF_ZSOCK's own ---- */

TEST_F(packet, the_domain_has_to_be_named)
{
	int d, fd;

	ZS_SKIP_UNLESS_ZSOCK();
	ASSERT_EQ(0, zs_no_modprobe());
	for (d = 0; d < AF_MAX; d++) {
		if (d == AF_PACKET)
			continue;
		fd = zs_socket(d, SOCK_RAW, htons(ETH_P_ALL));
		EXPECT_EQ(-1, fd);
		EXPECT_EQ(d == AF_INET || d == AF_INET6 || d == AF_CAN || !d ? EPROTONOSUPPORT :
			  EAFNOSUPPORT, errno) {
			TH_LOG("domain %d: %s", d, strerror(errno));
		}
	}
	EXPECT_EQ(0, zs_modprobe_again());
	EXPECT_EQ(-1, zs_socket(AF_PACKET, SOCK_STREAM, 0));
	EXPECT_EQ(EAFNOSUPPORT, errno);
	EXPECT_EQ(-1, zs_socket(AF_PACKET, SOCK_PACKET, htons(ETH_P_ALL)));
	EXPECT_EQ(ESOCKTNOSUPPORT, errno);
}

TEST_F(packet, listed)
{
	struct zsock_info info;
	char want[100];
	int fd;

	ZS_SKIP_UNLESS_ZSOCK();
	fd = packet_on(&self->a, SOCK_DGRAM, ODD);
	ASSERT_LE(0, fd);
	snprintf(want, sizeof(want), "dgram packet native za:0x88b5 - %lu", zs_inode(fd));
	EXPECT_LE(0, zs_file_has("/proc/self/net/zsock", want));
	close(fd);
	fd = packet(SOCK_RAW, ETH_P_ALL);
	snprintf(want, sizeof(want), "raw 768 packet native *:0x0003 - %lu", zs_inode(fd));
	EXPECT_LE(0, zs_file_has("/proc/self/net/zsock", want));
	ASSERT_EQ(0, zs_get_info(fd, &info));
	EXPECT_EQ(ZSOCK_STATE_DISPATCHED, info.state);
	EXPECT_EQ(AF_PACKET, info.domain);
	EXPECT_EQ(htons(ETH_P_ALL), info.protocol);
	EXPECT_EQ(AF_PACKET, info.inner_family);
	EXPECT_STREQ("packet", info.handler);
	EXPECT_STREQ("native", info.backend);
}

TEST_HARNESS_MAIN
