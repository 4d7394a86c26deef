// SPDX-License-Identifier: GPL-2.0
/* Tags: who may do what with them, and what holders of a reference notice. */
#include <linux/cred.h>
#include <linux/key.h>

#include "suites.h"

#define OWNER	KUIDT_INIT(54321)
#define OTHER	KUIDT_INIT(54322)

static const struct zsock_cred_who zsock_owner = { .uid = OWNER };
static const struct zsock_cred_who zsock_other = { .uid = OTHER };
static const struct zsock_cred_who zsock_admin = { .uid = OTHER, .admin = true };

static int zsock_store_init(struct kunit *test)
{
	struct zsock_creds *creds;

	creds = kunit_kzalloc(test, sizeof(*creds), GFP_KERNEL);
	if (!creds)
		return -ENOMEM;
	zsock_creds_init(creds);
	test->priv = creds;
	return 0;
}

static void zsock_store_exit(struct kunit *test)
{
	if (test->priv)
		zsock_creds_free(test->priv);
}

static int zsock_add(struct zsock_creds *creds, const struct zsock_cred_who *who,
		     int tag, u32 type, const char *data, bool replace)
{
	struct zsock_cred_new *new = kzalloc(sizeof(*new), GFP_KERNEL);
	int err;

	if (!new)
		return -ENOMEM;
	new->tag = tag;
	new->type = type;
	new->data = (const u8 *)data;
	new->len = strlen(data);
	new->replace = replace;
	err = zsock_cred_parse(new) ?: zsock_cred_add(creds, who, new);
	kfree(new);
	return err;
}

static int zsock_read(struct zsock_creds *creds,
		      const struct zsock_cred_who *who, int tag, u32 type,
		      struct zsock_cred_ref *ref)
{
	struct zsock_cred_view *view = kzalloc(sizeof(*view), GFP_KERNEL);
	int err = -ENOMEM;

	if (view)
		err = zsock_cred_read(creds, who, tag, type, ref, view);
	kfree(view);
	return err;
}

#define ADD(who, tag, type, data)					\
	zsock_add(creds, &zsock_##who, tag, ZSOCK_CRED_##type, data, false)
#define REPLACE(who, tag, type, data)					\
	zsock_add(creds, &zsock_##who, tag, ZSOCK_CRED_##type, data, true)
#define TAKE(who, tag, type, ref)					\
	zsock_read(creds, &zsock_##who, tag, ZSOCK_CRED_##type, ref)

static void zsock_store_rules(struct kunit *test)
{
	struct zsock_creds *creds = test->priv;
	struct zsock_cred_ref ref;

	KUNIT_EXPECT_EQ(test, -ENOENT, zsock_cred_del(creds, &zsock_owner, 1, 0));
	KUNIT_EXPECT_EQ(test, -ENOENT, zsock_cred_allow(creds, &zsock_owner, 1, OTHER));
	KUNIT_EXPECT_EQ(test, 0, ADD(owner, 1, PSK, "k"));
	KUNIT_EXPECT_EQ(test, -EEXIST, ADD(owner, 1, PSK, "l"));
	KUNIT_EXPECT_EQ(test, 0, REPLACE(owner, 1, PSK, "l"));
	/* Not even what is not there. */
	KUNIT_EXPECT_EQ(test, -EACCES, ADD(other, 1, PSK_ID, "i"));
	KUNIT_EXPECT_EQ(test, -EACCES, zsock_cred_del(creds, &zsock_other, 1, ZSOCK_CRED_PSK));
	KUNIT_EXPECT_EQ(test, -EACCES, zsock_cred_del(creds, &zsock_other, 1, 0));
	KUNIT_EXPECT_EQ(test, -EACCES, zsock_cred_allow(creds, &zsock_other, 1, OTHER));
	KUNIT_EXPECT_EQ(test, -EACCES, TAKE(other, 1, PSK_ID, &ref));
	/* Being allowed to use it is not owning it. */
	KUNIT_EXPECT_EQ(test, 0, zsock_cred_allow(creds, &zsock_owner, 1, OTHER));
	KUNIT_EXPECT_EQ(test, 0, zsock_cred_allow(creds, &zsock_owner, 1, OTHER));
	KUNIT_EXPECT_EQ(test, -EACCES, zsock_cred_del(creds, &zsock_other, 1, 0));
	KUNIT_EXPECT_EQ(test, -EACCES, zsock_cred_deny(creds, &zsock_other, 1, OTHER));
	KUNIT_EXPECT_EQ(test, 0, zsock_cred_deny(creds, &zsock_admin, 1, OTHER));
	KUNIT_EXPECT_EQ(test, -ENOENT, zsock_cred_deny(creds, &zsock_admin, 1, OTHER));
	KUNIT_EXPECT_EQ(test, 0, ADD(admin, 1, PSK_ID, "i"));
	KUNIT_EXPECT_EQ(test, 0, zsock_cred_del(creds, &zsock_owner, 1, 0));
	KUNIT_EXPECT_EQ(test, 0, creds->count);
	/* An empty tag is nobody's. */
	KUNIT_EXPECT_EQ(test, 0, ADD(other, 1, PSK, "k"));
}

/* A failure does not leave an empty tag behind. */
static void zsock_store_failure(struct kunit *test)
{
	struct zsock_creds *creds = test->priv;

	KUNIT_EXPECT_EQ(test, -EINVAL, ADD(owner, 1, CA, "x"));
	KUNIT_EXPECT_EQ(test, 0, creds->count);
	KUNIT_EXPECT_TRUE(test, xa_empty(&creds->tags));
}

static void zsock_store_extremes(struct kunit *test)
{
	static const int tags[] = { INT_MIN, -1, 0, 1, INT_MAX };
	struct zsock_creds *creds = test->priv;
	struct zsock_cred_view *view;
	u64 at = 0;
	int i;

	view = kunit_kzalloc(test, sizeof(*view), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, view);
	for (i = ARRAY_SIZE(tags) - 1; i >= 0; i--) {
		KUNIT_EXPECT_EQ(test, 0, ADD(owner, tags[i], PSK_ID, "i"));
		KUNIT_EXPECT_EQ(test, 0, ADD(owner, tags[i], PSK, "k"));
	}
	for (i = 0; i < 2 * ARRAY_SIZE(tags); i++) {
		KUNIT_ASSERT_TRUE(test, zsock_cred_next(creds, &zsock_owner, &at, view));
		KUNIT_EXPECT_EQ(test, tags[i / 2], view->tag);
		KUNIT_EXPECT_EQ(test, ZSOCK_CRED_PSK + i % 2, view->type);
		KUNIT_EXPECT_TRUE(test, uid_eq(view->owner, OWNER));
	}
	KUNIT_EXPECT_FALSE(test, zsock_cred_next(creds, &zsock_owner, &at, view));
	/* Others do not see them. */
	at = 0;
	KUNIT_EXPECT_FALSE(test, zsock_cred_next(creds, &zsock_other, &at, view));
	KUNIT_EXPECT_EQ(test, 0, zsock_cred_allow(creds, &zsock_owner, -1, OTHER));
	at = 0;
	KUNIT_EXPECT_TRUE(test, zsock_cred_next(creds, &zsock_other, &at, view));
	KUNIT_EXPECT_EQ(test, -1, view->tag);
	KUNIT_EXPECT_EQ(test, 1, view->nallowed);
}

static void zsock_store_limits(struct kunit *test)
{
	struct zsock_creds *creds = test->priv;
	int i;

	KUNIT_ASSERT_EQ(test, 0, ADD(owner, 1, PSK, "k"));
	for (i = 0; i < ZSOCK_CRED_ALLOWED_MAX; i++)
		KUNIT_EXPECT_EQ(test, 0, zsock_cred_allow(creds, &zsock_owner, 1, KUIDT_INIT(i)));
	KUNIT_EXPECT_EQ(test, -ENOSPC, zsock_cred_allow(creds, &zsock_owner, 1, KUIDT_INIT(i)));
	KUNIT_EXPECT_EQ(test, 0, zsock_cred_allow(creds, &zsock_owner, 1, KUIDT_INIT(7)));
	KUNIT_EXPECT_EQ(test, 0, zsock_cred_deny(creds, &zsock_owner, 1, KUIDT_INIT(7)));
	KUNIT_EXPECT_EQ(test, 0, zsock_cred_allow(creds, &zsock_owner, 1, KUIDT_INIT(i)));
	creds->count += ZSOCK_CRED_TAGS_MAX - 1;
	KUNIT_EXPECT_EQ(test, -ENOSPC, ADD(owner, 2, PSK, "k"));
	creds->count -= ZSOCK_CRED_TAGS_MAX - 1;
}

/* The quota is that of keys, 200 for each but root; it comes back at once. */
static void zsock_store_quota(struct kunit *test)
{
	struct zsock_creds *creds = test->priv;
	int i, err = 0;

	for (i = 0; i < 1000 && !err; i++)
		err = ADD(owner, i, PSK, "k");
	KUNIT_EXPECT_EQ(test, -EDQUOT, err);
	KUNIT_EXPECT_GT(test, i, 100);
	KUNIT_EXPECT_EQ(test, 0, zsock_cred_del(creds, &zsock_owner, 0, 0));
	KUNIT_EXPECT_EQ(test, 0, ADD(owner, 0, PSK, "k"));
	/* An administrator's addition is the owner's burden. */
	KUNIT_EXPECT_EQ(test, -EDQUOT, ADD(admin, 0, PSK_ID, "i"));
	KUNIT_EXPECT_EQ(test, 0, ADD(admin, 5000, PSK_ID, "i"));
}

static void zsock_store_held(struct kunit *test)
{
	struct zsock_creds *creds = test->priv;
	struct zsock_cred_ref first, second, third;

	KUNIT_ASSERT_EQ(test, 0, ADD(owner, 1, PSK_ID, "one"));
	KUNIT_ASSERT_EQ(test, 0, TAKE(owner, 1, PSK_ID, &first));
	KUNIT_ASSERT_EQ(test, 0, REPLACE(owner, 1, PSK_ID, "second"));
	KUNIT_ASSERT_EQ(test, 0, TAKE(owner, 1, PSK_ID, &second));
	KUNIT_EXPECT_EQ(test, 0, zsock_cred_del(creds, &zsock_owner, 1, ZSOCK_CRED_PSK_ID));
	KUNIT_EXPECT_EQ(test, -ENOENT, TAKE(owner, 1, PSK_ID, &third));
	KUNIT_EXPECT_EQ(test, 3, first.len);
	KUNIT_EXPECT_MEMEQ(test, first.data, "one", 3);
	KUNIT_EXPECT_EQ(test, 6, second.len);
	KUNIT_EXPECT_MEMEQ(test, second.data, "second", 6);
	/* The namespace may go as well. */
	KUNIT_ASSERT_EQ(test, 0, ADD(owner, 1, PSK_ID, "third"));
	KUNIT_ASSERT_EQ(test, 0, TAKE(owner, 1, PSK_ID, &third));
	zsock_creds_free(creds);
	KUNIT_EXPECT_MEMEQ(test, third.data, "third", 5);
	zsock_cred_put(&first);
	zsock_cred_put(&second);
	zsock_cred_put(&third);
	KUNIT_EXPECT_NULL(test, third.key);
	zsock_creds_init(creds);
}

/* ---- sockets' own door ---- */

#define TAG	987654321
#define GET(type, cred)	zsock_get(type, cred, &ref)

/* One of all that TAG has. */
static int zsock_get(u32 type, const struct cred *cred, struct zsock_cred_ref *ref)
{
	struct zsock_cred_ref refs[ZSOCK_CRED_TYPES] = { };
	int err = zsock_cred_get_tag(&init_net, TAG, cred, refs);
	int i;

	if (err)
		return err;
	for (i = 0; i < ZSOCK_CRED_TYPES; i++)
		if (refs[i].key && i != type)
			zsock_cred_put(&refs[i]);
	*ref = refs[type];
	return ref->key ? 0 : -ENOENT;
}

static struct cred *zsock_cred_of(struct kunit *test, kuid_t uid)
{
	struct cred *cred = prepare_creds();

	KUNIT_ASSERT_NOT_NULL(test, cred);
	cred->uid = uid;
	cred->euid = uid;
	cred->suid = uid;
	cred->fsuid = uid;
	cap_clear(cred->cap_effective);
	cap_clear(cred->cap_permitted);
	return cred;
}

static void zsock_store_get(struct kunit *test)
{
	struct zsock_creds *creds = &zsock_net(&init_net)->creds;
	struct cred *owner = zsock_cred_of(test, OWNER);
	struct cred *other = zsock_cred_of(test, OTHER);
	struct zsock_cred_ref ref;

	KUNIT_EXPECT_EQ(test, -ENOENT, GET(ZSOCK_CRED_PSK, owner));
	KUNIT_ASSERT_EQ(test, 0, ADD(owner, TAG, PSK, "key"));
	KUNIT_EXPECT_EQ(test, -ENOENT, GET(ZSOCK_CRED_CA, owner));
	KUNIT_EXPECT_EQ(test, -EACCES, GET(ZSOCK_CRED_PSK, other));
	KUNIT_EXPECT_EQ(test, -EACCES, GET(ZSOCK_CRED_CA, other));
	/* KUnit's own thread is an administrator. */
	KUNIT_EXPECT_EQ(test, 0, GET(ZSOCK_CRED_PSK, current_cred()));
	zsock_cred_put(&ref);
	KUNIT_EXPECT_EQ(test, 0, zsock_cred_allow(creds, &zsock_owner, TAG, OTHER));
	KUNIT_EXPECT_EQ(test, 0, GET(ZSOCK_CRED_PSK, other));
	zsock_cred_put(&ref);
	KUNIT_EXPECT_EQ(test, 0, GET(ZSOCK_CRED_PSK, owner));
	KUNIT_EXPECT_EQ(test, 3, ref.len);
	KUNIT_EXPECT_EQ(test, ZSOCK_CRED_FORMAT_RAW, ref.format);
	KUNIT_EXPECT_MEMEQ(test, ref.data, "key", 3);
	KUNIT_EXPECT_EQ(test, 0, zsock_cred_deny(creds, &zsock_owner, TAG, OTHER));
	KUNIT_EXPECT_EQ(test, 0, zsock_cred_del(creds, &zsock_owner, TAG, 0));
	KUNIT_EXPECT_MEMEQ(test, ref.data, "key", 3);
	zsock_cred_put(&ref);
	put_cred(owner);
	put_cred(other);
}

static struct kunit_case zsock_store_cases[] = {
	KUNIT_CASE(zsock_store_rules),
	KUNIT_CASE(zsock_store_failure),
	KUNIT_CASE(zsock_store_extremes),
	KUNIT_CASE(zsock_store_limits),
	KUNIT_CASE(zsock_store_quota),
	KUNIT_CASE(zsock_store_held),
	KUNIT_CASE(zsock_store_get),
	{ }
};

struct kunit_suite zsock_cred_store_suite = {
	.name		= "zsock_cred_store",
	.init		= zsock_store_init,
	.exit		= zsock_store_exit,
	.test_cases	= zsock_store_cases,
};
