// SPDX-License-Identifier: GPL-2.0
/*
 * What goes through a pipe only where both sides have said that they know it; and where the
 * other one has not, it sees nothing of it.
 */
#include <endian.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "far.h"
#include "zs.h"

#define NAME	"far0"
#define SOON	5000	/* ms */
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
	struct {
		struct zoff_reply reply;
		unsigned char value[ZOFF_LENGTH_MAX - 4];
	} static body;
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

TEST_HARNESS_MAIN
