/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ZSOCKCTL_CRED_H
#define ZSOCKCTL_CRED_H

#include "../common/cred.h"

/* cred.c */
int parse_tag(const char *word, int32_t *tag);
int parse_type(const char *word, uint32_t *type);
const char *cred_type_name(uint32_t type);

/* cred_show.c */
int cred_list(void);
int cred_show(int argc, char **argv);

#endif /* ZSOCKCTL_CRED_H */
