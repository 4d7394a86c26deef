// SPDX-License-Identifier: GPL-2.0
/* Backends behind a pipe: each is one namespace's, made and deleted by it. */
#include <linux/slab.h>
#include <linux/uidgid.h>
#include <linux/user_namespace.h>

#include "remote.h"

static LIST_HEAD(zsock_remotes);
static DEFINE_MUTEX(zsock_remotes_lock);

struct zsock_remote *zsock_remote_of(const struct zsock_backend *backend)
{
	return container_of((struct zsock_backend *)backend,
			    struct zsock_remote, backend);
}

void zsock_remote_put(struct zsock_remote *remote)
{
	if (!refcount_dec_and_test(&remote->ref))
		return;
	mutex_destroy(&remote->tell);
	mutex_destroy(&remote->change);
	kfree(remote);
}

/* The first of @net, or of all, with @name, or with any; held, or NULL. */
struct zsock_remote *zsock_remote_get(const struct net *net, const char *name)
{
	struct zsock_remote *remote, *found = NULL;

	mutex_lock(&zsock_remotes_lock);
	list_for_each_entry(remote, &zsock_remotes, list) {
		if ((!net || net_eq(remote->net, net)) &&
		    (!name || !strcmp(remote->name, name))) {
			refcount_inc(&remote->ref);
			found = remote;
			break;
		}
	}
	mutex_unlock(&zsock_remotes_lock);
	return found;
}

static bool zsock_remote_is_supported(const struct zsock_backend *backend,
				      const struct zsock_spec *spec)
{
	u32 features = READ_ONCE(zsock_remote_of(backend)->features);

	if (spec->family == AF_INET6 && !(features & ZOFF_F_INET6))
		return false;
	if (spec->family && spec->family != AF_INET && spec->family != AF_INET6)
		return false;
	if (spec->type == SOCK_STREAM)
		return features & ZOFF_F_STREAM &&
		       (spec->protocol == IPPROTO_TCP ||
			(features & ZOFF_F_TLS &&
			 zsock_is_tls(spec->protocol)));
	return features & ZOFF_F_DGRAM && spec->type == SOCK_DGRAM &&
	       spec->protocol == IPPROTO_UDP;
}

/* What the far side's socket is, not the one here. */
static void zsock_remote_info(const struct socket *sock,
			      struct zsock_info *info)
{
	const struct zsock_rsk *rs = zsock_rsk(sock->sk);

	info->inner_family = rs->family;
	info->inner_protocol = rs->protocol;
}

static void zsock_remote_name_of(const struct socket *sock, bool peer,
				 struct sockaddr_storage *addr)
{
	struct zsock_rsk *rs = zsock_rsk(sock->sk);
	struct zoff_addr name;

	spin_lock(&rs->lock);
	name = peer ? rs->peer : rs->name;
	spin_unlock(&rs->lock);
	zsock_zoff_sockaddr(rs, &name, addr);
}

/* ---- events: what is told last is so ---- */

static void zsock_remote_tell_down(struct zsock_remote *remote, int error)
{
	mutex_lock(&remote->tell);
	if (remote->told)
		zsock_remote_nl_event(remote, ZSOCK_CMD_BACKEND_DOWN, error);
	remote->told = false;
	mutex_unlock(&remote->tell);
}

/* Also where it is down again by now, which nobody could be told before. */
static void zsock_remote_tell_up(struct zsock_remote *remote)
{
	bool up;
	int error;

	mutex_lock(&remote->tell);
	zsock_remote_nl_event(remote, ZSOCK_CMD_BACKEND_UP, 0);
	remote->told = true;
	mutex_unlock(&remote->tell);
	spin_lock(&remote->lock);
	up = remote->up;
	error = remote->error;
	spin_unlock(&remote->lock);
	if (!up)
		zsock_remote_tell_down(remote, error);
}

/* ---- pipes ---- */

/* The pipe that works, held, or NULL. */
struct zsock_pipe *zsock_remote_pipe_get(struct zsock_remote *remote)
{
	struct zsock_pipe *pipe = NULL;

	spin_lock(&remote->lock);
	if (remote->up) {
		pipe = remote->pipe;
		refcount_inc(&pipe->ref);
	}
	spin_unlock(&remote->lock);
	return pipe;
}

/* @pipe is the backend's now, and what was before it is not. */
static void zsock_remote_up(struct zsock_remote *remote, const char *label,
			    struct zsock_pipe *pipe)
{
	struct zsock_pipe *old;

	spin_lock(&remote->lock);
	WRITE_ONCE(remote->features, pipe->features);
	strscpy(remote->label, label, sizeof(remote->label));
	strscpy(remote->peer, pipe->peer, sizeof(remote->peer));
	old = remote->pipe;
	remote->pipe = pipe;
	/* It may have broken since it said hello, and that have been told. */
	remote->up = !READ_ONCE(pipe->broken);
	remote->error = remote->up ? 0 : pipe->error;
	zsock_remote_netdev_link(&remote->netdev, remote->up);
	spin_unlock(&remote->lock);
	if (old)
		zsock_pipe_put(old);
}

/* Under remote->change. */
static int zsock_remote_connect_pipe(struct zsock_remote *remote,
				     const char *label, struct file *file)
{
	struct zsock_pipe *pipe;
	int err;

	pipe = zsock_pipe_new(remote, file);
	if (IS_ERR(pipe))
		return PTR_ERR(pipe);
	err = zsock_pipe_greet(pipe);
	if (err) {
		zsock_pipe_stop(pipe);
		zsock_pipe_put(pipe);
		return err;
	}
	zsock_remote_up(remote, label, pipe);
	return 0;
}

/* @pipe is down, as far as it was ever the backend's. */
void zsock_remote_down(struct zsock_pipe *pipe)
{
	struct zsock_remote *remote = pipe->remote;
	bool was;

	spin_lock(&remote->lock);
	was = remote->pipe == pipe && remote->up;
	if (was) {
		remote->up = false;
		remote->error = pipe->error;
		zsock_remote_netdev_link(&remote->netdev, false);
	}
	spin_unlock(&remote->lock);
	/* A deletion tells of itself, behind this. */
	if (was && !READ_ONCE(remote->deleted))
		zsock_remote_tell_down(remote, pipe->error);
}

static int zsock_remote_pipe_again(struct zsock_remote *remote,
				   const char *label, struct file *file)
{
	if (remote->deleted)
		return -ENOENT;
	if (READ_ONCE(remote->up))
		return -EBUSY;
	/* Its end may not be told yet, nor its work be queued. */
	if (remote->pipe)
		zsock_pipe_stop(remote->pipe);
	return zsock_remote_connect_pipe(remote, label, file);
}

/* Another pipe for one whose pipe broke. */
int zsock_remote_pipe(struct zsock_remote *remote, const char *label,
		      struct file *file)
{
	int err;

	if (mutex_lock_interruptible(&remote->change))
		return -EINTR;
	err = zsock_remote_pipe_again(remote, label, file);
	if (!err)
		zsock_remote_tell_up(remote);
	mutex_unlock(&remote->change);
	return err;
}

/* ---- how many ---- */

/* Those that have an owner. Under zsock_remotes_lock. */
static LIST_HEAD(zsock_remotes_owned);

/*
 * A pipe has two tasks, which are charged to nobody. So whoever became root by
 * making a user namespace has few, in all that are in it: the outermost of them; NULL
 * for those of the system's administrator.
 */
static const struct user_namespace *zsock_remote_owner(const struct net *net)
{
	const struct user_namespace *ns = net->user_ns;

	while (ns->level > 1)
		ns = ns->parent;
	return ns->level ? ns : NULL;
}

/* Namespaces that root made are of different users, as far as anyone knows. */
static bool zsock_remote_one_owner(const struct user_namespace *a,
				   const struct user_namespace *b)
{
	return a == b || (uid_eq(a->owner, b->owner) &&
			  !uid_eq(a->owner, GLOBAL_ROOT_UID));
}

/* Count @remote, whose namespace is there until it is discounted. 0 or -EDQUOT. */
static int zsock_remote_count(struct zsock_remote *remote)
{
	const struct user_namespace *owner = zsock_remote_owner(remote->net);
	struct zsock_remote *other;
	unsigned int n = 0;

	if (!owner)
		return 0;
	mutex_lock(&zsock_remotes_lock);
	list_for_each_entry(other, &zsock_remotes_owned, owned)
		n += zsock_remote_one_owner(owner,
					    zsock_remote_owner(other->net));
	if (n < ZSOCK_REMOTES_OWNED_MAX)
		list_add_tail(&remote->owned, &zsock_remotes_owned);
	mutex_unlock(&zsock_remotes_lock);
	return n < ZSOCK_REMOTES_OWNED_MAX ? 0 : -EDQUOT;
}

static void zsock_remote_discount(struct zsock_remote *remote)
{
	mutex_lock(&zsock_remotes_lock);
	list_del_init(&remote->owned);
	mutex_unlock(&zsock_remotes_lock);
}

/* ---- making and deleting ---- */

static struct zsock_remote *zsock_remote_new(struct net *net,
					     const struct zsock_remote *like)
{
	struct zsock_remote *remote;

	remote = kzalloc(sizeof(*remote), GFP_KERNEL_ACCOUNT);
	if (!remote)
		return NULL;
	refcount_set(&remote->ref, 1);
	mutex_init(&remote->change);
	mutex_init(&remote->tell);
	spin_lock_init(&remote->lock);
	INIT_LIST_HEAD(&remote->owned);
	remote->net = net;
	strscpy(remote->name, like->name, sizeof(remote->name));
	remote->backend = (struct zsock_backend){
		.name		= remote->name,
		.owner		= THIS_MODULE,
		.priority	= like->backend.priority,
		.net		= net,
		.is_supported	= zsock_remote_is_supported,
		.create		= zsock_remote_create,
		.info		= zsock_remote_info,
		.name_of	= zsock_remote_name_of,
	};
	return remote;
}

static void zsock_remote_released(const struct zsock_backend *backend)
{
	zsock_remote_put(zsock_remote_of(backend));
}

/* No more pipes; the one that there is goes, and with it its connections. */
static void zsock_remote_cut(struct zsock_remote *remote)
{
	struct zsock_pipe *pipe;

	mutex_lock(&remote->change);
	WRITE_ONCE(remote->deleted, true);
	pipe = remote->pipe;
	/* Even if it broke by itself: what it does about that has an end. */
	if (pipe)
		zsock_pipe_stop(pipe);
	spin_lock(&remote->lock);
	remote->pipe = NULL;
	remote->up = false;
	remote->error = ENODEV;
	spin_unlock(&remote->lock);
	mutex_unlock(&remote->change);
	zsock_remote_discount(remote);
	if (pipe)
		zsock_pipe_put(pipe);
}

static void zsock_remote_unlist(struct zsock_remote *remote)
{
	mutex_lock(&zsock_remotes_lock);
	list_del_init(&remote->list);
	mutex_unlock(&zsock_remotes_lock);
}

static int zsock_remote_register(struct zsock_remote *remote)
{
	struct zsock_backend *backend = &remote->backend;
	int err;

	if (remote->features & ZOFF_F_STREAM)
		backend->features |= ZSOCK_BACKEND_F_STREAM;
	if (remote->features & ZOFF_F_DGRAM)
		backend->features |= ZSOCK_BACKEND_F_DGRAM;
	if (remote->features & ZOFF_F_TLS)
		backend->features |= ZSOCK_BACKEND_F_TLS;
	err = zsock_register_backend(backend);
	if (err)
		return err;
	mutex_lock(&zsock_remotes_lock);
	list_add_tail(&remote->list, &zsock_remotes);
	mutex_unlock(&zsock_remotes_lock);
	return 0;
}

/* Device, pipe, and then the backend, which may be used at once. */
static int zsock_remote_begin(struct zsock_remote *remote, const char *label,
			      const char *netdev, struct file *file)
{
	int err = zsock_remote_count(remote);

	if (!err && netdev[0])
		err = zsock_remote_netdev_add(&remote->netdev, remote->net,
					      netdev);
	if (err)
		return err;
	mutex_lock(&remote->change);
	err = zsock_remote_connect_pipe(remote, label, file);
	mutex_unlock(&remote->change);
	if (!err)
		err = zsock_remote_register(remote);
	return err;
}

/*
 * One for @net with the name, label and priority of @like, behind @file, and
 * with a device of the name @netdev, unless that is empty. The caller keeps
 * @net and @file.
 */
int zsock_remote_add(struct net *net, const struct zsock_remote *like,
		     const char *netdev, struct file *file)
{
	struct zsock_remote *remote;
	int err;

	if (!zsock_name_ok(like->name))
		return -EINVAL;
	if (zsock_carrier_known(net, like->name))
		return -EEXIST;
	remote = zsock_remote_new(net, like);
	if (!remote)
		return -ENOMEM;
	/* Once it is listed somebody may delete it. */
	refcount_inc(&remote->ref);
	err = zsock_remote_begin(remote, like->label, netdev, file);
	if (err) {
		zsock_remote_netdev_del(&remote->netdev);
		zsock_remote_cut(remote);
		zsock_remote_put(remote);
	} else if (netdev[0]) {
		err = zsock_remote_netdev_tie(&remote->netdev,
					      &remote->backend);
		if (err)
			zsock_remote_del(remote, true);
	}
	if (!err)
		zsock_remote_tell_up(remote);
	zsock_remote_put(remote);
	return err;
}

/*
 * Take one away: -EBUSY where it has sockets and @force is not said; with it
 * they are reset. -ENOENT where somebody else did it.
 */
int zsock_remote_del(struct zsock_remote *remote, bool force)
{
	int err;

	if (force)
		err = zsock_retire_backend(&remote->backend,
					   zsock_remote_released);
	else
		err = zsock_unregister_backend(&remote->backend);
	if (err)
		return err;
	zsock_remote_unlist(remote);
	zsock_remote_netdev_del(&remote->netdev);
	zsock_remote_cut(remote);
	mutex_lock(&remote->tell);
	zsock_remote_nl_event(remote, ZSOCK_CMD_BACKEND_DOWN, ENODEV);
	remote->told = false;
	mutex_unlock(&remote->tell);
	/* The list's; with force the sockets' hold it as long as they are. */
	if (!force)
		zsock_remote_put(remote);
	return 0;
}

/* ---- namespaces and the module go ---- */

static void zsock_remote_del_all(const struct net *net)
{
	struct zsock_remote *remote;

	while ((remote = zsock_remote_get(net, NULL))) {
		zsock_remote_del(remote, true);
		zsock_remote_put(remote);
	}
}

static void __net_exit zsock_remote_net_leave(struct net *net)
{
	zsock_remote_del_all(net);
}

/* A device's operations: its network devices go before others are moved. */
static struct pernet_operations zsock_remote_net_ops = {
	.exit	= zsock_remote_net_leave,
};

int __init zsock_remotes_init(void)
{
	int err;

	err = proto_register(&zsock_remote_prot, 1);
	if (err)
		return err;
	err = register_pernet_device(&zsock_remote_net_ops);
	if (err)
		proto_unregister(&zsock_remote_prot);
	return err;
}

static bool zsock_remotes_leaving;

/* Nobody is to be told anything any more. */
bool zsock_remotes_quiet(void)
{
	return READ_ONCE(zsock_remotes_leaving);
}

/* No socket of a program's is left. Some may wait for their last reply. */
void zsock_remotes_exit(void)
{
	WRITE_ONCE(zsock_remotes_leaving, true);
	unregister_pernet_device(&zsock_remote_net_ops);
	rcu_barrier();
	proto_unregister(&zsock_remote_prot);
}
