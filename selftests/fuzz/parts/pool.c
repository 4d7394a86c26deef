// SPDX-License-Identifier: GPL-2.0
/*
 * The descriptors under test. Threads share them without any lock: that one closes what
 * another uses is what the fuzzer is for.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <unistd.h>

#include "fuzz.h"

static struct slot slots[SLOTS];
struct shared *shared;

void pool_init(void)
{
	for (int i = 0; i < SLOTS; i++)
		slots[i].fd = -1;
}

struct slot *pool_slot(struct rng *r)
{
	unsigned int at = rng_below(r, SLOTS);

	/* An empty one is of little use: the next that is not. */
	for (unsigned int i = 0; i < SLOTS; i++) {
		struct slot *s = &slots[(at + i) % SLOTS];

		if (s->fd >= 0)
			return s;
	}
	return &slots[at];
}

int pool_fd(struct rng *r)
{
	/* Not 0 to 2: what goes there is the report. */
	if (rng_one_in(r, 200))
		return rng_int(r) | 1 << 10;
	return pool_slot(r)->fd;
}

void pool_put(struct rng *r, int fd, int domain, int type)
{
	struct slot *s = &slots[rng_below(r, SLOTS)];
	int old;

	if (fd < 0)
		return;
	s->domain = domain;
	s->type = type;
	old = __atomic_exchange_n(&s->fd, fd, __ATOMIC_SEQ_CST);
	if (old >= 0)
		count(CALL_close, close(old));
}

void pool_close_all(void)
{
	for (int i = 0; i < SLOTS; i++) {
		int old = __atomic_exchange_n(&slots[i].fd, -1, __ATOMIC_SEQ_CST);

		if (old >= 0)
			close(old);
	}
}

/* The last few that RLIMIT_NOFILE leaves (worker_run()). */
#define BARRED	112

int pool_bar(int fd)
{
	int barred = fcntl(fd, F_DUPFD, BARRED);

	close(fd);
	return barred;
}

bool pool_barred(int fd)
{
	return fd >= BARRED;
}

int pool_dup(int fd)
{
	return fcntl(fd, F_DUPFD, pool_barred(fd) ? BARRED : 0);
}

/* Torn entries are addresses too. */
void port_add(struct rng *r, int fd, int type)
{
	struct shared_port *p = &shared->port[rng_below(r, PORTS)];
	union zs_addr addr;
	socklen_t len = sizeof(addr);

	if (getsockname(fd, &addr.sa, &len))
		return;
	p->family = addr.sa.sa_family;
	p->type = type;
	p->port = zs_port(&addr);
}

struct shared_port port_any(struct rng *r)
{
	unsigned int at = rng_below(r, PORTS);

	for (unsigned int i = 0; i < PORTS; i++) {
		struct shared_port p = shared->port[(at + i) % PORTS];

		if (p.port)
			return p;
	}
	return (struct shared_port){ .port = 1, .family = AF_INET, .type = SOCK_STREAM };
}
