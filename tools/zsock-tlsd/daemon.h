/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TLSD_DAEMON_H
#define TLSD_DAEMON_H

void daemon_fork(void);
int daemon_pidfile(const char *path);
void daemon_ready(void);
void daemon_end(void);

#endif /* TLSD_DAEMON_H */
