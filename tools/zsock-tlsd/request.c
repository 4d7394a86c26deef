// SPDX-License-Identifier: GPL-2.0
/*
 * Reading what the kernel asks for. The kernel is trusted, and so is what it
 * says; lengths are checked all the same, as they come from programs.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>

#include "request.h"

#define TIMEOUT		10000	/* ms, where none is told */

void request_init(struct request *rq)
{
	memset(rq, 0, sizeof(*rq));
	rq->fd = -1;
	rq->verify_fd = -1;
	rq->timeout = TIMEOUT;
}

void request_close(struct request *rq)
{
	if (rq->fd >= 0)
		close(rq->fd);
	if (rq->verify_fd >= 0)
		close(rq->verify_fd);
	rq->fd = -1;
	rq->verify_fd = -1;
}

/* ---- single attributes: 0, or -1 for one of a wrong length ---- */

static int take_u32(const struct nlattr *attr, uint32_t *to)
{
	if (mnl_attr_get_payload_len(attr) != sizeof(*to))
		return -1;
	*to = mnl_attr_get_u32(attr);
	return 0;
}

static int take_u64(const struct nlattr *attr, uint64_t *to)
{
	if (mnl_attr_get_payload_len(attr) != sizeof(*to))
		return -1;
	*to = mnl_attr_get_u64(attr);
	return 0;
}

static int take_fd(const struct nlattr *attr, int *to)
{
	uint32_t fd;

	if (take_u32(attr, &fd) || *to >= 0)
		return -1;
	*to = (int)fd;
	return *to < 0 ? -1 : 0;
}

/* With or without a NUL at its end, and none inside. */
static int take_hostname(const struct nlattr *attr, struct request *rq)
{
	const char *name = mnl_attr_get_payload(attr);
	size_t len = mnl_attr_get_payload_len(attr);

	if (len && !name[len - 1])
		len--;
	if (len >= sizeof(rq->hostname) || memchr(name, 0, len))
		return -1;
	memcpy(rq->hostname, name, len);
	rq->hostname[len] = '\0';
	return 0;
}

static int take_ciphers(const struct nlattr *attr, struct request *rq)
{
	size_t len = mnl_attr_get_payload_len(attr);

	if (len > sizeof(rq->ciphers) || len % sizeof(rq->ciphers[0]))
		return -1;
	memcpy(rq->ciphers, mnl_attr_get_payload(attr), len);
	rq->nciphers = len / sizeof(rq->ciphers[0]);
	return 0;
}

static int take_alpn(const struct nlattr *attr, struct request *rq)
{
	const char *names = mnl_attr_get_payload(attr);
	size_t len = mnl_attr_get_payload_len(attr);

	if (len > sizeof(rq->alpn) || (len && names[len - 1]))
		return -1;
	memcpy(rq->alpn, names, len);
	rq->alpn_len = len;
	return 0;
}

static int take_cred_attr(const struct nlattr *attr, struct request_cred *cred)
{
	uint32_t tag;

	switch (mnl_attr_get_type(attr)) {
	case ZSOCK_A_HANDSHAKE_CRED_TAG:
		if (take_u32(attr, &tag))
			return -1;
		cred->tag = (int32_t)tag;
		return 0;
	case ZSOCK_A_HANDSHAKE_CRED_TYPE:
		return take_u32(attr, &cred->type);
	case ZSOCK_A_HANDSHAKE_CRED_FORMAT:
		return take_u32(attr, &cred->format);
	case ZSOCK_A_HANDSHAKE_CRED_LENGTH:
		return take_u32(attr, &cred->length);
	case ZSOCK_A_HANDSHAKE_CRED_SERIAL:
		return take_u64(attr, &cred->serial);
	default:
		return 0;
	}
}

static int take_cred(const struct nlattr *nest, struct request *rq)
{
	struct request_cred *cred = &rq->creds[rq->ncreds];
	const struct nlattr *attr;

	if (rq->ncreds == REQUEST_CREDS_MAX)
		return -1;
	mnl_attr_for_each_nested(attr, nest)
		if (take_cred_attr(attr, cred))
			return -1;
	if (cred->length > ZSOCK_CRED_LEN_MAX)
		return -1;
	rq->ncreds++;
	return 0;
}

/* Attributes that this agent does not know ask for nothing that it could do. */
static int take(const struct nlattr *attr, struct request *rq)
{
	switch (mnl_attr_get_type(attr)) {
	case ZSOCK_A_HANDSHAKE_ID:
		return take_u64(attr, &rq->id);
	case ZSOCK_A_HANDSHAKE_FD:
		return take_fd(attr, &rq->fd);
	case ZSOCK_A_HANDSHAKE_VERIFY_FD:
		return take_fd(attr, &rq->verify_fd);
	case ZSOCK_A_HANDSHAKE_ROLE:
		return take_u32(attr, &rq->role);
	case ZSOCK_A_HANDSHAKE_VERSION:
		return take_u32(attr, &rq->version);
	case ZSOCK_A_HANDSHAKE_TIMEOUT:
		return take_u32(attr, &rq->timeout);
	case ZSOCK_A_HANDSHAKE_VERIFY:
		return take_u32(attr, &rq->verify);
	case ZSOCK_A_HANDSHAKE_UID:
		return take_u32(attr, &rq->uid);
	case ZSOCK_A_HANDSHAKE_NO_NAME_CHECK:
		rq->no_name_check = true;
		return 0;
	case ZSOCK_A_HANDSHAKE_CACHE:
		rq->cache = true;
		return 0;
	case ZSOCK_A_HANDSHAKE_LAST:
		rq->last = true;
		return 0;
	case ZSOCK_A_HANDSHAKE_HOSTNAME:
		return take_hostname(attr, rq);
	case ZSOCK_A_HANDSHAKE_CIPHERS:
		return take_ciphers(attr, rq);
	case ZSOCK_A_HANDSHAKE_ALPN:
		return take_alpn(attr, rq);
	case ZSOCK_A_HANDSHAKE_CRED:
		return take_cred(attr, rq);
	default:
		return 0;
	}
}

/**
 * request_parse() - read the answer to ZSOCK_CMD_HANDSHAKE_ACCEPT
 * @nlh: the message
 * @rq: filled in, also where the result is an error: its descriptors are the
 *	caller's to close, and its id the caller's to report
 *
 * Where a client says nothing, a peer is verified; a server asks for nothing.
 *
 * Return: 0 or -EPROTO.
 */
int request_parse(const struct nlmsghdr *nlh, struct request *rq)
{
	const struct nlattr *attr;
	bool verify_told = false;
	int ret = 0;

	request_init(rq);
	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		if (take(attr, rq))
			ret = -EPROTO;
		if (mnl_attr_get_type(attr) == ZSOCK_A_HANDSHAKE_VERIFY)
			verify_told = true;
	}
	if (!verify_told && rq->role == TLS_DTLS_ROLE_CLIENT)
		rq->verify = TLS_PEER_VERIFY_REQUIRED;
	if (rq->fd < 0 || rq->role > TLS_DTLS_ROLE_SERVER ||
	    rq->verify > TLS_PEER_VERIFY_REQUIRED)
		ret = -EPROTO;
	return ret;
}
