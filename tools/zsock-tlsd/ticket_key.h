/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TLSD_TICKET_KEY_H
#define TLSD_TICKET_KEY_H

#include <stdbool.h>
#include <time.h>

#include <openssl/ssl.h>

bool ticket_key_init(void);
void ticket_key_rotate(time_t now);
void ticket_key_use(SSL_CTX *ctx);
void ticket_key_wipe(void);

#endif /* TLSD_TICKET_KEY_H */
