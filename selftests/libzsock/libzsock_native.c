// SPDX-License-Identifier: GPL-2.0
/*
 * libzsock's native calls, each with its errors, through the shared library and the headers as
 * they are installed. What the module does when it is asked is tested elsewhere; here it is
 * that the library asks for it, and says what came of it.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <libmnl/libmnl.h>
#include <zsock/zsock.h>

#include "kselftest_harness.h"
#include "far.h"
#include "zs.h"

#define NOBODY	65534
#define TAG	7
#define MANY	1200	/* credentials: more than a datagram of a list holds */

FIXTURE(native) {
	struct zsk *z;
};

FIXTURE_SETUP(native)
{
	ASSERT_EQ(0, zs_new_netns());
	ASSERT_EQ(0, zsk_open(&self->z));
	ASSERT_NE(NULL, self->z);
}

FIXTURE_TEARDOWN(native)
{
	zsk_close(self->z);
}

static int add_id(struct zsk *z, int tag, const char *id)
{
	return zsk_cred_add(z, tag, ZSOCK_CRED_PSK_ID, id, strlen(id));
}

/* ---- connections ---- */

TEST_F(native, open)
{
	struct zsk *other = NULL;

	zsk_close(NULL);
	EXPECT_STREQ("", zsk_why(self->z));
	EXPECT_EQ(0, zsk_list_changed(self->z));
	ASSERT_EQ(0, zsk_open(&other));
	EXPECT_NE(self->z, other);
	EXPECT_EQ(0, add_id(other, TAG, "a"));
	EXPECT_EQ(-EEXIST, add_id(self->z, TAG, "a"));
	zsk_close(other);
	EXPECT_EQ(0, zsk_cred_delete(self->z, TAG, 0));
}

/* A program that is started gets none of it. */
TEST_F(native, no_descriptor_is_inherited)
{
	struct zsk_monitor *m;
	int fd, found = 0;

	ASSERT_EQ(0, zsk_monitor_open(&m));
	for (fd = 3; fd < 64; fd++) {
		struct stat st;

		if (fstat(fd, &st) || !S_ISSOCK(st.st_mode))
			continue;
		found++;
		EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	}
	EXPECT_EQ(2, found);
	zsk_monitor_close(m);
	zsk_monitor_close(NULL);
}

TEST_F(native, no_descriptors_left)
{
	struct rlimit few = { .rlim_cur = 32, .rlim_max = 32 };
	struct zsk_monitor *m = (void *)1;
	struct zsk *z = (void *)1;
	int all[32], n = 0;

	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &few));
	while (n < 32 && (all[n] = open("/dev/null", O_RDONLY)) >= 0)
		n++;
	ASSERT_GT(32, n);
	EXPECT_EQ(-EMFILE, zsk_open(&z));
	EXPECT_EQ(NULL, z);
	EXPECT_EQ(-EMFILE, zsk_monitor_open(&m));
	EXPECT_EQ(NULL, m);
	EXPECT_EQ(-EMFILE, zsk_family());
	while (n)
		close(all[--n]);
	EXPECT_EQ(0, add_id(self->z, TAG, "a"));
}

/* Signals that come all the time neither end a call nor have it done twice. */
static void nothing(int sig) { (void)sig; }

static int count_creds(const struct zsk_cred_info *c, void *arg)
{
	(void)c;
	++*(int *)arg;
	return 0;
}

TEST_F(native, signals)
{
	struct itimerval often = { { 0, 300 }, { 0, 300 } }, never = { 0 };
	struct sigaction sa = { .sa_handler = nothing };
	int i, n, bad = 0;

	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	for (i = 0; i < 200; i++) {
		n = 0;
		bad += add_id(self->z, i, "a") != 0;
		bad += zsk_cred_list(self->z, count_creds, &n) != 0;
		bad += n != 1;
		bad += zsk_cred_delete(self->z, i, ZSOCK_CRED_PSK_ID) != 0;
	}
	setitimer(ITIMER_REAL, &never, NULL);
	EXPECT_EQ(0, bad);
}

static void *own_connection(void *arg)
{
	long first = (long)arg, i, bad = 0;
	struct zsk *z;

	if (zsk_open(&z))
		return (void *)1;
	for (i = first; i < first + 200; i++)
		bad += add_id(z, i, "a") || zsk_cred_delete(z, i, 0);
	zsk_close(z);
	return (void *)bad;
}

TEST_F(native, threads)
{
	pthread_t t[4];
	void *bad;
	long i;

	for (i = 0; i < 4; i++)
		ASSERT_EQ(0, pthread_create(&t[i], NULL, own_connection, (void *)(i * 1000)));
	for (i = 0; i < 4; i++) {
		pthread_join(t[i], &bad);
		EXPECT_EQ(NULL, bad);
	}
}

#define MODPROBE "/proc/sys/kernel/modprobe"

/* Without the module, and with another that came in its place. */
TEST_F(native, module_away)
{
	const char *dir = getenv("ZSOCK_MODULE_DIR");
	struct zsock_info info;
	char path[4096], loader[256] = "";
	struct zsk *z = NULL;
	int file, fd, i;

	if (!dir)
		SKIP(return, "needs ZSOCK_MODULE_DIR");
	snprintf(path, sizeof(path), "%s/zsock.ko", dir);
	file = open(path, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, file);
	/* Nobody is to bring it back. */
	fd = open(MODPROBE, O_RDONLY | O_CLOEXEC);
	ASSERT_LT(0, read(fd, loader, sizeof(loader) - 1));
	close(fd);
	ASSERT_EQ(0, zs_write_file(MODPROBE, "\n"));
	/* What the tests before have left to be freed may hold it for a while. */
	for (i = 0; i < 400 && syscall(SYS_delete_module, "zsock", O_NONBLOCK); i++)
		zs_sleep_ms(50);
	ASSERT_GT(400, i);
	EXPECT_EQ(-ENOPROTOOPT, add_id(self->z, TAG, "a"));
	EXPECT_EQ(-ENOPROTOOPT, zsk_open(&z));
	EXPECT_EQ(NULL, z);
	EXPECT_EQ(-ENOPROTOOPT, zsk_family());
	EXPECT_EQ(-ENOPROTOOPT, zsk_stat_list(NULL, NULL));
	EXPECT_EQ(-EAFNOSUPPORT, zsk_socket(AF_INET, SOCK_STREAM, 0));
	EXPECT_EQ(-ENOTSOCK, zsk_info(file, &info));
	ASSERT_EQ(0, syscall(SYS_finit_module, file, "", 0));
	EXPECT_EQ(0, zs_write_file(MODPROBE, loader));
	/* Its netlink family has another number now. */
	EXPECT_EQ(0, add_id(self->z, TAG, "a"));
	EXPECT_EQ(-ENOENT, zsk_cred_delete(self->z, TAG + 1, 0));
	EXPECT_EQ(18, zsk_family());
}

/* ---- the module ---- */

static int check_module(const struct zsk_module *m, void *arg)
{
	*(uint32_t *)arg = m->family;
	return m->version[0] && m->access == 2 ? 4711 : 0;
}

TEST_F(native, module)
{
	uint32_t family = 0;

	EXPECT_EQ(4711, zsk_module_get(self->z, check_module, &family));
	EXPECT_EQ(zsk_family(), (int)family);
}

/* Bits: tcp on streams by default, TLS 1.2, something that is wrong. */
static int check_proto(const struct zsk_proto *p, void *arg)
{
	int *seen = arg;
	size_t i;

	*seen |= !p->name[0] || !p->module[0] ? 4 : 0;
	for (i = 0; i < p->nids; i++) {
		const struct zsk_proto_id *id = &p->ids[i];

		if (!strcmp(p->name, "tcp") && id->type == SOCK_STREAM && !id->number)
			*seen |= 1;
		if (!strcmp(p->name, "tls") && id->number == IPPROTO_TLS_1_2)
			*seen |= 2;
	}
	return 0;
}

static int stop(const struct zsk_proto *p, void *arg)
{
	(void)p;
	return ++*(int *)arg == 2 ? -ECANCELED : 0;
}

TEST_F(native, protocols)
{
	int seen = 0, n = 0;

	EXPECT_EQ(0, zsk_proto_list(self->z, check_proto, &seen));
	EXPECT_EQ(3, seen);
	EXPECT_EQ(-ECANCELED, zsk_proto_list(self->z, stop, &n));
	EXPECT_EQ(2, n);
}

static int find_created(const char *name, long long value, void *arg)
{
	if (!strcmp(name, "SocketsCreated"))
		*(long long *)arg = value;
	return 0;
}

static int stop_stat(const char *name, long long value, void *arg)
{
	(void)name;
	(void)value;
	(void)arg;
	return 5;
}

static void *elsewhere(void *arg)
{
	if (!unshare(CLONE_NEWNET))
		zsk_stat_list(find_created, arg);
	return NULL;
}

TEST_F(native, counters)
{
	long long before = -1, after = -1, other = -1;
	pthread_t t;
	int fd;

	EXPECT_EQ(0, zsk_stat_list(find_created, &before));
	fd = zsk_socket(AF_INET, SOCK_STREAM, 0);
	EXPECT_EQ(0, zsk_stat_list(find_created, &after));
	EXPECT_EQ(before + 1, after);
	EXPECT_EQ(5, zsk_stat_list(stop_stat, NULL));
	/* A thread is where it is, not where the process began. */
	ASSERT_EQ(0, pthread_create(&t, NULL, elsewhere, &other));
	pthread_join(t, NULL);
	EXPECT_EQ(0, other);
	close(fd);
}

/* ---- sockets ---- */

TEST_F(native, socket)
{
	int fd = zsk_socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ASSERT_LE(0, fd);
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	EXPECT_EQ(zsk_family(), zs_getint(fd, SOL_SOCKET, SO_DOMAIN));
	close(fd);
	EXPECT_EQ(-EINVAL, zsk_socket(-1, SOCK_STREAM, 0));
	EXPECT_EQ(-EINVAL, zsk_socket(INT16_MAX + 1, SOCK_STREAM, 0));
	EXPECT_EQ(-EINVAL, zsk_socket(AF_INET, SOCK_STREAM, -1));
	EXPECT_EQ(-EINVAL, zsk_socket(AF_INET, SOCK_STREAM, 65536));
	EXPECT_EQ(-EAFNOSUPPORT, zsk_socket(44, SOCK_STREAM, 0));
	EXPECT_EQ(-EPROTONOSUPPORT, zsk_socket(AF_INET, SOCK_STREAM, 4711));
	EXPECT_EQ(-ESOCKTNOSUPPORT, zsk_socket(AF_INET, SOCK_RDM, 0));
}

TEST_F(native, info)
{
	int fd = zsk_socket(AF_INET, SOCK_STREAM, IPPROTO_TLS_1_2);
	struct zsock_handshake_error error;
	struct zsock_info info;
	int inet;

	memset(&info, 0xff, sizeof(info));
	ASSERT_EQ(0, zsk_info(fd, &info));
	EXPECT_EQ(sizeof(info), info.size);
	EXPECT_EQ(ZSOCK_STATE_FRESH, info.state);
	EXPECT_STREQ("tls", info.handler);
	EXPECT_STREQ("", info.alpn);
	memset(&error, 0xff, sizeof(error));
	ASSERT_EQ(0, zsk_handshake_error(fd, &error));
	EXPECT_EQ(0, error.error);
	EXPECT_EQ(-1, error.alert);
	close(fd);
	EXPECT_EQ(-EBADF, zsk_info(fd, &info));
	EXPECT_EQ(-EBADF, zsk_handshake_error(fd, &error));
	EXPECT_EQ(-EBADF, zsk_backend_use(fd, "native"));
	inet = socket(AF_INET, SOCK_STREAM, 0);
	EXPECT_EQ(-EOPNOTSUPP, zsk_info(inet, &info));
	EXPECT_EQ(-EOPNOTSUPP, zsk_handshake_error(inet, &error));
	EXPECT_EQ(-ENOPROTOOPT, zsk_backend_use(inet, "native"));
	close(inet);
}

TEST_F(native, backend_use)
{
	int fd = zsk_socket(AF_INET, SOCK_STREAM, 0);
	struct zsock_info info;

	EXPECT_EQ(-ENODEV, zsk_backend_use(fd, "nowhere"));
	EXPECT_EQ(-EINVAL, zsk_backend_use(fd, NULL));
	EXPECT_GT(0, zsk_backend_use(fd, "a name that no backend could have"));
	EXPECT_EQ(0, zsk_backend_use(fd, "native"));
	ASSERT_EQ(0, zsk_info(fd, &info));
	EXPECT_STREQ("native", info.backend);
	close(fd);
}

struct found {
	unsigned long inode;
	int times;
	struct zsk_sock sock;	/* without what it points to */
	struct zsock_info info;
	union zs_addr local, remote;
	bool has_local, has_remote;
};

static int find_sock(const struct zsk_sock *s, void *arg)
{
	struct found *f = arg;

	if (s->inode != f->inode)
		return 0;
	f->times++;
	f->sock = *s;
	f->info = *s->info;
	f->has_local = s->local;
	f->has_remote = s->remote;
	if (s->local)
		memcpy(&f->local, s->local, sizeof(struct sockaddr_in));
	if (s->remote)
		memcpy(&f->remote, s->remote, sizeof(struct sockaddr_in));
	return 0;
}

TEST_F(native, sockets)
{
	struct found f = { 0 };
	union zs_addr bound;
	int pair[2], fd;

	ASSERT_EQ(0, zs_tcp_pair(AF_INET, AF_INET, pair));
	f.inode = zs_inode(pair[0]);
	EXPECT_EQ(0, zsk_sock_list(self->z, find_sock, &f));
	EXPECT_EQ(1, f.times);
	EXPECT_EQ(TCP_ESTABLISHED, f.sock.state);
	EXPECT_EQ(0, f.sock.uid);
	EXPECT_STREQ("tcp", f.info.handler);
	EXPECT_STREQ("native", f.info.backend);
	EXPECT_TRUE(f.has_local && f.has_remote);
	EXPECT_EQ(htonl(INADDR_LOOPBACK), f.remote.in.sin_addr.s_addr);
	ASSERT_EQ(3, write(pair[1], "abc", 3));
	zs_poll(pair[0], POLLIN, 15000);
	EXPECT_EQ(0, zsk_sock_list(self->z, find_sock, &f));
	EXPECT_EQ(3, f.sock.rxq);

	fd = zs_listener(AF_INET, AF_INET, &bound);
	f.inode = zs_inode(fd);
	f.times = 0;
	EXPECT_EQ(0, zsk_sock_list(self->z, find_sock, &f));
	EXPECT_EQ(1, f.times);
	EXPECT_EQ(TCP_LISTEN, f.sock.state);
	EXPECT_EQ(bound.in.sin_port, f.local.in.sin_port);
	close(fd);

	fd = zsk_socket(AF_INET, SOCK_STREAM, 0);
	f.inode = zs_inode(fd);
	f.times = 0;
	EXPECT_EQ(0, zsk_sock_list(self->z, find_sock, &f));
	EXPECT_EQ(1, f.times);
	EXPECT_EQ(ZSOCK_STATE_FRESH, f.info.state);
	EXPECT_FALSE(f.has_local || f.has_remote);
	close(fd);
	close(pair[0]);
	close(pair[1]);
}

/* ---- credentials ---- */

TEST_F(native, cred)
{
	char buf[32] = "................";
	size_t len = sizeof(buf);

	EXPECT_EQ(0, add_id(self->z, TAG, "client"));
	EXPECT_EQ(-EEXIST, add_id(self->z, TAG, "client"));
	EXPECT_EQ(0, zsk_cred_get(self->z, TAG, ZSOCK_CRED_PSK_ID, buf, &len));
	EXPECT_EQ(6, len);
	EXPECT_EQ(0, memcmp(buf, "client..", 8));
	EXPECT_EQ(0, zsk_cred_get(self->z, TAG, ZSOCK_CRED_PSK_ID, buf, &len));
	len = 5;
	EXPECT_EQ(-EFBIG, zsk_cred_get(self->z, TAG, ZSOCK_CRED_PSK_ID, buf, &len));
	EXPECT_EQ(5, len);
	len = 100;
	EXPECT_EQ(-EFBIG, zsk_cred_get(self->z, TAG, ZSOCK_CRED_PSK_ID, NULL, &len));
	EXPECT_EQ(100, len);
	EXPECT_EQ(-ENOENT, zsk_cred_get(self->z, TAG, ZSOCK_CRED_CA, buf, &len));
	EXPECT_EQ(-ENOENT, zsk_cred_get(self->z, TAG + 1, ZSOCK_CRED_PSK_ID, buf, &len));
	EXPECT_EQ(-EINVAL, zsk_cred_get(self->z, TAG, 99, buf, &len));
	EXPECT_EQ(-ENOENT, zsk_cred_delete(self->z, TAG, ZSOCK_CRED_CA));
	EXPECT_EQ(-EINVAL, zsk_cred_delete(self->z, TAG, 99));
	EXPECT_EQ(0, zsk_cred_delete(self->z, TAG, ZSOCK_CRED_PSK_ID));
	EXPECT_EQ(-ENOENT, zsk_cred_delete(self->z, TAG, ZSOCK_CRED_PSK_ID));
	EXPECT_EQ(-ENOENT, zsk_cred_delete(self->z, TAG, ZSOCK_CRED_NONE));
}

TEST_F(native, cred_secret)
{
	char buf[64];
	size_t len = sizeof(buf);

	EXPECT_EQ(0, zsk_cred_add(self->z, -TAG, ZSOCK_CRED_PSK, "0123456789abcdef", 16));
	EXPECT_EQ(-EACCES, zsk_cred_get(self->z, -TAG, ZSOCK_CRED_PSK, buf, &len));
	EXPECT_NE(NULL, strstr(zsk_why(self->z), "not handed back"));
	EXPECT_EQ(0, zsk_cred_delete(self->z, -TAG, 0));
	EXPECT_STREQ("", zsk_why(self->z));
}

TEST_F(native, cred_wrong)
{
	static char big[ZSOCK_CRED_LEN_MAX + 1];
	struct {
		struct zsk_cred c;
		char newer[8];
	} c = { .c = { .size = sizeof(c.c), .tag = TAG, .type = ZSOCK_CRED_PSK_ID,
		       .data = "a", .len = 1 } };

	EXPECT_EQ(-EINVAL, zsk_cred_add(self->z, TAG, 99, "a", 1));
	EXPECT_EQ(-EINVAL, zsk_cred_add(self->z, TAG, ZSOCK_CRED_NONE, "a", 1));
	EXPECT_EQ(-EINVAL, zsk_cred_add(self->z, TAG, ZSOCK_CRED_CA, "no certificate", 14));
	EXPECT_NE('\0', zsk_why(self->z)[0]);
	EXPECT_EQ(-EINVAL, zsk_cred_add(self->z, TAG, ZSOCK_CRED_PSK_ID, NULL, 1));
	EXPECT_STREQ("", zsk_why(self->z));
	EXPECT_EQ(-EINVAL, zsk_cred_add(self->z, TAG, ZSOCK_CRED_PSK_ID, NULL, 0));
	EXPECT_EQ(-EFBIG, zsk_cred_add(self->z, TAG, ZSOCK_CRED_PSK_ID, big,
				       ZSOCK_CRED_PSK_ID_MAX + 1));
	EXPECT_EQ(-EFBIG, zsk_cred_add(self->z, TAG, ZSOCK_CRED_CA, big, sizeof(big)));
	EXPECT_EQ(-EFBIG, zsk_cred_add(self->z, TAG, ZSOCK_CRED_CA, big, SIZE_MAX));
	EXPECT_EQ(-EINVAL, zsk_cred_put(self->z, NULL));
	c.c.size = 0;
	EXPECT_EQ(-EINVAL, zsk_cred_put(self->z, &c.c));
	c.c.size = sizeof(c.c) - 1;
	EXPECT_EQ(-EINVAL, zsk_cred_put(self->z, &c.c));
	c.c.size = sizeof(c);
	c.newer[7] = 1;
	EXPECT_EQ(-E2BIG, zsk_cred_put(self->z, &c.c));
	c.newer[7] = 0;
	EXPECT_EQ(0, zsk_cred_put(self->z, &c.c));
	EXPECT_EQ(-EEXIST, zsk_cred_put(self->z, &c.c));
	c.c.replace = 1;
	EXPECT_EQ(0, zsk_cred_put(self->z, &c.c));
	c.c.public_key_len = 1;
	EXPECT_EQ(-EINVAL, zsk_cred_put(self->z, &c.c));
}

static size_t slurp(const char *path, char *buf, size_t size)
{
	FILE *f = fopen(path, "re");
	size_t n = f ? fread(buf, 1, size, f) : 0;

	if (f)
		fclose(f);
	return n;
}

/* The largest there is comes back whole; a key, with its public half, goes in. */
TEST_F(native, cred_large)
{
	static char pem[8192], big[ZSOCK_CRED_LEN_MAX], back[ZSOCK_CRED_LEN_MAX];
	size_t one = slurp("selftests/bin/tls-pki/ca.crt", pem, sizeof(pem));
	size_t len = 0, got = sizeof(back);

	ASSERT_LT(100, one);
	while (len + one <= sizeof(big)) {
		memcpy(big + len, pem, one);
		len += one;
	}
	memset(big + len, '\n', sizeof(big) - len);
	EXPECT_EQ(0, zsk_cred_add(self->z, TAG, ZSOCK_CRED_CA, big, sizeof(big)))
		TH_LOG("%s", zsk_why(self->z));
	EXPECT_EQ(0, zsk_cred_get(self->z, TAG, ZSOCK_CRED_CA, back, &got));
	EXPECT_EQ(sizeof(big), got);
	EXPECT_EQ(0, memcmp(big, back, sizeof(big)));
}

struct listed {
	int n, stop_at;
	int tag, type;
	uint32_t format, owner, allowed;
	size_t len, nallowed;
	char data[32];
	struct zsk *again;	/* asked in the callback */
	int inner;
};

static int note_cred(const struct zsk_cred_info *c, void *arg)
{
	struct listed *l = arg;

	l->tag = c->tag;
	l->type = c->type;
	l->format = c->format;
	l->owner = c->owner;
	l->len = c->len;
	l->nallowed = c->nallowed;
	l->allowed = c->nallowed ? c->allowed[c->nallowed - 1] : 0;
	if (c->data)
		memcpy(l->data, c->data, c->len < 31 ? c->len : 31);
	if (l->again)
		zsk_cred_list(l->again, count_creds, &l->inner);
	return ++l->n == l->stop_at ? 42 : 0;
}

TEST_F(native, cred_list)
{
	struct listed l = { 0 };

	EXPECT_EQ(0, zsk_cred_list(self->z, note_cred, &l));
	EXPECT_EQ(0, l.n);
	EXPECT_EQ(0, add_id(self->z, TAG, "name"));
	EXPECT_EQ(0, zsk_cred_list(self->z, note_cred, &l));
	EXPECT_EQ(1, l.n);
	EXPECT_EQ(TAG, l.tag);
	EXPECT_EQ(ZSOCK_CRED_PSK_ID, l.type);
	EXPECT_EQ(ZSOCK_CRED_FORMAT_RAW, l.format);
	EXPECT_EQ(0, l.owner);
	EXPECT_EQ(4, l.len);
	EXPECT_EQ(0, l.nallowed);
	EXPECT_STREQ("", l.data);
	EXPECT_EQ(0, zsk_cred_show(self->z, TAG, ZSOCK_CRED_PSK_ID, note_cred, &l));
	EXPECT_STREQ("name", l.data);
	EXPECT_EQ(-ENOENT, zsk_cred_show(self->z, TAG, ZSOCK_CRED_CA, note_cred, &l));
	EXPECT_EQ(0, add_id(self->z, TAG + 1, "b"));
	EXPECT_EQ(0, add_id(self->z, TAG + 2, "c"));
	/* A callback ends it, and may ask with the same connection. */
	l.n = 0;
	l.stop_at = 2;
	l.again = self->z;
	EXPECT_EQ(42, zsk_cred_list(self->z, note_cred, &l));
	EXPECT_EQ(2, l.n);
	EXPECT_EQ(6, l.inner);
}

TEST_F(native, cred_allow)
{
	struct listed l = { 0 };

	EXPECT_EQ(-ENOENT, zsk_cred_allow(self->z, TAG, NOBODY));
	EXPECT_EQ(0, add_id(self->z, TAG, "name"));
	EXPECT_EQ(0, zsk_cred_allow(self->z, TAG, 1));
	EXPECT_EQ(0, zsk_cred_allow(self->z, TAG, NOBODY));
	EXPECT_EQ(-EINVAL, zsk_cred_allow(self->z, TAG, UINT32_MAX));
	EXPECT_EQ(0, zsk_cred_list(self->z, note_cred, &l));
	EXPECT_EQ(2, l.nallowed);
	EXPECT_EQ(NOBODY, l.allowed);
	EXPECT_EQ(0, zsk_cred_deny(self->z, TAG, NOBODY));
	EXPECT_EQ(-ENOENT, zsk_cred_deny(self->z, TAG, NOBODY));
	EXPECT_EQ(0, zsk_cred_list(self->z, note_cred, &l));
	EXPECT_EQ(1, l.nallowed);
	EXPECT_EQ(1, l.allowed);
}

/* The connection is its opener's; another user opens another, and has other tags. */
TEST_F(native, another_user)
{
	struct zsk_policy p = { .size = sizeof(p), .flags = ZSK_POLICY_REJECT };
	struct zsk_vsock v = { .size = sizeof(v), .address_size = 4, .cid = 3 };
	struct zsk_backend_new b = { .size = sizeof(b), .name = "far0", .fd = 0 };
	struct zsk_monitor *m;
	size_t len = 0;
	struct zsk *z;
	int n = 0;

	EXPECT_EQ(0, add_id(self->z, TAG, "root's"));
	ASSERT_EQ(0, zs_drop_root());
	EXPECT_EQ(-EACCES, add_id(self->z, TAG + 1, "mine"));
	ASSERT_EQ(0, zsk_open(&z));
	EXPECT_EQ(-EACCES, zsk_cred_add(z, TAG, ZSOCK_CRED_PSK, "0123456789abcdef", 16));
	EXPECT_GT(0, zsk_cred_get(z, TAG, ZSOCK_CRED_PSK_ID, NULL, &len));
	EXPECT_GT(0, zsk_cred_delete(z, TAG, 0));
	EXPECT_EQ(0, zsk_cred_list(z, count_creds, &n));
	EXPECT_EQ(0, n);
	EXPECT_EQ(0, add_id(z, TAG + 1, "mine"));
	EXPECT_EQ(-EPERM, zsk_policy_add(z, &p, NULL));
	EXPECT_EQ(-EPERM, zsk_policy_flush(z));
	EXPECT_EQ(-EPERM, zsk_vsock_add(z, &v));
	EXPECT_EQ(-EPERM, zsk_vsock_delete(z, &v));
	EXPECT_EQ(-EPERM, zsk_backend_add(z, &b));
	EXPECT_EQ(-EPERM, zsk_backend_pipe(z, "far0", 0, NULL));
	EXPECT_EQ(-EPERM, zsk_backend_delete(z, "native", 0));
	EXPECT_EQ(-EPERM, zsk_monitor_open(&m));
	EXPECT_EQ(NULL, m);
	zsk_close(z);
}

/* ---- memory ---- */

/* AddressSanitizer has a malloc() of its own. */
#ifndef __SANITIZE_ADDRESS__

/* The library's calls come here, too: after so many, one of them fails. */
static int allocations = -1;

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t size);

static bool fails(void)
{
	if (allocations < 0 || allocations--)
		return false;
	errno = ENOMEM;
	return true;
}

void *malloc(size_t size) { return fails() ? NULL : __libc_malloc(size); }
void *calloc(size_t n, size_t size) { return fails() ? NULL : __libc_calloc(n, size); }
void *realloc(void *p, size_t size) { return fails() ? NULL : __libc_realloc(p, size); }

static int all_calls(struct zsk *z, int *n)
{
	struct zsk_monitor *m;
	struct zsk *other;
	int ret;

	*n = 0;
	ret = zsk_open(&other) ?: (zsk_close(other), 0);
	ret = ret ?: zsk_monitor_open(&m) ?: (zsk_monitor_close(m), 0);
	ret = ret ?: zsk_cred_list(z, count_creds, n);
	ret = ret ?: zsk_cred_show(z, 1, ZSOCK_CRED_PSK_ID, count_creds, n);
	ret = ret ?: add_id(z, 100000, "a");
	return ret ?: zsk_cred_delete(z, 100000, 0);
}

TEST_F_TIMEOUT(native, memory_runs_out, 120)
{
	int ret = -1, nth, n, i;

	for (i = 0; i < MANY; i++)
		ASSERT_EQ(0, add_id(self->z, i, "a"));
	for (nth = 0; ret && nth < 10000; nth += nth < 100 ? 1 : 97) {
		allocations = nth;
		ret = all_calls(self->z, &n);
		allocations = -1;
		if (ret)
			ASSERT_EQ(-ENOMEM, ret) TH_LOG("number %d", nth);
		/* What comes next gets an answer of its own, and all of it. */
		n = 0;
		ASSERT_EQ(0, zsk_cred_list(self->z, count_creds, &n)) TH_LOG("number %d", nth);
		ASSERT_LE(MANY, n) TH_LOG("number %d", nth);
		zsk_cred_delete(self->z, 100000, 0);
	}
	EXPECT_EQ(0, ret);
	EXPECT_LT(20, nth);
}

#endif

/* A list that changes all the time is given as it is, and that is told. */
static struct zsk *churn;

/* In place of libmnl's: something changes before each datagram of a list. */
ssize_t mnl_socket_recvfrom(const struct mnl_socket *nl, void *buf, size_t size)
{
	ssize_t (*real)(const struct mnl_socket *nl, void *buf, size_t size);
	struct zsk *z = churn;

	churn = NULL;
	if (z) {
		add_id(z, 100000, "a");
		zsk_cred_delete(z, 100000, 0);
	}
	churn = z;
	*(void **)&real = dlsym(RTLD_NEXT, "mnl_socket_recvfrom");
	return real(nl, buf, size);
}

TEST_F(native, changing_list)
{
	struct zsk *other;
	int i, n = 0;

	for (i = 0; i < MANY; i++)
		ASSERT_EQ(0, add_id(self->z, i, "a"));
	EXPECT_EQ(0, zsk_cred_list(self->z, count_creds, &n));
	EXPECT_EQ(MANY, n);
	EXPECT_EQ(0, zsk_list_changed(self->z));
	ASSERT_EQ(0, zsk_open(&other));
	churn = other;
	n = 0;
	EXPECT_EQ(0, zsk_cred_list(self->z, count_creds, &n));
	EXPECT_EQ(1, zsk_list_changed(self->z));
	EXPECT_LE(MANY - 1, n);
	EXPECT_GE(MANY + 2, n);
	churn = NULL;
	zsk_close(other);
	EXPECT_EQ(0, zsk_cred_list(self->z, count_creds, &n));
	EXPECT_EQ(0, zsk_list_changed(self->z));
}

TEST_HARNESS_MAIN
