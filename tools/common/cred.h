/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ZSOCK_COMMON_CRED_H
#define ZSOCK_COMMON_CRED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A credential that is to be added. */
struct cred {
	int32_t tag;
	uint32_t type;		/* ZSOCK_CRED_* */
	bool replace;
	const char *path;	/* where it came from, for complaints */
	unsigned char *data;	/* as in the file; wiped by cred_wipe() */
	size_t len, room;
	unsigned char *spki;	/* public half of a private key, or NULL */
	size_t spki_len;
};

/* cred_file.c */
int cred_read(const char *path, size_t max, struct cred *c);
void cred_wipe(struct cred *c);

/* cred_check.c */
bool cred_is_pem(const struct cred *c);
int cred_check(struct cred *c);

/* cred_kernel.c */
int cred_add(const struct cred *c);
int cred_del(int32_t tag, uint32_t type);

#endif /* ZSOCK_COMMON_CRED_H */
