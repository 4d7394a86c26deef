// SPDX-License-Identifier: GPL-2.0
/* A socket's SOCKS5 proxy: options, and what the core asks about it. */
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/slab.h>
#include <net/inet_sock.h>
#include <net/ipv6.h>

#include "../names/naming.h"
#include "socks5.h"

/* ---- whether there is one ---- */

/* Settled under the dispatch lock: a hint to who does not have that. */
bool zsock_socks5_on(const struct zsock_sock *zs)
{
	/* Pairs with zsock_socks5_make(). */
	const struct zsock_socks5 *s5 = smp_load_acquire(&zs->socks5);

	return s5 && READ_ONCE(s5->proxy_len);
}

static struct zsock_socks5 *zsock_socks5_new(struct socket *sock)
{
	struct zsock_socks5 *s5;

	s5 = kzalloc(sizeof(*s5), GFP_KERNEL_ACCOUNT);
	if (!s5)
		return NULL;
	mutex_init(&s5->lock);
	INIT_DELAYED_WORK(&s5->work, zsock_socks5_work);
	s5->sock = sock;
	s5->reply = -1;
	return s5;
}

/* The socket's, made if there was none: NULL where there is no memory. */
static struct zsock_socks5 *zsock_socks5_make(struct zsock_sock *zs)
{
	struct zsock_socks5 *s5 = zsock_socks5(zs->sock), *old;

	if (s5)
		return s5;
	s5 = zsock_socks5_new(zs->sock);
	if (!s5)
		return NULL;
	/* Another thread may have been quicker. */
	old = cmpxchg(&zs->socks5, NULL, s5);
	if (!old)
		return s5;
	kfree(s5);
	return old;
}

/* The socket is being closed; the inner sk is still there. */
void zsock_socks5_close(struct zsock_sock *zs)
{
	struct zsock_socks5 *s5 = zs->socks5;

	if (!s5)
		return;
	mutex_lock(&s5->lock);
	zsock_unwatch(&s5->watch);
	zsock_socks5_set_state(s5, ZSOCK_S5_CLOSED);
	mutex_unlock(&s5->lock);
	cancel_delayed_work_sync(&s5->work);
}

void zsock_socks5_free(struct zsock_sock *zs)
{
	struct zsock_socks5 *s5 = zs->socks5;

	if (!s5)
		return;
	mutex_destroy(&s5->lock);
	/* There may be a password in it. */
	kfree_sensitive(s5);
}

/* ---- setting ---- */

/* Whether such a socket could ever have one. */
static int zsock_socks5_may_have(const struct zsock_sock *zs)
{
	if (zs->sock->type != SOCK_STREAM || zs->handler->proto->domains ||
	    zs->flags & ZSOCK_INFO_F_PAIR)
		return -EOPNOTSUPP;
	/* A backend does TLS itself, with whom it connects to. */
	if (zs->handler != zs->opener)
		return -EOPNOTSUPP;
	return zs->fresh ? 0 : -EISCONN;
}

/* Whether it can be changed now. Under both locks. */
static int zsock_socks5_may_change(struct zsock_socks5 *s5)
{
	if (!zsock_table(zsock_sk(s5->sock)))
		return 0;
	switch (s5->state) {
	case ZSOCK_S5_IDLE:
		break;
	case ZSOCK_S5_FAILED:
		/* What the proxy has said goes with the connection. */
		if (!zsock_socks5_reset(s5))
			break;
		return -EISCONN;
	default:
		return -EISCONN;
	}
	switch (inet_sk_state_load(s5->sock->sk)) {
	case TCP_CLOSE:
		return 0;
	case TCP_LISTEN:
		return -EINVAL;
	default:
		return -EISCONN;
	}
}

/* Whether a socket of that kind can connect to a proxy of @family. */
static int zsock_socks5_family(const struct zsock_sock *zs, int family)
{
	int own = zsock_table(zs) ? zs->family : zs->domain;

	/* An IPv6 socket takes IPv4 addresses, as v4-mapped ones. */
	return own == AF_INET && family == AF_INET6 ? -EAFNOSUPPORT : 0;
}

static int zsock_socks5_judge_proxy(const struct sockaddr_storage *proxy,
				    int len)
{
	const struct sockaddr_in6 *sin6 = (const void *)proxy;
	const struct sockaddr_in *sin = (const void *)proxy;

	if (!len)
		return 0;
	if (len < (int)sizeof(proxy->ss_family))
		return -EINVAL;
	switch (proxy->ss_family) {
	case AF_INET:
		return len < (int)sizeof(*sin) || !sin->sin_port ? -EINVAL : 0;
	case AF_INET6:
		return len < SIN6_LEN_RFC2133 || !sin6->sin6_port ? -EINVAL : 0;
	default:
		return -EAFNOSUPPORT;
	}
}

/* The calls that go with it, where the socket has any. Under both locks. */
static int zsock_socks5_retable(struct zsock_socks5 *s5, bool on)
{
	struct zsock_sock *zs = zsock_sk(s5->sock);
	int err;

	if (!zsock_table(zs))
		return 0;
	/* Nobody else changes them meanwhile. */
	if (test_and_set_bit_lock(ZSOCK_BUSY_ADDRFORM, &zs->busy))
		return -EBUSY;
	err = zsock_socks5_via(s5, on ? ZSOCK_VIA_PROXY : ZSOCK_VIA_NONE);
	clear_bit_unlock(ZSOCK_BUSY_ADDRFORM, &zs->busy);
	return err;
}

/* As many bytes as getsockopt() and getpeername() give back. */
int zsock_socks5_length(int family)
{
	switch (family) {
	case AF_INET:
		return sizeof(struct sockaddr_in);
	case AF_INET6:
		return sizeof(struct sockaddr_in6);
	case AF_UNSPEC:
		return 0;
	default:
		return sizeof(struct sockaddr_zs);
	}
}

/* Under both locks. */
static int zsock_socks5_use(struct zsock_socks5 *s5,
			    const struct sockaddr_storage *proxy)
{
	int err;

	/* A name's connection goes there directly by now. */
	if (zsock_naming_busy(zsock_sk(s5->sock)))
		return -EALREADY;
	err = zsock_socks5_may_change(s5) ?:
	      zsock_socks5_family(zsock_sk(s5->sock), proxy->ss_family) ?:
	      zsock_socks5_retable(s5, proxy->ss_family);
	if (err)
		return err;
	s5->proxy = *proxy;
	WRITE_ONCE(s5->proxy_len, zsock_socks5_length(proxy->ss_family));
	return 0;
}

static int zsock_socks5_set_proxy(struct zsock_socks5 *s5, sockptr_t optval,
				  unsigned int optlen)
{
	struct zsock_fresh *fresh = zsock_sk(s5->sock)->fresh;
	struct sockaddr_storage proxy = { };
	int err;

	if (optlen > sizeof(proxy))
		return -EINVAL;
	if (copy_from_sockptr(&proxy, optval, optlen))
		return -EFAULT;
	err = zsock_socks5_judge_proxy(&proxy, optlen);
	if (err)
		return err;
	/* Not while the socket is dispatched: the calls come with that. */
	mutex_lock(&fresh->lock);
	mutex_lock(&s5->lock);
	err = zsock_socks5_use(s5, &proxy);
	mutex_unlock(&s5->lock);
	mutex_unlock(&fresh->lock);
	return err;
}

static int zsock_socks5_keep_auth(struct zsock_socks5 *s5,
				  const struct zsock_socks5_auth *auth)
{
	int err;

	mutex_lock(&s5->lock);
	err = zsock_socks5_may_change(s5);
	if (!err)
		s5->auth = *auth;
	mutex_unlock(&s5->lock);
	return err;
}

/* No bytes take it back. */
static int zsock_socks5_set_auth(struct zsock_socks5 *s5, sockptr_t optval,
				 unsigned int optlen)
{
	struct zsock_socks5_auth *auth;
	int err = -EINVAL;

	if (optlen && optlen != sizeof(*auth))
		return -EINVAL;
	auth = kzalloc(sizeof(*auth), GFP_KERNEL);
	if (!auth)
		return -ENOMEM;
	if (copy_from_sockptr(auth, optval, optlen))
		err = -EFAULT;
	else if (!optlen || (auth->user_len && auth->password_len))
		err = zsock_socks5_keep_auth(s5, auth);
	kfree_sensitive(auth);
	return err;
}

bool zsock_socks5_option(int optname)
{
	return optname == ZSOCK_SOCKS5 || optname == ZSOCK_SOCKS5_AUTH ||
	       optname == ZSOCK_SOCKS5_ERROR;
}

int zsock_socks5_setsockopt(struct zsock_sock *zs, int optname,
			    sockptr_t optval, unsigned int optlen)
{
	struct zsock_socks5 *s5;
	int err;

	if (optname == ZSOCK_SOCKS5_ERROR)
		return -ENOPROTOOPT;
	err = zsock_socks5_may_have(zs);
	if (err)
		return err;
	s5 = zsock_socks5_make(zs);
	if (!s5)
		return -ENOMEM;
	return optname == ZSOCK_SOCKS5 ?
	       zsock_socks5_set_proxy(s5, optval, optlen) :
	       zsock_socks5_set_auth(s5, optval, optlen);
}

/* ---- getting ---- */

static int zsock_socks5_get_proxy(struct zsock_socks5 *s5, sockptr_t optval,
				  sockptr_t optlen)
{
	struct sockaddr_storage proxy = { };
	int len = 0;

	if (s5) {
		mutex_lock(&s5->lock);
		proxy = s5->proxy;
		len = s5->proxy_len;
		mutex_unlock(&s5->lock);
	}
	return zsock_put_option(optval, optlen, &proxy, len);
}

static int zsock_socks5_get_error(struct zsock_socks5 *s5, sockptr_t optval,
				  sockptr_t optlen)
{
	struct zsock_socks5_error error = {
		.size	= sizeof(error),
		.reply	= -1,
	};

	if (s5) {
		mutex_lock(&s5->lock);
		error.error = s5->error;
		error.stage = s5->stage;
		error.reply = s5->reply;
		mutex_unlock(&s5->lock);
	}
	return zsock_put_option(optval, optlen, &error, sizeof(error));
}

int zsock_socks5_getsockopt(struct zsock_sock *zs, int optname,
			    sockptr_t optval, sockptr_t optlen)
{
	struct zsock_socks5 *s5 = zsock_socks5(zs->sock);

	switch (optname) {
	case ZSOCK_SOCKS5:
		return zsock_socks5_get_proxy(s5, optval, optlen);
	case ZSOCK_SOCKS5_ERROR:
		return zsock_socks5_get_error(s5, optval, optlen);
	default:
		return -ENOPROTOOPT;
	}
}

/* ---- the inner socket's options ---- */

/*
 * Works lock the sk: nobody may have it locked while the program's memory is
 * read, which may take for ever. As for secure sockets, until there is a tunnel.
 */
bool zsock_socks5_copies(const struct zsock_sock *zs)
{
	return zsock_socks5_on(zs) &&
	       zsock_socks5_state(zs->socks5) != ZSOCK_S5_UP;
}

int zsock_socks5_check_option(const struct zsock_sock *zs, int level,
			      int optname)
{
	if (!zsock_socks5_copies(zs))
		return 0;
	/* What it points at is read while the sk is locked. */
	if (level == SOL_SOCKET && (optname == SO_ATTACH_FILTER ||
				    optname == SO_ATTACH_REUSEPORT_CBPF))
		return -EBUSY;
	return 0;
}
