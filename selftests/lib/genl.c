// SPDX-License-Identifier: GPL-2.0
/*
 * Raw requests to the generic netlink family "zsock".
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/zsock.h>

#include "genl.h"

static int sock = -1;
static int family;
static int flags;
static struct nlattr *last;
static unsigned int seq;

char genl_answer[100000];
int genl_answer_len;
void (*genl_each)(const struct nlmsghdr *nlh);

static struct nlmsghdr *header(struct genl_req *req)
{
	return (struct nlmsghdr *)req->buf;
}

static void begin(struct genl_req *req, int type, int cmd, int nl_flags)
{
	struct nlmsghdr *nlh = header(req);
	struct genlmsghdr *genl = NLMSG_DATA(nlh);

	memset(nlh, 0, NLMSG_HDRLEN + GENL_HDRLEN);
	nlh->nlmsg_len = NLMSG_HDRLEN + GENL_HDRLEN;
	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | (nl_flags & NLM_F_DUMP ? nl_flags : nl_flags | NLM_F_ACK);
	genl->cmd = cmd;
	genl->version = ZSOCK_GENL_VERSION;
}

void genl_begin(struct genl_req *req, int cmd, int nl_flags)
{
	begin(req, family, cmd, nl_flags);
}

void genl_put(struct genl_req *req, int attr, const void *data, size_t len)
{
	struct nlmsghdr *nlh = header(req);

	last = (struct nlattr *)(req->buf + NLMSG_ALIGN(nlh->nlmsg_len));
	last->nla_type = attr;
	last->nla_len = NLA_HDRLEN + len;
	memset((char *)last + NLA_HDRLEN, 0, NLA_ALIGN(len));
	if (len)
		memcpy((char *)last + NLA_HDRLEN, data, len);
	nlh->nlmsg_len = NLMSG_ALIGN(nlh->nlmsg_len) + NLA_HDRLEN + NLA_ALIGN(len);
}

void genl_put_u32(struct genl_req *req, int attr, uint32_t value)
{
	genl_put(req, attr, &value, sizeof(value));
}

struct nlattr *genl_last(struct genl_req *req __attribute__((unused)))
{
	return last;
}

static void note(struct genl_req *req, const struct nlmsghdr *nlh)
{
	const char *p = (const char *)nlh + NLMSG_HDRLEN + GENL_HDRLEN;
	const char *end = (const char *)nlh + nlh->nlmsg_len;
	const struct nlattr *attr;

	req->messages++;
	for (; p + NLA_HDRLEN <= end; p += NLA_ALIGN(attr->nla_len)) {
		attr = (const struct nlattr *)p;
		switch (attr->nla_type) {
		case ZSOCK_A_CRED_DATA:
			req->data_len = attr->nla_len - NLA_HDRLEN;
			memcpy(req->data, p + NLA_HDRLEN, req->data_len);
			break;
		case ZSOCK_A_CRED_OWNER:
			memcpy(&req->owner, p + NLA_HDRLEN, sizeof(req->owner));
			break;
		case ZSOCK_A_CRED_UID:
			req->uids++;
			break;
		}
	}
}

/* -1: there is more to come; else the result. */
static int take(struct genl_req *req, const char *buf, int len)
{
	const struct nlmsghdr *nlh = (const struct nlmsghdr *)buf;
	const struct nlmsgerr *err;

	for (; NLMSG_OK(nlh, (unsigned int)len); nlh = NLMSG_NEXT(nlh, len)) {
		if (nlh->nlmsg_seq != seq)
			continue;
		err = NLMSG_DATA(nlh);
		if (nlh->nlmsg_type == NLMSG_ERROR || nlh->nlmsg_type == NLMSG_DONE)
			return -err->error;
		note(req, nlh);
		if (genl_each)
			genl_each(nlh);
	}
	return -1;
}

int genl_talk(struct genl_req *req)
{
	int ret;

	req->messages = 0;
	req->data_len = 0;
	req->uids = 0;
	header(req)->nlmsg_seq = ++seq;
	if (send(sock, req->buf, header(req)->nlmsg_len, 0) < 0)
		return errno;
	do {
		genl_answer_len = recv(sock, genl_answer, sizeof(genl_answer), flags);
		if (genl_answer_len < 0)
			return errno;
		ret = take(req, genl_answer, genl_answer_len);
	} while (ret < 0);
	return ret;
}

static int resolve(void)
{
	static struct genl_req req;
	const struct nlattr *attr;
	char buf[4096];
	int len, off;

	begin(&req, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0);
	genl_put(&req, CTRL_ATTR_FAMILY_NAME, ZSOCK_GENL_NAME, sizeof(ZSOCK_GENL_NAME));
	header(&req)->nlmsg_seq = ++seq;
	if (send(sock, req.buf, header(&req)->nlmsg_len, 0) < 0)
		return -1;
	len = recv(sock, buf, sizeof(buf), 0);
	for (off = NLMSG_HDRLEN + GENL_HDRLEN; off + NLA_HDRLEN <= len;
	     off += NLA_ALIGN(attr->nla_len)) {
		attr = (const struct nlattr *)(buf + off);
		if (attr->nla_type == CTRL_ATTR_FAMILY_ID) {
			family = *(const uint16_t *)(buf + off + NLA_HDRLEN);
			genl_drain();
			return 0;
		}
	}
	return -1;
}

int genl_open(void)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK };
	int one = 1;

	if (sock >= 0)
		close(sock);
	flags = 0;
	sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (sock < 0 || bind(sock, (struct sockaddr *)&addr, sizeof(addr)))
		return -1;
	setsockopt(sock, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
	return resolve();
}

int genl_full_acks(void)
{
	int zero = 0;

	return setsockopt(sock, SOL_NETLINK, NETLINK_CAP_ACK, &zero, sizeof(zero));
}

void genl_no_wait(void)
{
	flags = MSG_DONTWAIT;
}

void genl_drain(void)
{
	char buf[100];

	while (recv(sock, buf, sizeof(buf), MSG_DONTWAIT | MSG_TRUNC) > 0)
		;
}
