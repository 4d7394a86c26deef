// SPDX-License-Identifier: GPL-2.0
/*
 * Several records of one send() go to TCP together: that they do, that the last
 * byte is as prompt as it was, and that the socket is not left corked whatever
 * became of the call. TCP itself sends what a cork holds after 200 ms.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/time.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "agent.h"
#include "zs.h"

#define ROOM	(1 << 20)
/* More than a record, and less than half of the first window, as which TCP takes a segment. */
#define SEVERAL	32000
/* Below the 200 ms, and above what it takes the slowest guest, now and then at least. */
#define PROMPT_MS 180

static char out[ROOM], in[ROOM];

FIXTURE(cork) {
	struct agent agent;
	int fd[2];		/* the secure socket, and kTLS without the module */
};
FIXTURE_VARIANT(cork) { int version; };
FIXTURE_VARIANT_ADD(cork, v12) { .version = 0x0303 };
FIXTURE_VARIANT_ADD(cork, v13) { .version = 0x0304 };

/* A listener, corked if that is wanted, and what comes of it. */
static int accepted(int cork, int version, int fd[2])
{
	int listener = socket(zs_family, SOCK_STREAM, ZSOCK_PROTO(AF_INET, IPPROTO_TLS_1_2));
	union zs_addr addr;
	socklen_t len = zs_loopback(&addr, AF_INET, 0);

	fd[1] = socket(AF_INET, SOCK_STREAM, 0);
	if (zs_setint(listener, IPPROTO_TCP, TCP_CORK, cork) ||
	    bind(listener, &addr.sa, len) || listen(listener, 10) ||
	    getsockname(listener, &addr.sa, &len) || connect(fd[1], &addr.sa, len))
		return -1;
	fd[0] = accept(listener, NULL, NULL);
	close(listener);
	return fd[0] < 0 ? -1 : agent_ktls(fd[1], version);
}

FIXTURE_SETUP(cork)
{
	self->agent = (struct agent){ .version = variant->version, .alert = -1 };
	ASSERT_EQ(0, agent_start(&self->agent));
	ASSERT_EQ(0, accepted(0, variant->version, self->fd));
	ASSERT_EQ(0, zs_setint(self->fd[0], IPPROTO_TCP, TCP_NODELAY, 1));
}

FIXTURE_TEARDOWN(cork)
{
	close(self->fd[0]);
	close(self->fd[1]);
	agent_stop(&self->agent);
}

/* A stream of bytes of which each tells where it belongs. */
static void fill(size_t total)
{
	size_t i;

	for (i = 0; i < total; i++)
		out[i] = i * 7 + (i >> 8) * 3;
}

static int corked(int fd)
{
	return zs_getint(fd, IPPROTO_TCP, TCP_CORK);
}

/* Segments with data that have been sent, not counting what a slow machine sent again. */
static int segments(int fd)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len))
		return -1000;
	return info.tcpi_data_segs_out - info.tcpi_total_retrans;
}

static bool reads(int fd, size_t total)
{
	return recv(fd, in, total, MSG_WAITALL) == total && !memcmp(in, out, total);
}

/* How long it takes until the last byte is there; the best of some, or -1. */
static int arrival_ms(int fd[2], size_t size)
{
	int best = -1, i, ms;
	long long began;

	fill(size);
	for (i = 0; i < 30 && (best < 0 || best >= PROMPT_MS); i++) {
		began = zs_now_ms();
		if (send(fd[0], out, size, 0) != size || !reads(fd[1], size))
			return -1;
		ms = zs_now_ms() - began;
		if (best < 0 || ms < best)
			best = ms;
	}
	return best;
}

#define EXPECT_PROMPT(size)						\
do {									\
	int _ms = arrival_ms(self->fd, size);				\
	EXPECT_GE(_ms, 0);						\
	EXPECT_LT(_ms, PROMPT_MS) { TH_LOG("%d bytes", (int)(size)); }	\
	EXPECT_EQ(0, corked(self->fd[0]));				\
} while (0)

/* ---- that they go together ---- */

TEST_F(cork, one_segment)
{
	int before = segments(self->fd[0]);

	fill(SEVERAL);
	ASSERT_EQ(SEVERAL, send(self->fd[0], out, SEVERAL, 0));
	EXPECT_TRUE(reads(self->fd[1], SEVERAL));
	EXPECT_EQ(before + 1, segments(self->fd[0]));
}

TEST_F(cork, one_segment_of_a_file)
{
	int before = segments(self->fd[0]), file = memfd_create("cork", 0);
	off_t at = 0;

	fill(SEVERAL);
	ASSERT_EQ(SEVERAL, write(file, out, SEVERAL));
	ASSERT_EQ(SEVERAL, sendfile(self->fd[0], file, &at, SEVERAL));
	EXPECT_TRUE(reads(self->fd[1], SEVERAL));
	EXPECT_EQ(before + 1, segments(self->fd[0]));
	EXPECT_EQ(0, corked(self->fd[0]));
	close(file);
}

/* ---- that nothing is held ---- */

TEST_F(cork, prompt)
{
	static const int sizes[] = { 16384, 16385, 32768, 40000, 65536, 100000 };
	unsigned int i, nodelay;

	for (nodelay = 0; nodelay < 2; nodelay++) {
		zs_setint(self->fd[0], IPPROTO_TCP, TCP_NODELAY, nodelay);
		for (i = 0; i < ARRAY_SIZE(sizes); i++)
			EXPECT_PROMPT(sizes[i]);
	}
}

/* Those who have to wait for room that only what is held would make. */
TEST_F(cork, prompt_with_little_room)
{
	ASSERT_EQ(0, zs_setint(self->fd[0], IPPROTO_TCP, TCP_NOTSENT_LOWAT, 16384));
	EXPECT_PROMPT(60000);
	ASSERT_EQ(0, zs_setint(self->fd[0], IPPROTO_TCP, TCP_NOTSENT_LOWAT, 0));
	ASSERT_EQ(0, zs_setint(self->fd[0], SOL_SOCKET, SO_SNDBUF, 10000));
	EXPECT_PROMPT(60000);
	ASSERT_EQ(0, zs_setint(self->fd[0], SOL_SOCKET, SO_SNDBUF, 0));
	EXPECT_PROMPT(40000);
}

TEST_F(cork, no_room)
{
	size_t sent = 0;
	ssize_t n;

	for (;;) {
		n = send(self->fd[0], out, 65536, MSG_DONTWAIT);
		ASSERT_EQ(0, corked(self->fd[0]));
		if (n < 0)
			break;
		sent += n;
	}
	EXPECT_EQ(EAGAIN, errno);
	for (; sent; sent -= n) {
		n = recv(self->fd[1], in, sent < ROOM ? sent : ROOM, 0);
		ASSERT_GT(n, 0);
	}
	EXPECT_PROMPT(SEVERAL);
}

static void on_alarm(int sig __attribute__((unused)))
{
}

TEST_F(cork, interrupted)
{
	struct itimerval soon = { .it_value = { .tv_usec = 50000 } };
	struct sigaction act = { .sa_handler = on_alarm };
	ssize_t n;

	sigaction(SIGALRM, &act, NULL);
	do {
		setitimer(ITIMER_REAL, &soon, NULL);
		n = send(self->fd[0], out, 65536, 0);
		ASSERT_EQ(0, corked(self->fd[0]));
	} while (n > 0);
	EXPECT_EQ(EINTR, errno);
}

/* The second half is not there; the first one is sent, and at once. */
TEST_F(cork, bad_memory_in_the_middle)
{
	char *half = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);
	int best = PROMPT_MS, i, ms;
	long long began;

	ASSERT_NE(MAP_FAILED, half);
	fill(32768);
	memcpy(half, out, 32768);
	ASSERT_EQ(0, munmap(half + 32768, 32768));
	for (i = 0; i < 30 && best >= PROMPT_MS; i++) {
		began = zs_now_ms();
		ASSERT_EQ(32768, send(self->fd[0], half, 65536, 0));
		ASSERT_TRUE(reads(self->fd[1], 32768));
		ms = zs_now_ms() - began;
		best = ms < best ? ms : best;
		EXPECT_EQ(0, corked(self->fd[0]));
	}
	EXPECT_LT(best, PROMPT_MS);
	EXPECT_PROMPT(SEVERAL);
}

/* ---- who means to hold something ---- */

TEST_F(cork, more)
{
	fill(20100);
	ASSERT_EQ(20000, send(self->fd[0], out, 20000, MSG_MORE));
	EXPECT_EQ(0, corked(self->fd[0]));
	/* A record that is full may go. */
	EXPECT_EQ(16384, recv(self->fd[1], in, 20000, 0));
	EXPECT_EQ(0, zs_poll(self->fd[1], POLLIN, 20));
	ASSERT_EQ(100, send(self->fd[0], out + 20000, 100, 0));
	EXPECT_EQ(3716, recv(self->fd[1], in + 16384, 3716, MSG_WAITALL));
	EXPECT_EQ(0, memcmp(in, out, 20100));
	EXPECT_PROMPT(SEVERAL);
}

/* Segments that were sent of two writes under a cork, after the first, the second, without it. */
static int send_corked(int fd[2], int sent[3])
{
	int before = segments(fd[0]);

	if (zs_setint(fd[0], IPPROTO_TCP, TCP_CORK, 1) || send(fd[0], out, 20000, 0) != 20000)
		return -1;
	sent[0] = segments(fd[0]) - before;
	if (corked(fd[0]) != 1 ||
	    send(fd[0], out + 20000, SEVERAL - 20000, 0) != SEVERAL - 20000)
		return -1;
	sent[1] = segments(fd[0]) - before;
	if (zs_setint(fd[0], IPPROTO_TCP, TCP_CORK, 0) || !reads(fd[1], SEVERAL))
		return -1;
	sent[2] = segments(fd[0]) - before;
	return 0;
}

TEST_F(cork, of_the_program)
{
	long long began, took;
	int sent[3], i;

	fill(SEVERAL);
	/* Once within the time that TCP holds it for. */
	for (i = 0, took = PROMPT_MS; i < 30 && took >= PROMPT_MS; i++) {
		began = zs_now_ms();
		ASSERT_EQ(0, send_corked(self->fd, sent));
		took = zs_now_ms() - began;
	}
	EXPECT_LT(took, PROMPT_MS);
	EXPECT_EQ(0, sent[0]);
	EXPECT_EQ(0, sent[1]);
	EXPECT_EQ(1, sent[2]);
	EXPECT_PROMPT(SEVERAL);
}

TEST_F(cork, of_a_listener)
{
	int fd[2], sent = 0, i;
	long long began, took;

	for (i = 0, took = PROMPT_MS; i < 30 && took >= PROMPT_MS; i++) {
		ASSERT_EQ(0, accepted(1, variant->version, fd));
		EXPECT_EQ(1, corked(fd[0]));
		sent = -segments(fd[0]);
		began = zs_now_ms();
		ASSERT_EQ(SEVERAL, send(fd[0], out, SEVERAL, 0));
		sent += segments(fd[0]);
		took = zs_now_ms() - began;
		EXPECT_EQ(1, corked(fd[0]));
		close(fd[0]);
		close(fd[1]);
	}
	EXPECT_LT(took, PROMPT_MS);
	EXPECT_EQ(0, sent);
}

TEST_F(cork, bad_options)
{
	int one = 1;

	EXPECT_EQ(-1, setsockopt(self->fd[0], IPPROTO_TCP, TCP_CORK, (void *)8, 4));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, setsockopt(self->fd[0], IPPROTO_TCP, TCP_CORK, &one, 3));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(0, corked(self->fd[0]));
	EXPECT_PROMPT(SEVERAL);
}

/* ---- several threads ---- */

static _Atomic bool stop;
static _Atomic unsigned int sends;

static void *sends_on(void *arg)
{
	while (!stop) {
		if (send(*(int *)arg, out, SEVERAL, 0) < 0)
			return "send";
		sends++;
	}
	return NULL;
}

static void *reads_on(void *arg)
{
	static char bin[ROOM];

	while (recv(*(int *)arg, bin, sizeof(bin), 0) > 0)
		;
	return NULL;
}

/* Until what was under way when it was called is over. */
static void await_sends(void)
{
	unsigned int now = sends;

	while (sends - now < 2)
		sched_yield();
}

/*
 * What another thread sets stays set when the sends of this time have ended. (One that it has
 * not set may be seen in the midst of a send.)
 */
TEST_F(cork, of_another_thread)
{
	pthread_t sender, reader;
	void *failed;
	int i;

	stop = false;
	ASSERT_EQ(0, pthread_create(&reader, NULL, reads_on, &self->fd[1]));
	ASSERT_EQ(0, pthread_create(&sender, NULL, sends_on, &self->fd[0]));
	for (i = 0; i < 25; i++) {
		ASSERT_EQ(0, zs_setint(self->fd[0], IPPROTO_TCP, TCP_CORK, 1));
		await_sends();
		EXPECT_EQ(1, corked(self->fd[0]));
		ASSERT_EQ(0, zs_setint(self->fd[0], IPPROTO_TCP, TCP_CORK, 0));
		await_sends();
	}
	stop = true;
	pthread_join(sender, &failed);
	EXPECT_EQ(NULL, failed);
	EXPECT_EQ(0, corked(self->fd[0]));
	shutdown(self->fd[0], SHUT_WR);
	pthread_join(reader, NULL);
}

TEST_F(cork, several_senders)
{
	pthread_t sender[3], reader;
	void *failed;
	int i;

	stop = false;
	ASSERT_EQ(0, pthread_create(&reader, NULL, reads_on, &self->fd[1]));
	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, pthread_create(&sender[i], NULL, sends_on, &self->fd[0]));
	zs_sleep_ms(150);
	stop = true;
	for (i = 0; i < 3; i++) {
		pthread_join(sender[i], &failed);
		EXPECT_EQ(NULL, failed);
	}
	EXPECT_EQ(0, corked(self->fd[0]));
	shutdown(self->fd[0], SHUT_WR);
	pthread_join(reader, NULL);
}

TEST_HARNESS_MAIN
