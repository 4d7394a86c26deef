// SPDX-License-Identifier: GPL-2.0
/* The other side of a pipe. See far.h. */
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/genetlink.h>
#include <linux/vm_sockets.h>

#include "far.h"
#include "genl.h"
#include "zs.h"

uint32_t far_features = ZOFF_F_STREAM | ZOFF_F_DGRAM | ZOFF_F_INET6;

/* ---- saying ---- */

void far_hello(struct zoff_hello *hello)
{
	memset(hello, 0, sizeof(*hello));
	memcpy(hello->magic, ZOFF_MAGIC, sizeof(hello->magic));
	hello->version = htole32(ZOFF_VERSION);
	hello->features = htole32(far_features);
	hello->window = htole32(FAR_WINDOW);
	hello->sockets = htole32(100000);
	memcpy(hello->name, "far", 3);
}

void far_header(struct zoff_hdr *hdr, uint32_t len, int type, uint32_t sock, uint32_t seq)
{
	hdr->length = htole32(len);
	hdr->type = htole16(type);
	hdr->flags = 0;
	hdr->sock = htole32(sock);
	hdr->seq = htole32(seq);
}

void far_say_raw(int fd, const void *bytes, size_t len)
{
	const char *p = bytes;
	ssize_t n;

	while (len) {
		n = send(fd, p, len, MSG_NOSIGNAL);
		if (n < 0 && errno != EINTR)
			return;
		p += n > 0 ? n : 0;
		len -= n > 0 ? n : 0;
	}
}

void far_say(int fd, int type, uint32_t sock, uint32_t seq, const void *body, size_t len)
{
	char buf[sizeof(struct zoff_hdr) + ZOFF_LENGTH_MAX];

	far_header((struct zoff_hdr *)buf, len, type, sock, seq);
	if (len)
		memcpy(buf + sizeof(struct zoff_hdr), body, len);
	far_say_raw(fd, buf, sizeof(struct zoff_hdr) + len);
}

void far_reply(int fd, const struct far_msg *m, int error)
{
	struct zoff_reply reply = { .error = htole32(error) };

	far_say(fd, ZOFF_REPLY, m->sock, m->seq, &reply, sizeof(reply));
}

void far_address(struct zoff_addr *addr, int port)
{
	memset(addr, 0, sizeof(*addr));
	addr->family = htole16(ZOFF_AF_INET);
	addr->port = htole16(port);
	addr->addr[0] = 127;
	addr->addr[3] = 1;
}

void far_reply_name(int fd, const struct far_msg *m)
{
	struct {
		struct zoff_reply reply;
		struct zoff_addr name;
	} body = { { 0 } };

	far_address(&body.name, 4711);
	far_say(fd, ZOFF_REPLY, m->sock, m->seq, &body, sizeof(body));
}

/* ---- hearing ---- */

/* Not by MSG_WAITALL: AF_VSOCK has none for more than its buffers have. */
static bool take(int fd, void *to, size_t len)
{
	ssize_t n;

	for (; len; len -= n, to = (char *)to + n) {
		n = recv(fd, to, len, 0);
		if (n <= 0)
			return false;
	}
	return true;
}

int far_get(int fd, struct far_msg *m, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct zoff_hdr hdr;

	if (poll(&p, 1, ms) <= 0)
		return -1;
	if (!take(fd, &hdr, sizeof(hdr)))
		return 0;
	m->len = le32toh(hdr.length);
	m->type = le16toh(hdr.type);
	m->flags = le16toh(hdr.flags);
	m->sock = le32toh(hdr.sock);
	m->seq = le32toh(hdr.seq);
	return m->len <= sizeof(m->body) && take(fd, m->body, m->len);
}

bool far_get_type(int fd, struct far_msg *m, int type)
{
	while (far_get(fd, m, 20000) == 1)
		if (m->type == type)
			return true;
	return false;
}

bool far_hung_up(int fd, int ms)
{
	long long end = zs_now_ms() + ms;
	struct far_msg m;
	int ret = 1;

	while (ret == 1 && zs_now_ms() < end)
		ret = far_get(fd, &m, end - zs_now_ms());
	return !ret;
}

/* ---- a server that says yes ---- */

static void echo(int fd, const struct far_msg *m)
{
	struct zoff_credit credit = { .more = htole32(m->len) };

	far_say(fd, ZOFF_CREDIT, m->sock, 0, &credit, sizeof(credit));
	far_say(fd, ZOFF_DATA, m->sock, 0, m->body, m->len);
}

/* The peer of a datagram socket's peer has a name, too. */
static void echo_dgram(int fd, struct far_msg *m)
{
	struct zoff_credit credit = {
		.more = htole32(m->len - sizeof(struct zoff_addr) + ZOFF_DGRAM_COST),
	};

	far_say(fd, ZOFF_CREDIT, m->sock, 0, &credit, sizeof(credit));
	far_address((struct zoff_addr *)m->body, 9);
	far_say(fd, ZOFF_DGRAM, m->sock, 0, m->body, m->len);
}

/* Whoever listens has a connection at once. */
static void incoming(int fd, const struct far_msg *m)
{
	static uint32_t next;
	struct zoff_incoming in = { .sock = htole32(ZOFF_SOCK_SERVER + next++) };

	far_address(&in.name, 4711);
	far_address(&in.peer, 4712);
	far_say(fd, ZOFF_INCOMING, m->sock, 0, &in, sizeof(in));
}

bool far_serve_one(int fd, const struct far_msg *m)
{
	uint32_t value[2] = { 0, htole32(1) };

	switch (m->type) {
	case ZOFF_PING:
		far_say(fd, ZOFF_PONG, 0, m->seq, NULL, 0);
		return true;
	case ZOFF_DATA:
		echo(fd, m);
		return true;
	case ZOFF_DGRAM:
		echo_dgram(fd, (struct far_msg *)m);
		return true;
	case ZOFF_BIND:
	case ZOFF_CONNECT:
	case ZOFF_LISTEN:
	case ZOFF_NAME:
		far_reply_name(fd, m);
		if (m->type == ZOFF_LISTEN)
			incoming(fd, m);
		return true;
	case ZOFF_GETOPT:
		far_say(fd, ZOFF_REPLY, m->sock, m->seq, value, sizeof(value));
		return true;
	default:
		if (m->seq)
			far_reply(fd, m, 0);
		return m->seq;
	}
}

void far_serve(int fd)
{
	struct far_msg m;

	while (far_get(fd, &m, -1) == 1)
		far_serve_one(fd, &m);
}

/* ---- backends ---- */

static void put_string(struct genl_req *req, int attr, const char *text)
{
	genl_put(req, attr, text, strlen(text) + 1);
}

int far_give(int cmd, const char *name, const char *netdev, int fd)
{
	static struct genl_req req;

	if (genl_open())
		return EIO;
	genl_begin(&req, cmd, 0);
	put_string(&req, ZSOCK_A_BACKEND_NAME, name);
	genl_put_u32(&req, ZSOCK_A_BACKEND_FD, fd);
	put_string(&req, ZSOCK_A_BACKEND_LABEL, "test");
	if (netdev)
		put_string(&req, ZSOCK_A_BACKEND_NETDEV, netdev);
	return genl_talk(&req);
}

bool far_vsock;
uint64_t far_vsock_buffer;

static int set_buffer(int fd)
{
	uint64_t n = far_vsock_buffer;

	if (!n)
		return 0;
	return setsockopt(fd, AF_VSOCK, SO_VM_SOCKETS_BUFFER_MIN_SIZE, &n, sizeof(n)) ||
	       setsockopt(fd, AF_VSOCK, SO_VM_SOCKETS_BUFFER_SIZE, &n, sizeof(n)) ? -1 : 0;
}

/* A pair over the loopback; errno says where there is none. */
static int vsock_pair(int sv[2])
{
	struct sockaddr_vm svm = {
		.svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_LOCAL, .svm_port = VMADDR_PORT_ANY,
	};
	int l = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(svm);

	sv[1] = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (l < 0 || sv[1] < 0 || set_buffer(l) || set_buffer(sv[1]) || bind(l, (void *)&svm, len) || listen(l, 1) ||
	    getsockname(l, (void *)&svm, &len))
		return -1;
	svm.svm_cid = VMADDR_CID_LOCAL;
	if (connect(sv[1], (void *)&svm, sizeof(svm)))
		return -1;
	sv[0] = accept4(l, NULL, NULL, SOCK_CLOEXEC);
	close(l);
	return sv[0] < 0 ? -1 : 0;
}

static int give_pair(int cmd, const char *name, const char *netdev, const void *first,
		     size_t len, int *fd)
{
	int sv[2], err;

	*fd = -1;
	if (far_vsock ? vsock_pair(sv) :
			socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv))
		return errno;
	far_say_raw(sv[0], first, len);
	err = far_give(cmd, name, netdev, sv[1]);
	close(sv[1]);
	if (err)
		close(sv[0]);
	else
		*fd = sv[0];
	return err;
}

int far_add_with(const char *name, const char *netdev, const void *first, size_t len, int *fd)
{
	return give_pair(ZSOCK_CMD_BACKEND_ADD, name, netdev, first, len, fd);
}

static int greet(int cmd, const char *name, int *fd)
{
	struct {
		struct zoff_hdr hdr;
		struct zoff_hello hello;
	} first;
	struct far_msg m;
	int err;

	far_header(&first.hdr, sizeof(first.hello), ZOFF_HELLO, 0, 0);
	far_hello(&first.hello);
	err = give_pair(cmd, name, NULL, &first, sizeof(first), fd);
	if (err)
		return err;
	return far_get(*fd, &m, 20000) == 1 && m.type == ZOFF_HELLO ? 0 : EPROTO;
}

int far_add(const char *name, int *fd)
{
	return greet(ZSOCK_CMD_BACKEND_ADD, name, fd);
}

int far_pipe(const char *name, int *fd)
{
	return greet(ZSOCK_CMD_BACKEND_PIPE, name, fd);
}

int far_del(const char *name, bool force)
{
	static struct genl_req req;

	if (genl_open())
		return EIO;
	genl_begin(&req, ZSOCK_CMD_BACKEND_DEL, 0);
	put_string(&req, ZSOCK_A_BACKEND_NAME, name);
	if (force)
		genl_put(&req, ZSOCK_A_BACKEND_FORCE, NULL, 0);
	return genl_talk(&req);
}

/* Of one message in the list: its state, if it has that name. */
static int state_in(const struct nlmsghdr *nlh, const char *name)
{
	const char *p = (const char *)nlh + NLMSG_HDRLEN + GENL_HDRLEN;
	const char *end = (const char *)nlh + nlh->nlmsg_len;
	const struct nlattr *attr;
	bool found = false;
	int state = 0;

	for (; p + NLA_HDRLEN <= end; p += NLA_ALIGN(attr->nla_len)) {
		attr = (const struct nlattr *)p;
		if (attr->nla_type == ZSOCK_A_BACKEND_NAME)
			found = !strcmp(p + NLA_HDRLEN, name);
		if (attr->nla_type == ZSOCK_A_BACKEND_STATE)
			memcpy(&state, p + NLA_HDRLEN, sizeof(state));
	}
	return found ? state : 0;
}

int far_state(const char *name)
{
	char buf[16384], request[NLMSG_HDRLEN + GENL_HDRLEN + 1024];
	static struct genl_req req;
	struct nlmsghdr *nlh;
	int fd, len, state = 0;
	bool done = false;

	if (genl_open())
		return -1;
	genl_begin(&req, ZSOCK_CMD_BACKEND_GET, NLM_F_DUMP);
	memcpy(request, req.buf, NLMSG_HDRLEN + GENL_HDRLEN);
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (fd < 0 || send(fd, request, NLMSG_HDRLEN + GENL_HDRLEN, 0) < 0)
		done = true;
	while (!done && (len = recv(fd, buf, sizeof(buf), 0)) > 0) {
		for (nlh = (struct nlmsghdr *)buf; NLMSG_OK(nlh, (unsigned int)len);
		     nlh = NLMSG_NEXT(nlh, len)) {
			done = done || nlh->nlmsg_type == NLMSG_DONE ||
			       nlh->nlmsg_type == NLMSG_ERROR;
			if (!done && !state)
				state = state_in(nlh, name);
		}
	}
	close(fd);
	return state;
}

bool far_is(const char *name, int state, int ms)
{
	long long end = zs_now_ms() + ms;

	while (far_state(name) != state) {
		if (zs_now_ms() > end)
			return false;
		zs_sleep_ms(10);
	}
	return true;
}

/* ---- sockets ---- */

int far_socket(const char *name, int type)
{
	int fd = socket(zs_family, type | SOCK_CLOEXEC, ZSOCK_PROTO(AF_INET, 0));

	if (fd >= 0 && setsockopt(fd, SOL_ZSOCK, ZSOCK_BACKEND, name, strlen(name) + 1)) {
		close(fd);
		return -1;
	}
	return fd;
}
