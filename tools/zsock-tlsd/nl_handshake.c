// SPDX-License-Identifier: GPL-2.0
/*
 * ZSOCK_CMD_HANDSHAKE_*: what a worker asks the kernel for, and tells it.
 */
#include <errno.h>
#include <string.h>

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <openssl/crypto.h>

#include "nl.h"

#define SMALL	1024	/* room for any request here */

/* ---- a handshake ---- */

static int read_request(const struct nlmsghdr *nlh, void *arg)
{
	return request_parse(nlh, arg);
}

/**
 * nl_accept() - take a handshake that waits
 * @nl: the line
 * @rq: filled in
 *
 * Return: 0, -EAGAIN where none waits, -EPROTO for one that makes no sense but
 * has been taken, or another error.
 */
int nl_accept(struct nl *nl, struct request *rq)
{
	char buf[SMALL];

	request_init(rq);
	return nl_ask(nl, nl_request(nl, buf, ZSOCK_CMD_HANDSHAKE_ACCEPT),
		      read_request, rq);
}

/* ---- the end ---- */

static void put_success(struct nlmsghdr *req, const struct outcome *out)
{
	mnl_attr_put_u32(req, ZSOCK_A_HANDSHAKE_VERSION, out->version);
	mnl_attr_put_u32(req, ZSOCK_A_HANDSHAKE_CIPHER, out->cipher);
	if (out->alpn[0])
		mnl_attr_put_strz(req, ZSOCK_A_HANDSHAKE_ALPN, out->alpn);
	if (out->resumed)
		mnl_attr_put(req, ZSOCK_A_HANDSHAKE_RESUMED, 0, NULL);
}

static void put_failure(struct nlmsghdr *req, const struct outcome *out)
{
	if (out->alert < 0)
		return;
	mnl_attr_put_u32(req, ZSOCK_A_HANDSHAKE_ALERT, out->alert);
	if (out->alert_received)
		mnl_attr_put(req, ZSOCK_A_HANDSHAKE_ALERT_RECEIVED, 0, NULL);
}

/**
 * nl_done() - tell how a handshake ended
 * @nl: the line that accepted it
 * @id: which
 * @out: how
 *
 * Nothing is done about a kernel that does not want to know any more: the
 * program has gone, or it took too long.
 *
 * Return: 0 or -errno.
 */
int nl_done(struct nl *nl, uint64_t id, const struct outcome *out)
{
	char buf[SMALL];
	struct nlmsghdr *req = nl_request(nl, buf, ZSOCK_CMD_HANDSHAKE_DONE);

	mnl_attr_put_u64(req, ZSOCK_A_HANDSHAKE_ID, id);
	mnl_attr_put_u32(req, ZSOCK_A_HANDSHAKE_ERROR, out->error);
	mnl_attr_put_u32(req, ZSOCK_A_HANDSHAKE_VERIFY_RESULT, out->verify);
	if (out->error)
		put_failure(req, out);
	else
		put_success(req, out);
	return nl_send(nl, req);
}
