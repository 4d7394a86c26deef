/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tests of the agent's parts, without a kernel module: handshakes over loopback
 * TCP with OpenSSL at the other end.
 */
#ifndef TLSD_T_H
#define TLSD_T_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/ssl.h>

#include "handshake.h"
#include "request.h"

/* ---- check.c: results, one line each ---- */

void t_begin(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
bool t_check(bool ok, const char *file, int line, const char *what);
bool t_check_eq(long long got, long long want, const char *file, int line,
		const char *what);
void t_end(void);
int t_status(void);

#define CHECK(x)	t_check((x), __FILE__, __LINE__, #x)
#define CHECK_EQ(got, want) \
	t_check_eq((got), (want), __FILE__, __LINE__, #got " is " #want)

/* ---- certs.c: certificates as they should be, and as they should not ---- */

/**
 * struct cert_spec - a certificate that is to be made
 * @cn: common name
 * @san: subjectAltName, or NULL
 * @eku: extendedKeyUsage, or NULL
 * @ku: keyUsage, or NULL
 * @key: "rsa", "rsa1024", "p256", "p384", "ed25519"
 * @ca: it may sign others
 * @from: days from now on
 * @days: how long it is valid
 */
struct cert_spec {
	const char *cn, *san, *eku, *ku, *key;
	bool ca;
	int from, days;
};

struct pair {
	X509 *cert;
	EVP_PKEY *key;
};

struct pair *cert_make(const struct cert_spec *spec, const struct pair *issuer);
void cert_free(struct pair *pair);

/* The usual ones. */
struct pki {
	struct pair *ca, *other_ca, *client;
	struct pair *rsa, *p256, *p384, *ed25519;
};

extern struct pki pki;

void pki_make(void);
void pki_free(void);

/* ---- side.c: our side ---- */

/* What a tag has; NULL for nothing. */
struct tag {
	X509 *ca;
	const struct pair *own;
	X509 *chain;
	const char *psk, *psk_id;
	bool der;
};

/* Our end of a connection. */
struct side {
	struct request rq;
	struct handshake *hs;
	struct keys keys;	/* that were handed over */
	bool attached, refuse_attach;
	const char *why;
	int fd;
};

extern bool t_ktls;		/* hand keys to the kernel, not to record.c */

void side_init(struct side *s, uint32_t role);
void side_tag(struct side *s, int32_t number, const struct tag *tag);
bool side_start(struct side *s, int fd);
void side_free(struct side *s);
void side_forget_creds(void);

/* ---- peer.c: OpenSSL at the other end ---- */

struct peer {
	SSL_CTX *ctx;
	SSL *ssl;
	BIO *in, *out;
	int fd;
	bool done, failed;
	size_t chunk;		/* bytes that are moved at a time, 0: all */
	int alert_sent, alert_received;
	struct wire seen;	/* of what has come */
	char got[64];		/* data that has come */
	size_t got_len;
};

void peer_init(struct peer *p, bool server);
void peer_use(struct peer *p, const struct pair *pair);
bool peer_start(struct peer *p, int fd);
void peer_write(struct peer *p, const char *text);
bool peer_read(struct peer *p, const char *text);
bool peer_pump(struct peer *p);
void peer_free(struct peer *p);

void tcp_pair(int fds[2]);
void t_run(struct side *s, struct peer *p);
void t_connect(struct side *s, struct peer *p);
void t_talk(struct side *s, struct peer *p);
void t_close(struct side *s, struct peer *p);

/* ---- record.c: what kTLS does ---- */

bool record_send(struct side *s, uint8_t type, const void *data, size_t len);
ssize_t record_receive(struct side *s, uint8_t *type, uint8_t *data,
		       size_t room);

/* ---- tests ---- */

void t_units(void);
void t_suites(void);
void t_verify(void);
void t_psk(void);
void t_sessions(void);
void t_ask(void);
void t_hostile(void);

#endif /* TLSD_T_H */
