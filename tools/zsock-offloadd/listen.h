/* SPDX-License-Identifier: GPL-2.0 */
#ifndef OFFLOADD_LISTEN_H
#define OFFLOADD_LISTEN_H

#include "watch.h"

struct listener {
	struct watch watch;
	int fd;
	int family;
	const char *where;
	const char *path;	/* to be removed at the end */
};

int listen_open(void);
int listen_watch(void);
void listen_accept(struct listener *l);
void listen_close(void);

#endif /* OFFLOADD_LISTEN_H */
