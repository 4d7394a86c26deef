// SPDX-License-Identifier: GPL-2.0
/*
 * What becomes of requests to the module: an exit status, and complaints.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kernel.h"
#include "tool.h"

const char *(*kernel_explain)(int error);
int kernel_error;

int kernel_not_loaded(void)
{
	kernel_error = ENOPROTOOPT;
	fprintf(stderr, "%s: the zsock module is not loaded: load it with 'modprobe zsock' or 'insmod zsock.ko'\n",
		tool_name);
	return EXIT_KERNEL;
}

static int complain(const char *what, int error, const char *why)
{
	const char *words = kernel_explain ? kernel_explain(error) : NULL;

	kernel_error = error;
	if (!words)
		words = error == EDQUOT ? "the owner's quota of keys is used up, see /proc/key-users" :
					  strerror(error);
	fprintf(stderr, "%s: %s: %s%s%s\n", tool_name, what, words,
		why[0] ? ": " : "", why);
	return EXIT_KERNEL;
}

/**
 * kernel_open() - begin to ask
 *
 * Return: a connection for kernel_said(), or NULL; complaints have been made.
 */
struct zsk *kernel_open(void)
{
	struct zsk *z;
	int ret;

	kernel_error = 0;
	ret = zsk_open(&z);
	if (ret == -ENOPROTOOPT)
		kernel_not_loaded();
	else if (ret)
		complain("cannot reach the zsock module", -ret, "");
	return z;
}

/**
 * kernel_said() - what came of it
 * @z: the connection, which is closed
 * @ret: what the library returned
 *
 * Return: an exit status; complaints have been made.
 */
int kernel_said(struct zsk *z, int ret)
{
	if (ret == -ENOPROTOOPT)
		ret = kernel_not_loaded();
	else if (ret)
		ret = complain("the kernel refused", -ret, zsk_why(z));
	else if (zsk_list_changed(z))
		fprintf(stderr, "%s: warning: what is listed changed meanwhile: some may be missing or be there twice\n",
			tool_name);
	zsk_close(z);
	return ret;
}
