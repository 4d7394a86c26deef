// SPDX-License-Identifier: GPL-2.0
/*
 * Requests to the generic-netlink family "zsock".
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <linux/zsock.h>

#include "genl.h"
#include "tool.h"

#define BUFFER		98304	/* a dump has 32 KiB at most; a credential is larger */
#define DUMP_TRIES	5

struct link {
	struct mnl_socket *nl;
	unsigned int seq;
	uint16_t family;
	char why[128];		/* the kernel's own words about an error */
};

/* An answer, kept until it is known to be whole. */
struct answer {
	char *msgs;
	size_t len, room;
	bool interrupted;
};

static struct answer last;

const char *(*genl_explain)(int error);
int genl_error;

static int complain(const char *what, const struct link *lk)
{
	const char *words = genl_explain ? genl_explain(errno) : NULL;

	genl_error = errno;
	if (!words)
		words = errno == EDQUOT ? "the owner's quota of keys is used up, see /proc/key-users" :
					  strerror(errno);
	fprintf(stderr, "%s: %s: %s%s%s\n", tool_name, what, words,
		lk->why[0] ? ": " : "", lk->why);
	return EXIT_KERNEL;
}

static int keep(const struct nlmsghdr *nlh, void *arg)
{
	size_t len = MNL_ALIGN(nlh->nlmsg_len);
	struct answer *a = arg;

	if (a->len + len > a->room) {
		size_t room = 2 * (a->room + len);
		char *more = realloc(a->msgs, room);

		if (!more)
			return MNL_CB_ERROR;
		a->msgs = more;
		a->room = room;
	}
	memcpy(a->msgs + a->len, nlh, nlh->nlmsg_len);
	a->len += len;
	return MNL_CB_OK;
}

/* The text that a kernel adds to an error, found behind what it sends back. */
static void note_why(struct link *lk, const struct nlmsghdr *nlh, size_t off)
{
	const struct nlattr *attr;

	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	mnl_attr_for_each(attr, nlh, off)
		if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG &&
		    !mnl_attr_validate(attr, MNL_TYPE_NUL_STRING))
			snprintf(lk->why, sizeof(lk->why), "%s",
				 mnl_attr_get_str(attr));
}

/* 1: go on, 0: the answer is over, -1: an error, in errno */
static int control(struct link *lk, const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *err = mnl_nlmsg_get_payload(nlh);
	size_t payload = mnl_nlmsg_get_payload_len(nlh);
	size_t off;

	switch (nlh->nlmsg_type) {
	case NLMSG_ERROR:
		if (payload < sizeof(*err))
			break;
		off = sizeof(*err);
		if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
			off += MNL_ALIGN(err->msg.nlmsg_len) - MNL_NLMSG_HDRLEN;
		note_why(lk, nlh, off);
		errno = -err->error;
		return err->error ? -1 : 0;
	case NLMSG_DONE:
		if (payload < sizeof(int))
			return 0;
		note_why(lk, nlh, sizeof(int));
		errno = -err->error;	/* its first word, here too */
		return err->error < 0 ? -1 : 0;
	default:
		return 1;
	}
	errno = EBADMSG;
	return -1;
}

/* One datagram of an answer: the same results as control(). */
static int take(struct link *lk, char *buf, int len, struct answer *a)
{
	unsigned int port = mnl_socket_get_portid(lk->nl);
	struct nlmsghdr *nlh = (struct nlmsghdr *)buf;
	int ret;

	for (; mnl_nlmsg_ok(nlh, len); nlh = mnl_nlmsg_next(nlh, &len)) {
		if (!mnl_nlmsg_portid_ok(nlh, port) ||
		    !mnl_nlmsg_seq_ok(nlh, lk->seq))
			continue;
		if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
			a->interrupted = true;
		if (nlh->nlmsg_type >= NLMSG_MIN_TYPE) {
			if (keep(nlh, a) < 0)
				return -1;
			continue;
		}
		ret = control(lk, nlh);
		if (ret <= 0)
			return ret;
	}
	return 1;
}

static int transact(struct link *lk, struct nlmsghdr *req, struct answer *a)
{
	char buf[BUFFER];
	ssize_t len;
	int ret;

	a->len = 0;
	a->interrupted = false;
	lk->why[0] = '\0';
	req->nlmsg_seq = ++lk->seq;
	if (mnl_socket_sendto(lk->nl, req, req->nlmsg_len) < 0)
		return -1;
	do {
		len = mnl_socket_recvfrom(lk->nl, buf, sizeof(buf));
		if (len < 0)
			return -1;
		ret = take(lk, buf, len, a);
	} while (ret > 0);
	return ret;
}

/* An answer may carry no data, so an acknowledgement is asked for, as its end. */
static struct nlmsghdr *request(char *buf, uint16_t type, uint8_t cmd,
				uint8_t version, bool dump)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct genlmsghdr *genl;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | (dump ? NLM_F_DUMP : NLM_F_ACK);
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = version;
	return nlh;
}

static int resolve(struct link *lk, struct answer *a)
{
	const struct nlattr *tb[CTRL_ATTR_MAX + 1];
	char buf[256];
	struct nlmsghdr *nlh;

	nlh = request(buf, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1, false);
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, ZSOCK_GENL_NAME);
	if (transact(lk, nlh, a))
		return -1;
	errno = EBADMSG;
	if (!a->len)
		return -1;
	genl_attrs((struct nlmsghdr *)a->msgs, tb, CTRL_ATTR_MAX);
	if (!tb[CTRL_ATTR_FAMILY_ID])
		return -1;
	lk->family = mnl_attr_get_u16(tb[CTRL_ATTR_FAMILY_ID]);
	return 0;
}

static int connect_link(struct link *lk, struct answer *a)
{
	int one = 1;

	lk->seq = time(NULL);
	lk->nl = mnl_socket_open(NETLINK_GENERIC);
	if (!lk->nl)
		return complain("cannot open a netlink socket", lk);
	/* Old kernels without these do without. */
	mnl_socket_setsockopt(lk->nl, NETLINK_EXT_ACK, &one, sizeof(one));
	mnl_socket_setsockopt(lk->nl, NETLINK_CAP_ACK, &one, sizeof(one));
	if (mnl_socket_bind(lk->nl, 0, MNL_SOCKET_AUTOPID) < 0)
		return complain("cannot bind a netlink socket", lk);
	if (!resolve(lk, a))
		return EXIT_OK;
	if (errno != ENOENT)
		return complain("cannot look up the netlink family \"zsock\"", lk);
	genl_error = ENOPROTOOPT;
	fprintf(stderr, "%s: the zsock module is not loaded: load it with 'modprobe zsock' or 'insmod zsock.ko'\n",
		tool_name);
	return EXIT_KERNEL;
}

/*
 * A list that changes while it is dumped may show a socket twice or not at all;
 * the kernel says so, and a new try may have more luck.
 */
static int ask(struct link *lk, struct nlmsghdr *req, struct answer *a)
{
	int tries;

	for (tries = 0; tries < DUMP_TRIES; tries++) {
		if (transact(lk, req, a))
			return complain("the kernel refused", lk);
		if (!a->interrupted)
			return EXIT_OK;
	}
	fprintf(stderr, "%s: warning: what is listed changed meanwhile: some may be missing or be there twice\n",
		tool_name);
	return EXIT_OK;
}

/* With room for what @fill adds; wiped afterwards, it may have been a secret. */
static int ask_with(struct link *lk, uint8_t cmd, bool dump, genl_fill_fn fill,
		    const void *arg, size_t room, struct answer *a)
{
	size_t size = MNL_NLMSG_HDRLEN + 256 + room;
	char *buf = calloc(1, size);
	struct nlmsghdr *req;
	int ret;

	if (!buf)
		return complain("out of memory", lk);
	req = request(buf, lk->family, cmd, ZSOCK_GENL_VERSION, dump);
	if (fill)
		fill(req, arg);
	ret = ask(lk, req, a);
	explicit_bzero(buf, size);
	free(buf);
	return ret;
}

/**
 * genl_send() - ask the module
 * @cmd: ZSOCK_CMD_*
 * @dump: all there are, instead of one
 * @fill: adds attributes to the request, or NULL
 * @arg: for @fill
 * @room: bytes of data in them, if there are more than a few
 *
 * The whole answer is kept for genl_each(), so that nothing is printed where
 * half of it did not come.
 *
 * Return: an exit status; complaints have been made.
 */
int genl_send(uint8_t cmd, bool dump, genl_fill_fn fill, const void *arg,
	      size_t room)
{
	struct link lk = { 0 };
	int ret;

	genl_error = 0;
	ret = connect_link(&lk, &last);
	if (ret == EXIT_OK)
		ret = ask_with(&lk, cmd, dump, fill, arg, room, &last);
	if (lk.nl)
		mnl_socket_close(lk.nl);
	return ret;
}

int genl_ask(uint8_t cmd, bool dump)
{
	return genl_send(cmd, dump, NULL, NULL, 0);
}

/* Number of the multicast group @name in what resolve() was told, or 0. */
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
				found = !strcmp(attr_str(attr), name);
			if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GRP_ID)
				number = attr_u32(attr);
		}
		if (found)
			return number;
	}
	return 0;
}

/**
 * genl_group() - look up a multicast group of the module's
 * @name: of the group
 * @family: set to the family's number
 * @group: set to the group's
 *
 * Return: an exit status; complaints have been made.
 */
int genl_group(const char *name, uint16_t *family, uint32_t *group)
{
	const struct nlattr *tb[CTRL_ATTR_MAX + 1];
	struct link lk = { 0 };
	int ret;

	genl_error = 0;
	ret = connect_link(&lk, &last);
	if (ret == EXIT_OK) {
		genl_attrs((struct nlmsghdr *)last.msgs, tb, CTRL_ATTR_MAX);
		*family = lk.family;
		*group = group_number(tb[CTRL_ATTR_MCAST_GROUPS], name);
		if (!*group) {
			errno = EOPNOTSUPP;
			ret = complain("the module has no such events", &lk);
		}
	}
	if (lk.nl)
		mnl_socket_close(lk.nl);
	return ret;
}

/**
 * genl_each() - go through the last answer
 * @reply: called for each message
 * @arg: for @reply
 */
void genl_each(genl_reply_fn reply, void *arg)
{
	const struct nlmsghdr *nlh = (const struct nlmsghdr *)last.msgs;
	int len = last.len;

	for (; mnl_nlmsg_ok(nlh, len); nlh = mnl_nlmsg_next(nlh, &len))
		reply(nlh, arg);
}

void genl_attrs(const struct nlmsghdr *nlh, const struct nlattr **tb, int max)
{
	const struct nlattr *attr;

	memset(tb, 0, (max + 1) * sizeof(*tb));
	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr))
		if (mnl_attr_get_type(attr) <= max)
			tb[mnl_attr_get_type(attr)] = attr;
}

const char *attr_str(const struct nlattr *attr)
{
	if (!attr || mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) < 0)
		return "";
	return mnl_attr_get_str(attr);
}

uint32_t attr_u32(const struct nlattr *attr)
{
	if (!attr || mnl_attr_validate(attr, MNL_TYPE_U32) < 0)
		return 0;
	return mnl_attr_get_u32(attr);
}
