/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A proxy that does and says what a script has, right or wrong, over plain TCP. Once the
 * script has come to ECHO it is the target, too; with RELAY it leads to a true one.
 */
#ifndef PROXY_H
#define PROXY_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "zs.h"

enum proxy_act {
	PROXY_END,		/* close; also after the last step */
	PROXY_GET,		/* take len bytes, which are kept */
	PROXY_PUT,		/* send data */
	PROXY_DRIP,		/* send data, byte by byte, each after ms */
	PROXY_WAIT,		/* ms */
	PROXY_PAUSE,		/* as long as proxy->held says so */
	PROXY_HOLD,		/* until the client has closed, or proxy_stop() */
	PROXY_ECHO,		/* send back what comes, until the end */
	PROXY_RELAY,		/* between the client and proxy->to, until one closes */
	PROXY_RESET,		/* close with a reset */
};

struct proxy_step {
	enum proxy_act act;
	const char *data;
	int len;
	int ms;
};

#define GET(n)		{ PROXY_GET, NULL, n, 0 }
#define PUT(s)		{ PROXY_PUT, s, sizeof(s) - 1, 0 }
#define DRIP(s, ms)	{ PROXY_DRIP, s, sizeof(s) - 1, ms }
#define WAIT(ms)	{ PROXY_WAIT, NULL, 0, ms }
#define PAUSE		{ PROXY_PAUSE, NULL, 0, 0 }
#define HOLD		{ PROXY_HOLD, NULL, 0, 0 }
#define ECHO		{ PROXY_ECHO, NULL, 0, 0 }
#define RELAY		{ PROXY_RELAY, NULL, 0, 0 }
#define RESET		{ PROXY_RESET, NULL, 0, 0 }
#define END		{ PROXY_END, NULL, 0, 0 }

#define PROXY_KEPT	1024

struct proxy {
	union zs_addr addr;
	int l, stop[2];
	pthread_t thread;
	const struct proxy_step *steps;
	union zs_addr to;
	atomic_bool held;
	/* Of the last connection: what it sent while GET was on, and what came after. */
	uint8_t got[PROXY_KEPT];
	int ngot;
	int nconns;
};

/* One that serves connections, one after the other, each by that script. 0 or -1. */
int proxy_start(struct proxy *proxy, int family, const struct proxy_step *steps);
void proxy_stop(struct proxy *proxy);

#endif
