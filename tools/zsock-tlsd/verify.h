/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TLSD_VERIFY_H
#define TLSD_VERIFY_H

#include <stdbool.h>
#include <stdint.h>

#include <openssl/ssl.h>

struct handshake;

bool verify_name(SSL *ssl, const char *hostname, bool check);
int verify_chain(X509_STORE_CTX *x, void *arg);
uint32_t verify_bits(int error, X509 *cert, bool of_server);
uint32_t verify_result(const struct handshake *hs);

#endif /* TLSD_VERIFY_H */
