// SPDX-License-Identifier: GPL-2.0
/* A list of what the kernel has of one kind. */
#include "out.h"
#include "zsockctl.h"

/* The end of one that list_begin() began, or of the try: an exit status. */
int list_said(struct zsk *z, int ret)
{
	ret = kernel_said(z, ret);
	if (ret == EXIT_OK)
		list_end();
	return ret;
}
