// SPDX-License-Identifier: GPL-2.0
/* Sockets and connections for the suites about the in-kernel API. */
#include <kunit/resource.h>

#include "kpi.h"

static void kpi_close_action(void *so)
{
	zsock_close(so);
}

void kpi_own(struct kunit *test, struct zsock_socket *so)
{
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, kpi_close_action, so));
}

void kpi_close(struct kunit *test, struct zsock_socket *so)
{
	kunit_release_action(test, kpi_close_action, so);
}

void kpi_disown(struct kunit *test, struct zsock_socket *so)
{
	kunit_remove_action(test, kpi_close_action, so);
}

struct zsock_socket *kpi_open(struct kunit *test, int domain, int type,
			      int protocol)
{
	struct zsock_socket *so;

	KUNIT_ASSERT_EQ(test, 0, zsock_socket(&init_net, domain, type, protocol,
					      NULL, NULL, &so));
	kpi_own(test, so);
	return so;
}

struct sockaddr_in kpi_bind(struct kunit *test, struct zsock_socket *so)
{
	struct sockaddr_in addr = {
		.sin_family	= AF_INET,
		.sin_addr	= { cpu_to_be32(INADDR_LOOPBACK) },
	};

	KUNIT_ASSERT_EQ(test, 0, zsock_bind(so, (struct sockaddr *)&addr,
					    sizeof(addr)));
	KUNIT_ASSERT_EQ(test, 0,
			zsock_getsockname(so, (struct sockaddr *)&addr,
					  sizeof(addr)));
	return addr;
}

struct zsock_socket *kpi_listen(struct kunit *test, int backlog,
				struct sockaddr_in *addr)
{
	struct zsock_socket *so = kpi_open(test, AF_INET, SOCK_STREAM, 0);

	*addr = kpi_bind(test, so);
	KUNIT_ASSERT_EQ(test, 0, zsock_listen(so, backlog));
	return so;
}

int kpi_connect(struct zsock_socket *so, const struct sockaddr_in *addr,
		int flags)
{
	return zsock_connect(so, (const struct sockaddr *)addr, sizeof(*addr),
			     flags);
}

struct kpi_pair kpi_pair(struct kunit *test)
{
	struct kpi_pair pair;

	pair.listener = kpi_listen(test, 4, &pair.addr);
	pair.client = kpi_open(test, AF_INET, SOCK_STREAM, 0);
	KUNIT_ASSERT_EQ(test, 0, kpi_connect(pair.client, &pair.addr, 0));
	KUNIT_ASSERT_EQ(test, 0, zsock_accept(pair.listener, NULL, 0, 0, NULL,
					      NULL, &pair.server));
	kpi_own(test, pair.server);
	return pair;
}

int kpi_send(struct zsock_socket *so, const void *data, size_t len, int flags)
{
	struct kvec vec = { .iov_base = (void *)data, .iov_len = len };
	struct msghdr msg = { };
	size_t sent = 4711;
	int err;

	iov_iter_kvec(&msg.msg_iter, ITER_SOURCE, &vec, 1, len);
	err = zsock_send(so, &msg, flags, &sent);
	return err ?: sent;
}

int kpi_receive(struct zsock_socket *so, void *data, size_t len, int flags)
{
	struct kvec vec = { .iov_base = data, .iov_len = len };
	struct msghdr msg = { };
	size_t received = 4711;
	int err;

	iov_iter_kvec(&msg.msg_iter, ITER_DEST, &vec, 1, len);
	err = zsock_receive(so, &msg, flags, &received);
	return err ?: received;
}

size_t kpi_fill(struct kunit *test, struct zsock_socket *so)
{
	void *data = kunit_kzalloc(test, SZ_16K, GFP_KERNEL);
	size_t sum = 0;
	int ret;

	KUNIT_ASSERT_NOT_NULL(test, data);
	while ((ret = kpi_send(so, data, SZ_16K, MSG_DONTWAIT)) > 0)
		sum += ret;
	KUNIT_EXPECT_EQ(test, -EAGAIN, ret);
	return sum;
}

size_t kpi_drain(struct kunit *test, struct zsock_socket *so, size_t len)
{
	void *data = kunit_kzalloc(test, SZ_16K, GFP_KERNEL);
	size_t sum = 0;
	int ret;

	KUNIT_ASSERT_NOT_NULL(test, data);
	while (sum < len) {
		ret = kpi_receive(so, data, min(len - sum, SZ_16K), 0);
		if (ret <= 0)
			break;
		sum += ret;
	}
	return sum;
}
