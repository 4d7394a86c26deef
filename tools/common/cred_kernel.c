// SPDX-License-Identifier: GPL-2.0
/*
 * Credentials into the kernel, and out of it.
 */
#include "cred.h"
#include "kernel.h"
#include "tool.h"

/**
 * cred_add() - add a credential that was read and checked
 * @c: the credential
 *
 * Return: an exit status; complaints have been made.
 */
int cred_add(const struct cred *c)
{
	const struct zsk_cred cred = {
		.size = sizeof(cred),
		.tag = c->tag,
		.type = c->type,
		.data = c->data,
		.len = c->len,
		.public_key = c->spki,
		.public_key_len = c->spki_len,
		.replace = c->replace,
	};
	struct zsk *z = kernel_open();

	return z ? kernel_said(z, zsk_cred_put(z, &cred)) : EXIT_KERNEL;
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
	struct zsk *z = kernel_open();

	return z ? kernel_said(z, zsk_cred_delete(z, tag, type)) : EXIT_KERNEL;
}
