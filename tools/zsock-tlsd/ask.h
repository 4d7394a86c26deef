/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TLSD_ASK_H
#define TLSD_ASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/x509.h>

enum ask_state {
	ASK_NOTHING,	/* nothing is being asked */
	ASK_WRITE,	/* the question is to be written */
	ASK_READ,	/* the answer is to be read */
	ASK_OVER,	/* it was answered */
};

/**
 * struct ask - a question to a program about its peer's certificate
 * @fd: over which; of this object
 * @id: of the handshake
 * @state: how far it is
 * @accept: the answer
 * @msg: the question
 * @len: bytes of it
 */
struct ask {
	int fd;
	uint64_t id;
	enum ask_state state;
	bool accept;
	unsigned char *msg;
	size_t len;
};

struct ask *ask_new(int fd, uint64_t id);
void ask_free(struct ask *ask);
bool ask_wait(struct ask *ask, uint32_t result, STACK_OF(X509) *chain);
enum ask_state ask_step(struct ask *ask);
void ask_refuse(struct ask *ask);

#endif /* TLSD_ASK_H */
