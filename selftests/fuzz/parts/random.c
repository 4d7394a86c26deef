// SPDX-License-Identifier: GPL-2.0
/* Random numbers that a seed gives again. */
#include <limits.h>

#include "fuzz.h"

/* splitmix64 */
uint64_t rng_next(struct rng *r)
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

void rng_seed(struct rng *r, uint64_t seed, uint64_t a, uint64_t b, uint64_t c)
{
	r->state = seed;
	r->state = rng_next(r) ^ a;
	r->state = rng_next(r) ^ b;
	r->state = rng_next(r) ^ c;
	rng_next(r);
}

unsigned int rng_below(struct rng *r, unsigned int n)
{
	return n ? (rng_next(r) >> 32) % n : 0;
}

bool rng_one_in(struct rng *r, unsigned int n)
{
	return rng_below(r, n) == 0;
}

int rng_int(struct rng *r)
{
	static const int edges[] = {
		0, 1, 2, 3, 4, 7, 8, 15, 16, 17, 28, 127, 128, 255, 256, 1023, 4095, 4096,
		65535, 65536, 1 << 20, INT_MAX, INT_MAX - 1, INT_MIN, -1, -2, -4096,
	};

	switch (rng_below(r, 8)) {
	case 0:
		return (int)rng_next(r);
	case 1:
		return 1 << rng_below(r, 31);
	case 2:
	case 3:
		return rng_below(r, 64);
	default:
		return edges[rng_below(r, sizeof(edges) / sizeof(edges[0]))];
	}
}

/* Bits of those that mean something; seldom any bits at all. */
unsigned int rng_flags(struct rng *r, unsigned int sensible)
{
	if (rng_one_in(r, 3))
		return 0;
	if (rng_one_in(r, 20))
		return (unsigned int)rng_next(r);
	return (unsigned int)(rng_next(r) & rng_next(r)) & sensible;
}
