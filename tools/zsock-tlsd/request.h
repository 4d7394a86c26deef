/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A handshake as the kernel asks for it.
 */
#ifndef TLSD_REQUEST_H
#define TLSD_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/zsock.h>

/* Tags that a socket can name, and each has at most one of a type. */
#define REQUEST_CREDS_MAX	(ZSOCK_TLS_TAGS_MAX * ZSOCK_CRED_TYPE_MAX)

/* A credential's bytes are fetched by its serial, and only when needed. */
struct request_cred {
	int32_t tag;
	uint32_t type;		/* ZSOCK_CRED_* */
	uint32_t format;	/* ZSOCK_CRED_FORMAT_* */
	uint32_t length;
	uint64_t serial;
};

/**
 * struct request - a handshake that is to be done
 * @id: what the kernel calls it
 * @fd: the connection; -1 once somebody else has it
 * @verify_fd: over which the program is asked about certificates, or -1
 * @role: TLS_DTLS_ROLE_*
 * @version: the lowest that will do
 * @timeout: milliseconds that are left
 * @verify: TLS_PEER_VERIFY_*
 * @uid: whose socket it is
 * @no_name_check: the peer may have any name
 * @cache: sessions may be cached
 * @last: none waited behind it
 * @hostname: of the peer, or empty
 * @ciphers: IANA numbers, the best first; none for the default
 * @nciphers: how many
 * @alpn: strings, each with its NUL
 * @alpn_len: bytes of them
 * @creds: in the order of the tags
 * @ncreds: how many
 */
struct request {
	uint64_t id;
	int fd, verify_fd;
	uint32_t role;
	uint32_t version;
	uint32_t timeout;
	uint32_t verify;
	uint32_t uid;
	bool no_name_check;
	bool cache;
	bool last;
	char hostname[ZSOCK_TLS_HOSTNAME_MAX + 1];
	uint16_t ciphers[ZSOCK_TLS_CIPHERS_MAX];
	size_t nciphers;
	char alpn[ZSOCK_TLS_ALPN_MAX];
	size_t alpn_len;
	struct request_cred creds[REQUEST_CREDS_MAX];
	size_t ncreds;
};

/**
 * struct outcome - how a handshake ended
 * @error: errno, 0 if it succeeded
 * @alert: TLS alert that was sent or received, or -1
 * @alert_received: the peer sent it
 * @version: used
 * @cipher: IANA number of the suite used
 * @alpn: agreed, or empty
 * @verify: ZSOCK_VERIFY_*
 * @resumed: a cached session was used
 */
struct outcome {
	int error;
	int alert;
	bool alert_received;
	uint16_t version;
	uint16_t cipher;
	char alpn[256];
	uint32_t verify;
	bool resumed;
};

struct nlmsghdr;

void request_init(struct request *rq);
int request_parse(const struct nlmsghdr *nlh, struct request *rq);
void request_close(struct request *rq);

#endif /* TLSD_REQUEST_H */
