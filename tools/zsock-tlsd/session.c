// SPDX-License-Identifier: GPL-2.0
/*
 * Sessions of clients, kept to be resumed.
 *
 * Who resumes a session does not verify the peer again. So a session is found
 * only by who would have verified in the same way: the same user, credentials
 * and options (all of which are the configuration's identity), the same name,
 * the same peer.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <netinet/in.h>
#include <sys/socket.h>

#include "config.h"
#include "digest.h"
#include "request.h"
#include "session.h"

#define BUCKETS		256	/* keys are hashes: their first byte will do */
#define ENTRIES_MAX	1024
#define SAME_MAX	4	/* of one owner: as many as one server sends */

struct entry {
	struct entry *next;		/* in the bucket, the newest first */
	struct entry *older, *newer;	/* of all */
	struct session_owner owner;
	SSL_SESSION *session;
	time_t expires;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct entry *buckets[BUCKETS];
static struct entry *newest, *oldest;
static unsigned int count;

/* ---- what is kept with a session ---- */

/* What was found wrong with the peer's certificate; in tickets, too. */
bool session_set_verify(SSL_SESSION *session, uint32_t mask)
{
	return SSL_SESSION_set1_ticket_appdata(session, &mask, sizeof(mask));
}

bool session_get_verify(SSL_SESSION *session, uint32_t *mask)
{
	void *data = NULL;
	size_t len = 0;

	if (!SSL_SESSION_get0_ticket_appdata(session, &data, &len) ||
	    len != sizeof(*mask))
		return false;
	memcpy(mask, data, sizeof(*mask));
	return true;
}

/* ---- whose it is ---- */

static void add_peer(struct digest *d, const struct sockaddr_storage *ss)
{
	const struct sockaddr_in6 *sin6 = (const struct sockaddr_in6 *)ss;
	const struct sockaddr_in *sin = (const struct sockaddr_in *)ss;

	digest_number(d, ss->ss_family);
	if (ss->ss_family == AF_INET) {
		digest_add(d, &sin->sin_addr, sizeof(sin->sin_addr));
		digest_number(d, sin->sin_port);
	} else {
		digest_add(d, &sin6->sin6_addr, sizeof(sin6->sin6_addr));
		digest_number(d, sin6->sin6_scope_id);
		digest_number(d, sin6->sin6_port);
	}
}

/**
 * session_owner() - who may resume the session of a handshake
 * @config: its configuration
 * @rq: the handshake
 * @fd: its connection
 * @owner: filled in
 *
 * Return: false if that cannot be said: then there is nothing to resume.
 */
bool session_owner(const struct config *config, const struct request *rq,
		   int fd, struct session_owner *owner)
{
	struct sockaddr_storage ss = { 0 };
	socklen_t len = sizeof(ss);
	struct digest d;

	if (getpeername(fd, (struct sockaddr *)&ss, &len) ||
	    (ss.ss_family != AF_INET && ss.ss_family != AF_INET6))
		return false;
	owner->uid = rq->uid;
	digest_begin(&d);
	digest_add(&d, config->id, sizeof(config->id));
	add_peer(&d, &ss);
	digest_add(&d, rq->hostname, strlen(rq->hostname));
	digest_number(&d, rq->no_name_check);
	return digest_end(&d, owner->key);
}

/* ---- the cache; with the lock held ---- */

static struct entry **bucket(const struct session_owner *owner)
{
	return &buckets[owner->key[0]];
}

static bool same(const struct entry *e, const struct session_owner *owner)
{
	return !memcmp(e->owner.key, owner->key, SESSION_KEY);
}

static void link_entry(struct entry *e)
{
	struct entry **b = bucket(&e->owner);

	e->next = *b;
	*b = e;
	e->older = newest;
	e->newer = NULL;
	if (newest)
		newest->newer = e;
	else
		oldest = e;
	newest = e;
	count++;
}

static void unlink_entry(struct entry *e)
{
	struct entry **p = bucket(&e->owner);

	while (*p != e)
		p = &(*p)->next;
	*p = e->next;
	if (e->newer)
		e->newer->older = e->older;
	else
		newest = e->older;
	if (e->older)
		e->older->newer = e->newer;
	else
		oldest = e->newer;
	count--;
}

static void drop(struct entry *e)
{
	unlink_entry(e);
	SSL_SESSION_free(e->session);
	free(e);
}

/* A ticket of TLS 1.3 is used once: who sees it twice knows it is one client. */
static bool once(const SSL_SESSION *session)
{
	return SSL_SESSION_get_protocol_version(session) >= TLS1_3_VERSION;
}

/* In TLS 1.2 a new session takes the place of the old one. */
static void make_room(const struct session_owner *owner, bool replace)
{
	struct entry *e, *next;
	unsigned int n = 0;

	for (e = *bucket(owner); e; e = next) {
		next = e->next;
		if (same(e, owner) && (replace || ++n >= SAME_MAX))
			drop(e);
	}
	if (count >= ENTRIES_MAX)
		drop(oldest);
}

/* ---- the cache ---- */

static time_t expiry(const SSL_SESSION *session)
{
	unsigned long hint = SSL_SESSION_get_ticket_lifetime_hint(session);
	long life = SSL_SESSION_get_timeout(session);

	if (life > SESSION_LIFE)
		life = SESSION_LIFE;
	if (hint && hint < (unsigned long)life)
		life = hint;
	return time(NULL) + life;
}

/**
 * sessions_put() - keep a session
 * @owner: who may resume it
 * @session: its reference is taken over if this succeeds
 */
bool sessions_put(const struct session_owner *owner, SSL_SESSION *session)
{
	struct entry *e;

	if (!SSL_SESSION_is_resumable(session))
		return false;
	e = calloc(1, sizeof(*e));
	if (!e)
		return false;
	e->owner = *owner;
	e->session = session;
	e->expires = expiry(session);
	pthread_mutex_lock(&lock);
	make_room(owner, !once(session));
	link_entry(e);
	pthread_mutex_unlock(&lock);
	return true;
}

/**
 * sessions_take() - a session to be resumed
 * @owner: who wants to
 *
 * Return: a session, the caller's to free, or NULL.
 */
SSL_SESSION *sessions_take(const struct session_owner *owner)
{
	SSL_SESSION *session = NULL;
	time_t now = time(NULL);
	struct entry *e, *next;

	pthread_mutex_lock(&lock);
	for (e = *bucket(owner); e && !session; e = next) {
		next = e->next;
		if (!same(e, owner))
			continue;
		if (e->expires > now && SSL_SESSION_up_ref(e->session))
			session = e->session;
		if (!session || once(session))
			drop(e);
	}
	pthread_mutex_unlock(&lock);
	return session;
}

/* Drop those that @which says. */
static void drop_all(bool (*which)(const struct entry *e, uint64_t arg),
		     uint64_t arg)
{
	struct entry *e, *older;

	pthread_mutex_lock(&lock);
	for (e = newest; e; e = older) {
		older = e->older;
		if (which(e, arg))
			drop(e);
	}
	pthread_mutex_unlock(&lock);
}

static bool is_uids(const struct entry *e, uint64_t uid)
{
	return e->owner.uid == uid;
}

static bool is_over(const struct entry *e, uint64_t now)
{
	return e->expires <= (time_t)now;
}

static bool is_any(const struct entry *e, uint64_t arg)
{
	(void)e;
	(void)arg;
	return true;
}

void sessions_purge(uint32_t uid)
{
	drop_all(is_uids, uid);
}

void sessions_expire(time_t now)
{
	drop_all(is_over, now);
}

void sessions_clear(void)
{
	drop_all(is_any, 0);
}

unsigned int sessions_count(void)
{
	unsigned int n;

	pthread_mutex_lock(&lock);
	n = count;
	pthread_mutex_unlock(&lock);
	return n;
}
