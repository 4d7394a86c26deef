/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Secure sockets: making them, their options, the agent, credentials.
 *
 * With ZSOCK_TEST_FAMILY=inet they are plain TCP ones, and what belongs to TLS
 * does nothing: what such a test expects is what is true of TCP.
 */
#ifndef TLS_H
#define TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "zs.h"

/* Who has what; the files are those of tls/pki.sh. */
#define TLS_TAG_SERVER	1	/* certificate and key */
#define TLS_TAG_CA	2	/* the root */
#define TLS_TAG_CLIENT	3	/* certificate and key */
#define TLS_TAG_PSK	4
#define TLS_TAG_STRANGER 5	/* a root that signed nothing of this */

#define TLS_NAME	"server.test"

/* Suites that OpenSSL, GnuTLS and kTLS have. */
#define TLS13_AES_128_GCM	0x1301
#define TLS13_AES_256_GCM	0x1302
#define TLS13_CHACHA20		0x1303
#define TLS13_AES_128_CCM	0x1304
#define TLS12_AES_128_GCM	0xc02b	/* these with ECDSA */
#define TLS12_AES_256_GCM	0xc02c
#define TLS12_CHACHA20		0xcca9
#define TLS12_AES_128_CCM	0xc0ac

struct zsock_handshake_error;

/*
 * A program's main(): the agent and the credentials of all tests, in a network
 * namespace of their own, then the tests. 1 where that fails.
 */
int tls_main(int argc, char **argv, int (*run)(int argc, char **argv));
/* Its agent. While that is stopped every handshake is under way. */
extern pid_t tls_agent;
void tls_agent_pause(void);
void tls_agent_resume(void);

/*
 * zsock-tlsd, with the caller's network namespace for its own; its messages go
 * to $ZSOCK_TLS_LOG or nowhere. -1 when it does not start.
 */
pid_t tls_agent_start(void);
void tls_agent_stop(pid_t pid, int sig);
/* Somebody is in the multicast group "handshake" of this namespace. */
bool tls_agent_there(int wait_ms);

/* By genl.c; 0 or a positive errno. File: a name in the directory of pki.sh. */
int tls_cred_file(int tag, int type, const char *file);
int tls_cred_bytes(int tag, int type, const void *data, size_t len);
int tls_cred_del(int tag);
int tls_cred_allow(int tag, unsigned int uid);
int tls_creds(void);

/* A secure socket; version is IPPROTO_TLS_*. */
int tls_socket(int domain, int version);
int tls_set_tags(int fd, const int *tags, int n);
int tls_set_tag(int fd, int tag);
int tls_set_hostname(int fd, const char *name);
int tls_set_ciphers(int fd, const int *ciphers, int n);
/* What a client and a server need to trust each other as the tests have it. */
int tls_setup_client(int fd);
int tls_setup_server(int fd);
int tls_handshake_error(int fd, struct zsock_handshake_error *err);

/* On a loopback address; cipher 0: the default. -1 and errno when it fails. */
int tls_listener(int domain, int family, union zs_addr *bound);
int tls_connect(int domain, const union zs_addr *to, int cipher);
int tls_pair(int domain, int family, int cipher, int fd[2]);
int tls_close_keep_errno(int fd);
/* Four bytes one way, and four the other. */
bool tls_can_talk(int a, int b);

/* A stream of bytes of which each tells where it belongs. */
void tls_pattern(void *buf, uint64_t offset, size_t len);
/* Where the first wrong byte is, or -1. */
ssize_t tls_pattern_wrong(const void *buf, uint64_t offset, size_t len);

#endif
