// SPDX-License-Identifier: GPL-2.0
/*
 * SOL_TLS: what each option takes, gives back, and refuses. Nobody connects.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>

#include "kselftest_harness.h"
#include "tls.h"

#define NOWHERE ((void *)8)

/* 0 or a positive errno. */
static int set(int fd, int option, const void *value, socklen_t len)
{
	return setsockopt(fd, SOL_TLS, option, value, len) ? errno : 0;
}

static int set_int(int fd, int option, int value)
{
	return set(fd, option, &value, sizeof(value));
}

static int get(int fd, int option, void *value, socklen_t *len)
{
	return getsockopt(fd, SOL_TLS, option, value, len) ? errno : 0;
}

/* The errno of reading an int, which is as good as any. */
static int get_error(int fd, int option)
{
	int value;
	socklen_t len = sizeof(value);

	return get(fd, option, &value, &len);
}

static int get_int(int fd, int option)
{
	int value = 0x5a5a5a5a;
	socklen_t len = sizeof(value);

	return get(fd, option, &value, &len) || len != sizeof(value) ? -1 : value;
}

FIXTURE(fresh) { int fd; };
FIXTURE_VARIANT(fresh) { bool bound; };
FIXTURE_VARIANT_ADD(fresh, before_dispatch) { .bound = false };
FIXTURE_VARIANT_ADD(fresh, after) { .bound = true };

FIXTURE_SETUP(fresh)
{
	union zs_addr addr;
	socklen_t len = zs_loopback(&addr, AF_INET, 0);

	if (!zs_is_zsock())
		SKIP(return, "means nothing on AF_INET");
	self->fd = tls_socket(AF_INET, IPPROTO_TLS_1_2);
	ASSERT_GE(self->fd, 0);
	if (variant->bound)
		ASSERT_EQ(0, bind(self->fd, &addr.sa, len));
	EXPECT_EQ(variant->bound, zs_dispatched(self->fd));
}

FIXTURE_TEARDOWN(fresh)
{
	/* Options dispatch nothing by themselves. */
	EXPECT_EQ(variant->bound, zs_dispatched(self->fd));
	close(self->fd);
}

/* ---- lists ---- */

/* What is read back is what was set; nothing is written past it. */
static bool list_is(int fd, int option, const int *want, int n)
{
	int got[80];
	socklen_t len = sizeof(got);

	memset(got, 0xee, sizeof(got));
	return !get(fd, option, got, &len) && len == n * sizeof(int) &&
	       !memcmp(got, want, n * sizeof(int)) && (got[n] & 0xff) == 0xee;
}

static void check_list(struct __test_metadata *_metadata, int fd, int option,
		       int max)
{
	static const int two[] = { 0x1302, 0x1301 };
	int many[80];
	socklen_t len;
	int i;

	for (i = 0; i < 80; i++)
		many[i] = i + 1;
	EXPECT_TRUE(list_is(fd, option, NULL, 0));
	EXPECT_EQ(0, set(fd, option, two, sizeof(two)));
	EXPECT_TRUE(list_is(fd, option, two, 2));
	/* What is refused leaves the old value. */
	EXPECT_EQ(EINVAL, set(fd, option, two, 7));
	EXPECT_EQ(EINVAL, set(fd, option, many, (max + 1) * sizeof(int)));
	EXPECT_EQ(EINVAL, set(fd, option, many, sizeof(many)));
	EXPECT_EQ(EFAULT, set(fd, option, NOWHERE, sizeof(two)));
	EXPECT_EQ(EFAULT, set(fd, option, NULL, sizeof(two)));
	EXPECT_TRUE(list_is(fd, option, two, 2));
	len = 7;
	EXPECT_EQ(EINVAL, get(fd, option, many, &len));
	len = sizeof(two);
	EXPECT_EQ(EFAULT, get(fd, option, NOWHERE, &len));
	EXPECT_EQ(EFAULT, get(fd, option, many, NOWHERE));
	EXPECT_EQ(0, set(fd, option, many, max * sizeof(int)));
	EXPECT_TRUE(list_is(fd, option, many, max));
	EXPECT_EQ(0, set(fd, option, NULL, 0));
	EXPECT_TRUE(list_is(fd, option, NULL, 0));
}

TEST_F(fresh, tag_list)
{
	static const int odd[] = { INT32_MIN, -1, 0, INT32_MAX, 7, 7 };

	check_list(_metadata, self->fd, TLS_SEC_TAG_LIST, ZSOCK_TLS_TAGS_MAX);
	/* Any number is a tag, there or not. */
	EXPECT_EQ(0, set(self->fd, TLS_SEC_TAG_LIST, odd, sizeof(odd)));
	EXPECT_TRUE(list_is(self->fd, TLS_SEC_TAG_LIST, odd, 6));
}

TEST_F(fresh, ciphersuite_list)
{
	static const int wrong[] = { -1, 0, 0x10000, INT32_MAX, INT32_MIN };
	static const int one = TLS13_CHACHA20;
	unsigned int i;

	check_list(_metadata, self->fd, TLS_CIPHERSUITE_LIST, ZSOCK_TLS_CIPHERS_MAX);
	EXPECT_EQ(0, set_int(self->fd, TLS_CIPHERSUITE_LIST, one));
	for (i = 0; i < ARRAY_SIZE(wrong); i++)
		EXPECT_EQ(EINVAL, set_int(self->fd, TLS_CIPHERSUITE_LIST, wrong[i]));
	EXPECT_TRUE(list_is(self->fd, TLS_CIPHERSUITE_LIST, &one, 1));
}

static bool alpn_is(int fd, const char *want, socklen_t want_len)
{
	char got[2000];
	socklen_t len = sizeof(got);

	return !get(fd, TLS_ALPN_LIST, got, &len) && len == want_len &&
	       !memcmp(got, want, len);
}

TEST_F(fresh, alpn_list)
{
	static char large[ZSOCK_TLS_ALPN_MAX + 2], name[257];
	static const char list[] = "h2\0http/1.1";
	socklen_t len = 3;
	char small[3];

	EXPECT_TRUE(alpn_is(self->fd, "", 0));
	EXPECT_EQ(0, set(self->fd, TLS_ALPN_LIST, list, sizeof(list)));
	EXPECT_TRUE(alpn_is(self->fd, list, sizeof(list)));
	/* No NUL at the end; an empty name; a name that is too long; too many. */
	EXPECT_EQ(EINVAL, set(self->fd, TLS_ALPN_LIST, list, sizeof(list) - 1));
	EXPECT_EQ(EINVAL, set(self->fd, TLS_ALPN_LIST, "", 1));
	EXPECT_EQ(EINVAL, set(self->fd, TLS_ALPN_LIST, "h2\0\0x", 6));
	memset(name, 'n', 256);
	EXPECT_EQ(EINVAL, set(self->fd, TLS_ALPN_LIST, name, sizeof(name)));
	memset(large, 'n', sizeof(large));
	EXPECT_EQ(EINVAL, set(self->fd, TLS_ALPN_LIST, large, sizeof(large)));
	EXPECT_EQ(EFAULT, set(self->fd, TLS_ALPN_LIST, NOWHERE, 3));
	EXPECT_TRUE(alpn_is(self->fd, list, sizeof(list)));
	EXPECT_EQ(EINVAL, get(self->fd, TLS_ALPN_LIST, small, &len));
	EXPECT_EQ(0, set(self->fd, TLS_ALPN_LIST, name + 1, 256));
	EXPECT_TRUE(alpn_is(self->fd, name + 1, 256));
	for (len = 0; len < ZSOCK_TLS_ALPN_MAX; len += 2)
		large[len + 1] = '\0';
	EXPECT_EQ(0, set(self->fd, TLS_ALPN_LIST, large, ZSOCK_TLS_ALPN_MAX));
	EXPECT_EQ(EINVAL, set(self->fd, TLS_ALPN_LIST, large, ZSOCK_TLS_ALPN_MAX + 2));
	EXPECT_TRUE(alpn_is(self->fd, large, ZSOCK_TLS_ALPN_MAX));
	EXPECT_EQ(0, set(self->fd, TLS_ALPN_LIST, NULL, 0));
	EXPECT_TRUE(alpn_is(self->fd, "", 0));
}

/* ---- a string ---- */

TEST_F(fresh, hostname)
{
	char name[ZSOCK_TLS_HOSTNAME_MAX + 3];

	EXPECT_EQ(0, set(self->fd, TLS_HOSTNAME, "server.test", 11));
	EXPECT_EQ(0, set(self->fd, TLS_HOSTNAME, "server.test", 12));
	EXPECT_EQ(0, set(self->fd, TLS_HOSTNAME, "127.0.0.1", 9));
	EXPECT_EQ(0, set(self->fd, TLS_HOSTNAME, NULL, 0));
	EXPECT_EQ(0, set(self->fd, TLS_HOSTNAME, "", 0));
	EXPECT_EQ(0, set(self->fd, TLS_HOSTNAME, "", 1));
	memset(name, 'n', sizeof(name));
	EXPECT_EQ(0, set(self->fd, TLS_HOSTNAME, name, ZSOCK_TLS_HOSTNAME_MAX));
	EXPECT_EQ(EINVAL, set(self->fd, TLS_HOSTNAME, name, ZSOCK_TLS_HOSTNAME_MAX + 1));
	EXPECT_EQ(EINVAL, set(self->fd, TLS_HOSTNAME, name, sizeof(name)));
	name[ZSOCK_TLS_HOSTNAME_MAX] = '\0';
	EXPECT_EQ(0, set(self->fd, TLS_HOSTNAME, name, ZSOCK_TLS_HOSTNAME_MAX + 1));
	/* One who looks at the certificate must not see another name than TLS does. */
	EXPECT_EQ(EINVAL, set(self->fd, TLS_HOSTNAME, "server.test\0.evil.test", 22));
	EXPECT_EQ(EINVAL, set(self->fd, TLS_HOSTNAME, "server.test\n", 12));
	EXPECT_EQ(EINVAL, set(self->fd, TLS_HOSTNAME, "server test", 11));
	EXPECT_EQ(EFAULT, set(self->fd, TLS_HOSTNAME, NOWHERE, 11));
	EXPECT_EQ(ENOPROTOOPT, get_error(self->fd, TLS_HOSTNAME));
}

/* ---- numbers ---- */

static const struct number {
	int option, min, max;
	bool readable;
	int initial;
} numbers[] = {
	{ TLS_PEER_VERIFY, 0, 2, false, 0 },
	{ TLS_DTLS_ROLE, 0, 1, false, 0 },
	{ TLS_CERT_NOCOPY, 0, 1, false, 0 },
	{ TLS_NATIVE, 0, 1, false, 0 },
	{ TLS_SESSION_CACHE, 0, 1, true, TLS_SESSION_CACHE_DISABLED },
	{ TLS_DTLS_CID, 0, 2, false, 0 },
	{ TLS_DTLS_HANDSHAKE_ON_CONNECT, 0, 1, true, -1 },
	{ TLS_DTLS_HANDSHAKE_TIMEOUT_MIN, 1, INT32_MAX, true, -1 },
	{ TLS_DTLS_HANDSHAKE_TIMEOUT_MAX, 1, INT32_MAX, true, -1 },
};

static void check_number(struct __test_metadata *_metadata, int fd,
			 const struct number *n)
{
	long long value = n->max;

	if (n->readable && n->initial >= 0) {
		EXPECT_EQ(n->initial, get_int(fd, n->option));
	}
	EXPECT_EQ(0, set_int(fd, n->option, n->min));
	EXPECT_EQ(0, set_int(fd, n->option, n->max));
	EXPECT_EQ(EINVAL, set_int(fd, n->option, n->min - 1));
	if (n->max < INT32_MAX) {
		EXPECT_EQ(EINVAL, set_int(fd, n->option, n->max + 1));
	}
	EXPECT_EQ(EINVAL, set_int(fd, n->option, INT32_MIN));
	EXPECT_EQ(EINVAL, set(fd, n->option, &value, 0));
	EXPECT_EQ(EINVAL, set(fd, n->option, &value, 1));
	EXPECT_EQ(EINVAL, set(fd, n->option, &value, 3));
	EXPECT_EQ(EINVAL, set(fd, n->option, &value, 8));
	EXPECT_EQ(EFAULT, set(fd, n->option, NOWHERE, 4));
	EXPECT_EQ(EFAULT, set(fd, n->option, NULL, 4));
	if (n->readable) {
		EXPECT_EQ(n->max, get_int(fd, n->option));
	} else {
		EXPECT_EQ(ENOPROTOOPT, get_error(fd, n->option));
	}
}

TEST_F(fresh, numbers)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		check_number(_metadata, self->fd, &numbers[i]);
		ASSERT_TRUE(__test_passed(_metadata)) {
			TH_LOG("option %d", numbers[i].option);
		}
	}
}

/* As getsockopt() of an int elsewhere: what there is room for. */
TEST_F(fresh, short_reads)
{
	int value = 0x5a5a5a5a;
	socklen_t len = 1;

	ASSERT_EQ(0, set_int(self->fd, TLS_SESSION_CACHE, 1));
	EXPECT_EQ(0, get(self->fd, TLS_SESSION_CACHE, &value, &len));
	EXPECT_EQ(1, len);
	EXPECT_EQ(0x5a5a5a01, value);
	len = -1;
	EXPECT_EQ(EINVAL, get(self->fd, TLS_SESSION_CACHE, &value, &len));
	len = 4;
	EXPECT_EQ(EFAULT, get(self->fd, TLS_SESSION_CACHE, NOWHERE, &len));
}

TEST_F(fresh, connection_id)
{
	unsigned char id[40] = "0123456789", got[40];
	socklen_t len = sizeof(got);

	EXPECT_EQ(0, set(self->fd, TLS_DTLS_CID_VALUE, id, 10));
	EXPECT_EQ(EINVAL, set(self->fd, TLS_DTLS_CID_VALUE, id, 33));
	EXPECT_EQ(EFAULT, set(self->fd, TLS_DTLS_CID_VALUE, NOWHERE, 5));
	EXPECT_EQ(0, get(self->fd, TLS_DTLS_CID_VALUE, got, &len));
	EXPECT_EQ(10, len);
	EXPECT_EQ(0, memcmp(id, got, 10));
	len = 9;
	EXPECT_EQ(EINVAL, get(self->fd, TLS_DTLS_CID_VALUE, got, &len));
	EXPECT_EQ(0, set(self->fd, TLS_DTLS_CID_VALUE, id, 32));
}

/* The value does not matter. */
TEST_F(fresh, session_cache_purge)
{
	EXPECT_EQ(0, set(self->fd, TLS_SESSION_CACHE_PURGE, NULL, 0));
	EXPECT_EQ(0, set_int(self->fd, TLS_SESSION_CACHE_PURGE, 1));
	EXPECT_EQ(0, set(self->fd, TLS_SESSION_CACHE_PURGE, "x", 1));
	EXPECT_EQ(ENOPROTOOPT, get_error(self->fd, TLS_SESSION_CACHE_PURGE));
}

/* ---- what is only read ---- */

TEST_F(fresh, results)
{
	static const int options[] = {
		TLS_CIPHERSUITE_USED, TLS_CERT_VERIFY_RESULT, TLS_DTLS_CID_STATUS,
		TLS_DTLS_PEER_CID_VALUE,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(options); i++) {
		EXPECT_EQ(ENOPROTOOPT, set_int(self->fd, options[i], 0));
		/* There was no handshake that could tell. */
		EXPECT_EQ(ENOTCONN, get_error(self->fd, options[i]));
	}
	EXPECT_EQ(ENOPROTOOPT, set_int(self->fd, TLS_CERT_VERIFY_CALLBACK, 0));
}

TEST_F(fresh, handshake_error)
{
	struct zsock_handshake_error err;
	struct { uint32_t size; int32_t error; char end; } first = { .end = 'e' };
	socklen_t len = 8;

	ASSERT_EQ(0, tls_handshake_error(self->fd, &err));
	EXPECT_EQ(sizeof(err), err.size);
	EXPECT_EQ(0, err.error);
	EXPECT_EQ(-1, err.alert);
	EXPECT_EQ(0, err.flags);
	EXPECT_EQ(0, err.verify);
	/* A caller that knows less of it. */
	EXPECT_EQ(0, getsockopt(self->fd, SOL_ZSOCK, ZSOCK_HANDSHAKE_ERROR, &first, &len));
	EXPECT_EQ(8, len);
	EXPECT_EQ(sizeof(err), first.size);
	EXPECT_EQ('e', first.end);
	EXPECT_EQ(-1, setsockopt(self->fd, SOL_ZSOCK, ZSOCK_HANDSHAKE_ERROR, &err, sizeof(err)));
	EXPECT_EQ(ENOPROTOOPT, errno);
	len = sizeof(err);
	EXPECT_EQ(-1, getsockopt(self->fd, SOL_ZSOCK, ZSOCK_HANDSHAKE_ERROR, NOWHERE, &len));
	EXPECT_EQ(EFAULT, errno);
}

TEST_F(fresh, info)
{
	struct zsock_info info;

	ASSERT_EQ(0, zs_get_info(self->fd, &info));
	EXPECT_EQ(SOCK_STREAM, info.type);
	EXPECT_EQ(IPPROTO_TLS_1_2, info.protocol);
	EXPECT_EQ(0, info.tls_version);
	EXPECT_EQ(0, info.tls_cipher);
	EXPECT_EQ(0, info.flags & (ZSOCK_INFO_F_TLS_TX | ZSOCK_INFO_F_TLS_RX));
	EXPECT_STREQ("", info.alpn);
}

/* A descriptor to be asked over; another call gives another one. */
TEST_F(fresh, verify_callback)
{
	struct zsock_verify_reply reply = { .id = 1, .accept = 1 };
	char small[2], buf[100];
	socklen_t len = sizeof(small);
	int a, b;

	EXPECT_EQ(EINVAL, get(self->fd, TLS_CERT_VERIFY_CALLBACK, small, &len));
	a = get_int(self->fd, TLS_CERT_VERIFY_CALLBACK);
	ASSERT_GE(a, 0);
	EXPECT_EQ(FD_CLOEXEC, fcntl(a, F_GETFD));
	EXPECT_EQ(0, zs_poll(a, POLLIN, 0));
	ASSERT_EQ(0, fcntl(a, F_SETFL, O_NONBLOCK));
	EXPECT_EQ(-1, read(a, buf, sizeof(buf)));
	EXPECT_EQ(EAGAIN, errno);
	/* Answers that nobody asked for, and none at all. */
	EXPECT_EQ(-1, write(a, &reply, sizeof(reply)));
	EXPECT_EQ(ENOENT, errno);
	EXPECT_EQ(-1, write(a, &reply, sizeof(reply) - 1));
	EXPECT_EQ(EINVAL, errno);
	reply.accept = 2;
	EXPECT_EQ(-1, write(a, &reply, sizeof(reply)));
	EXPECT_EQ(EINVAL, errno);
	b = get_int(self->fd, TLS_CERT_VERIFY_CALLBACK);
	ASSERT_GE(b, 0);
	EXPECT_NE(a, b);
	/* The socket first, then its descriptors, and the other way round. */
	EXPECT_EQ(0, close(b));
	EXPECT_EQ(0, zs_poll(a, POLLIN, 0));
}

/* A descriptor that cannot be told is not left open. */
TEST_F(fresh, verify_callback_leaks_nothing)
{
	socklen_t len = sizeof(int);
	int before = dup(0), after;

	close(before);
	EXPECT_EQ(EFAULT, get(self->fd, TLS_CERT_VERIFY_CALLBACK, NOWHERE, &len));
	EXPECT_EQ(EFAULT, get(self->fd, TLS_CERT_VERIFY_CALLBACK, &after, NOWHERE));
	after = dup(0);
	EXPECT_EQ(before, after);
}

/* ---- what there is not ---- */

TEST_F(fresh, unknown)
{
	static const int options[] = { -1, 0, 21, 22, 99, 1000, INT32_MAX };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(options); i++) {
		EXPECT_EQ(ENOPROTOOPT, set_int(self->fd, options[i], 1));
		EXPECT_EQ(ENOPROTOOPT, get_error(self->fd, options[i]));
	}
}

/* kTLS belongs to the module. */
TEST_F(fresh, no_ulp)
{
	EXPECT_EQ(-1, setsockopt(self->fd, SOL_TCP, TCP_ULP, "tls", 4));
	EXPECT_EQ(ENOENT, errno);
	EXPECT_EQ(-1, setsockopt(self->fd, SOL_TCP, TCP_ULP, "nosuch", 7));
	EXPECT_EQ(ENOENT, errno);
}

TEST(no_tls_no_options)
{
	int value = 0;
	int fd;

	ZS_SKIP_UNLESS_ZSOCK();
	fd = zs_socket(AF_INET, SOCK_STREAM, 0);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(ENOPROTOOPT, set_int(fd, TLS_PEER_VERIFY, 0));
	EXPECT_EQ(ENOPROTOOPT, set(fd, TLS_SEC_TAG_LIST, &value, sizeof(value)));
	EXPECT_EQ(ENOPROTOOPT, get_error(fd, TLS_SESSION_CACHE));
}

TEST(protocols)
{
	static const struct {
		int type, proto, err;
	} cases[] = {
		{ SOCK_STREAM, IPPROTO_TLS_1_0, 0 },
		{ SOCK_STREAM, IPPROTO_TLS_1_1, 0 },
		{ SOCK_STREAM, IPPROTO_TLS_1_2, 0 },
		{ SOCK_STREAM, IPPROTO_TLS_1_3, 0 },
		{ SOCK_STREAM, IPPROTO_TLS_1_0 - 1, EPROTONOSUPPORT },
		{ SOCK_STREAM, IPPROTO_TLS_1_3 + 1, EPROTONOSUPPORT },
		{ SOCK_DGRAM, IPPROTO_TLS_1_2, EPROTONOSUPPORT },
		{ SOCK_STREAM, IPPROTO_DTLS_1_2, EPROTONOSUPPORT },
		{ SOCK_SEQPACKET, IPPROTO_TLS_1_2, ESOCKTNOSUPPORT },
	};
	static const int domains[] = { 0, AF_INET, AF_INET6 };
	unsigned int i, d;
	int fd;

	ZS_SKIP_UNLESS_ZSOCK();
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		for (d = 0; d < ARRAY_SIZE(domains); d++) {
			errno = 0;
			fd = zs_socket(domains[d], cases[i].type, cases[i].proto);
			EXPECT_EQ(cases[i].err, fd < 0 ? errno : 0) {
				TH_LOG("type %d, protocol %d", cases[i].type, cases[i].proto);
			}
			close(fd);
		}
}

TEST_HARNESS_MAIN
