// SPDX-License-Identifier: GPL-2.0
/* Handshakes from the request to the one end that each has. */
#include <linux/cred.h>
#include <linux/key.h>

#include "../../netlink.h"
#include "shake.h"

/* Portids that no socket has; the kernel gives processes' or negative ones. */
#define ONE	0x70000001
#define OTHER	0x70000002

#define TAG	424242

static u64 zsock_failures(void)
{
	return zsock_stat_read(zsock_net(&init_net),
			       ZSOCK_STAT_HANDSHAKE_FAILED);
}

/* ---- beginning ---- */

static void zsock_handshake_is_new(struct kunit *test)
{
	struct socket *sock = zsock_shake_listener(test);
	struct zsock_tls *tls = zsock_priv(sock);
	struct zsock_shake *a = zsock_shake_new(test, sock);
	struct zsock_shake *b = zsock_shake_new(test, sock);
	struct socket *only_1_3;

	KUNIT_EXPECT_LT(test, a->hs->rq.id, b->hs->rq.id);
	KUNIT_EXPECT_EQ(test, ZSOCK_TLS_1_2, a->hs->version);
	KUNIT_EXPECT_EQ(test, TLS_DTLS_ROLE_SERVER, a->hs->role);
	KUNIT_EXPECT_EQ(test, -1, a->hs->result.alert);
	KUNIT_EXPECT_EQ(test, 0, a->hs->ncreds);
	KUNIT_EXPECT_TRUE(test, uid_eq(sock->sk->sk_uid, a->hs->rq.uid));
	/* The socket's, and one for each. */
	KUNIT_EXPECT_PTR_EQ(test, tls->conf, a->hs->conf);
	KUNIT_EXPECT_EQ(test, 3, refcount_read(&tls->conf->ref));
	KUNIT_EXPECT_EQ(test, 3, refcount_read(&tls->ref));
	zsock_shake_drop(test, a);
	KUNIT_EXPECT_EQ(test, 1, zsock_shake_closed());
	KUNIT_EXPECT_EQ(test, 2, refcount_read(&tls->conf->ref));
	KUNIT_EXPECT_EQ(test, 2, refcount_read(&tls->ref));
	only_1_3 = zsock_kunit_socket(test, &init_net, SOCK_STREAM, AF_INET,
				      IPPROTO_TLS_1_3);
	KUNIT_EXPECT_EQ(test, ZSOCK_TLS_1_3,
			zsock_shake_new(test, only_1_3)->hs->version);
}

static int zsock_add_psk(const char *key)
{
	const struct zsock_cred_who who = { .uid = GLOBAL_ROOT_UID,
					    .admin = true };
	struct zsock_creds *creds = &zsock_net(&init_net)->creds;
	struct zsock_cred_new *new = kzalloc(sizeof(*new), GFP_KERNEL);
	int err;

	if (!new)
		return -ENOMEM;
	new->tag = TAG;
	new->type = ZSOCK_CRED_PSK;
	new->data = (const u8 *)key;
	new->len = strlen(key);
	new->replace = true;
	err = zsock_cred_parse(new) ?: zsock_cred_add(creds, &who, new);
	kfree(new);
	return err;
}

static void zsock_forget_psk(void)
{
	const struct zsock_cred_who who = { .uid = GLOBAL_ROOT_UID,
					    .admin = true };

	zsock_cred_del(&zsock_net(&init_net)->creds, &who, TAG, 0);
}

static int zsock_set_tags(struct socket *sock, int *tags, int n)
{
	return sock->ops->setsockopt(sock, SOL_TLS, TLS_SEC_TAG_LIST,
				     KERNEL_SOCKPTR(tags), n * sizeof(*tags));
}

/* As they are now, each tag's once; held until the handshake's end. */
static void zsock_handshake_credentials(struct kunit *test)
{
	struct socket *sock = zsock_shake_listener(test);
	int tags[] = { TAG, TAG, TAG };
	struct zsock_shake *before, *after;
	struct key *key;

	KUNIT_ASSERT_EQ(test, 0, zsock_set_tags(sock, tags, 3));
	KUNIT_ASSERT_EQ(test, 0, zsock_add_psk("first"));
	before = zsock_shake_begun(test, sock);
	KUNIT_ASSERT_EQ(test, 0, zsock_add_psk("second"));
	after = zsock_shake_begun(test, sock);
	zsock_forget_psk();
	KUNIT_ASSERT_EQ(test, 1, before->hs->ncreds);
	KUNIT_EXPECT_EQ(test, TAG, before->hs->creds[0].tag);
	KUNIT_EXPECT_EQ(test, ZSOCK_CRED_PSK, before->hs->creds[0].type);
	KUNIT_EXPECT_EQ(test, 5, before->hs->creds[0].ref.len);
	KUNIT_EXPECT_MEMEQ(test, before->hs->creds[0].ref.data, "first", 5);
	KUNIT_EXPECT_MEMEQ(test, after->hs->creds[0].ref.data, "second", 6);
	KUNIT_EXPECT_NE(test, before->hs->creds[0].ref.serial,
			after->hs->creds[0].ref.serial);
	/* At the end, not with the last reference. */
	key = key_get(before->hs->creds[0].ref.key);
	KUNIT_EXPECT_TRUE(test, zsock_handshake_cancel(before->hs));
	KUNIT_EXPECT_EQ(test, 0, before->hs->ncreds);
	KUNIT_EXPECT_EQ(test, 1, refcount_read(&key->usage));
	key_put(key);
}

/* One tag is missing: no handshake, and the caller has its connection yet. */
static void zsock_handshake_no_credential(struct kunit *test)
{
	struct socket *sock = zsock_shake_listener(test);
	struct zsock_tls *tls = zsock_priv(sock);
	int tags[] = { TAG, TAG + 1 };
	struct zsock_handshake *hs;
	struct socket *pot;

	KUNIT_ASSERT_EQ(test, 0, zsock_add_psk("key"));
	KUNIT_ASSERT_EQ(test, 0, zsock_set_tags(sock, tags, 2));
	KUNIT_ASSERT_EQ(test, 0, sock_create_kern(&init_net, AF_INET,
						  SOCK_STREAM, IPPROTO_TCP,
						  &pot));
	hs = zsock_handshake_new(sock, tls, pot, TLS_DTLS_ROLE_SERVER);
	KUNIT_EXPECT_EQ(test, -ENOENT, PTR_ERR_OR_ZERO(hs));
	KUNIT_EXPECT_EQ(test, 1, refcount_read(&tls->conf->ref));
	KUNIT_EXPECT_EQ(test, 1, refcount_read(&tls->ref));
	KUNIT_EXPECT_NOT_NULL(test, pot->sk);
	KUNIT_EXPECT_EQ(test, 1, refcount_read(&pot->sk->sk_refcnt));
	sock_release(pot);
	zsock_forget_psk();
}

/* ---- agents ---- */

static void zsock_handshake_in_order(struct kunit *test)
{
	struct socket *sock = zsock_shake_listener(test);
	struct zsock_handshake *hs, *found;
	struct zsock_shake *s[3];
	int i;

	KUNIT_EXPECT_NULL(test, zsock_handshake_next(&init_net, ONE));
	for (i = 0; i < 3; i++)
		s[i] = zsock_shake_begun(test, sock);
	for (i = 0; i < 3; i++) {
		/* Not to be had by its number before it was accepted. */
		KUNIT_EXPECT_NULL(test, zsock_handshake_find(&init_net,
							     s[i]->hs->rq.id, ONE));
		hs = zsock_handshake_next(&init_net, i < 2 ? ONE : OTHER);
		KUNIT_ASSERT_PTR_EQ(test, s[i]->hs, hs);
		zsock_handshake_put(hs);
	}
	KUNIT_EXPECT_NULL(test, zsock_handshake_next(&init_net, ONE));
	for (i = 0; i < 3; i++) {
		found = zsock_handshake_find(&init_net, s[i]->hs->rq.id,
					     i < 2 ? ONE : OTHER);
		KUNIT_EXPECT_PTR_EQ(test, s[i]->hs, found);
		zsock_handshake_put(found);
		KUNIT_EXPECT_NULL(test, zsock_handshake_find(&init_net,
							     s[i]->hs->rq.id,
							     i < 2 ? OTHER : ONE));
	}
}

/* What could not be handed out is the next one's, and the first of all. */
static void zsock_handshake_given_back(struct kunit *test)
{
	struct socket *sock = zsock_shake_listener(test);
	struct zsock_shake *a = zsock_shake_begun(test, sock);
	struct zsock_shake *b = zsock_shake_begun(test, sock);
	struct zsock_handshake *hs;

	hs = zsock_handshake_next(&init_net, ONE);
	KUNIT_ASSERT_PTR_EQ(test, a->hs, hs);
	zsock_request_give_back(&hs->rq);
	zsock_handshake_put(hs);
	KUNIT_EXPECT_NULL(test, zsock_handshake_find(&init_net, hs->rq.id, ONE));
	zsock_requests_agent_gone(zsock_shakes(), ONE);
	KUNIT_EXPECT_EQ(test, 0, a->calls);
	hs = zsock_handshake_next(&init_net, OTHER);
	KUNIT_ASSERT_PTR_EQ(test, a->hs, hs);
	/* One that has ended meanwhile stays so. */
	KUNIT_EXPECT_TRUE(test, zsock_handshake_finish(hs, -ECONNRESET));
	zsock_request_give_back(&hs->rq);
	zsock_handshake_put(hs);
	hs = zsock_handshake_next(&init_net, OTHER);
	KUNIT_EXPECT_PTR_EQ(test, b->hs, hs);
	zsock_handshake_put(hs);
}

static struct zsock_shake *zsock_accepted(struct kunit *test,
					  struct socket *sock, u32 portid)
{
	struct zsock_shake *shake = zsock_shake_begun(test, sock);
	struct zsock_handshake *hs = zsock_handshake_next(&init_net, portid);

	KUNIT_ASSERT_PTR_EQ(test, shake->hs, hs);
	zsock_handshake_put(hs);
	return shake;
}

/* Its own, and no others. */
static void zsock_handshake_agent_dies(struct kunit *test)
{
	struct socket *sock = zsock_shake_listener(test);
	struct zsock_shake *a = zsock_accepted(test, sock, ONE);
	struct zsock_shake *b = zsock_accepted(test, sock, OTHER);
	struct zsock_shake *c = zsock_accepted(test, sock, ONE);
	struct zsock_shake *d = zsock_shake_begun(test, sock);

	zsock_requests_agent_gone(zsock_shakes(), 0x70000003);
	KUNIT_EXPECT_EQ(test, 0, a->calls + b->calls + c->calls + d->calls);
	zsock_requests_agent_gone(zsock_shakes(), ONE);
	KUNIT_EXPECT_EQ(test, 1, a->calls);
	KUNIT_EXPECT_EQ(test, -ECONNABORTED, a->err);
	KUNIT_EXPECT_EQ(test, 1, c->calls);
	KUNIT_EXPECT_EQ(test, 0, b->calls);
	KUNIT_EXPECT_EQ(test, 0, d->calls);
	KUNIT_EXPECT_EQ(test, 2, zsock_shakes()->count);
}

/* The same when the kernel itself tells of it. */
static void zsock_handshake_agent_closes(struct kunit *test)
{
	struct socket *sock = zsock_shake_listener(test);
	u32 portid, other;
	struct socket *agent = zsock_shake_agent(test, &portid);
	struct zsock_shake *a, *b;

	zsock_shake_agent(test, &other);
	a = zsock_accepted(test, sock, portid);
	b = zsock_accepted(test, sock, other);
	zsock_shake_agent_leaves(test, agent);
	KUNIT_EXPECT_EQ(test, 1, a->calls);
	KUNIT_EXPECT_EQ(test, -ECONNABORTED, a->err);
	KUNIT_EXPECT_EQ(test, 0, b->calls);
}

static bool zsock_listened_to(void)
{
	return zsock_nl_listeners(&init_net, ZSOCK_NL_GROUP_HANDSHAKE);
}

/* The agents are told of the first one that waits. */
static void zsock_handshake_events(struct kunit *test)
{
	struct socket *sock = zsock_shake_listener(test);
	struct socket *agent;
	u32 portid;

	KUNIT_EXPECT_FALSE(test, zsock_listened_to());
	agent = zsock_shake_agent(test, &portid);
	KUNIT_EXPECT_TRUE(test, zsock_listened_to());
	KUNIT_EXPECT_EQ(test, 0, zsock_shake_events(agent));
	zsock_accepted(test, sock, portid);
	KUNIT_EXPECT_EQ(test, 1, zsock_shake_events(agent));
	/* Whoever accepted all there was is told again. */
	zsock_shake_begun(test, sock);
	KUNIT_EXPECT_EQ(test, 1, zsock_shake_events(agent));
	zsock_shake_agent_leaves(test, agent);
	KUNIT_EXPECT_FALSE(test, zsock_listened_to());
}

/* ---- the end ---- */

static void zsock_handshake_ends_once(struct kunit *test)
{
	struct socket *sock = zsock_shake_listener(test);
	struct zsock_shake *s = zsock_accepted(test, sock, ONE);
	u64 failures = zsock_failures();

	KUNIT_EXPECT_TRUE(test, zsock_handshake_finish(s->hs, -ECONNRESET));
	KUNIT_EXPECT_EQ(test, 1, s->calls);
	KUNIT_EXPECT_EQ(test, -ECONNRESET, s->err);
	KUNIT_EXPECT_EQ(test, ECONNRESET, s->hs->result.error);
	KUNIT_EXPECT_TRUE(test, s->hs->detached);
	KUNIT_EXPECT_FALSE(test, zsock_handshake_finish(s->hs, -EIO));
	KUNIT_EXPECT_FALSE(test, zsock_handshake_finish(s->hs, 0));
	KUNIT_EXPECT_FALSE(test, zsock_handshake_cancel(s->hs));
	KUNIT_EXPECT_EQ(test, 1, s->calls);
	KUNIT_EXPECT_EQ(test, ECONNRESET, s->hs->result.error);
	KUNIT_EXPECT_NULL(test, zsock_handshake_find(&init_net, s->hs->rq.id, ONE));
	KUNIT_EXPECT_EQ(test, 0, zsock_shakes()->count);
	KUNIT_EXPECT_EQ(test, failures + 1, zsock_failures());
}

/* Who gives it up is not told what he knows. */
static void zsock_handshake_given_up(struct kunit *test)
{
	struct socket *sock = zsock_shake_listener(test);
	struct zsock_shake *pending, *accepted;
	u64 failures = zsock_failures();

	accepted = zsock_accepted(test, sock, ONE);
	pending = zsock_shake_begun(test, sock);
	KUNIT_EXPECT_TRUE(test, zsock_handshake_cancel(pending->hs));
	KUNIT_EXPECT_TRUE(test, zsock_handshake_cancel(accepted->hs));
	KUNIT_EXPECT_NULL(test, zsock_handshake_next(&init_net, ONE));
	KUNIT_EXPECT_FALSE(test, zsock_handshake_finish(accepted->hs, 0));
	KUNIT_EXPECT_FALSE(test, zsock_handshake_cancel(pending->hs));
	KUNIT_EXPECT_EQ(test, 0, pending->calls + accepted->calls);
	KUNIT_EXPECT_EQ(test, 0, zsock_shakes()->count);
	KUNIT_EXPECT_EQ(test, failures + 2, zsock_failures());
}

/* An agent's word is not enough: kTLS has to be there. */
static void zsock_handshake_without_ktls(struct kunit *test)
{
	struct socket *sock = zsock_shake_listener(test);
	struct zsock_shake *s = zsock_accepted(test, sock, ONE);

	KUNIT_EXPECT_TRUE(test, zsock_handshake_finish(s->hs, 0));
	KUNIT_EXPECT_EQ(test, -EPROTO, s->err);
	KUNIT_EXPECT_EQ(test, EPROTO, s->hs->result.error);
}

/* Nobody keeps what is over; whoever has a reference has that. */
static void zsock_handshake_references(struct kunit *test)
{
	struct socket *sock = zsock_shake_listener(test);
	struct zsock_shake *s = zsock_accepted(test, sock, ONE);
	struct zsock_handshake *hs = zsock_handshake_get(s->hs);

	zsock_handshake_finish(hs, -ETIMEDOUT);
	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&hs->rq.tick));
	KUNIT_EXPECT_EQ(test, 2, refcount_read(&hs->rq.ref));
	zsock_shake_drop(test, s);
	KUNIT_EXPECT_EQ(test, 1, refcount_read(&hs->rq.ref));
	KUNIT_EXPECT_EQ(test, 0, zsock_shake_closed());
	zsock_handshake_put(hs);
	KUNIT_EXPECT_EQ(test, 1, zsock_shake_closed());
}

/* ---- limits ---- */

static void zsock_handshake_limit(struct kunit *test)
{
	struct socket *sock = zsock_shake_listener(test);
	struct zsock_shake *a, *b, *c;

	zsock_shakes()->max = 2;
	b = zsock_accepted(test, sock, ONE);
	KUNIT_EXPECT_FALSE(test,
			   zsock_requests_full(zsock_shakes(), GLOBAL_ROOT_UID));
	a = zsock_shake_begun(test, sock);
	c = zsock_shake_new(test, sock);
	KUNIT_EXPECT_TRUE(test,
			  zsock_requests_full(zsock_shakes(), GLOBAL_ROOT_UID));
	KUNIT_EXPECT_EQ(test, -ENOBUFS, zsock_shake_submit(c));
	KUNIT_EXPECT_EQ(test, 1, refcount_read(&c->hs->rq.ref));
	KUNIT_EXPECT_EQ(test, 2, zsock_shakes()->count);
	/* Those that wait and those under way count alike. */
	KUNIT_EXPECT_TRUE(test, zsock_handshake_cancel(b->hs));
	KUNIT_EXPECT_EQ(test, 0, zsock_shake_submit(c));
	KUNIT_EXPECT_TRUE(test, zsock_handshake_cancel(c->hs));
	KUNIT_EXPECT_TRUE(test, zsock_handshake_cancel(a->hs));
	KUNIT_EXPECT_EQ(test, 0, c->calls);
	zsock_shakes()->max = 0;
	KUNIT_EXPECT_EQ(test, -ENOBUFS,
			zsock_shake_submit(zsock_shake_new(test, sock)));
	KUNIT_EXPECT_EQ(test, 0, zsock_shakes()->count);
}

/* So many of @uid's as there can be, up to @n. */
static int zsock_fill(struct kunit *test, unsigned int uid, int n,
		      struct zsock_shake **shakes)
{
	struct socket *sock = zsock_shake_listener(test);
	int i, err;

	sock->sk->sk_uid = KUIDT_INIT(uid);
	for (i = 0; i < n; i++) {
		KUNIT_EXPECT_FALSE(test, zsock_requests_full(zsock_shakes(),
							     KUIDT_INIT(uid)));
		shakes[i] = zsock_shake_new(test, sock);
		err = zsock_shake_submit(shakes[i]);
		if (err)
			break;
		if (zsock_requests_full(zsock_shakes(), KUIDT_INIT(uid)))
			return i + 1;
	}
	return i;
}

/* Each leaves as many as he has. */
static void zsock_handshake_shares(struct kunit *test)
{
	struct zsock_shake *a[17], *b[17], *c[17], *root[17];
	int i;

	zsock_shakes()->max = 16;
	KUNIT_ASSERT_EQ(test, 8, zsock_fill(test, 1000, 17, a));
	KUNIT_ASSERT_EQ(test, 4, zsock_fill(test, 1001, 17, b));
	KUNIT_ASSERT_EQ(test, 2, zsock_fill(test, 1002, 17, c));
	KUNIT_ASSERT_EQ(test, 2, zsock_fill(test, 0, 17, root));
	KUNIT_EXPECT_EQ(test, 16, zsock_shakes()->count);
	KUNIT_EXPECT_TRUE(test, zsock_requests_full(zsock_shakes(),
						    KUIDT_INIT(1003)));
	/* What has ended is there for others, or for him. */
	for (i = 0; i < 8; i++)
		zsock_handshake_cancel(a[i]->hs);
	KUNIT_EXPECT_EQ(test, 4, zsock_fill(test, 1003, 17, a));
	KUNIT_EXPECT_TRUE(test, zsock_requests_full(zsock_shakes(),
						    KUIDT_INIT(1001)));
}

static void zsock_handshake_shares_are_freed(struct kunit *test)
{
	struct socket *sock = zsock_shake_listener(test);
	struct zsock_shake *a, *b;
	int i, used = 0;

	sock->sk->sk_uid = KUIDT_INIT(1000);
	a = zsock_shake_begun(test, sock);
	b = zsock_shake_new(test, sock);
	KUNIT_EXPECT_PTR_EQ(test, a->hs->rq.share, b->hs->rq.share);
	zsock_shake_drop(test, a);
	zsock_shake_drop(test, b);
	for (i = 0; i < ARRAY_SIZE(zsock_shakes()->shares); i++)
		used += !hlist_empty(&zsock_shakes()->shares[i]);
	KUNIT_EXPECT_EQ(test, 0, used);
}

static struct kunit_case zsock_handshake_cases[] = {
	KUNIT_CASE(zsock_handshake_is_new),
	KUNIT_CASE(zsock_handshake_credentials),
	KUNIT_CASE(zsock_handshake_no_credential),
	KUNIT_CASE(zsock_handshake_in_order),
	KUNIT_CASE(zsock_handshake_given_back),
	KUNIT_CASE(zsock_handshake_agent_dies),
	KUNIT_CASE(zsock_handshake_agent_closes),
	KUNIT_CASE(zsock_handshake_events),
	KUNIT_CASE(zsock_handshake_ends_once),
	KUNIT_CASE(zsock_handshake_given_up),
	KUNIT_CASE(zsock_handshake_without_ktls),
	KUNIT_CASE(zsock_handshake_references),
	KUNIT_CASE(zsock_handshake_limit),
	KUNIT_CASE(zsock_handshake_shares),
	KUNIT_CASE(zsock_handshake_shares_are_freed),
	{ }
};

struct kunit_suite zsock_handshake_suite = {
	.name		= "zsock_handshake",
	.init		= zsock_shake_init,
	.exit		= zsock_shake_exit,
	.test_cases	= zsock_handshake_cases,
};
