// SPDX-License-Identifier: GPL-2.0
/* An agent's line to the kernel. */
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <linux/zsock.h>

#include "line.h"

void line_begin(struct line_message *m, int type, int cmd, unsigned int seq)
{
	memset(m, 0, sizeof(*m));
	m->nlh.nlmsg_len = NLMSG_HDRLEN + GENL_HDRLEN;
	m->nlh.nlmsg_type = type;
	m->nlh.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	m->nlh.nlmsg_seq = seq;
	m->genl.cmd = cmd;
	m->genl.version = ZSOCK_GENL_VERSION;
}

void line_put(struct line_message *m, int attr, const void *data, int len)
{
	struct nlattr *nla = (struct nlattr *)((char *)m + NLMSG_ALIGN(m->nlh.nlmsg_len));

	nla->nla_type = attr;
	nla->nla_len = NLA_HDRLEN + len;
	if (len)
		memcpy((char *)nla + NLA_HDRLEN, data, len);
	m->nlh.nlmsg_len = NLMSG_ALIGN(m->nlh.nlmsg_len) + NLA_ALIGN(nla->nla_len);
}

const char *line_attrs(const struct nlmsghdr *nlh, const char **end)
{
	*end = (const char *)nlh + nlh->nlmsg_len;
	return (const char *)nlh + NLMSG_HDRLEN + GENL_HDRLEN;
}

/* The group of that name, among the nests of each. */
static int find_group(const char *p, const char *end, const char *name)
{
	const struct nlattr *nest, *attr;

	line_each(nest, p, end) {
		const char *q = p + NLA_HDRLEN, *stop = p + nest->nla_len;
		bool ours = false;
		int id = 0;

		line_each(attr, q, stop) {
			if (attr->nla_type == CTRL_ATTR_MCAST_GRP_ID)
				memcpy(&id, q + NLA_HDRLEN, 4);
			else if (attr->nla_type == CTRL_ATTR_MCAST_GRP_NAME)
				ours = !strcmp(q + NLA_HDRLEN, name);
		}
		if (ours)
			return id;
	}
	return 0;
}

/* The family's number, and the group that there is. */
static int join(int nl, const char *name, int *family)
{
	struct line_message m;
	const struct nlattr *attr;
	const char *p, *end;
	char buf[8192];
	int group = 0;

	line_begin(&m, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0);
	line_put(&m, CTRL_ATTR_FAMILY_NAME, ZSOCK_GENL_NAME, sizeof(ZSOCK_GENL_NAME));
	if (send(nl, &m, m.nlh.nlmsg_len, 0) < 0 ||
	    recv(nl, buf, sizeof(buf), 0) < (int)(NLMSG_HDRLEN + GENL_HDRLEN))
		return -1;
	p = line_attrs((void *)buf, &end);
	line_each(attr, p, end) {
		if ((attr->nla_type & NLA_TYPE_MASK) == CTRL_ATTR_FAMILY_ID)
			*family = *(const uint16_t *)(p + NLA_HDRLEN);
		if ((attr->nla_type & NLA_TYPE_MASK) == CTRL_ATTR_MCAST_GROUPS)
			group = find_group(p + NLA_HDRLEN, p + attr->nla_len, name);
	}
	/* The acknowledgement. */
	recv(nl, buf, sizeof(buf), 0);
	return setsockopt(nl, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group));
}

int line_open(const char *group, int ms, int *nl, int *family)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK };
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };
	int one = 1;

	*nl = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (*nl < 0 || bind(*nl, (struct sockaddr *)&addr, sizeof(addr)))
		return -1;
	setsockopt(*nl, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
	setsockopt(*nl, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	return join(*nl, group, family);
}
