/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TLSD_ALPN_H
#define TLSD_ALPN_H

#include <stdbool.h>
#include <stddef.h>

bool alpn_wire(const char *names, size_t len, unsigned char *wire,
	       size_t *wire_len);
const unsigned char *alpn_find(const unsigned char *wire, size_t wire_len,
			       const unsigned char *name, size_t len);
const unsigned char *alpn_choose(const unsigned char *ours, size_t ours_len,
				 const unsigned char *theirs, size_t theirs_len);

#endif /* TLSD_ALPN_H */
