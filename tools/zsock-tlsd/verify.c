// SPDX-License-Identifier: GPL-2.0
/*
 * Judging a peer's certificate. All that is wrong with it is gathered, for the
 * program to see, before it is decided whether that matters.
 */
#include <string.h>

#include <arpa/inet.h>

#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "ask.h"
#include "handshake.h"
#include "psk.h"
#include "session.h"
#include "verify.h"

/* ---- names ---- */

static bool is_address(const char *name)
{
	unsigned char addr[16];

	return inet_pton(AF_INET, name, addr) == 1 ||
	       inet_pton(AF_INET6, name, addr) == 1;
}

/**
 * verify_name() - say what the peer is called
 * @ssl: the client's end
 * @hostname: name or address
 * @check: the certificate has to be for it
 *
 * A server is told the name that it is called by, but not an address: RFC 6066
 * does not have that.
 *
 * Return: whether OpenSSL agrees.
 */
bool verify_name(SSL *ssl, const char *hostname, bool check)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
	char name[ZSOCK_TLS_HOSTNAME_MAX + 1];
	size_t len = strlen(hostname);

	if (is_address(hostname))
		return !check ||
		       X509_VERIFY_PARAM_set1_ip_asc(param, hostname) == 1;
	/* "example.org." is the same name, but in no certificate. */
	memcpy(name, hostname, len + 1);
	if (len > 1 && name[len - 1] == '.')
		name[len - 1] = '\0';
	X509_VERIFY_PARAM_set_hostflags(param,
					X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return SSL_set_tlsext_host_name(ssl, name) == 1 &&
	       (!check || X509_VERIFY_PARAM_set1_host(param, name, 0) == 1);
}

/* ---- what OpenSSL finds wrong ---- */

/* OpenSSL has one error for both kinds of usage. */
static uint32_t wrong_usage(X509 *cert, bool of_server)
{
	uint32_t need = of_server ? XKU_SSL_SERVER : XKU_SSL_CLIENT;
	uint32_t has = cert ? X509_get_extended_key_usage(cert) : 0;

	return has == UINT32_MAX || (has & need) ? ZSOCK_VERIFY_KEY_USAGE :
						   ZSOCK_VERIFY_EXT_KEY_USAGE;
}

/**
 * verify_bits() - what an error of OpenSSL's is to a program
 * @error: X509_V_ERR_*
 * @cert: the certificate that it is about, or NULL
 * @of_server: it is to be a server's
 */
uint32_t verify_bits(int error, X509 *cert, bool of_server)
{
	switch (error) {
	case X509_V_OK:
		return 0;
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return ZSOCK_VERIFY_EXPIRED;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return ZSOCK_VERIFY_FUTURE;
	case X509_V_ERR_CERT_REVOKED:
		return ZSOCK_VERIFY_REVOKED;
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		return ZSOCK_VERIFY_CN_MISMATCH;
	case X509_V_ERR_INVALID_PURPOSE:
		return wrong_usage(cert, of_server);
	case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
	case X509_V_ERR_KEYUSAGE_NO_DIGITAL_SIGNATURE:
		return ZSOCK_VERIFY_KEY_USAGE;
	case X509_V_ERR_CA_MD_TOO_WEAK:
		return ZSOCK_VERIFY_BAD_MD;
	case X509_V_ERR_EE_KEY_TOO_SMALL:
	case X509_V_ERR_CA_KEY_TOO_SMALL:
		return ZSOCK_VERIFY_BAD_KEY;
	case X509_V_ERR_EC_KEY_EXPLICIT_PARAMS:
		return ZSOCK_VERIFY_BAD_PK;
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE:
	case X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY:
	case X509_V_ERR_CERT_SIGNATURE_FAILURE:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_CERT_CHAIN_TOO_LONG:
	case X509_V_ERR_INVALID_CA:
	case X509_V_ERR_PATH_LENGTH_EXCEEDED:
	case X509_V_ERR_CERT_UNTRUSTED:
	case X509_V_ERR_CERT_REJECTED:
	case X509_V_ERR_SUBJECT_ISSUER_MISMATCH:
	case X509_V_ERR_AKID_SKID_MISMATCH:
	case X509_V_ERR_AKID_ISSUER_SERIAL_MISMATCH:
		return ZSOCK_VERIFY_NOT_TRUSTED;
	default:
		return ZSOCK_VERIFY_OTHER;
	}
}

static struct handshake *hs_of_store(X509_STORE_CTX *x)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(
		x, SSL_get_ex_data_X509_STORE_CTX_idx());

	return ssl ? hs_of(ssl) : NULL;
}

/* The first error says which alert the peer is sent. */
static void note(struct handshake *hs, int error, X509 *cert)
{
	hs->verify |= verify_bits(error, cert, !hs->config->server);
	if (hs->verify_error == X509_V_OK)
		hs->verify_error = error;
}

/* OpenSSL's verify callback: note what it has to say, and let it go on. */
static int go_on(int ok, X509_STORE_CTX *x)
{
	struct handshake *hs = hs_of_store(x);

	if (!ok)
		note(hs, X509_STORE_CTX_get_error(x),
		     X509_STORE_CTX_get_current_cert(x));
	return 1;
}

static void judge(struct handshake *hs, X509_STORE_CTX *x)
{
	X509_STORE_CTX_set_verify_cb(x, go_on);
	/* Whatever made it give up: it is no success. */
	if (X509_verify_cert(x) != 1 && !hs->verify)
		note(hs, X509_V_ERR_UNSPECIFIED, NULL);
	if (hs->nameless)
		note(hs, X509_V_ERR_HOSTNAME_MISMATCH, NULL);
}

/* ---- what is decided ---- */

static bool program_agrees(struct handshake *hs, X509_STORE_CTX *x)
{
	if (ask_wait(hs->ask, hs->verify, X509_STORE_CTX_get0_untrusted(x)))
		return true;
	if (hs->verify_error == X509_V_OK)
		hs->verify_error = X509_V_ERR_CERT_REJECTED;
	return false;
}

/**
 * verify_chain() - OpenSSL's callback in place of X509_verify_cert()
 * @x: the certificates that the peer sent, and how to verify them
 * @arg: not used
 *
 * Return: 1 to go on with the handshake, 0 to refuse the peer.
 */
int verify_chain(X509_STORE_CTX *x, void *arg)
{
	struct handshake *hs = hs_of_store(x);
	bool ok;

	(void)arg;
	if (!hs)
		return 0;
	hs->judged = true;
	hs->verify = 0;
	hs->verify_error = X509_V_OK;
	if (hs->config->verify == TLS_PEER_VERIFY_NONE && !hs->ask) {
		hs->verify = ZSOCK_VERIFY_SKIPPED;
		ok = true;
	} else {
		judge(hs, x);
		ok = hs->ask ? program_agrees(hs, x) : !hs->verify ||
			hs->config->verify != TLS_PEER_VERIFY_REQUIRED;
	}
	X509_STORE_CTX_set_error(x, ok ? X509_V_OK : hs->verify_error);
	return ok && session_set_verify(SSL_get_session(hs->ssl), hs->verify);
}

/**
 * verify_result() - what is known of the peer at the end of a handshake
 * @hs: the handshake; it succeeded
 *
 * Return: ZSOCK_VERIFY_*.
 */
uint32_t verify_result(const struct handshake *hs)
{
	uint32_t mask;

	if (hs->judged)
		return hs->verify;
	/* What was found then is true of a session that is resumed. */
	if (SSL_session_reused(hs->ssl) &&
	    session_get_verify(SSL_get_session(hs->ssl), &mask))
		return mask;
	if (psk_used(hs->ssl))
		return 0;
	return hs->config->verify == TLS_PEER_VERIFY_NONE ?
		ZSOCK_VERIFY_SKIPPED : ZSOCK_VERIFY_MISSING;
}
