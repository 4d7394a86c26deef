// SPDX-License-Identifier: GPL-2.0
/*
 * What is made of records: those that are no data, and data among them. kTLS is
 * a script here, which says what the real one would say of each record.
 */
#include <linux/netlink.h>
#include <linux/uio.h>
#include <net/genetlink.h>
#include <net/tcp_states.h>
#include <net/tls.h>
#include <net/tls_prot.h>

#include "shake.h"

#define ALERT		TLS_RECORD_TYPE_ALERT
#define HANDSHAKE	TLS_RECORD_TYPE_HANDSHAKE
#define DATA		TLS_RECORD_TYPE_DATA

#define ALERTS_MAX	8

/* ---- the script ---- */

struct zsock_line {
	u8		type;		/* 0: @len is an error, or the end */
	int		len;
	const void	*bytes;
};

/**
 * struct zsock_script - a connection
 * @sock: the socket
 * @tls: what is kept of it
 * @real: its table
 * @table: the same with the calls of this file inside
 * @ops: the calls of secure sockets, as on top of kTLS
 * @lines: what comes
 * @n: how many
 * @at: the next one
 * @off: of it was read
 * @times: the last one comes so often
 * @alerts: that were sent: level, description
 * @nalerts: how many
 * @shut: what shutdown() was told, plus 1; 0 if it was not called
 */
struct zsock_script {
	struct socket			*sock;
	struct zsock_tls		*tls;
	const struct zsock_table	*real;
	struct zsock_table		table;
	struct proto_ops		ops;
	const struct zsock_line		*lines;
	int				n;
	int				at;
	int				off;
	int				times;
	u8				alerts[ALERTS_MAX][2];
	int				nalerts;
	int				shut;
};

static struct zsock_script *zsock_script;

/* -EIO where a record's type finds no place; a record at a time. */
static int zsock_script_recvmsg(struct socket *sock, struct msghdr *msg,
				size_t size, int flags)
{
	struct zsock_script *s = zsock_script;
	const struct zsock_line *line = &s->lines[s->at];
	u8 type;
	int len;

	if (s->at == s->n)
		return -EAGAIN;
	if (!line->type) {
		if (!line->len)
			sock->sk->sk_shutdown |= RCV_SHUTDOWN;
		return line->len;
	}
	type = line->type;
	if (type != DATA && !msg->msg_control)
		return -EIO;
	if (msg->msg_control)
		put_cmsg(msg, SOL_TLS, TLS_GET_RECORD_TYPE, sizeof(type), &type);
	len = min_t(int, size, line->len - s->off);
	if (copy_to_iter(line->bytes + s->off, len, &msg->msg_iter) != len)
		return -EFAULT;
	if (flags & MSG_PEEK)
		return len;
	s->off += len;
	if (s->off < line->len)
		return len;
	s->off = 0;
	if (s->at < s->n - 1 || !--s->times)
		s->at++;
	return len;
}

static int zsock_script_sendmsg(struct socket *sock, struct msghdr *msg,
				size_t size)
{
	struct zsock_script *s = zsock_script;
	struct cmsghdr *cmsg = msg->msg_control;
	u8 *alert = s->alerts[s->nalerts];

	if (size != 2 || !cmsg || *(u8 *)CMSG_DATA(cmsg) != ALERT ||
	    s->nalerts == ARRAY_SIZE(s->alerts) ||
	    copy_from_iter(alert, 2, &msg->msg_iter) != 2)
		return -EIO;
	s->nalerts++;
	return size;
}

static int zsock_script_shutdown(struct socket *sock, int how)
{
	zsock_script->shut = how + 1;
	return 0;
}

static __poll_t zsock_script_poll(struct file *file, struct socket *sock,
				  struct poll_table_struct *wait)
{
	return zsock_script->at < zsock_script->n ?
	       EPOLLIN | EPOLLOUT : EPOLLOUT;
}

static int zsock_script_init(struct kunit *test)
{
	struct sockaddr_storage addr;
	struct zsock_script *s;
	struct zsock_sock *zs;
	int err;

	err = zsock_shake_init(test);
	if (err)
		return err;
	s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);
	if (!s)
		return -ENOMEM;
	s->sock = zsock_shake_listener(test);
	s->tls = zsock_priv(s->sock);
	/* To have a table. */
	err = kernel_getsockname(s->sock, (struct sockaddr *)&addr);
	if (err < 0)
		return err;
	zs = zsock_sk(s->sock);
	s->real = zsock_table(zs);
	memcpy(&s->table, s->real, sizeof(s->table));
	s->table.inner.recvmsg = zsock_script_recvmsg;
	s->table.inner.sendmsg = zsock_script_sendmsg;
	s->table.inner.shutdown = zsock_script_shutdown;
	s->table.inner.poll = zsock_script_poll;
	s->ops = s->table.inner;
	zsock_tls_override_records(&s->ops);
	zs->table = &s->table;
	/* Alerts are sent over what is connected. */
	s->sock->sk->sk_state = TCP_ESTABLISHED;
	s->tls->result.version = ZSOCK_TLS_1_3;
	zsock_script = s;
	return 0;
}

static void zsock_script_exit(struct kunit *test)
{
	struct zsock_script *s = zsock_script;

	if (s) {
		s->sock->sk->sk_state = TCP_CLOSE;
		s->sock->sk->sk_shutdown = 0;
		zsock_sk(s->sock)->table = s->real;
	}
	zsock_script = NULL;
	zsock_shake_exit(test);
}

/* These lines from the beginning, and @times_ the last of them. */
#define SCRIPT(times_, ...)						\
do {									\
	static const struct zsock_line lines_[] = { __VA_ARGS__ };	\
									\
	zsock_script->lines = lines_;					\
	zsock_script->n = ARRAY_SIZE(lines_);				\
	zsock_script->at = 0;						\
	zsock_script->off = 0;						\
	zsock_script->times = times_;					\
} while (0)

#define R(type_, bytes_)						\
	{ .type = (type_), .len = sizeof(bytes_) - 1, .bytes = (bytes_) }
#define SAYS(err)	{ .len = (err) }

static int zsock_take(void)
{
	return zsock_tls_control(zsock_script->sock, zsock_script->tls);
}

static int zsock_recv(void *buf, size_t size, int flags)
{
	struct kvec vec = { buf, size };
	struct msghdr msg = { };

	iov_iter_kvec(&msg.msg_iter, ITER_DEST, &vec, 1, size);
	return zsock_script->ops.recvmsg(zsock_script->sock, &msg, size, flags);
}

/* It is over, and the peer was told so, once. */
#define EXPECT_FATAL(alert_, err_)					\
do {									\
	struct zsock_script *s_ = zsock_script;				\
									\
	KUNIT_EXPECT_EQ(test, 1, s_->nalerts);				\
	KUNIT_EXPECT_EQ(test, TLS_ALERT_LEVEL_FATAL, s_->alerts[0][0]);	\
	KUNIT_EXPECT_EQ(test, alert_, s_->alerts[0][1]);		\
	KUNIT_EXPECT_EQ(test, alert_, s_->tls->result.alert);		\
	KUNIT_EXPECT_EQ(test, err_, s_->tls->result.error);		\
	KUNIT_EXPECT_EQ(test, SHUT_RDWR + 1, s_->shut);			\
	KUNIT_EXPECT_EQ(test, -(err_), zsock_take());			\
	KUNIT_EXPECT_EQ(test, 1, s_->nalerts);				\
} while (0)

/* ---- handshake messages ---- */

#define TICKET	"\4\0\0\5abcde"

static void zsock_records_tickets(struct kunit *test)
{
	SCRIPT(1, R(HANDSHAKE, TICKET), R(HANDSHAKE, TICKET TICKET));
	KUNIT_EXPECT_EQ(test, ZSOCK_TLS_AGAIN, zsock_take());
	KUNIT_EXPECT_EQ(test, ZSOCK_TLS_AGAIN, zsock_take());
	KUNIT_EXPECT_EQ(test, ZSOCK_TLS_NOTHING, zsock_take());
	KUNIT_EXPECT_NULL(test, zsock_script->tls->message);
	KUNIT_EXPECT_EQ(test, 0, zsock_script->nalerts);
}

/* Records end where they like. */
static void zsock_records_pieces(struct kunit *test)
{
	struct zsock_tls *tls = zsock_script->tls;

	SCRIPT(1, R(HANDSHAKE, "\4"), R(HANDSHAKE, "\0\0"), R(HANDSHAKE, "\5ab"),
	       R(HANDSHAKE, "cde" TICKET "\4\0\0"), R(HANDSHAKE, "\0"));
	KUNIT_EXPECT_EQ(test, ZSOCK_TLS_AGAIN, zsock_take());
	KUNIT_EXPECT_EQ(test, 1, tls->message_len);
	KUNIT_EXPECT_EQ(test, ZSOCK_TLS_AGAIN, zsock_take());
	KUNIT_EXPECT_EQ(test, ZSOCK_TLS_AGAIN, zsock_take());
	KUNIT_EXPECT_EQ(test, 6, tls->message_len);
	KUNIT_EXPECT_EQ(test, ZSOCK_TLS_AGAIN, zsock_take());
	KUNIT_EXPECT_EQ(test, 3, tls->message_len);
	KUNIT_EXPECT_EQ(test, ZSOCK_TLS_AGAIN, zsock_take());
	KUNIT_EXPECT_EQ(test, 0, tls->message_len);
	KUNIT_EXPECT_NULL(test, tls->message);
	KUNIT_EXPECT_EQ(test, 0, zsock_script->nalerts);
}

/* What is left in the middle of a message is freed with the socket. */
static void zsock_records_half_a_message(struct kunit *test)
{
	SCRIPT(1, R(HANDSHAKE, "\4\0\0\5ab"));
	KUNIT_EXPECT_EQ(test, ZSOCK_TLS_AGAIN, zsock_take());
	KUNIT_EXPECT_EQ(test, 6, zsock_script->tls->message_len);
}

/* The last that fits: 32768 bytes with what heads it, in two records. */
static void zsock_records_largest(struct kunit *test)
{
	static u8 bytes[TLS_MAX_PAYLOAD_SIZE];
	static const struct zsock_line lines[] = {
		{ HANDSHAKE, sizeof(bytes), bytes },
		{ HANDSHAKE, sizeof(bytes), bytes },
	};

	memcpy(bytes, "\4\0\177\374", 4);
	zsock_script->lines = lines;
	zsock_script->n = 2;
	zsock_script->times = 1;
	KUNIT_EXPECT_EQ(test, ZSOCK_TLS_AGAIN, zsock_take());
	KUNIT_EXPECT_EQ(test, ZSOCK_TLS_AGAIN, zsock_take());
	KUNIT_EXPECT_EQ(test, 0, zsock_script->tls->message_len);
	/* One byte more. */
	memcpy(bytes, "\4\0\177\375", 4);
	zsock_script->at = 0;
	zsock_script->times = 1;
	KUNIT_EXPECT_EQ(test, -EPROTO, zsock_take());
	EXPECT_FATAL(TLS_ALERT_DESC_DECODE_ERROR, EPROTO);
}

static void zsock_records_empty_message(struct kunit *test)
{
	SCRIPT(1, R(HANDSHAKE, ""));
	KUNIT_EXPECT_EQ(test, -EPROTO, zsock_take());
	EXPECT_FATAL(TLS_ALERT_DESC_DECODE_ERROR, EPROTO);
}

static void zsock_records_ticket_for_a_server(struct kunit *test)
{
	zsock_script->tls->server = true;
	SCRIPT(1, R(HANDSHAKE, TICKET));
	KUNIT_EXPECT_EQ(test, -EPROTO, zsock_take());
	EXPECT_FATAL(TLS_ALERT_DESC_UNEXPECTED_MESSAGE, EPROTO);
}

static void zsock_records_key_update(struct kunit *test)
{
	SCRIPT(1, R(HANDSHAKE, "\30\0\0\1\0"));
	KUNIT_EXPECT_EQ(test, -EKEYEXPIRED, zsock_take());
	EXPECT_FATAL(TLS_ALERT_DESC_INTERNAL_ERROR, EKEYEXPIRED);
}

static void zsock_records_unknown_message(struct kunit *test)
{
	SCRIPT(1, R(HANDSHAKE, "\24\0\0\0"));
	KUNIT_EXPECT_EQ(test, -EPROTO, zsock_take());
	EXPECT_FATAL(TLS_ALERT_DESC_UNEXPECTED_MESSAGE, EPROTO);
}

/* Declined as often as it is asked for; what follows in the record counts. */
static void zsock_records_renegotiation(struct kunit *test)
{
	struct zsock_script *s = zsock_script;

	s->tls->result.version = ZSOCK_TLS_1_2;
	SCRIPT(1, R(HANDSHAKE, "\0\0\0\0\0\0\0\0"));
	KUNIT_EXPECT_EQ(test, ZSOCK_TLS_AGAIN, zsock_take());
	KUNIT_EXPECT_EQ(test, 2, s->nalerts);
	KUNIT_EXPECT_EQ(test, TLS_ALERT_LEVEL_WARNING, s->alerts[0][0]);
	KUNIT_EXPECT_EQ(test, 100, s->alerts[0][1]);
	/* A client's, to a server. */
	s->tls->server = true;
	SCRIPT(1, R(HANDSHAKE, "\1\0\0\0"));
	KUNIT_EXPECT_EQ(test, ZSOCK_TLS_AGAIN, zsock_take());
	KUNIT_EXPECT_EQ(test, 3, s->nalerts);
	s->nalerts = 0;
	SCRIPT(1, R(HANDSHAKE, "\0\0\0\0"));
	KUNIT_EXPECT_EQ(test, -EPROTO, zsock_take());
	EXPECT_FATAL(TLS_ALERT_DESC_UNEXPECTED_MESSAGE, EPROTO);
}

/* ---- alerts ---- */

static void zsock_records_close_notify(struct kunit *test)
{
	struct zsock_script *s = zsock_script;
	char buf[4];

	SCRIPT(1, R(ALERT, "\1\0"), R(DATA, "late"));
	KUNIT_EXPECT_EQ(test, 0, zsock_take());
	KUNIT_EXPECT_EQ(test, 0, zsock_take());
	/* kTLS is not asked again. */
	KUNIT_EXPECT_EQ(test, 0, zsock_recv(buf, 4, 0));
	KUNIT_EXPECT_EQ(test, 1, s->at);
	KUNIT_EXPECT_EQ(test, 0, s->tls->result.error);
	KUNIT_EXPECT_EQ(test, 0, s->nalerts);
	KUNIT_EXPECT_NE(test, SHUT_RDWR + 1, s->shut);
	KUNIT_EXPECT_NE(test, SHUT_WR + 1, s->shut);
}

static void zsock_records_warnings(struct kunit *test)
{
	struct zsock_script *s = zsock_script;

	/* user_canceled, of TLS 1.3, whatever its level. */
	SCRIPT(1, R(ALERT, "\1\132"), R(ALERT, "\2\132"), R(ALERT, "\1\52"));
	KUNIT_EXPECT_EQ(test, ZSOCK_TLS_AGAIN, zsock_take());
	KUNIT_EXPECT_EQ(test, ZSOCK_TLS_AGAIN, zsock_take());
	/* There, the level means nothing. */
	KUNIT_EXPECT_EQ(test, -ECONNRESET, zsock_take());
	KUNIT_EXPECT_EQ(test, 42, s->tls->result.alert);
	KUNIT_EXPECT_EQ(test, ZSOCK_HANDSHAKE_ERROR_F_RECEIVED,
			s->tls->result.flags);
	KUNIT_EXPECT_EQ(test, SHUT_RDWR + 1, s->shut);
	KUNIT_EXPECT_EQ(test, 0, s->nalerts);
}

static void zsock_records_warnings_1_2(struct kunit *test)
{
	struct zsock_script *s = zsock_script;

	s->tls->result.version = ZSOCK_TLS_1_2;
	SCRIPT(1, R(ALERT, "\1\52"), R(ALERT, "\2\50"));
	KUNIT_EXPECT_EQ(test, ZSOCK_TLS_AGAIN, zsock_take());
	KUNIT_EXPECT_EQ(test, -ECONNRESET, zsock_take());
	KUNIT_EXPECT_EQ(test, 40, s->tls->result.alert);
	KUNIT_EXPECT_EQ(test, ECONNRESET, s->tls->result.error);
	KUNIT_EXPECT_EQ(test, -ECONNRESET, zsock_take());
}

static void zsock_records_alert_size(struct kunit *test)
{
	SCRIPT(1, R(ALERT, "\1"));
	KUNIT_EXPECT_EQ(test, -EPROTO, zsock_take());
	EXPECT_FATAL(TLS_ALERT_DESC_DECODE_ERROR, EPROTO);
}

static void zsock_records_two_alerts(struct kunit *test)
{
	SCRIPT(1, R(ALERT, "\1\0\1\0"));
	KUNIT_EXPECT_EQ(test, -EPROTO, zsock_take());
	EXPECT_FATAL(TLS_ALERT_DESC_DECODE_ERROR, EPROTO);
}

static void zsock_records_empty_alert(struct kunit *test)
{
	SCRIPT(1, R(ALERT, ""));
	KUNIT_EXPECT_EQ(test, -EPROTO, zsock_take());
	EXPECT_FATAL(TLS_ALERT_DESC_DECODE_ERROR, EPROTO);
}

static void zsock_records_unknown_type(struct kunit *test)
{
	SCRIPT(1, R(24, "heartbeat"));
	KUNIT_EXPECT_EQ(test, -EPROTO, zsock_take());
	EXPECT_FATAL(TLS_ALERT_DESC_UNEXPECTED_MESSAGE, EPROTO);
}

/* Nothing is sent over what is not connected any more. */
static void zsock_records_closed(struct kunit *test)
{
	zsock_script->sock->sk->sk_state = TCP_CLOSE;
	SCRIPT(1, R(24, "?"));
	KUNIT_EXPECT_EQ(test, -EPROTO, zsock_take());
	KUNIT_EXPECT_EQ(test, 0, zsock_script->nalerts);
	KUNIT_EXPECT_EQ(test, SHUT_RDWR + 1, zsock_script->shut);
}

/* ---- how many ---- */

static void zsock_records_without_end(struct kunit *test)
{
	int n, ret;

	SCRIPT(1000, R(ALERT, "\1\132"));
	for (n = 0; n < 1000; n++) {
		ret = zsock_take();
		if (ret != ZSOCK_TLS_AGAIN)
			break;
	}
	KUNIT_EXPECT_EQ(test, 64, n);
	KUNIT_EXPECT_EQ(test, -EPROTO, ret);
	EXPECT_FATAL(TLS_ALERT_DESC_UNEXPECTED_MESSAGE, EPROTO);
}

/* Data in between makes up for them. */
static void zsock_records_with_data(struct kunit *test)
{
	char buf[4];
	int i;

	for (i = 0; i < 10; i++) {
		SCRIPT(50, R(DATA, "x"), R(ALERT, "\1\132"));
		KUNIT_ASSERT_EQ(test, 1, zsock_recv(buf, 4, 0));
		KUNIT_ASSERT_EQ(test, -EAGAIN, zsock_recv(buf, 4, 0));
	}
	KUNIT_EXPECT_EQ(test, 0, zsock_script->nalerts);
}

/* ---- recvmsg() ---- */

static void zsock_records_recv(struct kunit *test)
{
	char buf[8] = "";

	SCRIPT(1, R(HANDSHAKE, TICKET), R(DATA, "abc"), R(HANDSHAKE, TICKET),
	       R(DATA, "defgh"), R(ALERT, "\1\0"));
	KUNIT_EXPECT_EQ(test, 2, zsock_recv(buf, 2, MSG_PEEK));
	KUNIT_EXPECT_EQ(test, 2, zsock_recv(buf, 2, 0));
	KUNIT_EXPECT_MEMEQ(test, buf, "ab", 2);
	KUNIT_EXPECT_EQ(test, 5, zsock_recv(buf, 5, MSG_WAITALL));
	KUNIT_EXPECT_MEMEQ(test, buf, "cdefg", 5);
	/* Less than was wanted: the end came. */
	KUNIT_EXPECT_EQ(test, 1, zsock_recv(buf, 5, MSG_WAITALL));
	KUNIT_EXPECT_EQ(test, 'h', buf[0]);
	KUNIT_EXPECT_EQ(test, 0, zsock_recv(buf, 5, 0));
}

/* The end of TCP's data is none of TLS'. */
static void zsock_records_truncated(struct kunit *test)
{
	char buf[4];

	SCRIPT(1, R(DATA, "x"), SAYS(0));
	KUNIT_EXPECT_EQ(test, 1, zsock_recv(buf, 4, 0));
	KUNIT_EXPECT_EQ(test, -ECONNRESET, zsock_recv(buf, 4, 0));
	KUNIT_EXPECT_EQ(test, -ECONNRESET, zsock_recv(buf, 4, 0));
	KUNIT_EXPECT_EQ(test, ECONNRESET, zsock_script->tls->result.error);
	KUNIT_EXPECT_EQ(test, 0, zsock_script->nalerts);
}

/* Unless the program itself did not want any more. */
static void zsock_records_shut(struct kunit *test)
{
	char buf[4];

	KUNIT_EXPECT_EQ(test, 0, zsock_script->ops.shutdown(zsock_script->sock,
							    SHUT_RD));
	SCRIPT(1, SAYS(0));
	KUNIT_EXPECT_EQ(test, 0, zsock_recv(buf, 4, 0));
	KUNIT_EXPECT_EQ(test, 0, zsock_script->tls->result.error);
}

static void zsock_records_tampered(struct kunit *test)
{
	char buf[4];

	SCRIPT(1, SAYS(-EBADMSG));
	KUNIT_EXPECT_EQ(test, -EBADMSG, zsock_recv(buf, 4, 0));
	EXPECT_FATAL(TLS_ALERT_DESC_BAD_RECORD_MAC, EBADMSG);
	KUNIT_EXPECT_EQ(test, -EBADMSG, zsock_recv(buf, 4, 0));
}

static void zsock_records_too_large(struct kunit *test)
{
	char buf[4];

	SCRIPT(1, SAYS(-EMSGSIZE));
	KUNIT_EXPECT_EQ(test, -EMSGSIZE, zsock_recv(buf, 4, 0));
	EXPECT_FATAL(TLS_ALERT_DESC_RECORD_OVERFLOW, EMSGSIZE);
}

/* What is no fault of the peer's does not end it. */
static void zsock_records_try_again(struct kunit *test)
{
	static const int errors[] = { -EAGAIN, -EINTR, -ERESTARTSYS, -EFAULT,
				      -ENOMEM };
	static struct zsock_line line;
	char buf[4];
	int i;

	zsock_script->lines = &line;
	zsock_script->n = 1;
	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		line.len = errors[i];
		KUNIT_EXPECT_EQ(test, errors[i], zsock_recv(buf, 4, 0));
	}
	KUNIT_EXPECT_FALSE(test, zsock_script->tls->rx_end);
	KUNIT_EXPECT_EQ(test, 0, zsock_script->nalerts);
}

/* ---- before the first data ---- */

/* A client of TLS 1.3 has tickets taken before it is told of anything. */
static void zsock_records_poll(struct kunit *test)
{
	struct zsock_script *s = zsock_script;
	char buf[4];

	SCRIPT(2, R(HANDSHAKE, TICKET));
	KUNIT_EXPECT_EQ(test, EPOLLOUT, s->ops.poll(NULL, s->sock, NULL));
	KUNIT_EXPECT_EQ(test, 1, s->at);
	SCRIPT(1, R(HANDSHAKE, TICKET), R(DATA, "x"));
	KUNIT_EXPECT_EQ(test, EPOLLIN | EPOLLOUT,
			s->ops.poll(NULL, s->sock, NULL));
	KUNIT_EXPECT_EQ(test, 1, zsock_recv(buf, 4, 0));
	/* And then no more: what comes is data, or the end. */
	SCRIPT(1, R(HANDSHAKE, TICKET));
	KUNIT_EXPECT_EQ(test, EPOLLIN | EPOLLOUT,
			s->ops.poll(NULL, s->sock, NULL));
	KUNIT_EXPECT_EQ(test, 0, s->at);
	/* The end is seen by all, whoever took it. */
	SCRIPT(1, R(ALERT, "\1\0"));
	KUNIT_EXPECT_EQ(test, 0, zsock_take());
	KUNIT_EXPECT_EQ(test, EPOLLIN | EPOLLRDNORM | EPOLLRDHUP,
			s->ops.poll(NULL, s->sock, NULL) & ~EPOLLOUT);
}

static void zsock_records_drain(struct kunit *test)
{
	struct zsock_script *s = zsock_script;

	SCRIPT(1, R(HANDSHAKE, TICKET), R(HANDSHAKE, TICKET), R(DATA, "x"),
	       R(HANDSHAKE, TICKET));
	zsock_tls_drain(s->sock, s->tls);
	KUNIT_EXPECT_EQ(test, 2, s->at);
	/* A server's client sends none. */
	s->tls->server = true;
	SCRIPT(1, R(HANDSHAKE, TICKET));
	zsock_tls_drain(s->sock, s->tls);
	KUNIT_EXPECT_EQ(test, 0, s->at);
}

static void zsock_records_close(struct kunit *test)
{
	struct zsock_script *s = zsock_script;

	zsock_tls_send_close(s->sock, s->tls);
	zsock_tls_send_close(s->sock, s->tls);
	KUNIT_EXPECT_EQ(test, 1, s->nalerts);
	KUNIT_EXPECT_EQ(test, TLS_ALERT_LEVEL_WARNING, s->alerts[0][0]);
	KUNIT_EXPECT_EQ(test, TLS_ALERT_DESC_CLOSE_NOTIFY, s->alerts[0][1]);
	/* Nothing follows it. */
	SCRIPT(1, R(24, "?"));
	KUNIT_EXPECT_EQ(test, -EPROTO, zsock_take());
	KUNIT_EXPECT_EQ(test, 1, s->nalerts);
}

/* ---- tickets for the agent ---- */

static int zsock_tickets(struct socket *agent)
{
	struct {
		struct nlmsghdr nlh;
		struct genlmsghdr genl;
		u8 attrs[200];
	} event;
	struct kvec vec = { &event, sizeof(event) };
	struct msghdr msg = { };
	int n = 0;

	while (kernel_recvmsg(agent, &msg, &vec, 1, sizeof(event),
			      MSG_DONTWAIT) > 0)
		n += event.genl.cmd == ZSOCK_CMD_HANDSHAKE_TICKET;
	return n;
}

/* To the one that did the handshake, if they are wanted; not too many. */
static void zsock_records_to_the_agent(struct kunit *test)
{
	struct zsock_script *s = zsock_script;
	struct socket *agent, *other;
	u32 portid, other_portid;
	int i;

	agent = zsock_shake_agent(test, &portid);
	other = zsock_shake_agent(test, &other_portid);
	KUNIT_ASSERT_FALSE(test, xa_is_err(xa_store(&zsock_shakes()->agents,
						    portid, xa_mk_value(1),
						    GFP_KERNEL)));
	s->tls->agent = portid;
	SCRIPT(1, R(HANDSHAKE, TICKET));
	KUNIT_EXPECT_EQ(test, ZSOCK_TLS_AGAIN, zsock_take());
	KUNIT_EXPECT_EQ(test, 0, zsock_tickets(agent));
	s->tls->conf->cache = true;
	SCRIPT(10, R(HANDSHAKE, TICKET));
	for (i = 0; i < 10; i++)
		KUNIT_EXPECT_EQ(test, ZSOCK_TLS_AGAIN, zsock_take());
	KUNIT_EXPECT_EQ(test, 4, zsock_tickets(agent));
	KUNIT_EXPECT_EQ(test, 0, zsock_tickets(other));
	/* Gone, and its portid is nobody's, or anybody's. */
	s->tls->tickets = 0;
	s->tls->agent = other_portid;
	SCRIPT(1, R(HANDSHAKE, TICKET));
	KUNIT_EXPECT_EQ(test, ZSOCK_TLS_AGAIN, zsock_take());
	KUNIT_EXPECT_EQ(test, 0, zsock_tickets(other));
}

static struct kunit_case zsock_records_cases[] = {
	KUNIT_CASE(zsock_records_tickets),
	KUNIT_CASE(zsock_records_pieces),
	KUNIT_CASE(zsock_records_half_a_message),
	KUNIT_CASE(zsock_records_largest),
	KUNIT_CASE(zsock_records_empty_message),
	KUNIT_CASE(zsock_records_ticket_for_a_server),
	KUNIT_CASE(zsock_records_key_update),
	KUNIT_CASE(zsock_records_unknown_message),
	KUNIT_CASE(zsock_records_renegotiation),
	KUNIT_CASE(zsock_records_close_notify),
	KUNIT_CASE(zsock_records_warnings),
	KUNIT_CASE(zsock_records_warnings_1_2),
	KUNIT_CASE(zsock_records_alert_size),
	KUNIT_CASE(zsock_records_two_alerts),
	KUNIT_CASE(zsock_records_empty_alert),
	KUNIT_CASE(zsock_records_unknown_type),
	KUNIT_CASE(zsock_records_closed),
	KUNIT_CASE(zsock_records_without_end),
	KUNIT_CASE(zsock_records_with_data),
	KUNIT_CASE(zsock_records_recv),
	KUNIT_CASE(zsock_records_truncated),
	KUNIT_CASE(zsock_records_shut),
	KUNIT_CASE(zsock_records_tampered),
	KUNIT_CASE(zsock_records_too_large),
	KUNIT_CASE(zsock_records_try_again),
	KUNIT_CASE(zsock_records_poll),
	KUNIT_CASE(zsock_records_drain),
	KUNIT_CASE(zsock_records_close),
	KUNIT_CASE(zsock_records_to_the_agent),
	{ }
};

struct kunit_suite zsock_records_suite = {
	.name		= "zsock_records",
	.init		= zsock_script_init,
	.exit		= zsock_script_exit,
	.test_cases	= zsock_records_cases,
};
