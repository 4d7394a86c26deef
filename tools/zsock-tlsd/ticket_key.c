// SPDX-License-Identifier: GPL-2.0
/*
 * What a server's session tickets are protected with: one key for all workers
 * and configurations, made at start, new every hour, with the previous one
 * still accepted.
 *
 * That one key serves all does no harm: each session says which configuration
 * it belongs to, and OpenSSL resumes it under no other.
 */
#include <pthread.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include "session.h"
#include "ticket_key.h"

struct ticket_key {
	unsigned char name[16];
	unsigned char aes[32];
	unsigned char hmac[32];
	time_t made;		/* 0: there is none */
};

static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static struct ticket_key keys[2];	/* the current one, and the one before */
static EVP_CIPHER *aes_cbc;

static bool make(struct ticket_key *key, time_t now)
{
	bool ok = RAND_bytes(key->name, sizeof(key->name)) == 1 &&
		  RAND_priv_bytes(key->aes, sizeof(key->aes)) == 1 &&
		  RAND_priv_bytes(key->hmac, sizeof(key->hmac)) == 1;

	key->made = ok ? now : 0;
	return ok;
}

bool ticket_key_init(void)
{
	aes_cbc = EVP_CIPHER_fetch(NULL, "AES-256-CBC", NULL);
	return aes_cbc && make(&keys[0], time(NULL));
}

/* A clock that is set back makes a new key, too. */
static bool is_old(const struct ticket_key *key, time_t now)
{
	return now < key->made || now - key->made >= SESSION_LIFE;
}

/**
 * ticket_key_rotate() - make a new key if it is time
 * @now: the time
 *
 * A key is forgotten when no session can be left that was protected with it:
 * tickets are good for as long as a key is the current one.
 */
void ticket_key_rotate(time_t now)
{
	struct ticket_key new;

	pthread_rwlock_wrlock(&lock);
	if (is_old(&keys[0], now) && make(&new, now)) {
		keys[1] = keys[0];
		keys[0] = new;
		OPENSSL_cleanse(&new, sizeof(new));
	}
	pthread_rwlock_unlock(&lock);
}

static const struct ticket_key *find(const unsigned char *name)
{
	size_t i;

	for (i = 0; i < 2; i++)
		if (keys[i].made &&
		    !memcmp(keys[i].name, name, sizeof(keys[i].name)))
			return &keys[i];
	return NULL;
}

static bool set_hmac(EVP_MAC_CTX *mac, const struct ticket_key *key)
{
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY,
						  (void *)key->hmac,
						  sizeof(key->hmac)),
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
						 "SHA256", 0),
		OSSL_PARAM_construct_end(),
	};

	return EVP_MAC_CTX_set_params(mac, params) == 1;
}

static int encrypt(unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *ctx,
		   EVP_MAC_CTX *mac)
{
	if (!keys[0].made ||
	    RAND_bytes(iv, EVP_CIPHER_get_iv_length(aes_cbc)) != 1)
		return -1;
	memcpy(name, keys[0].name, sizeof(keys[0].name));
	return EVP_EncryptInit_ex(ctx, aes_cbc, NULL, keys[0].aes, iv) == 1 &&
	       set_hmac(mac, &keys[0]) ? 1 : -1;
}

/* 2: it is good, and the client is to have a new one, as always in TLS 1.3. */
static int decrypt(const unsigned char *name, const unsigned char *iv,
		   EVP_CIPHER_CTX *ctx, EVP_MAC_CTX *mac, bool tls13)
{
	const struct ticket_key *key = find(name);

	if (!key)
		return 0;
	if (EVP_DecryptInit_ex(ctx, aes_cbc, NULL, key->aes, iv) != 1 ||
	    !set_hmac(mac, key))
		return -1;
	return key == &keys[0] && !tls13 ? 1 : 2;
}

static int protect(SSL *ssl, unsigned char *name, unsigned char *iv,
		   EVP_CIPHER_CTX *ctx, EVP_MAC_CTX *mac, int enc)
{
	bool tls13 = SSL_version(ssl) == TLS1_3_VERSION;
	int ret;

	pthread_rwlock_rdlock(&lock);
	ret = enc ? encrypt(name, iv, ctx, mac) :
		    decrypt(name, iv, ctx, mac, tls13);
	pthread_rwlock_unlock(&lock);
	return ret;
}

void ticket_key_use(SSL_CTX *ctx)
{
	SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, protect);
}

void ticket_key_wipe(void)
{
	OPENSSL_cleanse(keys, sizeof(keys));
	EVP_CIPHER_free(aes_cbc);
	aes_cbc = NULL;
}
