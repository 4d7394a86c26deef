/* SPDX-License-Identifier: GPL-2.0 */
#ifndef OFFLOADD_RULES_H
#define OFFLOADD_RULES_H

#include <stdbool.h>

#include "addr.h"

enum rules_kind {
	RULES_TO,	/* destinations */
	RULES_AT,	/* what sockets are bound to */
	RULES_KINDS
};

bool rules_add(enum rules_kind kind, bool allow, const char *text);
bool rules_allow(enum rules_kind kind, const union addr *addr);
bool rules_want_low_ports(void);

#endif /* OFFLOADD_RULES_H */
