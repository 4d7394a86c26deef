/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What KUnit suites see of the module, where the kernel has KUnit: elsewhere
 * these macros are nothing, and statics are static.
 */
#ifndef _ZSOCK_COMPAT_KUNIT_H
#define _ZSOCK_COMPAT_KUNIT_H

#include <linux/version.h>

#if IS_ENABLED(CONFIG_KUNIT)
#include <kunit/visibility.h>
#else
#define VISIBLE_IF_KUNIT	static
#define EXPORT_SYMBOL_IF_KUNIT(symbol)
#endif

/* The name of a symbol namespace became a string. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
#define ZSOCK_IMPORT_KUNIT()	MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING")
#else
#define ZSOCK_IMPORT_KUNIT()	MODULE_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING)
#endif

#endif /* _ZSOCK_COMPAT_KUNIT_H */
