// SPDX-License-Identifier: GPL-2.0
/* The in-kernel API: when upcalls come, and when they do not. */
#include <linux/delay.h>
#include <linux/wait.h>

#include "kpi.h"

/**
 * struct kpi_seen - what a test's upcalls saw
 * @reads: how often the function for reading was called
 * @writes: and that for writing
 * @events: ZSOCK_EV_*, all that were told
 * @order: of the last events, one after the other
 * @norder: of these
 * @inside: upcalls that are running
 * @most: and were at the same time
 * @atomic: one came where it could not sleep
 * @sleep: how long each takes, ms
 * @last: whom it was about
 * @closed: none may come any more
 * @late: one did
 * @wq: told of each
 */
struct kpi_seen {
	atomic_t		reads;
	atomic_t		writes;
	u32			events;
	u32			order[8];
	unsigned int		norder;
	atomic_t		inside;
	int			most;
	bool			atomic;
	unsigned int		sleep;
	struct zsock_socket	*last;
	bool			closed;
	bool			late;
	wait_queue_head_t	wq;
};

/* What a test has of them; freed after its sockets are closed. */
#define KPI_SEEN_MAX	8

struct kpi_seens {
	unsigned int	n;
	struct kpi_seen	seen[KPI_SEEN_MAX];
};

static int kpi_upcall_init(struct kunit *test)
{
	test->priv = kunit_kzalloc(test, sizeof(struct kpi_seens), GFP_KERNEL);
	return test->priv ? 0 : -ENOMEM;
}

static struct kpi_seen *kpi_seen(struct kunit *test)
{
	struct kpi_seens *all = test->priv;
	struct kpi_seen *seen = &all->seen[all->n++];

	KUNIT_ASSERT_LE(test, all->n, KPI_SEEN_MAX);
	init_waitqueue_head(&seen->wq);
	return seen;
}

static void kpi_begin(struct kpi_seen *seen, struct zsock_socket *so)
{
	int n = atomic_inc_return(&seen->inside);

	seen->most = max(seen->most, n);
	seen->last = so;
	if (READ_ONCE(seen->closed))
		seen->late = true;
	if (irqs_disabled())
		seen->atomic = true;
	else if (seen->sleep)
		msleep(seen->sleep);
}

static void kpi_end(struct kpi_seen *seen)
{
	atomic_dec(&seen->inside);
	wake_up_all(&seen->wq);
}

static void kpi_read(struct zsock_socket *so, void *cookie, bool may_sleep)
{
	struct kpi_seen *seen = cookie;

	kpi_begin(seen, so);
	atomic_inc(&seen->reads);
	kpi_end(seen);
}

static void kpi_write(struct zsock_socket *so, void *cookie, bool may_sleep)
{
	struct kpi_seen *seen = cookie;

	kpi_begin(seen, so);
	atomic_inc(&seen->writes);
	kpi_end(seen);
}

static void kpi_event(struct zsock_socket *so, void *cookie, u32 event)
{
	struct kpi_seen *seen = cookie;

	kpi_begin(seen, so);
	seen->events |= event;
	if (seen->norder < ARRAY_SIZE(seen->order))
		seen->order[seen->norder++] = event;
	kpi_end(seen);
}

/* Whether @what comes true, on a machine that has other things to do, too. */
#define kpi_comes(seen, what)	wait_event_timeout((seen)->wq, what, 20 * HZ)

/* None comes, in the time that one might take. */
static void kpi_quiet(void)
{
	msleep(30);
	zsock_upcall_barrier();
}

/* ---- when they come ---- */

static void kpi_read_comes(struct kunit *test)
{
	struct kpi_pair pair = kpi_pair(test);
	struct kpi_seen *seen = kpi_seen(test);
	char c;

	zsock_setupcalls(pair.server, kpi_read, seen, kpi_write, seen);
	kpi_quiet();
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&seen->reads));
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&seen->writes));
	kpi_send(pair.client, "x", 1, 0);
	KUNIT_EXPECT_TRUE(test, kpi_comes(seen, atomic_read(&seen->reads)));
	KUNIT_EXPECT_PTR_EQ(test, pair.server, seen->last);
	KUNIT_EXPECT_FALSE(test, seen->atomic);
	kpi_quiet();
	KUNIT_EXPECT_EQ(test, 1, atomic_read(&seen->reads));
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&seen->writes));
	/* What is there already is told to who asks only now. */
	zsock_setupcall(pair.server, NULL, NULL);
	atomic_set(&seen->reads, 0);
	zsock_setupcall(pair.server, kpi_read, seen);
	KUNIT_EXPECT_TRUE(test, kpi_comes(seen, atomic_read(&seen->reads)));
	/* No more of them where there are none. */
	zsock_setupcall(pair.server, NULL, NULL);
	zsock_upcall_barrier();
	atomic_set(&seen->reads, 0);
	kpi_receive(pair.server, &c, 1, 0);
	kpi_send(pair.client, "x", 1, 0);
	kpi_quiet();
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&seen->reads));
}

/* Below the low-water mark there is nothing to be told. */
static void kpi_low_water(struct kunit *test)
{
	struct kpi_pair pair = kpi_pair(test);
	struct kpi_seen *seen = kpi_seen(test);
	int low = 4;

	KUNIT_EXPECT_EQ(test, 0, zsock_setsockopt(pair.server, SOL_SOCKET,
						  SO_RCVLOWAT, &low,
						  sizeof(low)));
	zsock_setupcall(pair.server, kpi_read, seen);
	kpi_send(pair.client, "abc", 3, 0);
	kpi_quiet();
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&seen->reads));
	kpi_send(pair.client, "d", 1, 0);
	KUNIT_EXPECT_TRUE(test, kpi_comes(seen, atomic_read(&seen->reads)));
}

static void kpi_write_comes(struct kunit *test)
{
	struct kpi_pair pair = kpi_pair(test);
	struct kpi_seen *seen = kpi_seen(test);
	size_t n;

	zsock_setupcalls(pair.client, kpi_read, seen, kpi_write, seen);
	n = kpi_fill(test, pair.client);
	kpi_quiet();
	atomic_set(&seen->writes, 0);
	KUNIT_EXPECT_EQ(test, n, kpi_drain(test, pair.server, n));
	KUNIT_EXPECT_TRUE(test, kpi_comes(seen, atomic_read(&seen->writes)));
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&seen->reads));
}

static void kpi_accept_comes(struct kunit *test)
{
	struct kpi_seen *seen = kpi_seen(test);
	struct zsock_socket *l, *c;
	struct sockaddr_in addr;

	l = kpi_listen(test, 4, &addr);
	zsock_setupcall(l, kpi_read, seen);
	kpi_quiet();
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&seen->reads));
	c = kpi_open(test, AF_INET, SOCK_STREAM, 0);
	KUNIT_EXPECT_EQ(test, 0, kpi_connect(c, &addr, 0));
	KUNIT_EXPECT_TRUE(test, kpi_comes(seen, atomic_read(&seen->reads)));
}

/* A connect() ends, well and not; both functions are told. */
static void kpi_connect_comes(struct kunit *test)
{
	struct kpi_seen *seen = kpi_seen(test);
	struct zsock_socket *l, *c;
	struct sockaddr_in addr;

	l = kpi_listen(test, 4, &addr);
	c = kpi_open(test, AF_INET, SOCK_STREAM, 0);
	zsock_catchevents(c, kpi_event, seen, ZSOCK_EV_ALL);
	zsock_setupcalls(c, kpi_read, seen, kpi_write, seen);
	kpi_quiet();
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&seen->writes));
	kpi_connect(c, &addr, MSG_DONTWAIT);
	KUNIT_EXPECT_TRUE(test, kpi_comes(seen, atomic_read(&seen->writes)));
	KUNIT_EXPECT_EQ(test, 1, atomic_read(&seen->reads));
	KUNIT_EXPECT_EQ(test, ZSOCK_EV_CONNECTED, seen->events);
	KUNIT_EXPECT_EQ(test, 0, zsock_connectwait(c, 0));

	kpi_close(test, l);
	seen = kpi_seen(test);
	c = kpi_open(test, AF_INET, SOCK_STREAM, 0);
	zsock_catchevents(c, kpi_event, seen, ZSOCK_EV_ALL);
	zsock_setupcall(c, kpi_write, seen);
	kpi_connect(c, &addr, MSG_DONTWAIT);
	KUNIT_EXPECT_TRUE(test, kpi_comes(seen, atomic_read(&seen->writes)));
	KUNIT_EXPECT_EQ(test, ZSOCK_EV_DISCONNECTED,
			seen->events & ZSOCK_EV_DISCONNECTED);
	KUNIT_EXPECT_EQ(test, 0, seen->events & ZSOCK_EV_CONNECTED);
	KUNIT_EXPECT_EQ(test, -ECONNREFUSED, zsock_connectwait(c, 0));
}

/* A connect() that waited is told, too. */
static void kpi_connect_waited(struct kunit *test)
{
	struct kpi_seen *seen = kpi_seen(test);
	struct sockaddr_in addr;
	struct zsock_socket *c;

	kpi_listen(test, 4, &addr);
	c = kpi_open(test, AF_INET, SOCK_STREAM, 0);
	zsock_catchevents(c, kpi_event, seen, ZSOCK_EV_CONNECTED);
	KUNIT_EXPECT_EQ(test, 0, kpi_connect(c, &addr, 0));
	KUNIT_EXPECT_TRUE(test, kpi_comes(seen, seen->events));
}

/* ---- events ---- */

static void kpi_events(struct kunit *test)
{
	struct kpi_pair pair = kpi_pair(test);
	struct kpi_seen *seen = kpi_seen(test);

	KUNIT_EXPECT_EQ(test, -EINVAL,
			zsock_catchevents(pair.server, kpi_event, seen,
					  0x40000000));
	KUNIT_EXPECT_EQ(test, 0, zsock_catchevents(pair.server, kpi_event, seen,
						   ZSOCK_EV_ALL));
	/* That it is connected is no news. */
	kpi_quiet();
	KUNIT_EXPECT_EQ(test, 0, seen->events);
	zsock_shutdown(pair.client, SHUT_WR);
	KUNIT_EXPECT_TRUE(test, kpi_comes(seen, seen->events));
	KUNIT_EXPECT_EQ(test, ZSOCK_EV_CANTRCVMORE, seen->events);
	kpi_send(pair.client, "", 0, 0);
	zsock_shutdown(pair.server, SHUT_WR);
	KUNIT_EXPECT_TRUE(test, kpi_comes(seen, seen->events &
					  ZSOCK_EV_CANTSENDMORE));
	KUNIT_EXPECT_TRUE(test, kpi_comes(seen, seen->events &
					  ZSOCK_EV_DISCONNECTED));
	KUNIT_EXPECT_EQ(test, 0, seen->events & ZSOCK_EV_CONNRESET);
}

static void kpi_event_reset(struct kunit *test)
{
	struct kpi_pair pair = kpi_pair(test);
	struct kpi_seen *seen = kpi_seen(test), *other = kpi_seen(test);

	/* Only what was asked for. */
	zsock_catchevents(pair.server, kpi_event, seen, ZSOCK_EV_CONNRESET);
	zsock_setupcall(pair.server, kpi_read, other);
	zsock_defunct(pair.client);
	KUNIT_EXPECT_TRUE(test, kpi_comes(seen, seen->events));
	KUNIT_EXPECT_EQ(test, ZSOCK_EV_CONNRESET, seen->events);
	KUNIT_EXPECT_TRUE(test, kpi_comes(other, atomic_read(&other->reads)));
	KUNIT_EXPECT_EQ(test, 1, seen->norder);
}

static void kpi_event_defunct(struct kunit *test)
{
	struct kpi_pair pair = kpi_pair(test);
	struct kpi_seen *seen = kpi_seen(test);

	zsock_catchevents(pair.server, kpi_event, seen, ZSOCK_EV_ALL);
	zsock_setupcalls(pair.server, kpi_read, seen, kpi_write, seen);
	KUNIT_EXPECT_EQ(test, 0, zsock_defunct(pair.server));
	KUNIT_EXPECT_TRUE(test, kpi_comes(seen, atomic_read(&seen->writes)));
	KUNIT_EXPECT_TRUE(test, seen->events & ZSOCK_EV_DEFUNCT);
	KUNIT_EXPECT_TRUE(test, atomic_read(&seen->reads));
}

/* ---- inherited ---- */

static void kpi_inherited(struct kunit *test)
{
	struct kpi_seen *seen = kpi_seen(test);
	struct zsock_socket *l, *c, *s;
	struct sockaddr_in addr;

	l = kpi_listen(test, 4, &addr);
	zsock_catchevents(l, kpi_event, seen, ZSOCK_EV_CANTRCVMORE);
	zsock_setupcalls(l, kpi_read, seen, NULL, NULL);
	c = kpi_open(test, AF_INET, SOCK_STREAM, 0);
	KUNIT_EXPECT_EQ(test, 0, kpi_connect(c, &addr, 0));
	kpi_send(c, "early", 5, 0);
	KUNIT_ASSERT_EQ(test, 0, zsock_accept(l, NULL, 0, MSG_USEUPCALL, NULL,
					      NULL, &s));
	kpi_own(test, s);
	/* What came before it was accepted. */
	KUNIT_EXPECT_TRUE(test, kpi_comes(seen, seen->last == s));
	kpi_quiet();
	seen->last = NULL;
	kpi_close(test, c);
	KUNIT_EXPECT_TRUE(test, kpi_comes(seen, seen->events));
	KUNIT_EXPECT_PTR_EQ(test, s, seen->last);

	/* Or one of its own. */
	seen = kpi_seen(test);
	c = kpi_open(test, AF_INET, SOCK_STREAM, 0);
	KUNIT_EXPECT_EQ(test, 0, kpi_connect(c, &addr, 0));
	KUNIT_ASSERT_EQ(test, 0, zsock_accept(l, NULL, 0, 0, kpi_read, seen,
					      &s));
	kpi_own(test, s);
	kpi_send(c, "x", 1, 0);
	KUNIT_EXPECT_TRUE(test, kpi_comes(seen, atomic_read(&seen->reads)));
	KUNIT_EXPECT_PTR_EQ(test, s, seen->last);
}

struct kpi_early {
	struct kpi_seen	*seen;
	int		closed;
};

static void kpi_early_close(struct zsock_socket *so, void *cookie,
			    bool may_sleep)
{
	struct kpi_early *early = cookie;

	zsock_close(so);
	WRITE_ONCE(early->closed, early->closed + 1);
	wake_up_all(&early->seen->wq);
}

static void kpi_early_event(struct zsock_socket *so, void *cookie, u32 event)
{
	kpi_early_close(so, cookie, true);
}

/* What it sets has closed the socket when it returns. */
static int kpi_early_attach(struct zsock_socket *so, void *cookie)
{
	struct kpi_early *early = cookie;

	zsock_setupcall(so, kpi_early_close, early);
	kpi_comes(early->seen, READ_ONCE(early->closed));
	zsock_upcall_barrier();
	return 0;
}

/* An upcall may close the socket before it was accepted for good. */
static void kpi_close_in_accept(struct kunit *test)
{
	struct kpi_early early = { .seen = kpi_seen(test) };
	struct sockaddr_in addr, from = { .sin_family = 4711 };
	struct zsock_socket *l, *c, *s;

	l = kpi_listen(test, 4, &addr);
	zsock_setattach(l, kpi_early_attach, &early);
	c = kpi_open(test, AF_INET, SOCK_STREAM, 0);
	KUNIT_EXPECT_EQ(test, 0, kpi_connect(c, &addr, 0));
	kpi_send(c, "x", 1, 0);
	KUNIT_EXPECT_EQ(test, 0,
			zsock_accept(l, (struct sockaddr *)&from, sizeof(from),
				     0, NULL, NULL, &s));
	KUNIT_EXPECT_EQ(test, 1, early.closed);
	KUNIT_EXPECT_EQ(test, 0, from.sin_family);
}

static int kpi_early_end(void *data)
{
	struct zsock_socket *so = data;

	usleep_range(100, 500);
	zsock_shutdown(so, SHUT_WR);
	return 0;
}

/* The same with all upcalls, of which the first has something to do at once. */
static void kpi_close_in_inherited(struct kunit *test)
{
	struct kpi_early early = { .seen = kpi_seen(test) };
	struct zsock_socket *l, *c, *s;
	struct task_struct *task;
	struct sockaddr_in addr;
	int i;

	l = kpi_listen(test, 4, &addr);
	zsock_catchevents(l, kpi_early_event, &early, ZSOCK_EV_CANTRCVMORE);
	zsock_setupcalls(l, NULL, NULL, kpi_write, early.seen);
	for (i = 0; i < 20; i++) {
		c = kpi_open(test, AF_INET, SOCK_STREAM, 0);
		KUNIT_EXPECT_EQ(test, 0, kpi_connect(c, &addr, 0));
		task = kthread_create(kpi_early_end, c, "kpi_early");
		KUNIT_ASSERT_FALSE(test, IS_ERR(task));
		get_task_struct(task);
		wake_up_process(task);
		KUNIT_ASSERT_EQ(test, 0, zsock_accept(l, NULL, 0, MSG_USEUPCALL,
						      NULL, NULL, &s));
		kthread_stop_put(task);
		/* What was true before they were set is no news. */
		msleep(20);
		zsock_upcall_barrier();
		if (early.closed <= i) {
			early.closed++;
			zsock_close(s);
		}
		kpi_close(test, c);
	}
	KUNIT_EXPECT_EQ(test, i, early.closed);
}

/* ---- locked ---- */

static void kpi_locked(struct kunit *test)
{
	struct kpi_pair pair = kpi_pair(test);
	struct kpi_seen *seen = kpi_seen(test);

	zsock_catchevents_locked(pair.server, kpi_event, seen, ZSOCK_EV_ALL);
	zsock_setupcalls_locked(pair.server, kpi_read, seen, kpi_write, seen,
				true);
	kpi_send(pair.client, "x", 1, 0);
	/* Not by a work: it is there when send() returns. */
	KUNIT_EXPECT_EQ(test, 1, atomic_read(&seen->reads));
	KUNIT_EXPECT_TRUE(test, seen->atomic);
	zsock_shutdown(pair.client, SHUT_WR);
	KUNIT_EXPECT_EQ(test, ZSOCK_EV_CANTRCVMORE | ZSOCK_EV_LOCKED,
			seen->events);
}

/* That it is defunct is told all the same, and as they are told things. */
static void kpi_locked_defunct(struct kunit *test)
{
	struct kpi_pair pair = kpi_pair(test);
	struct kpi_seen *seen = kpi_seen(test);

	zsock_catchevents(pair.server, kpi_event, seen, ZSOCK_EV_DEFUNCT);
	zsock_setupcalls_locked(pair.server, NULL, NULL, kpi_write, seen, true);
	zsock_defunct(pair.server);
	KUNIT_EXPECT_TRUE(test, kpi_comes(seen, atomic_read(&seen->writes)));
	KUNIT_EXPECT_EQ(test, ZSOCK_EV_DEFUNCT | ZSOCK_EV_LOCKED, seen->events);
	KUNIT_EXPECT_TRUE(test, seen->atomic);
}

struct kpi_locked_end {
	struct kpi_seen	*seen;
	bool		retain;
	int		calls;
};

/* What one may do, and its socket's end with it. */
static void kpi_locked_close(struct zsock_socket *so, void *cookie,
			     bool may_sleep)
{
	struct kpi_locked_end *end = cookie;

	end->calls++;
	if (zsock_isconnected(so) && zsock_iskernel(so) &&
	    !zsock_isnonblocking(so) && !may_sleep)
		zsock_set_traffic_mgt_flags_locked(so, 1);
	if (end->retain) {
		zsock_retain(so);
		zsock_release(so);
	}
	zsock_close(so);
	wake_up_all(&end->seen->wq);
}

static void kpi_close_in_locked(struct kunit *test)
{
	struct kpi_locked_end end = { .seen = kpi_seen(test) };
	struct kpi_pair pair;
	char c;
	int i;

	for (i = 0; i < 2; i++) {
		pair = kpi_pair(test);
		end.retain = i;
		end.calls = 0;
		zsock_setupcalls_locked(pair.server, kpi_locked_close, &end,
					NULL, NULL, true);
		kpi_disown(test, pair.server);
		kpi_send(pair.client, "x", 1, 0);
		KUNIT_EXPECT_EQ(test, 1, end.calls);
		/* There was something that it had not read. */
		KUNIT_EXPECT_EQ(test, -ECONNRESET,
				kpi_receive(pair.client, &c, 1, 0));
		zsock_upcall_barrier();
		KUNIT_EXPECT_EQ(test, 1, end.calls);
	}
}

/* ---- the end of them ---- */

/* close() waits for one that runs; none comes after it. */
static void kpi_close_waits(struct kunit *test)
{
	struct kpi_pair pair = kpi_pair(test);
	struct kpi_seen *seen = kpi_seen(test);

	seen->sleep = 100;
	zsock_setupcall(pair.server, kpi_read, seen);
	kpi_send(pair.client, "x", 1, 0);
	/* It may be over by the time that it is looked for. */
	while (!atomic_read(&seen->inside) && !atomic_read(&seen->reads))
		usleep_range(1000, 2000);
	kpi_close(test, pair.server);
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&seen->inside));
	KUNIT_EXPECT_EQ(test, 1, atomic_read(&seen->reads));
	WRITE_ONCE(seen->closed, true);
	kpi_send(pair.client, "x", 1, 0);
	kpi_quiet();
	KUNIT_EXPECT_FALSE(test, seen->late);
}

struct kpi_self {
	struct kpi_seen		*seen;
	struct zsock_socket	*other;
	int			calls;
	int			writes;
	int			ret;
};

static void kpi_self_close(struct zsock_socket *so, void *cookie,
			   bool may_sleep)
{
	struct kpi_self *self = cookie;

	self->calls++;
	zsock_close(so);
	wake_up_all(&self->seen->wq);
}

static void kpi_self_write(struct zsock_socket *so, void *cookie,
			   bool may_sleep)
{
	struct kpi_self *self = cookie;

	self->writes++;
}

/* In an upcall: no waiting for itself, and the other function does not come. */
static void kpi_close_in_upcall(struct kunit *test)
{
	struct kpi_self self = { .seen = kpi_seen(test) };
	struct kpi_pair pair = kpi_pair(test);
	char c;

	zsock_setupcalls(pair.server, kpi_self_close, &self, kpi_self_write,
			 &self);
	kpi_disown(test, pair.server);
	/* A reset is for both functions. */
	zsock_defunct(pair.client);
	KUNIT_EXPECT_TRUE(test, kpi_comes(self.seen, self.calls));
	zsock_upcall_barrier();
	KUNIT_EXPECT_EQ(test, 1, self.calls);
	KUNIT_EXPECT_EQ(test, 0, self.writes);

	pair = kpi_pair(test);
	self.calls = 0;
	zsock_setupcall(pair.server, kpi_self_close, &self);
	kpi_disown(test, pair.server);
	zsock_shutdown(pair.client, SHUT_WR);
	KUNIT_EXPECT_EQ(test, 0, kpi_receive(pair.client, &c, 1, 0));
	zsock_upcall_barrier();
	KUNIT_EXPECT_EQ(test, 1, self.calls);
}

static void kpi_self_again(struct zsock_socket *so, void *cookie,
			   bool may_sleep)
{
	struct kpi_self *self = cookie;
	int i;

	WRITE_ONCE(self->calls, self->calls + 1);
	/* It is closed meanwhile, if retained. */
	for (i = 0; i < 2000; i++) {
		msleep(20);
		self->ret = zsock_setupcall(so, kpi_self_again, self);
		if (self->ret)
			break;
	}
}

/* What an upcall sets while close() waits for it is not set. */
static void kpi_set_in_closed(struct kunit *test)
{
	struct kpi_self self = { .seen = kpi_seen(test), .ret = 4711 };
	struct kpi_pair pair = kpi_pair(test);

	zsock_retain(pair.server);
	zsock_setupcall(pair.server, kpi_self_again, &self);
	kpi_send(pair.client, "x", 1, 0);
	while (!READ_ONCE(self.calls))
		usleep_range(1000, 2000);
	kpi_close(test, pair.server);
	KUNIT_EXPECT_EQ(test, -ESHUTDOWN, self.ret);
	kpi_quiet();
	KUNIT_EXPECT_EQ(test, 1, self.calls);
	/* Who has it still may have them again. */
	KUNIT_EXPECT_EQ(test, 0, zsock_setupcall(pair.server, kpi_read,
						 self.seen));
	KUNIT_EXPECT_TRUE(test, kpi_comes(self.seen,
					  atomic_read(&self.seen->reads)));
	zsock_release(pair.server);
}

/* ---- nested, and at the same time ---- */

static void kpi_pong(struct zsock_socket *so, void *cookie, bool may_sleep)
{
	struct kpi_self *self = cookie;
	char c;

	while (kpi_receive(so, &c, 1, MSG_DONTWAIT) == 1) {
		if (++self->calls == 200) {
			wake_up_all(&self->seen->wq);
			return;
		}
		/* Has the other's upcall, which has this one. */
		kpi_send(so, &c, 1, MSG_DONTWAIT);
	}
}

static void kpi_ping_pong(struct kunit *test)
{
	struct kpi_self self = { .seen = kpi_seen(test) };
	struct kpi_pair pair = kpi_pair(test);

	zsock_setupcall(pair.server, kpi_pong, &self);
	zsock_setupcall(pair.client, kpi_pong, &self);
	kpi_send(pair.client, "x", 1, 0);
	KUNIT_EXPECT_TRUE(test, kpi_comes(self.seen,
					  READ_ONCE(self.calls) >= 200));
	kpi_close(test, pair.server);
	kpi_close(test, pair.client);
}

static void kpi_closes_other(struct zsock_socket *so, void *cookie,
			     bool may_sleep)
{
	struct kpi_self *self = cookie;

	if (self->calls++)
		return;
	zsock_close(self->other);
	wake_up_all(&self->seen->wq);
}

/* One closes another's socket, whose upcall may run: that is waited for. */
static void kpi_close_of_other(struct kunit *test)
{
	struct kpi_self self = { .seen = kpi_seen(test) };
	struct kpi_pair a = kpi_pair(test), b = kpi_pair(test);
	struct kpi_seen *seen = kpi_seen(test);

	seen->sleep = 20;
	self.other = b.server;
	kpi_disown(test, b.server);
	zsock_setupcall(b.server, kpi_read, seen);
	zsock_setupcall(a.server, kpi_closes_other, &self);
	kpi_send(b.client, "x", 1, 0);
	kpi_send(a.client, "x", 1, 0);
	KUNIT_EXPECT_TRUE(test, kpi_comes(self.seen, READ_ONCE(self.calls)));
	kpi_close(test, a.server);
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&seen->inside));
}

struct kpi_storm {
	struct zsock_socket	*so;
	struct zsock_socket	*peer;
	struct kpi_seen		*seen;
};

static int kpi_storm_send(void *data)
{
	struct kpi_storm *storm = data;

	while (!kthread_should_stop()) {
		if (kpi_send(storm->peer, "x", 1, MSG_DONTWAIT) < 0)
			usleep_range(1000, 2000);
		cond_resched();
	}
	return 0;
}

static int kpi_storm_set(void *data)
{
	struct kpi_storm *storm = data;
	unsigned int i;
	char buf[64];

	for (i = 0; !kthread_should_stop(); i++) {
		zsock_setupcalls_locked(storm->so, kpi_read, storm->seen,
					kpi_write, storm->seen, i % 3 == 0);
		zsock_catchevents(storm->so, i % 2 ? kpi_event : NULL,
				  storm->seen, ZSOCK_EV_ALL);
		if (i % 5 == 0)
			zsock_setupcall(storm->so, NULL, NULL);
		while (kpi_receive(storm->so, buf, 64, MSG_DONTWAIT) > 0)
			;
		cond_resched();
	}
	return 0;
}

/* Set, cleared, made, and ended by several at once. */
static void kpi_storm(struct kunit *test)
{
	int (*const fn[])(void *) = {
		kpi_storm_send, kpi_storm_send, kpi_storm_set, kpi_storm_set,
	};
	struct task_struct *task[ARRAY_SIZE(fn)];
	struct kpi_storm storm;
	struct kpi_pair pair;
	int i, round;

	for (round = 0; round < 5; round++) {
		pair = kpi_pair(test);
		storm.so = pair.server;
		storm.peer = pair.client;
		storm.seen = kpi_seen(test);
		zsock_retain(storm.so);
		for (i = 0; i < ARRAY_SIZE(fn); i++) {
			task[i] = kthread_run(fn[i], &storm, "kpi_storm");
			KUNIT_ASSERT_FALSE(test, IS_ERR(task[i]));
		}
		kpi_comes(storm.seen, atomic_read(&storm.seen->reads));
		msleep(60);
		if (round % 2)
			zsock_defunct(storm.so);
		for (i = 2; i < ARRAY_SIZE(fn); i++)
			kthread_stop(task[i]);
		/* Data comes still. */
		kpi_close(test, pair.server);
		zsock_release(pair.server);
		WRITE_ONCE(storm.seen->closed, true);
		usleep_range(10000, 20000);
		for (i = 0; i < 2; i++)
			kthread_stop(task[i]);
		KUNIT_EXPECT_FALSE(test, storm.seen->late);
		KUNIT_EXPECT_EQ(test, 0, atomic_read(&storm.seen->inside));
		KUNIT_EXPECT_LT(test, 0, atomic_read(&storm.seen->reads));
	}
}

/* One that may sleep is not made twice at a time. */
static void kpi_one_at_a_time(struct kunit *test)
{
	struct kpi_pair pair = kpi_pair(test);
	struct kpi_seen *seen = kpi_seen(test);
	int i;

	seen->sleep = 5;
	zsock_catchevents(pair.server, kpi_event, seen, ZSOCK_EV_ALL);
	zsock_setupcalls(pair.server, kpi_read, seen, kpi_write, seen);
	for (i = 0; i < 20 || (atomic_read(&seen->reads) < 2 && i < 2000); i++) {
		kpi_send(pair.client, "x", 1, 0);
		usleep_range(1000, 2000);
	}
	kpi_quiet();
	KUNIT_EXPECT_EQ(test, 1, seen->most);
	KUNIT_EXPECT_LT(test, 1, atomic_read(&seen->reads));
}

static struct kunit_case kpi_upcall_cases[] = {
	KUNIT_CASE(kpi_read_comes),
	KUNIT_CASE(kpi_low_water),
	KUNIT_CASE(kpi_write_comes),
	KUNIT_CASE(kpi_accept_comes),
	KUNIT_CASE(kpi_connect_comes),
	KUNIT_CASE(kpi_connect_waited),
	KUNIT_CASE(kpi_events),
	KUNIT_CASE(kpi_event_reset),
	KUNIT_CASE(kpi_event_defunct),
	KUNIT_CASE(kpi_inherited),
	KUNIT_CASE(kpi_close_in_accept),
	KUNIT_CASE(kpi_close_in_inherited),
	KUNIT_CASE(kpi_locked),
	KUNIT_CASE(kpi_locked_defunct),
	KUNIT_CASE(kpi_close_in_locked),
	KUNIT_CASE(kpi_close_waits),
	KUNIT_CASE(kpi_close_in_upcall),
	KUNIT_CASE(kpi_set_in_closed),
	KUNIT_CASE(kpi_ping_pong),
	KUNIT_CASE(kpi_close_of_other),
	KUNIT_CASE(kpi_storm),
	KUNIT_CASE(kpi_one_at_a_time),
	{ }
};

struct kunit_suite zsock_kpi_upcall_suite = {
	.name		= "zsock_kpi_upcall",
	.init		= kpi_upcall_init,
	.test_cases	= kpi_upcall_cases,
};
