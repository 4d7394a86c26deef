// SPDX-License-Identifier: GPL-2.0
/*
 * Sends back what comes, over TCP, UDP and TLS at once, in the manner of Zephyr's
 * sample of that name: one thread, zsock_poll(), and nothing but libzsock.
 *
 *	cc echo_server.c $(pkg-config --cflags --libs libzsock)
 *
 * usage: echo_server PORT [CERTIFICATE KEY [TLS-PORT]]
 */
#include "common.h"

#define CLIENTS	16

enum { UDP, TCP, TLS, FIRST_CLIENT };

static struct zsock_pollfd fds[FIRST_CLIENT + CLIENTS];

/* IPv6, and IPv4 with it. */
static int serve(int type, int proto, int port)
{
	struct sockaddr_in6 addr = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(port),
		.sin6_addr = in6addr_any,
	};
	sec_tag_t tags[] = { TAG_SERVER };
	int sock = zsock_socket(AF_INET6, type, proto), no = 0, yes = 1;

	if (sock < 0)
		return -1;
	zsock_setsockopt(sock, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof(no));
	zsock_setsockopt(sock, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (proto == IPPROTO_TLS_1_2 &&
	    zsock_setsockopt(sock, SOL_TLS, TLS_SEC_TAG_LIST, tags,
			     sizeof(tags)))
		return -1;
	if (zsock_bind(sock, (struct sockaddr *)&addr, sizeof(addr)))
		return -1;
	if (type == SOCK_STREAM && zsock_listen(sock, CLIENTS))
		return -1;
	return sock;
}

static void echo_datagram(int sock)
{
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	char buf[65536];
	ssize_t n = zsock_recvfrom(sock, buf, sizeof(buf), 0,
				   (struct sockaddr *)&from, &len);

	if (n >= 0)
		zsock_sendto(sock, buf, n, 0, (struct sockaddr *)&from, len);
}

/* Whoever finds no room has to try again later. */
static void take(int listener, const char *how)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof(peer);
	char text[INET6_ADDRSTRLEN];
	int sock = zsock_accept(listener, (struct sockaddr *)&peer, &len);
	unsigned int i;

	if (sock < 0)
		return;
	for (i = FIRST_CLIENT; i < ARRAY_SIZE(fds); i++) {
		if (fds[i].fd >= 0)
			continue;
		fds[i].fd = sock;
		fds[i].events = ZSOCK_POLLIN;
		printk("%s from %s\n", how,
		       zsock_inet_ntop(AF_INET6, &net_sin6((struct sockaddr *)
				       &peer)->sin6_addr, text, sizeof(text)));
		return;
	}
	zsock_close(sock);
}

static void echo(struct zsock_pollfd *client)
{
	char buf[4096];
	ssize_t n = zsock_recv(client->fd, buf, sizeof(buf), 0);

	if (n > 0 && !send_all(client->fd, buf, n))
		return;
	if (n < 0)
		printk("a connection ended: %s\n", strerror(errno));
	zsock_close(client->fd);
	client->fd = -1;
}

int main(int argc, char **argv)
{
	int port = argc > 1 ? atoi(argv[1]) : 4242;
	unsigned int i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(fds); i++)
		fds[i] = (struct zsock_pollfd){ -1, ZSOCK_POLLIN, 0 };
	fds[UDP].fd = serve(SOCK_DGRAM, IPPROTO_UDP, port);
	fds[TCP].fd = serve(SOCK_STREAM, IPPROTO_TCP, port);
	if (fds[UDP].fd < 0 || fds[TCP].fd < 0)
		return failed("a socket to serve from");
	if (argc > 3) {
		ret = use_file(TAG_SERVER, TLS_CREDENTIAL_SERVER_CERTIFICATE,
			       argv[2]);
		if (!ret)
			ret = use_file(TAG_SERVER, TLS_CREDENTIAL_PRIVATE_KEY,
				       argv[3]);
		errno = -ret;
		if (ret)
			return failed("the certificate and the key");
		fds[TLS].fd = serve(SOCK_STREAM, IPPROTO_TLS_1_2,
				    argc > 4 ? atoi(argv[4]) : port + 1);
		if (fds[TLS].fd < 0)
			return failed("a secure socket to serve from");
	}
	printk("echo server on port %d\n", port);
	while (zsock_poll(fds, ARRAY_SIZE(fds), -1) > 0 || errno == EINTR) {
		if (fds[UDP].revents)
			echo_datagram(fds[UDP].fd);
		if (fds[TCP].revents)
			take(fds[TCP].fd, "TCP");
		if (fds[TLS].revents)
			take(fds[TLS].fd, "TLS");
		for (i = FIRST_CLIENT; i < ARRAY_SIZE(fds); i++)
			if (fds[i].fd >= 0 && fds[i].revents)
				echo(&fds[i]);
	}
	return failed("poll");
}
