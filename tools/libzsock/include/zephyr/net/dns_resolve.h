/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/* What getaddrinfo() returns. */
#ifndef _ZSOCK_ZEPHYR_NET_DNS_RESOLVE_H
#define _ZSOCK_ZEPHYR_NET_DNS_RESOLVE_H

#include <netdb.h>

/* In glibc only with _GNU_SOURCE; it returns them all the same. */
#ifndef EAI_NODATA
#define EAI_NODATA	(-5)
#endif
#ifndef EAI_ADDRFAMILY
#define EAI_ADDRFAMILY	(-9)
#endif

#define DNS_EAI_BADFLAGS	EAI_BADFLAGS
#define DNS_EAI_NONAME		EAI_NONAME
#define DNS_EAI_AGAIN		EAI_AGAIN
#define DNS_EAI_FAIL		EAI_FAIL
#define DNS_EAI_NODATA		EAI_NODATA
#define DNS_EAI_FAMILY		EAI_FAMILY
#define DNS_EAI_SOCKTYPE	EAI_SOCKTYPE
#define DNS_EAI_SERVICE		EAI_SERVICE
#define DNS_EAI_ADDRFAMILY	EAI_ADDRFAMILY
#define DNS_EAI_MEMORY		EAI_MEMORY
#define DNS_EAI_SYSTEM		EAI_SYSTEM
#define DNS_EAI_OVERFLOW	EAI_OVERFLOW

#ifndef DNS_MAX_NAME_SIZE
#define DNS_MAX_NAME_SIZE	255
#endif

#endif
