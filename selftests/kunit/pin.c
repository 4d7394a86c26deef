// SPDX-License-Identifier: GPL-2.0
/* Pins, and names. */
#include <linux/kthread.h>

#include "suites.h"

static int zsock_pin_test_init(struct kunit *test)
{
	struct zsock_pin *pin = kunit_kzalloc(test, sizeof(*pin), GFP_KERNEL);

	if (!pin)
		return -ENOMEM;
	test->priv = pin;
	return zsock_pin_init(pin, THIS_MODULE);
}

static void zsock_pin_test_exit(struct kunit *test)
{
	if (test->priv)
		zsock_pin_free(test->priv);
}

static bool zsock_pin_try(struct zsock_pin *pin)
{
	bool got;

	rcu_read_lock();
	got = zsock_pin_get(pin);
	rcu_read_unlock();
	return got;
}

static void zsock_pin_counts(struct kunit *test)
{
	struct zsock_pin *pin = test->priv;

	KUNIT_EXPECT_EQ(test, 0, zsock_pin_users(pin));
	KUNIT_ASSERT_TRUE(test, zsock_pin_try(pin));
	KUNIT_EXPECT_EQ(test, 1, zsock_pin_users(pin));
	zsock_pin_dup(pin);
	KUNIT_ASSERT_TRUE(test, zsock_pin_try(pin));
	KUNIT_EXPECT_EQ(test, 3, zsock_pin_users(pin));
	zsock_pin_put(pin);
	zsock_pin_put(pin);
	KUNIT_EXPECT_EQ(test, 1, zsock_pin_users(pin));
	zsock_pin_put(pin);
	KUNIT_EXPECT_EQ(test, 0, zsock_pin_users(pin));
}

/* Each user holds the owner's module. */
static void zsock_pin_holds_the_module(struct kunit *test)
{
	int before = module_refcount(THIS_MODULE);
	struct zsock_pin *pin = test->priv;

	KUNIT_ASSERT_TRUE(test, zsock_pin_try(pin));
	KUNIT_EXPECT_EQ(test, before + 1, module_refcount(THIS_MODULE));
	zsock_pin_dup(pin);
	KUNIT_EXPECT_EQ(test, before + 2, module_refcount(THIS_MODULE));
	zsock_pin_put(pin);
	zsock_pin_put(pin);
	KUNIT_EXPECT_EQ(test, before, module_refcount(THIS_MODULE));
}

/* What is built into the kernel has no module. */
static void zsock_pin_without_module(struct kunit *test)
{
	struct zsock_pin pin;

	KUNIT_ASSERT_EQ(test, 0, zsock_pin_init(&pin, NULL));
	KUNIT_EXPECT_TRUE(test, zsock_pin_try(&pin));
	zsock_pin_dup(&pin);
	KUNIT_EXPECT_EQ(test, 2, zsock_pin_users(&pin));
	zsock_pin_put(&pin);
	zsock_pin_put(&pin);
	KUNIT_EXPECT_EQ(test, 0, zsock_pin_kill(&pin));
	zsock_pin_free(&pin);
}

static void zsock_pin_kill_unused(struct kunit *test)
{
	struct zsock_pin *pin = test->priv;
	int before = module_refcount(THIS_MODULE);

	KUNIT_EXPECT_EQ(test, 0, zsock_pin_kill(pin));
	KUNIT_EXPECT_TRUE(test, pin->dead);
	KUNIT_EXPECT_FALSE(test, zsock_pin_try(pin));
	KUNIT_EXPECT_EQ(test, 0, zsock_pin_users(pin));
	KUNIT_EXPECT_EQ(test, before, module_refcount(THIS_MODULE));
}

/* One that is used lives on, as if it had not been tried. */
static void zsock_pin_kill_used(struct kunit *test)
{
	struct zsock_pin *pin = test->priv;

	KUNIT_ASSERT_TRUE(test, zsock_pin_try(pin));
	KUNIT_EXPECT_EQ(test, -EBUSY, zsock_pin_kill(pin));
	KUNIT_EXPECT_FALSE(test, pin->dead);
	KUNIT_EXPECT_TRUE(test, zsock_pin_try(pin));
	zsock_pin_put(pin);
	KUNIT_EXPECT_EQ(test, -EBUSY, zsock_pin_kill(pin));
	zsock_pin_put(pin);
	KUNIT_EXPECT_EQ(test, 0, zsock_pin_kill(pin));
}

#define ZSOCK_PIN_ROUNDS	20000

static int zsock_pin_thread(void *arg)
{
	struct zsock_pin *pin = arg;
	int i;

	for (i = 0; i < ZSOCK_PIN_ROUNDS; i++) {
		if (zsock_pin_try(pin)) {
			zsock_pin_dup(pin);
			zsock_pin_put(pin);
			zsock_pin_put(pin);
		}
		if (i % 1000 == 0)
			cond_resched();
	}
	while (!kthread_should_stop())
		schedule_timeout_interruptible(1);
	return 0;
}

/* Whatever was taken where, the sum comes out; a kill in between is no harm. */
static void zsock_pin_many_threads(struct kunit *test)
{
	struct zsock_pin *pin = test->priv;
	struct task_struct *task[4];
	int i, kills = 0;

	for (i = 0; i < ARRAY_SIZE(task); i++) {
		task[i] = kthread_run(zsock_pin_thread, pin, "zsock_pin_test");
		KUNIT_ASSERT_FALSE(test, IS_ERR(task[i]));
	}
	for (i = 0; i < 20; i++) {
		if (!zsock_pin_kill(pin)) {
			kills++;
			WRITE_ONCE(pin->dead, false);
		}
		cond_resched();
	}
	for (i = 0; i < ARRAY_SIZE(task); i++)
		KUNIT_EXPECT_EQ(test, 0, kthread_stop(task[i]));
	kunit_info(test, "%d of 20 kills found nobody\n", kills);
	KUNIT_EXPECT_EQ(test, 0, zsock_pin_users(pin));
	KUNIT_EXPECT_EQ(test, 0, zsock_pin_kill(pin));
}

struct zsock_name_case {
	const char	*name;
	bool		ok;
};

static const struct zsock_name_case zsock_name_cases[] = {
	{ "a", true }, { "native", true }, { "tcp/ip", true }, { "#1", true },
	{ "fifteen-letters", true }, { "~!@#$%^&*()_+=", true },
	{ "sixteen-letters-", false },
	{ "seventeen-letters", false },
	{ "", false }, { NULL, false },
	{ " ", false }, { "a b", false }, { "a ", false }, { " a", false },
	{ "a\tb", false }, { "a\n", false }, { "\x7f", false }, { "\x1b[m", false },
	{ "caf\xc3\xa9", false }, { "\xff", false }, { "a\xa0", false },
};

static void zsock_names(struct kunit *test)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(zsock_name_cases); i++)
		KUNIT_EXPECT_EQ_MSG(test, zsock_name_cases[i].ok,
				    zsock_name_ok(zsock_name_cases[i].name),
				    "name %d", i);
}

/* It is not looked at beyond its size, whatever is or is not there. */
static void zsock_name_without_end(struct kunit *test)
{
	char *name = kunit_kmalloc(test, ZSOCK_NAME_MAX, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, name);
	memset(name, 'x', ZSOCK_NAME_MAX);
	KUNIT_EXPECT_FALSE(test, zsock_name_ok(name));
	name[ZSOCK_NAME_MAX - 1] = '\0';
	KUNIT_EXPECT_TRUE(test, zsock_name_ok(name));
}

static struct kunit_case zsock_pin_cases[] = {
	KUNIT_CASE(zsock_pin_counts),
	KUNIT_CASE(zsock_pin_holds_the_module),
	KUNIT_CASE(zsock_pin_without_module),
	KUNIT_CASE(zsock_pin_kill_unused),
	KUNIT_CASE(zsock_pin_kill_used),
	KUNIT_CASE(zsock_pin_many_threads),
	KUNIT_CASE(zsock_names),
	KUNIT_CASE(zsock_name_without_end),
	{ }
};

struct kunit_suite zsock_pin_suite = {
	.name		= "zsock_pin",
	.init		= zsock_pin_test_init,
	.exit		= zsock_pin_test_exit,
	.test_cases	= zsock_pin_cases,
};
