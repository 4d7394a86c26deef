// SPDX-License-Identifier: GPL-2.0
/*
 * A TLS client that decides about certificates by itself: it connects to
 * address argv[1], port argv[2], if the peer's certificate is the one in the
 * file argv[3], in DER, whoever signed it. zsock-tlsd has to run.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/zsock.h>

static char pinned[ZSOCK_VERIFY_REQUEST_MAX];
static ssize_t pinned_len;

static int is_pinned(const struct zsock_verify_request *request)
{
	const char *cert = (const char *)(request + 1) + sizeof(uint32_t);
	uint32_t len;

	if (!request->ncerts)
		return 0;
	memcpy(&len, request + 1, sizeof(len));
	return len == pinned_len && !memcmp(cert, pinned, len);
}

static void *answer(void *arg)
{
	static union {
		struct zsock_verify_request request;
		char room[ZSOCK_VERIFY_REQUEST_MAX];
	} in;
	int fd = *(int *)arg;

	while (read(fd, &in, sizeof(in)) > 0) {
		struct zsock_verify_reply reply = {
			.id = in.request.id,
			.accept = is_pinned(&in.request),
		};

		/* ENOENT: that handshake has ended meanwhile. */
		if (write(fd, &reply, sizeof(reply)) < 0 && errno != ENOENT)
			break;
	}
	return NULL;
}

static ssize_t load(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -1 : read(fd, pinned, sizeof(pinned));
}

int main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	socklen_t len = sizeof(int);
	pthread_t thread;
	int fd, verify;

	if (argc != 4 || inet_pton(AF_INET, argv[1], &to.sin_addr) != 1)
		return 2;
	to.sin_port = htons(atoi(argv[2]));
	pinned_len = load(argv[3]);
	if (pinned_len < 0)
		return perror(argv[3]), 2;

	fd = socket(AF_ZSOCK, SOCK_STREAM, IPPROTO_TLS_1_2);
	if (getsockopt(fd, SOL_TLS, TLS_CERT_VERIFY_CALLBACK, &verify, &len))
		return perror("tls_verify"), 1;
	if (pthread_create(&thread, NULL, answer, &verify))
		return 1;
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)))
		return perror(argv[1]), 1;
	puts("connected to the holder of that certificate");
	return 0;
}
