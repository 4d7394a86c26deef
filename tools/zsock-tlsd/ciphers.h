/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TLSD_CIPHERS_H
#define TLSD_CIPHERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The ways of protecting records that kTLS has. */
enum aead {
	AEAD_AES_128_GCM,
	AEAD_AES_256_GCM,
	AEAD_CHACHA20_POLY1305,
	AEAD_AES_128_CCM,
};

/**
 * struct cipher_choice - what a configuration may negotiate
 * @tls12: OpenSSL's names up to TLS 1.2, the best first
 * @tls13: the same for TLS 1.3
 * @min: lowest version, as on the wire
 * @max: highest version
 * @psk13: the first TLS 1.3 suite that an external PSK can be used with, or 0
 */
struct cipher_choice {
	char tls12[2048];
	char tls13[256];
	uint16_t min, max;
	uint16_t psk13;
};

bool ciphers_choose(const uint16_t *list, size_t n, bool psk,
		    uint32_t min_version, struct cipher_choice *choice);
bool ciphers_aead(uint16_t id, enum aead *aead);

#endif /* TLSD_CIPHERS_H */
