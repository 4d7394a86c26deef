// SPDX-License-Identifier: GPL-2.0
/*
 * Records as kTLS makes and reads them, with the keys that it was given; or
 * kTLS itself, where there is one.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <sys/socket.h>

#include <linux/tls.h>

#include "t.h"

#ifndef SOL_TLS
#define SOL_TLS		282
#endif

#define HEADER	5
#define TAG	16

static bool explicit_nonce(const struct keys *k)
{
	return k->version == TLS1_2_VERSION &&
	       k->aead != AEAD_CHACHA20_POLY1305;
}

static void make_nonce(const struct keys *k, const struct keys_side *side,
		       uint8_t *nonce)
{
	int i;

	memcpy(nonce, side->iv, KEYS_IV);
	for (i = 0; i < 8 && !explicit_nonce(k); i++)
		nonce[KEYS_IV - 1 - i] ^= side->seq >> (8 * i);
}

/* RFC 5246, 6.2.3.3; RFC 8446, 5.2. */
static int make_aad(const struct keys *k, const struct keys_side *side,
		    const uint8_t *header, size_t len, uint8_t *aad)
{
	int i;

	if (k->version == TLS1_3_VERSION) {
		memcpy(aad, header, HEADER);
		return HEADER;
	}
	for (i = 0; i < 8; i++)
		aad[i] = side->seq >> (56 - 8 * i);
	memcpy(aad + 8, header, 3);
	aad[11] = len >> 8;
	aad[12] = len;
	return 13;
}

static EVP_CIPHER_CTX *cipher(const struct keys *k,
			      const struct keys_side *side,
			      const uint8_t *nonce, int len, uint8_t *tag,
			      bool encrypt)
{
	bool ccm = k->aead == AEAD_AES_128_CCM;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n;

	EVP_CipherInit_ex(ctx, keys_cipher(k->aead), NULL, NULL, NULL, encrypt);
	EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, KEYS_IV, NULL);
	if (ccm || !encrypt)
		EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG,
				    encrypt ? NULL : tag);
	EVP_CipherInit_ex(ctx, NULL, NULL, side->key, nonce, encrypt);
	if (ccm)
		EVP_CipherUpdate(ctx, NULL, &n, NULL, len);
	return ctx;
}

static bool protect(const struct keys *k, const struct keys_side *side,
		  const uint8_t *header, uint8_t *body, int len, size_t plain,
		  bool encrypt)
{
	uint8_t nonce[KEYS_IV], aad[16], *tag = body + len;
	EVP_CIPHER_CTX *ctx;
	int n = 0, aad_len;
	bool ok;

	make_nonce(k, side, nonce);
	aad_len = make_aad(k, side, header, plain, aad);
	ctx = cipher(k, side, nonce, len, tag, encrypt);
	ok = EVP_CipherUpdate(ctx, NULL, &n, aad, aad_len) == 1 &&
	     EVP_CipherUpdate(ctx, body, &n, body, len) == 1;
	/* CCM has judged by now. */
	if (ok && k->aead != AEAD_AES_128_CCM)
		ok = EVP_CipherFinal_ex(ctx, body + n, &n) == 1;
	if (ok && encrypt)
		ok = EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG,
					 tag) == 1;
	EVP_CIPHER_CTX_free(ctx);
	return ok;
}

static void advance(const struct keys *k, struct keys_side *side)
{
	int i;

	side->seq++;
	for (i = KEYS_IV - 1; explicit_nonce(k) && i >= 4; i--)
		if (++side->iv[i])
			break;
}

/* ---- by hand ---- */

static bool send_by_hand(struct side *s, uint8_t type, const void *data,
			 size_t len)
{
	uint8_t record[1024], *body = record + HEADER;
	struct keys *k = &s->keys;
	size_t n = len, size;

	record[0] = type;
	record[1] = 3;
	record[2] = 3;
	if (explicit_nonce(k)) {
		memcpy(body, k->tx.iv + 4, 8);
		body += 8;
	}
	memcpy(body, data, len);
	if (k->version == TLS1_3_VERSION) {
		record[0] = SSL3_RT_APPLICATION_DATA;
		body[n++] = type;
	}
	size = body + n + TAG - record;
	record[3] = (size - HEADER) >> 8;
	record[4] = size - HEADER;
	if (!protect(k, &k->tx, record, body, n, len, true))
		return false;
	advance(k, &k->tx);
	return send(s->fd, record, size, MSG_NOSIGNAL) == (ssize_t)size;
}

static bool read_exactly(int fd, uint8_t *p, size_t len)
{
	ssize_t n;
	int i;

	for (i = 0; len && i < 1000; i++) {
		n = recv(fd, p, len, 0);
		if (n > 0) {
			p += n;
			len -= n;
		} else {
			usleep(1000);
		}
	}
	return !len;
}

static ssize_t receive_by_hand(struct side *s, uint8_t *type, uint8_t *data,
			       size_t room)
{
	uint8_t header[HEADER], buf[4096], *body = buf;
	struct keys *k = &s->keys;
	size_t len;

	if (!read_exactly(s->fd, header, sizeof(header)))
		return -1;
	len = header[3] << 8 | header[4];
	if (len > sizeof(buf) || !read_exactly(s->fd, buf, len))
		return -1;
	if (explicit_nonce(k)) {
		memcpy(k->rx.iv + 4, body, 8);
		body += 8;
		len -= 8;
	}
	len -= TAG;
	if (!protect(k, &k->rx, header, body, len, len, false))
		return -2;
	k->rx.seq++;
	*type = header[0];
	if (k->version == TLS1_3_VERSION)
		*type = body[--len];
	if (len > room)
		return -3;
	memcpy(data, body, len);
	return len;
}

/* ---- by the kernel ---- */

static bool send_by_kernel(struct side *s, uint8_t type, const void *data,
			   size_t len)
{
	char control[CMSG_SPACE(1)] = { 0 };
	struct iovec iov = { (void *)data, len };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_TLS;
	cmsg->cmsg_type = TLS_SET_RECORD_TYPE;
	cmsg->cmsg_len = CMSG_LEN(1);
	*CMSG_DATA(cmsg) = type;
	return sendmsg(s->fd, &msg, MSG_NOSIGNAL) == (ssize_t)len;
}

static ssize_t receive_by_kernel(struct side *s, uint8_t *type, uint8_t *data,
				 size_t room)
{
	char control[CMSG_SPACE(1)];
	struct iovec iov = { data, room };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg;
	ssize_t n = -1;
	int i;

	for (i = 0; n < 0 && i < 1000; i++) {
		msg.msg_controllen = sizeof(control);
		n = recvmsg(s->fd, &msg, 0);
		if (n < 0 && errno != EAGAIN)
			return -errno;
		if (n < 0)
			usleep(1000);
	}
	cmsg = n < 0 ? NULL : CMSG_FIRSTHDR(&msg);
	*type = cmsg ? *CMSG_DATA(cmsg) : SSL3_RT_APPLICATION_DATA;
	return n;
}

/* ---- either ---- */

bool record_send(struct side *s, uint8_t type, const void *data, size_t len)
{
	if (!s->attached)
		return false;
	return t_ktls ? send_by_kernel(s, type, data, len) :
			send_by_hand(s, type, data, len);
}

ssize_t record_receive(struct side *s, uint8_t *type, uint8_t *data,
		       size_t room)
{
	if (!s->attached)
		return -1;
	return t_ktls ? receive_by_kernel(s, type, data, room) :
			receive_by_hand(s, type, data, room);
}
