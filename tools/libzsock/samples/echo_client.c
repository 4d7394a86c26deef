// SPDX-License-Identifier: GPL-2.0
/*
 * Sends so many bytes to an echo server and compares what comes back, over TCP,
 * UDP or TLS, in the manner of Zephyr's sample of that name.
 *
 *	cc echo_client.c $(pkg-config --cflags --libs libzsock)
 *
 * usage: echo_client tcp|udp HOST PORT [BYTES]
 *	  echo_client tls HOST PORT BYTES CA-FILE NAME-OF-THE-SERVER
 */
#include "common.h"

/* Where it stands in the stream tells each byte. */
static void fill(unsigned char *buf, size_t offset, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		buf[i] = (offset + i) * 31 + (offset + i) / 251;
}

static int receive_all(int sock, unsigned char *buf, size_t len)
{
	struct zsock_pollfd p = { sock, ZSOCK_POLLIN, 0 };
	ssize_t n;

	for (; len; len -= n, buf += n) {
		if (zsock_poll(&p, 1, 60000) != 1)
			return -1;
		n = zsock_recv(sock, buf, len, 0);
		if (n == 0)
			errno = ECONNRESET;
		if (n <= 0)
			return -1;
	}
	return 0;
}

static int talk(int sock, size_t total)
{
	unsigned char out[1000], in[1000];
	size_t done, len;

	for (done = 0; done < total; done += len) {
		len = total - done < sizeof(out) ? total - done : sizeof(out);
		fill(out, done, len);
		if (send_all(sock, out, len))
			return failed("send");
		if (receive_all(sock, in, len))
			return failed("receive");
		if (memcmp(in, out, len)) {
			printk("something else came back\n");
			return 1;
		}
	}
	return 0;
}

static int usage(void)
{
	printk("usage: echo_client tcp|udp HOST PORT [BYTES]\n"
	       "       echo_client tls HOST PORT BYTES CA-FILE NAME\n");
	return 2;
}

int main(int argc, char **argv)
{
	struct zsock_addrinfo hints = { .ai_socktype = SOCK_STREAM }, *res;
	size_t total = argc > 4 ? strtoul(argv[4], NULL, 10) : 1000;
	bool secure;
	int64_t began;
	int sock, ret;

	if (argc < 4)
		return usage();
	secure = !strcmp(argv[1], "tls");
	if (secure && argc < 7)
		return usage();
	hints.ai_protocol = secure ? IPPROTO_TLS_1_2 : IPPROTO_TCP;
	if (!strcmp(argv[1], "udp")) {
		hints.ai_socktype = SOCK_DGRAM;
		hints.ai_protocol = IPPROTO_UDP;
	}
	ret = zsock_getaddrinfo(argv[2], argv[3], &hints, &res);
	if (ret) {
		printk("%s: %s\n", argv[2], zsock_gai_strerror(ret));
		return 1;
	}
	sock = zsock_socket(res->ai_family, res->ai_socktype, res->ai_protocol);
	if (sock < 0)
		return failed("socket");
	if (secure) {
		errno = -use_file(TAG_CA, TLS_CREDENTIAL_CA_CERTIFICATE, argv[5]);
		if (errno)
			return failed(argv[5]);
		if (secure_client(sock, argv[6]))
			return failed("TLS options");
	}
	if (zsock_connect(sock, res->ai_addr, res->ai_addrlen))
		return failed("connect");
	zsock_freeaddrinfo(res);
	began = k_uptime_get();
	ret = talk(sock, total);
	if (!ret)
		printk("%zu bytes came back in %lld ms\n", total,
		       (long long)(k_uptime_get() - began));
	zsock_close(sock);
	return ret;
}
