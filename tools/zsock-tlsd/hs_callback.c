// SPDX-License-Identifier: GPL-2.0
/*
 * What OpenSSL tells and asks in the course of a handshake.
 */
#include <string.h>

#include <openssl/crypto.h>

#include "alpn.h"
#include "handshake.h"
#include "kdf.h"
#include "keylog.h"
#include "psk.h"

static int hs_index = -1, owner_index = -1;

bool hs_init(void)
{
	hs_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
	owner_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
	return hs_index >= 0 && owner_index >= 0 && hs_keys_init();
}

void hs_exit(void)
{
	kdf_exit();
}

/* The handshake of an SSL object; NULL once it is over. */
struct handshake *hs_of(const SSL *ssl)
{
	return SSL_get_ex_data(ssl, hs_index);
}

bool hs_bind(SSL *ssl, struct handshake *hs, struct session_owner *owner)
{
	return SSL_set_ex_data(ssl, hs_index, hs) &&
	       SSL_set_ex_data(ssl, owner_index, owner);
}

/* ---- secrets ---- */

static void keylog(const SSL *ssl, const char *line)
{
	(void)ssl;
	keylog_write(line);
}

/* ---- records and alerts ---- */

static void message(int sent, int version, int type, const void *buf, size_t len,
		    SSL *ssl, void *arg)
{
	const unsigned char *alert = buf;
	struct handshake *hs = arg;

	(void)version;
	(void)ssl;
	if (type == SSL3_RT_HEADER && sent)
		hs->sent++;
	if (type == SSL3_RT_ALERT && len == 2) {
		hs->out.alert = alert[1];
		hs->out.alert_received = !sent;
	}
}

/*
 * A client that can take short records only says so with max_fragment_length.
 * OpenSSL would agree, and kTLS would send it records of 16 KiB.
 */
static int client_hello(SSL *ssl, int *alert, void *arg)
{
	struct handshake *hs = hs_of(ssl);
	const unsigned char *ext;
	size_t len;

	(void)arg;
	if (!SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_max_fragment_length,
				       &ext, &len))
		return SSL_CLIENT_HELLO_SUCCESS;
	if (hs)
		strcpy(hs->why, "the client wants max_fragment_length, which kTLS does not have");
	*alert = SSL_AD_HANDSHAKE_FAILURE;
	return SSL_CLIENT_HELLO_ERROR;
}

/* ---- application protocols ---- */

/* @arg: the configuration. A server that has a list insists on it. */
int hs_choose_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len,
		   const unsigned char *in, unsigned int in_len, void *arg)
{
	const struct config *config = arg;
	const unsigned char *found;

	(void)ssl;
	found = alpn_choose(config->alpn, config->alpn_len, in, in_len);
	if (!found)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = found + 1;
	*out_len = *found;
	return SSL_TLSEXT_ERR_OK;
}

/* ---- sessions of clients ---- */

/* Comes after the handshake as well, with tickets of TLS 1.3: see late.c. */
int hs_new_session(SSL *ssl, SSL_SESSION *session)
{
	const struct session_owner *owner = SSL_get_ex_data(ssl, owner_index);

	psk_unmark(session);
	return owner && sessions_put(owner, session);
}

/* ---- all of them ---- */

void hs_use(SSL_CTX *ctx, bool server)
{
	/* OpenSSL makes the lines for whoever has one. */
	if (keylog_wanted())
		SSL_CTX_set_keylog_callback(ctx, keylog);
	SSL_CTX_set_msg_callback(ctx, message);
	if (server)
		SSL_CTX_set_client_hello_cb(ctx, client_hello, NULL);
}
