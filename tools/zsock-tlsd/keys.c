// SPDX-License-Identifier: GPL-2.0
/* Sizes and kinds of keys. */
#include "keys.h"

size_t keys_key_len(enum aead aead)
{
	switch (aead) {
	case AEAD_AES_256_GCM:
	case AEAD_CHACHA20_POLY1305:
		return 32;
	default:
		return 16;
	}
}

const EVP_CIPHER *keys_cipher(enum aead aead)
{
	switch (aead) {
	case AEAD_AES_128_GCM:
		return EVP_aes_128_gcm();
	case AEAD_AES_256_GCM:
		return EVP_aes_256_gcm();
	case AEAD_CHACHA20_POLY1305:
		return EVP_chacha20_poly1305();
	default:
		return EVP_aes_128_ccm();
	}
}
