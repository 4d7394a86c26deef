// SPDX-License-Identifier: GPL-2.0
/*
 * Descriptors of sockets that the program implements. The number is that of a
 * descriptor that nothing can be done with, so the kernel gives it to nobody else
 * and calls that go past the library fail with EBADF.
 *
 * Entries are found without a lock and never freed. Their state is what keeps one
 * in use: OPEN, until somebody closes it, and the number of calls under way. Who
 * takes the last of it ends the socket, so no call has it taken away from below.
 * A program that closes a number twice may hit somebody else's socket, as ever,
 * but the table stays as it should be.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include "internal.h"

#define OPEN	0x80000000U
/* Not closed, but given back by zvfs_free_fd(). */
#define FREED	0x40000000U
/* Its close() is being called. */
#define ENDING	0x20000000U
/* And that of the number: it may be somebody else's already. */
#define GONE	0x10000000U
/* A number that is no socket yet. */
#define RESERVED 0x08000000U

#define CHUNK	256
#define CHUNKS	4096	/* as many as fs.nr_open has by default */

_Atomic int zsk__owns;

static struct zsk__own *_Atomic chunks[CHUNKS];

static struct zsk__own *entry(int fd)
{
	struct zsk__own *chunk;

	if (fd < 0 || fd >= CHUNK * CHUNKS)
		return NULL;
	chunk = atomic_load_explicit(&chunks[fd / CHUNK], memory_order_acquire);
	return chunk ? &chunk[fd % CHUNK] : NULL;
}

/* The chunk of @fd is there afterwards. */
static int make_room(int fd)
{
	struct zsk__own *none = NULL, *chunk;

	if (fd >= CHUNK * CHUNKS)
		return -EMFILE;
	if (entry(fd))
		return 0;
	chunk = calloc(CHUNK, sizeof(*chunk));
	if (!chunk)
		return -ENOMEM;
	if (!atomic_compare_exchange_strong(&chunks[fd / CHUNK], &none, chunk))
		free(chunk);	/* another thread was quicker */
	return 0;
}

struct zsk__own *zsk__find(int fd)
{
	struct zsk__own *own = entry(fd);
	unsigned int state;

	if (!own)
		return NULL;
	state = atomic_load_explicit(&own->state, memory_order_relaxed);
	do {
		if (!(state & OPEN))
			return NULL;
	} while (!atomic_compare_exchange_weak_explicit(&own->state, &state,
							state + 1,
							memory_order_acquire,
							memory_order_relaxed));
	return own;
}

/*
 * The entry is free once the number is: whoever gets that, from the kernel, waits
 * for GONE to go away. What fork() may have left so is not waited for forever.
 */
static unsigned int settled(struct zsk__own *own)
{
	unsigned int state = atomic_load(&own->state), i;

	for (i = 0; state == GONE && i < 1000; i++) {
		sched_yield();
		state = atomic_load(&own->state);
	}
	return state;
}

static void release(struct zsk__own *own, int fd)
{
	own->vtable = NULL;
	own->obj = NULL;
	atomic_store(&own->state, GONE);
	close(fd);
	atomic_fetch_sub_explicit(&zsk__owns, 1, memory_order_relaxed);
	atomic_store(&own->state, 0);
}

bool zsk__busy(int fd)
{
	struct zsk__own *own = entry(fd);
	unsigned int state = own ? settled(own) : 0;

	return state && state != GONE;
}

/*
 * Takes @less off the state. Whoever takes the last of it ends the socket. A
 * table has either form of close(); the second argument harms none of them.
 */
static int drop(struct zsk__own *own, int fd, unsigned int less)
{
	unsigned int state = atomic_fetch_sub_explicit(&own->state, less,
						       memory_order_acq_rel);
	int ret = 0, err;

	state -= less;
	if (state & ~FREED)
		return 0;
	atomic_store_explicit(&own->state, ENDING, memory_order_relaxed);
	if (!(state & FREED) && own->vtable->close2)
		ret = own->vtable->close2(own->obj, fd);
	err = errno;
	release(own, fd);
	errno = err;
	return ret;
}

void zsk__put(struct zsk__own *own, int fd)
{
	int err = errno;

	drop(own, fd, 1);
	errno = err;
}

/* Clears OPEN, if it is set, and sets @more. */
static bool shut(struct zsk__own *own, unsigned int more)
{
	unsigned int state = atomic_load(&own->state);

	do {
		if (!(state & OPEN))
			return false;
	} while (!atomic_compare_exchange_weak(&own->state, &state,
					       (state & ~OPEN) | more));
	return true;
}

int zsk__close(struct zsk__own *own, int fd)
{
	bool first = shut(own, 0);
	int ret = drop(own, fd, 1);

	if (first)
		return ret;
	errno = EBADF;
	return -1;
}

/* The entry of a number that the process has just got, if it is free. */
static int take(int fd)
{
	unsigned int free = 0;
	struct zsk__own *own;
	int err;

	err = make_room(fd);
	if (err)
		return err;
	own = entry(fd);
	settled(own);
	if (!atomic_compare_exchange_strong(&own->state, &free, RESERVED))
		return -EBUSY;
	atomic_fetch_add_explicit(&zsk__owns, 1, memory_order_relaxed);
	return 0;
}

/*
 * An entry that is in use although the number was free is one whose number
 * somebody closed past the library: it is left alone, and a higher one taken.
 */
int zvfs_reserve_fd(void)
{
	int fd = open("/", O_PATH | O_CLOEXEC), next, err;

	while (fd >= 0) {
		err = take(fd);
		if (!err)
			return fd;
		next = err == -EBUSY ? fcntl(fd, F_DUPFD_CLOEXEC, fd + 1) : -1;
		if (err == -EBUSY)
			err = -errno;
		close(fd);
		errno = -err;
		fd = next;
	}
	return -1;
}

void zvfs_finalize_typed_fd(int fd, void *obj,
			    const struct fd_op_vtable *vtable, uint32_t mode)
{
	struct zsk__own *own = entry(fd);

	if (!own || !vtable || atomic_load(&own->state) != RESERVED)
		return;
	own->vtable = vtable;
	own->obj = obj;
	own->mode = mode;
	atomic_store_explicit(&own->state, OPEN, memory_order_release);
}

int zvfs_alloc_fd(void *obj, const struct fd_op_vtable *vtable)
{
	int fd = zvfs_reserve_fd();

	if (fd >= 0)
		zvfs_finalize_fd(fd, obj, vtable);
	return fd;
}

void zvfs_free_fd(int fd)
{
	struct zsk__own *own = zsk__find(fd);
	unsigned int state = RESERVED;

	if (own) {
		shut(own, FREED);
		zsk__put(own, fd);
		return;
	}
	own = entry(fd);
	if (own && atomic_compare_exchange_strong(&own->state, &state, ENDING))
		release(own, fd);
}

void *zvfs_get_fd_obj(int fd, const struct fd_op_vtable *vtable, int err)
{
	struct zsk__own *own = zsk__get(fd);
	void *obj = NULL;

	if (!own) {
		errno = EBADF;
		return NULL;
	}
	if (!vtable || own->vtable == vtable)
		obj = own->obj;
	else
		errno = err;
	zsk__put(own, fd);
	return obj;
}
