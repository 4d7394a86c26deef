/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TLSD_CREDS_H
#define TLSD_CREDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/ssl.h>

#include "request.h"

/**
 * struct cred_source - where the bytes of credentials come from
 * @fetch: returns 0 or -errno, and bytes that creds_wipe() takes: at most as
 *	many as the credential should have
 * @arg: for @fetch
 */
struct cred_source {
	int (*fetch)(void *arg, const struct request_cred *cred, uint8_t **data,
		     size_t *len);
	void *arg;
};

/* A credential in hand. */
struct cred_data {
	const struct request_cred *cred;
	uint8_t *data;
	size_t len;
};

struct cred_set {
	struct cred_data all[REQUEST_CREDS_MAX];
	size_t n;
};

int creds_fetch(const struct request *rq, const struct cred_source *source,
		struct cred_set *set);
void creds_wipe(struct cred_set *set);
const struct cred_data *creds_find(const struct cred_set *set, int32_t tag,
				   uint32_t type);
const char *creds_use_ca(const struct cred_set *set, SSL_CTX *ctx, bool server,
			 bool *any);
const char *creds_use_own(const struct cred_set *set, SSL_CTX *ctx, bool *any);

#endif /* TLSD_CREDS_H */
