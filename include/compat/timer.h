/* SPDX-License-Identifier: GPL-2.0 */
/* Differences between kernels: timers. */
#ifndef _ZSOCK_COMPAT_TIMER_H
#define _ZSOCK_COMPAT_TIMER_H

#include <linux/hrtimer.h>
#include <linux/version.h>

/* What it runs is set with it, no more behind its back. */
static inline void zsock_hrtimer_setup(struct hrtimer *timer,
				       enum hrtimer_restart (*fn)(struct hrtimer *timer),
				       clockid_t clock, enum hrtimer_mode mode)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
	hrtimer_setup(timer, fn, clock, mode);
#else
	hrtimer_init(timer, clock, mode);
	timer->function = fn;
#endif
}

#endif /* _ZSOCK_COMPAT_TIMER_H */
