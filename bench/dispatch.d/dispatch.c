// SPDX-License-Identifier: GPL-2.0
/*
 * What it costs to dispatch a socket, with 1 and with 32 backends, and with 0,
 * 32 and 256 rules of policy. bench/dispatch starts this in a guest whose clock
 * counts instructions, so that a nanosecond is one.
 *
 * One operation is socket(), connect() and close() of a datagram socket: its
 * first call has a destination, so every kind of rule is asked. No rule is about
 * it, but for the one at the end where that is said.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <linux/zsock.h>

#include "genl.h"

#define PASSES		15
#define OPS		400
#define WARMUP_NS	12e9

static struct genl_req req;

static void die(const char *what, int err)
{
	fprintf(stderr, "dispatch: %s: %s\n", what, strerror(err));
	exit(1);
}

static double now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1e9 + ts.tv_nsec;
}

/* ---- rules ---- */

static void flush(void)
{
	int err;

	genl_begin(&req, ZSOCK_CMD_POLICY_DEL, 0);
	err = genl_talk(&req);
	if (err)
		die("flushing the rules", err);
}

/* Kinds take turns; the last of them is right in all but one thing. */
static void put_match(unsigned int i)
{
	uint32_t dst = htonl(0x0a000000 | i << 8);
	uint64_t cgroup = 1u << 30 | i;

	switch (i % 5) {
	case 0:
		genl_put_u32(&req, ZSOCK_A_POLICY_UID, 100000 + i);
		break;
	case 1:
		genl_put(&req, ZSOCK_A_POLICY_DST, &dst, sizeof(dst));
		genl_put_u32(&req, ZSOCK_A_POLICY_DST_LEN, 24);
		break;
	case 2:
		genl_put_u32(&req, ZSOCK_A_POLICY_DPORT, 1000 + i);
		genl_put_u32(&req, ZSOCK_A_POLICY_DPORT_LAST, 2000 + i);
		break;
	case 3:
		genl_put(&req, ZSOCK_A_POLICY_CGROUP, &cgroup, sizeof(cgroup));
		break;
	default:
		genl_put_u32(&req, ZSOCK_A_POLICY_UID, 0);
		genl_put_u32(&req, ZSOCK_A_POLICY_PROTO, IPPROTO_UDP);
		genl_put_u32(&req, ZSOCK_A_POLICY_DPORT, 9);
		genl_put(&req, ZSOCK_A_POLICY_DST, &dst, sizeof(dst));
	}
}

static void add(unsigned int i, int match_all)
{
	int err;

	genl_begin(&req, ZSOCK_CMD_POLICY_ADD, 0);
	genl_put(&req, ZSOCK_A_POLICY_BACKEND, "native", sizeof("native"));
	if (!match_all)
		put_match(i);
	err = genl_talk(&req);
	if (err)
		die("adding a rule", err);
}

/* ---- passes ---- */

static void one_socket(int domain, int proto)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(9),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(domain, SOCK_DGRAM, proto);

	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)))
		die("a socket", errno);
	close(fd);
}

static double pass(int domain, int proto)
{
	double start = now_ns();
	int i;

	for (i = 0; i < OPS; i++)
		one_socket(domain, proto);
	return (now_ns() - start) / OPS;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The median, and how far the middle half of the passes is apart. */
static double measure(int domain, int proto, double *spread)
{
	double cost[PASSES];
	int i;

	pass(domain, proto);
	for (i = 0; i < PASSES; i++)
		cost[i] = pass(domain, proto);
	qsort(cost, PASSES, sizeof(cost[0]), compare);
	*spread = cost[PASSES * 3 / 4] - cost[PASSES / 4];
	return cost[PASSES / 2];
}

static void row(const char *what, unsigned int backends, unsigned int rules,
		double base)
{
	double spread, cost;

	cost = measure(AF_ZSOCK, ZSOCK_PROTO(AF_INET, 0), &spread);
	printf("%8u %6u  %-22s %10.0f %+10.0f   +- %.0f\n", backends, rules,
	       what, cost, cost - base, spread);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	static const unsigned int counts[] = { 0, 32, 256 };
	const unsigned int backends = argc > 1 ? atoi(argv[1]) : 1;
	double until = now_ns() + WARMUP_NS, spread, base;
	unsigned int i, have = 0;
	size_t n;

	if (genl_open())
		die("generic netlink", errno);
	flush();
	while (now_ns() < until)
		pass(AF_ZSOCK, ZSOCK_PROTO(AF_INET, 0));
	base = measure(AF_INET, 0, &spread);
	printf("%8s %6s  %-22s %10.0f %10s   +- %.0f\n", "-", "-", "AF_INET",
	       base, "", spread);
	for (n = 0; n < sizeof(counts) / sizeof(counts[0]); n++) {
		for (i = have; i < counts[n]; i++)
			add(i, 0);
		have = counts[n];
		row(have ? "none matches" : "", backends, have, base);
	}
	add(0, 1);
	row("the last one matches", backends, have + 1, base);
	flush();
	return 0;
}
