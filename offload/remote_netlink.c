// SPDX-License-Identifier: GPL-2.0
/* The commands for backends behind a pipe. */
#include <linux/file.h>
#include <net/genetlink.h>

#include "../netlink.h"
#include "remote.h"
#include "remote_netlink.h"

const struct nla_policy zsock_remote_policy[ZSOCK_A_BACKEND_MAX + 1] = {
	[ZSOCK_A_BACKEND_NAME]		= { .type = NLA_NUL_STRING,
					    .len = ZSOCK_NAME_MAX - 1 },
	[ZSOCK_A_BACKEND_PRIORITY]	= { .type = NLA_S32 },
	[ZSOCK_A_BACKEND_FD]		= { .type = NLA_S32 },
	[ZSOCK_A_BACKEND_LABEL]		= { .type = NLA_NUL_STRING,
					    .len = ZSOCK_BACKEND_LABEL_MAX - 1 },
	[ZSOCK_A_BACKEND_NETDEV]	= { .type = NLA_NUL_STRING,
					    .len = IFNAMSIZ - 1 },
	[ZSOCK_A_BACKEND_FORCE]		= { .type = NLA_FLAG },
};

static const char *zsock_remote_nl_text(const struct genl_info *info, int attr)
{
	return info->attrs[attr] ? nla_data(info->attrs[attr]) : "";
}

static struct file *zsock_remote_nl_file(const struct genl_info *info)
{
	struct file *file = NULL;

	if (info->attrs[ZSOCK_A_BACKEND_FD])
		file = fget(nla_get_s32(info->attrs[ZSOCK_A_BACKEND_FD]));
	return file;
}

int zsock_remote_nl_add(struct sk_buff *skb, struct genl_info *info)
{
	struct zsock_remote like = {};
	struct file *file;
	int err;

	if (GENL_REQ_ATTR_CHECK(info, ZSOCK_A_BACKEND_NAME) ||
	    GENL_REQ_ATTR_CHECK(info, ZSOCK_A_BACKEND_FD))
		return -EINVAL;
	strscpy(like.name, zsock_remote_nl_text(info, ZSOCK_A_BACKEND_NAME),
		sizeof(like.name));
	strscpy(like.label, zsock_remote_nl_text(info, ZSOCK_A_BACKEND_LABEL),
		sizeof(like.label));
	like.backend.priority = 200;
	if (info->attrs[ZSOCK_A_BACKEND_PRIORITY])
		like.backend.priority =
			nla_get_s32(info->attrs[ZSOCK_A_BACKEND_PRIORITY]);
	file = zsock_remote_nl_file(info);
	if (!file)
		return -EBADF;
	err = zsock_remote_add(genl_info_net(info), &like,
			       zsock_remote_nl_text(info,
						    ZSOCK_A_BACKEND_NETDEV),
			       file);
	fput(file);
	return err;
}

int zsock_remote_nl_pipe(struct sk_buff *skb, struct genl_info *info)
{
	const char *label = zsock_remote_nl_text(info, ZSOCK_A_BACKEND_LABEL);
	const char *name = zsock_remote_nl_text(info, ZSOCK_A_BACKEND_NAME);
	struct zsock_remote *remote;
	struct file *file;
	int err;

	if (GENL_REQ_ATTR_CHECK(info, ZSOCK_A_BACKEND_NAME) ||
	    GENL_REQ_ATTR_CHECK(info, ZSOCK_A_BACKEND_FD))
		return -EINVAL;
	file = zsock_remote_nl_file(info);
	if (!file)
		return -EBADF;
	err = -ENOENT;
	remote = zsock_remote_get(genl_info_net(info), name);
	if (remote) {
		err = zsock_remote_pipe(remote, label, file);
		zsock_remote_put(remote);
	}
	fput(file);
	return err;
}

int zsock_remote_nl_del(struct sk_buff *skb, struct genl_info *info)
{
	const char *name = zsock_remote_nl_text(info, ZSOCK_A_BACKEND_NAME);
	struct net *net = genl_info_net(info);
	struct zsock_remote *remote;
	int err;

	if (GENL_REQ_ATTR_CHECK(info, ZSOCK_A_BACKEND_NAME))
		return -EINVAL;
	remote = zsock_remote_get(net, name);
	if (!remote)
		return zsock_carrier_known(net, name) ? -EPERM : -ENOENT;
	err = zsock_remote_del(remote, info->attrs[ZSOCK_A_BACKEND_FORCE]);
	zsock_remote_put(remote);
	return err;
}

/* For the listing: what only those behind a pipe have. */
int zsock_remote_nl_fill(struct sk_buff *skb,
			 const struct zsock_backend *backend)
{
	struct zsock_remote *remote;
	int err;

	if (backend->create != zsock_remote_create)
		return 0;
	remote = zsock_remote_of(backend);
	spin_lock(&remote->lock);
	err = nla_put_u32(skb, ZSOCK_A_BACKEND_STATE,
			  remote->up ? ZSOCK_BACKEND_STATE_UP :
				       ZSOCK_BACKEND_STATE_DOWN) ?:
	      nla_put_string(skb, ZSOCK_A_BACKEND_LABEL, remote->label) ?:
	      nla_put_string(skb, ZSOCK_A_BACKEND_PEER, remote->peer) ?:
	      nla_put_u32(skb, ZSOCK_A_BACKEND_ERROR, remote->error);
	spin_unlock(&remote->lock);
	return err;
}

/* Tell those who listen. Nobody has to, and one that is lost is seen listed. */
void zsock_remote_nl_event(struct zsock_remote *remote, u8 cmd, int error)
{
	char label[ZSOCK_BACKEND_LABEL_MAX];
	struct sk_buff *msg;
	void *hdr;
	int err;

	/* The family is gone before the last backends are. */
	if (zsock_remotes_quiet())
		return;
	spin_lock(&remote->lock);
	strscpy(label, remote->label, sizeof(label));
	spin_unlock(&remote->lock);
	msg = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!msg)
		return;
	hdr = genlmsg_put(msg, 0, 0, &zsock_genl, 0, cmd);
	err = hdr ? nla_put_string(msg, ZSOCK_A_BACKEND_NAME, remote->name) :
		    -EMSGSIZE;
	if (!err)
		err = nla_put_string(msg, ZSOCK_A_BACKEND_LABEL, label);
	if (!err && cmd == ZSOCK_CMD_BACKEND_DOWN)
		err = nla_put_u32(msg, ZSOCK_A_BACKEND_ERROR, error);
	if (err) {
		nlmsg_free(msg);
		return;
	}
	genlmsg_end(msg, hdr);
	genlmsg_multicast_netns(&zsock_genl, remote->net, msg, 0,
				ZSOCK_NL_GROUP_BACKEND, GFP_KERNEL);
}
