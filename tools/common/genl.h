/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ZSOCK_COMMON_GENL_H
#define ZSOCK_COMMON_GENL_H

#include <stdbool.h>
#include <stdint.h>

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>

/* For each message of an answer; @arg is the caller's. */
typedef void (*genl_reply_fn)(const struct nlmsghdr *nlh, void *arg);

/* Adds attributes to a request; @arg is the caller's. */
typedef void (*genl_fill_fn)(struct nlmsghdr *nlh, const void *arg);

/* Says what an errno of the kernel's means here, or NULL; if that is known. */
extern const char *(*genl_explain)(int error);
/* After a failure: its errno; ENOPROTOOPT where there is no module. */
extern int genl_error;

int genl_send(uint8_t cmd, bool dump, genl_fill_fn fill, const void *arg,
	      size_t room);
int genl_ask(uint8_t cmd, bool dump);
void genl_each(genl_reply_fn reply, void *arg);

/* Attributes by type; of one that repeats, the last. */
void genl_attrs(const struct nlmsghdr *nlh, const struct nlattr **tb, int max);
const char *attr_str(const struct nlattr *attr);
uint32_t attr_u32(const struct nlattr *attr);

/* ---- events: genl_events.c ---- */

struct genl_events {
	struct mnl_socket *nl;
	uint16_t family;
	bool lost;	/* some were, since there were too many */
	bool gone;	/* the module is, and no more will come */
};

int genl_group(const char *name, uint16_t *family, uint32_t *group);
int genl_events_open(struct genl_events *ev, const char *group);
int genl_events_take(struct genl_events *ev, int timeout, genl_reply_fn fn,
		     void *arg);

#endif /* ZSOCK_COMMON_GENL_H */
