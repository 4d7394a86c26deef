// SPDX-License-Identifier: GPL-2.0
/* What is asked for at SOL_TLS: how it is read, kept and shared. */
#include "shake.h"

static struct zsock_tls_conf *zsock_conf(struct socket *sock)
{
	struct zsock_tls *tls = zsock_priv(sock);

	return tls->conf;
}

static int zsock_set(struct socket *sock, int name, const void *value,
		     unsigned int len)
{
	return sock->ops->setsockopt(sock, SOL_TLS, name,
				     KERNEL_SOCKPTR((void *)value), len);
}

static int zsock_set_int(struct socket *sock, int name, int value)
{
	return zsock_set(sock, name, &value, sizeof(value));
}

static int zsock_conf_init(struct kunit *test)
{
	test->priv = zsock_shake_listener(test);
	return 0;
}

/* ---- what there is at first, and in copies ---- */

static void zsock_conf_defaults(struct kunit *test)
{
	const struct zsock_tls_conf *conf = zsock_conf(test->priv);

	KUNIT_EXPECT_EQ(test, -1, conf->verify);
	KUNIT_EXPECT_EQ(test, 0, conf->ntags);
	KUNIT_EXPECT_EQ(test, 0, conf->nciphers);
	KUNIT_EXPECT_EQ(test, 0, conf->alpn_len);
	KUNIT_EXPECT_NULL(test, conf->hostname);
	KUNIT_EXPECT_FALSE(test, conf->no_name_check);
	KUNIT_EXPECT_FALSE(test, conf->cache);
	KUNIT_EXPECT_TRUE(test, conf->on_connect);
	KUNIT_EXPECT_EQ(test, 1000, conf->timeout_min);
	KUNIT_EXPECT_EQ(test, 60000, conf->timeout_max);
}

static void zsock_conf_copies(struct kunit *test)
{
	static const int tags[] = { 1, -2, INT_MAX };
	static const int ciphers[] = { 0x1301, 0xc02f };
	struct socket *sock = test->priv;
	struct zsock_tls_conf *old = zsock_conf(sock);
	struct zsock_tls_conf *copy;

	KUNIT_ASSERT_EQ(test, 0, zsock_set(sock, TLS_SEC_TAG_LIST, tags,
					   sizeof(tags)));
	KUNIT_ASSERT_EQ(test, 0, zsock_set(sock, TLS_CIPHERSUITE_LIST, ciphers,
					   sizeof(ciphers)));
	KUNIT_ASSERT_EQ(test, 0, zsock_set(sock, TLS_HOSTNAME, "a.test", 6));
	KUNIT_ASSERT_EQ(test, 0, zsock_set(sock, TLS_ALPN_LIST, "h2\0x", 5));
	KUNIT_ASSERT_EQ(test, 0, zsock_set(sock, TLS_DTLS_CID_VALUE, "cid", 3));
	/* Nobody else has it: it stayed the same one. */
	KUNIT_ASSERT_PTR_EQ(test, old, zsock_conf(sock));
	copy = zsock_tls_conf_copy(old);
	KUNIT_ASSERT_NOT_NULL(test, copy);
	KUNIT_EXPECT_EQ(test, 1, refcount_read(&copy->ref));
	KUNIT_EXPECT_EQ(test, 1, refcount_read(&old->ref));
	KUNIT_EXPECT_PTR_NE(test, old->tags, copy->tags);
	KUNIT_EXPECT_PTR_NE(test, old->ciphers, copy->ciphers);
	KUNIT_EXPECT_PTR_NE(test, old->alpn, copy->alpn);
	KUNIT_EXPECT_PTR_NE(test, old->hostname, copy->hostname);
	KUNIT_EXPECT_EQ(test, 3, copy->ntags);
	KUNIT_EXPECT_MEMEQ(test, copy->tags, tags, sizeof(tags));
	KUNIT_EXPECT_EQ(test, 2, copy->nciphers);
	KUNIT_EXPECT_EQ(test, 0xc02f, copy->ciphers[1]);
	KUNIT_EXPECT_EQ(test, 5, copy->alpn_len);
	KUNIT_EXPECT_MEMEQ(test, copy->alpn, "h2\0x", 5);
	KUNIT_EXPECT_STREQ(test, "a.test", copy->hostname);
	KUNIT_EXPECT_MEMEQ(test, copy->cid_value, "cid", 3);
	zsock_tls_conf_put(copy);
}

/* Who shares it sees no change; the socket has another from then on. */
static void zsock_conf_on_write(struct kunit *test)
{
	struct socket *sock = test->priv;
	struct zsock_tls_conf *held, *next;

	KUNIT_ASSERT_EQ(test, 0, zsock_set(sock, TLS_HOSTNAME, "old", 3));
	held = zsock_tls_conf_get(zsock_conf(sock));
	KUNIT_ASSERT_EQ(test, 0, zsock_set(sock, TLS_HOSTNAME, "new", 3));
	next = zsock_conf(sock);
	KUNIT_ASSERT_PTR_NE(test, held, next);
	KUNIT_EXPECT_STREQ(test, "old", held->hostname);
	KUNIT_EXPECT_STREQ(test, "new", next->hostname);
	KUNIT_EXPECT_EQ(test, 1, refcount_read(&held->ref));
	/* It is its own again. */
	KUNIT_ASSERT_EQ(test, 0, zsock_set_int(sock, TLS_SESSION_CACHE, 1));
	KUNIT_EXPECT_PTR_EQ(test, next, zsock_conf(sock));
	KUNIT_EXPECT_FALSE(test, held->cache);
	KUNIT_EXPECT_TRUE(test, next->cache);
	zsock_tls_conf_put(held);
}

/* Each of the setters minds who else has it. */
static void zsock_conf_each_on_write(struct kunit *test)
{
	static const int one = 1;
	static const struct {
		int name;
		const void *value;
		unsigned int len;
	} sets[] = {
		{ TLS_SEC_TAG_LIST, &one, sizeof(one) },
		{ TLS_HOSTNAME, "x", 1 },
		{ TLS_CIPHERSUITE_LIST, &one, sizeof(one) },
		{ TLS_PEER_VERIFY, &one, sizeof(one) },
		{ TLS_DTLS_ROLE, &one, sizeof(one) },
		{ TLS_ALPN_LIST, "x", 2 },
		{ TLS_DTLS_HANDSHAKE_TIMEOUT_MIN, &one, sizeof(one) },
		{ TLS_DTLS_HANDSHAKE_TIMEOUT_MAX, &one, sizeof(one) },
		{ TLS_NATIVE, &one, sizeof(one) },
		{ TLS_SESSION_CACHE, &one, sizeof(one) },
		{ TLS_DTLS_CID, &one, sizeof(one) },
		{ TLS_DTLS_CID_VALUE, "x", 1 },
		{ TLS_DTLS_HANDSHAKE_ON_CONNECT, &one, sizeof(one) },
	};
	struct zsock_tls_conf *held, before;
	struct socket *sock = test->priv;
	int i;

	for (i = 0; i < ARRAY_SIZE(sets); i++) {
		held = zsock_tls_conf_get(zsock_conf(sock));
		before = *held;
		KUNIT_EXPECT_EQ_MSG(test, 0, zsock_set(sock, sets[i].name,
						       sets[i].value,
						       sets[i].len),
				    "option %d", sets[i].name);
		KUNIT_EXPECT_PTR_NE_MSG(test, held, zsock_conf(sock),
					"option %d", sets[i].name);
		before.ref = held->ref;
		KUNIT_EXPECT_EQ_MSG(test, 0, memcmp(&before, held,
						    sizeof(before)),
				    "option %d", sets[i].name);
		zsock_tls_conf_put(held);
	}
}

/* ---- how each is read ---- */

static void zsock_conf_tags(struct kunit *test)
{
	struct socket *sock = test->priv;
	int tags[ZSOCK_TLS_TAGS_MAX + 1] = { 5, -5 };

	KUNIT_EXPECT_EQ(test, 0, zsock_set(sock, TLS_SEC_TAG_LIST, tags,
					   ZSOCK_TLS_TAGS_MAX * sizeof(int)));
	KUNIT_EXPECT_EQ(test, ZSOCK_TLS_TAGS_MAX, zsock_conf(sock)->ntags);
	KUNIT_EXPECT_EQ(test, -5, zsock_conf(sock)->tags[1]);
	KUNIT_EXPECT_EQ(test, -EINVAL, zsock_set(sock, TLS_SEC_TAG_LIST, tags,
						 sizeof(tags)));
	KUNIT_EXPECT_EQ(test, -EINVAL, zsock_set(sock, TLS_SEC_TAG_LIST, tags, 3));
	KUNIT_EXPECT_EQ(test, -EINVAL, zsock_set(sock, TLS_SEC_TAG_LIST, tags, 5));
	KUNIT_EXPECT_EQ(test, -EINVAL, zsock_set(sock, TLS_SEC_TAG_LIST, tags,
						 0xfffffffc));
	/* What was refused changed nothing. */
	KUNIT_EXPECT_EQ(test, ZSOCK_TLS_TAGS_MAX, zsock_conf(sock)->ntags);
	KUNIT_EXPECT_EQ(test, 0, zsock_set(sock, TLS_SEC_TAG_LIST, NULL, 0));
	KUNIT_EXPECT_EQ(test, 0, zsock_conf(sock)->ntags);
	KUNIT_EXPECT_NULL(test, zsock_conf(sock)->tags);
}

static void zsock_conf_ciphers(struct kunit *test)
{
	static const int bad[] = { 0, -1, 0x10000, INT_MIN, INT_MAX };
	int ciphers[ZSOCK_TLS_CIPHERS_MAX + 1];
	struct socket *sock = test->priv;
	int i;

	for (i = 0; i < ARRAY_SIZE(ciphers); i++)
		ciphers[i] = U16_MAX - i;
	KUNIT_EXPECT_EQ(test, 0, zsock_set(sock, TLS_CIPHERSUITE_LIST, ciphers,
					   ZSOCK_TLS_CIPHERS_MAX * sizeof(int)));
	KUNIT_EXPECT_EQ(test, ZSOCK_TLS_CIPHERS_MAX, zsock_conf(sock)->nciphers);
	KUNIT_EXPECT_EQ(test, 0xffff, zsock_conf(sock)->ciphers[0]);
	KUNIT_EXPECT_EQ(test, -EINVAL, zsock_set(sock, TLS_CIPHERSUITE_LIST,
						 ciphers, sizeof(ciphers)));
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		/* The last of two: all of the list counts. */
		ciphers[1] = bad[i];
		KUNIT_EXPECT_EQ(test, -EINVAL,
				zsock_set(sock, TLS_CIPHERSUITE_LIST, ciphers,
					  2 * sizeof(int)));
	}
	KUNIT_EXPECT_EQ(test, ZSOCK_TLS_CIPHERS_MAX, zsock_conf(sock)->nciphers);
	KUNIT_EXPECT_EQ(test, 0, zsock_set(sock, TLS_CIPHERSUITE_LIST, NULL, 0));
	KUNIT_EXPECT_EQ(test, 0, zsock_conf(sock)->nciphers);
}

static void zsock_conf_hostname(struct kunit *test)
{
	static const char * const bad[] = { "a b", " ", "a\n", "\x7f", "\t", "a\x01" };
	char name[ZSOCK_TLS_HOSTNAME_MAX + 3];
	struct socket *sock = test->priv;
	int i;

	memset(name, 'n', sizeof(name));
	KUNIT_EXPECT_EQ(test, 0, zsock_set(sock, TLS_HOSTNAME, name,
					   ZSOCK_TLS_HOSTNAME_MAX));
	KUNIT_EXPECT_EQ(test, ZSOCK_TLS_HOSTNAME_MAX,
			strlen(zsock_conf(sock)->hostname));
	KUNIT_EXPECT_EQ(test, -EINVAL, zsock_set(sock, TLS_HOSTNAME, name,
						 ZSOCK_TLS_HOSTNAME_MAX + 1));
	KUNIT_EXPECT_EQ(test, -EINVAL, zsock_set(sock, TLS_HOSTNAME, name,
						 ZSOCK_TLS_HOSTNAME_MAX + 2));
	/* With the NUL, which is no part of it, and nothing behind it. */
	name[ZSOCK_TLS_HOSTNAME_MAX] = '\0';
	KUNIT_EXPECT_EQ(test, 0, zsock_set(sock, TLS_HOSTNAME, name,
					   ZSOCK_TLS_HOSTNAME_MAX + 1));
	KUNIT_EXPECT_EQ(test, -EINVAL, zsock_set(sock, TLS_HOSTNAME, "a\0b", 3));
	KUNIT_EXPECT_EQ(test, -EINVAL, zsock_set(sock, TLS_HOSTNAME, "a\0", 3));
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		KUNIT_EXPECT_EQ_MSG(test, -EINVAL,
				    zsock_set(sock, TLS_HOSTNAME, bad[i],
					      strlen(bad[i])), "name %d", i);
	KUNIT_EXPECT_EQ(test, ZSOCK_TLS_HOSTNAME_MAX,
			strlen(zsock_conf(sock)->hostname));
	KUNIT_EXPECT_FALSE(test, zsock_conf(sock)->no_name_check);
}

/* None, in each way in which none can be said, is another thing than not yet. */
static void zsock_conf_no_hostname(struct kunit *test)
{
	struct socket *sock = test->priv;

	KUNIT_EXPECT_EQ(test, 0, zsock_set(sock, TLS_HOSTNAME, NULL, 0));
	KUNIT_EXPECT_TRUE(test, zsock_conf(sock)->no_name_check);
	KUNIT_EXPECT_EQ(test, 0, zsock_set(sock, TLS_HOSTNAME, "a", 1));
	KUNIT_EXPECT_FALSE(test, zsock_conf(sock)->no_name_check);
	KUNIT_EXPECT_EQ(test, 0, zsock_set(sock, TLS_HOSTNAME, "", 1));
	KUNIT_EXPECT_TRUE(test, zsock_conf(sock)->no_name_check);
	KUNIT_EXPECT_NULL(test, zsock_conf(sock)->hostname);
	KUNIT_EXPECT_EQ(test, 0, zsock_set(sock, TLS_HOSTNAME, "a", 1));
	KUNIT_EXPECT_EQ(test, 0, zsock_set(sock, TLS_HOSTNAME, NULL, 10));
	KUNIT_EXPECT_TRUE(test, zsock_conf(sock)->no_name_check);
}

static void zsock_conf_alpn(struct kunit *test)
{
	static const char odd[] = "a\0\0b";
	struct socket *sock = test->priv;
	char *alpn;

	alpn = kunit_kzalloc(test, ZSOCK_TLS_ALPN_MAX + 1, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, alpn);
	/* Four of 255, the longest there are, fill it. */
	memset(alpn, 'x', ZSOCK_TLS_ALPN_MAX);
	alpn[255] = '\0';
	alpn[511] = '\0';
	alpn[767] = '\0';
	alpn[1023] = '\0';
	KUNIT_EXPECT_EQ(test, 0, zsock_set(sock, TLS_ALPN_LIST, alpn,
					   ZSOCK_TLS_ALPN_MAX));
	KUNIT_EXPECT_EQ(test, ZSOCK_TLS_ALPN_MAX, zsock_conf(sock)->alpn_len);
	KUNIT_EXPECT_EQ(test, -EINVAL, zsock_set(sock, TLS_ALPN_LIST, alpn,
						 ZSOCK_TLS_ALPN_MAX + 1));
	/* One that is too long, none, one without its NUL. */
	alpn[255] = 'x';
	KUNIT_EXPECT_EQ(test, -EINVAL, zsock_set(sock, TLS_ALPN_LIST, alpn, 512));
	KUNIT_EXPECT_EQ(test, -EINVAL, zsock_set(sock, TLS_ALPN_LIST, odd, 3));
	KUNIT_EXPECT_EQ(test, -EINVAL, zsock_set(sock, TLS_ALPN_LIST, odd, 4));
	KUNIT_EXPECT_EQ(test, -EINVAL, zsock_set(sock, TLS_ALPN_LIST, odd, 1));
	KUNIT_EXPECT_EQ(test, -EINVAL, zsock_set(sock, TLS_ALPN_LIST, "", 1));
	KUNIT_EXPECT_EQ(test, ZSOCK_TLS_ALPN_MAX, zsock_conf(sock)->alpn_len);
	KUNIT_EXPECT_EQ(test, 0, zsock_set(sock, TLS_ALPN_LIST, odd, 2));
	KUNIT_EXPECT_EQ(test, 2, zsock_conf(sock)->alpn_len);
	KUNIT_EXPECT_EQ(test, 0, zsock_set(sock, TLS_ALPN_LIST, NULL, 0));
	KUNIT_EXPECT_EQ(test, 0, zsock_conf(sock)->alpn_len);
}

static void zsock_conf_numbers(struct kunit *test)
{
	static const struct {
		int name;
		int max;
	} numbers[] = {
		{ TLS_PEER_VERIFY, TLS_PEER_VERIFY_REQUIRED },
		{ TLS_DTLS_ROLE, TLS_DTLS_ROLE_SERVER },
		{ TLS_CERT_NOCOPY, 1 },
		{ TLS_NATIVE, 1 },
		{ TLS_SESSION_CACHE, TLS_SESSION_CACHE_ENABLED },
		{ TLS_DTLS_CID, TLS_DTLS_CID_ENABLED },
		{ TLS_DTLS_HANDSHAKE_ON_CONNECT, 1 },
	};
	struct socket *sock = test->priv;
	u64 eight = 1;
	int i, value;

	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		for (value = 0; value <= numbers[i].max; value++)
			KUNIT_EXPECT_EQ_MSG(test, 0,
					    zsock_set_int(sock, numbers[i].name,
							  value),
					    "option %d", numbers[i].name);
		KUNIT_EXPECT_EQ(test, -EINVAL,
				zsock_set_int(sock, numbers[i].name, value));
		KUNIT_EXPECT_EQ(test, -EINVAL,
				zsock_set_int(sock, numbers[i].name, -1));
		KUNIT_EXPECT_EQ(test, -EINVAL,
				zsock_set_int(sock, numbers[i].name, INT_MIN));
		KUNIT_EXPECT_EQ(test, -EINVAL,
				zsock_set(sock, numbers[i].name, &eight, 8));
		KUNIT_EXPECT_EQ(test, -EINVAL,
				zsock_set(sock, numbers[i].name, &eight, 3));
		KUNIT_EXPECT_EQ(test, -EINVAL,
				zsock_set(sock, numbers[i].name, NULL, 0));
	}
	KUNIT_EXPECT_EQ(test, 2, zsock_conf(sock)->verify);
	KUNIT_EXPECT_EQ(test, 1, zsock_conf(sock)->role);
	KUNIT_EXPECT_EQ(test, 2, zsock_conf(sock)->cid);
	KUNIT_EXPECT_TRUE(test, zsock_conf(sock)->native);
	KUNIT_EXPECT_TRUE(test, zsock_conf(sock)->cache);
}

static void zsock_conf_timeouts(struct kunit *test)
{
	struct socket *sock = test->priv;
	int name;

	for (name = TLS_DTLS_HANDSHAKE_TIMEOUT_MIN;
	     name <= TLS_DTLS_HANDSHAKE_TIMEOUT_MAX; name++) {
		KUNIT_EXPECT_EQ(test, 0, zsock_set_int(sock, name, 1));
		KUNIT_EXPECT_EQ(test, -EINVAL, zsock_set_int(sock, name, 0));
		KUNIT_EXPECT_EQ(test, -EINVAL, zsock_set_int(sock, name, -1));
		KUNIT_EXPECT_EQ(test, 0, zsock_set_int(sock, name, INT_MAX));
	}
	KUNIT_EXPECT_EQ(test, INT_MAX, zsock_conf(sock)->timeout_min);
	KUNIT_EXPECT_EQ(test, INT_MAX, zsock_conf(sock)->timeout_max);
}

static void zsock_conf_cid(struct kunit *test)
{
	u8 value[sizeof_field(struct zsock_tls_conf, cid_value) + 1] = { 7 };
	struct socket *sock = test->priv;

	KUNIT_EXPECT_EQ(test, 0, zsock_set(sock, TLS_DTLS_CID_VALUE, value,
					   sizeof(value) - 1));
	KUNIT_EXPECT_EQ(test, sizeof(value) - 1, zsock_conf(sock)->cid_len);
	KUNIT_EXPECT_EQ(test, -EINVAL, zsock_set(sock, TLS_DTLS_CID_VALUE, value,
						 sizeof(value)));
	KUNIT_EXPECT_EQ(test, -EINVAL, zsock_set(sock, TLS_DTLS_CID_VALUE, NULL, 0));
	KUNIT_EXPECT_EQ(test, 0, zsock_set(sock, TLS_DTLS_CID_VALUE, value, 1));
	KUNIT_EXPECT_EQ(test, 1, zsock_conf(sock)->cid_len);
}

/* Those that only tell, and those that nobody knows. */
static void zsock_conf_unknown(struct kunit *test)
{
	static const int names[] = {
		0, TLS_CIPHERSUITE_USED, TLS_DTLS_CID_STATUS,
		TLS_DTLS_PEER_CID_VALUE, TLS_CERT_VERIFY_RESULT,
		TLS_CERT_VERIFY_CALLBACK, TLS_CERT_VERIFY_CALLBACK + 1, -1,
		INT_MAX,
	};
	struct zsock_tls_conf *held = zsock_tls_conf_get(zsock_conf(test->priv));
	int i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		KUNIT_EXPECT_EQ_MSG(test, -ENOPROTOOPT,
				    zsock_set_int(test->priv, names[i], 1),
				    "option %d", names[i]);
	KUNIT_EXPECT_PTR_EQ(test, held, zsock_conf(test->priv));
	zsock_tls_conf_put(held);
}

static struct kunit_case zsock_conf_cases[] = {
	KUNIT_CASE(zsock_conf_defaults),
	KUNIT_CASE(zsock_conf_copies),
	KUNIT_CASE(zsock_conf_on_write),
	KUNIT_CASE(zsock_conf_each_on_write),
	KUNIT_CASE(zsock_conf_tags),
	KUNIT_CASE(zsock_conf_ciphers),
	KUNIT_CASE(zsock_conf_hostname),
	KUNIT_CASE(zsock_conf_no_hostname),
	KUNIT_CASE(zsock_conf_alpn),
	KUNIT_CASE(zsock_conf_numbers),
	KUNIT_CASE(zsock_conf_timeouts),
	KUNIT_CASE(zsock_conf_cid),
	KUNIT_CASE(zsock_conf_unknown),
	{ }
};

struct kunit_suite zsock_conf_suite = {
	.name		= "zsock_conf",
	.init		= zsock_conf_init,
	.test_cases	= zsock_conf_cases,
};
