/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TLSD_CONN_H
#define TLSD_CONN_H

#include <stdbool.h>
#include <stdint.h>

#include "handshake.h"
#include "timer.h"

struct worker;

/* What an event of epoll's is about. */
enum watch_kind { WATCH_STOP, WATCH_NL, WATCH_CONN };

struct watch {
	enum watch_kind kind;
	struct conn *conn;
	int fd;
	uint32_t events;	/* that are waited for */
	bool added;
};

/**
 * struct conn - a handshake of a worker's
 * @next: in a list of the worker's
 * @prev: what points at it
 * @timer: when it has to be over
 * @watch: the connection
 * @ask_watch: the program, while it is asked
 * @hs: the handshake
 * @fd: the connection
 * @dead: it is over
 */
struct conn {
	struct conn *next, **prev;
	struct timer timer;
	struct watch watch, ask_watch;
	struct handshake *hs;
	int fd;
	bool dead;
};

void conn_begin(struct worker *w, struct request *rq);
void conn_event(struct worker *w, struct watch *watch, uint32_t events);
void conn_late(struct worker *w, struct timer *timer);
void conn_end_all(struct worker *w);
void conn_bury(struct worker *w);

#endif /* TLSD_CONN_H */
