/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TLSD_STORE_H
#define TLSD_STORE_H

#include <stdbool.h>

#include <openssl/ssl.h>

void store_set(const char *ca_file, bool none);
int store_load(void);
void store_use(SSL_CTX *ctx);
void store_free(void);

#endif /* TLSD_STORE_H */
