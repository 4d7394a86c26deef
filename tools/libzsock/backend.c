// SPDX-License-Identifier: GPL-2.0
/* Backends: the list of them, and those behind a pipe. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define DEVICE_NAME_MAX	16	/* IFNAMSIZ, with the NUL */
#define NUMBERS		64	/* for the attributes that are numbers */

/* ---- list ---- */

struct reader {
	zsk_backend_fn fn;
	void *arg;
};

static int read_one(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *tb[ZSOCK_A_BACKEND_MAX + 1];
	const struct reader *r = arg;
	struct zsk_backend b = { 0 };
	uint32_t *devices;
	int ret;

	devices = zsk__u32s(nlh, ZSOCK_A_BACKEND_IFINDEX, &b.nifindexes);
	if (!devices)
		return -ENOMEM;
	zsk__attrs(nlh, tb, ZSOCK_A_BACKEND_MAX);
	b.name = zsk__str(tb[ZSOCK_A_BACKEND_NAME]);
	b.module = zsk__str(tb[ZSOCK_A_BACKEND_MODULE]);
	b.priority = (int32_t)zsk__u32(tb[ZSOCK_A_BACKEND_PRIORITY]);
	b.family = zsk__u32(tb[ZSOCK_A_BACKEND_FAMILY]);
	b.features = zsk__u32(tb[ZSOCK_A_BACKEND_FEATURES]);
	b.sockets = zsk__u32(tb[ZSOCK_A_BACKEND_SOCKETS]);
	b.ifindexes = devices;
	b.state = zsk__u32(tb[ZSOCK_A_BACKEND_STATE]);
	b.error = zsk__u32(tb[ZSOCK_A_BACKEND_ERROR]);
	b.peer = zsk__str(tb[ZSOCK_A_BACKEND_PEER]);
	b.label = zsk__str(tb[ZSOCK_A_BACKEND_LABEL]);
	ret = r->fn(&b, r->arg);
	free(devices);
	return ret;
}

int zsk_backend_list(struct zsk *z, zsk_backend_fn fn, void *arg)
{
	struct reader r = { fn, arg };

	return zsk__list(z, ZSOCK_CMD_BACKEND_GET, read_one, &r);
}

/* ---- behind a pipe ---- */

static bool bad_label(const char *label)
{
	return label && strnlen(label, ZSOCK_BACKEND_LABEL_MAX) ==
			ZSOCK_BACKEND_LABEL_MAX;
}

static struct nlmsghdr *about(struct zsk *z, uint8_t cmd, const char *name)
{
	struct nlmsghdr *req;

	req = zsk__request(z, cmd, NUMBERS + ZSOCK_NAME_MAX + DEVICE_NAME_MAX +
			   ZSOCK_BACKEND_LABEL_MAX);
	if (req)
		mnl_attr_put_strz(req, ZSOCK_A_BACKEND_NAME, name);
	return req;
}

static void put_pipe(struct nlmsghdr *req, int fd, const char *label)
{
	mnl_attr_put_u32(req, ZSOCK_A_BACKEND_FD, fd);
	if (label)
		mnl_attr_put_strz(req, ZSOCK_A_BACKEND_LABEL, label);
}

int zsk_backend_add(struct zsk *z, const struct zsk_backend_new *backend)
{
	struct zsk_backend_new b;
	struct nlmsghdr *req;
	int ret;

	ret = zsk__take(&b, sizeof(b), backend);
	if (ret)
		return zsk__refuse(z, ret, "");
	if (!zsk__name_ok(b.name, ZSOCK_NAME_MAX))
		return zsk__refuse(z, -EINVAL, "no backend can have that name");
	if (b.netdev && !zsk__name_ok(b.netdev, DEVICE_NAME_MAX))
		return zsk__refuse(z, -EINVAL, "no device can have that name");
	if (bad_label(b.label))
		return zsk__refuse(z, -EINVAL, "the label is too long");
	req = about(z, ZSOCK_CMD_BACKEND_ADD, b.name);
	if (req) {
		put_pipe(req, b.fd, b.label);
		if (b.has_priority)
			mnl_attr_put_u32(req, ZSOCK_A_BACKEND_PRIORITY,
					 b.priority);
		if (b.netdev)
			mnl_attr_put_strz(req, ZSOCK_A_BACKEND_NETDEV,
					  b.netdev);
	}
	return zsk__do(z, req);
}

int zsk_backend_pipe(struct zsk *z, const char *name, int fd, const char *label)
{
	struct nlmsghdr *req;

	if (!zsk__name_ok(name, ZSOCK_NAME_MAX))
		return zsk__refuse(z, -EINVAL, "no backend can have that name");
	if (bad_label(label))
		return zsk__refuse(z, -EINVAL, "the label is too long");
	req = about(z, ZSOCK_CMD_BACKEND_PIPE, name);
	if (req)
		put_pipe(req, fd, label);
	return zsk__do(z, req);
}

int zsk_backend_delete(struct zsk *z, const char *name, int force)
{
	struct nlmsghdr *req;

	if (!zsk__name_ok(name, ZSOCK_NAME_MAX))
		return zsk__refuse(z, -EINVAL, "no backend can have that name");
	req = about(z, ZSOCK_CMD_BACKEND_DEL, name);
	if (req && force)
		mnl_attr_put(req, ZSOCK_A_BACKEND_FORCE, 0, NULL);
	return zsk__do(z, req);
}
