// SPDX-License-Identifier: GPL-2.0
/*
 * The bytes of credentials, as keys of the kernel's key retention service: it
 * counts them against their owner's quota. A name that begins with a dot is
 * one that add_key() and request_key() refuse, so only this file makes them.
 */
#include <linux/err.h>
#include <linux/key-type.h>
#include <linux/mm.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "cred.h"

static size_t zsock_cred_payload_size(const struct zsock_cred_payload *payload)
{
	return struct_size(payload, data, payload->len + payload->publen);
}

/* @prep->data is the payload itself, which becomes the key's. */
static int zsock_cred_instantiate(struct key *key,
				  struct key_preparsed_payload *prep)
{
	int err = key_payload_reserve(key, prep->datalen);

	if (!err)
		rcu_assign_keypointer(key, (void *)prep->data);
	return err;
}

static void zsock_cred_destroy(struct key *key)
{
	struct zsock_cred_payload *payload = key->payload.data[0];

	if (payload)
		kvfree_sensitive(payload, zsock_cred_payload_size(payload));
}

static void zsock_cred_describe(const struct key *key, struct seq_file *m)
{
	seq_puts(m, key->description);
	if (key_is_positive(key))
		seq_printf(m, ": %u", zsock_cred_payload(key)->len);
}

static struct key_type zsock_cred_key_type = {
	.name		= ".zsock_cred",
	.instantiate	= zsock_cred_instantiate,
	.destroy	= zsock_cred_destroy,
	.describe	= zsock_cred_describe,
};

static atomic64_t zsock_cred_serials = ATOMIC64_INIT(0);

static struct zsock_cred_payload *
zsock_cred_fill(const struct zsock_cred_new *new)
{
	struct zsock_cred_payload *payload;

	payload = kvmalloc(struct_size(payload, data, new->len + new->pub.len),
			   GFP_KERNEL_ACCOUNT);
	if (!payload)
		return NULL;
	payload->serial = atomic64_inc_return(&zsock_cred_serials);
	payload->format = new->format;
	payload->alg = new->pub.alg;
	payload->publen = new->pub.len;
	payload->len = new->len;
	memcpy(payload->data, new->data, new->len);
	memcpy(payload->data + new->len, new->pub.bytes, new->pub.len);
	return payload;
}

/* Lengths of keys are 16 bits wide. */
static_assert(sizeof(struct zsock_cred_payload) + ZSOCK_CRED_LEN_MAX +
	      ZSOCK_PUB_MAX + 32 <= U16_MAX);

/**
 * zsock_cred_key - make a key of a credential that was parsed
 * @owner: whose quota it takes
 * @new: it
 *
 * The owner sees it in /proc/keys, and can do nothing else to it.
 *
 * Return: the key, to be put; -EDQUOT, -ENOMEM, or what a security module says.
 */
struct key *zsock_cred_key(kuid_t owner, const struct zsock_cred_new *new)
{
	struct zsock_cred_payload *payload;
	char name[24];
	struct key *key;
	int err;

	snprintf(name, sizeof(name), "%d:%u", new->tag, new->type);
	key = key_alloc(&zsock_cred_key_type, name, owner, GLOBAL_ROOT_GID,
			current_cred(), KEY_USR_VIEW, KEY_ALLOC_IN_QUOTA, NULL);
	if (IS_ERR(key))
		return key;
	payload = zsock_cred_fill(new);
	err = payload ? key_instantiate_and_link(key, payload,
						 zsock_cred_payload_size(payload),
						 NULL, NULL) : -ENOMEM;
	if (!err)
		return key;
	if (payload)
		kvfree_sensitive(payload, zsock_cred_payload_size(payload));
	key_put(key);
	return ERR_PTR(err);
}

/* It is set once, before anybody else has the key. */
const struct zsock_cred_payload *zsock_cred_payload(const struct key *key)
{
	return key->payload.data[0];
}

int __init zsock_cred_key_init(void)
{
	return register_key_type(&zsock_cred_key_type);
}

/* Waits until the last of them is gone. */
void zsock_cred_key_exit(void)
{
	unregister_key_type(&zsock_cred_key_type);
}
