// SPDX-License-Identifier: GPL-2.0
/*
 * Not a test: keeps sockets of the family in use for so many milliseconds, then ends. For
 * rmmod.sh.
 *
 *	traffic MILLISECONDS [hold]
 *
 * With "hold" it only holds one fresh socket; otherwise connections are made, used and closed
 * all the time. Prints "ready" when it has begun; exits with 0 if nothing went wrong.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "zs.h"

static int echo_once(int domain, int family)
{
	char buf[4] = "";
	int fd[2], bad;

	if (zs_tcp_pair(domain, family, fd))
		return -1;
	bad = send(fd[0], "ping", 4, 0) != 4 || recv(fd[1], buf, 4, MSG_WAITALL) != 4 ||
	      memcmp(buf, "ping", 4);
	close(fd[0]);
	close(fd[1]);
	return bad;
}

int main(int argc, char **argv)
{
	long long end = zs_now_ms() + (argc > 1 ? atoi(argv[1]) : 100);
	int fd = zs_socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0) {
		perror("socket");
		return 1;
	}
	puts("ready");
	fflush(stdout);
	while (zs_now_ms() < end) {
		if (argc > 2) {
			zs_sleep_ms(5);
		} else if (echo_once(AF_INET, AF_INET) || echo_once(0, AF_INET6)) {
			perror("traffic");
			return 1;
		}
	}
	return 0;
}
