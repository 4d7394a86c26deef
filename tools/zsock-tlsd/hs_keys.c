// SPDX-License-Identifier: GPL-2.0
/*
 * The keys of a handshake: what OpenSSL derives comes by here (kdf.c), and what
 * kTLS needs of it is kept.
 */
#include <string.h>

#include <openssl/crypto.h>

#include "handshake.h"
#include "kdf.h"

#define SALT	4	/* implicit part of a nonce, TLS 1.2 */

/* Whose secrets come by in this thread. */
static _Thread_local struct handshake *driven;

/* SSL_do_handshake() */
int hs_drive(struct handshake *hs)
{
	int ret;

	driven = hs;
	ret = SSL_do_handshake(hs->ssl);
	driven = NULL;
	return ret;
}

static bool is(struct prf_part part, const char *label)
{
	return part.len == strlen(label) && !memcmp(part.p, label, part.len);
}

static void keep_secret(struct traffic *t, const struct kdf_derived *d)
{
	if (d->len > sizeof(t->secret))
		return;
	memcpy(t->secret, d->out, d->len);
	t->secret_len = d->len;
}

/* A key or an IV; @room for it. Not those of the handshake's own records. */
static bool keep(uint8_t *to, size_t room, struct traffic *t,
		 const struct kdf_derived *d)
{
	if (t->secret_len != d->from.len || !t->secret_len ||
	    CRYPTO_memcmp(t->secret, d->from.p, d->from.len) || d->len > room)
		return false;
	memcpy(to, d->out, d->len);
	return true;
}

static void keep_key(struct traffic *t, const struct kdf_derived *d)
{
	if (keep(t->side.key, sizeof(t->side.key), t, d))
		t->key_len = d->len;
}

static void keep_iv(struct traffic *t, const struct kdf_derived *d)
{
	if (keep(t->side.iv, sizeof(t->side.iv), t, d))
		t->iv_len = d->len;
}

static void keep_block(struct handshake *hs, const struct kdf_derived *d)
{
	hs->block_len = d->len < sizeof(hs->block) ? d->len : sizeof(hs->block);
	memcpy(hs->block, d->out, hs->block_len);
}

/* RFC 8446, 7.1 and 7.3, and RFC 5246, 6.3 */
static void derived(const struct kdf_derived *d)
{
	struct handshake *hs = driven;

	if (!hs)
		return;
	if (is(d->label, "key")) {
		keep_key(&hs->client, d);
		keep_key(&hs->server, d);
	} else if (is(d->label, "iv")) {
		keep_iv(&hs->client, d);
		keep_iv(&hs->server, d);
	} else if (is(d->label, "c ap traffic")) {
		keep_secret(&hs->client, d);
	} else if (is(d->label, "s ap traffic")) {
		keep_secret(&hs->server, d);
		/* On a server: from now on records are sent with it. */
		hs->sent = 0;
	} else if (is(d->label, "key expansion")) {
		keep_block(hs, d);
	}
}

bool hs_keys_init(void)
{
	return kdf_init(derived);
}

void hs_keys_forget(struct handshake *hs)
{
	OPENSSL_cleanse(&hs->client, sizeof(hs->client));
	OPENSSL_cleanse(&hs->server, sizeof(hs->server));
	OPENSSL_cleanse(hs->block, sizeof(hs->block));
}

/* ---- when it is over ---- */

static bool complete(const struct traffic *t, enum aead aead)
{
	return t->key_len == keys_key_len(aead) && t->iv_len == KEYS_IV;
}

/*
 * TLS 1.3 begins to count again with the application's keys. A client has sent
 * nothing with them, and neither side has received anything; a server may have
 * sent tickets.
 */
static bool make_tls13(struct handshake *hs)
{
	bool server = hs->config->server;
	const struct traffic *tx = server ? &hs->server : &hs->client;
	const struct traffic *rx = server ? &hs->client : &hs->server;

	if (!complete(tx, hs->keys.aead) || !complete(rx, hs->keys.aead))
		return false;
	hs->keys.tx = tx->side;
	hs->keys.rx = rx->side;
	hs->keys.rx.seq = 0;
	hs->keys.tx.seq = server ? hs->sent : 0;
	return true;
}

/* An AEAD has no MAC keys, and of the IV only what is not sent. */
static bool split_block(struct handshake *hs)
{
	bool server = hs->config->server;
	struct keys_side *client = server ? &hs->keys.rx : &hs->keys.tx;
	struct keys_side *serv = server ? &hs->keys.tx : &hs->keys.rx;
	size_t iv = hs->keys.aead == AEAD_CHACHA20_POLY1305 ? KEYS_IV : SALT;
	size_t key = keys_key_len(hs->keys.aead);
	const uint8_t *p = hs->block;

	if (hs->block_len < 2 * (key + iv))
		return false;
	memcpy(client->key, p, key);
	memcpy(serv->key, p += key, key);
	memcpy(client->iv, p += key, iv);
	memcpy(serv->iv, p + iv, iv);
	return true;
}

/*
 * TLS 1.2: with the new keys each side has sent its Finished, and nothing else.
 * The explicit nonce of what is received is in the records.
 */
static bool make_tls12(struct handshake *hs)
{
	hs->keys.rx.seq = 1;
	hs->keys.tx.seq = 1;
	if (!split_block(hs))
		return false;
	if (hs->keys.aead != AEAD_CHACHA20_POLY1305)
		wire_next_nonce(&hs->wire, hs->keys.tx.iv +
				sizeof(hs->keys.tx.iv) - WIRE_NONCE);
	return true;
}

/* What kTLS is to be told, by @hs->out. Returns whether it is all there. */
bool hs_keys_make(struct handshake *hs)
{
	hs->keys.version = hs->out.version;
	if (!ciphers_aead(hs->out.cipher, &hs->keys.aead))
		return false;
	return hs->out.version == TLS1_3_VERSION ? make_tls13(hs) :
						   make_tls12(hs);
}
