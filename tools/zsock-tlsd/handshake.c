// SPDX-License-Identifier: GPL-2.0
/*
 * A handshake: from a connection to keys for kTLS, as far as it goes without
 * waiting each time.
 */
#include <errno.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>

#include "handshake.h"
#include "ktls.h"
#include "verify.h"

const struct hs_ops hs_ktls_ops = { ktls_prepare, ktls_attach };

/* ---- setting up ---- */

static bool set_up_session(struct handshake *hs, const struct request *rq)
{
	SSL_SESSION *session;

	if (hs->config->server || !hs->config->cache)
		return true;
	hs->owner = OPENSSL_zalloc(sizeof(*hs->owner));
	if (!hs->owner)
		return false;
	if (!session_owner(hs->config, rq, hs->fd, hs->owner)) {
		OPENSSL_free(hs->owner);
		hs->owner = NULL;
		return true;
	}
	session = sessions_take(hs->owner);
	/* One that does not fit is no error: the handshake is a full one. */
	if (session)
		SSL_set_session(hs->ssl, session);
	SSL_SESSION_free(session);
	return true;
}

static bool set_up_name(struct handshake *hs, const struct request *rq)
{
	if (hs->config->server)
		return true;
	hs->nameless = !rq->hostname[0] && !rq->no_name_check;
	return !rq->hostname[0] ||
	       verify_name(hs->ssl, rq->hostname, !rq->no_name_check);
}

static bool set_up(struct handshake *hs, const struct request *rq)
{
	hs->ssl = SSL_new(hs->config->ctx);
	if (!hs->ssl || SSL_set_fd(hs->ssl, hs->fd) != 1)
		return false;
	wire_watch(&hs->wire, hs->ssl);
	SSL_set_msg_callback_arg(hs->ssl, hs);
	if (hs->ask)
		SSL_set_mode(hs->ssl, SSL_MODE_ASYNC);
	if (hs->config->server)
		SSL_set_accept_state(hs->ssl);
	else
		SSL_set_connect_state(hs->ssl);
	return set_up_session(hs, rq) && set_up_name(hs, rq) &&
	       hs_bind(hs->ssl, hs, hs->owner);
}

static void begin(struct handshake *hs, const struct request *rq)
{
	int ret = hs->ops->prepare(hs->fd);

	if (ret == -ENOTCONN)
		hs_give_up(hs, ECONNRESET, "the peer was gone before it began");
	else if (ret == -ESHUTDOWN)
		hs_give_up(hs, ESHUTDOWN, "nobody waits for it any more");
	else if (ret)
		hs_give_up(hs, EOPNOTSUPP, "the kernel has no TLS: is the module tls loaded?");
	else if (!set_up(hs, rq))
		hs_give_up(hs, ECONNABORTED, "OpenSSL cannot begin it");
}

/**
 * hs_new() - begin a handshake
 * @config: its configuration; its reference is taken over
 * @rq: which; its connection stays the caller's, its verify_fd does not
 * @ops: what is done to the connection
 *
 * Return: a handshake, which may be over already, or NULL without memory.
 */
struct handshake *hs_new(struct config *config, struct request *rq,
			 const struct hs_ops *ops)
{
	struct handshake *hs = OPENSSL_zalloc(sizeof(*hs));

	if (hs && rq->verify_fd >= 0) {
		hs->ask = ask_new(rq->verify_fd, rq->id);
		if (hs->ask) {
			rq->verify_fd = -1;
		} else {
			OPENSSL_free(hs);
			hs = NULL;
		}
	}
	if (!hs) {
		config_put(config);
		return NULL;
	}
	hs->config = config;
	hs->ops = ops;
	hs->fd = rq->fd;
	hs->id = rq->id;
	hs->out.alert = -1;
	begin(hs, rq);
	return hs;
}

/* ---- going on ---- */

/* One call of OpenSSL's. */
static void drive(struct handshake *hs)
{
	int ret;

	ERR_clear_error();
	errno = 0;
	ret = hs_drive(hs);
	switch (SSL_get_error(hs->ssl, ret)) {
	case SSL_ERROR_NONE:
		hs_succeed(hs);
		break;
	case SSL_ERROR_WANT_READ:
		hs->state = HS_READ;
		break;
	case SSL_ERROR_WANT_WRITE:
		hs->state = HS_WRITE;
		break;
	case SSL_ERROR_WANT_ASYNC:
		hs->state = HS_ASK_WRITE;
		break;
	default:
		hs_fail(hs, ret);
	}
}

/* Returns whether there is an answer, or nothing to be asked. */
static bool answered(struct handshake *hs)
{
	if (hs->state != HS_ASK_WRITE && hs->state != HS_ASK_READ)
		return true;
	switch (ask_step(hs->ask)) {
	case ASK_WRITE:
		hs->state = HS_ASK_WRITE;
		return false;
	case ASK_READ:
		hs->state = HS_ASK_READ;
		return false;
	default:
		return true;
	}
}

/**
 * hs_step() - go on as far as that goes without waiting
 * @hs: the handshake
 *
 * Return: what to wait for.
 */
enum hs_state hs_step(struct handshake *hs)
{
	while (hs->state != HS_OVER && answered(hs)) {
		drive(hs);
		if (hs->state == HS_READ || hs->state == HS_WRITE)
			break;
	}
	return hs->state;
}

/* ---- the end ---- */

/*
 * A job of OpenSSL's that is paused cannot be freed, only be finished: so it is
 * told that the program refuses.
 */
static void finish_job(struct handshake *hs)
{
	if (hs->state != HS_ASK_WRITE && hs->state != HS_ASK_READ)
		return;
	ask_refuse(hs->ask);
	hs_drive(hs);
	ERR_clear_error();
}

/**
 * hs_cancel() - end a handshake from outside
 * @hs: the handshake
 * @error: errno that says why
 */
void hs_cancel(struct handshake *hs, int error)
{
	if (hs->state == HS_OVER)
		return;
	finish_job(hs);
	hs_give_up(hs, error, strerror(error));
}

void hs_free(struct handshake *hs)
{
	if (!hs)
		return;
	hs_cancel(hs, ECANCELED);
	SSL_free(hs->ssl);
	ask_free(hs->ask);
	OPENSSL_free(hs->owner);
	config_put(hs->config);
	OPENSSL_clear_free(hs, sizeof(*hs));
}
