/* SPDX-License-Identifier: GPL-2.0 */
/* What the samples share: it needs nothing but libzsock, as they do. */
#ifndef SAMPLES_COMMON_H
#define SAMPLES_COMMON_H

#include <zephyr/kernel.h>
#include <zephyr/net/socket.h>
#include <zephyr/net/tls_credentials.h>

#define TAG_CA		51	/* to verify a server with */
#define TAG_SERVER	52	/* a server's certificate and key */

/* A file, as the credential of @tag; one that is there already stays. */
static inline int use_file(sec_tag_t tag, enum tls_credential_type type,
			   const char *path)
{
	static char buf[60000];
	FILE *file = fopen(path, "re");
	size_t len;
	int ret;

	if (!file)
		return -errno;
	len = fread(buf, 1, sizeof(buf), file);
	fclose(file);
	ret = tls_credential_add(tag, type, buf, len);
	return ret == -EEXIST ? 0 : ret;
}

static inline int failed(const char *what)
{
	int err = errno;

	printk("%s: %s\n", what, strerror(err));
	if (err == EAFNOSUPPORT)
		printk("Is the module zsock loaded?\n");
	return 1;
}

/* A client's: whom it trusts, and what the server has to be called. */
static inline int secure_client(int sock, const char *name)
{
	sec_tag_t tags[] = { TAG_CA };

	return zsock_setsockopt(sock, SOL_TLS, TLS_SEC_TAG_LIST, tags,
				sizeof(tags)) ||
	       zsock_setsockopt(sock, SOL_TLS, TLS_HOSTNAME, name,
				strlen(name) + 1);
}

/* All of it; 0 or -1. */
static inline int send_all(int sock, const void *data, size_t len)
{
	const char *p = data;
	ssize_t n;

	for (; len; len -= n, p += n) {
		n = zsock_send(sock, p, len, MSG_NOSIGNAL);
		if (n < 0)
			return -1;
	}
	return 0;
}

#endif
