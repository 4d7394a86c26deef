// SPDX-License-Identifier: GPL-2.0
/*
 * Requests to the generic-netlink family "zsock", and their answers.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "internal.h"

#define BUFFER		98304	/* a dump has 32 KiB at most; a credential is larger */
#define HEADERS		(MNL_NLMSG_HDRLEN + MNL_ALIGN(sizeof(struct genlmsghdr)))
#define DUMP_TRIES	5

static int keep(const struct nlmsghdr *nlh, struct zsk__answer *a)
{
	size_t len = MNL_ALIGN(nlh->nlmsg_len);

	if (a->len + len > a->room) {
		size_t room = 2 * (a->room + len);
		char *more = realloc(a->msgs, room);

		if (!more)
			return -ENOMEM;
		a->msgs = more;
		a->room = room;
	}
	memcpy(a->msgs + a->len, nlh, nlh->nlmsg_len);
	a->len += len;
	return 0;
}

/* The text that a kernel adds to an error, found behind what it sends back. */
static void note_why(struct zsk *z, const struct nlmsghdr *nlh, size_t off)
{
	const struct nlattr *attr;

	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	mnl_attr_for_each(attr, nlh, off)
		if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG &&
		    !mnl_attr_validate(attr, MNL_TYPE_NUL_STRING))
			snprintf(z->why, sizeof(z->why), "%s",
				 mnl_attr_get_str(attr));
}

/* 1: go on, 0: the answer is over, or a negative errno */
static int control(struct zsk *z, const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *err = mnl_nlmsg_get_payload(nlh);
	size_t payload = mnl_nlmsg_get_payload_len(nlh);
	size_t off;

	switch (nlh->nlmsg_type) {
	case NLMSG_ERROR:
		if (payload < sizeof(*err))
			return -EBADMSG;
		off = sizeof(*err);
		if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
			off += MNL_ALIGN(err->msg.nlmsg_len) - MNL_NLMSG_HDRLEN;
		note_why(z, nlh, off);
		return err->error;
	case NLMSG_DONE:
		if (payload < sizeof(int))
			return 0;
		note_why(z, nlh, sizeof(int));
		return err->error < 0 ? err->error : 0; /* its first word, here too */
	default:
		return 1;
	}
}

/*
 * One datagram of an answer: the same results as control(). Where there is no
 * memory for it, the rest is read all the same: the kernel begins no other list
 * before the end of this one.
 */
static int take(struct zsk *z, int len, struct zsk__answer *a)
{
	unsigned int port = mnl_socket_get_portid(z->nl);
	struct nlmsghdr *nlh = (struct nlmsghdr *)z->buf;
	int ret;

	for (; mnl_nlmsg_ok(nlh, len); nlh = mnl_nlmsg_next(nlh, &len)) {
		if (!mnl_nlmsg_portid_ok(nlh, port) ||
		    !mnl_nlmsg_seq_ok(nlh, z->seq))
			continue;
		if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
			a->interrupted = true;
		if (nlh->nlmsg_type >= NLMSG_MIN_TYPE) {
			a->error = a->error ?: keep(nlh, a);
			continue;
		}
		ret = control(z, nlh);
		if (ret <= 0)
			return ret ?: a->error;
	}
	return 1;
}

/* A signal does not end what the kernel has been told to do. */
static int transact(struct zsk *z, struct nlmsghdr *req, struct zsk__answer *a)
{
	ssize_t len;
	int ret = 1;

	a->len = 0;
	a->error = 0;
	a->interrupted = false;
	z->why[0] = '\0';
	req->nlmsg_seq = ++z->seq;
	do {
		len = mnl_socket_sendto(z->nl, req, req->nlmsg_len);
	} while (len < 0 && errno == EINTR);
	if (len < 0)
		return -errno;
	while (ret > 0) {
		len = mnl_socket_recvfrom(z->nl, z->buf, BUFFER);
		if (len >= 0)
			ret = take(z, len, a);
		else if (errno != EINTR)
			ret = -errno;
	}
	return ret;
}

static struct nlmsghdr *request(uint16_t type, uint8_t cmd, uint8_t version,
				size_t room)
{
	char *buf = calloc(1, HEADERS + room);
	struct genlmsghdr *genl;
	struct nlmsghdr *nlh;

	if (!buf)
		return NULL;
	nlh = mnl_nlmsg_put_header(buf);
	nlh->nlmsg_type = type;
	/* An answer may carry no data: an acknowledgment is asked for, as its end. */
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = version;
	return nlh;
}

struct nlmsghdr *zsk__request(const struct zsk *z, uint8_t cmd, size_t room)
{
	return request(z->family, cmd, ZSOCK_GENL_VERSION, room);
}

/* It may have held a secret. */
static void wipe(struct nlmsghdr *req)
{
	explicit_bzero(req, req->nlmsg_len);
	free(req);
}

/**
 * zsk__resolve() - look the family up
 * @z: the connection, whose family is set
 * @a: what nlctrl tells of it; its messages are to be freed, whatever happens
 *
 * Return: 0 or a negative errno.
 */
int zsk__resolve(struct zsk *z, struct zsk__answer *a)
{
	const struct nlattr *tb[CTRL_ATTR_MAX + 1];
	struct nlmsghdr *req;
	int ret;

	req = request(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1, 64);
	if (!req)
		return -ENOMEM;
	mnl_attr_put_strz(req, CTRL_ATTR_FAMILY_NAME, ZSOCK_GENL_NAME);
	ret = transact(z, req, a);
	free(req);
	if (ret)
		return ret == -ENOENT ? -ENOPROTOOPT : ret;
	if (!a->len)
		return -EBADMSG;
	zsk__attrs((struct nlmsghdr *)a->msgs, tb, CTRL_ATTR_MAX);
	if (!tb[CTRL_ATTR_FAMILY_ID])
		return -EBADMSG;
	z->family = zsk__u16(tb[CTRL_ATTR_FAMILY_ID]);
	return 0;
}

/*
 * ENOENT is the kernel's word for a family that is not there, too. Whether it
 * is, and by which number by now: the module may have been loaded anew.
 */
static int look_again(struct zsk *z, struct nlmsghdr *req,
		      struct zsk__answer *a)
{
	struct zsk__answer ctrl = { 0 };
	char why[sizeof(z->why)];
	int ret;

	memcpy(why, z->why, sizeof(why));
	ret = zsk__resolve(z, &ctrl);
	free(ctrl.msgs);
	if (ret)
		return ret;
	if (req->nlmsg_type != z->family) {
		req->nlmsg_type = z->family;
		return transact(z, req, a);
	}
	memcpy(z->why, why, sizeof(why));
	return -ENOENT;
}

int zsk__ask(struct zsk *z, struct nlmsghdr *req, struct zsk__answer *a)
{
	int ret;

	if (!req)
		return zsk__refuse(z, -ENOMEM, "");
	ret = transact(z, req, a);
	if (ret == -ENOENT)
		ret = look_again(z, req, a);
	wipe(req);
	return ret;
}

/* Where the answer is but yes or no. */
int zsk__do(struct zsk *z, struct nlmsghdr *req)
{
	struct zsk__answer a = { 0 };
	int ret = zsk__ask(z, req, &a);

	free(a.msgs);
	return ret;
}

int zsk__each(const struct zsk__answer *a,
	      int (*each)(const struct nlmsghdr *nlh, void *arg), void *arg)
{
	const struct nlmsghdr *nlh = (const struct nlmsghdr *)a->msgs;
	int len = a->len, ret = 0;

	for (; !ret && mnl_nlmsg_ok(nlh, len); nlh = mnl_nlmsg_next(nlh, &len))
		ret = each(nlh, arg);
	return ret;
}

/* One that changes while it is dumped may say something twice, or not at all. */
int zsk__list(struct zsk *z, uint8_t cmd,
	      int (*each)(const struct nlmsghdr *nlh, void *arg), void *arg)
{
	struct zsk__answer a = { 0 };
	struct nlmsghdr *req;
	int ret, tries;

	for (tries = 0; tries < DUMP_TRIES; tries++) {
		req = zsk__request(z, cmd, 0);
		if (req)
			req->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
		ret = zsk__ask(z, req, &a);
		if (ret || !a.interrupted)
			break;
	}
	z->changed = !ret && a.interrupted;
	if (!ret)
		ret = zsk__each(&a, each, arg);
	free(a.msgs);
	return ret;
}

/* What is wrong is known here. */
int zsk__refuse(struct zsk *z, int err, const char *why)
{
	snprintf(z->why, sizeof(z->why), "%s", why);
	return err;
}

static int set_up(struct zsk *z)
{
	struct zsk__answer a = { 0 };
	int one = 1, ret;

	z->seq = time(NULL);
	z->buf = malloc(BUFFER);
	if (!z->buf)
		return -ENOMEM;
	z->nl = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	if (!z->nl)
		return -errno;
	/* Old kernels without these do without. */
	mnl_socket_setsockopt(z->nl, NETLINK_EXT_ACK, &one, sizeof(one));
	mnl_socket_setsockopt(z->nl, NETLINK_CAP_ACK, &one, sizeof(one));
	if (mnl_socket_bind(z->nl, 0, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	ret = zsk__resolve(z, &a);
	free(a.msgs);
	return ret;
}

int zsk_open(struct zsk **z)
{
	int ret;

	*z = calloc(1, sizeof(**z));
	if (!*z)
		return -ENOMEM;
	ret = set_up(*z);
	if (ret) {
		zsk_close(*z);
		*z = NULL;
	}
	return ret;
}

void zsk_close(struct zsk *z)
{
	if (!z)
		return;
	if (z->nl)
		mnl_socket_close(z->nl);
	free(z->buf);
	free(z);
}

const char *zsk_why(const struct zsk *z)
{
	return z->why;
}

int zsk_list_changed(const struct zsk *z)
{
	return z->changed;
}
