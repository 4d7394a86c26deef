/* SPDX-License-Identifier: GPL-2.0 */
#ifndef OFFLOADD_WATCH_H
#define OFFLOADD_WATCH_H

/* What epoll says something about: the first member of whatever it is. */
struct watch {
	enum {
		WATCH_SIGNALS,
		WATCH_LISTENER,
		WATCH_PIPE,
		WATCH_SOCK,
	} kind;
};

#endif /* OFFLOADD_WATCH_H */
