// SPDX-License-Identifier: GPL-2.0
/*
 * From what a handshake agreed on to the keys of its records: OpenSSL does not
 * hand those out.
 */
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "keys.h"

#define SALT	4	/* implicit part of a nonce, TLS 1.2 */

static EVP_KDF *hkdf, *tls1_prf;

/**
 * keys_init() - look up what the rest needs, once
 *
 * Return: false if OpenSSL does not have it.
 */
bool keys_init(void)
{
	hkdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	tls1_prf = EVP_KDF_fetch(NULL, "TLS1-PRF", NULL);
	return hkdf && tls1_prf;
}

size_t keys_key_len(enum aead aead)
{
	switch (aead) {
	case AEAD_AES_256_GCM:
	case AEAD_CHACHA20_POLY1305:
		return 32;
	default:
		return 16;
	}
}

const EVP_CIPHER *keys_cipher(enum aead aead)
{
	switch (aead) {
	case AEAD_AES_128_GCM:
		return EVP_aes_128_gcm();
	case AEAD_AES_256_GCM:
		return EVP_aes_256_gcm();
	case AEAD_CHACHA20_POLY1305:
		return EVP_chacha20_poly1305();
	default:
		return EVP_aes_128_ccm();
	}
}

static bool derive(EVP_KDF *kdf, const OSSL_PARAM *params, uint8_t *out,
		   size_t len)
{
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
	bool ok = ctx && EVP_KDF_derive(ctx, out, len, params) == 1;

	EVP_KDF_CTX_free(ctx);
	return ok;
}

/* ---- TLS 1.3: RFC 8446, 7.1 and 7.3 ---- */

/* struct HkdfLabel with an empty context; @info has room for any label here. */
static size_t hkdf_label(const char *label, size_t len, uint8_t *info)
{
	size_t n = strlen(label);

	info[0] = len >> 8;
	info[1] = len;
	info[2] = 6 + n;
	memcpy(info + 3, "tls13 ", 6);
	memcpy(info + 9, label, n);
	info[9 + n] = 0;
	return 10 + n;
}

static bool expand_label(const EVP_MD *md, const uint8_t *secret,
			 size_t secret_len, const char *label, uint8_t *out,
			 size_t len)
{
	int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
	uint8_t info[32];
	size_t info_len = hkdf_label(label, len, info);
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST,
						 (char *)EVP_MD_get0_name(md), 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY,
						  (void *)secret, secret_len),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info,
						  info_len),
		OSSL_PARAM_construct_end(),
	};

	return derive(hkdf, params, out, len);
}

/**
 * keys_tls13() - one direction's key and IV
 * @md: hash of the cipher suite
 * @secret: the traffic secret
 * @len: bytes of it
 * @aead: what the suite protects records with
 * @side: filled in, but for its sequence number
 *
 * Return: whether that worked.
 */
bool keys_tls13(const EVP_MD *md, const uint8_t *secret, size_t len,
		enum aead aead, struct keys_side *side)
{
	return expand_label(md, secret, len, "key", side->key,
			    keys_key_len(aead)) &&
	       expand_label(md, secret, len, "iv", side->iv, KEYS_IV);
}

/* ---- TLS 1.2: RFC 5246, 6.3 ---- */

/* An AEAD has no MAC keys, and of the IV only what is not sent. */
static bool key_block(SSL *ssl, uint8_t *out, size_t len)
{
	uint8_t master[SSL_MAX_MASTER_KEY_LENGTH];
	uint8_t seed[13 + 2 * SSL3_RANDOM_SIZE] = "key expansion";
	const EVP_MD *md = SSL_CIPHER_get_handshake_digest(
		SSL_get_current_cipher(ssl));
	size_t n = SSL_SESSION_get_master_key(SSL_get_session(ssl), master,
					      sizeof(master));
	OSSL_PARAM params[4];
	bool ok;

	SSL_get_server_random(ssl, seed + 13, SSL3_RANDOM_SIZE);
	SSL_get_client_random(ssl, seed + 13 + SSL3_RANDOM_SIZE,
			      SSL3_RANDOM_SIZE);
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST,
						     (char *)EVP_MD_get0_name(md), 0);
	params[1] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SECRET,
						      master, n);
	params[2] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, seed,
						      sizeof(seed));
	params[3] = OSSL_PARAM_construct_end();
	ok = n && derive(tls1_prf, params, out, len);
	OPENSSL_cleanse(master, sizeof(master));
	return ok;
}

/**
 * keys_tls12() - both directions' keys and fixed IVs
 * @ssl: its handshake is over
 * @server: this is the server's side of it
 * @keys: its @aead is known; @tx and @rx are filled in, but for sequence
 *	numbers and explicit nonces
 *
 * Return: whether that worked.
 */
bool keys_tls12(SSL *ssl, bool server, struct keys *keys)
{
	struct keys_side *client = server ? &keys->rx : &keys->tx;
	struct keys_side *serv = server ? &keys->tx : &keys->rx;
	size_t iv = keys->aead == AEAD_CHACHA20_POLY1305 ? KEYS_IV : SALT;
	size_t key = keys_key_len(keys->aead);
	uint8_t block[2 * (KEYS_KEY_MAX + KEYS_IV)];
	const uint8_t *p = block;
	bool ok = key_block(ssl, block, 2 * (key + iv));

	memcpy(client->key, p, key);
	memcpy(serv->key, p += key, key);
	memcpy(client->iv, p += key, iv);
	memcpy(serv->iv, p + iv, iv);
	OPENSSL_cleanse(block, sizeof(block));
	return ok;
}
