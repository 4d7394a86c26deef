// SPDX-License-Identifier: GPL-2.0
/* The module itself: its number, its version, its handlers, its counters. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

#define FAMILY_FILE	"/sys/module/zsock/parameters/family"
#define STAT_FILE	"/proc/thread-self/net/zsock_stat"

/* Decimal digits and a newline; a family's number has 8 bits. */
static int parse_family(const char *text)
{
	int n = 0;

	if (*text < '0' || *text > '9')
		return -EBADMSG;
	for (; *text >= '0' && *text <= '9'; text++) {
		n = n * 10 + (*text - '0');
		if (n > 255)
			return -EBADMSG;
	}
	return *text == '\0' || *text == '\n' ? n : -EBADMSG;
}

int zsk_family(void)
{
	char text[16];
	ssize_t len;
	int fd, err;

	fd = open(FAMILY_FILE, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -ENOPROTOOPT : -errno;
	len = read(fd, text, sizeof(text) - 1);
	err = -errno;
	close(fd);
	if (len < 0)
		return err;
	text[len] = '\0';
	return parse_family(text);
}

/* ---- version, access ---- */

struct module_reader {
	zsk_module_fn fn;
	void *arg;
};

static int read_module(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *tb[ZSOCK_A_INFO_MAX + 1];
	const struct module_reader *r = arg;
	struct zsk_module m;

	zsk__attrs(nlh, tb, ZSOCK_A_INFO_MAX);
	m.version = zsk__str(tb[ZSOCK_A_INFO_VERSION]);
	m.family = zsk__u32(tb[ZSOCK_A_INFO_FAMILY]);
	m.access = zsk__u32(tb[ZSOCK_A_INFO_ACCESS]);
	return r->fn(&m, r->arg);
}

int zsk_module_get(struct zsk *z, zsk_module_fn fn, void *arg)
{
	struct module_reader r = { fn, arg };
	struct zsk__answer a = { 0 };
	int ret;

	ret = zsk__ask(z, zsk__request(z, ZSOCK_CMD_INFO_GET, 0), &a);
	if (!ret)
		ret = zsk__each(&a, read_module, &r);
	free(a.msgs);
	return ret;
}

/* ---- handlers ---- */

struct proto_reader {
	zsk_proto_fn fn;
	void *arg;
};

static struct zsk_proto_id proto_id(const struct nlattr *nest)
{
	struct zsk_proto_id id = { 0 };
	const struct nlattr *attr;
	size_t n = 0;

	mnl_attr_for_each_nested(attr, nest) {
		if (mnl_attr_get_type(attr) == ZSOCK_A_PROTO_ID_TYPE)
			id.type = zsk__u32(attr);
		if (mnl_attr_get_type(attr) == ZSOCK_A_PROTO_ID_NUMBER)
			id.number = zsk__u32(attr);
		if (mnl_attr_get_type(attr) == ZSOCK_A_PROTO_ID_LAST)
			id.last = zsk__u32(attr);
		if (mnl_attr_get_type(attr) == ZSOCK_A_PROTO_ID_DOMAIN &&
		    n < sizeof(id.domains) / sizeof(id.domains[0]))
			id.domains[n++] = zsk__u32(attr);
	}
	return id;
}

static int read_proto(const struct nlmsghdr *nlh, void *arg)
{
	const size_t most = nlh->nlmsg_len / NLA_HDRLEN;
	const struct nlattr *tb[ZSOCK_A_PROTO_MAX + 1], *attr;
	const struct proto_reader *r = arg;
	struct zsk_proto p = { 0 };
	struct zsk_proto_id *ids;
	int ret;

	ids = calloc(most, sizeof(*ids));
	if (!ids)
		return -ENOMEM;
	zsk__attrs(nlh, tb, ZSOCK_A_PROTO_MAX);
	p.name = zsk__str(tb[ZSOCK_A_PROTO_NAME]);
	p.module = zsk__str(tb[ZSOCK_A_PROTO_MODULE]);
	p.sockets = zsk__u32(tb[ZSOCK_A_PROTO_SOCKETS]);
	p.ids = ids;
	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr))
		if (mnl_attr_get_type(attr) == ZSOCK_A_PROTO_ID &&
		    p.nids < most)
			ids[p.nids++] = proto_id(attr);
	ret = r->fn(&p, r->arg);
	free(ids);
	return ret;
}

int zsk_proto_list(struct zsk *z, zsk_proto_fn fn, void *arg)
{
	struct proto_reader r = { fn, arg };

	return zsk__list(z, ZSOCK_CMD_PROTO_GET, read_proto, &r);
}

/* ---- counters ---- */

int zsk_stat_list(zsk_stat_fn fn, void *arg)
{
	FILE *file = fopen(STAT_FILE, "re");
	long long value;
	char name[64];
	int ret = 0;

	if (!file)
		return errno == ENOENT ? -ENOPROTOOPT : -errno;
	while (!ret && fscanf(file, "%63s %lld", name, &value) == 2)
		ret = fn(name, value, arg);
	if (!ret && ferror(file))
		ret = -EIO;
	fclose(file);
	return ret;
}
