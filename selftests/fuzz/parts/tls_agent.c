// SPDX-License-Identifier: GPL-2.0
/*
 * Agents: one of the run's own, which never ends and mostly does what it should, and those that
 * workers are for a moment, with their descriptors in the pool for everybody to play with.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/tcp.h>
#include <linux/tls.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "agent.h"
#include "fuzz.h"

/* A generation's; a number that was given out is worth trying again. */
static struct agent own = { .nl = -1, .alert = -1 };
static uint64_t recent;

/* One for all threads of a generation; a fork shares it, and closes its own. */
static struct agent *own_agent(void)
{
	static bool tried;

	if (!__atomic_exchange_n(&tried, true, __ATOMIC_SEQ_CST)) {
		own.patience_ms = 50;
		if (agent_open(&own) && own.nl >= 0) {
			close(own.nl);
			own.nl = -1;
		}
	}
	return own.nl >= 0 ? &own : NULL;
}

/* ---- what can be done with a wire ---- */

static void partial_keys(struct rng *r, int fd)
{
	struct tls12_crypto_info_aes_gcm_128 info = {
		.info.version = rng_one_in(r, 4) ? rng_next(r) : 0x0304,
		.info.cipher_type = rng_one_in(r, 4) ? rng_below(r, 60) : TLS_CIPHER_AES_GCM_128,
	};

	if (rng_one_in(r, 2))
		setsockopt(fd, IPPROTO_TCP, TCP_ULP, "tls", 3 + rng_below(r, 3));
	setsockopt(fd, SOL_TLS, 1 + rng_below(r, 4), &info,
		   rng_one_in(r, 4) ? rng_below(r, 60) : sizeof(info));
}

static void read_credential(struct rng *r, int fd)
{
	socklen_t len = rng_one_in(r, 3) ? (socklen_t)rng_int(r) : 64;
	uint64_t *serial = memory_tail(64);

	*serial = rng_one_in(r, 2) ? rng_below(r, 100) : rng_next(r);
	getsockopt(fd, SOL_ZSOCK, 1 + rng_below(r, 6),
		   rng_one_in(r, 10) ? memory_pointer(r, 64) : serial, &len);
}

static void play(struct rng *r, int fd)
{
	struct pollfd pfd = { fd, POLLIN | POLLOUT, 0 };
	union zs_addr addr;
	socklen_t len = sizeof(addr);
	int value = rng_int(r);

	switch (rng_below(r, 12)) {
	case 0:
		send(fd, memory_pointer(r, 100), rng_below(r, 5000), rng_flags(r, MSG_MORE | MSG_OOB));
		break;
	case 1:
		recv(fd, memory_pointer(r, 100), rng_below(r, 5000), rng_flags(r, MSG_PEEK));
		break;
	case 2:
		poll(&pfd, 1, 1);
		break;
	case 3:
		shutdown(fd, rng_below(r, 3));
		break;
	case 4:
		getpeername(fd, &addr.sa, &len);
		getsockname(fd, memory_pointer(r, len), &len);
		break;
	case 5:
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value, sizeof(value));
		break;
	case 6:
		setsockopt(fd, rng_below(r, 2) ? SOL_SOCKET : IPPROTO_TCP, rng_below(r, 60), &value,
			   sizeof(value));
		break;
	case 7:
		ioctl(fd, rng_below(r, 2) ? FIONREAD : FIOASYNC, &value);
		break;
	case 8:
		fcntl(fd, F_SETFL, rng_flags(r, O_ASYNC | O_NONBLOCK));
		break;
	case 9:
		read_credential(r, fd);
		break;
	case 10:
		partial_keys(r, fd);
		break;
	default:
		connect(fd, &addr.sa, sizeof(addr.in));
	}
}

/* ---- a worker's ---- */

/* The next one, mostly brought to an end; at times its wire is left for others to find. */
void run_tls_agent(struct rng *r)
{
	struct agent *agent = own_agent();
	uint64_t id;
	int fd = agent ? agent_accept(agent, &id) : -1;

	count(CALL_tls_agent, fd);
	if (fd < 0)
		return;
	__atomic_store_n(&recent, id, __ATOMIC_RELAXED);
	for (unsigned int n = rng_below(r, 3); n; n--)
		play(r, fd);
	if (!rng_one_in(r, 3))
		agent_ktls(fd, rng_one_in(r, 4) ? 0x0303 : 0x0304);
	if (!rng_one_in(r, 4))
		agent_done(agent, id, rng_one_in(r, 3) ? rng_below(r, 200) : 0);
	pool_put(r, fd, AF_INET, SOCK_STREAM);
}

void run_tls_wire(struct rng *r)
{
	for (unsigned int n = 1 + rng_below(r, 5); n; n--)
		play(r, pool_slot(r)->fd);
	count(CALL_tls_wire, 0);
}

/* ---- messages ---- */

struct message {
	struct nlmsghdr nlh;
	struct genlmsghdr genl;
	char attrs[1024];
};

static void put(struct message *m, unsigned int type, unsigned int len, const void *data)
{
	struct nlattr *nla = (struct nlattr *)((char *)m + NLMSG_ALIGN(m->nlh.nlmsg_len));

	if ((char *)nla + NLA_HDRLEN + NLA_ALIGN(len) > (char *)(m + 1))
		return;
	nla->nla_type = type;
	nla->nla_len = NLA_HDRLEN + len;
	memcpy(nla + 1, data, len);
	m->nlh.nlmsg_len = NLMSG_ALIGN(m->nlh.nlmsg_len) + NLA_ALIGN(nla->nla_len);
}

static void random_attribute(struct rng *r, struct message *m)
{
	char data[64];

	for (unsigned int i = 0; i < sizeof(data); i++)
		data[i] = rng_one_in(r, 2) ? 0 : rng_next(r);
	put(m, rng_one_in(r, 8) ? rng_next(r) & 0xffff : rng_below(r, ZSOCK_A_HANDSHAKE_MAX + 3),
	    rng_one_in(r, 2) ? 4 : rng_below(r, sizeof(data)), data);
}

/* Of the handshakes' commands, with any attributes; a number that was in use at times. */
void run_tls_message(struct rng *r)
{
	struct agent *agent = own_agent();
	struct message m = { .nlh.nlmsg_len = NLMSG_HDRLEN + GENL_HDRLEN };
	uint64_t id = __atomic_load_n(&recent, __ATOMIC_RELAXED) + rng_below(r, 3) - 1;
	int ret;

	if (!agent) {
		count(CALL_tls_message, -1);
		return;
	}
	m.nlh.nlmsg_type = agent->family;
	m.nlh.nlmsg_flags = NLM_F_REQUEST | (rng_next(r) & (NLM_F_ACK | NLM_F_DUMP | NLM_F_ECHO));
	m.nlh.nlmsg_seq = rng_next(r);
	m.genl.version = 1;
	m.genl.cmd = rng_one_in(r, 2) ? ZSOCK_CMD_HANDSHAKE_DONE :
		     ZSOCK_CMD_HANDSHAKE_READY + rng_below(r, 6);
	if (!rng_one_in(r, 4))
		put(&m, ZSOCK_A_HANDSHAKE_ID, sizeof(id), &id);
	for (unsigned int n = rng_below(r, 6); n; n--)
		random_attribute(r, &m);
	if (rng_one_in(r, 10))
		m.nlh.nlmsg_len = rng_below(r, sizeof(m));
	ret = send(agent->nl, &m, m.nlh.nlmsg_len < sizeof(m) ? m.nlh.nlmsg_len : sizeof(m),
		   MSG_DONTWAIT);
	count(CALL_tls_message, ret);
	/* Descriptors that came this way are nobody's until the generation ends. */
	while (recv(agent->nl, memory_scratch(), 16384, MSG_DONTWAIT) > 0)
		;
}

/* ---- the run's own ---- */

#define STALLED	8

static void serve(struct rng *r, struct agent *agent, int fd, uint64_t id, int *stalled)
{
	unsigned int slot = rng_below(r, STALLED);

	if (rng_one_in(r, 6))
		play(r, fd);
	switch (rng_below(r, 10)) {
	case 0:
		agent_done(agent, id, rng_one_in(r, 2) ? ECONNRESET : rng_below(r, 200));
		break;
	case 1:
		/* Never, or as far as the time limit goes. */
		if (stalled[slot] >= 0)
			close(stalled[slot]);
		stalled[slot] = dup(fd);
		break;
	case 2:
		agent_done(agent, id, 0);
		break;
	default:
		agent_ktls(fd, 0x0304);
		agent_done(agent, id, 0);
	}
	if (rng_one_in(r, 6))
		play(r, fd);
	close(fd);
}

/* Dies at times, with all that it has; a new one is there at once. */
static void one_life(struct rng *r)
{
	struct agent agent = { .alert = -1, .patience_ms = 500 };
	int stalled[STALLED];
	struct pollfd pfd;
	uint64_t id;
	int fd;

	memset(stalled, -1, sizeof(stalled));
	if (agent_open(&agent)) {
		zs_sleep_ms(100);
		goto out;
	}
	pfd = (struct pollfd){ agent.nl, POLLIN, 0 };
	while (!rng_one_in(r, 500)) {
		while ((fd = agent_accept(&agent, &id)) >= 0)
			serve(r, &agent, fd, id, stalled);
		poll(&pfd, 1, 20);
		while (recv(agent.nl, memory_scratch(), 16384, MSG_DONTWAIT) > 0)
			;
	}
out:
	for (int i = 0; i < STALLED; i++)
		if (stalled[i] >= 0)
			close(stalled[i]);
	if (agent.nl >= 0)
		agent_close(&agent);
}

void agent_forever(uint64_t seed)
{
	struct rng r;

	rng_seed(&r, seed, ~0ULL, 0, 0);
	memory_init();
	for (;;)
		one_life(&r);
}
