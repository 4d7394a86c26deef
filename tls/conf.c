// SPDX-License-Identifier: GPL-2.0
/* What a program asks of TLS: shared by a listener and its connections. */
#include <linux/slab.h>

#include "tls.h"

struct zsock_tls_conf *zsock_tls_conf_new(void)
{
	struct zsock_tls_conf *conf;

	conf = kzalloc(sizeof(*conf), GFP_KERNEL_ACCOUNT);
	if (!conf)
		return NULL;
	refcount_set(&conf->ref, 1);
	conf->verify = -1;
	conf->on_connect = true;
	/* As RFC 6347 recommends, and as Zephyr has it. */
	conf->timeout_min = 1000;
	conf->timeout_max = 60000;
	return conf;
}

static void zsock_tls_conf_free(struct zsock_tls_conf *conf)
{
	if (conf->verifier)
		zsock_verifier_put(conf->verifier);
	kfree(conf->tags);
	kfree(conf->ciphers);
	kfree(conf->alpn);
	kfree(conf->hostname);
	kfree(conf);
}

/* @bytes of @from, or true where there are none to be had. */
static bool zsock_tls_dup(void *to, const void *from, size_t bytes)
{
	void **p = to;

	*p = from ? kmemdup(from, bytes, GFP_KERNEL_ACCOUNT) : NULL;
	return *p || !from;
}

/* One that nobody else refers to. */
struct zsock_tls_conf *zsock_tls_conf_copy(const struct zsock_tls_conf *old)
{
	struct zsock_tls_conf *conf;
	bool ok;

	conf = kmemdup(old, sizeof(*old), GFP_KERNEL_ACCOUNT);
	if (!conf)
		return NULL;
	refcount_set(&conf->ref, 1);
	if (conf->verifier)
		zsock_verifier_get(conf->verifier);
	ok = zsock_tls_dup(&conf->tags, old->tags,
			   old->ntags * sizeof(*old->tags));
	ok &= zsock_tls_dup(&conf->ciphers, old->ciphers,
			    old->nciphers * sizeof(*old->ciphers));
	ok &= zsock_tls_dup(&conf->alpn, old->alpn, old->alpn_len);
	ok &= zsock_tls_dup(&conf->hostname, old->hostname,
			    old->hostname ? strlen(old->hostname) + 1 : 0);
	if (ok)
		return conf;
	zsock_tls_conf_free(conf);
	return NULL;
}

void zsock_tls_conf_put(struct zsock_tls_conf *conf)
{
	if (refcount_dec_and_test(&conf->ref))
		zsock_tls_conf_free(conf);
}
