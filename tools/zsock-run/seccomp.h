/* SPDX-License-Identifier: GPL-2.0 */
/*
 * zsock-run --seccomp: what its parts share.
 */
#ifndef ZSOCK_RUN_SECCOMP_H
#define ZSOCK_RUN_SECCOMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/seccomp.h>

/* filter.c */
int filter_install(void);

/* calls.c */
struct call {
	int domain, type, protocol;
};

enum call_form { CALL_REGISTERS, CALL_MEMORY, CALL_OTHER };

enum call_form call_decode(const struct seccomp_data *data, struct call *call);
bool call_read(uint32_t tid, const struct seccomp_data *data,
	       struct call *call);

/* One of the ways to make system calls, and socket()'s numbers there. */
struct abi {
	uint32_t arch;			/* AUDIT_ARCH_* */
	uint32_t mask;			/* of what counts in the number */
	uint32_t socket;
	uint32_t socketcall;		/* NO_CALL: there is none */
};

#define NO_CALL		0xffffffffU

extern const struct abi abis[];
extern const size_t nabis;

/*
 * Whose socket it is: all that the kernel may look at when it is made, or later
 * looks at in it. Texts of /proc, since they are only compared.
 */
struct identity {
	char ids[16384];		/* users, groups, capabilities */
	char cgroup[4096];
	char label[1024];		/* of a security module */
	char net[64];
	char user[64];
};

/* identity.c */
int identity_setup(void);
int identity_open(uint32_t tid);
bool identity_read_ids(int proc, struct identity *id);
bool identity_read(int proc, struct identity *id);
bool identity_read_own(struct identity *id);
bool identity_ours(int proc);
bool identity_same(const struct identity *a, const struct identity *b);
const char *identity_field(const struct identity *id, const char *name);

/* become.c */
bool become(int proc);

/* serve.c */
void serve(int listener, const struct seccomp_notif *req);

/* pool.c */
__attribute__((noreturn))
void pool_run(int listener);

#endif /* ZSOCK_RUN_SECCOMP_H */
