// SPDX-License-Identifier: GPL-2.0
/* Records that are no data: alerts, and handshake messages after the handshake. */
#include <linux/slab.h>
#include <linux/tls.h>
#include <linux/unaligned.h>
#include <net/tcp.h>
#include <net/tls.h>
#include <net/tls_prot.h>

#include "tls.h"

/* Types of handshake messages: RFC 5246, RFC 8446. */
#define ZSOCK_TLS_HELLO_REQUEST	0
#define ZSOCK_TLS_CLIENT_HELLO	1
#define ZSOCK_TLS_NEW_TICKET	4
#define ZSOCK_TLS_KEY_UPDATE	24

/* Of TLS 1.2 only, and thus unknown to the kernel. */
#define ZSOCK_TLS_NO_RENEGOTIATION 100

#define ZSOCK_TLS_MESSAGE_HEAD	4
/* Enough for any ticket. */
#define ZSOCK_TLS_MESSAGE_MAX	(2 * TLS_MAX_PAYLOAD_SIZE)
/* Records without data in between; a peer who sends more is up to something. */
#define ZSOCK_TLS_CONTROL_MAX	64
#define ZSOCK_TLS_CONTROL_TIME	(10 * HZ)
/* More of one connection's are no use, and would fill the agent's queue. */
#define ZSOCK_TLS_TICKETS_MAX	4

/* ---- sending ---- */

static int zsock_tls_send_alert(struct socket *sock, u8 level, u8 alert)
{
	u8 control[CMSG_SPACE(sizeof(u8))] __aligned(8) = { };
	struct cmsghdr *cmsg = (struct cmsghdr *)control;
	struct msghdr msg = {
		.msg_control	= control,
		.msg_controllen	= sizeof(control),
		.msg_flags	= MSG_DONTWAIT | MSG_NOSIGNAL,
	};
	u8 data[2] = { level, alert };
	struct kvec vec = { data, sizeof(data) };

	cmsg->cmsg_level = SOL_TLS;
	cmsg->cmsg_type = TLS_SET_RECORD_TYPE;
	cmsg->cmsg_len = CMSG_LEN(sizeof(u8));
	*(u8 *)CMSG_DATA(cmsg) = TLS_RECORD_TYPE_ALERT;
	iov_iter_kvec(&msg.msg_iter, ITER_SOURCE, &vec, 1, sizeof(data));
	return zsock_inner_ops(sock)->sendmsg(sock, &msg, sizeof(data));
}

/*
 * An alert that is the last thing to be sent finds room in any case: nothing
 * else will need it. It is not sent where somebody is in the middle of sending,
 * which may take as long as the peer likes; what comes of that is no proper end.
 */
static void zsock_tls_send_last(struct socket *sock, struct zsock_tls *tls,
				u8 level, u8 alert)
{
	struct sock *sk = sock->sk;

	if (test_and_set_bit(0, &tls->tx_end) || atomic_read(&tls->senders))
		return;
	if (!((1 << inet_sk_state_load(sk)) &
	      (TCPF_ESTABLISHED | TCPF_CLOSE_WAIT)))
		return;
	lock_sock(sk);
	WRITE_ONCE(sk->sk_sndbuf, max_t(int, sk->sk_sndbuf,
					READ_ONCE(sk->sk_wmem_queued) + SZ_8K));
	release_sock(sk);
	zsock_tls_send_alert(sock, level, alert);
}

void zsock_tls_send_close(struct socket *sock, struct zsock_tls *tls)
{
	zsock_tls_send_last(sock, tls, TLS_ALERT_LEVEL_WARNING,
			    TLS_ALERT_DESC_CLOSE_NOTIFY);
}

/* ---- the end ---- */

/* recv() says @err from now on. Who was first has said why. */
int zsock_tls_rx_broken(struct zsock_tls *tls, int err)
{
	if (!zsock_tls_rx_ended(tls)) {
		tls->rx_error = err;
		WRITE_ONCE(tls->result.error, -err);
		zsock_tls_rx_end(tls);
	}
	return err;
}

/* The peer did what it must not do: say so, and be done with it. */
int zsock_tls_fatal(struct socket *sock, struct zsock_tls *tls, u8 alert,
		    int err)
{
	WRITE_ONCE(tls->result.alert, alert);
	zsock_tls_rx_broken(tls, err);
	/* kTLS sends nothing while there is an error to be told. */
	sock_error(sock->sk);
	zsock_tls_send_last(sock, tls, TLS_ALERT_LEVEL_FATAL, alert);
	zsock_inner_ops(sock)->shutdown(sock, SHUT_RDWR);
	return err;
}

/* kTLS could not take a record, and says so but once. */
int zsock_tls_rx_fault(struct socket *sock, struct zsock_tls *tls, int err)
{
	switch (err) {
	case -EBADMSG:
		return zsock_tls_fatal(sock, tls, TLS_ALERT_DESC_BAD_RECORD_MAC,
				       err);
	case -EMSGSIZE:
		return zsock_tls_fatal(sock, tls,
				       TLS_ALERT_DESC_RECORD_OVERFLOW, err);
	case -EINVAL:
		return zsock_tls_fatal(sock, tls,
				       TLS_ALERT_DESC_PROTOCOL_VERSION,
				       -EPROTO);
	default:
		return err;
	}
}

/* ---- what came ---- */

static int zsock_tls_alert(struct socket *sock, struct zsock_tls *tls,
			   const u8 *data, int len)
{
	if (len != 2)
		return zsock_tls_fatal(sock, tls, TLS_ALERT_DESC_DECODE_ERROR,
				       -EPROTO);
	if (data[1] == TLS_ALERT_DESC_CLOSE_NOTIFY) {
		zsock_tls_rx_end(tls);
		/* Who else waits in kTLS is to look again; FIN need not come. */
		zsock_inner_ops(sock)->shutdown(sock, SHUT_RD);
		return 0;
	}
	/* TLS 1.3 has but this one that does not end the connection. */
	if (data[1] == TLS_ALERT_DESC_USER_CANCELED ||
	    (data[0] == TLS_ALERT_LEVEL_WARNING &&
	     tls->result.version < ZSOCK_TLS_1_3))
		return ZSOCK_TLS_AGAIN;
	WRITE_ONCE(tls->result.alert, data[1]);
	WRITE_ONCE(tls->result.flags, ZSOCK_HANDSHAKE_ERROR_F_RECEIVED);
	zsock_tls_rx_broken(tls, -ECONNRESET);
	zsock_inner_ops(sock)->shutdown(sock, SHUT_RDWR);
	return -ECONNRESET;
}

/* The program may be changing its mind. */
static bool zsock_tls_caches(struct zsock_tls *tls)
{
	bool cache;

	mutex_lock(&tls->lock);
	cache = tls->conf->cache;
	mutex_unlock(&tls->lock);
	return cache;
}

/* New keys are nothing that this kernel's kTLS can take. */
static int zsock_tls_message_1_3(struct socket *sock, struct zsock_tls *tls,
				 const u8 *message, unsigned int len)
{
	switch (message[0]) {
	case ZSOCK_TLS_NEW_TICKET:
		if (tls->server)
			break;
		if (tls->tickets < ZSOCK_TLS_TICKETS_MAX &&
		    zsock_tls_caches(tls)) {
			tls->tickets++;
			zsock_handshake_nl_ticket(sock_net(sock->sk),
						  tls->agent, tls->id, message,
						  len);
		}
		return ZSOCK_TLS_AGAIN;
	case ZSOCK_TLS_KEY_UPDATE:
		return zsock_tls_fatal(sock, tls, TLS_ALERT_DESC_INTERNAL_ERROR,
				       -EKEYEXPIRED);
	}
	return zsock_tls_fatal(sock, tls, TLS_ALERT_DESC_UNEXPECTED_MESSAGE,
			       -EPROTO);
}

/* Negotiating anew is declined, politely, as RFC 5246 has it. */
static int zsock_tls_message_1_2(struct socket *sock, struct zsock_tls *tls,
				 const u8 *message)
{
	if (message[0] != (tls->server ? ZSOCK_TLS_CLIENT_HELLO :
					 ZSOCK_TLS_HELLO_REQUEST))
		return zsock_tls_fatal(sock, tls,
				       TLS_ALERT_DESC_UNEXPECTED_MESSAGE,
				       -EPROTO);
	if (!atomic_read(&tls->senders))
		zsock_tls_send_alert(sock, TLS_ALERT_LEVEL_WARNING,
				     ZSOCK_TLS_NO_RENEGOTIATION);
	return ZSOCK_TLS_AGAIN;
}

/* Messages may share a record, or take several. */
static int zsock_tls_messages(struct socket *sock, struct zsock_tls *tls)
{
	int ret = ZSOCK_TLS_AGAIN;
	const u8 *p = tls->message;
	unsigned int left = tls->message_len;
	unsigned int len;

	while (left >= ZSOCK_TLS_MESSAGE_HEAD && ret == ZSOCK_TLS_AGAIN) {
		len = ZSOCK_TLS_MESSAGE_HEAD + get_unaligned_be24(p + 1);
		if (len > ZSOCK_TLS_MESSAGE_MAX)
			return zsock_tls_fatal(sock, tls,
					       TLS_ALERT_DESC_DECODE_ERROR,
					       -EPROTO);
		if (len > left)
			break;
		ret = tls->result.version >= ZSOCK_TLS_1_3 ?
		      zsock_tls_message_1_3(sock, tls, p, len) :
		      zsock_tls_message_1_2(sock, tls, p);
		p += len;
		left -= len;
	}
	memmove(tls->message, p, left);
	tls->message_len = left;
	return ret;
}

static int zsock_tls_handshake_record(struct socket *sock,
				      struct zsock_tls *tls, const u8 *data,
				      int len)
{
	u8 *message;
	int ret;

	if (!len || tls->message_len + len > ZSOCK_TLS_MESSAGE_MAX)
		return zsock_tls_fatal(sock, tls, TLS_ALERT_DESC_DECODE_ERROR,
				       -EPROTO);
	message = krealloc(tls->message, tls->message_len + len,
			   GFP_KERNEL_ACCOUNT);
	if (!message)
		return -ENOMEM;
	memcpy(message + tls->message_len, data, len);
	tls->message = message;
	tls->message_len += len;
	ret = zsock_tls_messages(sock, tls);
	if (!tls->message_len) {
		kfree_sensitive(tls->message);
		tls->message = NULL;
	}
	return ret;
}

static int zsock_tls_record(struct socket *sock, struct zsock_tls *tls, u8 type,
			    const u8 *data, int len)
{
	if (time_after(jiffies, tls->control_begun + ZSOCK_TLS_CONTROL_TIME)) {
		tls->control_begun = jiffies;
		tls->ncontrol = 0;
	}
	if (++tls->ncontrol > ZSOCK_TLS_CONTROL_MAX)
		return zsock_tls_fatal(sock, tls,
				       TLS_ALERT_DESC_UNEXPECTED_MESSAGE,
				       -EPROTO);
	switch (type) {
	case TLS_RECORD_TYPE_ALERT:
		return zsock_tls_alert(sock, tls, data, len);
	case TLS_RECORD_TYPE_HANDSHAKE:
		return zsock_tls_handshake_record(sock, tls, data, len);
	default:
		return zsock_tls_fatal(sock, tls,
				       TLS_ALERT_DESC_UNEXPECTED_MESSAGE,
				       -EPROTO);
	}
}

/* ---- taking one ---- */

/* As recvmsg() of kTLS, with the record's type, 0 where there is none. */
static int zsock_tls_take_record(struct socket *sock, void *buf, size_t size,
				 int flags, u8 *type)
{
	u8 control[CMSG_SPACE(sizeof(u8))] __aligned(8) = { };
	struct cmsghdr *cmsg = (struct cmsghdr *)control;
	struct msghdr msg = {
		.msg_control	= control,
		.msg_controllen	= sizeof(control),
	};
	struct kvec vec = { buf, size };
	int ret;

	iov_iter_kvec(&msg.msg_iter, ITER_DEST, &vec, 1, size);
	ret = zsock_inner_ops(sock)->recvmsg(sock, &msg, size,
					     flags | MSG_DONTWAIT);
	*type = 0;
	if (cmsg->cmsg_level == SOL_TLS &&
	    cmsg->cmsg_type == TLS_GET_RECORD_TYPE)
		*type = *(u8 *)CMSG_DATA(cmsg);
	return ret;
}

/*
 * Only who holds the lock takes records that are no data, so that one which was
 * seen is still there.
 */
static int zsock_tls_take_control(struct socket *sock, struct zsock_tls *tls)
{
	u8 *buf;
	u8 type;
	u8 peek;
	int ret;

	ret = zsock_tls_take_record(sock, &peek, 1, MSG_PEEK, &type);
	if (ret < 0)
		return ret == -EAGAIN ? ZSOCK_TLS_NOTHING :
					zsock_tls_rx_fault(sock, tls, ret);
	if (!type)
		return ZSOCK_TLS_NOTHING;
	/* One without data is taken by the looking. */
	if (type == TLS_RECORD_TYPE_DATA)
		return ZSOCK_TLS_DATA;
	buf = kvmalloc(TLS_MAX_PAYLOAD_SIZE, GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	ret = zsock_tls_take_record(sock, buf, TLS_MAX_PAYLOAD_SIZE, 0, &type);
	if (ret >= 0)
		ret = zsock_tls_record(sock, tls, type, buf, ret);
	kvfree_sensitive(buf, TLS_MAX_PAYLOAD_SIZE);
	return ret;
}

/*
 * See to the record that comes next, if it is no data. Does not wait for it.
 * Return: ZSOCK_TLS_AGAIN if it was taken, ZSOCK_TLS_DATA if there is data,
 * ZSOCK_TLS_NOTHING if there is nothing; 0 at the end of what the peer sends; or an error.
 */
int zsock_tls_control(struct socket *sock, struct zsock_tls *tls)
{
	int ret;

	if (mutex_lock_interruptible(&tls->control))
		return -ERESTARTSYS;
	ret = zsock_tls_rx_ended(tls) ? tls->rx_error :
					zsock_tls_take_control(sock, tls);
	mutex_unlock(&tls->control);
	return ret;
}

/*
 * A server's tickets come before its first data, and are no reason to wake a
 * program. Later on what is there is data, or the end.
 */
bool zsock_tls_rx_expects(const struct zsock_tls *tls)
{
	return !tls->server && !READ_ONCE(tls->rx_data) &&
	       !zsock_tls_rx_ended(tls) && tls->result.version == ZSOCK_TLS_1_3;
}

/* TCP ends a connection by a reset where something was left unread. */
void zsock_tls_drain(struct socket *sock, struct zsock_tls *tls)
{
	while (zsock_tls_rx_expects(tls) &&
	       zsock_tls_control(sock, tls) == ZSOCK_TLS_AGAIN)
		;
}
