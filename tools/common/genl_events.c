// SPDX-License-Identifier: GPL-2.0
/*
 * Events of the generic-netlink family "zsock", and its end.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include <linux/zsock.h>

#include "genl.h"
#include "tool.h"

/* nlctrl has one group, which tells when families come and go. */
#define NLCTRL_GROUP	GENL_ID_CTRL

static int fail(const char *what)
{
	genl_error = errno;
	fprintf(stderr, "%s: %s: %s\n", tool_name, what,
		errno == EPERM ? "this needs CAP_NET_ADMIN in the network namespace" :
				 strerror(errno));
	return EXIT_KERNEL;
}

/**
 * genl_events_open() - join a group
 * @ev: to be filled in
 * @name: of the group
 *
 * Return: an exit status; complaints have been made.
 */
int genl_events_open(struct genl_events *ev, const char *name)
{
	uint32_t group, ctrl = NLCTRL_GROUP;
	int ret;

	memset(ev, 0, sizeof(*ev));
	ret = genl_group(name, &ev->family, &group);
	if (ret != EXIT_OK)
		return ret;
	ev->nl = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	if (!ev->nl || mnl_socket_bind(ev->nl, 0, MNL_SOCKET_AUTOPID) < 0)
		return fail("cannot open a netlink socket");
	if (mnl_socket_setsockopt(ev->nl, NETLINK_ADD_MEMBERSHIP, &ctrl,
				  sizeof(ctrl)) < 0 ||
	    mnl_socket_setsockopt(ev->nl, NETLINK_ADD_MEMBERSHIP, &group,
				  sizeof(group)) < 0)
		return fail("cannot listen to events");
	return EXIT_OK;
}

/* Whether nlctrl says that the family is gone. */
static bool says_gone(const struct genl_events *ev, const struct nlmsghdr *nlh)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *tb[CTRL_ATTR_MAX + 1];

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*genl) ||
	    genl->cmd != CTRL_CMD_DELFAMILY)
		return false;
	genl_attrs(nlh, tb, CTRL_ATTR_MAX);
	return tb[CTRL_ATTR_FAMILY_ID] &&
	       mnl_attr_get_u16(tb[CTRL_ATTR_FAMILY_ID]) == ev->family;
}

static void each(struct genl_events *ev, const char *buf, int len,
		 genl_reply_fn fn, void *arg)
{
	const struct nlmsghdr *nlh = (const struct nlmsghdr *)buf;

	for (; mnl_nlmsg_ok(nlh, len); nlh = mnl_nlmsg_next(nlh, &len)) {
		if (nlh->nlmsg_type == GENL_ID_CTRL)
			ev->gone = ev->gone || says_gone(ev, nlh);
		else if (nlh->nlmsg_type == ev->family &&
			 mnl_nlmsg_get_payload_len(nlh) >= sizeof(struct genlmsghdr))
			fn(nlh, arg);
	}
}

/**
 * genl_events_take() - wait for events
 * @ev: as genl_events_open() left it; ->lost and ->gone are set
 * @timeout: ms at most, -1 for ever
 * @fn: called for each
 * @arg: for @fn
 *
 * Return: 1 if something came, 0 if nothing did in time, -1 with errno.
 */
int genl_events_take(struct genl_events *ev, int timeout, genl_reply_fn fn,
		     void *arg)
{
	struct pollfd p = {
		.fd = mnl_socket_get_fd(ev->nl),
		.events = POLLIN,
	};
	char buf[8192];
	ssize_t len;
	int ret;

	ret = poll(&p, 1, timeout);
	if (ret <= 0)
		return ret < 0 && errno == EINTR ? 0 : ret;
	len = mnl_socket_recvfrom(ev->nl, buf, sizeof(buf));
	if (len < 0 && errno != ENOBUFS)
		return -1;
	if (len < 0)
		ev->lost = true;
	else
		each(ev, buf, len, fn, arg);
	return 1;
}
