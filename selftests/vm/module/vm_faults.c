// SPDX-License-Identifier: GPL-2.0
/*
 * Does on purpose what tools/vm must notice: "insmod vm_faults.ko fault=leak". Each fault is what
 * its checker is sure to report, and leaves the kernel in a state that it survives.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>

static char *fault = "none";
module_param(fault, charp, 0444);
MODULE_PARM_DESC(fault, "none, warn, use-after-free, deadlock or leak");

static DEFINE_MUTEX(vm_faults_a);
static DEFINE_MUTEX(vm_faults_b);

static void vm_faults_use_after_free(void)
{
	char *p = kmalloc(32, GFP_KERNEL);

	if (!p)
		return;
	kfree(p);
	WRITE_ONCE(*p, 1);
}

/* Two orders: nothing blocks, but lockdep sees what could. */
static void vm_faults_deadlock(void)
{
	mutex_lock(&vm_faults_a);
	mutex_lock(&vm_faults_b);
	mutex_unlock(&vm_faults_b);
	mutex_unlock(&vm_faults_a);
	mutex_lock(&vm_faults_b);
	mutex_lock(&vm_faults_a);
	mutex_unlock(&vm_faults_a);
	mutex_unlock(&vm_faults_b);
}

/* Several: a stale copy of an address on some stack hides one. */
static noinline void vm_faults_leak(void)
{
	size_t size;

	for (size = 64; size <= 1024; size *= 2)
		WARN_ON(!kmalloc(size, GFP_KERNEL));
}

static int __init vm_faults_init(void)
{
	WARN(!strcmp(fault, "warn"), "on purpose\n");
	if (!strcmp(fault, "use-after-free"))
		vm_faults_use_after_free();
	if (!strcmp(fault, "deadlock"))
		vm_faults_deadlock();
	if (!strcmp(fault, "leak"))
		vm_faults_leak();
	return 0;
}

static void __exit vm_faults_exit(void)
{
}

module_init(vm_faults_init);
module_exit(vm_faults_exit);
MODULE_DESCRIPTION("faults on purpose, for the test of tools/vm");
MODULE_LICENSE("GPL");
