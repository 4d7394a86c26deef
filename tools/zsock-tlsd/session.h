/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sessions of clients, kept to be resumed.
 */
#ifndef TLSD_SESSION_H
#define TLSD_SESSION_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include <openssl/ssl.h>

#define SESSION_KEY	32

/* Longest time for which a peer that was verified needs no new look. */
#define SESSION_LIFE	3600

/**
 * struct session_owner - who may resume a session
 * @key: hash of all that has to be the same
 * @uid: whose socket it was, for who has sessions forgotten
 */
struct session_owner {
	uint8_t key[SESSION_KEY];
	uint32_t uid;
};

struct config;
struct request;

bool session_owner(const struct config *config, const struct request *rq,
		   int fd, struct session_owner *owner);
bool session_set_verify(SSL_SESSION *session, uint32_t mask);
bool session_get_verify(SSL_SESSION *session, uint32_t *mask);

bool sessions_put(const struct session_owner *owner, SSL_SESSION *session);
SSL_SESSION *sessions_take(const struct session_owner *owner);
void sessions_purge(uint32_t uid);
void sessions_expire(time_t now);
void sessions_clear(void);
unsigned int sessions_count(void);

#endif /* TLSD_SESSION_H */
