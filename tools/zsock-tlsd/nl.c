// SPDX-License-Identifier: GPL-2.0
/*
 * A worker's generic-netlink sockets: requests, and events that come between.
 *
 * The kernel answers a request before send() returns, so nobody waits for the
 * answer: it is there, or it was lost. The module may be unloaded and loaded
 * again: then its family goes, and comes back with another number.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/socket.h>

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/zsock.h>

#include "log.h"
#include "nl.h"

#define RCVBUF		(1 << 20)

#ifndef SO_RCVBUFFORCE
#define SO_RCVBUFFORCE	33
#endif

/* ---- events ---- */

static const struct nlattr *find_attr(const struct nlmsghdr *nlh, uint16_t type)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr))
		if (mnl_attr_get_type(attr) == type)
			return attr;
	return NULL;
}

static void ticket(struct nl *nl, const struct nlmsghdr *nlh)
{
	const struct nlattr *id = find_attr(nlh, ZSOCK_A_HANDSHAKE_ID);
	const struct nlattr *data = find_attr(nlh, ZSOCK_A_HANDSHAKE_DATA);

	if (id && data && mnl_attr_get_payload_len(id) == sizeof(uint64_t))
		nl->events->ticket(nl->arg, mnl_attr_get_u64(id),
				   mnl_attr_get_payload(data),
				   mnl_attr_get_payload_len(data));
}

static void purge(struct nl *nl, const struct nlmsghdr *nlh)
{
	const struct nlattr *uid = find_attr(nlh, ZSOCK_A_HANDSHAKE_UID);

	if (uid && mnl_attr_get_payload_len(uid) == sizeof(uint32_t))
		nl->events->purge(nl->arg, mnl_attr_get_u32(uid));
}

static bool is_ours(const struct nlmsghdr *nlh)
{
	const struct nlattr *name = find_attr(nlh, CTRL_ATTR_FAMILY_NAME);

	return name && !mnl_attr_validate(name, MNL_TYPE_NUL_STRING) &&
	       !strcmp(mnl_attr_get_str(name), ZSOCK_GENL_NAME);
}

/* Joining what comes back takes requests: nl_read() does that. */
static void family_event(struct nl *nl, const struct nlmsghdr *nlh, uint8_t cmd)
{
	if (cmd == CTRL_CMD_DELFAMILY && is_ours(nlh))
		nl->family = 0;
}

static void event(struct nl *nl, const struct nlmsghdr *nlh)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*genl))
		return;
	if (nlh->nlmsg_type == GENL_ID_CTRL) {
		family_event(nl, nlh, genl->cmd);
	} else if (nl->family && nlh->nlmsg_type == nl->family) {
		if (genl->cmd == ZSOCK_CMD_HANDSHAKE_READY ||
		    genl->cmd == ZSOCK_CMD_RESOLVE_READY)
			nl->events->ready(nl->arg);
		else if (genl->cmd == ZSOCK_CMD_HANDSHAKE_TICKET &&
			 nl->events->ticket)
			ticket(nl, nlh);
		else if (genl->cmd == ZSOCK_CMD_HANDSHAKE_PURGE &&
			 nl->events->purge)
			purge(nl, nlh);
	}
}

/* ---- receiving ---- */

/*
 * One datagram of the kernel's. Where some were lost because they came too fast
 * (ENOBUFS), there is certainly something to be accepted.
 */
static ssize_t receive(struct nl *nl, const struct mnl_socket *sock)
{
	struct sockaddr_nl from = { 0 };
	struct iovec iov = { nl->buf, NL_BUFFER };
	struct msghdr msg = {
		.msg_name = &from, .msg_namelen = sizeof(from),
		.msg_iov = &iov, .msg_iovlen = 1,
	};
	ssize_t len;

	do {
		len = recvmsg(mnl_socket_get_fd(sock), &msg, MSG_DONTWAIT);
		if (len < 0 && errno == ENOBUFS)
			nl->events->ready(nl->arg);
	} while (len < 0 && (errno == ENOBUFS || errno == EINTR));
	if (len < 0)
		return -errno;
	/* Not from the kernel, or cut: nothing of ours. */
	if (from.nl_pid || (msg.msg_flags & MSG_TRUNC))
		return 0;
	return len;
}

/* The text that a kernel adds to an error, found behind what it sends back. */
static void note_why(struct nl *nl, const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *err = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr;
	size_t off = sizeof(*err);

	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		off += MNL_ALIGN(err->msg.nlmsg_len) - MNL_NLMSG_HDRLEN;
	mnl_attr_for_each(attr, nlh, off)
		if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG &&
		    !mnl_attr_validate(attr, MNL_TYPE_NUL_STRING))
			snprintf(nl->why, sizeof(nl->why), "%s",
				 mnl_attr_get_str(attr));
}

static int error_of(struct nl *nl, const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *err = mnl_nlmsg_get_payload(nlh);

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*err))
		return -EBADMSG;
	note_why(nl, nlh);
	return err->error;
}

/* ---- requests ---- */

static struct nlmsghdr *request_to(struct nl *nl, char *buf, uint16_t family,
				   uint8_t cmd, uint8_t version)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct genlmsghdr *genl;

	nlh->nlmsg_type = family;
	nlh->nlmsg_flags = NLM_F_REQUEST;
	nlh->nlmsg_seq = ++nl->seq ? nl->seq : ++nl->seq;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = version;
	return nlh;
}

struct nlmsghdr *nl_request(struct nl *nl, char *buf, uint8_t cmd)
{
	return request_to(nl, buf, nl->family, cmd, ZSOCK_GENL_VERSION);
}

/* Send what is answered only if it fails, and then nobody listens. */
int nl_send(struct nl *nl, struct nlmsghdr *req)
{
	nl->why[0] = '\0';
	if (!req->nlmsg_type)
		return -ENOENT;
	return mnl_socket_sendto(nl->sock, req, req->nlmsg_len) < 0 ? -errno : 0;
}

/* 1: the answer has not come yet */
static int look_at(struct nl *nl, struct nlmsghdr *nlh, int len, uint32_t seq,
		   nl_reply_fn reply, void *arg)
{
	int ret = 1;

	for (; mnl_nlmsg_ok(nlh, len); nlh = mnl_nlmsg_next(nlh, &len)) {
		if (!nlh->nlmsg_seq)
			event(nl, nlh);
		else if (nlh->nlmsg_seq != seq)
			continue;	/* to nl_send(), or came too late */
		else if (nlh->nlmsg_type == NLMSG_ERROR)
			ret = error_of(nl, nlh);
		else if (nlh->nlmsg_type >= NLMSG_MIN_TYPE)
			ret = reply(nlh, arg);
	}
	return ret;
}

/**
 * nl_ask() - make a request that is answered by one message
 * @nl: the line
 * @req: the request
 * @reply: called with the answer; what it returns is the result
 * @arg: for @reply
 *
 * Return: 0, or -errno: -ENOBUFS where the answer was lost.
 */
int nl_ask(struct nl *nl, struct nlmsghdr *req, nl_reply_fn reply, void *arg)
{
	uint32_t seq = req->nlmsg_seq;
	ssize_t len;
	int ret = nl_send(nl, req);

	if (ret)
		return ret;
	do {
		len = receive(nl, nl->sock);
		if (len < 0)
			return len == -EAGAIN ? -ENOBUFS : len;
		ret = look_at(nl, (struct nlmsghdr *)nl->buf, len, seq, reply,
			      arg);
	} while (ret > 0);
	return ret;
}

/* ---- the family ---- */

struct family {
	const char *group_name;
	uint32_t group;
	uint16_t id;
};

static void look_at_group(const struct nlattr *nest, struct family *f)
{
	const struct nlattr *attr;
	const char *name = "";
	uint32_t id = 0;

	mnl_attr_for_each_nested(attr, nest) {
		if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GRP_NAME &&
		    !mnl_attr_validate(attr, MNL_TYPE_NUL_STRING))
			name = mnl_attr_get_str(attr);
		else if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GRP_ID &&
			 !mnl_attr_validate(attr, MNL_TYPE_U32))
			id = mnl_attr_get_u32(attr);
	}
	if (!strcmp(name, f->group_name))
		f->group = id;
}

static int read_family(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *id = find_attr(nlh, CTRL_ATTR_FAMILY_ID);
	const struct nlattr *groups = find_attr(nlh, CTRL_ATTR_MCAST_GROUPS);
	const struct nlattr *group;
	struct family *f = arg;

	if (!id || mnl_attr_validate(id, MNL_TYPE_U16) < 0)
		return -EBADMSG;
	f->id = mnl_attr_get_u16(id);
	if (groups)
		mnl_attr_for_each_nested(group, groups)
			look_at_group(group, f);
	return f->group ? 0 : -EPROTONOSUPPORT;
}

static int look_up(struct nl *nl, const char *name, struct family *f)
{
	char buf[256];
	struct nlmsghdr *req = request_to(nl, buf, GENL_ID_CTRL,
					  CTRL_CMD_GETFAMILY, 1);

	mnl_attr_put_strz(req, CTRL_ATTR_FAMILY_NAME, name);
	return nl_ask(nl, req, read_family, f);
}

static int join(struct nl *nl, const char *name, const char *group,
		uint16_t *id)
{
	struct family f = { .group_name = group };
	int ret = look_up(nl, name, &f);

	if (ret)
		return ret;
	if (mnl_socket_setsockopt(nl->multicast, NETLINK_ADD_MEMBERSHIP,
				  &f.group, sizeof(f.group)) < 0)
		return -errno;
	*id = f.id;
	return 0;
}

static int join_zsock(struct nl *nl)
{
	int ret = join(nl, ZSOCK_GENL_NAME, nl->group, &nl->family);

	if (!ret)
		nl->events->ready(nl->arg);
	return ret;
}

/* ---- the line ---- */

static int read_all(struct nl *nl, const struct mnl_socket *sock)
{
	ssize_t len;

	while ((len = receive(nl, sock)) >= 0)
		look_at(nl, (struct nlmsghdr *)nl->buf, len, 0, NULL, NULL);
	return len == -EAGAIN ? 0 : len;
}

/**
 * nl_read() - tell all events that have come
 * @nl: the line
 *
 * Return: 0, or -errno if the line is of no more use.
 */
int nl_read(struct nl *nl)
{
	bool was_there = nl->family;
	int ret = read_all(nl, nl->sock);

	if (!ret)
		ret = read_all(nl, nl->multicast);
	if (ret)
		return ret;
	if (was_there && !nl->family)
		log_say(LOG_NOTICE, "the zsock module was unloaded; waiting for it");
	/* Whatever event it was, it costs little to look. */
	if (!nl->family && !join_zsock(nl))
		log_say(LOG_NOTICE, "the zsock module is back");
	return 0;
}

static struct mnl_socket *open_socket(void)
{
	struct mnl_socket *sock = mnl_socket_open2(NETLINK_GENERIC,
						   SOCK_CLOEXEC);
	int one = 1, size = RCVBUF;

	if (!sock)
		return NULL;
	/* Old kernels without these do without. */
	mnl_socket_setsockopt(sock, NETLINK_EXT_ACK, &one, sizeof(one));
	mnl_socket_setsockopt(sock, NETLINK_CAP_ACK, &one, sizeof(one));
	setsockopt(mnl_socket_get_fd(sock), SOL_SOCKET, SO_RCVBUFFORCE, &size,
		   sizeof(size));
	if (!mnl_socket_bind(sock, 0, MNL_SOCKET_AUTOPID))
		return sock;
	mnl_socket_close(sock);
	return NULL;
}

/**
 * nl_open() - open a line to the kernel
 * @nl: the line; nl_close() it, also where this fails
 * @group: the multicast group to be heard
 * @events: who is told events; that one is ready at once
 * @arg: for @events
 *
 * Return: 0, or -errno: -ENOENT where the module is not loaded.
 */
int nl_open(struct nl *nl, const char *group, const struct nl_events *events,
	    void *arg)
{
	uint16_t ctrl;
	int ret;

	memset(nl, 0, sizeof(*nl));
	nl->group = group;
	nl->events = events;
	nl->arg = arg;
	nl->buf = malloc(NL_BUFFER);
	if (!nl->buf)
		return -ENOMEM;
	nl->sock = open_socket();
	nl->multicast = open_socket();
	if (!nl->sock || !nl->multicast)
		return -errno;
	ret = join(nl, "nlctrl", "notify", &ctrl);
	return ret ? ret : join_zsock(nl);
}

void nl_close(struct nl *nl)
{
	if (nl->sock)
		mnl_socket_close(nl->sock);
	if (nl->multicast)
		mnl_socket_close(nl->multicast);
	free(nl->buf);
	nl->sock = NULL;
	nl->multicast = NULL;
	nl->buf = NULL;
}
