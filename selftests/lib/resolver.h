/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An agent that resolves names as a test says, good or bad, with a thread of its own or
 * step by step.
 */
#ifndef RESOLVER_H
#define RESOLVER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <linux/zsock.h>

#include "zs.h"

struct resolver_query {
	uint64_t id;
	uint32_t family, uid, timeout;
	char name[256];
};

struct resolver_answer {
	int error;
	unsigned int n;
	struct {
		unsigned char data[64];
		int len;
	} addr[32];
};

struct resolver {
	/* Fill the answer; false for none at all. In the resolver's thread. */
	bool (*answer)(const struct resolver_query *query, struct resolver_answer *answer);
	int asked, refused;	/* names that were accepted; answers that were not */
	atomic_bool held;	/* the thread's answers wait for its end */

	int nl, family, stop[2];
	uint32_t seq;
	pthread_t thread;
};

/* 0 or -1. Without a thread: the test accepts. */
int resolver_open(struct resolver *r);
void resolver_close(struct resolver *r);
int resolver_start(struct resolver *r);
void resolver_stop(struct resolver *r);

/* 0 or a positive errno; EAGAIN where no name waits. */
int resolver_accept(struct resolver *r, struct resolver_query *query);
/* Likewise, when one does. */
int resolver_await(struct resolver *r, struct resolver_query *query);
int resolver_done(struct resolver *r, uint64_t id, const struct resolver_answer *answer);

/* An address in text is one more of the answer. */
void resolver_add(struct resolver_answer *answer, const char *text);

/* A struct sockaddr_zs; what is to be passed as its length. */
socklen_t zs_name(struct sockaddr_zs *addr, const char *name, int port);

#endif
