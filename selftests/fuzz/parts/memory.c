// SPDX-License-Identifier: GPL-2.0
/* Buffers: none of the kernel's writes may hit the fuzzer itself, however long. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "fuzz.h"

/* Address space behind the buffer in which every access faults. */
#define GUARD_SIZE	(64UL << 20)

static __thread char *scratch;
static char *read_only;

void memory_init(void)
{
	char *area = mmap(NULL, SCRATCH_SIZE + GUARD_SIZE, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (area == MAP_FAILED || mprotect(area, SCRATCH_SIZE, PROT_READ | PROT_WRITE)) {
		perror("zsock_fuzz: mmap");
		exit(2);
	}
	scratch = area;
	if (!read_only)
		read_only = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

char *memory_scratch(void)
{
	return scratch;
}

void *memory_tail(size_t len)
{
	return scratch + SCRATCH_SIZE - (len < SCRATCH_SIZE ? len : SCRATCH_SIZE);
}

void *memory_pointer(struct rng *r, size_t len)
{
	switch (rng_below(r, 40)) {
	case 0:
		return NULL;
	case 1:
		return (void *)16;
	case 2:
		return (void *)-4096L;
	case 3:
		return (void *)0xffff888000000000UL;
	case 4:
		return scratch + SCRATCH_SIZE;
	case 5:
		return scratch + SCRATCH_SIZE - 1;
	case 6:
		return read_only;
	case 7:
		return scratch + 1;
	case 8 ... 15:
		return memory_tail(len);
	default:
		return scratch + (rng_below(r, 64) << 6);
	}
}

size_t memory_length(struct rng *r)
{
	switch (rng_below(r, 12)) {
	case 0:
		return (unsigned int)rng_int(r);
	case 1:
		return 0;
	case 2:
		return SIZE_MAX - rng_below(r, 4096);
	case 3 ... 6:
		return rng_below(r, 64);
	default:
		return rng_below(r, 32768);
	}
}
