/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ZSOCK_DAEMON_H
#define ZSOCK_DAEMON_H

void daemon_fork(void);
int daemon_pidfile(const char *path);
void daemon_ready(void);
void daemon_end(void);

#endif /* ZSOCK_DAEMON_H */
