// SPDX-License-Identifier: GPL-2.0
/* The agent of agent.h. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/tcp.h>
#include <linux/tls.h>
#include <linux/zsock.h>

#include "agent.h"
#include "line.h"
#include "zs.h"

#define SOL_TCP		6
#define CIPHER_1_3	0x1301
#define CIPHER_1_2	0xc02f

/* Of the last request, which is answered before this thread makes another. */
static __thread unsigned int seq;

static void put_u32(struct line_message *req, int attr, uint32_t value)
{
	line_put(req, attr, &value, sizeof(value));
}

/* ---- kTLS ---- */

int agent_ktls(int fd, int version)
{
	struct tls12_crypto_info_aes_gcm_128 info = {
		.info.version = version,
		.info.cipher_type = TLS_CIPHER_AES_GCM_128,
	};

	memset(info.key, 0x11, sizeof(info.key));
	memset(info.salt, 0x22, sizeof(info.salt));
	memset(info.iv, 0x33, sizeof(info.iv));
	if (setsockopt(fd, SOL_TCP, TCP_ULP, "tls", sizeof("tls")) ||
	    setsockopt(fd, SOL_TLS, TLS_TX, &info, sizeof(info)))
		return -1;
	return setsockopt(fd, SOL_TLS, TLS_RX, &info, sizeof(info));
}

int agent_send_record(int fd, uint8_t type, const void *data, int len)
{
	char control[CMSG_SPACE(1)] = { 0 };
	struct iovec iov = { (void *)data, len };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_TLS;
	cmsg->cmsg_type = TLS_SET_RECORD_TYPE;
	cmsg->cmsg_len = CMSG_LEN(1);
	*CMSG_DATA(cmsg) = type;
	return sendmsg(fd, &msg, MSG_NOSIGNAL) == len ? 0 : -1;
}

int agent_recv_record(int fd, void *data, int *len)
{
	char control[CMSG_SPACE(1)] = { 0 };
	struct iovec iov = { data, *len };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg;

	*len = recvmsg(fd, &msg, 0);
	if (*len < 0)
		return -1;
	cmsg = CMSG_FIRSTHDR(&msg);
	if (!cmsg || cmsg->cmsg_level != SOL_TLS)
		return -1;
	return *CMSG_DATA(cmsg);
}

/* ---- netlink ---- */

static void note_cred(struct agent *agent, const char *p, const char *end)
{
	const struct nlattr *attr;

	agent->ncreds++;
	line_each(attr, p, end) {
		if (attr->nla_type == ZSOCK_A_HANDSHAKE_CRED_SERIAL)
			memcpy(&agent->serial, p + NLA_HDRLEN, 8);
	}
}

static void drop_verify(struct agent *agent)
{
	if (agent->verify_fd >= 0)
		close(agent->verify_fd);
	agent->verify_fd = -1;
}

static int note(struct agent *agent, const struct nlmsghdr *nlh)
{
	const char *end, *p = line_attrs(nlh, &end);
	const struct nlattr *attr;
	int fd = -1;

	agent->hostname[0] = 0;
	agent->no_name_check = false;
	agent->cache = false;
	agent->last = false;
	agent->ncreds = 0;
	drop_verify(agent);
	line_each(attr, p, end) {
		const char *data = p + NLA_HDRLEN;
		int len = attr->nla_len - NLA_HDRLEN;

		switch (attr->nla_type & NLA_TYPE_MASK) {
		case ZSOCK_A_HANDSHAKE_ID:
			memcpy(&agent->id, data, 8);
			break;
		case ZSOCK_A_HANDSHAKE_FD:
			memcpy(&fd, data, 4);
			break;
		case ZSOCK_A_HANDSHAKE_VERIFY_FD:
			memcpy(&agent->verify_fd, data, 4);
			break;
		case ZSOCK_A_HANDSHAKE_ROLE:
			memcpy(&agent->role, data, 4);
			break;
		case ZSOCK_A_HANDSHAKE_VERSION:
			memcpy(&agent->min_version, data, 4);
			break;
		case ZSOCK_A_HANDSHAKE_VERIFY:
			memcpy(&agent->verify, data, 4);
			break;
		case ZSOCK_A_HANDSHAKE_UID:
			memcpy(&agent->uid, data, 4);
			break;
		case ZSOCK_A_HANDSHAKE_HOSTNAME:
			snprintf(agent->hostname, sizeof(agent->hostname), "%.*s", len, data);
			break;
		case ZSOCK_A_HANDSHAKE_NO_NAME_CHECK:
			agent->no_name_check = true;
			break;
		case ZSOCK_A_HANDSHAKE_CACHE:
			agent->cache = true;
			break;
		case ZSOCK_A_HANDSHAKE_LAST:
			agent->last = true;
			break;
		case ZSOCK_A_HANDSHAKE_CRED:
			note_cred(agent, data, data + len);
			break;
		}
	}
	return fd;
}

static int send_request(struct agent *agent, struct line_message *req)
{
	return send(agent->nl, req, req->nlh.nlmsg_len, 0) < 0 ? -1 : 0;
}

static void event(struct agent *agent, const struct nlmsghdr *nlh)
{
	const struct genlmsghdr *genl = NLMSG_DATA(nlh);
	const char *end, *p = line_attrs(nlh, &end);
	const struct nlattr *attr;

	if (genl->cmd == ZSOCK_CMD_HANDSHAKE_READY)
		agent->again = true;
	if (genl->cmd == ZSOCK_CMD_HANDSHAKE_PURGE)
		agent->purges++;
	if (genl->cmd != ZSOCK_CMD_HANDSHAKE_TICKET)
		return;
	agent->tickets++;
	line_each(attr, p, end) {
		if (attr->nla_type == ZSOCK_A_HANDSHAKE_DATA)
			agent->ticket_len = attr->nla_len - NLA_HDRLEN;
	}
}

/* Wait for the acknowledgement of the last request; what else came is noted. */
static int answer(struct agent *agent, int *fd)
{
	static __thread char buf[16384];
	const struct nlmsghdr *nlh;
	int len;

	for (;;) {
		len = recv(agent->nl, buf, sizeof(buf), 0);
		if (len < 0)
			return errno;
		for (nlh = (void *)buf; NLMSG_OK(nlh, (unsigned int)len);
		     nlh = NLMSG_NEXT(nlh, len)) {
			if (!nlh->nlmsg_seq)
				event(agent, nlh);
			else if (nlh->nlmsg_seq != seq)
				continue;
			else if (nlh->nlmsg_type == NLMSG_ERROR)
				return -((struct nlmsgerr *)NLMSG_DATA(nlh))->error;
			else if (fd)
				*fd = note(agent, nlh);
		}
	}
}

static int done(struct agent *agent, uint64_t id, int error)
{
	struct line_message req;

	line_begin(&req, agent->family, ZSOCK_CMD_HANDSHAKE_DONE, ++seq);
	line_put(&req, ZSOCK_A_HANDSHAKE_ID, &id, sizeof(id));
	put_u32(&req, ZSOCK_A_HANDSHAKE_ERROR, error);
	if (error && agent->alert >= 0)
		put_u32(&req, ZSOCK_A_HANDSHAKE_ALERT, agent->alert);
	if (error && agent->received)
		line_put(&req, ZSOCK_A_HANDSHAKE_ALERT_RECEIVED, NULL, 0);
	if (agent->alpn)
		line_put(&req, ZSOCK_A_HANDSHAKE_ALPN, agent->alpn, strlen(agent->alpn) + 1);
	put_u32(&req, ZSOCK_A_HANDSHAKE_VERSION, agent->version);
	put_u32(&req, ZSOCK_A_HANDSHAKE_CIPHER,
		agent->version == 0x0304 ? CIPHER_1_3 : CIPHER_1_2);
	return send_request(agent, &req) ? errno : answer(agent, NULL);
}

/* The answer is not for the agent's own thread to read. */
int agent_done(struct agent *agent, uint64_t id, int error)
{
	int ret;

	pthread_mutex_lock(&agent->lock);
	ret = done(agent, id, error);
	pthread_mutex_unlock(&agent->lock);
	return ret;
}

int agent_accept(struct agent *agent, uint64_t *id)
{
	struct line_message req;
	int fd = -1, err;

	pthread_mutex_lock(&agent->lock);
	line_begin(&req, agent->family, ZSOCK_CMD_HANDSHAKE_ACCEPT, ++seq);
	err = send_request(agent, &req) ? errno : answer(agent, &fd);
	*id = agent->id;
	if (!err)
		agent->accepted++;
	pthread_mutex_unlock(&agent->lock);
	errno = err;
	return err ? -1 : fd;
}

int agent_await(struct agent *agent, uint64_t *id)
{
	long long end = zs_now_ms() + 20000;
	int fd;

	while ((fd = agent_accept(agent, id)) < 0 && errno == EAGAIN && zs_now_ms() < end)
		zs_sleep_ms(1);
	return fd;
}

static void serve(struct agent *agent, int fd)
{
	int error = agent->mode == AGENT_FAILS ? agent->error : 0;

	agent->accepted++;
	if (agent->mode == AGENT_STALLS) {
		if (agent->fd >= 0)
			close(agent->fd);
		agent->fd = fd;
		return;
	}
	if (agent->delay_ms)
		zs_sleep_ms(agent->delay_ms);
	if (agent->mode == AGENT_GOOD && agent_ktls(fd, agent->version)) {
		perror("agent: kTLS");
		error = EOPNOTSUPP;
	}
	done(agent, agent->id, error);
	close(fd);
}

static void accept_all(struct agent *agent)
{
	struct line_message req;
	int fd;

	while (agent->mode != AGENT_IGNORES) {
		fd = -1;
		/* An event that comes before the answer is perhaps of one after it. */
		agent->again = false;
		line_begin(&req, agent->family, ZSOCK_CMD_HANDSHAKE_ACCEPT, ++seq);
		if (send_request(agent, &req))
			return;
		if (!answer(agent, &fd))
			serve(agent, fd);
		else if (!agent->again)
			return;
	}
}

static void *agent_main(void *arg)
{
	struct agent *agent = arg;
	struct pollfd pfd[2] = { { agent->nl, POLLIN, 0 }, { agent->stop[0], POLLIN, 0 } };
	char buf[16384];
	int len;

	pthread_mutex_lock(&agent->lock);
	for (;;) {
		accept_all(agent);
		pthread_mutex_unlock(&agent->lock);
		poll(pfd, 2, -1);
		if (pfd[1].revents)
			return NULL;
		pthread_mutex_lock(&agent->lock);
		len = recv(agent->nl, buf, sizeof(buf), MSG_DONTWAIT);
		if (len > 0 && !((struct nlmsghdr *)buf)->nlmsg_seq)
			event(agent, (struct nlmsghdr *)buf);
	}
}

int agent_open(struct agent *agent)
{
	if (!agent->version)
		agent->version = 0x0304;
	agent->fd = -1;
	agent->verify_fd = -1;
	pthread_mutex_init(&agent->lock, NULL);
	return line_open(ZSOCK_GENL_HANDSHAKE, agent->patience_ms ? agent->patience_ms : 10000,
			 &agent->nl, &agent->family);
}

void agent_close(struct agent *agent)
{
	close(agent->nl);
	drop_verify(agent);
	if (agent->fd >= 0)
		close(agent->fd);
}

int agent_start(struct agent *agent)
{
	if (agent_open(agent) || pipe(agent->stop))
		return -1;
	return pthread_create(&agent->thread, NULL, agent_main, agent) ? -1 : 0;
}

void agent_stop(struct agent *agent)
{
	if (write(agent->stop[1], "", 1) != 1)
		perror("agent: stop");
	pthread_join(agent->thread, NULL);
	close(agent->stop[0]);
	close(agent->stop[1]);
	agent_close(agent);
}
