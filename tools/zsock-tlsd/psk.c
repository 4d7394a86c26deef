// SPDX-License-Identifier: GPL-2.0
/*
 * Pre-shared keys. TLS 1.2 has cipher suites for them; in TLS 1.3 they take the
 * place of a session that is resumed.
 */
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/objects.h>

#include "handshake.h"
#include "psk.h"
#include "session.h"

static int mark_index = -1;	/* of sessions that are a PSK in fact */

bool psk_init(void)
{
	mark_index = SSL_SESSION_get_ex_new_index(0, NULL, NULL, NULL, NULL);
	return mark_index >= 0;
}

/* ---- out of the credentials ---- */

static bool take(struct psk *psk, const struct cred_data *id,
		 const struct cred_data *key)
{
	if (!id->len || id->len > ZSOCK_CRED_PSK_ID_MAX ||
	    !key->len || key->len > ZSOCK_CRED_PSK_MAX)
		return false;
	memcpy(psk->id, id->data, id->len);
	psk->id_len = id->len;
	memcpy(psk->key, key->data, key->len);
	psk->key_len = key->len;
	return true;
}

/**
 * psks_new() - the pre-shared keys among credentials
 * @set: credentials; one of the two without the other is left alone
 *
 * Return: them, or NULL where there are none.
 */
struct psks *psks_new(const struct cred_set *set)
{
	struct psks *psks = OPENSSL_zalloc(sizeof(*psks));
	const struct cred_data *key, *id;
	size_t i;

	for (i = 0; psks && i < set->n; i++) {
		key = &set->all[i];
		if (key->cred->type != ZSOCK_CRED_PSK ||
		    psks->n == ZSOCK_TLS_TAGS_MAX)
			continue;
		id = creds_find(set, key->cred->tag, ZSOCK_CRED_PSK_ID);
		if (id && take(&psks->all[psks->n], id, key))
			psks->n++;
	}
	if (psks && psks->n)
		return psks;
	psks_free(psks);
	return NULL;
}

void psks_free(struct psks *psks)
{
	OPENSSL_clear_free(psks, sizeof(*psks));
}

static const struct psk *find(const struct psks *psks, const uint8_t *id,
			      size_t len)
{
	size_t i;

	for (i = 0; i < psks->n; i++)
		if (psks->all[i].id_len == len &&
		    !memcmp(psks->all[i].id, id, len))
			return &psks->all[i];
	return NULL;
}

static const struct psks *psks_of(SSL *ssl)
{
	const struct handshake *hs = hs_of(ssl);

	return hs ? hs->config->psks : NULL;
}

/* ---- TLS 1.2 ---- */

/* OpenSSL asks these also for TLS 1.3 where the others had no answer. */
static bool is_tls13(SSL *ssl)
{
	OSSL_HANDSHAKE_STATE state = SSL_get_state(ssl);

	return state == TLS_ST_CW_CLNT_HELLO || state == TLS_ST_SR_CLNT_HELLO;
}

static unsigned int give(const struct psk *psk, unsigned char *to,
			 unsigned int room)
{
	if (!psk || psk->key_len > room)
		return 0;
	memcpy(to, psk->key, psk->key_len);
	return psk->key_len;
}

static unsigned int client_tls12(SSL *ssl, const char *hint, char *id,
				 unsigned int id_room, unsigned char *key,
				 unsigned int room)
{
	const struct psks *psks = psks_of(ssl);

	(void)hint;
	if (!psks || is_tls13(ssl) || psks->all[0].id_len > id_room)
		return 0;
	memcpy(id, psks->all[0].id, psks->all[0].id_len);
	return give(&psks->all[0], key, room);
}

static unsigned int server_tls12(SSL *ssl, const char *id, unsigned char *key,
				 unsigned int room)
{
	const struct psks *psks = psks_of(ssl);

	if (!psks || !id || is_tls13(ssl))
		return 0;
	return give(find(psks, (const uint8_t *)id, strlen(id)), key, room);
}

/* ---- TLS 1.3 ---- */

static SSL_SESSION *make_session(SSL *ssl, const struct psks *psks,
				 const struct psk *psk)
{
	const unsigned char suite[] = { psks->suite >> 8, psks->suite & 0xff };
	const SSL_CIPHER *cipher = SSL_CIPHER_find(ssl, suite);
	SSL_SESSION *session = cipher ? SSL_SESSION_new() : NULL;

	if (session &&
	    SSL_SESSION_set1_master_key(session, psk->key, psk->key_len) &&
	    SSL_SESSION_set_cipher(session, cipher) &&
	    SSL_SESSION_set_protocol_version(session, TLS1_3_VERSION) &&
	    SSL_SESSION_set_ex_data(session, mark_index, &mark_index) &&
	    session_set_verify(session, 0))
		return session;
	SSL_SESSION_free(session);
	return NULL;
}

/* @md: the hash that the server chose, when the hello is sent again. */
static int client_tls13(SSL *ssl, const EVP_MD *md, const unsigned char **id,
			size_t *len, SSL_SESSION **session)
{
	const struct psks *psks = psks_of(ssl);

	*id = NULL;
	*len = 0;
	*session = NULL;
	if (!psks || !psks->suite || (md && !EVP_MD_is_a(md, "SHA256")))
		return 1;
	*session = make_session(ssl, psks, &psks->all[0]);
	*id = psks->all[0].id;
	*len = psks->all[0].id_len;
	return !!*session;
}

static int server_tls13(SSL *ssl, const unsigned char *id, size_t len,
			SSL_SESSION **session)
{
	const struct psks *psks = psks_of(ssl);
	const struct psk *psk = psks ? find(psks, id, len) : NULL;

	*session = NULL;
	if (!psk || !psks->suite)
		return 1;	/* a ticket, maybe */
	*session = make_session(ssl, psks, psk);
	return !!*session;
}

/* ---- for the rest ---- */

void psks_use(const struct psks *psks, SSL_CTX *ctx, bool server)
{
	if (!psks)
		return;
	if (server) {
		SSL_CTX_set_psk_server_callback(ctx, server_tls12);
		SSL_CTX_set_psk_find_session_callback(ctx, server_tls13);
	} else {
		SSL_CTX_set_psk_client_callback(ctx, client_tls12);
		SSL_CTX_set_psk_use_session_callback(ctx, client_tls13);
	}
}

/* TLS 1.3: whether what looks like a session that was resumed is a PSK. */
bool psk_is_external(const SSL *ssl)
{
	const SSL_SESSION *session = SSL_get_session(ssl);

	return session && SSL_SESSION_get_ex_data(session, mark_index);
}

/* Sessions made out of tickets that come later take the mark over. */
void psk_unmark(SSL_SESSION *session)
{
	SSL_SESSION_set_ex_data(session, mark_index, NULL);
}

/* Whether the peer has shown, by a key that is shared, who it is. */
bool psk_used(const SSL *ssl)
{
	const SSL_CIPHER *cipher = SSL_get_current_cipher(ssl);

	return psk_is_external(ssl) ||
	       (cipher && SSL_CIPHER_get_auth_nid(cipher) == NID_auth_psk);
}
