// SPDX-License-Identifier: GPL-2.0
/*
 * The smallest TLS client: fetch a page from host argv[1], port argv[2] or 443.
 * zsock-tlsd has to run. Whom it trusts is the agent's default.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/zsock.h>

int main(int argc, char **argv)
{
	struct sockaddr_zs to = { .zs_family = AF_ZSOCK,
		.zs_port = htons(argc > 2 ? atoi(argv[2]) : 443) };
	int fd = socket(AF_ZSOCK, SOCK_STREAM, IPPROTO_TLS_1_2);
	char buf[4096];
	ssize_t len;

	if (argc < 2 || strlen(argv[1]) > sizeof(to.zs_name))
		return 2;
	strncpy(to.zs_name, argv[1], sizeof(to.zs_name));
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)))
		return perror(argv[1]), 1;
	dprintf(fd, "GET / HTTP/1.0\r\nHost: %s\r\n\r\n", argv[1]);
	while ((len = read(fd, buf, sizeof(buf))) > 0)
		fwrite(buf, 1, len, stdout);
	return len < 0;
}
