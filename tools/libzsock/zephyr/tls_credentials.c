// SPDX-License-Identifier: GPL-2.0
/*
 * TLS credentials under Zephyr's names and errors. Each call has a connection of
 * its own: they are few, and may come from any thread, or after fork().
 */
#include <errno.h>

#include <zephyr/net/tls_credentials.h>
#include <zsock/zsock.h>

#include "internal.h"

BUILD_ASSERT(TLS_CREDENTIAL_CA_CERTIFICATE == (int)ZSOCK_CRED_CA &&
	     TLS_CREDENTIAL_PUBLIC_CERTIFICATE == (int)ZSOCK_CRED_CERT &&
	     TLS_CREDENTIAL_PRIVATE_KEY == (int)ZSOCK_CRED_KEY &&
	     TLS_CREDENTIAL_PSK == (int)ZSOCK_CRED_PSK &&
	     TLS_CREDENTIAL_PSK_ID == (int)ZSOCK_CRED_PSK_ID,
	     "the numbers are the same");

/* What is said to somebody who may not, or where there is nothing to ask. */
static int to_zephyr(int err)
{
	switch (err) {
	case -EPERM:
	case -ENOPROTOOPT:
		return -EACCES;
	case -ENOSPC:
	case -EDQUOT:
	case -ENOBUFS:
		return -ENOMEM;
	}
	return err;
}

/*
 * Zephyr wants PEM as a string with its NUL, the module without. What is DER
 * begins as a SEQUENCE does, and may end in any byte; keys that are shared, too.
 */
static size_t without_nul(enum tls_credential_type type, const void *cred,
			  size_t len)
{
	const char *text = cred;

	if (type != TLS_CREDENTIAL_CA_CERTIFICATE &&
	    type != TLS_CREDENTIAL_PUBLIC_CERTIFICATE &&
	    type != TLS_CREDENTIAL_PRIVATE_KEY)
		return len;
	return cred && len > 1 && text[0] != 0x30 && !text[len - 1] ? len - 1 :
								     len;
}

int tls_credential_add(sec_tag_t tag, enum tls_credential_type type,
		       const void *cred, size_t credlen)
{
	struct zsk *z;
	int ret = zsk_open(&z);

	credlen = without_nul(type, cred, credlen);
	if (!ret)
		ret = zsk_cred_add(z, tag, type, cred, credlen);
	zsk_close(z);
	return to_zephyr(ret);
}

int tls_credential_get(sec_tag_t tag, enum tls_credential_type type,
		       void *cred, size_t *credlen)
{
	struct zsk *z;
	int ret;

	if (type == TLS_CREDENTIAL_NONE)
		return -ENOENT;
	ret = zsk_open(&z);
	if (!ret)
		ret = zsk_cred_get(z, tag, type, cred, credlen);
	zsk_close(z);
	return to_zephyr(ret);
}

/* Of no type there is none; below it would mean all. */
int tls_credential_delete(sec_tag_t tag, enum tls_credential_type type)
{
	struct zsk *z;
	int ret;

	if (type == TLS_CREDENTIAL_NONE)
		return -ENOENT;
	ret = zsk_open(&z);
	if (!ret)
		ret = zsk_cred_delete(z, tag, type);
	zsk_close(z);
	return to_zephyr(ret);
}
