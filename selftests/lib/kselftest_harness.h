/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's harness. A test that does not say how long it may take has twice as long as there:
 * what takes 3 s alone takes 20 s on a machine that does ten other things.
 */
#include_next "kselftest_harness.h"

#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 60
