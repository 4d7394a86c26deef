// SPDX-License-Identifier: GPL-2.0
/*
 * Connected pairs, and the proof that the records of each are done by whom
 * they are said to be done by.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include <linux/tls.h>
#include <linux/zsock.h>

#include "tls.h"

/* ---- what it is ---- */

static void verify_ulp(int fd, bool ktls)
{
	char name[16] = "";
	socklen_t len = sizeof(name);

	if (getsockopt(fd, IPPROTO_TCP, TCP_ULP, name, &len))
		die_errno("TCP_ULP");
	if (!strcmp(name, "tls") != ktls)
		die("the upper-layer protocol is '%s'", name);
}

/* OpenSSL 3.0 receives by kTLS in TLS 1.2 only. */
static void verify_lib(const SSL *ssl, int version, bool ktls)
{
	bool tx = BIO_get_ktls_send(SSL_get_wbio(ssl));
	bool rx = BIO_get_ktls_recv(SSL_get_rbio(ssl));

	lib_verify(ssl, version);
	if (tx != ktls || (rx != ktls && version == TLS1_2_VERSION))
		die("OpenSSL: kTLS %s, %s", tx ? "sends" : "does not send",
		    rx ? "receives" : "does not receive");
}

static void verify_end(const struct tls_maker *m, const struct tls_end *end)
{
	switch (m->fam.id) {
	case FAM_ZSOCK:
		zsock_verify(end->fd, m->version);
		break;
	case FAM_LIB:
	case FAM_LIBK:
		fam_verify(&m->fam, end->fd, true);
		verify_ulp(end->fd, m->fam.id == FAM_LIBK);
		verify_lib(end->ssl, m->version, m->fam.id == FAM_LIBK);
		break;
	default:
		fam_verify(&m->fam, end->fd, true);
		verify_ulp(end->fd, true);
		break;
	}
}

/* ---- bare kTLS ---- */

/* Keys that everybody knows cost as much as others. Else as zsock-tlsd does. */
static void attach_ktls(int fd, int version)
{
	struct tls12_crypto_info_aes_gcm_128 info = {
		.info.version = version,
		.info.cipher_type = TLS_CIPHER_AES_GCM_128,
	};
	int one = 1;

	memset(info.key, 0x11, sizeof(info.key));
	memset(info.salt, 0x22, sizeof(info.salt));
	memset(info.iv, 0x33, sizeof(info.iv));
	if (setsockopt(fd, IPPROTO_TCP, TCP_ULP, "tls", sizeof("tls")) ||
	    setsockopt(fd, SOL_TLS, TLS_TX, &info, sizeof(info)) ||
	    setsockopt(fd, SOL_TLS, TLS_RX, &info, sizeof(info)))
		die_errno("kTLS");
	if (version == TLS1_3_VERSION &&
	    setsockopt(fd, SOL_TLS, TLS_RX_EXPECT_NO_PAD, &one, sizeof(one)))
		die_errno("TLS_RX_EXPECT_NO_PAD");
}

/* ---- making them ---- */

static bool by_lib(const struct tls_maker *m)
{
	return m->fam.id == FAM_LIB || m->fam.id == FAM_LIBK;
}

void tls_maker_open(struct tls_maker *m, const struct fam *fam)
{
	struct lib_conf conf = {
		.version = m->version,
		.key = KEY_ECDSA,
		.ktls = fam->id == FAM_LIBK,
		.release = m->release,
	};

	tls_prepare();
	m->fam = tls_fam(fam, m->version);
	m->listener = fam_listen(&m->fam, 1, &m->addr);
	if (m->buffers)
		set_buffers(m->listener, m->buffers);
	if (fam->id == FAM_ZSOCK)
		zsock_options(m->listener, m->version, KEY_ECDSA, true, false);
	if (!by_lib(m))
		return;
	m->client = lib_ctx(&conf);
	conf.server = true;
	m->server = lib_ctx(&conf);
}

static int connect_client(const struct tls_maker *m)
{
	int fd = fam_socket(&m->fam, SOCK_STREAM);

	if (m->fam.id == FAM_ZSOCK)
		zsock_options(fd, m->version, KEY_ECDSA, false, false);
	if (connect(fd, (const void *)&m->addr.ss, m->addr.len))
		die_errno("%s: connect", m->fam.name);
	return fd;
}

static void settings(const struct tls_maker *m, int fd)
{
	struct timeval limit = { .tv_sec = 10 };

	if (m->buffers)
		set_buffers(fd, m->buffers);
	set_nodelay(&m->fam, fd);
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)))
		die_errno("SO_SNDTIMEO, SO_RCVTIMEO");
}

static void secure(const struct tls_maker *m, struct tls_pair *pair)
{
	if (by_lib(m)) {
		pair->client.ssl = lib_new(m->client, pair->client.fd);
		pair->server.ssl = lib_new(m->server, pair->server.fd);
		lib_handshake(pair->client.ssl, pair->server.ssl);
	} else if (m->fam.id != FAM_ZSOCK) {
		attach_ktls(pair->client.fd, m->version);
		attach_ktls(pair->server.fd, m->version);
	}
}

void tls_pair_make(const struct tls_maker *m, struct tls_pair *pair)
{
	memset(pair, 0, sizeof(*pair));
	pair->client.fd = connect_client(m);
	pair->server.fd = accept(m->listener, NULL, NULL);
	if (pair->server.fd < 0)
		die_errno("%s: accept", m->fam.name);
	settings(m, pair->client.fd);
	settings(m, pair->server.fd);
	secure(m, pair);
	verify_end(m, &pair->client);
	verify_end(m, &pair->server);
}

void tls_pair_close(struct tls_pair *pair)
{
	SSL_free(pair->client.ssl);
	SSL_free(pair->server.ssl);
	close_reset(pair->client.fd);
	close(pair->server.fd);
}

void tls_maker_close(struct tls_maker *m)
{
	close(m->listener);
	SSL_CTX_free(m->client);
	SSL_CTX_free(m->server);
}

/* ---- using them ---- */

void tls_send(const struct tls_end *end, const void *data, size_t size)
{
	ssize_t sent;

	if (end->ssl)
		sent = SSL_write(end->ssl, data, size);
	else
		sent = send(end->fd, data, size, 0);
	if (sent != (ssize_t)size)
		die_errno("send: %zd of %zu", sent, size);
}

void tls_recv(const struct tls_end *end, void *data, size_t size)
{
	ssize_t got;

	for (; size; size -= got, data = (char *)data + got) {
		if (end->ssl)
			got = SSL_read(end->ssl, data, size);
		else
			got = recv(end->fd, data, size, 0);
		if (got <= 0)
			die_errno("recv: %zd, %zu left", got, size);
	}
}
