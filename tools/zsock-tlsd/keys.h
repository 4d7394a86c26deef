/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TLSD_KEYS_H
#define TLSD_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/ssl.h>

#include "ciphers.h"

#define KEYS_KEY_MAX	32
#define KEYS_IV		12

/**
 * struct keys_side - what protects the records of one direction
 * @key: of the AEAD
 * @iv: TLS 1.3, and ChaCha20 in TLS 1.2: what the sequence number is added to.
 *	Otherwise TLS 1.2: 4 bytes of salt, then 8 of explicit nonce for the
 *	next record
 * @seq: number of the next record
 */
struct keys_side {
	uint8_t key[KEYS_KEY_MAX];
	uint8_t iv[KEYS_IV];
	uint64_t seq;
};

/**
 * struct keys - what kTLS needs to know of a connection
 * @version: as on the wire
 * @aead: how records are protected
 * @tx: what is sent
 * @rx: what is received
 */
struct keys {
	uint16_t version;
	enum aead aead;
	struct keys_side tx, rx;
};

size_t keys_key_len(enum aead aead);
const EVP_CIPHER *keys_cipher(enum aead aead);

#endif /* TLSD_KEYS_H */
