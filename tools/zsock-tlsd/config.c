// SPDX-License-Identifier: GPL-2.0
/*
 * A configuration: what the options and credentials of a socket mean to
 * OpenSSL. To make one takes a while, so handshakes share them: see cache.c.
 */
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>

#include "alpn.h"
#include "ciphers.h"
#include "config.h"
#include "digest.h"
#include "handshake.h"
#include "kdf.h"
#include "session.h"
#include "store.h"
#include "ticket_key.h"
#include "verify.h"

/* A chain of certificates that is larger is not worth anybody's memory. */
#define CERT_LIST_MAX	65536
/* Sessions that a server finds by their IDs, for clients without tickets. */
#define SERVER_SESSIONS	512

/* ---- identity ---- */

static void add_creds(struct digest *d, const struct request *rq)
{
	size_t i;

	digest_number(d, rq->ncreds);
	for (i = 0; i < rq->ncreds; i++) {
		digest_number(d, (uint32_t)rq->creds[i].tag);
		digest_number(d, rq->creds[i].type);
		digest_number(d, rq->creds[i].format);
		digest_number(d, rq->creds[i].serial);
	}
}

/* Mostly it is the same as that of the handshake before. */
static bool remembered(const struct digest *d, uint8_t id[CONFIG_ID])
{
	static _Thread_local uint8_t last_id[CONFIG_ID];
	static _Thread_local struct digest last;

	if (digest_same(d, &last)) {
		memcpy(id, last_id, CONFIG_ID);
		return true;
	}
	if (!digest_end(d, id))
		return false;
	last = *d;
	memcpy(last_id, id, CONFIG_ID);
	return true;
}

/**
 * config_identity() - which configuration a handshake needs
 * @rq: the handshake
 * @id: told
 *
 * Sessions are bound to it as well. A credential that is replaced has another
 * serial. What differs between connections to which the same rules apply, such
 * as the peer's name, is not part of it.
 *
 * Return: false if OpenSSL is out of memory.
 */
bool config_identity(const struct request *rq, uint8_t id[CONFIG_ID])
{
	struct digest d;

	digest_begin(&d);
	digest_number(&d, rq->role);
	digest_number(&d, rq->version);
	digest_number(&d, rq->verify);
	digest_number(&d, rq->cache);
	digest_number(&d, rq->verify_fd >= 0);
	digest_number(&d, rq->uid);
	digest_add(&d, rq->ciphers, rq->nciphers * sizeof(rq->ciphers[0]));
	digest_add(&d, rq->alpn, rq->alpn_len);
	add_creds(&d, rq);
	return remembered(&d, id);
}

/* ---- parts; each returns NULL, or what is wrong ---- */

/* Everything that kTLS cannot carry on after the handshake is off. */
static void set_options(struct config *c)
{
	uint64_t options = SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
			   SSL_OP_CIPHER_SERVER_PREFERENCE;

	if (!c->cache)
		options |= SSL_OP_NO_TICKET;
	SSL_CTX_set_options(c->ctx, options);
	/* A peer that is silent costs no buffers. */
	SSL_CTX_set_mode(c->ctx, SSL_MODE_RELEASE_BUFFERS);
	/* Bytes behind the last handshake message are the kernel's to read. */
	SSL_CTX_set_read_ahead(c->ctx, 0);
	SSL_CTX_set_max_early_data(c->ctx, 0);
	SSL_CTX_set_recv_max_early_data(c->ctx, 0);
	SSL_CTX_set_max_cert_list(c->ctx, CERT_LIST_MAX);
	if (c->server)
		SSL_CTX_set_dh_auto(c->ctx, 1);
}

static const char *set_ciphers(struct config *c, const struct request *rq)
{
	struct cipher_choice choice;

	if (!ciphers_choose(rq->ciphers, rq->nciphers, !!c->psks, rq->version,
			    &choice))
		return "none of the cipher suites can be used";
	/* One list may be empty, where the version is out of range. */
	if ((choice.tls12[0] &&
	     SSL_CTX_set_cipher_list(c->ctx, choice.tls12) != 1) ||
	    SSL_CTX_set_ciphersuites(c->ctx, choice.tls13) != 1 ||
	    SSL_CTX_set_min_proto_version(c->ctx, choice.min) != 1 ||
	    SSL_CTX_set_max_proto_version(c->ctx, choice.max) != 1)
		return "OpenSSL refuses the cipher suites";
	if (c->psks)
		c->psks->suite = choice.psk13;
	return NULL;
}

static const char *set_alpn(struct config *c, const struct request *rq)
{
	if (!alpn_wire(rq->alpn, rq->alpn_len, c->alpn, &c->alpn_len))
		return "a list of application protocols is malformed";
	if (!c->alpn_len)
		return NULL;
	if (c->server)
		SSL_CTX_set_alpn_select_cb(c->ctx, hs_choose_alpn, c);
	else if (SSL_CTX_set_alpn_protos(c->ctx, c->alpn, c->alpn_len))
		return "OpenSSL refuses the application protocols";
	return NULL;
}

static const char *set_creds(struct config *c, const struct cred_set *set)
{
	bool ca, own;
	const char *why = creds_use_ca(set, c->ctx, c->server, &ca);

	if (!why)
		why = creds_use_own(set, c->ctx, &own);
	if (why)
		return why;
	c->psks = psks_new(set);
	psks_use(c->psks, c->ctx, c->server);
	if (c->server && !own && !c->psks)
		return "a server needs a certificate with its key, or a pre-shared key";
	if (!ca)
		store_use(c->ctx);
	return NULL;
}

/*
 * A server that asks for a certificate gets none from who has none; to go on
 * without is for "optional". What is wrong with one, verify_chain() judges.
 */
static void set_verify(struct config *c)
{
	int mode = SSL_VERIFY_NONE;

	if (c->verify != TLS_PEER_VERIFY_NONE || (c->asks && !c->server))
		mode = SSL_VERIFY_PEER;
	if (c->verify == TLS_PEER_VERIFY_REQUIRED)
		mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
	SSL_CTX_set_verify(c->ctx, mode, NULL);
	SSL_CTX_set_cert_verify_callback(c->ctx, verify_chain, NULL);
}

static const char *set_sessions(struct config *c)
{
	long mode = SSL_SESS_CACHE_OFF;

	if (c->cache)
		mode = c->server ? SSL_SESS_CACHE_SERVER :
		       SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL;
	SSL_CTX_set_session_cache_mode(c->ctx, mode);
	SSL_CTX_sess_set_cache_size(c->ctx, SERVER_SESSIONS);
	SSL_CTX_set_timeout(c->ctx, SESSION_LIFE);
	if (c->cache && c->server)
		ticket_key_use(c->ctx);
	else if (c->cache)
		SSL_CTX_sess_set_new_cb(c->ctx, hs_new_session);
	if (!c->cache && SSL_CTX_set_num_tickets(c->ctx, 0) != 1)
		return "OpenSSL refuses to send no tickets";
	/* A client's sessions are kept apart by session.c. */
	if (c->server &&
	    SSL_CTX_set_session_id_context(c->ctx, c->id, sizeof(c->id)) != 1)
		return "OpenSSL refuses the identity of the configuration";
	return NULL;
}

/* ---- all of it ---- */

static const char *build(struct config *c, const struct request *rq,
			 const struct cred_set *set)
{
	const char *why;

	c->ctx = SSL_CTX_new_ex(NULL, KDF_PROPERTIES, TLS_method());
	if (!c->ctx)
		return "OpenSSL has no context";
	set_options(c);
	set_verify(c);
	hs_use(c->ctx, c->server);
	why = set_creds(c, set);
	if (!why)
		why = set_ciphers(c, rq);
	if (!why)
		why = set_alpn(c, rq);
	if (!why)
		why = set_sessions(c);
	return why;
}

static const char *fetch_and_build(struct config *c, const struct request *rq,
				   const struct cred_source *source)
{
	struct cred_set *set = OPENSSL_zalloc(sizeof(*set));
	const char *why;

	if (!set)
		return "out of memory";
	if (creds_fetch(rq, source, set))
		why = "the kernel does not hand out a credential";
	else
		why = build(c, rq, set);
	creds_wipe(set);
	OPENSSL_free(set);
	return why;
}

/**
 * config_new() - make a configuration
 * @rq: a handshake that needs it
 * @id: its identity
 * @source: where credentials come from
 * @why: told what is wrong, where something is
 *
 * Who is asked about each certificate is not to be passed over by a session
 * that is resumed, so with @verify_fd there are none.
 *
 * Return: a configuration, or NULL.
 */
struct config *config_new(const struct request *rq, const uint8_t *id,
			  const struct cred_source *source, const char **why)
{
	struct config *c = OPENSSL_zalloc(sizeof(*c));

	*why = "out of memory";
	if (!c)
		return NULL;
	atomic_init(&c->refs, 1);
	memcpy(c->id, id, sizeof(c->id));
	c->server = rq->role == TLS_DTLS_ROLE_SERVER;
	c->verify = rq->verify;
	c->asks = rq->verify_fd >= 0;
	c->cache = rq->cache && !c->asks;
	*why = fetch_and_build(c, rq, source);
	if (!*why)
		return c;
	config_put(c);
	return NULL;
}

struct config *config_get(struct config *config)
{
	atomic_fetch_add(&config->refs, 1);
	return config;
}

void config_put(struct config *config)
{
	if (!config || atomic_fetch_sub(&config->refs, 1) != 1)
		return;
	SSL_CTX_free(config->ctx);
	psks_free(config->psks);
	OPENSSL_free(config);
}
