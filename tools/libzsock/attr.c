// SPDX-License-Identifier: GPL-2.0
/* Attributes, and the structures that callers give. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

void zsk__attrs(const struct nlmsghdr *nlh, const struct nlattr **tb, int max)
{
	const struct nlattr *attr;

	memset(tb, 0, (max + 1) * sizeof(*tb));
	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr))
		if (mnl_attr_get_type(attr) <= max)
			tb[mnl_attr_get_type(attr)] = attr;
}

const char *zsk__str(const struct nlattr *attr)
{
	if (!attr || mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) < 0)
		return "";
	return mnl_attr_get_str(attr);
}

/* 0 unless it has that very length. */
static uint64_t number(const struct nlattr *attr, size_t size)
{
	if (!attr || mnl_attr_get_payload_len(attr) != size)
		return 0;
	switch (size) {
	case sizeof(uint16_t):
		return mnl_attr_get_u16(attr);
	case sizeof(uint32_t):
		return mnl_attr_get_u32(attr);
	default:
		return mnl_attr_get_u64(attr);
	}
}

uint16_t zsk__u16(const struct nlattr *attr)
{
	return number(attr, sizeof(uint16_t));
}

uint32_t zsk__u32(const struct nlattr *attr)
{
	return number(attr, sizeof(uint32_t));
}

uint64_t zsk__u64(const struct nlattr *attr)
{
	return number(attr, sizeof(uint64_t));
}

size_t zsk__copy(void *to, size_t size, const struct nlattr *attr)
{
	size_t len = attr ? mnl_attr_get_payload_len(attr) : 0;

	if (len > size)
		len = size;
	if (len)
		memcpy(to, mnl_attr_get_payload(attr), len);
	return len;
}

uint32_t *zsk__u32s(const struct nlmsghdr *nlh, int type, size_t *count)
{
	/* As many as the message has room for; and one, so that it is not NULL. */
	size_t most = nlh->nlmsg_len / (NLA_HDRLEN + sizeof(uint32_t)) + 1;
	uint32_t *all = calloc(most, sizeof(*all));
	const struct nlattr *attr;

	*count = 0;
	if (!all)
		return NULL;
	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr))
		if (mnl_attr_get_type(attr) == type && *count < most)
			all[(*count)++] = zsk__u32(attr);
	return all;
}

int zsk__take(void *to, size_t known, const void *from)
{
	const unsigned char *bytes = from;
	size_t size, i;

	if (!from)
		return -EINVAL;
	memcpy(&size, from, sizeof(size));
	/* Those of version 1.0 are as large as those of today. */
	if (size < known)
		return -EINVAL;
	for (i = known; i < size; i++)
		if (bytes[i])
			return -E2BIG;	/* of a newer library's, and in use */
	memcpy(to, from, known);
	return 0;
}

bool zsk__name_ok(const char *name, size_t size)
{
	return name && *name && strnlen(name, size) < size;
}
