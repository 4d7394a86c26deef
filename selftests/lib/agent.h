/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An agent that does no handshake: it attaches kTLS with keys that everybody knows, or fails,
 * or stalls, as it is told. Thus a test can be the peer by itself, on a plain TCP socket, and
 * send what no TLS library would.
 */
#ifndef AGENT_H
#define AGENT_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum agent_mode {
	AGENT_GOOD,		/* kTLS at once */
	AGENT_FAILS,		/* with error, alert */
	AGENT_STALLS,		/* accepts, and keeps the descriptor */
	AGENT_IGNORES,		/* does not accept */
	AGENT_LIES,		/* says that it succeeded, attaches nothing */
};

struct agent {
	enum agent_mode mode;
	int version;		/* 0x0303 or 0x0304 */
	int error, alert;
	bool received;
	int delay_ms;		/* before it answers */
	int patience_ms;	/* for the kernel's answers; 0 is long */
	const char *alpn;	/* agreed, or NULL */
	/* of the last that it accepted */
	int accepted;		/* how many */
	int fd;			/* a stalled one's */
	int verify_fd;		/* closed when the next one comes, or -1 */
	uint64_t id;
	uint32_t role, min_version, verify, uid;
	char hostname[256];
	bool no_name_check, cache, last;
	int ncreds;
	uint64_t serial;	/* of the last credential */
	int tickets;		/* that came */
	int ticket_len;
	int purges;

	int nl, family;
	bool again;
	pthread_mutex_t lock;	/* of nl */
	int stop[2];
	pthread_t thread;
};

/* 0 or -1. */
int agent_start(struct agent *agent);
void agent_stop(struct agent *agent);
/* Without a thread of its own: the test accepts. */
int agent_open(struct agent *agent);
void agent_close(struct agent *agent);
/* The next handshake's descriptor, and its number; -1 and errno where there is none. */
int agent_accept(struct agent *agent, uint64_t *id);
/* The same, when there is one: whose connect() did not wait may be here before it. */
int agent_await(struct agent *agent, uint64_t *id);
/* A stalled one ends. A positive errno where the kernel refused. */
int agent_done(struct agent *agent, uint64_t id, int error);

/* kTLS in both directions, with the agent's keys. 0 or -1. */
int agent_ktls(int fd, int version);
/* A record of any type. */
int agent_send_record(int fd, uint8_t type, const void *data, int len);
/* The next record: its type, or -1; *len is the size, then the bytes there are. */
int agent_recv_record(int fd, void *data, int *len);

#endif
