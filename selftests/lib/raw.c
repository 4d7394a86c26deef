// SPDX-License-Identifier: GPL-2.0
/* Helpers of the tests of raw, packet and CAN sockets. */
#include <errno.h>
#include <linux/filter.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "raw.h"

uint16_t raw_checksum(const void *data, size_t len)
{
	const uint8_t *p = data;
	uint32_t sum = 0;

	for (; len > 1; len -= 2, p += 2)
		sum += p[0] << 8 | p[1];
	if (len)
		sum += p[0] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons(~sum & 0xffff);
}

size_t raw_echo(int family, void *buf, uint16_t id, uint16_t seq)
{
	/* The same layout in both. */
	struct icmphdr h = {
		.type = family == AF_INET ? ICMP_ECHO : ICMP6_ECHO_REQUEST,
		.un.echo = { htons(id), htons(seq) },
	};
	size_t len = sizeof(h) + 8;

	memcpy(buf, &h, sizeof(h));
	memcpy((char *)buf + sizeof(h), "payload", 8);
	if (family == AF_INET) {
		h.checksum = raw_checksum(buf, len);
		memcpy(buf, &h, sizeof(h));
	}
	return len;
}

int raw_await(int fd, bool header, uint8_t type, uint16_t id, uint16_t seq, union zs_addr *from)
{
	long long end = zs_now_ms() + 10000;
	uint8_t buf[1500];
	struct icmphdr h;

	while (zs_now_ms() < end) {
		socklen_t len = sizeof(*from);
		size_t skip = header ? sizeof(struct iphdr) : 0;
		ssize_t n;

		if (zs_poll(fd, POLLIN, 100) <= 0)
			continue;
		n = recvfrom(fd, buf, sizeof(buf), MSG_DONTWAIT, &from->sa, &len);
		if (n < (ssize_t)(skip + sizeof(h)))
			continue;
		memcpy(&h, buf + skip, sizeof(h));
		if (h.type == type && h.un.echo.id == htons(id) && h.un.echo.sequence == htons(seq))
			return 0;
	}
	errno = ETIME;
	return -1;
}

int raw_take_length(int fd, unsigned int len)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, len, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0xffff),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog prog = { sizeof(code) / sizeof(code[0]), code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog));
}

size_t raw_packet(void *buf, uint8_t protocol, const void *data, size_t len)
{
	struct iphdr ip = {
		.version = 4, .ihl = 5, .ttl = 9, .protocol = protocol,
		.tot_len = htons(sizeof(ip) + len),
		.saddr = htonl(0x7f000005), .daddr = htonl(INADDR_LOOPBACK),
	};

	ip.check = raw_checksum(&ip, sizeof(ip));
	memcpy(buf, &ip, sizeof(ip));
	memcpy((char *)buf + sizeof(ip), data, len);
	return sizeof(ip) + len;
}

int raw_as(enum raw_who who, int (*fn)(void *arg), void *arg)
{
	int pid = fork();

	if (pid)
		return zs_wait(pid);
	if (zs_drop_root())
		_exit(251);
	if (who != RAW_NOBODY && unshare(CLONE_NEWUSER))
		_exit(250);
	if (who == RAW_OWN_NET_NS && unshare(CLONE_NEWNET))
		_exit(250);
	_exit(fn(arg));
}

int raw_superpriv(void)
{
	unsigned int flags = 0;
	char buf[512] = "";
	FILE *f = fopen("/proc/self/stat", "re");
	char *p;

	if (!f)
		return -1;
	p = fgets(buf, sizeof(buf), f) ? strrchr(buf, ')') : NULL;
	fclose(f);
	/* state ppid pgrp session tty tpgid flags */
	if (!p || sscanf(p + 1, " %*c %*d %*d %*d %*d %*d %u", &flags) != 1)
		return -1;
	return !!(flags & 0x100);
}
