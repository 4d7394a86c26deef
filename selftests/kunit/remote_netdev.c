// SPDX-License-Identifier: GPL-2.0
/* The network device of a backend behind a pipe. */
#include <linux/if_arp.h>
#include <linux/inetdevice.h>
#include <linux/rtnetlink.h>
#include <net/addrconf.h>

#include "../../offload/remote_netdev.h"
#include "suites.h"

#define ZSOCK_KUNIT_DEV	"kunitmodem0"

static void zsock_kunit_netdev_del(void *nd)
{
	zsock_remote_netdev_del(nd);
}

/* One with its device, which goes with the test at the latest. */
static struct zsock_remote_netdev *zsock_kunit_netdev(struct kunit *test)
{
	struct zsock_remote_netdev *nd;

	nd = kunit_kzalloc(test, sizeof(*nd), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, nd);
	KUNIT_ASSERT_EQ(test, 0, zsock_remote_netdev_add(nd, &init_net,
							 ZSOCK_KUNIT_DEV));
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, zsock_kunit_netdev_del,
						  nd));
	return nd;
}

static struct net_device *zsock_kunit_dev(struct zsock_remote_netdev *nd)
{
	return rcu_dereference_protected(nd->dev, true);
}

static bool zsock_kunit_dev_there(void)
{
	bool there;

	rcu_read_lock();
	there = dev_get_by_name_rcu(&init_net, ZSOCK_KUNIT_DEV);
	rcu_read_unlock();
	return there;
}

static void zsock_kunit_dev_set_up(struct net_device *dev, bool up)
{
	rtnl_lock();
	if (up)
		dev_open(dev, NULL);
	else
		dev_close(dev);
	rtnl_unlock();
}

static void zsock_netdev_none(struct kunit *test)
{
	struct zsock_remote_netdev nd = { };
	struct zsock_backend b = zsock_kunit_backend("k-none", 1);

	zsock_remote_netdev_rx(&nd, 1);
	zsock_remote_netdev_tx(&nd, 1);
	zsock_remote_netdev_link(&nd, true);
	KUNIT_EXPECT_EQ(test, -ENODEV, zsock_remote_netdev_tie(&nd, &b));
	zsock_remote_netdev_del(&nd);
}

static void zsock_netdev_names(struct kunit *test)
{
	static const char * const bad[] = {
		"", ".", "..", "a/b", "two words", "a:b", "modem%d", "100%",
		"sixteen-letters-",
	};
	struct zsock_remote_netdev other = { };
	int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		KUNIT_EXPECT_EQ_MSG(test, -EINVAL,
				    zsock_remote_netdev_add(&other, &init_net,
							    bad[i]),
				    "\"%s\"", bad[i]);
		KUNIT_EXPECT_NULL(test, zsock_kunit_dev(&other));
	}
	zsock_kunit_netdev(test);
	KUNIT_EXPECT_EQ(test, -EEXIST,
			zsock_remote_netdev_add(&other, &init_net,
						ZSOCK_KUNIT_DEV));
	KUNIT_EXPECT_EQ(test, -EEXIST,
			zsock_remote_netdev_add(&other, &init_net, "lo"));
	KUNIT_EXPECT_NULL(test, zsock_kunit_dev(&other));
}

/* No address, no ARP, no other namespace; a carrier as the pipe says. */
static void zsock_netdev_is(struct kunit *test)
{
	struct zsock_backend b = zsock_kunit_backend("k-is", 1);
	struct zsock_remote_netdev *nd = zsock_kunit_netdev(test);
	struct net_device *dev = zsock_kunit_dev(nd);
	struct inet6_dev *in6;

	KUNIT_EXPECT_STREQ(test, ZSOCK_KUNIT_DEV, dev->name);
	KUNIT_EXPECT_EQ(test, ARPHRD_NONE, dev->type);
	KUNIT_EXPECT_EQ(test, IFF_NOARP, dev->flags);
	KUNIT_EXPECT_FALSE(test, netif_carrier_ok(dev));
	KUNIT_EXPECT_EQ(test, -ENOENT, zsock_remote_netdev_tie(nd, &b));
	KUNIT_EXPECT_FALSE(test, dev->flags & IFF_UP);

	KUNIT_ASSERT_EQ(test, 0, zsock_register_backend(&b));
	KUNIT_EXPECT_EQ(test, 0, zsock_remote_netdev_tie(nd, &b));
	KUNIT_EXPECT_TRUE(test, dev->flags & IFF_UP);
	KUNIT_EXPECT_FALSE(test, netif_carrier_ok(dev));
	zsock_remote_netdev_link(nd, true);
	KUNIT_EXPECT_TRUE(test, netif_carrier_ok(dev));
	zsock_remote_netdev_link(nd, false);
	KUNIT_EXPECT_FALSE(test, netif_carrier_ok(dev));
	zsock_remote_netdev_link(nd, true);

	rtnl_lock();
	KUNIT_EXPECT_EQ(test, -EINVAL,
			dev_change_net_namespace(dev, &init_net, "kunitmoved"));
	in6 = __in6_dev_get(dev);
	if (in6)
		KUNIT_EXPECT_TRUE(test, list_empty(&in6->addr_list));
	KUNIT_EXPECT_NULL(test, dev->rtnl_link_ops);
	rtnl_unlock();

	KUNIT_EXPECT_EQ(test, 0, zsock_unregister_backend(&b));
}

static void zsock_netdev_counts(struct kunit *test)
{
	struct zsock_remote_netdev *nd = zsock_kunit_netdev(test);
	struct net_device *dev = zsock_kunit_dev(nd);
	struct rtnl_link_stats64 stats;
	struct sk_buff *skb;
	int i;

	zsock_kunit_dev_set_up(dev, true);
	zsock_remote_netdev_link(nd, true);
	for (i = 1; i <= 10; i++)
		zsock_remote_netdev_rx(nd, i);
	zsock_remote_netdev_tx(nd, 65536);
	zsock_remote_netdev_tx(nd, 0);
	skb = alloc_skb(64, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	skb_put_zero(skb, 20);
	skb->dev = dev;
	skb->protocol = htons(ETH_P_IP);
	dev_queue_xmit(skb);

	dev_get_stats(dev, &stats);
	KUNIT_EXPECT_EQ(test, 10, stats.rx_packets);
	KUNIT_EXPECT_EQ(test, 55, stats.rx_bytes);
	KUNIT_EXPECT_EQ(test, 2, stats.tx_packets);
	KUNIT_EXPECT_EQ(test, 65536, stats.tx_bytes);
	KUNIT_EXPECT_EQ(test, 1, stats.tx_dropped);
}

/* A first call that asks the backend for a socket, which it does not make. */
static int zsock_kunit_first_call(struct socket *sock)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };

	return kernel_bind(sock, (struct zsock_addr *)&addr, sizeof(addr));
}

static void zsock_netdev_down(struct kunit *test)
{
	struct zsock_backend b = zsock_kunit_backend("k-down", 1000);
	struct zsock_remote_netdev *nd = zsock_kunit_netdev(test);
	struct net_device *dev = zsock_kunit_dev(nd);
	struct socket *sock;

	KUNIT_ASSERT_EQ(test, 0, zsock_register_backend(&b));
	KUNIT_EXPECT_EQ(test, 0, zsock_remote_netdev_tie(nd, &b));
	KUNIT_EXPECT_PTR_EQ(test, zsock_carrier_of(&b),
			    (struct zsock_carrier *)
			    zsock_netdev_carrier(&init_net, dev->ifindex));
	sock = zsock_kunit_socket(test, &init_net, SOCK_DGRAM, AF_INET, 0);
	KUNIT_ASSERT_EQ(test, 0, sock_bindtoindex(sock->sk, dev->ifindex, true));
	KUNIT_EXPECT_EQ(test, -EIO, zsock_kunit_first_call(sock));
	zsock_kunit_dev_set_up(dev, false);
	KUNIT_EXPECT_EQ(test, -ENETDOWN, zsock_kunit_first_call(sock));
	zsock_kunit_dev_set_up(dev, true);
	KUNIT_EXPECT_EQ(test, -EIO, zsock_kunit_first_call(sock));
	KUNIT_EXPECT_EQ(test, 0, zsock_unregister_backend(&b));
}

/* Whoever takes it away, the backend finds none afterwards. */
static void zsock_netdev_goes(struct kunit *test)
{
	struct zsock_remote_netdev *nd = zsock_kunit_netdev(test);

	zsock_remote_netdev_del(nd);
	KUNIT_EXPECT_NULL(test, zsock_kunit_dev(nd));
	KUNIT_EXPECT_FALSE(test, zsock_kunit_dev_there());
	zsock_remote_netdev_del(nd);

	KUNIT_ASSERT_EQ(test, 0, zsock_remote_netdev_add(nd, &init_net,
							 ZSOCK_KUNIT_DEV));
	unregister_netdev(zsock_kunit_dev(nd));
	KUNIT_EXPECT_NULL(test, zsock_kunit_dev(nd));
	KUNIT_EXPECT_FALSE(test, zsock_kunit_dev_there());
	zsock_remote_netdev_rx(nd, 1);
	zsock_remote_netdev_link(nd, true);
}

static struct kunit_case zsock_remote_netdev_cases[] = {
	KUNIT_CASE(zsock_netdev_none),
	KUNIT_CASE(zsock_netdev_names),
	KUNIT_CASE(zsock_netdev_is),
	KUNIT_CASE(zsock_netdev_counts),
	KUNIT_CASE(zsock_netdev_down),
	KUNIT_CASE(zsock_netdev_goes),
	{ }
};

struct kunit_suite zsock_remote_netdev_suite = {
	.name		= "zsock_remote_netdev",
	.test_cases	= zsock_remote_netdev_cases,
};
