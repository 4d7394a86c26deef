// SPDX-License-Identifier: GPL-2.0
/*
 * zsock_mock: backends and handlers for tests, controlled through
 * /sys/module/zsock_mock/parameters. A write fails with the errno of what it
 * asked the core for. Never to be installed.
 */
#include <linux/kernel.h>
#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/string.h>

#include "mock.h"

/* ---- counters: a write, of whatever, sets one to 0 ---- */

static int mock_count_set(const char *val, const struct kernel_param *kp)
{
	atomic_set(kp->arg, 0);
	return 0;
}

static int mock_count_get(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%d\n", atomic_read((atomic_t *)kp->arg));
}

static const struct kernel_param_ops mock_count_ops = {
	.set	= mock_count_set,
	.get	= mock_count_get,
};

/* ---- registered: 1 registers, 0 unregisters ---- */

static int mock_backend_set(const char *val, const struct kernel_param *kp)
{
	bool on;

	return kstrtobool(val, &on) ?: mock_backend_register(kp->arg, on);
}

static int mock_backend_get(char *buffer, const struct kernel_param *kp)
{
	const struct mock_backend *mock = kp->arg;

	return sysfs_emit(buffer, "%d\n", mock->registered);
}

static const struct kernel_param_ops mock_backend_ops = {
	.set	= mock_backend_set,
	.get	= mock_backend_get,
};

static int mock_handler_set(const char *val, const struct kernel_param *kp)
{
	bool on;

	return kstrtobool(val, &on) ?: mock_handler_register(kp->arg, on);
}

static int mock_handler_get(char *buffer, const struct kernel_param *kp)
{
	const struct mock_handler *mock = kp->arg;

	return sysfs_emit(buffer, "%d\n", mock->registered);
}

static const struct kernel_param_ops mock_handler_ops = {
	.set	= mock_handler_set,
	.get	= mock_handler_get,
};

/* ---- netdev: the device's name; write only ---- */

static int mock_netdev_set(const char *val, const struct kernel_param *kp)
{
	char name[MOCK_NAME_SIZE];

	if (strscpy(name, val, sizeof(name)) < 0)
		return -EINVAL;
	return mock_backend_netdev(kp->arg, strim(name));
}

static const struct kernel_param_ops mock_netdev_ops = {
	.set	= mock_netdev_set,
};

#define MOCK_BACKEND_PARAMS(x, n)					\
	module_param_string(x##_name, mock_backends[n].name,		\
			    MOCK_NAME_SIZE, 0644);			\
	module_param_named(x##_priority, mock_backends[n].priority,	\
			   int, 0644);					\
	module_param_named(x##_family, mock_backends[n].family,		\
			   int, 0644);					\
	module_param_named(x##_features, mock_backends[n].features,	\
			   uint, 0644);					\
	module_param_named(x##_flaw, mock_backends[n].flaw, uint, 0644);	\
	module_param_named(x##_supported, mock_backends[n].supported,	\
			   uint, 0644);					\
	module_param_named(x##_fail, mock_backends[n].fail, int, 0644);	\
	module_param_named(x##_hold, mock_backends[n].hold, uint, 0644);	\
	module_param_named(x##_interruptible,				\
			   mock_backends[n].interruptible, bool, 0644);	\
	module_param_named(x##_protocol, mock_backends[n].protocol,	\
			   int, 0644);					\
	module_param_named(x##_mark, mock_backends[n].mark, uint, 0644);	\
	module_param_cb(x##_asked, &mock_count_ops,			\
			&mock_backends[n].asked, 0644);			\
	module_param_cb(x##_creates, &mock_count_ops,			\
			&mock_backends[n].creates, 0644);		\
	module_param_cb(x##_pairs, &mock_count_ops,			\
			&mock_backends[n].pairs, 0644);			\
	module_param_string(x##_last, mock_backends[n].last,		\
			    sizeof(mock_backends[n].last), 0644);	\
	module_param_cb(x##_registered, &mock_backend_ops,		\
			&mock_backends[n], 0644);			\
	module_param_cb(x##_netdev, &mock_netdev_ops,			\
			&mock_backends[n], 0200)

MOCK_BACKEND_PARAMS(a, 0);
MOCK_BACKEND_PARAMS(b, 1);
/* No backend: the device is a plain one again. */
module_param_cb(plain_netdev, &mock_netdev_ops, NULL, 0200);

#define MOCK_HANDLER_PARAMS(x, mock)					\
	module_param_string(x##_name, mock.name, MOCK_NAME_SIZE, 0644);	\
	module_param_named(x##_type, mock.type, int, 0644);		\
	module_param_named(x##_number, mock.number, int, 0644);		\
	module_param_cb(x##_registered, &mock_handler_ops, &mock, 0644)

MOCK_HANDLER_PARAMS(stream, mock_stream);
MOCK_HANDLER_PARAMS(domain, mock_domain);
module_param_named(permit_errno, mock_permit_errno, int, 0644);
module_param_named(option_errno, mock_option_errno, int, 0644);
module_param_cb(overrides, &mock_count_ops, &mock_overrides, 0644);
module_param_cb(getnames, &mock_count_ops, &mock_getnames, 0644);
module_param_cb(upper, &mock_count_ops, &mock_upper, 0644);

/*
 * The handlers are there from the start, for socket() finds a module that it
 * had loaded at once; the backends wait for their priorities and the like.
 */
static int __init mock_init(void)
{
	int err;

	err = mock_handler_register(&mock_stream, true);
	if (err)
		return err;
	err = mock_handler_register(&mock_domain, true);
	if (err)
		mock_handlers_exit();
	return err;
}

static void __exit mock_exit(void)
{
	mock_backends_exit();
	mock_handlers_exit();
}

module_init(mock_init);
module_exit(mock_exit);

MODULE_DESCRIPTION("Mock handlers and backends for the tests of AF_ZSOCK");
MODULE_LICENSE("GPL");
MODULE_ALIAS_NET_PF_PROTO_TYPE(PF_ZSOCK, 200, 1 /* SOCK_STREAM */);
