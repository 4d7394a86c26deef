// SPDX-License-Identifier: GPL-2.0
/*
 * Giving up what a daemon does not need: it needs one capability, or none.
 *
 * Memory is not locked. What is secret is in it for a short time, and the rest
 * of it can be large, as it is as large as peers make it. Where swap is not
 * trusted, encrypt it.
 */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <linux/capability.h>

#include "log.h"
#include "priv.h"

static int caps_read(struct __user_cap_data_struct data[2])
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};

	return syscall(SYS_capget, &header, data) ? -errno : 0;
}

static int caps_write(const struct __user_cap_data_struct data[2])
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};

	return syscall(SYS_capset, &header, data) ? -errno : 0;
}

/* So that no program that were executed could have more; none is. */
static void drop_bounding(int keep)
{
	int cap;

	for (cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		if (cap != keep)
			prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
}

/* Those that are used are all in the first word. */
static int keep_one(int cap)
{
	struct __user_cap_data_struct data[2] = { 0 };
	unsigned int bit = cap < 0 ? 0 : 1U << cap;
	int ret = caps_read(data);

	if (ret)
		return ret;
	if (bit && !(data[0].permitted & bit))
		return -EPERM;
	/* A sandbox may have seen to it, and forbid to ask again. */
	if (data[0].permitted == bit && !data[1].permitted &&
	    data[0].effective == bit)
		return 0;
	memset(data, 0, sizeof(data));
	data[0].permitted = bit;
	data[0].effective = bit;
	return caps_write(data);
}

/* In a user namespace there may be no other user to become. */
static int become(const struct passwd *pw)
{
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0))
		return -errno;
	if (setgroups(0, NULL) || setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) ||
	    setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid))
		return -errno;
	return 0;
}

static int change_user(const char *user)
{
	const struct passwd *pw;
	int ret;

	if (geteuid())
		return 0;
	errno = 0;
	pw = getpwnam(user);
	if (!pw) {
		log_say(LOG_ERR, "there is no user \"%s\": name another with --user",
			user);
		return -EINVAL;
	}
	ret = become(pw);
	if (ret == -EINVAL || ret == -EPERM) {
		log_say(LOG_WARNING, "cannot become user \"%s\" here: %s; going on as uid %u",
			user, strerror(-ret), geteuid());
		return 0;
	}
	if (ret)
		log_say(LOG_ERR, "cannot become user \"%s\": %s", user,
			strerror(-ret));
	return ret;
}

/* Nobody else is to look into this process, alive or dead. */
static void close_up(void)
{
	const struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/**
 * priv_drop() - give up all capabilities but one
 * @user: to become, where this is root
 * @cap: CAP_NET_ADMIN or CAP_NET_BIND_SERVICE, which must be there; -1: none
 *
 * Return: 0 or -errno; complaints have been made.
 */
int priv_drop(const char *user, int cap)
{
	int ret;

	drop_bounding(cap);
	ret = change_user(user);
	if (!ret) {
		ret = keep_one(cap);
		if (ret)
			log_say(LOG_ERR, "%s is missing: run this as root, or with that capability",
				cap == CAP_NET_ADMIN ? "CAP_NET_ADMIN" :
				"CAP_NET_BIND_SERVICE");
	}
	close_up();
	return ret;
}
