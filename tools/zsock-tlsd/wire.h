/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TLSD_WIRE_H
#define TLSD_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include <openssl/ssl.h>

#define WIRE_NONCE	8

/**
 * struct wire - what is seen of records on their way out
 * @header: of the record that is passing
 * @header_len: bytes of it that have passed
 * @body: bytes of its body that are still to pass
 * @taken: bytes of its body that were kept in @nonce
 * @nonce: first bytes of the body of the last handshake record
 * @fd: the connection
 * @wrote: and has read nothing since
 * @nodelay: TCP_NODELAY was set for the handshake
 */
struct wire {
	uint8_t header[5];
	uint8_t header_len;
	uint16_t body;
	uint8_t taken;
	uint8_t nonce[WIRE_NONCE];
	int fd;
	bool wrote, nodelay;
};

void wire_see(struct wire *wire, const uint8_t *p, size_t len);
void wire_watch(struct wire *wire, SSL *ssl);
void wire_leave(struct wire *wire);
void wire_next_nonce(const struct wire *wire, uint8_t *nonce);

#endif /* TLSD_WIRE_H */
