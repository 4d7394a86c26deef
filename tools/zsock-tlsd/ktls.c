// SPDX-License-Identifier: GPL-2.0
/*
 * Handing a connection's keys to the kernel.
 */
#include <errno.h>
#include <endian.h>
#include <string.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <linux/tls.h>
#include <openssl/crypto.h>

#include "ktls.h"

#ifndef SOL_TLS
#define SOL_TLS		282
#endif

union crypto_info {
	struct tls_crypto_info info;
	struct tls12_crypto_info_aes_gcm_128 gcm128;
	struct tls12_crypto_info_aes_gcm_256 gcm256;
	struct tls12_crypto_info_aes_ccm_128 ccm128;
	struct tls12_crypto_info_chacha20_poly1305 chacha;
};

/**
 * ktls_prepare() - make a connection one that kTLS can be attached to
 * @fd: the connection
 *
 * Before the handshake and not after it: the kernel refuses a connection that
 * the peer has closed its side of, and a quick client may have sent all it had
 * to say by then. Until there are keys nothing is different.
 *
 * Return: 0 or -errno.
 */
int ktls_prepare(int fd)
{
	if (setsockopt(fd, IPPROTO_TCP, TCP_ULP, "tls", sizeof("tls")) &&
	    errno != EEXIST)
		return -errno;
	return 0;
}

/* What structures of different names and sizes have in common. */
#define FILL(to, type, side, seq) do { \
		(to).info.cipher_type = (type); \
		memcpy((to).key, (side)->key, sizeof((to).key)); \
		memcpy((to).salt, (side)->iv, sizeof((to).salt)); \
		memcpy((to).iv, (side)->iv + sizeof((to).salt), sizeof((to).iv)); \
		memcpy((to).rec_seq, &(seq), sizeof((to).rec_seq)); \
		size = sizeof(to); \
	} while (0)

static socklen_t fill(union crypto_info *c, const struct keys *keys,
		      const struct keys_side *side)
{
	uint64_t seq = htobe64(side->seq);
	socklen_t size = 0;

	switch (keys->aead) {
	case AEAD_AES_128_GCM:
		FILL(c->gcm128, TLS_CIPHER_AES_GCM_128, side, seq);
		break;
	case AEAD_AES_256_GCM:
		FILL(c->gcm256, TLS_CIPHER_AES_GCM_256, side, seq);
		break;
	case AEAD_AES_128_CCM:
		FILL(c->ccm128, TLS_CIPHER_AES_CCM_128, side, seq);
		break;
	case AEAD_CHACHA20_POLY1305:
		FILL(c->chacha, TLS_CIPHER_CHACHA20_POLY1305, side, seq);
		break;
	}
	c->info.version = keys->version;
	return size;
}

static int attach(int fd, int direction, const struct keys *keys,
		  const struct keys_side *side)
{
	union crypto_info c = { 0 };
	socklen_t size = fill(&c, keys, side);
	int ret = 0;

	if (setsockopt(fd, SOL_TLS, direction, &c, size))
		ret = -errno;
	OPENSSL_cleanse(&c, sizeof(c));
	return ret;
}

/**
 * ktls_attach() - from now on the kernel does the records
 * @fd: the connection, prepared
 * @keys: of it
 *
 * Return: 0 or -errno.
 */
int ktls_attach(int fd, const struct keys *keys)
{
	int ret = attach(fd, TLS_TX, keys, &keys->tx);
	int one = 1;

	if (!ret)
		ret = attach(fd, TLS_RX, keys, &keys->rx);
	/* Few pad their records; where one does, the kernel decrypts it again. */
	if (!ret && keys->version == TLS1_3_VERSION)
		setsockopt(fd, SOL_TLS, TLS_RX_EXPECT_NO_PAD, &one, sizeof(one));
	return ret;
}
