/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ZSOCK_PRIV_H
#define ZSOCK_PRIV_H

int priv_drop(const char *user, int cap);

#endif /* ZSOCK_PRIV_H */
