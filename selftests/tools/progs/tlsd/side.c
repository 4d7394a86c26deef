// SPDX-License-Identifier: GPL-2.0
/*
 * Our side: a handshake as a worker has it, with credentials that are not the
 * kernel's.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/pem.h>

#include "cache.h"
#include "ktls.h"
#include "t.h"

#define CREDS_MAX	4096

bool t_ktls;

/* By serial, from 1. The same bytes have the same serial, as in the kernel. */
static struct {
	uint8_t *data;
	size_t len;
} creds[CREDS_MAX];
static unsigned int ncreds;

static struct side *attaching;	/* whose keys come next */

static uint64_t store(const void *data, size_t len)
{
	unsigned int i;

	for (i = 0; i < ncreds; i++)
		if (creds[i].len == len && !memcmp(creds[i].data, data, len))
			return i + 1;
	if (ncreds == CREDS_MAX)
		abort();
	creds[ncreds].data = malloc(len);
	memcpy(creds[ncreds].data, data, len);
	creds[ncreds].len = len;
	return ++ncreds;
}

void side_forget_creds(void)
{
	while (ncreds)
		free(creds[--ncreds].data);
}

static int fetch(void *arg, const struct request_cred *cred, uint8_t **data,
		 size_t *len)
{
	uint64_t serial = cred->serial;

	(void)arg;
	if (!serial || serial > ncreds)
		return -ENOENT;
	*len = creds[serial - 1].len;
	*data = OPENSSL_memdup(creds[serial - 1].data, *len);
	return 0;
}

static void add(struct side *s, int32_t tag, uint32_t type, uint32_t format,
		const void *data, size_t len)
{
	struct request_cred *c = &s->rq.creds[s->rq.ncreds++];

	c->tag = tag;
	c->type = type;
	c->format = format;
	c->length = len;
	c->serial = store(data, len);
}

static void add_bio(struct side *s, int32_t tag, uint32_t type, bool der,
		    BIO *bio)
{
	char *data;
	long len = BIO_get_mem_data(bio, &data);

	add(s, tag, type, der ? ZSOCK_CRED_FORMAT_DER : ZSOCK_CRED_FORMAT_PEM,
	    data, len);
	BIO_free(bio);
}

static void write_cert(BIO *bio, X509 *cert, bool der)
{
	if (der)
		i2d_X509_bio(bio, cert);
	else
		PEM_write_bio_X509(bio, cert);
}

static void add_own(struct side *s, int32_t number, const struct tag *tag)
{
	BIO *bio = BIO_new(BIO_s_mem());

	write_cert(bio, tag->own->cert, tag->der);
	if (tag->chain)
		write_cert(bio, tag->chain, tag->der);
	add_bio(s, number, ZSOCK_CRED_CERT, tag->der, bio);
	bio = BIO_new(BIO_s_mem());
	if (tag->der)
		i2d_PrivateKey_bio(bio, tag->own->key);
	else
		PEM_write_bio_PrivateKey(bio, tag->own->key, NULL, NULL, 0,
					 NULL, NULL);
	add_bio(s, number, ZSOCK_CRED_KEY, tag->der, bio);
}

void side_tag(struct side *s, int32_t number, const struct tag *tag)
{
	BIO *bio;

	if (tag->ca) {
		bio = BIO_new(BIO_s_mem());
		write_cert(bio, tag->ca, tag->der);
		add_bio(s, number, ZSOCK_CRED_CA, tag->der, bio);
	}
	if (tag->own)
		add_own(s, number, tag);
	if (tag->psk)
		add(s, number, ZSOCK_CRED_PSK, ZSOCK_CRED_FORMAT_RAW, tag->psk,
		    strlen(tag->psk));
	if (tag->psk_id)
		add(s, number, ZSOCK_CRED_PSK_ID, ZSOCK_CRED_FORMAT_RAW,
		    tag->psk_id, strlen(tag->psk_id));
}

/* A client that trusts the test's CA, a server with a P-256 certificate. */
void side_init(struct side *s, uint32_t role)
{
	memset(s, 0, sizeof(*s));
	request_init(&s->rq);
	s->rq.id = 77;
	s->rq.role = role;
	s->rq.version = TLS1_2_VERSION;
	s->rq.uid = 1000;
	if (role == TLS_DTLS_ROLE_CLIENT) {
		s->rq.verify = TLS_PEER_VERIFY_REQUIRED;
		strcpy(s->rq.hostname, "localhost");
	}
	s->fd = -1;
}

/* ---- the connection ---- */

static int prepare(int fd)
{
	return t_ktls ? ktls_prepare(fd) : 0;
}

static int attach(int fd, const struct keys *keys)
{
	attaching->attached = true;
	attaching->keys = *keys;
	if (attaching->refuse_attach)
		return -ENOPROTOOPT;
	return t_ktls ? ktls_attach(fd, keys) : 0;
}

static const struct hs_ops ops = { prepare, attach };

/* Returns false where there is no configuration. */
bool side_start(struct side *s, int fd)
{
	const struct cred_source source = { fetch, NULL };
	struct config *config = cache_get(&s->rq, &source, &s->why);

	s->fd = fd;
	s->rq.fd = fd;
	attaching = s;
	if (config)
		s->hs = hs_new(config, &s->rq, &ops);
	return s->hs;
}

void side_free(struct side *s)
{
	hs_free(s->hs);
	s->hs = NULL;
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}
