/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of the native part share. Names begin with zsk__, since a
 * static library has no other way to keep them to itself.
 */
#ifndef LIBZSOCK_INTERNAL_H
#define LIBZSOCK_INTERNAL_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>

#include <zsock/zsock.h>

struct zsk {
	struct mnl_socket *nl;
	unsigned int seq;
	uint16_t family;	/* netlink's number, not the address family's */
	bool changed;		/* see zsk_list_changed() */
	char why[128];		/* the kernel's own words about an error */
	char *buf;		/* for a datagram; not for those with small stacks */
};

/* Messages, kept until it is known that the answer is whole. */
struct zsk__answer {
	char *msgs;
	size_t len, room;
	int error;		/* it is not whole */
	bool interrupted;
};

/* ---- link.c ---- */

/* With room for @room bytes of attributes; NULL if there is no memory. */
struct nlmsghdr *zsk__request(const struct zsk *z, uint8_t cmd, size_t room);
/* Sends @req, which may be NULL, then wipes and frees it. */
int zsk__ask(struct zsk *z, struct nlmsghdr *req, struct zsk__answer *a);
int zsk__do(struct zsk *z, struct nlmsghdr *req);
int zsk__list(struct zsk *z, uint8_t cmd,
	      int (*each)(const struct nlmsghdr *nlh, void *arg), void *arg);
int zsk__each(const struct zsk__answer *a,
	      int (*each)(const struct nlmsghdr *nlh, void *arg), void *arg);
int zsk__refuse(struct zsk *z, int err, const char *why);
/* What nlctrl tells of the family, for who closes and frees. */
int zsk__resolve(struct zsk *z, struct zsk__answer *a);

/* ---- attr.c ---- */

/* By type; of one that repeats, the last. */
void zsk__attrs(const struct nlmsghdr *nlh, const struct nlattr **tb, int max);
const char *zsk__str(const struct nlattr *attr);
uint16_t zsk__u16(const struct nlattr *attr);
uint32_t zsk__u32(const struct nlattr *attr);
uint64_t zsk__u64(const struct nlattr *attr);
/* Copies at most @size bytes. */
size_t zsk__copy(void *to, size_t size, const struct nlattr *attr);
/* All of one type, in an array to be freed; NULL if there is no memory. */
uint32_t *zsk__u32s(const struct nlmsghdr *nlh, int type, size_t *count);
/* A structure whose first member is its size, as the caller knows it. */
int zsk__take(void *to, size_t known, const void *from);
/* A name of a backend or device that the kernel could take. */
bool zsk__name_ok(const char *name, size_t size);

#endif /* LIBZSOCK_INTERNAL_H */
