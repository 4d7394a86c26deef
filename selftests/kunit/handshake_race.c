// SPDX-License-Identifier: GPL-2.0
/* Several who would end a handshake at once: one does, and all know. */
#include <linux/delay.h>
#include <linux/random.h>
#include <linux/workqueue.h>

#include "shake.h"

#define PORTID	0x70000001
#define ROUNDS	300
/* Where each waits for a timer. */
#define SLOW	60

/**
 * struct zsock_rival - one of those who would end it
 * @work: where it does
 * @shake: the handshake
 * @try: what it does: whether it was the one
 * @won: that it was
 */
struct zsock_rival {
	struct work_struct	work;
	struct zsock_shake	*shake;
	bool			(*try)(struct zsock_shake *shake);
	bool			won;
};

static void zsock_rival_run(struct work_struct *work)
{
	struct zsock_rival *rival = container_of(work, struct zsock_rival, work);

	/* Half of the time none at all: both from the beginning. */
	if (get_random_u32_below(2))
		usleep_range(1, 1 + get_random_u32_below(200));
	rival->won = rival->try(rival->shake);
}

static bool zsock_try_finish(struct zsock_shake *shake)
{
	return zsock_handshake_finish(shake->hs, -ECONNRESET);
}

static bool zsock_try_success(struct zsock_shake *shake)
{
	return zsock_handshake_finish(shake->hs, 0);
}

static bool zsock_try_cancel(struct zsock_shake *shake)
{
	bool won = zsock_handshake_cancel(shake->hs);

	/* If another did, the owner has been told by now. */
	if (!won && !shake->calls)
		pr_err("zsock_kunit: cancelled too late, but nobody was told\n");
	return won || !shake->calls;
}

/* The agent dies: whether this ended it cannot be told. */
static bool zsock_try_death(struct zsock_shake *shake)
{
	zsock_requests_agent_gone(zsock_shakes(), PORTID);
	return false;
}

/* An agent that takes the next one, and looks for it by its number. */
static bool zsock_try_accept(struct zsock_shake *shake)
{
	struct zsock_handshake *hs = zsock_handshake_next(&init_net, PORTID);

	if (hs)
		zsock_handshake_put(hs);
	hs = zsock_handshake_find(&init_net, shake->hs->rq.id, PORTID);
	if (hs)
		zsock_handshake_put(hs);
	return false;
}

static bool zsock_try_give_back(struct zsock_shake *shake)
{
	struct zsock_handshake *hs = zsock_handshake_next(&init_net, PORTID);

	if (hs) {
		zsock_request_give_back(&hs->rq);
		zsock_handshake_put(hs);
	}
	return false;
}

typedef bool (*zsock_try_fn)(struct zsock_shake *shake);

/* Who won, of @n rivals; -1 for none of them, -2 for more than one. */
static int zsock_contest(struct zsock_shake *shake, const zsock_try_fn *tries,
			 int n)
{
	struct zsock_rival rivals[4];
	int i, winner = -1;

	for (i = 0; i < n; i++) {
		rivals[i].shake = shake;
		rivals[i].try = tries[i];
		rivals[i].won = false;
		INIT_WORK_ONSTACK(&rivals[i].work, zsock_rival_run);
		queue_work(system_unbound_wq, &rivals[i].work);
	}
	for (i = 0; i < n; i++) {
		flush_work(&rivals[i].work);
		destroy_work_on_stack(&rivals[i].work);
		if (rivals[i].won)
			winner = winner == -1 ? i : -2;
	}
	return winner;
}

/* All of them ended; the listener's socket is what is left. */
static void zsock_contests(struct kunit *test, const zsock_try_fn *tries, int n,
			   int timeout, int rounds, bool must_win)
{
	struct socket *sock = zsock_shake_listener(test);
	struct zsock_tls *tls = zsock_priv(sock);
	struct zsock_shake *shake;
	int i, winner, told = 0;

	zsock_shakes()->timeout = timeout;
	zsock_shakes()->grace = timeout;
	for (i = 0; i < rounds; i++) {
		shake = zsock_shake_begun(test, sock);
		winner = zsock_contest(shake, tries, n);
		KUNIT_ASSERT_NE_MSG(test, -2, winner, "round %d: two ended it", i);
		if (must_win)
			KUNIT_ASSERT_NE_MSG(test, -1, winner, "round %d: nobody",
					    i);
		/* Where none of these did, the timer has, or will. */
		if (winner < 0)
			KUNIT_ASSERT_NE(test, 0,
					wait_for_completion_timeout(&shake->over,
								    10 * HZ));
		KUNIT_ASSERT_EQ(test, ZSOCK_REQUEST_FINISHED,
				shake->hs->rq.state);
		KUNIT_ASSERT_LE(test, shake->calls, 1);
		told += shake->calls;
		zsock_shake_drop(test, shake);
	}
	kunit_info(test, "told %d times in %d rounds", told, rounds);
	flush_workqueue(zsock_agent_wq);
	KUNIT_EXPECT_EQ(test, rounds, zsock_shake_closed());
	KUNIT_EXPECT_EQ(test, 0, zsock_shakes()->count);
	KUNIT_EXPECT_EQ(test, 1, refcount_read(&tls->ref));
	KUNIT_EXPECT_EQ(test, 1, refcount_read(&tls->conf->ref));
}

static void zsock_race_cancel(struct kunit *test)
{
	static const zsock_try_fn tries[] = { zsock_try_cancel, zsock_try_finish };

	zsock_contests(test, tries, 2, 10000, ROUNDS, true);
}

static void zsock_race_all(struct kunit *test)
{
	static const zsock_try_fn tries[] = { zsock_try_success, zsock_try_cancel,
					      zsock_try_finish, zsock_try_accept };

	zsock_contests(test, tries, 4, 10000, ROUNDS, true);
}

static void zsock_race_death(struct kunit *test)
{
	static const zsock_try_fn tries[] = { zsock_try_accept, zsock_try_death,
					      zsock_try_give_back };

	zsock_contests(test, tries, 3, 20, SLOW, false);
}

static void zsock_race_timer(struct kunit *test)
{
	static const zsock_try_fn tries[] = { zsock_try_accept };

	zsock_contests(test, tries, 1, 1, SLOW, false);
}

static void zsock_race_timer_finish(struct kunit *test)
{
	static const zsock_try_fn tries[] = { zsock_try_finish,
					      zsock_try_give_back };

	zsock_contests(test, tries, 2, 1, SLOW, false);
}

static struct kunit_case zsock_handshake_race_cases[] = {
	KUNIT_CASE_SLOW(zsock_race_cancel),
	KUNIT_CASE_SLOW(zsock_race_all),
	KUNIT_CASE_SLOW(zsock_race_death),
	KUNIT_CASE_SLOW(zsock_race_timer),
	KUNIT_CASE_SLOW(zsock_race_timer_finish),
	{ }
};

struct kunit_suite zsock_handshake_race_suite = {
	.name		= "zsock_handshake_race",
	.init		= zsock_shake_init,
	.exit		= zsock_shake_exit,
	.test_cases	= zsock_handshake_race_cases,
};
