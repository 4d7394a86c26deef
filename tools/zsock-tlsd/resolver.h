/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TLSD_RESOLVER_H
#define TLSD_RESOLVER_H

#define RESOLVERS_MAX		256
#define RESOLVERS_DEFAULT	32

int resolver_start(unsigned int threads, char *why, unsigned int room);
void resolver_stop(void);
void resolver_stats(void);

#endif /* TLSD_RESOLVER_H */
