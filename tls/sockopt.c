// SPDX-License-Identifier: GPL-2.0
/* SOL_TLS, and what SOL_ZSOCK has for secure sockets. */
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/in6.h>
#include <linux/slab.h>
#include <linux/tcp.h>

#include "tls.h"

/* The configuration, nobody else's. Under the lock. */
static struct zsock_tls_conf *zsock_tls_conf_own(struct zsock_tls *tls)
{
	struct zsock_tls_conf *conf = tls->conf;

	if (refcount_read(&conf->ref) == 1)
		return conf;
	conf = zsock_tls_conf_copy(tls->conf);
	if (!conf)
		return NULL;
	zsock_tls_conf_put(tls->conf);
	tls->conf = conf;
	return conf;
}

/*
 * @p, of @n elements, becomes the array that the configuration has at @array,
 * with its length at @count. It is taken over in any case.
 */
static int zsock_tls_replace(struct zsock_tls *tls, size_t array, size_t count,
			     void *p, u16 n)
{
	struct zsock_tls_conf *conf;

	mutex_lock(&tls->lock);
	conf = zsock_tls_conf_own(tls);
	if (conf) {
		swap(*(void **)((u8 *)conf + array), p);
		*(u16 *)((u8 *)conf + count) = n;
	}
	mutex_unlock(&tls->lock);
	kfree(p);
	return conf ? 0 : -ENOMEM;
}

static int zsock_tls_replace_tags(struct zsock_tls *tls, int *tags, u16 n)
{
	return zsock_tls_replace(tls, offsetof(struct zsock_tls_conf, tags),
				 offsetof(struct zsock_tls_conf, ntags), tags,
				 n);
}

static int zsock_tls_replace_ciphers(struct zsock_tls *tls, u16 *ciphers, u16 n)
{
	return zsock_tls_replace(tls, offsetof(struct zsock_tls_conf, ciphers),
				 offsetof(struct zsock_tls_conf, nciphers),
				 ciphers, n);
}

static int zsock_tls_replace_alpn(struct zsock_tls *tls, char *alpn, u16 len)
{
	return zsock_tls_replace(tls, offsetof(struct zsock_tls_conf, alpn),
				 offsetof(struct zsock_tls_conf, alpn_len),
				 alpn, len);
}

static int zsock_tls_int(sockptr_t optval, unsigned int optlen, int min,
			 int max, int *value)
{
	if (optlen != sizeof(*value))
		return -EINVAL;
	if (copy_from_sockptr(value, optval, sizeof(*value)))
		return -EFAULT;
	return *value < min || *value > max ? -EINVAL : 0;
}

/*
 * A copy with room for @more bytes, which are 0. It is charged to who makes it;
 * memdup_sockptr()'s would be nobody's.
 */
static void *zsock_tls_copy(sockptr_t optval, unsigned int optlen,
			    unsigned int more)
{
	u8 *copy = kmalloc(optlen + more, GFP_KERNEL_ACCOUNT);

	if (!copy)
		return ERR_PTR(-ENOMEM);
	if (copy_from_sockptr(copy, optval, optlen)) {
		kfree(copy);
		return ERR_PTR(-EFAULT);
	}
	memset(copy + optlen, 0, more);
	return copy;
}

/* An array of @max ints at most; NULL for none. */
static int *zsock_tls_ints(sockptr_t optval, unsigned int optlen,
			   unsigned int max)
{
	if (optlen % sizeof(int) || optlen > max * sizeof(int))
		return ERR_PTR(-EINVAL);
	if (!optlen)
		return NULL;
	return zsock_tls_copy(optval, optlen, 0);
}

static int zsock_tls_set_tags(struct zsock_tls *tls, sockptr_t optval,
			      unsigned int optlen)
{
	int *tags = zsock_tls_ints(optval, optlen, ZSOCK_TLS_TAGS_MAX);

	if (IS_ERR(tags))
		return PTR_ERR(tags);
	return zsock_tls_replace_tags(tls, tags, optlen / sizeof(*tags));
}

static int zsock_tls_set_ciphers(struct zsock_tls *tls, sockptr_t optval,
				 unsigned int optlen)
{
	unsigned int i, n = optlen / sizeof(int);
	u16 *ciphers;
	int *numbers;

	numbers = zsock_tls_ints(optval, optlen, ZSOCK_TLS_CIPHERS_MAX);
	if (IS_ERR_OR_NULL(numbers))
		return numbers ? PTR_ERR(numbers) :
				 zsock_tls_replace_ciphers(tls, NULL, 0);
	ciphers = kcalloc(n, sizeof(*ciphers), GFP_KERNEL_ACCOUNT);
	for (i = 0; ciphers && i < n; i++) {
		if (numbers[i] <= 0 || numbers[i] > U16_MAX)
			break;
		ciphers[i] = numbers[i];
	}
	kfree(numbers);
	if (!ciphers)
		return -ENOMEM;
	if (i < n) {
		kfree(ciphers);
		return -EINVAL;
	}
	return zsock_tls_replace_ciphers(tls, ciphers, n);
}

/* Names do not have blanks or what is below them. */
static bool zsock_tls_hostname_ok(const char *name)
{
	for (; *name; name++)
		if (*name <= ' ' || *name == 0x7f)
			return false;
	return true;
}

/* With or without the NUL; no string, or an empty one, turns the check off. */
static int zsock_tls_set_hostname(struct zsock_tls *tls, sockptr_t optval,
				  unsigned int optlen)
{
	struct zsock_tls_conf *conf;
	char *name = NULL;

	if (!sockptr_is_null(optval) && optlen) {
		if (optlen > ZSOCK_TLS_HOSTNAME_MAX + 1)
			return -EINVAL;
		name = zsock_tls_copy(optval, optlen, 1);
		if (IS_ERR(name))
			return PTR_ERR(name);
		if (strlen(name) > ZSOCK_TLS_HOSTNAME_MAX ||
		    strlen(name) + 1 < optlen || !zsock_tls_hostname_ok(name)) {
			kfree(name);
			return -EINVAL;
		}
	}
	mutex_lock(&tls->lock);
	conf = zsock_tls_conf_own(tls);
	if (conf) {
		conf->no_name_check = !name || !*name;
		swap(conf->hostname, name);
		if (conf->no_name_check) {
			kfree(conf->hostname);
			conf->hostname = NULL;
		}
	}
	mutex_unlock(&tls->lock);
	kfree(name);
	return conf ? 0 : -ENOMEM;
}

/* Strings of 1 to 255 characters, each with its NUL. */
static bool zsock_tls_alpn_ok(const char *alpn, unsigned int len)
{
	unsigned int n;

	for (; len; alpn += n + 1, len -= n + 1) {
		n = strnlen(alpn, len);
		if (!n || n > 255 || n == len)
			return false;
	}
	return true;
}

static int zsock_tls_set_alpn(struct zsock_tls *tls, sockptr_t optval,
			      unsigned int optlen)
{
	char *alpn = NULL;

	if (optlen > ZSOCK_TLS_ALPN_MAX)
		return -EINVAL;
	if (optlen)
		alpn = zsock_tls_copy(optval, optlen, 0);
	if (IS_ERR(alpn))
		return PTR_ERR(alpn);
	if (!zsock_tls_alpn_ok(alpn, optlen)) {
		kfree(alpn);
		return -EINVAL;
	}
	return zsock_tls_replace_alpn(tls, alpn, optlen);
}

static int zsock_tls_set_cid(struct zsock_tls *tls, sockptr_t optval,
			     unsigned int optlen)
{
	u8 value[sizeof_field(struct zsock_tls_conf, cid_value)];
	struct zsock_tls_conf *conf;

	if (!optlen || optlen > sizeof(value))
		return -EINVAL;
	if (copy_from_sockptr(value, optval, optlen))
		return -EFAULT;
	mutex_lock(&tls->lock);
	conf = zsock_tls_conf_own(tls);
	if (conf) {
		memcpy(conf->cid_value, value, optlen);
		conf->cid_len = optlen;
	}
	mutex_unlock(&tls->lock);
	return conf ? 0 : -ENOMEM;
}

static int zsock_tls_set_timeout(struct zsock_tls *tls, int optname,
				 sockptr_t optval, unsigned int optlen)
{
	struct zsock_tls_conf *conf;
	int value, err;

	err = zsock_tls_int(optval, optlen, 1, INT_MAX, &value);
	if (err)
		return err;
	mutex_lock(&tls->lock);
	conf = zsock_tls_conf_own(tls);
	if (!conf)
		err = -ENOMEM;
	else if (optname == TLS_DTLS_HANDSHAKE_TIMEOUT_MIN)
		conf->timeout_min = value;
	else
		conf->timeout_max = value;
	mutex_unlock(&tls->lock);
	return err;
}

static void zsock_tls_store(struct zsock_tls_conf *conf, int optname, int value)
{
	switch (optname) {
	case TLS_PEER_VERIFY:
		conf->verify = value;
		break;
	case TLS_DTLS_ROLE:
		conf->role = value;
		break;
	case TLS_NATIVE:
		conf->native = value;
		break;
	case TLS_SESSION_CACHE:
		conf->cache = value;
		break;
	case TLS_DTLS_CID:
		conf->cid = value;
		break;
	case TLS_DTLS_HANDSHAKE_ON_CONNECT:
		conf->on_connect = value;
		break;
	}
}

static int zsock_tls_set_number(struct zsock_tls *tls, int optname,
				sockptr_t optval, unsigned int optlen)
{
	int max = optname == TLS_PEER_VERIFY || optname == TLS_DTLS_CID ? 2 : 1;
	struct zsock_tls_conf *conf;
	int value, err;

	err = zsock_tls_int(optval, optlen, 0, max, &value);
	if (err)
		return err;
	mutex_lock(&tls->lock);
	conf = zsock_tls_conf_own(tls);
	if (conf)
		zsock_tls_store(conf, optname, value);
	mutex_unlock(&tls->lock);
	return conf ? 0 : -ENOMEM;
}

static int zsock_tls_purge(struct socket *sock)
{
	return zsock_handshake_nl_purge(sock_net(sock->sk), sock->sk->sk_uid);
}

int zsock_tls_setsockopt(struct socket *sock, int level, int optname,
			 sockptr_t optval, unsigned int optlen)
{
	struct zsock_tls *tls = zsock_priv(sock);

	if (level != SOL_TLS)
		return -ENOPROTOOPT;
	switch (optname) {
	case TLS_SEC_TAG_LIST:
		return zsock_tls_set_tags(tls, optval, optlen);
	case TLS_HOSTNAME:
		return zsock_tls_set_hostname(tls, optval, optlen);
	case TLS_CIPHERSUITE_LIST:
		return zsock_tls_set_ciphers(tls, optval, optlen);
	case TLS_ALPN_LIST:
		return zsock_tls_set_alpn(tls, optval, optlen);
	case TLS_DTLS_HANDSHAKE_TIMEOUT_MIN:
	case TLS_DTLS_HANDSHAKE_TIMEOUT_MAX:
		return zsock_tls_set_timeout(tls, optname, optval, optlen);
	case TLS_DTLS_CID_VALUE:
		return zsock_tls_set_cid(tls, optval, optlen);
	case TLS_SESSION_CACHE_PURGE:
		return zsock_tls_purge(sock);
	case TLS_PEER_VERIFY:
	case TLS_DTLS_ROLE:
	case TLS_CERT_NOCOPY:
	case TLS_NATIVE:
	case TLS_SESSION_CACHE:
	case TLS_DTLS_CID:
	case TLS_DTLS_HANDSHAKE_ON_CONNECT:
		return zsock_tls_set_number(tls, optname, optval, optlen);
	default:
		return -ENOPROTOOPT;
	}
}

/* ---- the inner socket's options ---- */

/*
 * The agent's calls, and works of all namespaces, lock the sk: nobody may have
 * it locked while the program's memory is read, which may take for ever. Another
 * thread may begin a handshake before an idle socket's option has the lock.
 */
bool zsock_tls_copies(const struct socket *sock)
{
	return zsock_tls_state(zsock_priv(sock)) != ZSOCK_TLS_OPEN;
}

/*
 * Upper-layer protocols are the agent's to attach. IPV6_ADDRFORM changes the
 * calls that kTLS is to find. Data in a SYN would be in the clear, and repairing
 * reaches below kTLS. A filter's program is read, and given back, while the sk
 * is locked: a filter of the other kind is not.
 */
int zsock_tls_check_option(struct socket *sock, int level, int optname,
			   sockptr_t optval, unsigned int optlen)
{
	if (level == SOL_IPV6 && optname == IPV6_ADDRFORM)
		return -EBUSY;
	if (level == SOL_SOCKET && (optname == SO_ATTACH_FILTER ||
				    optname == SO_ATTACH_REUSEPORT_CBPF))
		return zsock_tls_state(zsock_priv(sock)) == ZSOCK_TLS_OPEN ?
		       0 : -EBUSY;
	if (level != SOL_TCP)
		return 0;
	switch (optname) {
	case TCP_ULP:
		return -ENOENT;
	case TCP_FASTOPEN_CONNECT:
	case TCP_REPAIR:
	case TCP_REPAIR_QUEUE:
	case TCP_QUEUE_SEQ:
	case TCP_REPAIR_OPTIONS:
	case TCP_REPAIR_WINDOW:
		return -EOPNOTSUPP;
	default:
		return 0;
	}
}

/* Options that are written to the program's memory while the sk is locked. */
bool zsock_tls_writes_locked(int level, int optname)
{
	switch (level) {
	case SOL_IP:
		return optname == IP_MSFILTER || optname == MCAST_MSFILTER ||
		       optname == IP_PKTOPTIONS;
	case SOL_IPV6:
		return optname == MCAST_MSFILTER ||
		       optname == IPV6_2292PKTOPTIONS ||
		       optname == IPV6_HOPOPTS || optname == IPV6_RTHDR ||
		       optname == IPV6_RTHDRDSTOPTS || optname == IPV6_DSTOPTS;
	case SOL_TCP:
		return optname == TCP_SAVED_SYN;
	default:
		return false;
	}
}

/*
 * Whether what writes to the program's memory with the sk locked may do so: no
 * handshake begins until it is through, and nothing of a listener's.
 */
static bool zsock_tls_enter(struct zsock_tls *tls)
{
	bool idle;

	mutex_lock(&tls->lock);
	idle = tls->state == ZSOCK_TLS_IDLE;
	tls->callers += idle;
	mutex_unlock(&tls->lock);
	return idle;
}

static void zsock_tls_leave(struct zsock_tls *tls)
{
	mutex_lock(&tls->lock);
	tls->callers--;
	mutex_unlock(&tls->lock);
	/* What was put off meanwhile. */
	mod_delayed_work(zsock_tls_wq, &tls->work, 0);
}

/* Receiving without a copy would be past kTLS, and past the agent. */
int zsock_tls_pass_getsockopt(struct socket *sock, int level, int optname,
			      char __user *optval, int __user *optlen)
{
	struct zsock_tls *tls = zsock_priv(sock);
	int ret;

	if (level == SOL_TCP && optname == TCP_ZEROCOPY_RECEIVE)
		return -EOPNOTSUPP;
	if (!zsock_tls_writes_locked(level, optname) ||
	    zsock_tls_state(tls) == ZSOCK_TLS_OPEN)
		return zsock_inner_ops(sock)->getsockopt(sock, level, optname,
							 optval, optlen);
	if (!zsock_tls_enter(tls))
		return -EBUSY;
	ret = zsock_inner_ops(sock)->getsockopt(sock, level, optname, optval,
						optlen);
	zsock_tls_leave(tls);
	return ret;
}

/* ---- reading ---- */

static int zsock_tls_put_int(sockptr_t optval, sockptr_t optlen, int value)
{
	return zsock_put_option(optval, optlen, &value, sizeof(value));
}

/* A list is given as a whole, or not at all. */
static int zsock_tls_put_list(sockptr_t optval, sockptr_t optlen,
			      const void *list, int size)
{
	int len;

	if (copy_from_sockptr(&len, optlen, sizeof(len)))
		return -EFAULT;
	if (len < size)
		return -EINVAL;
	return zsock_put_option(optval, optlen, list, size);
}

static int zsock_tls_get_ciphers(const struct zsock_tls_conf *conf,
				 sockptr_t optval, sockptr_t optlen)
{
	int numbers[ZSOCK_TLS_CIPHERS_MAX];
	unsigned int i;

	for (i = 0; i < conf->nciphers; i++)
		numbers[i] = conf->ciphers[i];
	return zsock_tls_put_list(optval, optlen, numbers,
				  conf->nciphers * sizeof(*numbers));
}

static int zsock_tls_get_conf(const struct zsock_tls_conf *conf, int optname,
			      sockptr_t optval, sockptr_t optlen)
{
	switch (optname) {
	case TLS_SEC_TAG_LIST:
		return zsock_tls_put_list(optval, optlen, conf->tags,
					  conf->ntags * sizeof(*conf->tags));
	case TLS_CIPHERSUITE_LIST:
		return zsock_tls_get_ciphers(conf, optval, optlen);
	case TLS_ALPN_LIST:
		return zsock_tls_put_list(optval, optlen, conf->alpn,
					  conf->alpn_len);
	case TLS_DTLS_HANDSHAKE_TIMEOUT_MIN:
		return zsock_tls_put_int(optval, optlen, conf->timeout_min);
	case TLS_DTLS_HANDSHAKE_TIMEOUT_MAX:
		return zsock_tls_put_int(optval, optlen, conf->timeout_max);
	case TLS_SESSION_CACHE:
		return zsock_tls_put_int(optval, optlen, conf->cache);
	case TLS_DTLS_CID_VALUE:
		return zsock_tls_put_list(optval, optlen, conf->cid_value,
					  conf->cid_len);
	case TLS_DTLS_HANDSHAKE_ON_CONNECT:
		return zsock_tls_put_int(optval, optlen, conf->on_connect);
	default:
		return -ENOPROTOOPT;
	}
}

/* What only a handshake tells. */
static int zsock_tls_get_result(struct zsock_tls *tls, int optname,
				sockptr_t optval, sockptr_t optlen)
{
	u8 state = zsock_tls_state(tls);
	bool ended = state == ZSOCK_TLS_OPEN || state == ZSOCK_TLS_FAILED;

	switch (optname) {
	case TLS_CIPHERSUITE_USED:
		if (state != ZSOCK_TLS_OPEN)
			return -ENOTCONN;
		return zsock_tls_put_int(optval, optlen, tls->result.cipher);
	case TLS_CERT_VERIFY_RESULT:
		if (!ended)
			return -ENOTCONN;
		return zsock_tls_put_int(optval, optlen, tls->result.verify);
	default: /* Connection IDs are a datagram's. */
		return -ENOTCONN;
	}
}

static int zsock_tls_get_error(struct zsock_tls *tls, sockptr_t optval,
			       sockptr_t optlen)
{
	const struct zsock_tls_result *result = &tls->result;
	struct zsock_handshake_error error = {
		.size	= sizeof(error),
		.error	= READ_ONCE(result->error),
		.alert	= READ_ONCE(result->alert),
		.flags	= READ_ONCE(result->flags),
		.verify	= READ_ONCE(result->verify),
	};

	return zsock_put_option(optval, optlen, &error, sizeof(error));
}

static int zsock_tls_get_verifier(struct zsock_tls *tls, sockptr_t optval,
				  sockptr_t optlen)
{
	struct file *file;
	int fd, len, err;

	/* The kernel has no descriptors. */
	if (optval.is_kernel)
		return -EOPNOTSUPP;
	if (copy_from_sockptr(&len, optlen, sizeof(len)))
		return -EFAULT;
	if (len < (int)sizeof(fd))
		return -EINVAL;
	fd = zsock_verifier_fd(tls, &file);
	if (fd < 0)
		return fd;
	err = zsock_tls_put_int(optval, optlen, fd);
	if (err) {
		put_unused_fd(fd);
		fput(file);
		return err;
	}
	fd_install(fd, file);
	return 0;
}

int zsock_tls_getsockopt(struct socket *sock, int level, int optname,
			 sockptr_t optval, sockptr_t optlen)
{
	struct zsock_tls *tls = zsock_priv(sock);
	struct zsock_tls_conf *conf;
	int err;

	if (level == SOL_ZSOCK)
		return optname == ZSOCK_HANDSHAKE_ERROR ?
		       zsock_tls_get_error(tls, optval, optlen) : -ENOPROTOOPT;
	switch (optname) {
	case TLS_CIPHERSUITE_USED:
	case TLS_CERT_VERIFY_RESULT:
	case TLS_DTLS_CID_STATUS:
	case TLS_DTLS_PEER_CID_VALUE:
		return zsock_tls_get_result(tls, optname, optval, optlen);
	case TLS_CERT_VERIFY_CALLBACK:
		return zsock_tls_get_verifier(tls, optval, optlen);
	}
	mutex_lock(&tls->lock);
	conf = zsock_tls_conf_get(tls->conf);
	mutex_unlock(&tls->lock);
	err = zsock_tls_get_conf(conf, optname, optval, optlen);
	zsock_tls_conf_put(conf);
	return err;
}
