/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ZSOCKCTL_H
#define ZSOCKCTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../common/kernel.h"
#include "../common/tool.h"

/* One thing that can be asked about, with its own file. */
struct object {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;	/* what is left of a usage line */
};

int ss_main(int argc, char **argv);
int backend_main(int argc, char **argv);
int proto_main(int argc, char **argv);
int stat_main(int argc, char **argv);
int cred_main(int argc, char **argv);
int vsock_main(int argc, char **argv);
int policy_main(int argc, char **argv);
int info_main(int argc, char **argv);

/* args.c */
bool abbreviates(const char *word, const char *full);
bool wants_help(int argc, char **argv);
int unknown_command(const char *object, const char *word);
int unwanted_argument(const char *object, const char *word);
int list_only(const char *object, const char *help, int argc, char **argv);
int arg_number(const char *object, const char *word, long long min,
	       long long max, const char *what, long long *value);
int arg_user(const char *object, const char *word, uint32_t *uid);

/* list.c */
int list_said(struct zsk *z, int ret);

/* names.c: what numbers are called */
const char *type_name(unsigned int type);
const char *protocol_name(unsigned int protocol, char *buf, size_t size);
bool protocol_number(const char *name, uint16_t range[2]);
const char *family_name(unsigned int family, char *buf, size_t size);

#endif /* ZSOCKCTL_H */
