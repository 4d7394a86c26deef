// SPDX-License-Identifier: GPL-2.0
/* A list of what the kernel has of one kind. */
#include <stdlib.h>

#include "out.h"
#include "zsockctl.h"

int list_dump(uint8_t cmd, const char * const *headers, int columns,
	      genl_reply_fn show, void *arg)
{
	int ret = genl_ask(cmd, true);

	if (ret != EXIT_OK)
		return ret;
	list_begin(headers, columns, true);
	genl_each(show, arg);
	list_end();
	return EXIT_OK;
}
