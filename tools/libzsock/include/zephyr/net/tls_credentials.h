/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * Credentials of secure sockets. They are the network namespace's, not the
 * program's, and stay when the program ends: see Documentation/credentials.rst.
 */
#ifndef _ZSOCK_ZEPHYR_NET_TLS_CREDENTIALS_H
#define _ZSOCK_ZEPHYR_NET_TLS_CREDENTIALS_H

#include <zephyr/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A set of credentials, at most one of each type. */
typedef int sec_tag_t;

#define SEC_TAG_TLS_INVALID	(-1)

enum tls_credential_type {
	TLS_CREDENTIAL_NONE = 0,
	TLS_CREDENTIAL_CA_CERTIFICATE = 1,
	TLS_CREDENTIAL_PUBLIC_CERTIFICATE = 2,
	TLS_CREDENTIAL_SERVER_CERTIFICATE = TLS_CREDENTIAL_PUBLIC_CERTIFICATE,
	TLS_CREDENTIAL_PRIVATE_KEY = 3,
	TLS_CREDENTIAL_PSK = 4,
	TLS_CREDENTIAL_PSK_ID = 5,
};

/* They return 0 or a negative errno, and leave errno alone. */

/* -EACCES, -ENOMEM, -EEXIST; -EFBIG, -EINVAL: the data is too large, is none */
int tls_credential_add(sec_tag_t tag, enum tls_credential_type type,
		       const void *cred, size_t credlen);

/* -EACCES: a private or pre-shared key, too; -ENOENT; -EFBIG */
int tls_credential_get(sec_tag_t tag, enum tls_credential_type type,
		       void *cred, size_t *credlen);

/* -EACCES, -ENOENT */
int tls_credential_delete(sec_tag_t tag, enum tls_credential_type type);

#ifdef __cplusplus
}
#endif

#endif
