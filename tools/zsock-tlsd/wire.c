// SPDX-License-Identifier: GPL-2.0
/*
 * What passes on its way to the peer, for two reasons: the nonce, and delay.
 *
 * TLS 1.2: which explicit nonce comes next.
 *
 * With AES-GCM and AES-CCM each record carries 8 bytes of its nonce, which the
 * sender chooses and must never choose again: with GCM, a second record with
 * the same nonce gives the authentication key away. OpenSSL sent one record
 * under these keys, its Finished. With CCM it counts from 0; with GCM it begins
 * at random, and tells nobody where. kTLS counts up from where it is told to
 * begin. To begin at random as well would meet the other one sometimes, if
 * rarely. So the Finished is looked at when it is sent, and kTLS begins one
 * after it: 2^64 records later they would meet, and TLS ends before that.
 */
#include <string.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <openssl/bio.h>

#include "wire.h"

static void begin_record(struct wire *wire)
{
	wire->body = wire->header[3] << 8 | wire->header[4];
	wire->header_len = 0;
	/* Of other records nothing is kept. */
	wire->taken = wire->header[0] == SSL3_RT_HANDSHAKE ? 0 : WIRE_NONCE;
}

static size_t see_header(struct wire *wire, const uint8_t *p)
{
	wire->header[wire->header_len++] = *p;
	if (wire->header_len == sizeof(wire->header))
		begin_record(wire);
	return 1;
}

static size_t see_body(struct wire *wire, const uint8_t *p, size_t len)
{
	size_t n = len < wire->body ? len : wire->body;
	size_t keep = WIRE_NONCE - wire->taken;

	if (keep > n)
		keep = n;
	memcpy(wire->nonce + wire->taken, p, keep);
	wire->taken += keep;
	wire->body -= n;
	return n;
}

/* Some bytes pass; records need not begin or end with them. */
void wire_see(struct wire *wire, const uint8_t *p, size_t len)
{
	const uint8_t *end = p + len;

	while (p < end)
		p += wire->body ? see_body(wire, p, end - p) :
				  see_header(wire, p);
}

/* ---- without delay ---- */

static bool set_nodelay(const struct wire *wire, int on)
{
	return !setsockopt(wire->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

/*
 * A flight that does not fit OpenSSL's buffer is written in parts, and the last
 * would wait for the peer to acknowledge those before it. Most are one write.
 */
static void hurry(struct wire *wire)
{
	int on = 1;
	socklen_t len = sizeof(on);

	if (wire->nodelay ||
	    getsockopt(wire->fd, IPPROTO_TCP, TCP_NODELAY, &on, &len) || on)
		return;
	wire->nodelay = set_nodelay(wire, 1);
}

/* The handshake is over: the connection is as it was. */
void wire_leave(struct wire *wire)
{
	if (wire->nodelay)
		set_nodelay(wire, 0);
	wire->nodelay = false;
}

/* ---- watching ---- */

static long watch(BIO *bio, int oper, const char *argp, size_t len, int argi,
		  long argl, int ret, size_t *processed)
{
	struct wire *wire = (struct wire *)BIO_get_callback_arg(bio);

	(void)len;
	(void)argi;
	(void)argl;
	if (oper == BIO_CB_WRITE && wire->wrote)
		hurry(wire);
	if (ret <= 0 || !processed)
		return ret;
	if (oper == (BIO_CB_READ | BIO_CB_RETURN)) {
		wire->wrote = false;
	} else if (oper == (BIO_CB_WRITE | BIO_CB_RETURN)) {
		wire->wrote = true;
		wire_see(wire, (const uint8_t *)argp, *processed);
	}
	return ret;
}

/* See all that @ssl sends from now on. */
void wire_watch(struct wire *wire, SSL *ssl)
{
	BIO *bio = SSL_get_wbio(ssl);

	wire->fd = SSL_get_fd(ssl);
	BIO_set_callback_arg(bio, (char *)wire);
	BIO_set_callback_ex(bio, watch);
}

/* The nonce after that of the last handshake record, a number in net order. */
void wire_next_nonce(const struct wire *wire, uint8_t *nonce)
{
	int i;

	memcpy(nonce, wire->nonce, WIRE_NONCE);
	for (i = WIRE_NONCE - 1; i >= 0; i--)
		if (++nonce[i])
			break;
}
