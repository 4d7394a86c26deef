// SPDX-License-Identifier: GPL-2.0
/*
 * libzsock-run.so: what addresses were called when they were looked up.
 *
 * The table is bounded: an address has a few slots to be in, of which the one
 * that was written longest ago is taken. There is no lock, which a fork() in the
 * wrong moment would leave taken for ever: each slot has a sequence number, which is odd
 * while the slot is being written. A slot that stays so is lost, not more.
 */
#include <arpa/inet.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#include "preload.h"

#define SETS		64
#define WAYS		8
#define NAME_WORDS	32		/* 255 bytes and the NUL */
#define TRIES		100

struct key {
	uint64_t words[2];		/* an IPv6 address, or IPv4 mapped */
};

struct slot {
	atomic_uint seq;
	_Atomic uint64_t age;		/* 0: empty */
	_Atomic uint64_t key[2];
	_Atomic uint64_t name[NAME_WORDS];
};

/* A slot's content at one moment. */
struct entry {
	uint64_t age;
	struct key key;
	uint64_t name[NAME_WORDS];
};

static struct slot table[SETS][WAYS];
static _Atomic uint64_t clock = 1;

static bool make_key(const struct sockaddr *addr, struct key *key)
{
	unsigned char bytes[16] = { [10] = 0xff, [11] = 0xff };

	if (addr->sa_family == AF_INET)
		memcpy(bytes + 12,
		       &((const struct sockaddr_in *)addr)->sin_addr, 4);
	else if (addr->sa_family == AF_INET6)
		memcpy(bytes, &((const struct sockaddr_in6 *)addr)->sin6_addr,
		       16);
	else
		return false;
	memcpy(key->words, bytes, sizeof(bytes));
	return true;
}

static struct slot *set_of(const struct key *key)
{
	uint64_t h = key->words[0] * 0x9e3779b97f4a7c15u ^ key->words[1];

	/* What differs between addresses is in the upper bytes. */
	h = (h ^ h >> 32) * 0xbf58476d1ce4e5b9u;
	return table[(h >> 32) % SETS];
}

static bool same(const struct key *a, const struct key *b)
{
	return a->words[0] == b->words[0] && a->words[1] == b->words[1];
}

/* False if it is being written all the time. */
static bool read_slot(struct slot *slot, struct entry *e)
{
	unsigned int seq;
	int tries, i;

	for (tries = 0; tries < TRIES; tries++) {
		seq = atomic_load_explicit(&slot->seq, memory_order_acquire);
		if (seq & 1)
			continue;
		e->age = atomic_load_explicit(&slot->age, memory_order_relaxed);
		for (i = 0; i < 2; i++)
			e->key.words[i] = atomic_load_explicit(&slot->key[i],
							       memory_order_relaxed);
		for (i = 0; i < NAME_WORDS; i++)
			e->name[i] = atomic_load_explicit(&slot->name[i],
							  memory_order_relaxed);
		atomic_thread_fence(memory_order_acquire);
		if (atomic_load_explicit(&slot->seq,
					 memory_order_relaxed) == seq)
			return true;
	}
	return false;
}

/* False if somebody else writes it. */
static bool write_slot(struct slot *slot, const struct entry *e)
{
	unsigned int seq = atomic_load_explicit(&slot->seq,
						memory_order_relaxed);
	int i;

	if (seq & 1 ||
	    !atomic_compare_exchange_strong_explicit(&slot->seq, &seq, seq + 1,
						     memory_order_acquire,
						     memory_order_relaxed))
		return false;
	atomic_thread_fence(memory_order_release);
	atomic_store_explicit(&slot->age, e->age, memory_order_relaxed);
	for (i = 0; i < 2; i++)
		atomic_store_explicit(&slot->key[i], e->key.words[i],
				      memory_order_relaxed);
	for (i = 0; i < NAME_WORDS; i++)
		atomic_store_explicit(&slot->name[i], e->name[i],
				      memory_order_relaxed);
	atomic_store_explicit(&slot->seq, seq + 2, memory_order_release);
	return true;
}

/* Where @key is, or else the oldest; NULL if all are being written. */
static struct slot *choose_slot(struct slot *set, const struct key *key)
{
	struct slot *oldest = NULL;
	uint64_t age = UINT64_MAX;
	struct entry e;
	int i;

	for (i = 0; i < WAYS; i++) {
		if (!read_slot(&set[i], &e))
			continue;
		if (e.age && same(&e.key, key))
			return &set[i];
		if (e.age < age) {
			age = e.age;
			oldest = &set[i];
		}
	}
	return oldest;
}

/**
 * names_add() - remember what an address was called
 * @addr: of AF_INET or AF_INET6; others are not looked at
 * @name: empty where it was called by its number. One that is too long to be a
 *	host's name is as if it were that
 */
void names_add(const struct sockaddr *addr, const char *name)
{
	struct entry e = { 0 };
	struct slot *slot;
	int tries;

	if (!make_key(addr, &e.key))
		return;
	if (strlen(name) <= ZSOCK_TLS_HOSTNAME_MAX)
		memcpy(e.name, name, strlen(name));
	for (tries = 0; tries < TRIES; tries++) {
		e.age = atomic_fetch_add(&clock, 1);
		slot = choose_slot(set_of(&e.key), &e.key);
		if (slot && write_slot(slot, &e))
			return;
	}
}

/**
 * names_find() - what an address was called last
 * @addr: the address
 * @name: what it was called
 * @size: of @name
 *
 * Return: false if it was never looked up, as far as is known, or by number.
 */
bool names_find(const struct sockaddr *addr, char *name, size_t size)
{
	struct entry e, best = { 0 };
	struct slot *set;
	struct key key;
	int i;

	if (!make_key(addr, &key))
		return false;
	set = set_of(&key);
	for (i = 0; i < WAYS; i++)
		if (read_slot(&set[i], &e) && e.age > best.age &&
		    same(&e.key, &key))
			best = e;
	if (!best.age || size < sizeof(best.name))
		return false;
	memcpy(name, best.name, sizeof(best.name));
	return *name;
}

/* The address itself, as a certificate has it: without a zone. */
void names_numeric(const struct sockaddr *addr, char *name, size_t size)
{
	struct key key = { 0 };
	const unsigned char *bytes = (const unsigned char *)key.words;
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };

	*name = '\0';
	if (!make_key(addr, &key))
		return;
	if (memcmp(bytes, mapped, sizeof(mapped)))
		inet_ntop(AF_INET6, bytes, name, size);
	else
		inet_ntop(AF_INET, bytes + 12, name, size);
}
