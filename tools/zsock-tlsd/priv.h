/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TLSD_PRIV_H
#define TLSD_PRIV_H

int priv_drop(const char *user);

#endif /* TLSD_PRIV_H */
