/* SPDX-License-Identifier: GPL-2.0 */
/* The dispatcher's steps, for who takes them one by one. */
#ifndef _ZSOCK_DISPATCH_H
#define _ZSOCK_DISPATCH_H

#include "../zsock_int.h"

/**
 * struct zsock_made - an inner socket that is to be an outer socket's
 * @inner: it, with what was set on the outer socket; NULL: there is none
 * @carrier: its backend, pinned
 * @handler: that the outer socket will have; pinned where it is another
 * @spec: what was asked for
 * @dual: IPv4 addresses are to be mapped
 * @whole: the backend does all of the protocol
 * @options: the outer socket's count of options set, as of then
 */
struct zsock_made {
	struct socket		*inner;
	struct zsock_carrier	*carrier;
	struct zsock_handler	*handler;
	struct zsock_spec	spec;
	bool			dual;
	bool			whole;
	unsigned int		options;
};

int zsock_dispatch_make(struct zsock_sock *zs, int family, const void *to,
			int len, struct zsock_made *made);
int zsock_dispatch_take(struct zsock_sock *zs, struct zsock_made *made);
void zsock_dispatch_drop(struct zsock_sock *zs, struct zsock_made *made);

#endif /* _ZSOCK_DISPATCH_H */
