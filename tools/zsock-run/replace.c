// SPDX-License-Identifier: GPL-2.0
/*
 * libzsock-run.so: another kind of socket in the place of one that is neither
 * connected nor listens yet.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "preload.h"

static int take_places(int fd, const struct places *places)
{
	const struct watch *watch;
	struct epoll_event event;
	int i;

	for (i = 0; i < places->nfds; i++)
		if (syscall(SYS_dup3, fd, places->fds[i].fd,
			    places->fds[i].flags) < 0)
			return -1;
	/* epoll forgot about the old one when its last descriptor went. */
	for (i = 0; i < places->nwatches; i++) {
		watch = &places->watches[i];
		event.events = watch->events;
		event.data.u64 = watch->data;
		if (syscall(SYS_epoll_ctl, watch->epfd, EPOLL_CTL_ADD,
			    watch->fd, &event))
			return -1;
	}
	return 0;
}

/**
 * replace_socket() - put another kind of socket in the place of one
 * @fd: a descriptor of that
 * @info: about it
 * @protocol: of the new one
 *
 * The new one gets the old one's options, address, descriptors and places in
 * epoll sets: see copy.c and places.c for what they know of.
 *
 * Return: 0, or -1 and errno. After a failure the old one may be there still,
 * or the new one; it is not to be used.
 */
int replace_socket(int fd, const struct zsock_info *info, int protocol)
{
	struct places places;
	int new, err, ret;

	if (places_find(fd, &places))
		return -1;
	new = make_socket(info->domain, info->type | SOCK_CLOEXEC, protocol,
			  protocol == IPPROTO_TLS_1_2);
	if (new < 0)
		return -1;
	ret = copy_socket(fd, new, info);
	if (!ret)
		ret = take_places(new, &places);
	err = errno;
	syscall(SYS_close, new);
	errno = err;
	return ret;
}
