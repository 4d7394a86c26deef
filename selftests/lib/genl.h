/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Raw requests to the generic netlink family "zsock": no library stands between the test and
 * the kernel, so that messages can be wrong in every way.
 */
#ifndef GENL_H
#define GENL_H

#include <linux/netlink.h>
#include <stddef.h>
#include <stdint.h>

struct genl_req {
	char buf[70000];
	/* of the answer */
	int messages;			/* without the one that ends it */
	unsigned char data[65536];	/* ZSOCK_A_CRED_DATA of the last */
	int data_len;
	unsigned int owner;		/* ZSOCK_A_CRED_OWNER of the last */
	int uids;			/* ZSOCK_A_CRED_UID in all of them */
};

/* A socket in the caller's network namespace, used from then on. 0 or -1. */
int genl_open(void);
void genl_begin(struct genl_req *req, int cmd, int flags);
void genl_put(struct genl_req *req, int attr, const void *data, size_t len);
void genl_put_u32(struct genl_req *req, int attr, uint32_t value);
struct nlattr *genl_last(struct genl_req *req);
/* Send it and wait for the end of the answer: 0 or a positive errno. */
int genl_talk(struct genl_req *req);
/* The last datagram that came; and have errors come with the whole request in them. */
extern char genl_answer[100000];
extern int genl_answer_len;
int genl_full_acks(void);
/* Called with each message of an answer, but for the one that ends it. */
extern void (*genl_each)(const struct nlmsghdr *nlh);
/* Answers may get lost from now on: do not wait for them. Forget those that came late. */
void genl_no_wait(void);
void genl_drain(void);

#endif
