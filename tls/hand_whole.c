// SPDX-License-Identifier: GPL-2.0
/* What a program has asked of TLS, said to a backend that does TLS itself. */
#include "tls.h"

/* Whether a backend may: the program has not asked for this side's. */
bool zsock_tls_may_whole(const struct socket *sock)
{
	struct zsock_tls *tls = zsock_priv(sock);
	bool native;

	mutex_lock(&tls->lock);
	native = tls->conf->native;
	mutex_unlock(&tls->lock);
	return !native;
}

static int zsock_tls_say(struct socket *inner, int optname, const void *value,
			 unsigned int len)
{
	return inner->ops->setsockopt(inner, SOL_TLS, optname,
				      KERNEL_SOCKPTR((void *)value), len);
}

static int zsock_tls_say_int(struct socket *inner, int optname, int value)
{
	return zsock_tls_say(inner, optname, &value, sizeof(value));
}

static int zsock_tls_say_ciphers(struct socket *inner,
				 const struct zsock_tls_conf *conf)
{
	int numbers[ZSOCK_TLS_CIPHERS_MAX];
	unsigned int i;

	for (i = 0; i < conf->nciphers; i++)
		numbers[i] = conf->ciphers[i];
	return zsock_tls_say(inner, TLS_CIPHERSUITE_LIST, numbers,
			     i * sizeof(*numbers));
}

/* Only what was set: the other side's defaults are its own. */
static int zsock_tls_say_all(struct socket *inner,
			     const struct zsock_tls_conf *conf)
{
	int err = 0;

	if (conf->ntags)
		err = zsock_tls_say(inner, TLS_SEC_TAG_LIST, conf->tags,
				    conf->ntags * sizeof(*conf->tags));
	if (!err && conf->no_name_check)
		err = zsock_tls_say(inner, TLS_HOSTNAME, "", 1);
	else if (!err && conf->hostname)
		err = zsock_tls_say(inner, TLS_HOSTNAME, conf->hostname,
				    strlen(conf->hostname) + 1);
	if (!err && conf->nciphers)
		err = zsock_tls_say_ciphers(inner, conf);
	if (!err && conf->verify >= 0)
		err = zsock_tls_say_int(inner, TLS_PEER_VERIFY, conf->verify);
	if (!err && conf->alpn_len)
		err = zsock_tls_say(inner, TLS_ALPN_LIST, conf->alpn,
				    conf->alpn_len);
	if (!err && conf->cache)
		err = zsock_tls_say_int(inner, TLS_SESSION_CACHE,
					TLS_SESSION_CACHE_ENABLED);
	return err;
}

/*
 * Say to @inner what @sock was told: 0, or the errno that the program's call
 * fails with. A certificate callback cannot go along.
 */
int zsock_tls_hand_whole(struct socket *sock, struct socket *inner)
{
	struct zsock_tls *tls = zsock_priv(sock);
	struct zsock_tls_conf *conf;
	int err = -EOPNOTSUPP;

	if (!inner->ops->setsockopt)
		return err;
	mutex_lock(&tls->lock);
	conf = zsock_tls_conf_for(tls, TLS_DTLS_ROLE_CLIENT);
	mutex_unlock(&tls->lock);
	if (!conf)
		return -ENOMEM;
	if (!conf->verifier)
		err = zsock_tls_say_all(inner, conf);
	zsock_tls_conf_put(conf);
	return err;
}
