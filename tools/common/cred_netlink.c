// SPDX-License-Identifier: GPL-2.0
/*
 * Credentials into the kernel, and out of it.
 */
#include <linux/zsock.h>

#include "cred.h"
#include "genl.h"

static void fill_add(struct nlmsghdr *nlh, const void *arg)
{
	const struct cred *c = arg;

	mnl_attr_put_u32(nlh, ZSOCK_A_CRED_TAG, c->tag);
	mnl_attr_put_u32(nlh, ZSOCK_A_CRED_TYPE, c->type);
	mnl_attr_put(nlh, ZSOCK_A_CRED_DATA, c->len, c->data);
	if (c->spki)
		mnl_attr_put(nlh, ZSOCK_A_CRED_PUBLIC, c->spki_len, c->spki);
	if (c->replace)
		mnl_attr_put(nlh, ZSOCK_A_CRED_REPLACE, 0, NULL);
}

/**
 * cred_add() - add a credential that was read and checked
 * @c: the credential
 *
 * Return: an exit status; complaints have been made.
 */
int cred_add(const struct cred *c)
{
	return genl_send(ZSOCK_CMD_CRED_ADD, false, fill_add, c,
			 c->len + c->spki_len);
}

static void fill_del(struct nlmsghdr *nlh, const void *arg)
{
	const struct cred *c = arg;

	mnl_attr_put_u32(nlh, ZSOCK_A_CRED_TAG, c->tag);
	if (c->type)
		mnl_attr_put_u32(nlh, ZSOCK_A_CRED_TYPE, c->type);
}

/**
 * cred_del() - delete a credential
 * @tag: whose
 * @type: which one, or ZSOCK_CRED_NONE for all of the tag
 *
 * Return: an exit status; complaints have been made.
 */
int cred_del(int32_t tag, uint32_t type)
{
	const struct cred c = { .tag = tag, .type = type };

	return genl_send(ZSOCK_CMD_CRED_DEL, false, fill_del, &c, 0);
}
