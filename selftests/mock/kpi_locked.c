// SPDX-License-Identifier: GPL-2.0
/*
 * zsock_kpi_locked: locked upcalls, and zsock_close() while they come. KUnit has
 * them too, in a kernel with one CPU; here they run on another one than who
 * closes, and with PREEMPT_RT also on the same one: who closes has a real-time
 * priority, and preempts them. Loading it is the test: it fails with EIO, and
 * says why in the log.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/in.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/uio.h>
#include <net/net_namespace.h>
#include <net/zsock_kpi.h>

#define PORT		7103
/* Of each kind: as many as have to meet an upcall, and how often to try. */
#define MEETINGS	5
#define ROUNDS		300
#define UPCALL_US	400

static const struct sockaddr_in addr = {
	.sin_family	= AF_INET,
	.sin_port	= htons(PORT),
	.sin_addr	= { cpu_to_be32(INADDR_LOOPBACK) },
};

/* What a client would have: a lock of its own, and somebody who waits. */
static DEFINE_SPINLOCK(lock);
static DECLARE_WAIT_QUEUE_HEAD(waiting);
static unsigned int calls;
static bool inside;
static bool late;
/* Which socket is open, by its number; 0 for none. */
static unsigned long opened;

static void locked_read(struct zsock_socket *so, void *cookie, bool may_sleep)
{
	WRITE_ONCE(inside, true);
	spin_lock(&lock);
	calls++;
	spin_unlock(&lock);
	wake_up_all(&waiting);
	udelay(UPCALL_US);
	if (READ_ONCE(opened) != (unsigned long)cookie)
		WRITE_ONCE(late, true);
	WRITE_ONCE(inside, false);
}

static unsigned int locked_calls(void)
{
	unsigned int n;

	spin_lock_irq(&lock);
	n = calls;
	spin_unlock_irq(&lock);
	return n;
}

/* Sends all the time; nobody reads, what is too much is dropped. */
static int locked_sender(void *data)
{
	struct zsock_socket *so = data;
	u8 byte = 0;

	while (!kthread_should_stop()) {
		struct kvec vec = { .iov_base = &byte, .iov_len = 1 };
		struct msghdr msg = {
			.msg_name	= (void *)&addr,
			.msg_namelen	= sizeof(addr),
		};

		iov_iter_kvec(&msg.msg_iter, ITER_SOURCE, &vec, 1, 1);
		zsock_send(so, &msg, MSG_DONTWAIT, NULL);
		cond_resched();
	}
	return 0;
}

static int locked_open(unsigned long number, struct zsock_socket **so)
{
	int err = zsock_socket(&init_net, AF_INET, SOCK_DGRAM, 0, NULL, NULL,
			       so);

	if (err)
		return err;
	err = zsock_bind(*so, (const struct sockaddr *)&addr, sizeof(addr));
	if (err) {
		zsock_close(*so);
		return err;
	}
	WRITE_ONCE(opened, number);
	zsock_setupcalls_locked(*so, locked_read, (void *)number, NULL, NULL,
				true);
	return 0;
}

/* One socket. Whether an upcall ran when it was closed, or an errno. */
static int locked_round(unsigned int round)
{
	unsigned int before = locked_calls();
	struct zsock_socket *so;
	bool met;
	int err;

	err = locked_open(round + 1, &so);
	if (err)
		return err;
	if (!wait_event_timeout(waiting, locked_calls() != before, 10 * HZ)) {
		pr_err("no upcall came\n");
		zsock_close(so);
		return -EIO;
	}
	/* Wakes at any time of the next. */
	usleep_range(50 + round % 7 * 100, 60 + round % 7 * 100);
	met = READ_ONCE(inside);
	/* The last upcall of one that is defunct is a work's. */
	if (round % 4 == 3)
		zsock_defunct(so);
	zsock_close(so);
	WRITE_ONCE(opened, 0);
	if (READ_ONCE(inside) || READ_ONCE(late)) {
		pr_err("an upcall ran after zsock_close()\n");
		return -EIO;
	}
	return met;
}

/* With the sender on @cpu, and this on the first. */
static int locked_test(struct zsock_socket *sender, int cpu, const char *what)
{
	unsigned int round, met = 0;
	struct task_struct *task;
	int ret = 0;

	task = kthread_create_on_cpu(locked_sender, sender, cpu,
				     "kpi_locked/%u");
	if (IS_ERR(task))
		return PTR_ERR(task);
	wake_up_process(task);
	for (round = 0; round < ROUNDS && met < MEETINGS && ret >= 0; round++) {
		ret = locked_round(round);
		met += ret > 0;
	}
	kthread_stop(task);
	pr_info("%s: %u sockets, %u closed during an upcall\n", what, round,
		met);
	if (ret < 0)
		return ret;
	return met < MEETINGS ? -EIO : 0;
}

static int locked_tests(struct zsock_socket *sender)
{
	int first = cpumask_first(cpu_online_mask);
	int next = cpumask_next(first, cpu_online_mask);
	int ret;

	if (next >= nr_cpu_ids) {
		pr_err("this takes two CPUs\n");
		return -EIO;
	}
	ret = set_cpus_allowed_ptr(current, cpumask_of(first));
	if (ret)
		return ret;
	sched_set_fifo(current);
	/* Elsewhere nobody else is on the CPU during an upcall. */
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		ret = locked_test(sender, first, "one CPU");
	if (!ret)
		ret = locked_test(sender, next, "two CPUs");
	sched_set_normal(current, 0);
	set_cpus_allowed_ptr(current, cpu_possible_mask);
	return ret;
}

static int __init kpi_locked_init(void)
{
	struct zsock_socket *sender;
	int err;

	err = zsock_socket(&init_net, AF_INET, SOCK_DGRAM, 0, NULL, NULL,
			   &sender);
	if (err)
		return err;
	err = locked_tests(sender);
	zsock_close(sender);
	/* The works of sockets that are defunct. */
	zsock_upcall_barrier();
	return err;
}

static void __exit kpi_locked_exit(void)
{
}

module_init(kpi_locked_init);
module_exit(kpi_locked_exit);

MODULE_DESCRIPTION("AF_ZSOCK: a test of locked upcalls");
MODULE_LICENSE("GPL");
