/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TLSD_STATS_H
#define TLSD_STATS_H

#include "request.h"

void stats_count(const struct outcome *out);
void stats_log(void);

#endif /* TLSD_STATS_H */
