// SPDX-License-Identifier: GPL-2.0
/* The smallest AF_ZSOCK program: fetch a page from 127.0.0.1, port argv[1]. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <linux/zsock.h>

int main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(argc > 1 ? atoi(argv[1]) : 80),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_ZSOCK, SOCK_STREAM, 0);
	char buf[4096];
	ssize_t len;

	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)))
		return perror("hello"), 1;
	dprintf(fd, "GET / HTTP/1.0\r\n\r\n");
	while ((len = read(fd, buf, sizeof(buf))) > 0)
		fwrite(buf, 1, len, stdout);
	return len < 0;
}
