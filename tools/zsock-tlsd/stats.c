// SPDX-License-Identifier: GPL-2.0
/*
 * Counters: peers that fail are counted, and not logged one by one.
 */
#include <errno.h>
#include <stdatomic.h>

#include "log.h"
#include "stats.h"

static atomic_ulong done, resumed, refused_by_us, refused_by_peer, too_slow,
	abandoned, other;

static atomic_ulong *counter(const struct outcome *out)
{
	switch (out->error) {
	case 0:
		return &done;
	case ECONNABORTED:
		return &refused_by_us;
	case ECONNRESET:
		return &refused_by_peer;
	case ETIMEDOUT:
		return &too_slow;
	case ESHUTDOWN:
	case ECANCELED:
		return &abandoned;
	default:
		return &other;
	}
}

void stats_count(const struct outcome *out)
{
	atomic_fetch_add(counter(out), 1);
	if (!out->error && out->resumed)
		atomic_fetch_add(&resumed, 1);
}

void stats_log(void)
{
	log_say(LOG_INFO,
		"handshakes: %lu done (%lu resumed), %lu failed, %lu ended by the peer, %lu too slow, %lu abandoned, %lu other errors",
		atomic_load(&done), atomic_load(&resumed),
		atomic_load(&refused_by_us), atomic_load(&refused_by_peer),
		atomic_load(&too_slow), atomic_load(&abandoned),
		atomic_load(&other));
}
