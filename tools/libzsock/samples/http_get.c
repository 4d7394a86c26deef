// SPDX-License-Identifier: GPL-2.0
/*
 * Fetches a page over HTTP or HTTPS and prints it, with its header, in the manner
 * of Zephyr's sample of that name.
 *
 *	cc http_get.c $(pkg-config --cflags --libs libzsock)
 *
 * usage: http_get HOST [PORT [PATH [CA-FILE [NAME-OF-THE-SERVER]]]]
 */
#include "common.h"

static int request(int sock, const char *host, const char *path)
{
	char text[1024];
	int len = snprintk(text, sizeof(text),
			   "GET %s HTTP/1.0\r\nHost: %s\r\n\r\n", path, host);

	if (len >= (int)sizeof(text)) {
		errno = EMSGSIZE;
		return -1;
	}
	return send_all(sock, text, len);
}

int main(int argc, char **argv)
{
	const char *port = argc > 2 ? argv[2] : "80";
	const char *path = argc > 3 ? argv[3] : "/";
	const char *ca = argc > 4 ? argv[4] : NULL;
	const char *name = argc > 5 ? argv[5] : argc > 1 ? argv[1] : "";
	struct zsock_addrinfo hints = {
		.ai_socktype = SOCK_STREAM,
		.ai_protocol = ca ? IPPROTO_TLS_1_2 : IPPROTO_TCP,
	}, *res;
	char buf[4096];
	ssize_t n;
	int sock, ret;

	if (argc < 2) {
		printk("usage: http_get HOST [PORT [PATH [CA-FILE [NAME]]]]\n");
		return 2;
	}
	ret = zsock_getaddrinfo(argv[1], port, &hints, &res);
	if (ret) {
		printk("%s: %s\n", argv[1], zsock_gai_strerror(ret));
		return 1;
	}
	sock = zsock_socket(res->ai_family, res->ai_socktype, res->ai_protocol);
	if (sock < 0)
		return failed("socket");
	if (ca) {
		errno = -use_file(TAG_CA, TLS_CREDENTIAL_CA_CERTIFICATE, ca);
		if (errno)
			return failed(ca);
		if (secure_client(sock, name))
			return failed("TLS options");
	}
	if (zsock_connect(sock, res->ai_addr, res->ai_addrlen))
		return failed("connect");
	zsock_freeaddrinfo(res);
	if (request(sock, name, path))
		return failed("send");
	while ((n = zsock_recv(sock, buf, sizeof(buf), 0)) > 0)
		fwrite(buf, 1, n, stdout);
	if (n < 0)
		return failed("receive");
	zsock_close(sock);
	return 0;
}
