// SPDX-License-Identifier: GPL-2.0
/*
 * The smallest TLS client: fetch a page from host argv[1], port argv[2] or 443.
 * zsock-tlsd has to run. Whom it trusts is the agent's default.
 */
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/zsock.h>

int main(int argc, char **argv)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *to;
	int fd = socket(AF_ZSOCK, SOCK_STREAM, IPPROTO_TLS_1_2);
	char buf[4096];
	ssize_t len;

	if (argc < 2 || getaddrinfo(argv[1], argc > 2 ? argv[2] : "443", &hints, &to))
		return 2;
	setsockopt(fd, SOL_TLS, TLS_HOSTNAME, argv[1], strlen(argv[1]));
	if (connect(fd, to->ai_addr, to->ai_addrlen))
		return perror(argv[1]), 1;
	dprintf(fd, "GET / HTTP/1.0\r\nHost: %s\r\n\r\n", argv[1]);
	while ((len = read(fd, buf, sizeof(buf))) > 0)
		fwrite(buf, 1, len, stdout);
	return len < 0;
}
