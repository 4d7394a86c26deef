/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * Descriptors of sockets that the program itself implements. Such a number is a
 * descriptor of the process, too, so nothing else gets it; but only the calls of
 * libzsock know the socket behind it.
 */
#ifndef _ZSOCK_ZEPHYR_SYS_FDTABLE_H
#define _ZSOCK_ZEPHYR_SYS_FDTABLE_H

#include <stdarg.h>
#include <zephyr/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ZVFS_MODE_IFMT		0170000
#define ZVFS_MODE_UNSPEC	0000000
#define ZVFS_MODE_IFSOCK	0140000

/* Of all of them: -1 and errno, or what the call of the name returns. */
struct fd_op_vtable {
	union {
		ssize_t (*read)(void *obj, void *buf, size_t size);
		ssize_t (*read_offs)(void *obj, void *buf, size_t size,
				     size_t offset);
	};
	union {
		ssize_t (*write)(void *obj, const void *buf, size_t size);
		ssize_t (*write_offs)(void *obj, const void *buf, size_t size,
				      size_t offset);
	};
	union {
		int (*close)(void *obj);
		int (*close2)(void *obj, int fd);
	};
	int (*ioctl)(void *obj, unsigned int request, va_list args);
};

/* A number, not yet a socket; -1 and errno. */
int zvfs_reserve_fd(void);
/* Makes it one, with a struct socket_op_vtable where @mode is IFSOCK. */
void zvfs_finalize_typed_fd(int fd, void *obj,
			    const struct fd_op_vtable *vtable, uint32_t mode);
/* Both at once. */
int zvfs_alloc_fd(void *obj, const struct fd_op_vtable *vtable);
/* Gives it back: what was reserved, or what is being closed. */
void zvfs_free_fd(int fd);

/*
 * What is behind it. NULL: EBADF where nothing is, @err where it has another
 * vtable. The caller sees to it that nobody closes it meanwhile.
 */
void *zvfs_get_fd_obj(int fd, const struct fd_op_vtable *vtable, int err);

static inline void zvfs_finalize_fd(int fd, void *obj,
				    const struct fd_op_vtable *vtable)
{
	zvfs_finalize_typed_fd(fd, obj, vtable, ZVFS_MODE_UNSPEC);
}

static inline int zvfs_fdtable_call_ioctl(const struct fd_op_vtable *vtable,
					  void *obj, unsigned long request, ...)
{
	va_list args;
	int ret;

	va_start(args, request);
	ret = vtable->ioctl(obj, (unsigned int)request, args);
	va_end(args);
	return ret;
}

#define z_reserve_fd	zvfs_reserve_fd
#define z_finalize_fd	zvfs_finalize_fd
#define z_alloc_fd	zvfs_alloc_fd
#define z_free_fd	zvfs_free_fd
#define z_get_fd_obj	zvfs_get_fd_obj

/*
 * Requests of ioctl() beside those of Linux's fcntl() and ioctl(). Of these
 * libzsock makes POLL_OFFLOAD: (struct zsock_pollfd *, int, int), as poll()
 * takes them, all of sockets with this vtable.
 */
enum {
	ZFD_IOCTL_FSYNC = 0x100,
	ZFD_IOCTL_LSEEK,
	ZFD_IOCTL_POLL_PREPARE,
	ZFD_IOCTL_POLL_UPDATE,
	ZFD_IOCTL_POLL_OFFLOAD,
	ZFD_IOCTL_SET_LOCK,
	ZFD_IOCTL_STAT,
	ZFD_IOCTL_TRUNCATE,
	ZFD_IOCTL_MMAP,

	ZFD_IOCTL_FIONREAD = 0x541B,	/* FIONREAD: int * */
	ZFD_IOCTL_FIONBIO = 0x5421,	/* FIONBIO: int * */
};

#ifdef __cplusplus
}
#endif

#endif
