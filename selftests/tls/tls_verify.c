// SPDX-License-Identifier: GPL-2.0
/*
 * TLS_CERT_VERIFY_CALLBACK: what goes over the two descriptors, the program's and the agent's,
 * and what becomes of the one when the other goes. The test is both.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "agent.h"
#include "zs.h"

#define HEAD	sizeof(struct zsock_verify_request)

/* Memory that is not there; the compiler is not to know. */
static void *volatile nowhere = (void *)8;

FIXTURE(verify) {
	struct agent agent;
	int tcp;		/* where clients connect */
	union zs_addr addr;
	int fd;			/* the program's socket, not connected yet */
	int program;		/* over which it is asked */
	int wires[8], sockets[8];
	unsigned int n;
	char buf[ZSOCK_VERIFY_REQUEST_MAX + 100];
};

static int tls_socket(void)
{
	return socket(zs_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
		      ZSOCK_PROTO(AF_INET, IPPROTO_TLS_1_2));
}

FIXTURE_SETUP(verify)
{
	socklen_t len = zs_loopback(&self->addr, AF_INET, 0);

	ASSERT_EQ(0, zs_new_netns());
	self->tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ASSERT_EQ(0, bind(self->tcp, &self->addr.sa, len));
	ASSERT_EQ(0, listen(self->tcp, 100));
	ASSERT_EQ(0, getsockname(self->tcp, &self->addr.sa, &len));
	self->agent.alert = -1;
	ASSERT_EQ(0, agent_open(&self->agent));
	self->fd = tls_socket();
	self->program = zs_getint(self->fd, SOL_TLS, TLS_CERT_VERIFY_CALLBACK);
	ASSERT_LE(0, self->program);
	ASSERT_EQ(0, zs_nonblock(self->program, true));
}

FIXTURE_TEARDOWN(verify)
{
	agent_close(&self->agent);
}

/* Begin a handshake of the socket: the agent's descriptor, and its number. */
static int begin(FIXTURE_DATA(verify) *self, int sock, uint64_t *id)
{
	int verify;

	connect(sock, &self->addr.sa, sizeof(self->addr.in));
	/* Kept open: with it the handshake would not end. */
	if (agent_await(&self->agent, id) < 0)
		return -1;
	verify = self->agent.verify_fd;
	self->agent.verify_fd = -1;
	return verify;
}

#define BEGIN(fd, id)								\
({										\
	int fd_ = begin(self, fd, id);						\
										\
	ASSERT_LE(0, fd_);							\
	fd_;									\
})

/* So many certificates of so many bytes; returns how long it is. */
static size_t question(char *buf, uint32_t ncerts, uint32_t len)
{
	struct zsock_verify_request request = { .result = ZSOCK_VERIFY_EXPIRED, .ncerts = ncerts };
	char *p = buf + HEAD;

	memcpy(buf, &request, HEAD);
	for (uint32_t i = 0; i < ncerts; i++, p += sizeof(len) + len) {
		memcpy(p, &len, sizeof(len));
		memset(p + sizeof(len), 'c', len);
	}
	return p - buf;
}

static ssize_t ask(int fd)
{
	char buf[100];

	return write(fd, buf, question(buf, 1, 10));
}

static ssize_t reply(int program, uint64_t id, uint32_t accept)
{
	struct zsock_verify_reply reply = { .id = id, .accept = accept };

	return write(program, &reply, sizeof(reply));
}

TEST_F(verify, asked)
{
	struct zsock_verify_request request;
	struct zsock_verify_reply answer;
	uint64_t id;
	int agent = BEGIN(self->fd, &id);
	size_t len = question(self->buf, 2, 1000);

	EXPECT_EQ(-1, read(self->program, self->buf, 100));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(0, zs_poll(self->program, POLLIN, 0));
	/* Whatever the agent says, it is its own handshake's. */
	self->buf[0] = 77;
	ASSERT_EQ(len, write(agent, self->buf, len));
	EXPECT_EQ(POLLIN, zs_poll(self->program, POLLIN, 0));
	memset(self->buf, 0, len);
	ASSERT_EQ(len, read(self->program, self->buf, sizeof(self->buf)));
	memcpy(&request, self->buf, HEAD);
	EXPECT_EQ(id, request.id);
	EXPECT_EQ(ZSOCK_VERIFY_EXPIRED, request.result);
	EXPECT_EQ(2, request.ncerts);
	EXPECT_EQ('c', self->buf[len - 1]);
	EXPECT_EQ(0, zs_poll(self->program, POLLIN, 0));

	EXPECT_EQ(-1, read(agent, &answer, sizeof(answer)));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(0, zs_poll(agent, POLLIN, 0));
	ASSERT_EQ(sizeof(answer), reply(self->program, id, 1));
	EXPECT_EQ(POLLIN, zs_poll(agent, POLLIN, 0));
	EXPECT_EQ(-1, read(agent, &answer, sizeof(answer) - 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, read(agent, nowhere, sizeof(answer)));
	EXPECT_EQ(EFAULT, errno);
	ASSERT_EQ(sizeof(answer), read(agent, &answer, sizeof(answer)));
	EXPECT_EQ(id, answer.id);
	EXPECT_EQ(1, answer.accept);
	EXPECT_EQ(0, answer.reserved);
}

/* What is no list of certificates is not shown to the program. */
TEST_F(verify, nonsense)
{
	struct zsock_verify_request *request = (void *)self->buf;
	uint64_t id;
	int agent = BEGIN(self->fd, &id);
	size_t len = question(self->buf, 1, 10);

#define REFUSED(len)								\
do {										\
	EXPECT_EQ(-1, write(agent, self->buf, len));				\
	EXPECT_EQ(EINVAL, errno);						\
} while (0)
	REFUSED(0);
	REFUSED(HEAD - 1);
	REFUSED(HEAD);
	REFUSED(len - 1);
	REFUSED(len + 1);
	request->ncerts = 0;
	REFUSED(len);
	request->ncerts = 2;
	REFUSED(len);
	request->ncerts = UINT32_MAX;
	REFUSED(len);
	/* Lengths whose sum with others would begin anew. */
	request->ncerts = 1;
	for (int low = 0xf0; low < 0x100; low++) {
		memset(self->buf + HEAD, 0xff, 4);
		self->buf[HEAD] = low;
		REFUSED(len);
	}
	EXPECT_EQ(-1, write(agent, nowhere, len));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(0, zs_poll(self->program, POLLIN, 0));
	/* None at all can be asked about. */
	EXPECT_EQ(HEAD, write(agent, self->buf, question(self->buf, 0, 0)));
}

TEST_F(verify, largest)
{
	const uint32_t most = ZSOCK_VERIFY_REQUEST_MAX - HEAD - sizeof(uint32_t);
	uint64_t id;
	int agent = BEGIN(self->fd, &id);

	EXPECT_EQ(-1, write(agent, self->buf, question(self->buf, 1, most + 1)));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(ZSOCK_VERIFY_REQUEST_MAX,
		  write(agent, self->buf, question(self->buf, 1, most)));
	EXPECT_EQ(ZSOCK_VERIFY_REQUEST_MAX, read(self->program, self->buf, sizeof(self->buf)));
}

/* It waits for somebody with more room, in memory that is there. */
TEST_F(verify, too_little_room)
{
	uint64_t id;
	int agent = BEGIN(self->fd, &id);
	size_t len = question(self->buf, 3, 100);

	ASSERT_EQ(len, write(agent, self->buf, len));
	EXPECT_EQ(-1, read(self->program, self->buf, len - 1));
	EXPECT_EQ(EMSGSIZE, errno);
	EXPECT_EQ(-1, read(self->program, self->buf, 0));
	EXPECT_EQ(EMSGSIZE, errno);
	EXPECT_EQ(-1, read(self->program, nowhere, len));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(POLLIN, zs_poll(self->program, POLLIN, 0));
	EXPECT_EQ(len, read(self->program, self->buf, len));
	EXPECT_LT(0, reply(self->program, id, 0));
}

/* One question for each handshake. */
TEST_F(verify, once)
{
	uint64_t id;
	int agent = BEGIN(self->fd, &id);

	ASSERT_LT(0, ask(agent));
	EXPECT_EQ(-1, ask(agent));
	EXPECT_EQ(EBUSY, errno);
	ASSERT_LT(0, read(self->program, self->buf, sizeof(self->buf)));
	EXPECT_EQ(-1, ask(agent));
	ASSERT_LT(0, reply(self->program, id, 0));
	EXPECT_EQ(-1, ask(agent));
	EXPECT_EQ(EBUSY, errno);
}

/* A listener's connections ask over its descriptor, one beside the other. */
TEST_F(verify, several)
{
	struct zsock_verify_request request;
	struct zsock_verify_reply answer;
	int listener = tls_socket(), program, agent[3];
	union zs_addr addr;
	socklen_t len = zs_loopback(&addr, AF_INET, 0);
	uint64_t id[3];

	program = zs_getint(listener, SOL_TLS, TLS_CERT_VERIFY_CALLBACK);
	ASSERT_LE(0, program);
	ASSERT_EQ(0, bind(listener, &addr.sa, len));
	ASSERT_EQ(0, listen(listener, 10));
	ASSERT_EQ(0, getsockname(listener, &addr.sa, &len));
	for (int i = 0; i < 3; i++) {
		int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		ASSERT_EQ(0, connect(client, &addr.sa, len));
		while (agent_accept(&self->agent, &id[i]) < 0)
			ASSERT_EQ(EAGAIN, errno);
		agent[i] = self->agent.verify_fd;
		self->agent.verify_fd = -1;
		ASSERT_LT(0, ask(agent[i]));
	}
	for (int i = 0; i < 3; i++) {
		/* Not before it was read: nobody can know what is asked. */
		EXPECT_EQ(-1, reply(program, id[i], 1));
		EXPECT_EQ(ENOENT, errno);
		ASSERT_LT(0, read(program, self->buf, sizeof(self->buf)));
		memcpy(&request, self->buf, HEAD);
		EXPECT_EQ(id[i], request.id);
	}
	/* In any order, and each once. */
	for (int i = 2; i >= 0; i--) {
		EXPECT_LT(0, reply(program, id[i], i & 1));
		EXPECT_EQ(-1, reply(program, id[i], 1));
		EXPECT_EQ(ENOENT, errno);
		ASSERT_EQ(sizeof(answer), read(agent[i], &answer, sizeof(answer)));
		EXPECT_EQ(i & 1, answer.accept);
	}
}

TEST_F(verify, replies_refused)
{
	struct zsock_verify_reply answer = { .reserved = 1 };
	uint64_t id;
	int agent = BEGIN(self->fd, &id);

	ASSERT_LT(0, ask(agent));
	ASSERT_LT(0, read(self->program, self->buf, sizeof(self->buf)));
	EXPECT_EQ(-1, reply(self->program, id, 2));
	EXPECT_EQ(EINVAL, errno);
	answer.id = id;
	EXPECT_EQ(-1, write(self->program, &answer, sizeof(answer)));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, write(self->program, self->buf, sizeof(answer) + 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, write(self->program, nowhere, sizeof(answer)));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, reply(self->program, id + 1, 1));
	EXPECT_EQ(ENOENT, errno);
	EXPECT_LT(0, reply(self->program, id, 1));
}

/* A handshake ends, with its question in each state. */
TEST_F(verify, agent_goes)
{
	uint64_t id[3];
	int sock[3] = { self->fd, tls_socket(), tls_socket() };
	int agent[3], program[3] = { self->program, -1, -1 };

	for (int i = 0; i < 3; i++) {
		if (i)
			program[i] = zs_getint(sock[i], SOL_TLS, TLS_CERT_VERIFY_CALLBACK);
		agent[i] = BEGIN(sock[i], &id[i]);
	}
	/* Not asked; asked; asked and read. */
	ASSERT_LT(0, ask(agent[1]));
	ASSERT_LT(0, ask(agent[2]));
	ASSERT_LT(0, read(program[2], self->buf, sizeof(self->buf)));
	for (int i = 0; i < 3; i++) {
		ASSERT_EQ(0, close(agent[i]));
		EXPECT_EQ(0, zs_poll(program[i], POLLIN, 0));
		zs_nonblock(program[i], true);
		EXPECT_EQ(-1, read(program[i], self->buf, sizeof(self->buf)));
		EXPECT_EQ(EAGAIN, errno);
		EXPECT_EQ(-1, reply(program[i], id[i], 1));
		EXPECT_EQ(ENOENT, errno);
	}
}

/* The program closes its descriptor: who waits for an answer knows. */
TEST_F(verify, program_goes)
{
	struct zsock_verify_reply answer;
	uint64_t id;
	int agent = BEGIN(self->fd, &id);
	int second = tls_socket();

	ASSERT_LT(0, ask(agent));
	ASSERT_EQ(0, close(self->program));
	EXPECT_EQ(POLLHUP, zs_poll(agent, POLLIN, 20000) & POLLHUP);
	EXPECT_EQ(0, read(agent, &answer, sizeof(answer)));
	/* The next one. */
	self->program = zs_getint(second, SOL_TLS, TLS_CERT_VERIFY_CALLBACK);
	agent = BEGIN(second, &id);
	ASSERT_EQ(0, close(self->program));
	EXPECT_EQ(-1, ask(agent));
	EXPECT_EQ(EPIPE, errno);
	/* And one after it: nobody is there to be asked. */
	second = tls_socket();
	close(zs_getint(second, SOL_TLS, TLS_CERT_VERIFY_CALLBACK));
	EXPECT_EQ(-1, begin(self, second, &id));
}

TEST_F(verify, answered_and_gone)
{
	struct zsock_verify_reply answer;
	uint64_t id;
	int agent = BEGIN(self->fd, &id);

	ASSERT_LT(0, ask(agent));
	ASSERT_LT(0, read(self->program, self->buf, sizeof(self->buf)));
	ASSERT_LT(0, reply(self->program, id, 1));
	ASSERT_EQ(0, close(self->program));
	ASSERT_EQ(sizeof(answer), read(agent, &answer, sizeof(answer)));
	EXPECT_EQ(1, answer.accept);
}

/* Another descriptor is for later handshakes. */
TEST_F(verify, another)
{
	uint64_t id;
	int agent = BEGIN(self->fd, &id);
	int program = zs_getint(self->fd, SOL_TLS, TLS_CERT_VERIFY_CALLBACK);

	ASSERT_LT(0, ask(agent));
	EXPECT_EQ(0, zs_poll(program, POLLIN, 0));
	EXPECT_EQ(POLLIN, zs_poll(self->program, POLLIN, 0));
}

/* They hold no socket, and no socket holds them. */
TEST_F(verify, outlive_the_socket)
{
	uint64_t id;
	int agent = BEGIN(self->fd, &id);

	ASSERT_EQ(0, close(self->fd));
	EXPECT_EQ(1, zs_count_lines("/proc/self/net/zsock"));
	ASSERT_LT(0, ask(agent));
	ASSERT_LT(0, read(self->program, self->buf, sizeof(self->buf)));
	EXPECT_LT(0, reply(self->program, id, 1));
	EXPECT_EQ(POLLIN, zs_poll(agent, POLLIN, 0));
}

/* ---- waiting ---- */

struct reader {
	int fd;
	ssize_t ret;
};

static void *blocked_read(void *arg)
{
	struct reader *r = arg;
	char buf[200];

	r->ret = read(r->fd, buf, sizeof(buf));
	return NULL;
}

TEST_F(verify, readers_wait)
{
	struct reader r[2] = { { self->program, 0 }, { self->program, 0 } };
	int second = tls_socket();
	pthread_t thread[2];
	uint64_t id;
	int agent;

	zs_nonblock(self->program, false);
	for (int i = 0; i < 2; i++)
		ASSERT_EQ(0, pthread_create(&thread[i], NULL, blocked_read, &r[i]));
	agent = BEGIN(self->fd, &id);
	zs_sleep_ms(100);
	ASSERT_LT(0, ask(agent));
	for (int i = 0; i < 2000 && !r[0].ret && !r[1].ret; i++)
		zs_sleep_ms(10);
	/* The other goes on waiting, until there is one for it, too. */
	zs_sleep_ms(100);
	EXPECT_EQ(1, !!r[0].ret + !!r[1].ret);
	/* A listener would do; here the same descriptor serves another handshake. */
	connect(second, &self->addr.sa, sizeof(self->addr.in));
	ASSERT_EQ(0, agent_done(&self->agent, id, ECONNABORTED));
	zs_sleep_ms(50);
	if (connect(self->fd, &self->addr.sa, sizeof(self->addr.in)))
		connect(self->fd, &self->addr.sa, sizeof(self->addr.in));
	while (self->agent.verify_fd < 0)
		ASSERT_LE(0, agent_await(&self->agent, &id));
	ASSERT_LT(0, ask(self->agent.verify_fd));
	for (int i = 0; i < 2; i++) {
		pthread_join(thread[i], NULL);
		EXPECT_LT(0, r[i].ret);
	}
}

TEST_HARNESS_MAIN
