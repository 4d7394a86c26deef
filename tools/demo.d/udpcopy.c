// SPDX-License-Identifier: GPL-2.0
/*
 * udpcopy: copy a file over UDP, reliably.
 *
 *	udpcopy [-z] recv PORT FILE
 *	udpcopy [-z] send FILE ADDRESS PORT
 *
 * Written for plain AF_INET, to be run under zsock-run; -z makes AF_ZSOCK
 * sockets without that. Datagrams are numbered; the receiver acknowledges how
 * many it has in a row, and the sender goes back to the first that is missing
 * when nothing was acknowledged for a while. One without data ends the file.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/zsock.h>

#define CHUNK		32768
#define WINDOW		4	/* fits a default receive buffer */
#define WAIT_MS		200
#define PATIENCE	100	/* times WAIT_MS */

struct datagram {
	uint32_t number;
	char data[CHUNK];
};

static int family = AF_INET;

static void die(const char *what)
{
	fprintf(stderr, "udpcopy: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int make_socket(void)
{
	int fd = socket(family, SOCK_DGRAM, 0);

	if (fd < 0)
		die("socket");
	return fd;
}

static struct sockaddr_in address(const char *host, const char *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET };

	a.sin_port = htons(atoi(port));
	errno = EINVAL;
	if (!a.sin_port || inet_pton(AF_INET, host, &a.sin_addr) != 1)
		die("address");
	return a;
}

static bool readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, WAIT_MS) == 1;
}

static void send_chunk(int fd, FILE *file, uint32_t number)
{
	struct datagram d = { .number = htonl(number) };
	size_t len;

	if (fseeko(file, (off_t)number * CHUNK, SEEK_SET))
		die("seek");
	len = fread(d.data, 1, CHUNK, file);
	if (ferror(file))
		die("read");
	/* The receiver may not be up yet: that is told by ECONNREFUSED. */
	if (send(fd, &d, sizeof(d.number) + len, 0) < 0 &&
	    errno != ECONNREFUSED)
		die("send");
}

/* Takes what acknowledgements there are. Returns false if none came in time. */
static bool take_acks(int fd, uint32_t *acked)
{
	uint32_t ack;

	if (!readable(fd))
		return false;
	while (recv(fd, &ack, sizeof(ack), MSG_DONTWAIT) == sizeof(ack))
		if (ntohl(ack) > *acked)
			*acked = ntohl(ack);
	if (errno == ECONNREFUSED) {
		usleep(WAIT_MS * 1000);
		return false;
	}
	return true;
}

static void send_file(FILE *file, const struct sockaddr_in *to)
{
	uint32_t acked = 0, next = 0, total;
	int fd = make_socket();
	int failures = 0;

	if (fseeko(file, 0, SEEK_END))
		die("seek");
	total = (ftello(file) + CHUNK - 1) / CHUNK;
	if (connect(fd, (struct sockaddr *)to, sizeof(*to)))
		die("connect");
	while (acked <= total) {	/* number total is the end, without data */
		uint32_t before = acked;

		while (next <= total && next < acked + WINDOW)
			send_chunk(fd, file, next++);
		if (!take_acks(fd, &acked))
			next = acked;
		failures = acked > before ? 0 : failures + 1;
		errno = ETIMEDOUT;
		if (failures > PATIENCE)
			die("no acknowledgement");
	}
	close(fd);
}

/* The socket is connected to the first that sends, and hears no other then. */
static int wait_for_sender(const char *port)
{
	struct sockaddr_in a = address("0.0.0.0", port);
	socklen_t len = sizeof(a);
	int fd = make_socket();
	char byte;

	if (bind(fd, (struct sockaddr *)&a, sizeof(a)))
		die("bind");
	if (recvfrom(fd, &byte, 1, MSG_PEEK, (struct sockaddr *)&a, &len) < 0)
		die("recvfrom");
	if (connect(fd, (struct sockaddr *)&a, len))
		die("connect");
	return fd;
}

static void acknowledge(int fd, uint32_t number)
{
	uint32_t ack = htonl(number);

	if (send(fd, &ack, sizeof(ack), 0) < 0 && errno != ECONNREFUSED)
		die("send");
}

/*
 * Takes datagram *@number, counts it, and acknowledges what came in a row.
 * Returns the length of its data, or -1 if another one came, or none.
 */
static ssize_t receive_chunk(int fd, uint32_t *number, struct datagram *d)
{
	ssize_t len;
	bool expected;

	if (!readable(fd))
		return -1;
	len = recv(fd, d, sizeof(*d), 0) - (ssize_t)sizeof(d->number);
	if (len < 0)
		return -1;
	expected = ntohl(d->number) == *number;
	*number += expected;
	acknowledge(fd, *number);
	return expected ? len : -1;
}

static void receive_file(FILE *file, const char *port)
{
	static struct datagram d;
	int fd = wait_for_sender(port);
	uint32_t number = 0;
	int failures = 0;
	ssize_t len;

	while ((len = receive_chunk(fd, &number, &d))) {
		failures = len > 0 ? 0 : failures + 1;
		errno = ETIMEDOUT;
		if (failures > PATIENCE)
			die("no data");
		if (len > 0 && fwrite(d.data, 1, len, file) != (size_t)len)
			die("write");
	}
	/* The last acknowledgement may be lost: say it again to who repeats. */
	while (readable(fd) && recv(fd, &d, sizeof(d), 0) > 0)
		acknowledge(fd, number);
	close(fd);
}

int main(int argc, char **argv)
{
	bool sends;
	FILE *file;

	if (argc > 1 && !strcmp(argv[1], "-z")) {
		family = AF_ZSOCK;
		argv++;
		argc--;
	}
	sends = argc == 5 && !strcmp(argv[1], "send");
	if (!sends && (argc != 4 || strcmp(argv[1], "recv"))) {
		fputs("Usage: udpcopy [-z] recv PORT FILE\n"
		      "       udpcopy [-z] send FILE ADDRESS PORT\n", stderr);
		return 1;
	}
	file = sends ? fopen(argv[2], "rb") : fopen(argv[3], "wb");
	if (!file)
		die(sends ? argv[2] : argv[3]);
	if (sends) {
		struct sockaddr_in to = address(argv[3], argv[4]);

		send_file(file, &to);
	} else {
		receive_file(file, argv[2]);
	}
	if (fclose(file))
		die("close");
	return 0;
}
