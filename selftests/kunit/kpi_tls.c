// SPDX-License-Identifier: GPL-2.0
/*
 * zsock_kpi_tls: secure sockets of the in-kernel API, clients above all. A
 * module of its own, since an agent has to run, and credentials be there:
 * selftests/kpi/tls_kunit.sh sees to that.
 */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/wait.h>

#include "kpi_tls.h"

static ushort peer_port;
module_param(peer_port, ushort, 0444);
MODULE_PARM_DESC(peer_port, "where another TLS server turns lines around");

/* ---- connections ---- */

struct zsock_socket *kpi_tls_listen(struct kunit *test,
				    struct sockaddr_in *addr)
{
	struct zsock_socket *so = kpi_open(test, AF_INET, SOCK_STREAM,
					   IPPROTO_TLS_1_2);
	int tag = KPI_TAG_SERVER;

	KUNIT_ASSERT_EQ(test, 0, zsock_setsockopt(so, SOL_TLS, TLS_SEC_TAG_LIST,
						  &tag, sizeof(tag)));
	*addr = kpi_bind(test, so);
	KUNIT_ASSERT_EQ(test, 0, zsock_listen(so, 8));
	return so;
}

struct zsock_socket *kpi_tls_client(struct kunit *test, int version, int tag,
				    int cipher)
{
	static const char name[] = "server.test";
	struct zsock_socket *so = kpi_open(test, AF_INET, SOCK_STREAM, version);

	KUNIT_ASSERT_EQ(test, 0, zsock_setsockopt(so, SOL_TLS, TLS_SEC_TAG_LIST,
						  &tag, sizeof(tag)));
	KUNIT_ASSERT_EQ(test, 0, zsock_setsockopt(so, SOL_TLS, TLS_HOSTNAME,
						  name, sizeof(name)));
	if (cipher)
		KUNIT_ASSERT_EQ(test, 0,
				zsock_setsockopt(so, SOL_TLS,
						 TLS_CIPHERSUITE_LIST, &cipher,
						 sizeof(cipher)));
	return so;
}

struct kpi_pair kpi_tls_pair(struct kunit *test, int version, int cipher)
{
	struct kpi_pair pair;

	pair.listener = kpi_tls_listen(test, &pair.addr);
	pair.client = kpi_tls_client(test, version, KPI_TAG_CA, cipher);
	KUNIT_ASSERT_EQ(test, 0, kpi_connect(pair.client, &pair.addr, 0));
	KUNIT_ASSERT_EQ(test, 0, zsock_accept(pair.listener, NULL, 0, 0, NULL,
					      NULL, &pair.server));
	kpi_own(test, pair.server);
	return pair;
}

static int kpi_tls_cipher(struct zsock_socket *so)
{
	int cipher = -1, len = sizeof(cipher);
	int err = zsock_getsockopt(so, SOL_TLS, TLS_CIPHERSUITE_USED, &cipher,
				   &len);

	return err ?: cipher;
}

static void kpi_tls_try(struct kunit *test, int version, int cipher)
{
	struct kpi_pair pair = kpi_tls_pair(test, version, cipher);
	char buf[8] = { };

	KUNIT_EXPECT_EQ(test, cipher, kpi_tls_cipher(pair.client));
	KUNIT_EXPECT_EQ(test, cipher, kpi_tls_cipher(pair.server));
	KUNIT_EXPECT_TRUE(test, zsock_isconnected(pair.client));
	KUNIT_EXPECT_EQ(test, 4, kpi_send(pair.client, "ping", 4, 0));
	KUNIT_EXPECT_EQ(test, 4, kpi_receive(pair.server, buf, 8, 0));
	KUNIT_EXPECT_STREQ(test, "ping", (char *)buf);
	KUNIT_EXPECT_EQ(test, 4, kpi_send(pair.server, "pong", 4, 0));
	KUNIT_EXPECT_EQ(test, 4, kpi_receive(pair.client, buf, 8, 0));
	KUNIT_EXPECT_STREQ(test, "pong", (char *)buf);
	kpi_close(test, pair.client);
	KUNIT_EXPECT_EQ(test, 0, kpi_receive(pair.server, buf, 8, 0));
}

static void kpi_tls_connect_12(struct kunit *test)
{
	kpi_tls_try(test, IPPROTO_TLS_1_2, KPI_TLS_1_2_SUITE);
}

static void kpi_tls_connect_13(struct kunit *test)
{
	kpi_tls_try(test, IPPROTO_TLS_1_3, KPI_TLS_1_3_SUITE);
}

static void kpi_tls_dontwait(struct kunit *test)
{
	struct sockaddr_in addr;
	struct zsock_socket *c;
	char b;

	kpi_tls_listen(test, &addr);
	c = kpi_tls_client(test, IPPROTO_TLS_1_3, KPI_TAG_CA, 0);
	KUNIT_EXPECT_EQ(test, -EINPROGRESS, kpi_connect(c, &addr, MSG_DONTWAIT));
	KUNIT_EXPECT_FALSE(test, zsock_isconnected(c));
	KUNIT_EXPECT_EQ(test, -EALREADY, kpi_connect(c, &addr, MSG_DONTWAIT));
	KUNIT_EXPECT_EQ(test, -EINPROGRESS, zsock_connectwait(c, 0));
	KUNIT_EXPECT_EQ(test, -EAGAIN, kpi_send(c, "x", 1, MSG_DONTWAIT));
	KUNIT_EXPECT_EQ(test, -EAGAIN, kpi_receive(c, &b, 1, MSG_DONTWAIT));
	KUNIT_EXPECT_EQ(test, 0, zsock_connectwait(c, KPI_TLS_TIME));
	KUNIT_EXPECT_TRUE(test, zsock_isconnected(c));
	KUNIT_EXPECT_EQ(test, 0, zsock_connectwait(c, 0));
	KUNIT_EXPECT_EQ(test, -EISCONN, kpi_connect(c, &addr, MSG_DONTWAIT));
	KUNIT_EXPECT_EQ(test, 1, kpi_send(c, "x", 1, 0));
}

/* ---- upcalls ---- */

/**
 * struct kpi_told - what was told of a socket
 * @reads: how often that there is something to read
 * @early: and how often before it was connected
 * @writes: how often that there is space
 * @events: ZSOCK_EV_*, all of them
 * @nevents: how often there were any
 * @close: close the socket at the next
 * @wq: where to wait
 */
struct kpi_told {
	int			reads;
	int			early;
	int			writes;
	u32			events;
	int			nevents;
	bool			close;
	wait_queue_head_t	wq;
};

static struct kpi_told *kpi_told(struct kunit *test)
{
	/* Devm actions run backwards: this one goes after the sockets. */
	struct kpi_told *told = kunit_kzalloc(test, sizeof(*told), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, told);
	init_waitqueue_head(&told->wq);
	return told;
}

static void kpi_told_read(struct zsock_socket *so, void *cookie, bool may_sleep)
{
	struct kpi_told *told = cookie;

	if (!(told->events & (ZSOCK_EV_CONNECTED | ZSOCK_EV_DISCONNECTED)))
		told->early++;
	WRITE_ONCE(told->reads, told->reads + 1);
	wake_up_all(&told->wq);
}

static void kpi_told_write(struct zsock_socket *so, void *cookie,
			   bool may_sleep)
{
	struct kpi_told *told = cookie;

	WRITE_ONCE(told->writes, told->writes + 1);
	wake_up_all(&told->wq);
}

static void kpi_told_event(struct zsock_socket *so, void *cookie, u32 event)
{
	struct kpi_told *told = cookie;

	if (told->close)
		zsock_close(so);
	told->nevents++;
	WRITE_ONCE(told->events, told->events | event);
	wake_up_all(&told->wq);
}

static void kpi_tell(struct zsock_socket *so, struct kpi_told *told)
{
	zsock_catchevents(so, kpi_told_event, told, ZSOCK_EV_ALL);
	zsock_setupcalls(so, kpi_told_read, told, kpi_told_write, told);
}

#define kpi_tells(told, what) wait_event_timeout((told)->wq, what, KPI_TLS_TIME)

/* Of all that a handshake reads and writes nothing is told, but its end. */
static void kpi_tls_upcalls(struct kunit *test)
{
	struct kpi_told *told = kpi_told(test);
	struct zsock_socket *l, *c, *s;
	struct sockaddr_in addr;
	char buf[8];

	l = kpi_tls_listen(test, &addr);
	c = kpi_tls_client(test, IPPROTO_TLS_1_2, KPI_TAG_CA, 0);
	kpi_tell(c, told);
	KUNIT_EXPECT_EQ(test, -EINPROGRESS, kpi_connect(c, &addr, MSG_DONTWAIT));
	KUNIT_EXPECT_TRUE(test, kpi_tells(told, READ_ONCE(told->writes)));
	KUNIT_EXPECT_EQ(test, ZSOCK_EV_CONNECTED, told->events);
	KUNIT_EXPECT_EQ(test, 1, told->nevents);
	KUNIT_EXPECT_EQ(test, 0, told->early);
	KUNIT_EXPECT_EQ(test, 0, zsock_connectwait(c, 0));
	KUNIT_ASSERT_EQ(test, 0, zsock_accept(l, NULL, 0, 0, NULL, NULL, &s));
	kpi_own(test, s);

	zsock_upcall_barrier();
	WRITE_ONCE(told->reads, 0);
	kpi_send(s, "data", 4, 0);
	KUNIT_EXPECT_TRUE(test, kpi_tells(told, READ_ONCE(told->reads)));
	KUNIT_EXPECT_EQ(test, 4, kpi_receive(c, buf, 8, MSG_DONTWAIT));
	kpi_close(test, s);
	KUNIT_EXPECT_TRUE(test, kpi_tells(told, READ_ONCE(told->events) &
					  ZSOCK_EV_CANTRCVMORE));
	KUNIT_EXPECT_EQ(test, 0, kpi_receive(c, buf, 8, MSG_DONTWAIT));
}

/* A listener tells of a connection whose handshake is done, and of no other. */
static void kpi_tls_accept_upcall(struct kunit *test)
{
	struct kpi_told *told = kpi_told(test);
	struct zsock_socket *l, *plain, *c, *s;
	struct sockaddr_in addr;

	l = kpi_tls_listen(test, &addr);
	zsock_setupcall(l, kpi_told_read, told);
	plain = kpi_open(test, AF_INET, SOCK_STREAM, 0);
	KUNIT_EXPECT_EQ(test, 0, kpi_connect(plain, &addr, 0));
	msleep(200);
	zsock_upcall_barrier();
	KUNIT_EXPECT_EQ(test, 0, told->reads);
	KUNIT_EXPECT_EQ(test, -EAGAIN,
			zsock_accept(l, NULL, 0, MSG_DONTWAIT, NULL, NULL, &s));
	c = kpi_tls_client(test, IPPROTO_TLS_1_3, KPI_TAG_CA, 0);
	KUNIT_EXPECT_EQ(test, 0, kpi_connect(c, &addr, 0));
	KUNIT_EXPECT_TRUE(test, kpi_tells(told, READ_ONCE(told->reads)));
	KUNIT_ASSERT_EQ(test, 0, zsock_accept(l, NULL, 0, MSG_DONTWAIT, NULL,
					      NULL, &s));
	kpi_own(test, s);
	KUNIT_EXPECT_TRUE(test, zsock_isconnected(s));
}

/* ---- handshakes that fail ---- */

static int kpi_tls_error(struct zsock_socket *so)
{
	struct zsock_handshake_error error = { };
	int len = sizeof(error);
	int err = zsock_getsockopt(so, SOL_ZSOCK, ZSOCK_HANDSHAKE_ERROR, &error,
				   &len);

	return err ?: error.error;
}

/* The server's root is none that the client trusts. */
static void kpi_tls_stranger(struct kunit *test)
{
	struct kpi_told *told = kpi_told(test);
	struct zsock_socket *l, *c, *s;
	struct sockaddr_in addr;

	l = kpi_tls_listen(test, &addr);
	c = kpi_tls_client(test, IPPROTO_TLS_1_2, KPI_TAG_STRANGER, 0);
	KUNIT_EXPECT_EQ(test, -ECONNABORTED, kpi_connect(c, &addr, 0));
	KUNIT_EXPECT_EQ(test, ECONNABORTED, kpi_tls_error(c));
	KUNIT_EXPECT_FALSE(test, zsock_isconnected(c));
	KUNIT_EXPECT_GT(test, 0, kpi_send(c, "x", 1, MSG_DONTWAIT));

	c = kpi_tls_client(test, IPPROTO_TLS_1_3, KPI_TAG_STRANGER, 0);
	kpi_tell(c, told);
	KUNIT_EXPECT_EQ(test, -EINPROGRESS, kpi_connect(c, &addr, MSG_DONTWAIT));
	KUNIT_EXPECT_TRUE(test, kpi_tells(told, READ_ONCE(told->writes)));
	KUNIT_EXPECT_TRUE(test, told->events & ZSOCK_EV_DISCONNECTED);
	KUNIT_EXPECT_FALSE(test, told->events & ZSOCK_EV_CONNECTED);
	KUNIT_EXPECT_EQ(test, 0, told->early);
	KUNIT_EXPECT_EQ(test, -ECONNABORTED, zsock_connectwait(c, 0));
	KUNIT_EXPECT_EQ(test, -ENOTCONN, zsock_connectwait(c, 0));
	KUNIT_EXPECT_EQ(test, -EAGAIN,
			zsock_accept(l, NULL, 0, MSG_DONTWAIT, NULL, NULL, &s));
}

/* A peer that takes the connection, and ends it. */
static void kpi_tls_peer_leaves(struct kunit *test)
{
	struct zsock_socket *l, *c, *s;
	struct sockaddr_in addr;

	l = kpi_listen(test, 4, &addr);
	c = kpi_tls_client(test, IPPROTO_TLS_1_2, KPI_TAG_CA, 0);
	KUNIT_EXPECT_EQ(test, -EINPROGRESS, kpi_connect(c, &addr, MSG_DONTWAIT));
	KUNIT_ASSERT_EQ(test, 0, zsock_accept(l, NULL, 0, 0, NULL, NULL, &s));
	zsock_close(s);
	KUNIT_EXPECT_EQ(test, -ECONNRESET, zsock_connectwait(c, KPI_TLS_TIME));
	KUNIT_EXPECT_FALSE(test, zsock_isconnected(c));
}

/* ---- the end of a handshake that goes on ---- */

struct kpi_waiter {
	struct zsock_socket	*so;
	struct sockaddr_in	addr;
	bool			inside;
	int			ret;
};

static int kpi_wait_connect(void *data)
{
	struct kpi_waiter *w = data;

	WRITE_ONCE(w->inside, true);
	w->ret = kpi_connect(w->so, &w->addr, 0);
	return 0;
}

static int kpi_wait_connectwait(void *data)
{
	struct kpi_waiter *w = data;

	w->ret = kpi_connect(w->so, &w->addr, MSG_DONTWAIT);
	WRITE_ONCE(w->inside, true);
	if (w->ret == -EINPROGRESS)
		w->ret = zsock_connectwait(w->so, MAX_SCHEDULE_TIMEOUT);
	return 0;
}

static struct task_struct *kpi_wait_in(struct kunit *test,
				       int (*fn)(void *data),
				       struct kpi_waiter *w)
{
	struct task_struct *task = kthread_create(fn, w, "kpi_tls");

	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	get_task_struct(task);
	wake_up_process(task);
	/* Not before it waits: a socket may be closed under a call, not before. */
	while (!READ_ONCE(w->inside) || task_is_running(task))
		usleep_range(1000, 2000);
	/* And in the handshake, with luck. */
	msleep(50);
	return task;
}

/* Who waits is woken, by both ways to end a socket, from both waits. */
static void kpi_tls_end(struct kunit *test)
{
	static int (*const fn[])(void *data) = {
		kpi_wait_connect, kpi_wait_connectwait,
	};
	struct kpi_waiter w = { };
	struct task_struct *task;
	struct kpi_told *told;
	unsigned long begin;
	int i;

	kpi_listen(test, 8, &w.addr);
	for (i = 0; i < 4; i++) {
		told = kpi_told(test);
		w.so = kpi_tls_client(test, IPPROTO_TLS_1_2, KPI_TAG_CA, 0);
		w.inside = false;
		w.ret = 4711;
		kpi_tell(w.so, told);
		task = kpi_wait_in(test, fn[i % 2], &w);
		begin = jiffies;
		if (i / 2)
			zsock_defunct(w.so);
		else
			kpi_close(test, w.so);
		kthread_stop_put(task);
		KUNIT_EXPECT_TRUE(test, time_before(jiffies, begin + 8 * HZ));
		KUNIT_EXPECT_GT_MSG(test, 0, w.ret, "round %d", i);
		KUNIT_EXPECT_EQ(test, 0, told->early);
		KUNIT_EXPECT_EQ(test, 0, told->events & ZSOCK_EV_CONNECTED);
	}
}

/* The upcall that tells how it went ends the socket. */
static void kpi_tls_close_in_upcall(struct kunit *test)
{
	struct sockaddr_in addr;
	struct zsock_socket *c;
	struct kpi_told *told;
	int i;

	kpi_tls_listen(test, &addr);
	for (i = 0; i < 2; i++) {
		told = kpi_told(test);
		told->close = true;
		c = kpi_tls_client(test, IPPROTO_TLS_1_2,
				   i ? KPI_TAG_STRANGER : KPI_TAG_CA, 0);
		kpi_tell(c, told);
		/* Not that there will be no more data, which may come first. */
		zsock_catchevents(c, kpi_told_event, told, ZSOCK_EV_CONNECTED |
				  ZSOCK_EV_DISCONNECTED);
		kpi_disown(test, c);
		KUNIT_EXPECT_EQ(test, -EINPROGRESS,
				kpi_connect(c, &addr, MSG_DONTWAIT));
		KUNIT_EXPECT_TRUE(test, kpi_tells(told,
						  READ_ONCE(told->events)));
		zsock_upcall_barrier();
		KUNIT_EXPECT_EQ(test, i ? ZSOCK_EV_DISCONNECTED :
					  ZSOCK_EV_CONNECTED,
				told->events & (ZSOCK_EV_CONNECTED |
						ZSOCK_EV_DISCONNECTED));
		KUNIT_EXPECT_EQ(test, 1, told->nevents);
		if (!i)
			KUNIT_EXPECT_EQ(test, 0, told->reads + told->writes);
	}
}

static struct kunit_case kpi_tls_cases[] = {
	KUNIT_CASE(kpi_tls_connect_12),
	KUNIT_CASE(kpi_tls_connect_13),
	KUNIT_CASE(kpi_tls_dontwait),
	KUNIT_CASE(kpi_tls_upcalls),
	KUNIT_CASE(kpi_tls_accept_upcall),
	KUNIT_CASE(kpi_tls_stranger),
	KUNIT_CASE(kpi_tls_peer_leaves),
	KUNIT_CASE(kpi_tls_end),
	KUNIT_CASE(kpi_tls_close_in_upcall),
	{ }
};

struct kunit_suite zsock_kpi_tls_suite = {
	.name		= "zsock_kpi_tls",
	.test_cases	= kpi_tls_cases,
};

/* ---- another TLS server ---- */

static void kpi_tls_peer(struct kunit *test)
{
	struct sockaddr_in addr = {
		.sin_family	= AF_INET,
		.sin_addr	= { cpu_to_be32(INADDR_LOOPBACK) },
		.sin_port	= htons(peer_port),
	};
	static const int suite[] = { KPI_TLS_1_2_SUITE, KPI_TLS_1_3_SUITE };
	struct zsock_socket *c;
	char buf[8];
	int i;

	for (i = 0; i < ARRAY_SIZE(suite); i++) {
		c = kpi_tls_client(test, IPPROTO_TLS_1_2, KPI_TAG_CA, suite[i]);
		KUNIT_ASSERT_EQ(test, 0, kpi_connect(c, &addr, 0));
		KUNIT_EXPECT_EQ(test, suite[i], kpi_tls_cipher(c));
		KUNIT_EXPECT_EQ(test, 6, kpi_send(c, "abcde\n", 6, 0));
		memset(buf, 0, sizeof(buf));
		KUNIT_EXPECT_EQ(test, 6, kpi_receive(c, buf, 6, MSG_WAITALL));
		KUNIT_EXPECT_STREQ(test, "edcba\n", (char *)buf);
		kpi_close(test, c);
	}
}

static struct kunit_case kpi_tls_peer_cases[] = {
	KUNIT_CASE(kpi_tls_peer),
	{ }
};

struct kunit_suite zsock_kpi_tls_peer_suite = {
	.name		= "zsock_kpi_tls_peer",
	.test_cases	= kpi_tls_peer_cases,
};

/* ---- no agent ---- */

static void kpi_tls_alone(struct kunit *test)
{
	struct kpi_told *told = kpi_told(test);
	struct zsock_socket *l, *c;
	struct sockaddr_in addr;

	l = kpi_listen(test, 4, &addr);
	c = kpi_tls_client(test, IPPROTO_TLS_1_2, KPI_TAG_CA, 0);
	KUNIT_EXPECT_EQ(test, -ESRCH, kpi_connect(c, &addr, 0));
	c = kpi_tls_client(test, IPPROTO_TLS_1_2, KPI_TAG_CA, 0);
	kpi_tell(c, told);
	KUNIT_EXPECT_EQ(test, -EINPROGRESS, kpi_connect(c, &addr, MSG_DONTWAIT));
	KUNIT_EXPECT_TRUE(test, kpi_tells(told, READ_ONCE(told->writes)));
	KUNIT_EXPECT_EQ(test, ZSOCK_EV_DISCONNECTED,
			told->events & (ZSOCK_EV_DISCONNECTED |
					ZSOCK_EV_CONNECTED));
	KUNIT_EXPECT_EQ(test, -ESRCH, zsock_connectwait(c, 0));
	kpi_close(test, l);
}

static struct kunit_case kpi_tls_alone_cases[] = {
	KUNIT_CASE_SLOW(kpi_tls_alone),
	{ }
};

struct kunit_suite zsock_kpi_tls_alone_suite = {
	.name		= "zsock_kpi_tls_alone",
	.test_cases	= kpi_tls_alone_cases,
};

kunit_test_suites(&zsock_kpi_tls_suite, &zsock_kpi_tls_skb_suite,
		  &zsock_kpi_tls_peer_suite, &zsock_kpi_tls_alone_suite);

MODULE_DESCRIPTION("KUnit suites of AF_ZSOCK: TLS in the kernel");
MODULE_LICENSE("GPL");
ZSOCK_IMPORT_KUNIT();
