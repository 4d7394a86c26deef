// SPDX-License-Identifier: GPL-2.0
/*
 * libzsock's native calls about backends, policy and AF_VSOCK contexts, each with its errors.
 */
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <zsock/zsock.h>

#include "kselftest_harness.h"
#include "far.h"
#include "zs.h"

#define NAME	"far0"
#define SOON	15000	/* ms: where there is nothing to wait for, on a slow machine */

FIXTURE(backend) {
	struct zsk *z;
	struct zsk_monitor *m;
	struct zsk_backend_new b;
	int far;		/* the other end of the pipe in b */
};

static int new_pipe(int *mine)
{
	struct zoff_hello hello;
	int sv[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv))
		return -1;
	far_hello(&hello);
	far_say(sv[0], ZOFF_HELLO, 0, 0, &hello, sizeof(hello));
	*mine = sv[0];
	return sv[1];
}

FIXTURE_SETUP(backend)
{
	struct zsk_backend_new b = { .size = sizeof(b), .name = NAME, .label = "the label" };

	ASSERT_EQ(0, zs_new_netns());
	ASSERT_EQ(0, zsk_open(&self->z));
	ASSERT_EQ(0, zsk_monitor_open(&self->m));
	self->b = b;
	self->b.fd = new_pipe(&self->far);
	ASSERT_LE(0, self->b.fd);
}

FIXTURE_TEARDOWN(backend)
{
	zsk_backend_delete(self->z, NAME, 1);
	zsk_monitor_close(self->m);
	zsk_close(self->z);
}

struct listed {
	const char *name;
	int found;
	int32_t priority;
	uint32_t features, state, error, devices;
	char peer[32], label[128], module[32];
};

static int note(const struct zsk_backend *b, void *arg)
{
	struct listed *l = arg;

	if (strcmp(b->name, l->name))
		return 0;
	l->found++;
	l->priority = b->priority;
	l->features = b->features;
	l->state = b->state;
	l->error = b->error;
	l->devices = b->nifindexes;
	snprintf(l->peer, sizeof(l->peer), "%s", b->peer);
	snprintf(l->label, sizeof(l->label), "%s", b->label);
	snprintf(l->module, sizeof(l->module), "%s", b->module);
	return 0;
}

static int find(struct zsk *z, const char *name, struct listed *l)
{
	memset(l, 0, sizeof(*l));
	l->name = name;
	return zsk_backend_list(z, note, l) ?: l->found;
}

TEST_F(backend, native)
{
	struct listed l;

	EXPECT_EQ(1, find(self->z, "native", &l));
	EXPECT_EQ(100, l.priority);
	EXPECT_STREQ("zsock", l.module);
	EXPECT_TRUE(l.features & ZSOCK_BACKEND_F_STREAM);
	EXPECT_EQ(0, l.state);
	EXPECT_STREQ("", l.peer);
	EXPECT_STREQ("", l.label);
	EXPECT_EQ(0, find(self->z, "nowhere", &l));
}

TEST_F(backend, add)
{
	struct listed l;

	self->b.has_priority = 1;
	self->b.priority = -5;
	self->b.netdev = "modem0";
	ASSERT_EQ(0, zsk_backend_add(self->z, &self->b)) TH_LOG("%s", zsk_why(self->z));
	EXPECT_EQ(1, find(self->z, NAME, &l));
	EXPECT_EQ(-5, l.priority);
	EXPECT_EQ(1, l.devices);
	EXPECT_EQ(ZSOCK_BACKEND_STATE_UP, l.state);
	EXPECT_STREQ("far", l.peer);
	EXPECT_STREQ("the label", l.label);
	EXPECT_EQ(-EEXIST, zsk_backend_add(self->z, &self->b));
	EXPECT_EQ(-EBUSY, zsk_backend_pipe(self->z, NAME, self->b.fd, NULL));
	EXPECT_EQ(0, zsk_backend_delete(self->z, NAME, 0));
	EXPECT_EQ(-ENOENT, zsk_backend_delete(self->z, NAME, 0));
	EXPECT_EQ(0, find(self->z, NAME, &l));
}

TEST_F(backend, wrong)
{
	char label[ZSOCK_BACKEND_LABEL_MAX + 1];
	static const char * const names[] = {
		NULL, "", "sixteen_letters_",
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		self->b.name = names[i];
		EXPECT_EQ(-EINVAL, zsk_backend_add(self->z, &self->b)) TH_LOG("%zu", i);
		EXPECT_EQ(-EINVAL, zsk_backend_pipe(self->z, names[i], self->b.fd, NULL));
		EXPECT_EQ(-EINVAL, zsk_backend_delete(self->z, names[i], 0));
		EXPECT_NE('\0', zsk_why(self->z)[0]);
	}
	self->b.name = NAME;
	self->b.netdev = "";
	EXPECT_EQ(-EINVAL, zsk_backend_add(self->z, &self->b));
	self->b.netdev = "sixteen_letters_";
	EXPECT_EQ(-EINVAL, zsk_backend_add(self->z, &self->b));
	self->b.netdev = NULL;
	memset(label, 'x', sizeof(label));
	label[ZSOCK_BACKEND_LABEL_MAX] = '\0';
	self->b.label = label;
	EXPECT_EQ(-EINVAL, zsk_backend_add(self->z, &self->b));
	EXPECT_EQ(-EINVAL, zsk_backend_pipe(self->z, NAME, self->b.fd, label));
	self->b.label = label + 1;
	self->b.size--;
	EXPECT_EQ(-EINVAL, zsk_backend_add(self->z, &self->b));
	self->b.size++;
	EXPECT_EQ(-ENOENT, zsk_backend_pipe(self->z, NAME, self->b.fd, NULL));
	EXPECT_EQ(-EPERM, zsk_backend_delete(self->z, "native", 1));
	close(self->far);
	EXPECT_EQ(0, zsk_backend_add(self->z, &self->b) == 0);
	self->b.fd = 999;
	EXPECT_EQ(-EBADF, zsk_backend_add(self->z, &self->b));
	self->b.fd = 0;
	EXPECT_EQ(-ENOTSOCK, zsk_backend_add(self->z, &self->b));
	self->b.fd = socket(AF_INET, SOCK_STREAM, 0);
	EXPECT_EQ(-ENOTCONN, zsk_backend_add(self->z, &self->b));
}

static void *serve(void *arg)
{
	far_serve(*(int *)arg);
	return NULL;
}

TEST_F(backend, busy)
{
	struct zsock_info info;
	union zs_addr to;
	pthread_t t;
	int fd;

	ASSERT_EQ(0, zsk_backend_add(self->z, &self->b));
	ASSERT_EQ(0, pthread_create(&t, NULL, serve, &self->far));
	fd = zsk_socket(AF_INET, SOCK_DGRAM, 0);
	ASSERT_EQ(0, zsk_backend_use(fd, NAME));
	ASSERT_EQ(0, connect(fd, &to.sa, zs_loopback(&to, AF_INET, 7)));
	ASSERT_EQ(0, zsk_info(fd, &info));
	EXPECT_STREQ(NAME, info.backend);
	EXPECT_EQ(ZSOCK_STATE_DISPATCHED, info.state);
	EXPECT_EQ(-EBUSY, zsk_backend_delete(self->z, NAME, 0));
	EXPECT_EQ(0, zsk_backend_delete(self->z, NAME, 1));
	close(fd);
	/* The last of the pipe's ends. */
	close(self->b.fd);
	pthread_join(t, NULL);
}

/* ---- events ---- */

struct seen {
	int n, what[64];
	uint32_t error;
	bool odd;
};

static int see(const struct zsk_event *e, void *arg)
{
	struct seen *s = arg;

	if (e->event <= ZSK_EVENT_DELETED)
		s->odd |= strcmp(e->name, NAME) || strcmp(e->label, "the label");
	s->error = e->error;
	s->what[s->n++ % 64] = e->event;
	return s->n == 3 ? 77 : 0;
}

TEST_F(backend, monitor)
{
	struct seen s = { 0 };
	int ret = 0, i;

	EXPECT_EQ(-EAGAIN, zsk_monitor_read(self->m, 0, see, &s));
	EXPECT_EQ(-EAGAIN, zsk_monitor_read(self->m, 10, see, &s));
	EXPECT_EQ(0, zs_poll(zsk_monitor_fd(self->m), POLLIN, 0));
	ASSERT_EQ(0, zsk_backend_add(self->z, &self->b));
	EXPECT_EQ(POLLIN, zs_poll(zsk_monitor_fd(self->m), POLLIN, SOON));
	EXPECT_EQ(0, zsk_monitor_read(self->m, SOON, see, &s));
	EXPECT_EQ(1, s.n);
	EXPECT_EQ(ZSK_EVENT_UP, s.what[0]);
	close(self->far);
	EXPECT_EQ(0, zsk_monitor_read(self->m, SOON, see, &s));
	EXPECT_EQ(ZSK_EVENT_DOWN, s.what[1]);
	self->b.fd = new_pipe(&self->far);
	ASSERT_EQ(0, zsk_backend_pipe(self->z, NAME, self->b.fd, "the label"));
	EXPECT_EQ(77, zsk_monitor_read(self->m, SOON, see, &s));
	EXPECT_EQ(ZSK_EVENT_UP, s.what[2]);
	EXPECT_EQ(0, zsk_backend_delete(self->z, NAME, 0));
	for (i = 0; i < 4 && s.what[s.n - 1] != ZSK_EVENT_DELETED && !ret; i++)
		ret = zsk_monitor_read(self->m, SOON, see, &s);
	EXPECT_EQ(0, ret);
	EXPECT_EQ(ZSK_EVENT_DELETED, s.what[s.n - 1]);
	EXPECT_EQ(ENODEV, s.error);
	EXPECT_FALSE(s.odd);
}

static int see_last(const struct zsk_event *e, void *arg)
{
	*(int *)arg = e->event;
	return 0;
}

static void *hang_up(void *arg)
{
	int *far = arg;

	usleep(far[1]);
	close(far[0]);
	return NULL;
}

/* However soon the pipe breaks: that it works is not what is told last. */
TEST_F(backend, monitor_order)
{
	int i, err, last, far[2];
	pthread_t t;

	close(self->far);
	close(self->b.fd);
	for (i = 0; i < 30; i++) {
		self->b.fd = new_pipe(&far[0]);
		far[1] = i * 200;
		last = 0;
		pthread_create(&t, NULL, hang_up, far);
		err = zsk_backend_add(self->z, &self->b);
		pthread_join(t, NULL);
		if (err)
			continue;
		while (last != ZSK_EVENT_DOWN &&
		       !zsk_monitor_read(self->m, SOON, see_last, &last))
			;
		EXPECT_EQ(ZSK_EVENT_DOWN, last);
		EXPECT_EQ(-EAGAIN, zsk_monitor_read(self->m, 5, see_last, &last));
		EXPECT_EQ(0, zsk_backend_delete(self->z, NAME, 0));
		while (!zsk_monitor_read(self->m, 0, see_last, &last))
			;
		EXPECT_EQ(ZSK_EVENT_DELETED, last);
	}
}

static int see_all(const struct zsk_event *e, void *arg)
{
	struct seen *s = arg;

	s->what[s->n++ % 64] = e->event;
	return 0;
}

/* More than there is room for: the list says how it is then. */
TEST_F(backend, lost)
{
	struct seen s = { 0 };
	int i, lost = 0;

	zs_setint(zsk_monitor_fd(self->m), SOL_SOCKET, SO_RCVBUF, 1);
	for (i = 0; i < 12; i++) {
		ASSERT_EQ(0, zsk_backend_add(self->z, &self->b));
		EXPECT_EQ(0, zsk_backend_delete(self->z, NAME, 0));
		close(self->b.fd);
		close(self->far);
		self->b.fd = new_pipe(&self->far);
	}
	while (!zsk_monitor_read(self->m, 100, see_all, &s))
		;
	for (i = 0; i < s.n && i < 64; i++)
		lost += s.what[i] == ZSK_EVENT_LOST;
	EXPECT_LE(1, lost);
	EXPECT_GT(24, s.n);
	/* And it goes on. */
	ASSERT_EQ(0, zsk_backend_add(self->z, &self->b));
	s.n = 0;
	EXPECT_EQ(0, zsk_monitor_read(self->m, SOON, see_all, &s));
	EXPECT_EQ(ZSK_EVENT_UP, s.what[0]);
}

/* ---- policy ---- */

struct rules {
	int n;
	uint32_t ids[8];
	struct zsk_policy last;
	char backend[ZSOCK_NAME_MAX];
};

static int note_rule(const struct zsk_policy *p, void *arg)
{
	struct rules *r = arg;

	r->ids[r->n++ % 8] = p->id;
	r->last = *p;
	snprintf(r->backend, sizeof(r->backend), "%s", p->backend ?: "(none)");
	return 0;
}

TEST_F(backend, policy)
{
	struct zsk_policy p = {
		.size = sizeof(p),
		.flags = ZSK_POLICY_UID | ZSK_POLICY_CGROUP | ZSK_POLICY_DST |
			 ZSK_POLICY_DPORT | ZSK_POLICY_PROTO | ZSK_POLICY_OR_ELSE,
		.uid = 65534,
		.cgroup = 0x123456789abcdefULL,
		.dst = { 10, 1 },
		.dst_size = 4,
		.dst_len = 16,
		.dport = { 80, 90 },
		.proto = { IPPROTO_TCP, IPPROTO_TLS_1_3 },
		.backend = "modem0",
	};
	struct zsk_policy reject = { .size = sizeof(p), .flags = ZSK_POLICY_REJECT };
	uint32_t id = 0, first = 0;
	struct rules r = { 0 };

	ASSERT_EQ(0, zsk_policy_add(self->z, &p, &id)) TH_LOG("%s", zsk_why(self->z));
	EXPECT_NE(0, id);
	EXPECT_EQ(0, zsk_policy_list(self->z, note_rule, &r));
	EXPECT_EQ(1, r.n);
	EXPECT_EQ(id, r.last.id);
	EXPECT_EQ(p.flags, r.last.flags);
	EXPECT_EQ(p.uid, r.last.uid);
	EXPECT_EQ(p.cgroup, r.last.cgroup);
	EXPECT_EQ(4, r.last.dst_size);
	EXPECT_EQ(16, r.last.dst_len);
	EXPECT_EQ(0, memcmp(p.dst, r.last.dst, 4));
	EXPECT_EQ(0, memcmp(p.dport, r.last.dport, sizeof(p.dport)));
	EXPECT_EQ(0, memcmp(p.proto, r.last.proto, sizeof(p.proto)));
	EXPECT_EQ(0, r.last.hits);
	EXPECT_STREQ("modem0", r.backend);
	reject.before = id;
	EXPECT_EQ(0, zsk_policy_add(self->z, &reject, &first));
	reject.before = 0;
	EXPECT_EQ(0, zsk_policy_add(self->z, &reject, NULL));
	r.n = 0;
	EXPECT_EQ(0, zsk_policy_list(self->z, note_rule, &r));
	EXPECT_EQ(3, r.n);
	EXPECT_EQ(first, r.ids[0]);
	EXPECT_EQ(id, r.ids[1]);
	EXPECT_STREQ("(none)", r.backend);
	EXPECT_EQ(0, zsk_policy_delete(self->z, id));
	EXPECT_EQ(-ENOENT, zsk_policy_delete(self->z, id));
	EXPECT_EQ(-ENOENT, zsk_policy_delete(self->z, 0));
	EXPECT_EQ(0, zsk_policy_flush(self->z));
	EXPECT_EQ(0, zsk_policy_flush(self->z));
	r.n = 0;
	EXPECT_EQ(0, zsk_policy_list(self->z, note_rule, &r));
	EXPECT_EQ(0, r.n);
}

/* A rule is counted where it is found. */
TEST_F(backend, policy_hits)
{
	struct zsk_policy p = { .size = sizeof(p), .flags = ZSK_POLICY_REJECT };
	struct rules r = { 0 };
	union zs_addr to;
	int fd;

	ASSERT_EQ(0, zsk_policy_add(self->z, &p, NULL));
	fd = zsk_socket(AF_INET, SOCK_STREAM, 0);
	EXPECT_EQ(-1, connect(fd, &to.sa, zs_loopback(&to, AF_INET, 1)));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(0, zsk_policy_list(self->z, note_rule, &r));
	EXPECT_EQ(1, r.last.hits);
	close(fd);
}

TEST_F(backend, policy_wrong)
{
	struct zsk_policy p = { .size = sizeof(p), .flags = ZSK_POLICY_REJECT };
	uint32_t id = 4711;

	EXPECT_EQ(-EINVAL, zsk_policy_add(self->z, NULL, &id));
	p.size--;
	EXPECT_EQ(-EINVAL, zsk_policy_add(self->z, &p, &id));
	p.size++;
	p.flags = 0;
	EXPECT_EQ(-EINVAL, zsk_policy_add(self->z, &p, &id));
	EXPECT_NE('\0', zsk_why(self->z)[0]);
	p.flags = ZSK_POLICY_REJECT | ZSK_POLICY_OR_ELSE;
	EXPECT_EQ(-EINVAL, zsk_policy_add(self->z, &p, &id));
	p.flags = ZSK_POLICY_REJECT | 1U << 31;
	EXPECT_EQ(-EINVAL, zsk_policy_add(self->z, &p, &id));
	p.flags = ZSK_POLICY_REJECT | ZSK_POLICY_DST;
	p.dst_size = 5;
	EXPECT_EQ(-EINVAL, zsk_policy_add(self->z, &p, &id));
	p.dst_size = 4;
	p.dst_len = 33;
	EXPECT_EQ(-EINVAL, zsk_policy_add(self->z, &p, &id));
	p.dst_len = 0;
	p.dst[3] = 1;
	EXPECT_EQ(-EINVAL, zsk_policy_add(self->z, &p, &id));
	p.flags = ZSK_POLICY_REJECT | ZSK_POLICY_DPORT;
	p.dport[0] = 2;
	p.dport[1] = 1;
	EXPECT_EQ(-EINVAL, zsk_policy_add(self->z, &p, &id));
	p.flags = 0;
	p.backend = "";
	EXPECT_EQ(-EINVAL, zsk_policy_add(self->z, &p, &id));
	p.backend = "sixteen_letters_";
	EXPECT_EQ(-EINVAL, zsk_policy_add(self->z, &p, &id));
	p.backend = "modem0";
	p.before = 99;
	EXPECT_EQ(-ENOENT, zsk_policy_add(self->z, &p, &id));
	EXPECT_EQ(4711, id);
}

/* ---- contexts ---- */

struct map {
	int n;
	struct zsk_vsock last;
};

static int note_map(const struct zsk_vsock *v, void *arg)
{
	struct map *m = arg;

	m->n++;
	m->last = *v;
	return 0;
}

TEST_F(backend, vsock)
{
	struct zsk_vsock v = {
		.size = sizeof(v),
		.address = { 10, 9, 8, 7 },
		.address_size = 4,
		.bits = 32,
		.port_first = 80,
		.port_last = 90,
		.cid = 3,
		.cid_port = 1080,
	};
	struct map m = { 0 };

	ASSERT_EQ(0, zsk_vsock_add(self->z, &v)) TH_LOG("%s", zsk_why(self->z));
	EXPECT_EQ(-EEXIST, zsk_vsock_add(self->z, &v));
	EXPECT_EQ(0, zsk_vsock_list(self->z, note_map, &m));
	EXPECT_EQ(1, m.n);
	EXPECT_EQ(0, memcmp(&v, &m.last, sizeof(v)));
	v.port_last = 0;
	EXPECT_EQ(-ENOENT, zsk_vsock_delete(self->z, &v));
	v.port_last = 90;
	EXPECT_EQ(0, zsk_vsock_delete(self->z, &v));
	EXPECT_EQ(-ENOENT, zsk_vsock_delete(self->z, &v));
	v.address_size = 5;
	EXPECT_EQ(-EINVAL, zsk_vsock_add(self->z, &v));
	EXPECT_EQ(-EINVAL, zsk_vsock_delete(self->z, &v));
	v.address_size = 4;
	v.bits = 33;
	EXPECT_EQ(-EINVAL, zsk_vsock_add(self->z, &v));
	v.bits = 32;
	v.port_first = 0;
	EXPECT_EQ(-EINVAL, zsk_vsock_add(self->z, &v));
	v.size = 0;
	EXPECT_EQ(-EINVAL, zsk_vsock_add(self->z, &v));
	EXPECT_EQ(-EINVAL, zsk_vsock_delete(self->z, NULL));
	m.n = 0;
	EXPECT_EQ(0, zsk_vsock_list(self->z, note_map, &m));
	EXPECT_EQ(0, m.n);
}

TEST_HARNESS_MAIN
