// SPDX-License-Identifier: GPL-2.0
/*
 * TLS_CERT_VERIFY_CALLBACK: the program decides about certificates.
 *
 * The program has one file, each handshake's agent another of its own; between
 * them are requests, and answers to them. Neither file refers to a socket, so
 * that no circle of references can come about.
 */
#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/list.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "tls.h"

/**
 * struct zsock_verifier - where the program is asked
 * @ref: the program's file, configurations, questions
 * @lock: for all but @ref
 * @wait: the program's
 * @unread: questions that it has not read
 * @asked: those that it has
 * @gone: nobody answers any more
 */
struct zsock_verifier {
	refcount_t		ref;
	struct mutex		lock;
	wait_queue_head_t	wait;
	struct list_head	unread;
	struct list_head	asked;
	bool			gone;
};

/**
 * struct zsock_question - an agent's file
 * @verifier: who is asked
 * @list: in one of its lists, or in none
 * @wait: the agent's
 * @request: what was written, until the program has read it
 * @asked: it was written
 * @len: bytes of it
 * @id: of the handshake
 * @answered: @accept is valid
 * @accept: the answer
 */
struct zsock_question {
	struct zsock_verifier	*verifier;
	struct list_head	list;
	wait_queue_head_t	wait;
	void			*request;
	size_t			len;
	u64			id;
	bool			asked;
	bool			answered;
	u32			accept;
};

struct zsock_verifier *zsock_verifier_get(struct zsock_verifier *verifier)
{
	refcount_inc(&verifier->ref);
	return verifier;
}

void zsock_verifier_put(struct zsock_verifier *verifier)
{
	if (!refcount_dec_and_test(&verifier->ref))
		return;
	mutex_destroy(&verifier->lock);
	kfree(verifier);
}

/* ---- the agent's side ---- */

static bool zsock_question_ok(const struct zsock_question *q)
{
	const struct zsock_verify_request *request = q->request;
	const u8 *p = (const u8 *)(request + 1);
	size_t left = q->len - sizeof(*request);
	u32 i, len;

	for (i = 0; i < request->ncerts; i++) {
		if (left < sizeof(len))
			return false;
		memcpy(&len, p, sizeof(len));
		if (len > left - sizeof(len))
			return false;
		p += sizeof(len) + len;
		left -= sizeof(len) + len;
	}
	return !left;
}

static ssize_t zsock_question_write(struct file *file, const char __user *buf,
				    size_t len, loff_t *pos)
{
	struct zsock_question *q = file->private_data;
	struct zsock_verifier *v = q->verifier;
	struct zsock_question new = { .len = len };
	ssize_t ret = len;

	if (len < sizeof(struct zsock_verify_request) ||
	    len > ZSOCK_VERIFY_REQUEST_MAX)
		return -EINVAL;
	new.request = vmemdup_user(buf, len);
	if (IS_ERR(new.request))
		return PTR_ERR(new.request);
	((struct zsock_verify_request *)new.request)->id = q->id;

	mutex_lock(&v->lock);
	if (!zsock_question_ok(&new)) {
		ret = -EINVAL;
	} else if (v->gone) {
		ret = -EPIPE;
	} else if (q->asked) {
		ret = -EBUSY;
	} else {
		q->asked = true;
		q->request = new.request;
		q->len = len;
		list_add_tail(&q->list, &v->unread);
		new.request = NULL;
	}
	mutex_unlock(&v->lock);
	kvfree(new.request);
	if (ret > 0)
		wake_up_interruptible_poll(&v->wait, EPOLLIN | EPOLLRDNORM);
	return ret;
}

static ssize_t zsock_question_read(struct file *file, char __user *buf,
				   size_t len, loff_t *pos)
{
	struct zsock_question *q = file->private_data;
	struct zsock_verify_reply reply = { .id = q->id };
	ssize_t ret = sizeof(reply);

	if (len < sizeof(reply))
		return -EINVAL;
	mutex_lock(&q->verifier->lock);
	if (q->answered)
		reply.accept = q->accept;
	else
		ret = q->verifier->gone ? 0 : -EAGAIN;
	mutex_unlock(&q->verifier->lock);
	if (ret > 0 && copy_to_user(buf, &reply, sizeof(reply)))
		return -EFAULT;
	return ret;
}

static __poll_t zsock_question_poll(struct file *file,
				    struct poll_table_struct *wait)
{
	struct zsock_question *q = file->private_data;
	__poll_t mask = EPOLLOUT | EPOLLWRNORM;

	poll_wait(file, &q->wait, wait);
	mutex_lock(&q->verifier->lock);
	if (q->answered)
		mask |= EPOLLIN | EPOLLRDNORM;
	if (q->verifier->gone)
		mask |= EPOLLHUP;
	mutex_unlock(&q->verifier->lock);
	return mask;
}

static int zsock_question_release(struct inode *inode, struct file *file)
{
	struct zsock_question *q = file->private_data;

	mutex_lock(&q->verifier->lock);
	list_del(&q->list);
	mutex_unlock(&q->verifier->lock);
	zsock_verifier_put(q->verifier);
	kvfree(q->request);
	kfree(q);
	return 0;
}

static const struct file_operations zsock_question_fops = {
	.owner		= THIS_MODULE,
	.read		= zsock_question_read,
	.write		= zsock_question_write,
	.poll		= zsock_question_poll,
	.release	= zsock_question_release,
	.llseek		= noop_llseek,
};

/* A file over which the agent asks about handshake @id; NULL: nobody is there. */
struct file *zsock_verifier_ask(struct zsock_verifier *verifier, u64 id)
{
	struct zsock_question *q;
	struct file *file;

	if (READ_ONCE(verifier->gone))
		return NULL;
	q = kzalloc(sizeof(*q), GFP_KERNEL_ACCOUNT);
	if (!q)
		return ERR_PTR(-ENOMEM);
	q->id = id;
	INIT_LIST_HEAD(&q->list);
	init_waitqueue_head(&q->wait);
	q->verifier = zsock_verifier_get(verifier);
	file = anon_inode_getfile("[zsock-question]", &zsock_question_fops, q,
				  O_RDWR | O_NONBLOCK);
	if (IS_ERR(file)) {
		zsock_verifier_put(verifier);
		kfree(q);
	}
	return file;
}

/* ---- the program's side ---- */

/* The next question that fits into @len bytes, counted as read. */
static struct zsock_question *zsock_verifier_next(struct zsock_verifier *v,
						  size_t len)
{
	struct zsock_question *q;

	q = list_first_entry_or_null(&v->unread, struct zsock_question, list);
	if (!q)
		return ERR_PTR(-EAGAIN);
	if (q->len > len)
		return ERR_PTR(-EMSGSIZE);
	list_move_tail(&q->list, &v->asked);
	return q;
}

/* The question that @id is of, which the program has read. */
static struct zsock_question *zsock_verifier_find(struct zsock_verifier *v,
						  u64 id)
{
	struct zsock_question *q;

	list_for_each_entry(q, &v->asked, list)
		if (q->id == id)
			return q;
	return NULL;
}

/*
 * The program's memory did not take @request of handshake @id: somebody else
 * may read it, as the first. Where the handshake has ended nobody needs to.
 */
static void zsock_verifier_return(struct zsock_verifier *v, u64 id,
				  void *request)
{
	struct zsock_question *q;

	mutex_lock(&v->lock);
	q = zsock_verifier_find(v, id);
	if (q) {
		swap(request, q->request);
		list_move(&q->list, &v->unread);
	}
	mutex_unlock(&v->lock);
	kvfree(request);
	if (q)
		wake_up_interruptible_poll(&v->wait, EPOLLIN | EPOLLRDNORM);
}

static ssize_t zsock_verifier_take(struct zsock_verifier *v, char __user *buf,
				   size_t len)
{
	struct zsock_question *q;
	void *request = NULL;
	ssize_t ret;
	u64 id = 0;

	mutex_lock(&v->lock);
	q = zsock_verifier_next(v, len);
	ret = PTR_ERR_OR_ZERO(q);
	if (!ret) {
		swap(request, q->request);
		ret = q->len;
		id = q->id;
	}
	mutex_unlock(&v->lock);
	/* Agents take the lock: the program's memory is not touched under it. */
	if (ret > 0 && copy_to_user(buf, request, ret)) {
		zsock_verifier_return(v, id, request);
		return -EFAULT;
	}
	kvfree(request);
	return ret;
}

static ssize_t zsock_verifier_read(struct file *file, char __user *buf,
				   size_t len, loff_t *pos)
{
	struct zsock_verifier *v = file->private_data;
	ssize_t ret;
	int err;

	for (;;) {
		ret = zsock_verifier_take(v, buf, len);
		if (ret != -EAGAIN || file->f_flags & O_NONBLOCK)
			return ret;
		err = wait_event_interruptible(v->wait,
					       !list_empty_careful(&v->unread));
		if (err)
			return err;
	}
}

static ssize_t zsock_verifier_write(struct file *file, const char __user *buf,
				    size_t len, loff_t *pos)
{
	struct zsock_verifier *v = file->private_data;
	struct zsock_verify_reply reply;
	struct zsock_question *q;

	if (len != sizeof(reply))
		return -EINVAL;
	if (copy_from_user(&reply, buf, sizeof(reply)))
		return -EFAULT;
	if (reply.reserved || reply.accept > 1)
		return -EINVAL;
	mutex_lock(&v->lock);
	q = zsock_verifier_find(v, reply.id);
	if (q) {
		list_del_init(&q->list);
		q->accept = reply.accept;
		q->answered = true;
		wake_up_interruptible_poll(&q->wait, EPOLLIN | EPOLLRDNORM);
	}
	mutex_unlock(&v->lock);
	return q ? len : -ENOENT;
}

static __poll_t zsock_verifier_poll(struct file *file,
				    struct poll_table_struct *wait)
{
	struct zsock_verifier *v = file->private_data;

	poll_wait(file, &v->wait, wait);
	return (list_empty_careful(&v->unread) ? 0 : EPOLLIN | EPOLLRDNORM) |
	       EPOLLOUT | EPOLLWRNORM;
}

/* Whoever waits for an answer will have none. */
static int zsock_verifier_release(struct inode *inode, struct file *file)
{
	struct zsock_verifier *v = file->private_data;
	struct zsock_question *q;

	mutex_lock(&v->lock);
	WRITE_ONCE(v->gone, true);
	list_splice_init(&v->unread, &v->asked);
	list_for_each_entry(q, &v->asked, list)
		wake_up_interruptible_poll(&q->wait, EPOLLHUP);
	mutex_unlock(&v->lock);
	zsock_verifier_put(v);
	return 0;
}

static const struct file_operations zsock_verifier_fops = {
	.owner		= THIS_MODULE,
	.read		= zsock_verifier_read,
	.write		= zsock_verifier_write,
	.poll		= zsock_verifier_poll,
	.release	= zsock_verifier_release,
	.llseek		= noop_llseek,
};

static struct zsock_verifier *zsock_verifier_new(void)
{
	struct zsock_verifier *v;

	v = kzalloc(sizeof(*v), GFP_KERNEL_ACCOUNT);
	if (!v)
		return NULL;
	refcount_set(&v->ref, 1);
	mutex_init(&v->lock);
	init_waitqueue_head(&v->wait);
	INIT_LIST_HEAD(&v->unread);
	INIT_LIST_HEAD(&v->asked);
	return v;
}

/* @v in place of the one before, whose file gets no more questions. */
static int zsock_verifier_use(struct zsock_tls *tls, struct zsock_verifier *v)
{
	struct zsock_tls_conf *conf;

	mutex_lock(&tls->lock);
	conf = zsock_tls_conf_copy(tls->conf);
	if (conf) {
		if (conf->verifier)
			zsock_verifier_put(conf->verifier);
		conf->verifier = zsock_verifier_get(v);
		zsock_tls_conf_put(tls->conf);
		tls->conf = conf;
	}
	mutex_unlock(&tls->lock);
	return conf ? 0 : -ENOMEM;
}

/*
 * A new descriptor for the program: reserved, and *@file to be installed there
 * once the program was told.
 */
int zsock_verifier_fd(struct zsock_tls *tls, struct file **file)
{
	struct zsock_verifier *v;
	int fd, err;

	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		return fd;
	err = -ENOMEM;
	v = zsock_verifier_new();
	if (!v)
		goto out_fd;
	*file = anon_inode_getfile("[zsock-verify]", &zsock_verifier_fops, v,
				   O_RDWR);
	if (IS_ERR(*file)) {
		err = PTR_ERR(*file);
		zsock_verifier_put(v);
		goto out_fd;
	}
	err = zsock_verifier_use(tls, v);
	if (!err)
		return fd;
	fput(*file);
out_fd:
	put_unused_fd(fd);
	return err;
}
