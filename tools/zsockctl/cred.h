/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ZSOCKCTL_CRED_H
#define ZSOCKCTL_CRED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A credential that is to be added. */
struct cred {
	int32_t tag;
	uint32_t type;		/* ZSOCK_CRED_* */
	bool replace;
	unsigned char *data;	/* as in the file; wiped by cred_wipe() */
	size_t len;
	unsigned char *spki;	/* public half of a private key, or NULL */
	size_t spki_len;
};

/* cred.c */
int parse_tag(const char *word, int32_t *tag);
int parse_type(const char *word, uint32_t *type);
const char *cred_type_name(uint32_t type);

/* cred_file.c */
int cred_read(const char *path, struct cred *c);
void cred_wipe(struct cred *c);

/* cred_check.c */
int cred_check(struct cred *c);

/* cred_show.c */
int cred_list(void);
int cred_show(int argc, char **argv);

#endif /* ZSOCKCTL_CRED_H */
