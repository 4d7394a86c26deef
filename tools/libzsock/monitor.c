// SPDX-License-Identifier: GPL-2.0
/*
 * What happens to backends, and the end of the family that tells of it.
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* nlctrl has one group, which tells when families come and go. */
#define NLCTRL_GROUP	GENL_ID_CTRL

struct zsk_monitor {
	struct mnl_socket *nl;
	uint16_t family;
	bool unloaded;
};

/* Number of the multicast group @name in what nlctrl told, or 0. */
static uint32_t group_number(const struct nlattr *groups, const char *name)
{
	const struct nlattr *group, *attr;
	uint32_t number;
	bool found;

	if (!groups)
		return 0;
	mnl_attr_for_each_nested(group, groups) {
		number = 0;
		found = false;
		mnl_attr_for_each_nested(attr, group) {
			if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GRP_NAME)
				found = !strcmp(zsk__str(attr), name);
			if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GRP_ID)
				number = zsk__u32(attr);
		}
		if (found)
			return number;
	}
	return 0;
}

static int find_group(struct zsk_monitor *m, uint32_t *group)
{
	const struct nlattr *tb[CTRL_ATTR_MAX + 1];
	struct zsk__answer a = { 0 };
	struct zsk *z;
	int ret;

	ret = zsk_open(&z);
	if (ret)
		return ret;
	ret = zsk__resolve(z, &a);
	if (!ret) {
		zsk__attrs((struct nlmsghdr *)a.msgs, tb, CTRL_ATTR_MAX);
		m->family = z->family;
		*group = group_number(tb[CTRL_ATTR_MCAST_GROUPS],
				      ZSOCK_GENL_BACKEND);
		if (!*group)
			ret = -EOPNOTSUPP;
	}
	free(a.msgs);
	zsk_close(z);
	return ret;
}

static int set_up(struct zsk_monitor *m)
{
	uint32_t group, ctrl = NLCTRL_GROUP;
	int ret;

	ret = find_group(m, &group);
	if (ret)
		return ret;
	m->nl = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	if (!m->nl || mnl_socket_bind(m->nl, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    mnl_socket_setsockopt(m->nl, NETLINK_ADD_MEMBERSHIP, &ctrl,
				  sizeof(ctrl)) < 0 ||
	    mnl_socket_setsockopt(m->nl, NETLINK_ADD_MEMBERSHIP, &group,
				  sizeof(group)) < 0)
		return -errno;
	return 0;
}

int zsk_monitor_open(struct zsk_monitor **m)
{
	int ret;

	*m = calloc(1, sizeof(**m));
	if (!*m)
		return -ENOMEM;
	ret = set_up(*m);
	if (ret) {
		zsk_monitor_close(*m);
		*m = NULL;
	}
	return ret;
}

void zsk_monitor_close(struct zsk_monitor *m)
{
	if (!m)
		return;
	if (m->nl)
		mnl_socket_close(m->nl);
	free(m);
}

int zsk_monitor_fd(const struct zsk_monitor *m)
{
	return mnl_socket_get_fd(m->nl);
}

/* ---- events ---- */

/* Whether nlctrl says that the family is gone. */
static bool says_gone(const struct zsk_monitor *m, const struct nlmsghdr *nlh)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *tb[CTRL_ATTR_MAX + 1];

	if (genl->cmd != CTRL_CMD_DELFAMILY)
		return false;
	zsk__attrs(nlh, tb, CTRL_ATTR_MAX);
	return tb[CTRL_ATTR_FAMILY_ID] &&
	       zsk__u16(tb[CTRL_ATTR_FAMILY_ID]) == m->family;
}

/* False if it is none of those. */
static bool parse(const struct nlmsghdr *nlh, struct zsk_event *e)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *tb[ZSOCK_A_BACKEND_MAX + 1];

	zsk__attrs(nlh, tb, ZSOCK_A_BACKEND_MAX);
	e->error = zsk__u32(tb[ZSOCK_A_BACKEND_ERROR]);
	e->has_error = !!tb[ZSOCK_A_BACKEND_ERROR];
	e->name = zsk__str(tb[ZSOCK_A_BACKEND_NAME]);
	e->label = zsk__str(tb[ZSOCK_A_BACKEND_LABEL]);
	if (genl->cmd == ZSOCK_CMD_BACKEND_UP)
		e->event = ZSK_EVENT_UP;
	else if (genl->cmd == ZSOCK_CMD_BACKEND_DOWN)
		e->event = e->error == ENODEV ? ZSK_EVENT_DELETED :
						ZSK_EVENT_DOWN;
	else
		return false;
	return true;
}

static int tell(int event, zsk_event_fn fn, void *arg)
{
	const struct zsk_event e = { .event = event, .name = "", .label = "" };

	return fn(&e, arg);
}

/* All of them, since they would be lost otherwise. */
static int each(struct zsk_monitor *m, const char *buf, int len,
		zsk_event_fn fn, void *arg)
{
	const struct nlmsghdr *nlh = (const struct nlmsghdr *)buf;
	int ret = 0, one;

	for (; mnl_nlmsg_ok(nlh, len); nlh = mnl_nlmsg_next(nlh, &len)) {
		struct zsk_event e;

		if (mnl_nlmsg_get_payload_len(nlh) < sizeof(struct genlmsghdr))
			continue;
		if (nlh->nlmsg_type == GENL_ID_CTRL && says_gone(m, nlh)) {
			m->unloaded = true;
			one = tell(ZSK_EVENT_UNLOADED, fn, arg);
		} else if (nlh->nlmsg_type == m->family && parse(nlh, &e)) {
			one = fn(&e, arg);
		} else {
			continue;
		}
		ret = ret ? ret : one;
	}
	return ret;
}

int zsk_monitor_read(struct zsk_monitor *m, int timeout, zsk_event_fn fn,
		     void *arg)
{
	struct pollfd p = { .fd = zsk_monitor_fd(m), .events = POLLIN };
	char buf[8192];
	ssize_t len;
	int ret;

	if (m->unloaded)
		return -ENODEV;
	ret = poll(&p, 1, timeout);
	if (ret <= 0)
		return ret ? -errno : -EAGAIN;
	len = mnl_socket_recvfrom(m->nl, buf, sizeof(buf));
	if (len < 0)
		return errno == ENOBUFS ? tell(ZSK_EVENT_LOST, fn, arg) :
					  -errno;
	return each(m, buf, len, fn, arg);
}
