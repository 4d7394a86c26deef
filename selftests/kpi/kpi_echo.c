// SPDX-License-Identifier: GPL-2.0
/*
 * The echo server of samples/kpi-echo/kpi_echo.c, which kpi.rst quotes, by TCP. Wants
 * zsock_kpi_echo.ko loaded, and unloads and loads it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "zs.h"

#define PORT	7007
#define MANY	300
#define NAME	"zsock_kpi_echo"

static int echo_connect(void)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return connect(fd, (void *)&addr, sizeof(addr)) ? -1 : fd;
}

/* What the module says that it has. */
static int echo_connections(void)
{
	FILE *file = fopen("/sys/module/" NAME "/parameters/connections", "r");
	int n = -1;

	if (!file || fscanf(file, "%d", &n) != 1)
		n = -1;
	if (file)
		fclose(file);
	return n;
}

static bool echo_has(int n)
{
	int i;

	for (i = 0; i < 1000 && echo_connections() != n; i++)
		usleep(20000);
	return echo_connections() == n;
}

/* There and back, in one piece or in many. */
static bool echo_exchange(int fd, size_t size)
{
	char *out = malloc(size), *in = malloc(size);
	size_t i, sent = 0, got = 0;
	bool same;

	for (i = 0; i < size; i++)
		out[i] = i * 7 + i / 251;
	while (got < size) {
		struct pollfd p = { .fd = fd, .events = POLLIN | (sent < size ? POLLOUT : 0) };
		ssize_t n;

		if (poll(&p, 1, 20000) <= 0)
			break;
		if (p.revents & POLLOUT) {
			n = send(fd, out + sent, size - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
			sent += n > 0 ? n : 0;
		}
		if (p.revents & POLLIN) {
			n = recv(fd, in + got, size - got, MSG_DONTWAIT);
			if (n <= 0)
				break;
			got += n;
		}
	}
	same = got == size && !memcmp(in, out, size);
	free(in);
	free(out);
	return same;
}

FIXTURE(echo) {};

FIXTURE_SETUP(echo)
{
	alarm(60);
	ASSERT_TRUE(echo_has(0));
}

FIXTURE_TEARDOWN(echo)
{
}

TEST_F(echo, sizes)
{
	static const size_t sizes[] = { 1, 1000, 16384, 16385, 1000000 };
	int fd = echo_connect();
	unsigned int i;

	ASSERT_GE(fd, 0);
	for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
		EXPECT_TRUE(echo_exchange(fd, sizes[i]));
	EXPECT_EQ(1, echo_connections());
	close(fd);
	EXPECT_TRUE(echo_has(0));
}

/* Each has its own; they come and go in any order. */
TEST_F(echo, many)
{
	int fd[MANY], i;
	char c[4];

	for (i = 0; i < MANY; i++) {
		fd[i] = echo_connect();
		ASSERT_GE(fd[i], 0);
		ASSERT_EQ(4, send(fd[i], &i, 4, 0));
	}
	for (i = MANY - 1; i >= 0; i--) {
		ASSERT_EQ(4, recv(fd[i], c, 4, MSG_WAITALL));
		EXPECT_EQ(0, memcmp(c, &i, 4));
	}
	EXPECT_EQ(MANY, echo_connections());
	for (i = 0; i < MANY; i += 2)
		close(fd[i]);
	EXPECT_TRUE(echo_has(MANY / 2));
	for (i = 1; i < MANY; i += 2)
		EXPECT_TRUE(echo_exchange(fd[i], 100));
	for (i = 1; i < MANY; i += 2)
		close(fd[i]);
	EXPECT_TRUE(echo_has(0));
}

/* What was sent before the end comes back before the end. */
TEST_F(echo, half_close)
{
	int fd = echo_connect();
	size_t got = 0;
	char buf[4096] = { 0 };
	ssize_t n;
	int i;

	for (i = 0; i < 20; i++)
		ASSERT_EQ(4096, send(fd, buf, 4096, 0));
	ASSERT_EQ(0, shutdown(fd, SHUT_WR));
	while ((n = recv(fd, buf, sizeof(buf), 0)) > 0)
		got += n;
	EXPECT_EQ(0, n);
	EXPECT_EQ(20 * 4096, got);
	EXPECT_TRUE(echo_has(0));
	close(fd);
}

/* From who does not read nothing is read, beyond what the sockets hold. */
TEST_F(echo, slow_reader)
{
	int fd = echo_connect(), other, small = 32768;
	size_t sent = 0, got = 0;
	char buf[16384];
	ssize_t n;

	memset(buf, 'x', sizeof(buf));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLOUT };

		if (poll(&p, 1, 300) == 0)
			break;
		n = send(fd, buf, sizeof(buf), MSG_DONTWAIT);
		ASSERT_GT(n, 0);
		sent += n;
		/* tcp_rmem and tcp_wmem of both, and what is in between. */
		ASSERT_LT(sent, 64 << 20);
	}
	/* Nobody else waits for it. */
	other = echo_connect();
	EXPECT_TRUE(echo_exchange(other, 100000));
	close(other);
	/* And when it reads it gets all of it. */
	shutdown(fd, SHUT_WR);
	while ((n = recv(fd, buf, sizeof(buf), 0)) > 0)
		got += n;
	EXPECT_EQ(sent, got);
	close(fd);
}

/* Peers that are gone before they have read. */
TEST_F(echo, resets)
{
	struct linger none = { .l_onoff = 1 };
	char buf[16384] = { 0 };
	int i, fd;

	for (i = 0; i < 50; i++) {
		fd = echo_connect();
		ASSERT_GE(fd, 0);
		send(fd, buf, sizeof(buf), MSG_DONTWAIT);
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
		close(fd);
	}
	EXPECT_TRUE(echo_has(0));
	fd = echo_connect();
	EXPECT_TRUE(echo_exchange(fd, 10));
	close(fd);
}

/* The module goes under its connections, idle and busy. */
TEST_F(echo, unload)
{
	int fd[20], round, i;
	char buf[65536] = { 0 };

	for (round = 0; round < 5; round++) {
		for (i = 0; i < 20; i++) {
			fd[i] = echo_connect();
			ASSERT_GE(fd[i], 0);
			if (i % 2)
				send(fd[i], buf, sizeof(buf), MSG_DONTWAIT);
		}
		EXPECT_EQ(0, system("rmmod " NAME));
		EXPECT_EQ(-1, echo_connections());
		EXPECT_EQ(-1, echo_connect());
		for (i = 0; i < 20; i++) {
			while (recv(fd[i], buf, sizeof(buf), 0) > 0)
				;
			close(fd[i]);
		}
		ASSERT_EQ(0, system("insmod $ZSOCK_MODULE_DIR/" NAME ".ko"));
	}
}

TEST_HARNESS_MAIN
