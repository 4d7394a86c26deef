/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TLSD_KTLS_H
#define TLSD_KTLS_H

#include "keys.h"

int ktls_prepare(int fd);
int ktls_attach(int fd, const struct keys *keys);

#endif /* TLSD_KTLS_H */
