// SPDX-License-Identifier: GPL-2.0
/*
 * Configurations that were used lately. They hold private keys: one that nobody
 * has asked for in a while is dropped, and there are not many of them.
 */
#include <pthread.h>
#include <string.h>

#include "cache.h"

#define CONFIGS_MAX	64
#define IDLE_MAX	60	/* seconds */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct config *configs;		/* the latest used first */

/* ---- with the lock held ---- */

static struct config *find(const uint8_t *id)
{
	struct config **p, *c;

	for (p = &configs; (c = *p); p = &c->next) {
		if (memcmp(c->id, id, CONFIG_ID))
			continue;
		*p = c->next;
		c->next = configs;
		configs = c;
		c->used = time(NULL);
		return config_get(c);
	}
	return NULL;
}

/* Keep the first @n of those used since @since; the rest, as a list. */
static struct config *cut(unsigned int n, time_t since)
{
	struct config **p = &configs, *rest;

	while (*p && n-- && (*p)->used > since)
		p = &(*p)->next;
	rest = *p;
	*p = NULL;
	return rest;
}

static void add(struct config *c)
{
	c->used = time(NULL);
	c->next = configs;
	configs = config_get(c);
}

/* ---- without it ---- */

static void put_all(struct config *c)
{
	struct config *next;

	for (; c; c = next) {
		next = c->next;
		config_put(c);
	}
}

static struct config *look_up(const uint8_t *id)
{
	struct config *c;

	pthread_mutex_lock(&lock);
	c = find(id);
	pthread_mutex_unlock(&lock);
	return c;
}

/* If another worker made the same meanwhile, that one is as good. */
static struct config *keep(struct config *new)
{
	struct config *c, *rest = NULL;

	pthread_mutex_lock(&lock);
	c = find(new->id);
	if (!c) {
		c = new;
		add(new);
		rest = cut(CONFIGS_MAX, 0);
	}
	pthread_mutex_unlock(&lock);
	put_all(rest);
	if (c != new)
		config_put(new);
	return c;
}

/**
 * cache_get() - the configuration of a handshake
 * @rq: the handshake
 * @source: where credentials come from, if they are needed
 * @why: told what is wrong, where something is
 *
 * Return: a configuration, the caller's to put, or NULL.
 */
struct config *cache_get(const struct request *rq,
			 const struct cred_source *source, const char **why)
{
	uint8_t id[CONFIG_ID];
	struct config *c;

	*why = "out of memory";
	if (!config_identity(rq, id))
		return NULL;
	c = look_up(id);
	if (c)
		return c;
	c = config_new(rq, id, source, why);
	return c ? keep(c) : NULL;
}

void cache_expire(time_t now)
{
	struct config *rest;

	pthread_mutex_lock(&lock);
	rest = cut(CONFIGS_MAX, now - IDLE_MAX);
	pthread_mutex_unlock(&lock);
	put_all(rest);
}

void cache_clear(void)
{
	struct config *rest;

	pthread_mutex_lock(&lock);
	rest = cut(0, 0);
	pthread_mutex_unlock(&lock);
	put_all(rest);
}
