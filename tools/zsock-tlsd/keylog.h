/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TLSD_KEYLOG_H
#define TLSD_KEYLOG_H

int keylog_open(const char *path);
void keylog_write(const char *line);

#endif /* TLSD_KEYLOG_H */
