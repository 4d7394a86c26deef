/* SPDX-License-Identifier: GPL-2.0 */
/*
 * libzsock-run.so: what its parts share.
 */
#ifndef ZSOCK_RUN_PRELOAD_H
#define ZSOCK_RUN_PRELOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "settings.h"

#define EXPORT		__attribute__((visibility("default")))

/* preload.c */
void setup(void);
bool ask_info(int fd, struct zsock_info *info);
int make_socket(int domain, int type, int protocol, bool tls);

/* tls.c */
void tls_setup(void);
int tls_protocol(int *protocol);

/* explain.c */
void tls_explain(int fd, int err);

/* replace.c */
int replace_socket(int fd, const struct zsock_info *info, int protocol);

/* copy.c */
int copy_socket(int from, int to, const struct zsock_info *info);

/* places.c: where else a socket is known */
#define PLACES_MAX	16

struct places {
	struct place {
		int fd, flags;
	} fds[PLACES_MAX];
	struct watch {
		int epfd, fd;
		unsigned int events;
		unsigned long long data;
	} watches[PLACES_MAX];
	int nfds, nwatches;
};

int places_find(int fd, struct places *places);

/* names.c: what addresses were called when they were looked up */
void names_add(const struct sockaddr *addr, const char *name);
bool names_find(const struct sockaddr *addr, char *name, size_t size);
void names_numeric(const struct sockaddr *addr, char *name, size_t size);

/* resolve.c */
void resolve_setup(void);

/* say.c */
void say_setup(void);
void say(const char *text, const char *more);

#endif /* ZSOCK_RUN_PRELOAD_H */
