/* SPDX-License-Identifier: GPL-2.0 */
#ifndef OFFLOADD_INTERNAL_H
#define OFFLOADD_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include <sys/uio.h>

#include "addr.h"

struct sock;

bool internal_set(const char *text);
bool internal_is(const union addr *addr);
int internal_connect(struct sock *s, const union addr *addr);
void internal_name(const struct sock *s, union addr *name);
void internal_take(struct sock *s, const struct iovec *vec, int n, size_t len);
void internal_dgram(struct sock *s, const union addr *to, const char *data,
		    size_t len);
void internal_serve(struct sock *s, size_t quantum);
void internal_fin(struct sock *s);

#endif /* OFFLOADD_INTERNAL_H */
