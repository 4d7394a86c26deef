// SPDX-License-Identifier: GPL-2.0
/*
 * What goes through a pipe only where both sides have said that they know it; and where the
 * other one has not, it sees nothing of it.
 */
#include <endian.h>
#include <errno.h>
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

TEST_HARNESS_MAIN
