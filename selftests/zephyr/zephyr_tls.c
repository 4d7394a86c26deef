// SPDX-License-Identifier: GPL-2.0
/*
 * Secure sockets and their credentials by Zephyr's names, with zsock-tlsd doing
 * the handshakes.
 */
#include <zephyr/kernel.h>
#include <zephyr/net/socket.h>
#include <zephyr/net/tls_credentials.h>

#include <pthread.h>
#include <sys/wait.h>

#include "kselftest_harness.h"
#include "tls.h"

/* None of tls_creds(). */
#define TAG		100
#define TAG_SERVER	101
#define TAG_ROOT	102

/* A file of pki.sh, with the NUL that Zephyr's sources end PEM with. */
static char *pem(const char *name, size_t *len)
{
	static char dir[256], buf[16384];
	char path[512];
	FILE *f;

	if (!*dir) {
		f = popen("selftests/tls/pki.sh", "re");
		if (!f || !fgets(dir, sizeof(dir), f))
			return NULL;
		pclose(f);
		dir[strcspn(dir, "\n")] = '\0';
	}
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "re");
	if (!f)
		return NULL;
	*len = fread(buf, 1, sizeof(buf) - 1, f);
	buf[(*len)++] = '\0';
	fclose(f);
	return buf;
}

static int add_file(int tag, enum tls_credential_type type, const char *name)
{
	size_t len = 0;
	char *data = pem(name, &len);

	return data ? tls_credential_add(tag, type, data, len) : -1;
}

/* ---- credentials ---- */

FIXTURE(cred) { int unused; };
FIXTURE_SETUP(cred) { }
FIXTURE_TEARDOWN(cred)
{
	tls_cred_del(TAG);
}

TEST_F(cred, add_get_delete)
{
	char buf[16384];
	size_t len, got = sizeof(buf);
	char *ca = pem("ca.crt", &len);

	ASSERT_NE(NULL, ca);
	EXPECT_EQ(0, tls_credential_add(TAG, TLS_CREDENTIAL_CA_CERTIFICATE, ca, len));
	EXPECT_EQ(0, tls_credential_get(TAG, TLS_CREDENTIAL_CA_CERTIFICATE, buf, &got));
	/* The NUL belongs to Zephyr's way to pass it. */
	EXPECT_EQ(len - 1, got);
	EXPECT_EQ(0, memcmp(buf, ca, got));
	EXPECT_EQ(0, tls_credential_delete(TAG, TLS_CREDENTIAL_CA_CERTIFICATE));
	EXPECT_EQ(-ENOENT, tls_credential_delete(TAG, TLS_CREDENTIAL_CA_CERTIFICATE));
	got = sizeof(buf);
	EXPECT_EQ(-ENOENT, tls_credential_get(TAG, TLS_CREDENTIAL_CA_CERTIFICATE, buf, &got));
}

TEST_F(cred, every_type)
{
	char buf[64];
	size_t len = sizeof(buf);

	EXPECT_EQ(0, add_file(TAG, TLS_CREDENTIAL_CA_CERTIFICATE, "ca.crt"));
	EXPECT_EQ(0, add_file(TAG, TLS_CREDENTIAL_SERVER_CERTIFICATE, "p256.crt"));
	EXPECT_EQ(0, add_file(TAG, TLS_CREDENTIAL_PRIVATE_KEY, "p256.key"));
	EXPECT_EQ(0, tls_credential_add(TAG, TLS_CREDENTIAL_PSK, "0123456789abcdef", 16));
	EXPECT_EQ(0, tls_credential_add(TAG, TLS_CREDENTIAL_PSK_ID, "me", 2));
	EXPECT_EQ(0, tls_credential_get(TAG, TLS_CREDENTIAL_PSK_ID, buf, &len));
	EXPECT_EQ(2, len);
	/* One type away, and no other. */
	EXPECT_EQ(0, tls_credential_delete(TAG, TLS_CREDENTIAL_PUBLIC_CERTIFICATE));
	EXPECT_EQ(-ENOENT, tls_credential_delete(TAG, TLS_CREDENTIAL_SERVER_CERTIFICATE));
	EXPECT_EQ(0, tls_credential_delete(TAG, TLS_CREDENTIAL_PRIVATE_KEY));
	EXPECT_EQ(0, tls_credential_delete(TAG, TLS_CREDENTIAL_CA_CERTIFICATE));
	EXPECT_EQ(0, tls_credential_delete(TAG, TLS_CREDENTIAL_PSK));
	EXPECT_EQ(0, tls_credential_delete(TAG, TLS_CREDENTIAL_PSK_ID));
}

TEST_F(cred, eexist)
{
	EXPECT_EQ(0, tls_credential_add(TAG, TLS_CREDENTIAL_PSK_ID, "me", 2));
	EXPECT_EQ(-EEXIST, tls_credential_add(TAG, TLS_CREDENTIAL_PSK_ID, "you", 3));
	EXPECT_EQ(0, tls_credential_delete(TAG, TLS_CREDENTIAL_PSK_ID));
	EXPECT_EQ(0, tls_credential_add(TAG, TLS_CREDENTIAL_PSK_ID, "you", 3));
}

TEST_F(cred, efbig)
{
	static char large[100000];
	char buf[4] = "....";
	size_t len = 4;

	EXPECT_EQ(0, tls_credential_add(TAG, TLS_CREDENTIAL_PSK_ID, "12345", 5));
	EXPECT_EQ(-EFBIG, tls_credential_get(TAG, TLS_CREDENTIAL_PSK_ID, buf, &len));
	EXPECT_EQ(4, len);
	EXPECT_EQ(0, memcmp(buf, "....", 4));
	len = 0;
	EXPECT_EQ(-EFBIG, tls_credential_get(TAG, TLS_CREDENTIAL_PSK_ID, NULL, &len));
	EXPECT_EQ(-EFBIG, tls_credential_add(TAG, TLS_CREDENTIAL_PSK, large, sizeof(large)));
}

TEST_F(cred, enoent)
{
	char buf[8];
	size_t len = sizeof(buf);

	EXPECT_EQ(-ENOENT, tls_credential_get(TAG, TLS_CREDENTIAL_PSK, buf, &len));
	EXPECT_EQ(-ENOENT, tls_credential_delete(TAG, TLS_CREDENTIAL_PSK));
	/* Of no type there is none, and it does not mean all. */
	EXPECT_EQ(0, tls_credential_add(TAG, TLS_CREDENTIAL_PSK_ID, "me", 2));
	EXPECT_EQ(-ENOENT, tls_credential_get(TAG, TLS_CREDENTIAL_NONE, buf, &len));
	EXPECT_EQ(-ENOENT, tls_credential_delete(TAG, TLS_CREDENTIAL_NONE));
	EXPECT_EQ(0, tls_credential_get(TAG, TLS_CREDENTIAL_PSK_ID, buf, &len));
	EXPECT_EQ(-EINVAL, tls_credential_add(TAG, TLS_CREDENTIAL_NONE, "x", 1));
	EXPECT_EQ(-EINVAL, tls_credential_add(TAG, (enum tls_credential_type)77, "x", 1));
	EXPECT_EQ(-EINVAL, tls_credential_add(TAG, TLS_CREDENTIAL_CA_CERTIFICATE, "x", 1));
}

/* What is secret is not handed out, whoever asks; what is another's neither. */
TEST_F(cred, eacces)
{
	char buf[4096];
	size_t len = sizeof(buf);
	int pid;

	EXPECT_EQ(0, add_file(TAG, TLS_CREDENTIAL_PRIVATE_KEY, "p256.key"));
	EXPECT_EQ(0, tls_credential_add(TAG, TLS_CREDENTIAL_PSK, "0123456789abcdef", 16));
	EXPECT_EQ(-EACCES, tls_credential_get(TAG, TLS_CREDENTIAL_PRIVATE_KEY, buf, &len));
	EXPECT_EQ(-EACCES, tls_credential_get(TAG, TLS_CREDENTIAL_PSK, buf, &len));
	pid = fork();
	if (!pid) {
		if (zs_drop_root())
			_exit(1);
		if (tls_credential_add(TAG, TLS_CREDENTIAL_PSK_ID, "me", 2) != -EACCES)
			_exit(2);
		if (tls_credential_delete(TAG, TLS_CREDENTIAL_PSK) != -EACCES &&
		    tls_credential_delete(TAG, TLS_CREDENTIAL_PSK) != -ENOENT)
			_exit(3);
		_exit(0);
	}
	EXPECT_EQ(0, zs_wait(pid));
}

/* The user's quota of keys is full. */
TEST_F(cred, enomem)
{
	int pid = fork(), tag, err = 0;

	if (!pid) {
		if (zs_drop_root())
			_exit(1);
		for (tag = 1000; tag < 1500 && !err; tag++)
			err = tls_credential_add(tag, TLS_CREDENTIAL_PSK, "0123456789abcdef", 16);
		for (; tag >= 1000; tag--)
			tls_credential_delete(tag, TLS_CREDENTIAL_PSK);
		_exit(err == -ENOMEM ? 0 : 2);
	}
	EXPECT_EQ(0, zs_wait(pid));
}

static void *adder(void *arg)
{
	int tag = TAG + 10 + (int)(intptr_t)arg, bad = 0;
	char buf[8];
	size_t len;

	for (int i = 0; i < 50; i++) {
		bad += tls_credential_add(tag, TLS_CREDENTIAL_PSK_ID, "me", 2) != 0;
		len = sizeof(buf);
		bad += tls_credential_get(tag, TLS_CREDENTIAL_PSK_ID, buf, &len) != 0;
		bad += tls_credential_delete(tag, TLS_CREDENTIAL_PSK_ID) != 0;
	}
	return (void *)(intptr_t)bad;
}

TEST_F(cred, threads)
{
	pthread_t threads[4];
	void *bad;

	for (int i = 0; i < 4; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, adder, (void *)(intptr_t)i));
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], &bad);
		EXPECT_EQ(NULL, bad);
	}
}

/* ---- sockets ---- */

FIXTURE(tls) {
	struct sockaddr_in addr;
	int listener;
};

FIXTURE_SETUP(tls)
{
	sec_tag_t tags[] = { TAG_SERVER };
	socklen_t len = sizeof(self->addr);

	ASSERT_EQ(0, add_file(TAG_SERVER, TLS_CREDENTIAL_SERVER_CERTIFICATE, "p256.crt"));
	ASSERT_EQ(0, add_file(TAG_SERVER, TLS_CREDENTIAL_PRIVATE_KEY, "p256.key"));
	ASSERT_EQ(0, add_file(TAG_ROOT, TLS_CREDENTIAL_CA_CERTIFICATE, "ca.crt"));
	self->addr.sin_family = AF_INET;
	self->addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	self->listener = zsock_socket(AF_INET, SOCK_STREAM, IPPROTO_TLS_1_2);
	ASSERT_LE(0, self->listener);
	ASSERT_EQ(0, zsock_setsockopt(self->listener, SOL_TLS, TLS_SEC_TAG_LIST, tags,
				      sizeof(tags)));
	ASSERT_EQ(0, zsock_bind(self->listener, (struct sockaddr *)&self->addr, len));
	ASSERT_EQ(0, zsock_listen(self->listener, 5));
	ASSERT_EQ(0, zsock_getsockname(self->listener, (struct sockaddr *)&self->addr, &len));
}

FIXTURE_TEARDOWN(tls)
{
	zsock_close(self->listener);
	tls_cred_del(TAG_SERVER);
	tls_cred_del(TAG_ROOT);
}

static int client(void)
{
	sec_tag_t tags[] = { TAG_ROOT };
	char host[] = "server.test";
	int fd = zsock_socket(AF_INET, SOCK_STREAM, IPPROTO_TLS_1_2);

	/* As Zephyr's sources do, with the NUL. */
	if (zsock_setsockopt(fd, ZSOCK_SOL_TLS, ZSOCK_TLS_SEC_TAG_LIST, tags, sizeof(tags)) ||
	    zsock_setsockopt(fd, ZSOCK_SOL_TLS, ZSOCK_TLS_HOSTNAME, host, sizeof(host)))
		return -1;
	return fd;
}

static int get(int fd, int level, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);

	return zsock_getsockopt(fd, level, name, &value, &len) ? -1 : value;
}

TEST_F(tls, echo)
{
	int fd = client(), s, suite;
	char buf[16];

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, zsock_connect(fd, (struct sockaddr *)&self->addr, sizeof(self->addr))) {
		TH_LOG("%m");
	}
	s = zsock_accept(self->listener, NULL, NULL);
	ASSERT_LE(0, s);
	EXPECT_EQ(5, zsock_send(fd, "hello", 5, 0));
	EXPECT_EQ(5, zsock_recv(s, buf, 5, ZSOCK_MSG_WAITALL));
	EXPECT_EQ(5, zsock_send(s, buf, 5, 0));
	EXPECT_EQ(5, zsock_recv(fd, buf, 5, ZSOCK_MSG_WAITALL));
	EXPECT_EQ(0, memcmp(buf, "hello", 5));
	suite = get(fd, SOL_TLS, TLS_CIPHERSUITE_USED);
	EXPECT_LT(0, suite);
	EXPECT_EQ(suite, get(s, SOL_TLS, TLS_CIPHERSUITE_USED));
	/* Not what carries it. */
	EXPECT_EQ(IPPROTO_TLS_1_2, get(fd, SOL_SOCKET, SO_PROTOCOL));
	EXPECT_EQ(AF_INET, get(fd, SOL_SOCKET, SO_DOMAIN));
	EXPECT_EQ(IPPROTO_TLS_1_2, get(s, SOL_SOCKET, SO_PROTOCOL));
	EXPECT_EQ(0, zsock_close(fd));
	EXPECT_EQ(0, zsock_recv(s, buf, 1, 0));
	EXPECT_EQ(0, zsock_close(s));
}

TEST_F(tls, refused_certificate)
{
	int fd = client();

	/* Another name than the certificate has. */
	ASSERT_EQ(0, zsock_setsockopt(fd, SOL_TLS, TLS_HOSTNAME, "other.test", 10));
	EXPECT_EQ(-1, zsock_connect(fd, (struct sockaddr *)&self->addr, sizeof(self->addr)));
	EXPECT_EQ(ECONNABORTED, errno);
	zsock_close(fd);
	/* NULL: no comparison. */
	fd = client();
	ASSERT_EQ(0, zsock_setsockopt(fd, SOL_TLS, TLS_HOSTNAME, NULL, 0));
	EXPECT_EQ(0, zsock_connect(fd, (struct sockaddr *)&self->addr, sizeof(self->addr)));
	zsock_close(fd);
}

/* Zephyr's form, an array of pointers, and that of its documentation. */
TEST_F(tls, alpn)
{
	static const char *const list[] = { "http/1.1", "h2" }, *const empty[] = { "a", "" };
	static const char strings[] = "h2\0http/1.1";
	char got[64], many[ZSOCK_TLS_ALPN_MAX + 2];
	const char *const too_long[] = { many, "x" };
	const char *const null[] = { "x", NULL };
	socklen_t len = sizeof(got);
	int fd = client();

	ASSERT_EQ(0, zsock_setsockopt(fd, SOL_TLS, TLS_ALPN_LIST, list, sizeof(list)));
	EXPECT_EQ(0, zsock_getsockopt(fd, SOL_TLS, TLS_ALPN_LIST, got, &len));
	EXPECT_EQ(12, len);
	EXPECT_EQ(0, memcmp(got, "http/1.1\0h2", 12));
	EXPECT_EQ(0, zsock_setsockopt(fd, SOL_TLS, TLS_ALPN_LIST, strings, sizeof(strings)));
	len = sizeof(got);
	EXPECT_EQ(0, zsock_getsockopt(fd, SOL_TLS, TLS_ALPN_LIST, got, &len));
	EXPECT_EQ(12, len);
	EXPECT_EQ(0, memcmp(got, strings, 12));
	memset(many, 'x', sizeof(many));
	many[sizeof(many) - 1] = '\0';
	EXPECT_EQ(-1, zsock_setsockopt(fd, SOL_TLS, TLS_ALPN_LIST, too_long, sizeof(too_long)));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, zsock_setsockopt(fd, SOL_TLS, TLS_ALPN_LIST, empty, sizeof(empty)));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, zsock_setsockopt(fd, SOL_TLS, TLS_ALPN_LIST, null, sizeof(null)));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, zsock_setsockopt(fd, SOL_TLS, TLS_ALPN_LIST, list, 5));
	EXPECT_EQ(EINVAL, errno);
	len = sizeof(got);
	EXPECT_EQ(0, zsock_getsockopt(fd, SOL_TLS, TLS_ALPN_LIST, got, &len));
	EXPECT_EQ(0, memcmp(got, strings, 12));
	/* No list any more. */
	EXPECT_EQ(0, zsock_setsockopt(fd, SOL_TLS, TLS_ALPN_LIST, NULL, 0));
	zsock_close(fd);
}

TEST_F(tls, options)
{
	int fd = client(), value = TLS_PEER_VERIFY_NONE;
	sec_tag_t tags[4];
	socklen_t len = sizeof(tags);

	EXPECT_EQ(0, zsock_setsockopt(fd, SOL_TLS, TLS_PEER_VERIFY, &value, sizeof(value)));
	EXPECT_EQ(0, zsock_getsockopt(fd, SOL_TLS, TLS_SEC_TAG_LIST, tags, &len));
	EXPECT_EQ(sizeof(int), len);
	EXPECT_EQ(TAG_ROOT, tags[0]);
	value = TLS_SESSION_CACHE_ENABLED;
	EXPECT_EQ(0, zsock_setsockopt(fd, SOL_TLS, TLS_SESSION_CACHE, &value, sizeof(value)));
	EXPECT_EQ(1, get(fd, SOL_TLS, TLS_SESSION_CACHE));
	value = TLS_CERT_NOCOPY_OPTIONAL;
	EXPECT_EQ(0, zsock_setsockopt(fd, SOL_TLS, TLS_CERT_NOCOPY, &value, sizeof(value)));
	value = TLS_MFL_512;
	EXPECT_EQ(-1, zsock_setsockopt(fd, SOL_TLS, TLS_MAX_FRAGMENT_LENGTH, &value, 4));
	EXPECT_EQ(ENOPROTOOPT, errno);
	tags[0] = 9999;
	EXPECT_EQ(-1, zsock_setsockopt(fd, SOL_TLS, TLS_SEC_TAG_LIST, tags, 3));
	EXPECT_EQ(EINVAL, errno);
	zsock_close(fd);
}

int main(int argc, char **argv)
{
	return tls_main(argc, argv, test_harness_run);
}
