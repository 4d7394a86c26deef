// SPDX-License-Identifier: GPL-2.0
/*
 * In-kernel sockets: sending sk_buffs. Pages are handed to the protocol
 * (MSG_SPLICE_PAGES), which takes references; what is not in pages of its own,
 * such as memory of kmalloc(), is copied.
 */
#include <linux/bvec.h>
#include <linux/slab.h>

#include "kpi.h"

/* So many parts of a stream are sent by one call. */
#define ZSOCK_PARTS	32

/**
 * struct zsock_sender - an sk_buff chain on its way
 * @sock: where to
 * @to: a datagram's address and control data, or NULL
 * @flags: MSG_*
 * @sent: bytes
 * @whole: it is one datagram
 * @vec: parts that were not sent yet
 * @n: how many
 * @max: and at most
 * @len: bytes of them
 * @splice: they are pages that can be handed on
 */
struct zsock_sender {
	struct socket		*sock;
	const struct msghdr	*to;
	int			flags;
	size_t			sent;
	bool			whole;
	struct bio_vec		*vec;
	unsigned int		n;
	unsigned int		max;
	size_t			len;
	bool			splice;
};

static int zsock_parts_send(struct zsock_sender *s, bool more)
{
	struct msghdr msg = { };
	int flags = s->flags | (more ? MSG_MORE : 0) |
		    (s->splice ? MSG_SPLICE_PAGES : 0);
	int ret;

	if (s->to) {
		msg.msg_name = s->to->msg_name;
		msg.msg_namelen = s->to->msg_namelen;
		msg.msg_control = s->to->msg_control;
		msg.msg_controllen = s->to->msg_controllen;
	}
	iov_iter_bvec(&msg.msg_iter, ITER_SOURCE, s->vec, s->n, s->len);
	s->n = 0;
	s->len = 0;
	/* Even one that waits may send but a part of a stream. */
	do {
		msg.msg_flags = flags;
		ret = sock_sendmsg(s->sock, &msg);
		if (ret < 0)
			return ret;
		s->sent += ret;
		if (s->whole)
			return 0;
		if (!ret)
			return -EIO;
		if (flags & MSG_DONTWAIT && msg_data_left(&msg))
			return -EAGAIN;
	} while (msg_data_left(&msg));
	return 0;
}

static int zsock_part_add(struct zsock_sender *s, struct page *page,
			  unsigned int len, unsigned int offset, bool splice)
{
	int err;

	if (!len)
		return 0;
	if (!s->whole && s->n && (s->n == s->max || s->splice != splice)) {
		err = zsock_parts_send(s, true);
		if (err)
			return err;
	}
	s->splice = splice && (s->splice || !s->n);
	bvec_set_page(&s->vec[s->n++], page, len, offset);
	s->len += len;
	return 0;
}

/* As splice(): kmalloc()ed memory, or that of a clone's, is not to be shared. */
static bool zsock_head_splices(const struct sk_buff *skb)
{
	return skb->head_frag && !skb_cloned(skb) &&
	       sendpage_ok(virt_to_page(skb->data));
}

/* An sk_buff without those in its frag_list. */
static int zsock_add_alone(struct zsock_sender *s, struct sk_buff *skb)
{
	unsigned int i;
	int err;

	/* Pages that a program may write to are not to be kept. */
	if (skb_orphan_frags(skb, GFP_KERNEL))
		return -ENOMEM;
	err = zsock_part_add(s, virt_to_page(skb->data), skb_headlen(skb),
			     offset_in_page(skb->data),
			     zsock_head_splices(skb));
	for (i = 0; !err && i < skb_shinfo(skb)->nr_frags; i++) {
		const skb_frag_t *frag = &skb_shinfo(skb)->frags[i];
		struct page *page = skb_frag_page(frag);

		if (!page)
			return -EFAULT;
		err = zsock_part_add(s, page, skb_frag_size(frag),
				     skb_frag_off(frag), sendpage_ok(page));
	}
	return err;
}

static int zsock_add(struct zsock_sender *s, struct sk_buff *skb)
{
	struct sk_buff *frag;
	int err;

	err = zsock_add_alone(s, skb);
	skb_walk_frags(skb, frag) {
		if (err)
			break;
		err = zsock_add_alone(s, frag);
	}
	return err;
}

static int zsock_send_chain(struct zsock_sender *s, struct sk_buff *data)
{
	int err = 0;

	for (; data && !err; data = data->next)
		err = zsock_add(s, data);
	/* An empty datagram is one all the same. */
	if (!err && (s->n || s->whole))
		err = zsock_parts_send(s, false);
	return err;
}

static int zsock_send_stream(struct zsock_sender *s, struct sk_buff *data)
{
	struct bio_vec vec[ZSOCK_PARTS];

	s->vec = vec;
	s->max = ARRAY_SIZE(vec);
	return zsock_send_chain(s, data);
}

/* With what skb_orphan_frags() may make of it. */
static unsigned int zsock_count_parts(const struct sk_buff *skb)
{
	const struct sk_buff *frag;
	unsigned int n = 1 + MAX_SKB_FRAGS;

	skb_walk_frags(skb, frag)
		n += 1 + MAX_SKB_FRAGS;
	return n;
}

static int zsock_send_dgram(struct zsock_sender *s, struct sk_buff *data)
{
	const struct sk_buff *skb;
	size_t len = 0;
	int err;

	for (skb = data; skb; skb = skb->next) {
		len += skb->len;
		if (len > U16_MAX)
			return -EMSGSIZE;
		s->max += zsock_count_parts(skb);
	}
	s->vec = kvcalloc(s->max, sizeof(*s->vec), GFP_KERNEL);
	if (!s->vec)
		return -ENOMEM;
	err = zsock_send_chain(s, data);
	kvfree(s->vec);
	return err;
}

/**
 * zsock_sendmbuf - send sk_buffs
 * @so: socket
 * @msg: of a datagram where to, as with zsock_send(), or NULL; its msg_iter is
 *	not used
 * @data: sk_buffs, chained by their next, each with its frag_list. They are the
 *	function's, and freed in any case
 * @flags: as with zsock_send()
 * @sentlen: how many bytes were sent, also where it failed; or NULL
 *
 * A stream sends them one after the other; the rest is lost where it was not to
 * wait and there was no space for all. Of a socket for datagrams all of @data
 * is one. Pages are not copied, nor is a head that is a page fragment's and of
 * no clone: nobody may write to them any more. What is in memory of kmalloc()
 * is, and with it the whole of a datagram.
 *
 * Return: 0 if all of it was sent; -EFAULT if there are frags that the kernel
 * cannot read; -EMSGSIZE for a datagram of more than 65535 bytes; -ENOMEM; as
 * zsock_send() else; -ESHUTDOWN.
 */
int zsock_sendmbuf(struct zsock_socket *so, const struct msghdr *msg,
		   struct sk_buff *data, int flags, size_t *sentlen)
{
	struct zsock_sender s = { .to = msg };
	struct zsock_call call;
	int err;

	err = zsock_enter(so, &call);
	if (!err) {
		s.sock = so->sock;
		s.flags = flags | zsock_dontwait(so, flags) | MSG_NOSIGNAL;
		s.whole = s.sock->type != SOCK_STREAM;
		err = s.whole ? zsock_send_dgram(&s, data) :
				zsock_send_stream(&s, data);
		zsock_leave(so, &call);
	}
	kfree_skb_list(data);
	if (sentlen)
		*sentlen = s.sent;
	return err;
}
EXPORT_SYMBOL_GPL(zsock_sendmbuf);
