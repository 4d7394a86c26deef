// SPDX-License-Identifier: GPL-2.0
/*
 * How a handshake ends: with keys, or with an error.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <sys/socket.h>

#include <openssl/err.h>

#include "alpn.h"
#include "handshake.h"
#include "psk.h"
#include "verify.h"

#define DRAIN_MAX	65536

static void end(struct handshake *hs, int error)
{
	hs->out.error = error;
	hs->state = HS_OVER;
	hs_keys_forget(hs);
	wire_leave(&hs->wire);
}

/* End it with an error that is neither OpenSSL's nor the connection's. */
void hs_give_up(struct handshake *hs, int error, const char *why)
{
	if (!hs->why[0])
		snprintf(hs->why, sizeof(hs->why), "%s", why);
	hs->out.verify = hs->verify;
	end(hs, error);
}

/* ---- success ---- */

/* OpenSSL lets a server choose what it was not offered. */
static bool take_alpn(struct handshake *hs)
{
	const unsigned char *name;
	unsigned int len;

	SSL_get0_alpn_selected(hs->ssl, &name, &len);
	if (!len)
		return true;
	if (len >= sizeof(hs->out.alpn) ||
	    !alpn_find(hs->config->alpn, hs->config->alpn_len, name, len))
		return false;
	memcpy(hs->out.alpn, name, len);
	hs->out.alpn[len] = '\0';
	return true;
}

static void take_outcome(struct handshake *hs)
{
	const SSL_CIPHER *cipher = SSL_get_current_cipher(hs->ssl);

	hs->out.version = SSL_version(hs->ssl);
	hs->out.cipher = SSL_CIPHER_get_protocol_id(cipher);
	hs->out.verify = verify_result(hs);
	hs->out.resumed = SSL_session_reused(hs->ssl) &&
			  !psk_is_external(hs->ssl);
	hs->out.alert = -1;
	hs->out.alert_received = false;
}

/**
 * hs_succeed() - OpenSSL is done: hand the connection over
 * @hs: the handshake
 */
void hs_succeed(struct handshake *hs)
{
	int ret;

	take_outcome(hs);
	if (!take_alpn(hs)) {
		hs_give_up(hs, ECONNABORTED, "the server chose an application protocol that it was not offered");
		return;
	}
	/* Bytes that OpenSSL has, kTLS would never see. */
	if (SSL_has_pending(hs->ssl) || !hs_keys_make(hs)) {
		hs_give_up(hs, ECONNABORTED, "its keys cannot be handed over");
		return;
	}
	ret = hs->ops->attach(hs->fd, &hs->keys);
	if (ret) {
		snprintf(hs->why, sizeof(hs->why), "kTLS cannot be attached: %s",
			 strerror(-ret));
		hs_give_up(hs, ret == -ESHUTDOWN ? ESHUTDOWN : EOPNOTSUPP, "");
		return;
	}
	/* OpenSSL would forbid to resume what was not shut down in order. */
	SSL_set_shutdown(hs->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	end(hs, 0);
}

/* ---- failure ---- */

/* What a call on the connection ended with. */
static int of_connection(int error)
{
	switch (error) {
	case 0:			/* end of file */
	case ECONNRESET:
	case EPIPE:
		return ECONNRESET;
	default:
		return error;
	}
}

static int of_openssl(struct handshake *hs)
{
	int reason = ERR_GET_REASON(ERR_peek_error());

	if (reason == SSL_R_UNEXPECTED_EOF_WHILE_READING)
		return ECONNRESET;
	if (reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE)
		hs->verify |= ZSOCK_VERIFY_MISSING;
	return hs->out.alert_received ? ECONNRESET : ECONNABORTED;
}

static int find_error(struct handshake *hs, int ret, int error)
{
	switch (SSL_get_error(hs->ssl, ret)) {
	case SSL_ERROR_SSL:
		return of_openssl(hs);
	case SSL_ERROR_SYSCALL:
		return of_connection(error);
	case SSL_ERROR_ZERO_RETURN:
		return ECONNRESET;
	default:
		return ECONNABORTED;
	}
}

static void explain(struct handshake *hs, int error)
{
	const char *reason = ERR_reason_error_string(ERR_peek_error());

	if (hs->why[0])
		return;
	if (hs->judged && hs->verify_error != X509_V_OK && !hs->out.alert_received)
		reason = X509_verify_cert_error_string(hs->verify_error);
	else if (!reason)
		reason = strerror(error);
	snprintf(hs->why, sizeof(hs->why), "%s", reason);
}

/*
 * The alert is on its way, but closing a connection with unread bytes resets
 * it, and the peer would not see the alert. So read what is there.
 */
static void drain(int fd)
{
	char buf[4096];
	size_t sum = 0;
	ssize_t n;

	shutdown(fd, SHUT_WR);
	while (sum < DRAIN_MAX &&
	       (n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT)) > 0)
		sum += n;
}

/**
 * hs_fail() - OpenSSL has given up
 * @hs: the handshake
 * @ret: what SSL_do_handshake() returned; errno is what it left
 */
void hs_fail(struct handshake *hs, int ret)
{
	int error = find_error(hs, ret, errno);

	/* OpenSSL sends one even to a peer that has gone. */
	if (error != ECONNABORTED && !hs->out.alert_received)
		hs->out.alert = -1;
	explain(hs, error);
	if (error == ECONNABORTED)
		drain(hs->fd);
	ERR_clear_error();
	hs_give_up(hs, error, "");
}
