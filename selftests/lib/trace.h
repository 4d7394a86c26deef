/* SPDX-License-Identifier: GPL-2.0 */
/* The module's tracepoints, seen through tracefs. */
#ifndef ZS_TRACE_H
#define ZS_TRACE_H

#include <stdbool.h>

/* tracefs is there, with our events in it; mounts it where that is all that is missing. */
bool zs_trace_ready(void);
/* Empty the buffer. */
int zs_trace_clear(void);
/* event is a name without the leading "zsock_". 0 or -1. */
int zs_trace_enable(const char *event, bool on);
/* How often the event was seen about this inode, or about any when it is 0. */
int zs_trace_count(const char *event, unsigned long inode);

#endif
