/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TLSD_KEYLOG_H
#define TLSD_KEYLOG_H

#include <stdbool.h>

int keylog_open(const char *path);
bool keylog_wanted(void);
void keylog_write(const char *line);

#endif /* TLSD_KEYLOG_H */
