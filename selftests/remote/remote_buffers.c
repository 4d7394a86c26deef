// SPDX-License-Identifier: GPL-2.0
/*
 * However the other side's writes cut messages up or put them together, and whether the
 * pipe has copies or pages of its, each program reads what was for it; and those that do not
 * read are in nobody's way. And however what programs send is cut up, it is there soon.
 */
#include <endian.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "far.h"
#include "zs.h"

#define NAME	"far0"
#define SOON	9000	/* ms */
#define WINDOW	(256 << 10)
#define SOCKS	3
/* What is not read yet of a round; credit comes back when it was. */
#define ROUND	(WINDOW / 2)
#define ROOM	(2 * SOCKS * ROUND)

struct stream {
	int fd;
	uint32_t id;
	size_t sent, got;
};

FIXTURE(buffers)
{
	int far;
	struct stream s[SOCKS];
	unsigned int seed;
};

FIXTURE_VARIANT(buffers) { bool vsock; unsigned int bytes; };
FIXTURE_VARIANT_ADD(buffers, unix) { .vsock = false };
FIXTURE_VARIANT_ADD(buffers, vsock) { .vsock = true };
/* Which never have room for a large message. */
FIXTURE_VARIANT_ADD(buffers, small) { .vsock = true, .bytes = 20000 };

static unsigned int any(unsigned int *seed, unsigned int most)
{
	*seed = *seed * 1103515245 + 12345;
	return 1 + (*seed >> 8) % most;
}

static int start(int far, struct stream *s)
{
	static struct far_msg m;
	union zs_addr to;
	socklen_t len = zs_loopback(&to, AF_INET, 80);

	s->fd = far_socket(NAME, SOCK_STREAM);
	zs_nonblock(s->fd, true);
	if (!connect(s->fd, &to.sa, len) || errno != EINPROGRESS)
		return -1;
	do {
		if (far_get(far, &m, SOON) != 1)
			return -1;
		if (m.type != ZOFF_CONNECT)
			far_serve_one(far, &m);
	} while (m.type != ZOFF_CONNECT);
	s->id = m.sock;
	far_reply_name(far, &m);
	return zs_poll(s->fd, POLLOUT, SOON) == POLLOUT ? 0 : -1;
}

FIXTURE_SETUP(buffers)
{
	int i;

	self->seed = 1;
	far_vsock = variant->vsock;
	far_vsock_buffer = variant->bytes;
	if (variant->vsock)
		ASSERT_EQ(0, system("modprobe -q vsock_loopback || :"));
	ASSERT_EQ(0, zs_new_netns());
	ASSERT_EQ(0, far_add(NAME, &self->far));
	for (i = 0; i < SOCKS; i++)
		ASSERT_EQ(0, start(self->far, &self->s[i]));
}

FIXTURE_TEARDOWN(buffers)
{
	int i;

	for (i = 0; i < SOCKS; i++)
		close(self->s[i].fd);
	close(self->far);
	far_del(NAME, true);
	EXPECT_EQ(0, far_state(NAME));
}

/* ---- what is said, and read ---- */

static char at(const struct stream *s, size_t where)
{
	return where * 7 + (where >> 8) * 13 + s->id * 101;
}

static size_t message(struct stream *s, char *to, size_t len)
{
	size_t i;

	far_header((void *)to, len, ZOFF_DATA, s->id, 0);
	to += sizeof(struct zoff_hdr);
	for (i = 0; i < len; i++)
		to[i] = at(s, s->sent++);
	return sizeof(struct zoff_hdr) + len;
}

/* Messages of all sizes for all of them, up to @each bytes. */
static size_t messages(FIXTURE_DATA(buffers) *self, char *to, size_t each)
{
	static const unsigned int most[] = { 3, 40, 1100, 5000, 33000, ZOFF_DATA_MAX };
	size_t n, done = 0, left[SOCKS] = { each, each, each };
	int i;

	while (left[0] || left[1] || left[2]) {
		i = any(&self->seed, SOCKS) - 1;
		n = any(&self->seed, most[any(&self->seed, 6) - 1]);
		n = n < left[i] ? n : left[i];
		if (!n || done + n + 100 > ROOM)
			n = left[i] < ZOFF_DATA_MAX ? left[i] : ZOFF_DATA_MAX;
		if (!n)
			continue;
		done += message(&self->s[i], to + done, n);
		left[i] -= n;
	}
	return done;
}

/* The first byte that is wrong, or -1. */
static long wrong(const struct stream *s, const char *data, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (data[i] != at(s, s->got + i))
			return s->got + i;
	return -1;
}

/* All that was sent, in parts of any size, some looked at before. 0 or -1. */
static int read_all(struct stream *s, unsigned int *seed)
{
	static char data[100000];
	ssize_t n;

	while (s->got < s->sent) {
		size_t want = any(seed, sizeof(data));
		int peeks = any(seed, 3) == 1;

		if (!(zs_poll(s->fd, POLLIN, SOON) & POLLIN))
			return -1;
		n = recv(s->fd, data, want, peeks ? MSG_PEEK : 0);
		if (n <= 0 || wrong(s, data, n) >= 0)
			return -1;
		s->got += peeks ? 0 : n;
	}
	return recv(s->fd, data, 1, 0) == -1 && errno == EAGAIN ? 0 : -1;
}

static int read_each(struct __test_metadata *_metadata, FIXTURE_DATA(buffers) *self)
{
	int i;

	for (i = 0; i < SOCKS; i++) {
		if (!read_all(&self->s[i], &self->seed))
			continue;
		TH_LOG("socket %d, byte %zu of %zu", i, self->s[i].got, self->s[i].sent);
		return -1;
	}
	return 0;
}

/* ---- writes of all sizes ---- */

static void say_in_parts(FIXTURE_DATA(buffers) *self, const char *from, size_t len,
			 unsigned int most)
{
	size_t n;

	while (len) {
		n = any(&self->seed, most);
		n = n < len ? n : len;
		far_say_raw(self->far, from, n);
		from += n;
		len -= n;
	}
}

TEST_F_TIMEOUT(buffers, any_size, 90)
{
	static const struct {
		unsigned int most;	/* bytes of a write */
		size_t each;		/* of a socket's */
	} rounds[] = {
		{ 1, 500 }, { 30, 5000 }, { 2000, 60000 }, { 20000, ROUND },
		{ 70000, ROUND }, { 400000, ROUND },
	};
	static char data[ROOM + ZOFF_LENGTH_MAX];
	size_t r, len;

	for (r = 0; r < sizeof(rounds) / sizeof(rounds[0]); r++) {
		len = messages(self, data, rounds[r].each);
		say_in_parts(self, data, len, rounds[r].most);
		ASSERT_EQ(0, read_each(_metadata, self)) TH_LOG("writes of up to %u", rounds[r].most);
	}
	EXPECT_EQ(ZSOCK_BACKEND_STATE_UP, far_state(NAME));
}

/* The pipe has pages of a file, not copies. */
TEST_F_TIMEOUT(buffers, of_a_file, 60)
{
	static char data[ROOM + ZOFF_LENGTH_MAX];
	int round, file = memfd_create("messages", MFD_CLOEXEC);
	size_t len;
	off_t off;

	ASSERT_GE(file, 0);
	for (round = 0; round < 4; round++) {
		len = messages(self, data, ROUND);
		ASSERT_EQ(len, pwrite(file, data, len, 0));
		off = 0;
		while (off < (off_t)len)
			ASSERT_GT(sendfile(self->far, file, &off,
					   any(&self->seed, len - off)), 0);
		ASSERT_EQ(0, read_each(_metadata, self)) TH_LOG("round %d", round);
	}
	EXPECT_EQ(ZSOCK_BACKEND_STATE_UP, far_state(NAME));
	close(file);
}

/* A message whose half is late is read when it is there, and up to there. */
TEST_F(buffers, half)
{
	static char data[ZOFF_LENGTH_MAX];
	struct stream *s = &self->s[0];
	size_t len = message(s, data, ZOFF_DATA_MAX);

	far_say_raw(self->far, data, len / 2);
	/* Others wait for it, too: their messages are behind it. */
	zs_sleep_ms(100);
	far_say_raw(self->far, data + len / 2, len - len / 2);
	EXPECT_EQ(0, read_all(s, &self->seed));
	/* Nor does a byte of urgent data of the pipe's hurt. */
	if (!variant->vsock)
		EXPECT_EQ(1, send(self->far, "!", 1, MSG_OOB));
	len = message(s, data, 50000);
	far_say_raw(self->far, data, len);
	EXPECT_EQ(0, read_all(s, &self->seed));
}

/* ---- who does not read ---- */

/* All their windows are more than may wait in the pipe's own buffers. */
#define STALLED	80

static int fill(int far, struct stream *s)
{
	static char data[ZOFF_LENGTH_MAX];
	int i;

	if (start(far, s))
		return -1;
	for (i = 0; i < WINDOW / ZOFF_DATA_MAX; i++)
		far_say_raw(far, data, message(s, data, ZOFF_DATA_MAX));
	return 0;
}

TEST_F_TIMEOUT(buffers, stalled, 90)
{
	static struct stream many[STALLED];
	struct stream *s = &self->s[0];
	static char data[ZOFF_LENGTH_MAX];
	int i;

	for (i = 0; i < STALLED; i++)
		ASSERT_EQ(0, fill(self->far, &many[i]));
	far_say_raw(self->far, data, message(s, data, 60000));
	EXPECT_EQ(0, read_all(s, &self->seed));
	/* Half of them go without having read. */
	for (i = 0; i < STALLED; i++) {
		if (i % 2)
			EXPECT_EQ(0, read_all(&many[i], &self->seed)) TH_LOG("socket %d", i);
		close(many[i].fd);
	}
	far_say_raw(self->far, data, message(s, data, 60000));
	EXPECT_EQ(0, read_all(s, &self->seed));
	EXPECT_EQ(ZSOCK_BACKEND_STATE_UP, far_state(NAME));
}

/* ---- what the program sends, however it is cut up for the pipe ---- */

/* Packets of a vsock pipe have 64 KiB; a message has its header beside that. */
static const size_t sizes[] = {
	65536, 65536, 65536, 65520, 65521, 65519, 1, 65536, 8192, 65536, 16, 200000, 65536, 131072,
};

static void pattern(struct stream *s, char *to, size_t len)
{
	while (len--)
		*to++ = at(s, s->sent++);
}

/* By a child, which waits where it has to. */
static int send_all(struct stream *s, int rounds)
{
	static char data[200000];
	size_t i;

	zs_nonblock(s->fd, false);
	while (rounds--) {
		for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			pattern(s, data, sizes[i]);
			if (send(s->fd, data, sizes[i], MSG_NOSIGNAL) != (ssize_t)sizes[i])
				return 1;
		}
	}
	return 0;
}

static size_t round_bytes(void)
{
	size_t i, n = 0;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		n += sizes[i];
	return n;
}

/* What one of them sent, which is right; its credit is given back. 0 or -1. */
static int take_data(FIXTURE_DATA(buffers) *self)
{
	static struct far_msg m;
	struct zoff_credit credit;
	struct stream *s;
	int i;

	if (far_get(self->far, &m, SOON) != 1 || m.type != ZOFF_DATA)
		return -1;
	for (i = 0; i < SOCKS && self->s[i].id != m.sock; i++)
		;
	if (i == SOCKS)
		return -1;
	s = &self->s[i];
	if (wrong(s, (char *)m.body, m.len) >= 0)
		return -1;
	s->got += m.len;
	credit.more = htole32(m.len);
	far_say(self->far, ZOFF_CREDIT, s->id, 0, &credit, sizeof(credit));
	return 0;
}

/* Nothing comes behind it, and no call follows: it is there soon all the same. */
TEST_F(buffers, last_bytes)
{
	struct zoff_credit credit = { .more = htole32(4 << 20) };
	static char data[65536];
	size_t i;

	for (i = 0; i < SOCKS; i++) {
		far_say(self->far, ZOFF_CREDIT, self->s[i].id, 0, &credit, sizeof(credit));
		zs_nonblock(self->s[i].fd, false);
	}
	for (i = 0; i < 20; i++) {
		struct stream *s = &self->s[i % SOCKS];

		pattern(s, data, sizeof(data));
		ASSERT_EQ(sizeof(data), send(s->fd, data, sizeof(data), 0));
		while (s->got < s->sent) {
			ASSERT_EQ(0, take_data(self))
				TH_LOG("%zu: %zu of %zu", i, s->got, s->sent);
		}
	}
}

/* Nor does a program wait that wants an answer, or one that closes. */
TEST_F(buffers, last_bytes_and)
{
	static char data[65536];
	struct stream *s = self->s;
	struct far_msg m;
	int i;

	for (i = 0; i < SOCKS; i++) {
		pattern(&s[i], data, sizeof(data));
		ASSERT_EQ(sizeof(data), send(s[i].fd, data, sizeof(data), 0));
	}
	EXPECT_EQ(-1, recv(s[0].fd, data, 1, 0));
	EXPECT_EQ(0, zs_poll(s[1].fd, POLLIN, 0));
	close(s[2].fd);
	for (i = 0; i < SOCKS; i++)
		while (s[i].got < sizeof(data)) {
			ASSERT_EQ(0, take_data(self)) TH_LOG("socket %d: %zu", i, s[i].got);
		}
	ASSERT_EQ(1, far_get(self->far, &m, SOON));
	EXPECT_EQ(ZOFF_CLOSE, m.type);
	far_reply(self->far, &m, 0);
	s[2].fd = -1;
}

/* A child for each of them, which has all the credit that it needs. */
static void start_senders(FIXTURE_DATA(buffers) *self, int pids[SOCKS])
{
	struct zoff_credit credit = { .more = htole32(4 << 20) };
	int i;

	for (i = 0; i < SOCKS; i++) {
		far_say(self->far, ZOFF_CREDIT, self->s[i].id, 0, &credit, sizeof(credit));
		pids[i] = fork();
		if (!pids[i])
			_exit(send_all(&self->s[i], 3));
	}
}

/* All at once, more than the pipe takes. */
TEST_F_TIMEOUT(buffers, senders, 90)
{
	size_t all = 3 * round_bytes();
	int i, pids[SOCKS];

	start_senders(self, pids);
	/* The pipe fills up meanwhile. */
	zs_sleep_ms(200);
	while (self->s[0].got < all || self->s[1].got < all || self->s[2].got < all) {
		ASSERT_EQ(0, take_data(self));
	}
	for (i = 0; i < SOCKS; i++)
		EXPECT_EQ(0, zs_wait(pids[i]));
	EXPECT_EQ(ZSOCK_BACKEND_STATE_UP, far_state(NAME));
}

/* The pipe ends while some bytes wait for more, and senders for room. */
TEST_F_TIMEOUT(buffers, end_while_sending, 60)
{
	static char data[65536];
	int i, pids[SOCKS];

	start_senders(self, pids);
	zs_sleep_ms(100);
	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, take_data(self));
	}
	shutdown(self->far, SHUT_RDWR);
	for (i = 0; i < SOCKS; i++)
		EXPECT_EQ(1, zs_wait(pids[i]));
	close(self->far);
	ASSERT_TRUE(far_is(NAME, ZSOCK_BACKEND_STATE_DOWN, SOON));
	/* And once more with nobody who waits. */
	ASSERT_EQ(0, far_pipe(NAME, &self->far));
	close(self->s[0].fd);
	ASSERT_EQ(0, start(self->far, &self->s[0]));
	EXPECT_EQ(sizeof(data), send(self->s[0].fd, data, sizeof(data), 0));
	shutdown(self->far, SHUT_RDWR);
	EXPECT_TRUE(far_is(NAME, ZSOCK_BACKEND_STATE_DOWN, SOON));
}

TEST_HARNESS_MAIN
