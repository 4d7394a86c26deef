/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TLSD_CACHE_H
#define TLSD_CACHE_H

#include <time.h>

#include "config.h"

struct config *cache_get(const struct request *rq,
			 const struct cred_source *source, const char **why);
void cache_expire(time_t now);
void cache_clear(void);

#endif /* TLSD_CACHE_H */
