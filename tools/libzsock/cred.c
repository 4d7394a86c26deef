// SPDX-License-Identifier: GPL-2.0
/* Credentials into the kernel, and out of it. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* For the attributes that are numbers. */
#define NUMBERS	64

static struct nlmsghdr *about(struct zsk *z, uint8_t cmd, int tag, size_t room)
{
	struct nlmsghdr *req = zsk__request(z, cmd, NUMBERS + room);

	if (req)
		mnl_attr_put_u32(req, ZSOCK_A_CRED_TAG, tag);
	return req;
}

static int put(struct zsk *z, const struct zsk_cred *c)
{
	/* What does not fit into an attribute's length, to begin with. */
	if (c->len > ZSOCK_CRED_LEN_MAX ||
	    c->public_key_len > ZSOCK_CRED_LEN_MAX)
		return zsk__refuse(z, -EFBIG, "");
	if ((!c->data && c->len) || (!c->public_key && c->public_key_len))
		return zsk__refuse(z, -EINVAL, "");
	return 0;
}

int zsk_cred_put(struct zsk *z, const struct zsk_cred *cred)
{
	struct nlmsghdr *req;
	struct zsk_cred c;
	int ret;

	ret = zsk__take(&c, sizeof(c), cred);
	if (ret)
		return zsk__refuse(z, ret, "");
	ret = put(z, &c);
	if (ret)
		return ret;
	req = about(z, ZSOCK_CMD_CRED_ADD, c.tag, c.len + c.public_key_len);
	if (req) {
		mnl_attr_put_u32(req, ZSOCK_A_CRED_TYPE, c.type);
		mnl_attr_put(req, ZSOCK_A_CRED_DATA, c.len, c.data);
		if (c.public_key)
			mnl_attr_put(req, ZSOCK_A_CRED_PUBLIC,
				     c.public_key_len, c.public_key);
		if (c.replace)
			mnl_attr_put(req, ZSOCK_A_CRED_REPLACE, 0, NULL);
	}
	return zsk__do(z, req);
}

int zsk_cred_add(struct zsk *z, int tag, int type, const void *cred, size_t len)
{
	const struct zsk_cred c = {
		.size = sizeof(c),
		.tag = tag,
		.type = type,
		.data = cred,
		.len = len,
	};

	return zsk_cred_put(z, &c);
}

int zsk_cred_delete(struct zsk *z, int tag, int type)
{
	struct nlmsghdr *req = about(z, ZSOCK_CMD_CRED_DEL, tag, 0);

	if (req && type)
		mnl_attr_put_u32(req, ZSOCK_A_CRED_TYPE, type);
	return zsk__do(z, req);
}

static int permit(struct zsk *z, uint8_t cmd, int tag, uint32_t uid)
{
	struct nlmsghdr *req = about(z, cmd, tag, 0);

	if (req)
		mnl_attr_put_u32(req, ZSOCK_A_CRED_UID, uid);
	return zsk__do(z, req);
}

int zsk_cred_allow(struct zsk *z, int tag, uint32_t uid)
{
	return permit(z, ZSOCK_CMD_CRED_ALLOW, tag, uid);
}

int zsk_cred_deny(struct zsk *z, int tag, uint32_t uid)
{
	return permit(z, ZSOCK_CMD_CRED_DENY, tag, uid);
}

/* ---- reading ---- */

struct reader {
	zsk_cred_fn fn;
	void *arg;
};

static int read_one(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *tb[ZSOCK_A_CRED_MAX + 1];
	const struct reader *r = arg;
	struct zsk_cred_info c = { 0 };
	uint32_t *allowed;
	int ret;

	zsk__attrs(nlh, tb, ZSOCK_A_CRED_MAX);
	allowed = zsk__u32s(nlh, ZSOCK_A_CRED_UID, &c.nallowed);
	if (!allowed)
		return -ENOMEM;
	c.tag = (int32_t)zsk__u32(tb[ZSOCK_A_CRED_TAG]);
	c.type = zsk__u32(tb[ZSOCK_A_CRED_TYPE]);
	c.format = zsk__u32(tb[ZSOCK_A_CRED_FORMAT]);
	c.owner = zsk__u32(tb[ZSOCK_A_CRED_OWNER]);
	c.len = zsk__u32(tb[ZSOCK_A_CRED_LENGTH]);
	c.allowed = allowed;
	if (tb[ZSOCK_A_CRED_DATA]) {
		c.data = mnl_attr_get_payload(tb[ZSOCK_A_CRED_DATA]);
		c.len = mnl_attr_get_payload_len(tb[ZSOCK_A_CRED_DATA]);
	}
	ret = r->fn(&c, r->arg);
	free(allowed);
	return ret;
}

int zsk_cred_list(struct zsk *z, zsk_cred_fn fn, void *arg)
{
	struct reader r = { fn, arg };

	return zsk__list(z, ZSOCK_CMD_CRED_GET, read_one, &r);
}

static int show(struct zsk *z, int tag, int type, uint32_t room, zsk_cred_fn fn,
		void *arg)
{
	struct nlmsghdr *req = about(z, ZSOCK_CMD_CRED_GET, tag, 0);
	struct reader r = { fn, arg };
	struct zsk__answer a = { 0 };
	int ret;

	if (req) {
		mnl_attr_put_u32(req, ZSOCK_A_CRED_TYPE, type);
		mnl_attr_put_u32(req, ZSOCK_A_CRED_ROOM, room);
	}
	ret = zsk__ask(z, req, &a);
	if (!ret)
		ret = zsk__each(&a, read_one, &r);
	free(a.msgs);
	return ret;
}

int zsk_cred_show(struct zsk *z, int tag, int type, zsk_cred_fn fn, void *arg)
{
	return show(z, tag, type, UINT32_MAX, fn, arg);
}

struct room {
	void *to;
	size_t *len;
};

/* The kernel has been told how much there is room for; it is not to be trusted. */
static int copy(const struct zsk_cred_info *c, void *arg)
{
	const struct room *room = arg;

	if (!c->data || c->len > *room->len)
		return -EBADMSG;
	memcpy(room->to, c->data, c->len);
	*room->len = c->len;
	return 0;
}

int zsk_cred_get(struct zsk *z, int tag, int type, void *cred, size_t *len)
{
	struct room room = { cred, len };
	uint32_t bytes = !cred ? 0 : *len > UINT32_MAX ? UINT32_MAX : *len;

	return show(z, tag, type, bytes, copy, &room);
}
