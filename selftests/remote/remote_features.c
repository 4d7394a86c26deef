// SPDX-License-Identifier: GPL-2.0
/*
 * What goes through a pipe only where both sides have said that they know it; and where the
 * other one has not, it sees nothing of it.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "far.h"
#include "zs.h"

#define NAME	"far0"
#define SOON	9000	/* ms */
#define BASIC	(ZOFF_F_STREAM | ZOFF_F_DGRAM | ZOFF_F_INET6)

FIXTURE(features)
{
	int far, fd;
	uint32_t id;
};

FIXTURE_VARIANT(features)
{
	uint32_t features;
};

FIXTURE_VARIANT_ADD(features, none) { .features = BASIC };
FIXTURE_VARIANT_ADD(features, held) { .features = BASIC | ZOFF_F_MORE };
FIXTURE_VARIANT_ADD(features, urge) { .features = BASIC | ZOFF_F_URGENT };
/* Nobody knows what the others of these are to mean. */
FIXTURE_VARIANT_ADD(features, all) { .features = 0xffffffff & ~ZOFF_F_TLS };

static int start(FIXTURE_DATA(features) *self)
{
	static struct far_msg m;
	union zs_addr to;
	socklen_t len = zs_loopback(&to, AF_INET, 80);

	self->fd = far_socket(NAME, SOCK_STREAM);
	zs_nonblock(self->fd, true);
	if (!connect(self->fd, &to.sa, len) || errno != EINPROGRESS)
		return -1;
	do {
		if (far_get(self->far, &m, SOON) != 1)
			return -1;
		if (m.type != ZOFF_CONNECT)
			far_serve_one(self->far, &m);
	} while (m.type != ZOFF_CONNECT);
	self->id = m.sock;
	far_reply_name(self->far, &m);
	return zs_poll(self->fd, POLLOUT, SOON) == POLLOUT ? 0 : -1;
}

FIXTURE_SETUP(features)
{
	ASSERT_EQ(0, zs_new_netns());
	far_features = variant->features;
	ASSERT_EQ(0, far_add(NAME, &self->far));
	ASSERT_EQ(0, start(self));
}

FIXTURE_TEARDOWN(features)
{
	EXPECT_EQ(ZSOCK_BACKEND_STATE_UP, far_state(NAME));
	close(self->fd);
	close(self->far);
	far_del(NAME, true);
}

/* The next message is so much data, with those flags. */
static void data(struct __test_metadata *_metadata, int far, uint32_t len, int flags)
{
	static struct far_msg m;

	ASSERT_TRUE(far_get_type(far, &m, ZOFF_DATA)) {
		TH_LOG("no DATA of %u bytes", len);
	}
	EXPECT_EQ(len, m.len);
	EXPECT_EQ(flags, m.flags);
}

static void nothing(struct __test_metadata *_metadata, int far)
{
	static struct far_msg m;

	EXPECT_EQ(-1, far_get(far, &m, 50)) TH_LOG("type %d, %u bytes", m.type, m.len);
}

static int file_of(size_t len)
{
	int fd = memfd_create("file", MFD_CLOEXEC);

	return fd >= 0 && !ftruncate(fd, len) ? fd : -1;
}

TEST_F(features, more_follows)
{
	int more = variant->features & ZOFF_F_MORE ? ZOFF_DATA_MORE : 0;
	static char buf[20000];

	ASSERT_EQ(2, send(self->fd, "ab", 2, 0));
	data(_metadata, self->far, 2, 0);
	ASSERT_EQ(2, send(self->fd, "ab", 2, MSG_MORE));
	data(_metadata, self->far, 2, more);
	ASSERT_EQ(sizeof(buf), send(self->fd, buf, sizeof(buf), MSG_MORE));
	data(_metadata, self->far, sizeof(buf), more);
	ASSERT_EQ(2, send(self->fd, "cd", 2, 0));
	data(_metadata, self->far, 2, 0);
	ASSERT_EQ(0, send(self->fd, "", 0, MSG_MORE));
	nothing(_metadata, self->far);
}

/* A file that is shorter than what was asked for: more was to follow. */
TEST_F(features, file_ends)
{
	int more = variant->features & ZOFF_F_MORE ? ZOFF_DATA_MORE : 0;
	int file = file_of(3000);

	ASSERT_GE(file, 0);
	EXPECT_EQ(3000, sendfile(self->fd, file, NULL, 10000));
	data(_metadata, self->far, 3000, more);
	if (more)
		data(_metadata, self->far, 0, 0);
	nothing(_metadata, self->far);
	ASSERT_EQ(0, lseek(file, 0, SEEK_SET));
	EXPECT_EQ(3000, sendfile(self->fd, file, NULL, 3000));
	data(_metadata, self->far, 3000, 0);
	nothing(_metadata, self->far);
	close(file);
}

/* Only a client knows that: a server that says it breaks the rules. */
TEST_F(features, not_the_servers)
{
	struct zoff_hdr hdr;

	far_header(&hdr, 0, ZOFF_DATA, self->id, 0);
	hdr.flags = htole16(ZOFF_DATA_MORE);
	far_say_raw(self->far, &hdr, sizeof(hdr));
	EXPECT_TRUE(far_hung_up(self->far, SOON));
	EXPECT_TRUE(far_is(NAME, ZSOCK_BACKEND_STATE_DOWN, SOON));
	close(self->far);
	ASSERT_EQ(0, far_pipe(NAME, &self->far));
}

/* ---- options whose values are no numbers ---- */

/* A child's getsockopt() or setsockopt(); the other side's answer is a value, or an errno. */
struct option {
	int level, name;
	bool set;
	const void *value;
	socklen_t len;
	/* What travels, and what is said to that. */
	const void *wire;
	uint32_t wire_len;
	int error;
	const void *answer;
	uint32_t answer_len;
};

static int option_call(int fd, const struct option *o)
{
	static char got[4096];
	socklen_t len = o->len;

	if (o->set)
		return setsockopt(fd, o->level, o->name, o->value, o->len) ? errno : 0;
	memset(got, 0x55, sizeof(got));
	if (getsockopt(fd, o->level, o->name, got, &len))
		return errno;
	if (len != (o->answer_len < o->len ? o->answer_len : o->len) ||
	    memcmp(got, o->answer, len) || got[len] != 0x55)
		return 255;
	return 0;
}

static void option(struct __test_metadata *_metadata, int far, int fd, const struct option *o)
{
	static struct {
		struct zoff_reply reply;
		unsigned char value[ZOFF_LENGTH_MAX - 4];
	} body;
	static struct far_msg m;
	const struct zoff_opt *opt = (const void *)m.body;
	int pid = fork();

	if (!pid)
		_exit(option_call(fd, o));
	ASSERT_TRUE(far_get_type(far, &m, o->set ? ZOFF_SETOPT : ZOFF_GETOPT));
	EXPECT_EQ(o->level, le32toh(opt->level));
	EXPECT_EQ(o->name, le32toh(opt->name));
	if (o->set) {
		EXPECT_EQ(sizeof(*opt) + o->wire_len, m.len) TH_LOG("option %d", o->name);
		EXPECT_EQ(0, memcmp(opt + 1, o->wire, o->wire_len)) TH_LOG("option %d", o->name);
	}
	body.reply.error = htole32(o->error);
	if (o->answer_len)
		memcpy(body.value, o->answer, o->answer_len);
	far_say(far, ZOFF_REPLY, m.sock, m.seq, &body, sizeof(body.reply) + o->answer_len);
	EXPECT_EQ(o->error, zs_wait(pid)) TH_LOG("option %d", o->name);
}

TEST_F(features, structures)
{
	static const unsigned char info[1000] = { 1, 2, 3, 4, [248] = 5, [999] = 6 };
	const struct option options[] = {
		{ SOL_TCP, TCP_INFO, .len = 248, .answer = info, .answer_len = 248 },
		{ SOL_TCP, TCP_INFO, .len = 248, .answer = info, .answer_len = 1000 },
		{ SOL_TCP, TCP_INFO, .len = 248, .answer = info, .answer_len = 104 },
		{ SOL_TCP, TCP_INFO, .len = 1, .answer = info, .answer_len = 248 },
		{ SOL_TCP, TCP_INFO, .len = 248, .answer = info, .answer_len = 0 },
		{ SOL_TCP, TCP_INFO, .len = 248, .error = ENOPROTOOPT },
		{ SOL_TCP, TCP_CC_INFO, .len = 20, .answer = info, .answer_len = 16 },
		{ SOL_TCP, TCP_CONGESTION, .len = 16, .answer = "bbr", .answer_len = 4 },
		{ SOL_TCP, TCP_CONGESTION, true, "cubic", 5, "cubic", 5 },
		{ SOL_TCP, TCP_CONGESTION, true, "nosuch", 6, "nosuch", 6, ENOENT },
	};
	unsigned char big[2000];
	size_t i;

	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		option(_metadata, self->far, self->fd, &options[i]);
	/* These are not the other side's to say. */
	EXPECT_EQ(-1, setsockopt(self->fd, SOL_TCP, TCP_INFO, big, 248));
	EXPECT_EQ(ENOPROTOOPT, errno);
	EXPECT_EQ(-1, setsockopt(self->fd, SOL_TCP, TCP_CONGESTION, big, sizeof(big)));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, setsockopt(self->fd, SOL_IP, IP_OPTIONS, big, 4));
	EXPECT_EQ(ENOPROTOOPT, errno);
	nothing(_metadata, self->far);
}

/* A group goes in the shortest form that says what the program said. */
TEST_F(features, groups)
{
	static const unsigned char
		mreqn[12] = "\xef\1\2\3\x7f\0\0\1\0\0\0\0",
		numbered[12] = "\xef\1\2\3\0\0\0\0\2\0\0\0";
	static const char mreq6[20] = "\xff\x15\0\0\0\0\0\0\0\0\0\0\0\0\0\1\3";
	const struct option options[] = {
		{ SOL_IP, IP_ADD_MEMBERSHIP, true, mreqn, 8, mreqn, 8 },
		{ SOL_IP, IP_ADD_MEMBERSHIP, true, mreqn, 11, mreqn, 8 },
		{ SOL_IP, IP_DROP_MEMBERSHIP, true, mreqn, 12, mreqn, 8 },
		{ SOL_IP, IP_ADD_MEMBERSHIP, true, numbered, 12, numbered, 12, ENODEV },
		{ SOL_IP, IP_MULTICAST_IF, true, mreqn + 4, 4, mreqn + 4, 4 },
		{ SOL_IP, IP_MULTICAST_IF, true, mreqn, 8, mreqn + 4, 4 },
		{ SOL_IP, IP_MULTICAST_IF, true, mreqn, 12, mreqn + 4, 4 },
		{ SOL_IP, IP_MULTICAST_IF, true, numbered, 12, numbered, 12 },
	};
	const struct option option6 = { SOL_IPV6, IPV6_JOIN_GROUP, true, mreq6, 20, mreq6, 20 };
	int fd = far_socket(NAME, SOCK_DGRAM);
	size_t i;

	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		option(_metadata, self->far, fd, &options[i]);
	EXPECT_EQ(-1, setsockopt(fd, SOL_IP, IP_ADD_MEMBERSHIP, mreqn, 7));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, setsockopt(fd, SOL_IP, IP_MULTICAST_IF, mreqn, 3));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, setsockopt(fd, SOL_IPV6, IPV6_JOIN_GROUP, mreq6, 20));
	EXPECT_EQ(ENOPROTOOPT, errno);
	close(fd);
	fd = socket(zs_family, SOCK_DGRAM | SOCK_CLOEXEC, ZSOCK_PROTO(AF_INET6, 0));
	ASSERT_EQ(0, setsockopt(fd, SOL_ZSOCK, ZSOCK_BACKEND, NAME, sizeof(NAME)));
	option(_metadata, self->far, fd, &option6);
	EXPECT_EQ(-1, setsockopt(fd, SOL_IPV6, IPV6_JOIN_GROUP, mreq6, 19));
	EXPECT_EQ(EINVAL, errno);
	close(fd);
}

/* ---- urgent data ---- */

FIXTURE(urgent)
{
	FIXTURE_DATA(features) c;
};

FIXTURE_SETUP(urgent)
{
	ASSERT_EQ(0, zs_new_netns());
	far_features = BASIC | ZOFF_F_URGENT;
	ASSERT_EQ(0, far_add(NAME, &self->c.far));
	ASSERT_EQ(0, start(&self->c));
}

FIXTURE_TEARDOWN(urgent)
{
	close(self->c.fd);
	close(self->c.far);
	far_del(NAME, true);
}

TEST_F(features, urgent_is_sent)
{
	bool urgent = variant->features & ZOFF_F_URGENT;

	errno = 0;
	EXPECT_EQ(urgent ? 3 : -1, send(self->fd, "abX", 3, MSG_OOB));
	EXPECT_EQ(urgent ? 0 : EOPNOTSUPP, errno);
	if (urgent) {
		data(_metadata, self->far, 2, 0);
		data(_metadata, self->far, 1, ZOFF_DATA_URGENT);
		ASSERT_EQ(1, send(self->fd, "Y", 1, MSG_OOB | MSG_MORE));
		data(_metadata, self->far, 1, ZOFF_DATA_URGENT);
	}
	ASSERT_EQ(2, send(self->fd, "cd", 2, 0));
	data(_metadata, self->far, 2, 0);
}

static void notice(FIXTURE_DATA(features) *c, uint32_t ahead, char byte)
{
	struct zoff_urgent body = { .ahead = htole32(ahead), .byte = byte };

	far_say(c->far, ZOFF_URGENT, c->id, 0, &body, sizeof(body));
}

static void flagged(FIXTURE_DATA(features) *c, const char *bytes, uint32_t len)
{
	char buf[sizeof(struct zoff_hdr) + 8];
	struct zoff_hdr *hdr = (void *)buf;

	far_header(hdr, len, ZOFF_DATA, c->id, 0);
	hdr->flags = htole16(ZOFF_DATA_URGENT);
	memcpy(hdr + 1, bytes, len);
	far_say_raw(c->far, buf, sizeof(*hdr) + len);
}

static void plain(FIXTURE_DATA(features) *c, const char *text)
{
	far_say(c->far, ZOFF_DATA, c->id, 0, text, strlen(text));
}

/* Until the kernel has taken all of that. */
static void taken(struct __test_metadata *_metadata, FIXTURE_DATA(features) *c)
{
	static struct far_msg m;

	far_say(c->far, ZOFF_PING, 0, 1, NULL, 0);
	ASSERT_TRUE(far_get_type(c->far, &m, ZOFF_PONG));
}

static int number(int fd, unsigned long what)
{
	int n = -1;

	return ioctl(fd, what, &n) ? -errno : n;
}

/* What is read at once: a string. */
static const char *got(int fd, int flags)
{
	static char buf[64];
	ssize_t n = recv(fd, buf, sizeof(buf) - 1, flags | MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN ? "(none)" : errno == EINVAL ? "(invalid)" : "(error)";
	buf[n] = '\0';
	return buf;
}

/* Bytes of memory that wait to be read. */
static long memory(int fd)
{
	uint32_t info[SK_MEMINFO_VARS] = { 0 };
	socklen_t len = sizeof(info);

	if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &len))
		return -1;
	return info[SK_MEMINFO_RMEM_ALLOC];
}

TEST_F(urgent, as_it_comes)
{
	FIXTURE_DATA(features) *c = &self->c;

	EXPECT_STREQ("(invalid)", got(c->fd, MSG_OOB));
	EXPECT_EQ(0, number(c->fd, SIOCATMARK));
	notice(c, 4, 'X');
	EXPECT_EQ(POLLPRI, zs_poll(c->fd, POLLPRI | POLLIN, SOON));
	EXPECT_EQ(0, number(c->fd, SIOCATMARK));
	plain(c, "ab");
	taken(_metadata, c);
	EXPECT_STREQ("X", got(c->fd, MSG_OOB | MSG_PEEK));
	EXPECT_STREQ("ab", got(c->fd, 0));
	EXPECT_EQ(0, number(c->fd, SIOCATMARK));
	plain(c, "cd");
	flagged(c, "X", 1);
	plain(c, "ef");
	taken(_metadata, c);
	EXPECT_EQ(2, number(c->fd, SIOCINQ));
	EXPECT_STREQ("cd", got(c->fd, MSG_PEEK));
	EXPECT_STREQ("cd", got(c->fd, MSG_WAITALL));
	EXPECT_EQ(1, number(c->fd, SIOCATMARK));
	EXPECT_EQ(0, number(c->fd, SIOCINQ));
	EXPECT_EQ(POLLPRI | POLLIN, zs_poll(c->fd, POLLPRI | POLLIN, SOON));
	EXPECT_STREQ("X", got(c->fd, MSG_OOB));
	EXPECT_EQ(POLLIN, zs_poll(c->fd, POLLPRI | POLLIN, SOON));
	EXPECT_EQ(1, number(c->fd, SIOCATMARK));
	EXPECT_STREQ("(invalid)", got(c->fd, MSG_OOB));
	EXPECT_STREQ("ef", got(c->fd, MSG_PEEK));
	EXPECT_STREQ("ef", got(c->fd, 0));
	EXPECT_EQ(0, number(c->fd, SIOCATMARK));
	EXPECT_EQ(0, number(c->fd, SIOCINQ));
}

/* Where there is nothing before it, the mark is where reading is. */
TEST_F(urgent, alone)
{
	FIXTURE_DATA(features) *c = &self->c;

	notice(c, 0, 'X');
	EXPECT_EQ(POLLPRI, zs_poll(c->fd, POLLPRI, SOON));
	EXPECT_EQ(1, number(c->fd, SIOCATMARK));
	flagged(c, "X", 1);
	taken(_metadata, c);
	EXPECT_EQ(1, number(c->fd, SIOCATMARK));
	EXPECT_STREQ("(none)", got(c->fd, 0));
	EXPECT_EQ(0, zs_poll(c->fd, POLLIN, 0));
	/* One that follows takes its place, and so does a third. */
	notice(c, 0, 'Y');
	flagged(c, "Y", 1);
	notice(c, 0, 'Z');
	flagged(c, "Z", 1);
	taken(_metadata, c);
	EXPECT_EQ(1, number(c->fd, SIOCATMARK));
	EXPECT_STREQ("(none)", got(c->fd, MSG_PEEK));
	plain(c, "a");
	taken(_metadata, c);
	EXPECT_STREQ("Z", got(c->fd, MSG_OOB | MSG_PEEK));
	EXPECT_STREQ("a", got(c->fd, 0));
	EXPECT_STREQ("(invalid)", got(c->fd, MSG_OOB));
	/* It is passed by the end, too. */
	notice(c, 0, 'X');
	flagged(c, "X", 1);
	far_say(c->far, ZOFF_END, c->id, 0, NULL, 0);
	taken(_metadata, c);
	EXPECT_STREQ("", got(c->fd, 0));
	EXPECT_STREQ("X", got(c->fd, MSG_OOB));
}

/* One that was not reached before a newer one came is as other bytes are. */
TEST_F(urgent, superseded)
{
	FIXTURE_DATA(features) *c = &self->c;

	notice(c, 1, 'X');
	plain(c, "a");
	flagged(c, "X", 1);
	plain(c, "b");
	taken(_metadata, c);
	EXPECT_EQ(1, number(c->fd, SIOCINQ));
	notice(c, 1, 'Y');
	plain(c, "c");
	flagged(c, "Y", 1);
	plain(c, "d");
	taken(_metadata, c);
	EXPECT_EQ(4, number(c->fd, SIOCINQ));
	EXPECT_STREQ("aXbc", got(c->fd, 0));
	EXPECT_EQ(1, number(c->fd, SIOCATMARK));
	EXPECT_STREQ("Y", got(c->fd, MSG_OOB));
	EXPECT_STREQ("d", got(c->fd, 0));
	/* More data than was said to come before it: there is none. */
	notice(c, 1, 'Z');
	plain(c, "ef");
	taken(_metadata, c);
	EXPECT_STREQ("(invalid)", got(c->fd, MSG_OOB));
	EXPECT_EQ(0, zs_poll(c->fd, POLLPRI, 0));
	EXPECT_STREQ("ef", got(c->fd, 0));
}

TEST_F(urgent, in_line)
{
	FIXTURE_DATA(features) *c = &self->c;

	ASSERT_EQ(0, zs_setint(c->fd, SOL_SOCKET, SO_OOBINLINE, 1));
	EXPECT_EQ(1, zs_getint(c->fd, SOL_SOCKET, SO_OOBINLINE));
	notice(c, 1, 'X');
	plain(c, "a");
	flagged(c, "X", 1);
	plain(c, "b");
	taken(_metadata, c);
	EXPECT_EQ(POLLPRI | POLLIN, zs_poll(c->fd, POLLPRI | POLLIN, SOON));
	EXPECT_STREQ("(invalid)", got(c->fd, MSG_OOB));
	EXPECT_EQ(3, number(c->fd, SIOCINQ));
	EXPECT_STREQ("a", got(c->fd, 0));
	EXPECT_EQ(1, number(c->fd, SIOCATMARK));
	EXPECT_STREQ("Xb", got(c->fd, MSG_PEEK));
	/* There and back again, while it waits. */
	ASSERT_EQ(0, zs_setint(c->fd, SOL_SOCKET, SO_OOBINLINE, 0));
	EXPECT_STREQ("b", got(c->fd, MSG_PEEK));
	EXPECT_STREQ("X", got(c->fd, MSG_OOB | MSG_PEEK));
	ASSERT_EQ(0, zs_setint(c->fd, SOL_SOCKET, SO_OOBINLINE, 1));
	EXPECT_EQ(2, number(c->fd, SIOCINQ));
	EXPECT_STREQ("Xb", got(c->fd, 0));
	EXPECT_EQ(0, zs_poll(c->fd, POLLPRI | POLLIN, 0));
	notice(c, 0, 'Y');
	flagged(c, "Y", 1);
	notice(c, 0, 'Z');
	flagged(c, "Z", 1);
	taken(_metadata, c);
	EXPECT_STREQ("Y", got(c->fd, 0));
	EXPECT_EQ(1, number(c->fd, SIOCATMARK));
	EXPECT_STREQ("Z", got(c->fd, 0));
}

TEST_F(urgent, signal)
{
	struct timespec ts = { SOON / 1000, 0 };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGURG);
	sigprocmask(SIG_BLOCK, &set, NULL);
	ASSERT_EQ(0, fcntl(self->c.fd, F_SETOWN, getpid()));
	notice(&self->c, 0, 'X');
	EXPECT_EQ(SIGURG, sigtimedwait(&set, NULL, &ts));
}

/* What was passed costs the far side no credit for good: all of it comes back, and a window more. */
TEST_F(urgent, credit)
{
	enum { HALF = 128 << 10 };
	static char buf[HALF];
	static struct far_msg m;
	FIXTURE_DATA(features) *c = &self->c;
	uint32_t more;

	notice(c, HALF - 3, 'Y');
	far_say(c->far, ZOFF_DATA, c->id, 0, buf, HALF / 2);
	far_say(c->far, ZOFF_DATA, c->id, 0, buf, HALF / 2 - 3);
	flagged(c, "Y", 1);
	taken(_metadata, c);
	ASSERT_EQ(HALF - 3, recv(c->fd, buf, HALF, MSG_WAITALL));
	notice(c, 0, 'Z');
	flagged(c, "Z", 1);
	plain(c, "!");
	taken(_metadata, c);
	ASSERT_STREQ("!", got(c->fd, 0));
	ASSERT_TRUE(far_get_type(c->far, &m, ZOFF_CREDIT));
	memcpy(&more, m.body, sizeof(more));
	EXPECT_EQ(HALF + 2 * HALF, le32toh(more));
}

/* A program that takes urgent data alone: what it passed is gone, and its credit is back. */
TEST_F(urgent, nothing_else)
{
	enum { HALF = 128 << 10, MARKS = 100 };
	static char buf[HALF];
	static struct far_msg m;
	FIXTURE_DATA(features) *c = &self->c;
	int i;

	far_say(c->far, ZOFF_DATA, c->id, 0, buf, HALF / 2);
	far_say(c->far, ZOFF_DATA, c->id, 0, buf, HALF / 2 - MARKS);
	taken(_metadata, c);
	ASSERT_EQ(HALF - MARKS, recv(c->fd, buf, HALF - MARKS, MSG_WAITALL));
	for (i = 0; i < MARKS; i++) {
		notice(c, 0, 'a' + i % 26);
		flagged(c, "X", 1);
		taken(_metadata, c);
		ASSERT_EQ(1, recv(c->fd, buf, 1, MSG_OOB));
		ASSERT_EQ('a' + i % 26, buf[0]);
	}
	notice(c, 0, 'Z');
	EXPECT_TRUE(far_get_type(c->far, &m, ZOFF_CREDIT));
	EXPECT_GE(64 << 10, memory(c->fd));
}

/* Bytes of which each was urgent once take not much more memory than others do. */
static void unread(struct __test_metadata *_metadata, FIXTURE_DATA(features) *c,
		   const char *between)
{
	static char all[65536], want[65536];
	size_t len = strlen(between), n = 0;
	int i;

	plain(c, "a");
	want[n++] = 'a';
	for (i = 0; i < 3000; i++) {
		notice(c, 0, 'X');
		flagged(c, "X", 1);
		want[n++] = 'X';
		if (len)
			plain(c, between);
		memcpy(want + n, between, len);
		n += len;
		if (i % 100 == 99)
			taken(_metadata, c);
	}
	EXPECT_GE(3 << 20, memory(c->fd));
	ASSERT_EQ(0, zs_setint(c->fd, SOL_SOCKET, SO_OOBINLINE, 1));
	EXPECT_EQ(n, number(c->fd, SIOCINQ));
	for (i = 0, len = n; len && i < 10; i++) {
		ssize_t got = recv(c->fd, all + n - len, len, MSG_DONTWAIT);

		ASSERT_LT(0, got);
		len -= got;
	}
	EXPECT_EQ(0, memcmp(all, want, n));
	EXPECT_EQ(ZSOCK_BACKEND_STATE_UP, far_state(NAME));
}

TEST_F(urgent, unread) { unread(_metadata, &self->c, ""); }
TEST_F(urgent, unread_between) { unread(_metadata, &self->c, "b"); }

/* Marks from one end, all that a program can do at the other, by several tasks at once. */
TEST_F_TIMEOUT(urgent, stress, 60)
{
	FIXTURE_DATA(features) *c = &self->c;
	long long end = zs_now_ms() + 2000;
	struct far_msg m;
	int pids[3], i;
	char buf[8];

	for (i = 0; i < 3; i++) {
		pids[i] = fork();
		while (!pids[i]) {
			recv(c->fd, buf, 1 + random() % 8, MSG_DONTWAIT | (random() % 4 ? 0 : MSG_PEEK));
			recv(c->fd, buf, 1, MSG_OOB);
			number(c->fd, random() % 2 ? SIOCATMARK : SIOCINQ);
			if (!(random() % 8))
				zs_setint(c->fd, SOL_SOCKET, SO_OOBINLINE, random() % 2);
		}
	}
	for (i = 0; zs_now_ms() < end; i++) {
		notice(c, i % 3, '0' + i % 10);
		if (i % 3)
			far_say(c->far, ZOFF_DATA, c->id, 0, "ab", i % 3);
		flagged(c, "X", 1);
		if (i % 5 == 4)
			plain(c, "behind");
		taken(_metadata, c);
		while (far_get(c->far, &m, 0) == 1)
			;
	}
	for (i = 0; i < 3; i++)
		kill(pids[i], SIGKILL);
	for (i = 0; i < 3; i++)
		zs_wait(pids[i]);
	/* Whatever they left, nothing is miscounted. */
	ASSERT_EQ(0, zs_setint(c->fd, SOL_SOCKET, SO_OOBINLINE, 1));
	while (recv(c->fd, buf, sizeof(buf), MSG_DONTWAIT) > 0)
		;
	EXPECT_EQ(0, number(c->fd, SIOCINQ));
	EXPECT_EQ(ZSOCK_BACKEND_STATE_UP, far_state(NAME));
}

/* What is there is enough from now on: who waits for it already is told. */
TEST_F(urgent, lowat)
{
	FIXTURE_DATA(features) *c = &self->c;
	struct epoll_event ev = { .events = EPOLLIN };
	int ep = epoll_create1(EPOLL_CLOEXEC);

	ASSERT_EQ(0, zs_setint(c->fd, SOL_SOCKET, SO_RCVLOWAT, 10));
	plain(c, "abc");
	taken(_metadata, c);
	ASSERT_EQ(0, epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &ev));
	EXPECT_EQ(0, epoll_wait(ep, &ev, 1, 0));
	ASSERT_EQ(0, zs_setint(c->fd, SOL_SOCKET, SO_RCVLOWAT, 3));
	EXPECT_EQ(1, epoll_wait(ep, &ev, 1, SOON));
	close(ep);
}

TEST_F(urgent, hostile)
{
	FIXTURE_DATA(features) *c = &self->c;
	struct zoff_urgent body;
	int i;

	for (i = 0; i < 10; i++) {
		memset(&body, 0, sizeof(body));
		if (i == 0)
			flagged(c, "X", 1);
		else if (i == 1)
			notice(c, 1, 'X'), flagged(c, "X", 1);
		else if (i == 2)
			notice(c, 0, 'X'), flagged(c, "XY", 2);
		else if (i == 3)
			notice(c, 0, 'X'), flagged(c, "", 0);
		else if (i == 4)
			notice(c, 0, 'X'), flagged(c, "X", 1), flagged(c, "X", 1);
		else if (i == 5)
			notice(c, 0x80000000u, 'X');
		else if (i == 6)
			far_say(c->far, ZOFF_URGENT, c->id, 0, &body, 7);
		else if (i == 7)
			body.reserved[2] = 1, far_say(c->far, ZOFF_URGENT, c->id, 0, &body, 8);
		else if (i == 8)
			far_say(c->far, ZOFF_URGENT, c->id, 1, &body, 8);
		else
			far_say(c->far, ZOFF_END, c->id, 0, NULL, 0), notice(c, 0, 'X');
		EXPECT_TRUE(far_hung_up(c->far, SOON)) TH_LOG("number %d", i);
		EXPECT_TRUE(far_is(NAME, ZSOCK_BACKEND_STATE_DOWN, SOON));
		close(c->fd);
		close(c->far);
		ASSERT_EQ(0, far_pipe(NAME, &c->far));
		ASSERT_EQ(0, start(c));
	}
}

TEST_HARNESS_MAIN
