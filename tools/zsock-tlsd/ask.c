// SPDX-License-Identifier: GPL-2.0
/*
 * Asking the program what to do about a certificate: TLS_CERT_VERIFY_CALLBACK.
 *
 * OpenSSL wants the answer when its callback returns, and the program may take
 * long. So such a handshake runs as one of OpenSSL's asynchronous jobs, which
 * has a stack of its own, and the callback pauses that. (SSL_set_retry_verify()
 * would do for clients, but a server cannot be paused by it.)
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <openssl/async.h>
#include <openssl/crypto.h>

#include <linux/zsock.h>

#include "ask.h"

/* Takes @fd, unless it returns NULL. */
struct ask *ask_new(int fd, uint64_t id)
{
	struct ask *ask = OPENSSL_zalloc(sizeof(*ask));
	int flags = fcntl(fd, F_GETFL);

	if (!ask)
		return NULL;
	ask->fd = fd;
	ask->id = id;
	if (flags >= 0 && !(flags & O_NONBLOCK))
		fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	return ask;
}

void ask_free(struct ask *ask)
{
	if (!ask)
		return;
	close(ask->fd);
	OPENSSL_free(ask->msg);
	OPENSSL_free(ask);
}

/* ---- the question ---- */

static bool append(struct ask *ask, X509 *cert)
{
	unsigned char *p = ask->msg + ask->len + sizeof(uint32_t);
	int len = i2d_X509(cert, NULL);
	uint32_t n = len;

	if (len <= 0 ||
	    ask->len + sizeof(n) + len > ZSOCK_VERIFY_REQUEST_MAX)
		return false;
	memcpy(ask->msg + ask->len, &n, sizeof(n));
	i2d_X509(cert, &p);
	ask->len += sizeof(n) + len;
	return true;
}

/* As many of the chain as there is room for, but the peer's own in any case. */
static bool compose(struct ask *ask, uint32_t result, STACK_OF(X509) *chain)
{
	struct zsock_verify_request rq = { .id = ask->id, .result = result };
	int i;

	ask->msg = OPENSSL_malloc(ZSOCK_VERIFY_REQUEST_MAX);
	if (!ask->msg)
		return false;
	ask->len = sizeof(rq);
	for (i = 0; i < sk_X509_num(chain); i++) {
		if (!append(ask, sk_X509_value(chain, i)))
			break;
		rq.ncerts++;
	}
	memcpy(ask->msg, &rq, sizeof(rq));
	return rq.ncerts > 0;
}

/**
 * ask_wait() - ask, and wait for the answer; in OpenSSL's job
 * @ask: by which
 * @result: ZSOCK_VERIFY_*
 * @chain: what the peer sent, its own certificate first
 *
 * Meanwhile the job is paused, and SSL_do_handshake() has returned.
 *
 * Return: whether the program accepts.
 */
bool ask_wait(struct ask *ask, uint32_t result, STACK_OF(X509) *chain)
{
	if (!ASYNC_get_current_job() || !compose(ask, result, chain))
		return false;
	ask->state = ASK_WRITE;
	while (ask->state != ASK_OVER)
		if (!ASYNC_pause_job())
			return false;
	return ask->accept;
}

/* ---- the answer; outside the job ---- */

static enum ask_state answer(struct ask *ask, bool accept)
{
	OPENSSL_free(ask->msg);
	ask->msg = NULL;
	ask->accept = accept;
	return ask->state = ASK_OVER;
}

static enum ask_state ask_write(struct ask *ask)
{
	ssize_t n = write(ask->fd, ask->msg, ask->len);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return ASK_WRITE;
	if (n != (ssize_t)ask->len)
		return answer(ask, false);
	return ask->state = ASK_READ;
}

/* An answer to something else is left over from there. */
static enum ask_state ask_read(struct ask *ask)
{
	struct zsock_verify_reply reply;
	ssize_t n;

	do {
		n = read(ask->fd, &reply, sizeof(reply));
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return ASK_READ;
		if (n != sizeof(reply))
			return answer(ask, false);
	} while (reply.id != ask->id);
	return answer(ask, reply.accept == 1);
}

/**
 * ask_step() - go on as far as that goes without waiting
 * @ask: the question
 *
 * Whoever is asked and has gone away, or says what makes no sense, refuses.
 *
 * Return: what to wait for.
 */
enum ask_state ask_step(struct ask *ask)
{
	if (ask->state == ASK_WRITE && ask_write(ask) == ASK_WRITE)
		return ASK_WRITE;
	if (ask->state == ASK_READ)
		return ask_read(ask);
	return ask->state;
}

/* Nobody waits for the answer any more. */
void ask_refuse(struct ask *ask)
{
	answer(ask, false);
}
