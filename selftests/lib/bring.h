/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRING_H
#define BRING_H

/*
 * Have the backend of ZSOCK_TEST_BACKEND in this network namespace, too, where a backend is
 * one namespace's: "remote" by way of the pipe that ZSOCK_TEST_PIPE says (unix or vsock), with
 * a zsock-offloadd of its own that ends with the caller. 0 or -1 and errno.
 */
int zs_bring_backend(void);

#endif
