// SPDX-License-Identifier: GPL-2.0
/* What addresses stand for which AF_VSOCK context. */
#include <string.h>

#include "internal.h"

/* The part that says which entry it is. */
static int prefix(struct zsk *z, uint8_t cmd, const struct zsk_vsock *vsock,
		  struct zsk_vsock *v, struct nlmsghdr **req)
{
	int ret = zsk__take(v, sizeof(*v), vsock);

	if (ret)
		return zsk__refuse(z, ret, "");
	if (v->address_size != 4 && v->address_size != 16)
		return zsk__refuse(z, -EINVAL,
				   "neither an IPv4 nor an IPv6 address");
	*req = zsk__request(z, cmd, 128);
	if (!*req)
		return 0;
	mnl_attr_put(*req, ZSOCK_A_VSOCK_ADDRESS, v->address_size, v->address);
	mnl_attr_put_u32(*req, ZSOCK_A_VSOCK_BITS, v->bits);
	if (v->port_first)
		mnl_attr_put_u16(*req, ZSOCK_A_VSOCK_PORT_FIRST, v->port_first);
	if (v->port_last)
		mnl_attr_put_u16(*req, ZSOCK_A_VSOCK_PORT_LAST, v->port_last);
	return 0;
}

int zsk_vsock_add(struct zsk *z, const struct zsk_vsock *vsock)
{
	struct nlmsghdr *req;
	struct zsk_vsock v;
	int ret;

	ret = prefix(z, ZSOCK_CMD_VSOCK_ADD, vsock, &v, &req);
	if (ret)
		return ret;
	if (req) {
		mnl_attr_put_u32(req, ZSOCK_A_VSOCK_CID, v.cid);
		if (v.cid_port)
			mnl_attr_put_u32(req, ZSOCK_A_VSOCK_CID_PORT,
					 v.cid_port);
	}
	return zsk__do(z, req);
}

int zsk_vsock_delete(struct zsk *z, const struct zsk_vsock *vsock)
{
	struct nlmsghdr *req;
	struct zsk_vsock v;
	int ret;

	ret = prefix(z, ZSOCK_CMD_VSOCK_DEL, vsock, &v, &req);
	return ret ? ret : zsk__do(z, req);
}

/* ---- list ---- */

struct reader {
	zsk_vsock_fn fn;
	void *arg;
};

static int read_one(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *tb[ZSOCK_A_VSOCK_MAX + 1];
	struct zsk_vsock v = { .size = sizeof(v) };
	const struct reader *r = arg;

	zsk__attrs(nlh, tb, ZSOCK_A_VSOCK_MAX);
	v.address_size = zsk__copy(v.address, sizeof(v.address),
				   tb[ZSOCK_A_VSOCK_ADDRESS]);
	v.bits = zsk__u32(tb[ZSOCK_A_VSOCK_BITS]);
	v.port_first = zsk__u16(tb[ZSOCK_A_VSOCK_PORT_FIRST]);
	v.port_last = zsk__u16(tb[ZSOCK_A_VSOCK_PORT_LAST]);
	v.cid = zsk__u32(tb[ZSOCK_A_VSOCK_CID]);
	v.cid_port = zsk__u32(tb[ZSOCK_A_VSOCK_CID_PORT]);
	return r->fn(&v, r->arg);
}

int zsk_vsock_list(struct zsk *z, zsk_vsock_fn fn, void *arg)
{
	struct reader r = { fn, arg };

	return zsk__list(z, ZSOCK_CMD_VSOCK_GET, read_one, &r);
}
