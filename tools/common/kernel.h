/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The module, asked through libzsock, with the complaints that programs make.
 */
#ifndef ZSOCK_COMMON_KERNEL_H
#define ZSOCK_COMMON_KERNEL_H

#include <zsock/zsock.h>

/* Says what an errno of the kernel's means here, or NULL; if that is known. */
extern const char *(*kernel_explain)(int error);
/* After a failure: its errno; ENOPROTOOPT where there is no module. */
extern int kernel_error;

struct zsk *kernel_open(void);
int kernel_said(struct zsk *z, int ret);
int kernel_not_loaded(void);

#endif /* ZSOCK_COMMON_KERNEL_H */
