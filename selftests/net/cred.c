// SPDX-License-Identifier: GPL-2.0
/*
 * Credentials by netlink: every error, whose tags are whose, namespaces, quotas, messages that
 * make no sense, memory that runs out.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <linux/netlink.h>

#include "kselftest_harness.h"
#include "genl.h"
#include "zs.h"

#define CA	ZSOCK_CRED_CA
#define CERT	ZSOCK_CRED_CERT
#define KEY	ZSOCK_CRED_KEY
#define PSK	ZSOCK_CRED_PSK
#define ID	ZSOCK_CRED_PSK_ID

/* ---- requests: 0 or a positive errno ---- */

static struct genl_req req;

static int add_bytes(int tag, int type, const void *data, size_t len, bool replace)
{
	genl_begin(&req, ZSOCK_CMD_CRED_ADD, 0);
	genl_put_u32(&req, ZSOCK_A_CRED_TAG, tag);
	genl_put_u32(&req, ZSOCK_A_CRED_TYPE, type);
	genl_put(&req, ZSOCK_A_CRED_DATA, data, len);
	if (replace)
		genl_put(&req, ZSOCK_A_CRED_REPLACE, NULL, 0);
	return genl_talk(&req);
}

static int add(int tag, int type, const char *text)
{
	return add_bytes(tag, type, text, strlen(text), false);
}

static int replace(int tag, int type, const char *text)
{
	return add_bytes(tag, type, text, strlen(text), true);
}

static int del(int tag, int type)
{
	genl_begin(&req, ZSOCK_CMD_CRED_DEL, 0);
	genl_put_u32(&req, ZSOCK_A_CRED_TAG, tag);
	if (type)
		genl_put_u32(&req, ZSOCK_A_CRED_TYPE, type);
	return genl_talk(&req);
}

static int get(int tag, int type, int room)
{
	genl_begin(&req, ZSOCK_CMD_CRED_GET, 0);
	genl_put_u32(&req, ZSOCK_A_CRED_TAG, tag);
	genl_put_u32(&req, ZSOCK_A_CRED_TYPE, type);
	if (room >= 0)
		genl_put_u32(&req, ZSOCK_A_CRED_ROOM, room);
	return genl_talk(&req);
}

static int permit(int cmd, int tag, unsigned int uid)
{
	genl_begin(&req, cmd, 0);
	genl_put_u32(&req, ZSOCK_A_CRED_TAG, tag);
	genl_put_u32(&req, ZSOCK_A_CRED_UID, uid);
	return genl_talk(&req);
}

/* How many are listed, or -errno. */
static int list(void)
{
	int err;

	genl_begin(&req, ZSOCK_CMD_CRED_GET, NLM_F_DUMP);
	err = genl_talk(&req);
	return err ? -err : req.messages;
}

/* ---- in a namespace of one's own, which goes with the test ---- */

FIXTURE(cred) { int unused; };
FIXTURE_SETUP(cred)
{
	if (!zs_is_zsock())
		SKIP(return, "means nothing on AF_INET");
	if (geteuid())
		SKIP(return, "needs root");
	ASSERT_EQ(0, zs_new_netns());
	ASSERT_EQ(0, genl_open());
}

FIXTURE_TEARDOWN(cred) { }

TEST_F(cred, add_read_delete)
{
	EXPECT_EQ(0, list());
	EXPECT_EQ(ENOENT, get(7, ID, -1));
	EXPECT_EQ(ENOENT, del(7, 0));
	EXPECT_EQ(0, add(7, ID, "somebody"));
	EXPECT_EQ(EEXIST, add(7, ID, "another"));
	EXPECT_EQ(0, get(7, ID, -1));
	ASSERT_EQ(8, req.data_len);
	EXPECT_EQ(0, memcmp(req.data, "somebody", 8));
	EXPECT_EQ(0, replace(7, ID, "another"));
	EXPECT_EQ(0, get(7, ID, -1));
	EXPECT_EQ(7, req.data_len);
	EXPECT_EQ(ENOENT, get(7, CA, -1));
	EXPECT_EQ(ENOENT, del(7, PSK));
	EXPECT_EQ(0, add(7, PSK, "key"));
	EXPECT_EQ(2, list());
	EXPECT_EQ(0, del(7, ID));
	EXPECT_EQ(1, list());
	EXPECT_EQ(0, del(7, PSK));
	EXPECT_EQ(0, list());
	EXPECT_EQ(ENOENT, del(7, 0));
}

TEST_F(cred, secrets_stay)
{
	EXPECT_EQ(0, add(1, PSK, "key"));
	EXPECT_EQ(EACCES, get(1, PSK, -1));
	EXPECT_EQ(0, req.data_len);
	EXPECT_EQ(ENOENT, get(1, KEY, -1));
	/* Not by way of the list. */
	EXPECT_EQ(1, list());
	EXPECT_EQ(0, req.data_len);
}

/* An error hands the message back to who sent it: without what was secret in it. */
TEST_F(cred, secrets_are_wiped)
{
	static const char secret[] = "correct horse battery staple";

	ASSERT_EQ(0, add(1, PSK, "key"));
	ASSERT_EQ(0, genl_full_acks());
	EXPECT_EQ(EEXIST, add(1, PSK, secret));
	EXPECT_GT(genl_answer_len, sizeof(secret) + NLMSG_HDRLEN);
	EXPECT_EQ(NULL, memmem(genl_answer, genl_answer_len, secret, 7));
	EXPECT_EQ(NULL, memmem(genl_answer, genl_answer_len, "staple", 6));
}

TEST_F(cred, room)
{
	EXPECT_EQ(0, add(1, ID, "somebody"));
	EXPECT_EQ(EFBIG, get(1, ID, 0));
	EXPECT_EQ(EFBIG, get(1, ID, 7));
	EXPECT_EQ(0, get(1, ID, 8));
	EXPECT_EQ(0, get(1, ID, 100));
}

TEST_F(cred, types_and_sizes)
{
	static char large[ZSOCK_CRED_LEN_MAX + 1];

	memset(large, 'x', sizeof(large));
	EXPECT_EQ(EINVAL, add(1, ZSOCK_CRED_NONE, "x"));
	EXPECT_EQ(EINVAL, add(1, ZSOCK_CRED_TYPE_MAX + 1, "x"));
	EXPECT_EQ(EINVAL, add(1, -1, "x"));
	EXPECT_EQ(EINVAL, get(1, 0, -1));
	EXPECT_EQ(EINVAL, del(1, 6));
	EXPECT_EQ(EINVAL, add(1, PSK, ""));
	EXPECT_EQ(EINVAL, add(1, CA, "not a certificate"));
	EXPECT_EQ(EINVAL, add(1, KEY, "not a key"));
	EXPECT_EQ(EINVAL, add_bytes(1, ID, "a\0b", 3, false));
	EXPECT_EQ(EINVAL, add_bytes(1, CA, large, ZSOCK_CRED_LEN_MAX, false));
	EXPECT_EQ(EFBIG, add_bytes(1, CA, large, ZSOCK_CRED_LEN_MAX + 1, false));
	EXPECT_EQ(EFBIG, add_bytes(1, KEY, large, ZSOCK_CRED_LEN_MAX + 1, false));
	EXPECT_EQ(EFBIG, add_bytes(1, PSK, large, ZSOCK_CRED_PSK_MAX + 1, false));
	EXPECT_EQ(EFBIG, add_bytes(1, ID, large, ZSOCK_CRED_PSK_ID_MAX + 1, false));
	EXPECT_EQ(0, list());
	EXPECT_EQ(0, add_bytes(1, PSK, large, ZSOCK_CRED_PSK_MAX, false));
	EXPECT_EQ(0, add_bytes(1, ID, large, ZSOCK_CRED_PSK_ID_MAX, false));
	EXPECT_EQ(0, add(INT32_MAX, ID, "x"));
	EXPECT_EQ(0, add(INT32_MIN, ID, "x"));
	EXPECT_EQ(4, list());
}

/* A listing needs more than one message for this. */
TEST_F(cred, a_thousand_tags)
{
	int i;

	for (i = 0; i < 1000; i++)
		ASSERT_EQ(0, add(i * 7919, ID, "x"));
	EXPECT_EQ(1000, list());
	for (i = 0; i < 1000; i += 2)
		ASSERT_EQ(0, del(i * 7919, 0));
	EXPECT_EQ(500, list());
}

/* ---- others ---- */

/* Run by a child as another user, with a socket of its own. */
static int as(unsigned int uid, int (*what)(void))
{
	int pid = fork();

	if (pid)
		return zs_wait(pid);
	if (setresgid(uid, uid, uid) || setresuid(uid, uid, uid) || genl_open())
		_exit(254);
	_exit(what());
}

static int get_id(void)
{
	return get(1, ID, -1);
}

static int add_far(void)
{
	return add(99999, PSK, "x");
}

/* What users may fill; an administrator still finds room. */
TEST_F(cred, too_many_tags)
{
	int i;

	for (i = 0; i < ZSOCK_CRED_TAGS_MAX; i++)
		ASSERT_EQ(0, add(i, ID, "x"));
	EXPECT_EQ(ENOSPC, as(1000, add_far));
	EXPECT_EQ(0, add(1, PSK, "x"));
	EXPECT_EQ(0, add(99998, PSK, "x"));
	/* And a user, after two went. */
	EXPECT_EQ(0, del(2, 0));
	EXPECT_EQ(0, del(3, 0));
	EXPECT_EQ(0, as(1000, add_far));
}

static int add_psk(void)
{
	return add(1, PSK, "x");
}

static int replace_id(void)
{
	return replace(1, ID, "x");
}

static int del_id(void)
{
	return del(1, ID);
}

static int del_all(void)
{
	return del(1, 0);
}

static int allow_me(void)
{
	return permit(ZSOCK_CMD_CRED_ALLOW, 1, getuid());
}

static int deny_me(void)
{
	return permit(ZSOCK_CMD_CRED_DENY, 1, getuid());
}

static int listed(void)
{
	return list();
}

static int add_id(void)
{
	return add(1, ID, "mine");
}

TEST_F(cred, of_another)
{
	int (*refused[])(void) = {
		get_id, add_psk, replace_id, del_id, del_all, allow_me, deny_me, add_id,
	};
	unsigned int i;

	ASSERT_EQ(0, as(1001, add_id));
	for (i = 0; i < ARRAY_SIZE(refused); i++)
		EXPECT_EQ(EACCES, as(1002, refused[i])) {
			TH_LOG("case %u", i);
		}
	EXPECT_EQ(0, as(1002, listed));
	EXPECT_EQ(1, as(1001, listed));
	EXPECT_EQ(0, as(1001, get_id));
	/* Who may use a tag sees that it is there, and no more. */
	EXPECT_EQ(0, permit(ZSOCK_CMD_CRED_ALLOW, 1, 1002));
	EXPECT_EQ(1, as(1002, listed));
	for (i = 0; i < ARRAY_SIZE(refused); i++)
		EXPECT_EQ(EACCES, as(1002, refused[i])) {
			TH_LOG("allowed, case %u", i);
		}
	EXPECT_EQ(1, list());
	EXPECT_EQ(1001, req.owner);
	EXPECT_EQ(1, req.uids);
	EXPECT_EQ(0, permit(ZSOCK_CMD_CRED_DENY, 1, 1002));
	EXPECT_EQ(ENOENT, permit(ZSOCK_CMD_CRED_DENY, 1, 1002));
	EXPECT_EQ(0, as(1002, listed));
	/* An administrator may all of it. */
	EXPECT_EQ(0, get_id());
	EXPECT_EQ(0, add_psk());
	EXPECT_EQ(0, replace_id());
	EXPECT_EQ(0, del_all());
	EXPECT_EQ(0, as(1002, add_id));
	EXPECT_EQ(EACCES, as(1001, get_id));
	EXPECT_EQ(EINVAL, permit(ZSOCK_CMD_CRED_ALLOW, 1, -1));
	EXPECT_EQ(ENOENT, permit(ZSOCK_CMD_CRED_ALLOW, 2, 1001));
}

/* A socket that a privileged program opened is not its rights. */
TEST_F(cred, passed_socket)
{
	int pid;

	ASSERT_EQ(0, add(1, ID, "x"));
	pid = fork();
	if (!pid) {
		if (setresuid(1001, 1001, 1001))
			_exit(254);
		_exit(get_id() == EACCES && del_all() == EACCES && add(2, ID, "x") == EACCES &&
		      listed() == -EACCES ? 0 : 1);
	}
	EXPECT_EQ(0, zs_wait(pid));
	EXPECT_EQ(1, list());
}

/* And the other way round: whoever writes for somebody else. */
TEST_F(cred, borrowed_writer)
{
	ASSERT_EQ(0, add(1, ID, "x"));
	ASSERT_EQ(0, seteuid(1001));
	ASSERT_EQ(0, genl_open());
	ASSERT_EQ(0, seteuid(0));
	EXPECT_EQ(EACCES, get_id());
	EXPECT_EQ(EACCES, del_all());
	EXPECT_EQ(-EACCES, list());
}

static int many(void)
{
	int i, err = 0;

	for (i = 0; i < 3000 && !err; i++)
		err = add(i + 10, ID, "x");
	/* Deleting makes room at once. */
	if (err == EDQUOT && (del(10, 0) || add(9, ID, "x")))
		return 253;
	return err;
}

static int large_ones(void)
{
	static char bytes[ZSOCK_CRED_PSK_MAX];
	int i, err = 0;

	for (i = 0; i < 3000 && !err; i++)
		err = add_bytes(5000 + i, PSK, bytes, sizeof(bytes), false);
	return err == EDQUOT && i < 100 ? EDQUOT : 253;
}

TEST_F(cred, quota)
{
	EXPECT_EQ(EDQUOT, as(1003, many));
	EXPECT_EQ(EDQUOT, as(1004, large_ones));
	/* Others are not hurt. */
	EXPECT_EQ(0, as(1005, add_id));
}

TEST_F(cred, gate)
{
	ASSERT_EQ(0, add(1, ID, "x"));
	ASSERT_EQ(0, zs_write_file("/proc/sys/net/zsock/access", "1"));
	EXPECT_EQ(0, get_id());
	EXPECT_EQ(EPERM, as(1001, get_id));
	EXPECT_EQ(EPERM, as(1001, add_psk));
	ASSERT_EQ(0, zs_write_file("/proc/sys/net/zsock/access", "0"));
	EXPECT_EQ(EACCES, get_id());
	EXPECT_EQ(EACCES, del_all());
	EXPECT_EQ(-EACCES, list());
	ASSERT_EQ(0, zs_write_file("/proc/sys/net/zsock/access", "2"));
	EXPECT_EQ(0, get_id());
}

TEST_F(cred, namespaces_are_apart)
{
	int i, pid;

	ASSERT_EQ(0, add(1, ID, "x"));
	pid = fork();
	if (!pid) {
		if (zs_new_netns() || genl_open() || list() || get_id() != ENOENT ||
		    add(1, ID, "theirs"))
			_exit(1);
		/* Left behind: the namespace takes them with it. */
		for (i = 2; i < 100; i++)
			if (add(i, PSK, "x"))
				_exit(2);
		_exit(0);
	}
	EXPECT_EQ(0, zs_wait(pid));
	EXPECT_EQ(1, list());
	EXPECT_EQ(0, get_id());
	EXPECT_EQ(1, req.data_len);
}

/* Root of a user namespace is an administrator of its own network namespaces alone. */
TEST_F(cred, user_namespace)
{
	int pid, ret;

	ASSERT_EQ(0, add(1, ID, "x"));
	pid = fork();
	if (!pid) {
		if (setresuid(1001, 1001, 1001) || unshare(CLONE_NEWUSER))
			_exit(253);
		if (genl_open() || get_id() != EACCES || list())
			_exit(1);
		if (unshare(CLONE_NEWNET) || genl_open() || add(1, ID, "y"))
			_exit(2);
		/* Nobody is mapped but oneself, and that as nobody. */
		_exit(permit(ZSOCK_CMD_CRED_ALLOW, 1, 0) == EINVAL ? 0 : 3);
	}
	ret = zs_wait(pid);
	if (ret == 253)
		SKIP(return, "no user namespaces for the unprivileged here");
	EXPECT_EQ(0, ret);
}

/* ---- keys of that type are the module's alone ---- */

TEST_F(cred, key_service)
{
	long ret = syscall(SYS_add_key, ".zsock_cred", "1:5", "x", 1, -3);

	EXPECT_EQ(-1, ret);
	EXPECT_EQ(EPERM, errno);
	ret = syscall(SYS_request_key, ".zsock_cred", "1:5", NULL, 0);
	EXPECT_EQ(-1, ret);
	EXPECT_EQ(EPERM, errno);
}

/* Its owner sees it and has no way to it. */
static int touch_key(void)
{
	char line[256], *end;
	FILE *f;
	long id = 0;

	if (add(1, PSK, "x"))
		return 1;
	f = fopen("/proc/keys", "re");
	while (f && fgets(line, sizeof(line), f))
		if (strstr(line, ".zsock_cr") && strstr(line, " 1:4: 1"))
			id = strtol(line, &end, 16);
	if (f)
		fclose(f);
	if (!f)
		return 200;
	if (!id)
		return 2;
	if (syscall(SYS_keyctl, 11, id, line, sizeof(line)) != -1)	/* read */
		return 3;
	if (syscall(SYS_keyctl, 3, id) != -1)				/* revoke */
		return 4;
	if (syscall(SYS_keyctl, 5, id, 0x3f3f3f3f) != -1)		/* setperm */
		return 5;
	if (syscall(SYS_keyctl, 21, id) != -1)				/* invalidate */
		return 6;
	if (syscall(SYS_keyctl, 8, id, -3) != -1)			/* link */
		return 7;
	if (syscall(SYS_keyctl, 2, id, "y", 1) != -1)			/* update */
		return 8;
	return 0;
}

TEST_F(cred, key_is_out_of_reach)
{
	int ret = as(1006, touch_key);

	if (ret == 200)
		SKIP(return, "the kernel has no /proc/keys");
	EXPECT_EQ(0, ret);
	ASSERT_EQ(0, del_all());
	EXPECT_EQ(0, touch_key());
}

/* ---- messages that make no sense ---- */

TEST_F(cred, missing_attributes)
{
	static const int cmds[] = {
		ZSOCK_CMD_CRED_ADD, ZSOCK_CMD_CRED_DEL, ZSOCK_CMD_CRED_GET,
		ZSOCK_CMD_CRED_ALLOW, ZSOCK_CMD_CRED_DENY,
	};
	unsigned int i;

	ASSERT_EQ(0, add(1, ID, "x"));
	for (i = 0; i < ARRAY_SIZE(cmds); i++) {
		genl_begin(&req, cmds[i], 0);
		EXPECT_EQ(EINVAL, genl_talk(&req));
		genl_begin(&req, cmds[i], 0);
		genl_put_u32(&req, ZSOCK_A_CRED_TYPE, ID);
		EXPECT_EQ(EINVAL, genl_talk(&req));
		if (cmds[i] == ZSOCK_CMD_CRED_DEL)
			continue;
		genl_begin(&req, cmds[i], 0);
		genl_put_u32(&req, ZSOCK_A_CRED_TAG, 1);
		EXPECT_EQ(EINVAL, genl_talk(&req));
	}
	genl_begin(&req, ZSOCK_CMD_CRED_ADD, 0);
	genl_put_u32(&req, ZSOCK_A_CRED_TAG, 2);
	genl_put_u32(&req, ZSOCK_A_CRED_TYPE, ID);
	EXPECT_EQ(EINVAL, genl_talk(&req));
	EXPECT_EQ(1, list());
}

/* Attributes of each length, of each number: an error, or nothing that was not there. */
TEST_F(cred, odd_attributes)
{
	static const char bytes[300];
	int attr, len, err;

	for (attr = 0; attr <= ZSOCK_A_CRED_MAX + 2; attr++)
		for (len = 0; len < 12; len++) {
			genl_begin(&req, ZSOCK_CMD_CRED_ADD, 0);
			genl_put(&req, attr, bytes, len);
			EXPECT_NE(0, genl_talk(&req));
			genl_begin(&req, ZSOCK_CMD_CRED_DEL, 0);
			genl_put(&req, attr, bytes, len);
			err = genl_talk(&req);
			EXPECT_NE(0, err);
		}
	EXPECT_EQ(0, list());
}

TEST_F(cred, wrong_header)
{
	ASSERT_EQ(0, add(1, ID, "x"));
	/* An attribute that says that it is longer than the message. */
	genl_begin(&req, ZSOCK_CMD_CRED_DEL, 0);
	genl_put_u32(&req, ZSOCK_A_CRED_TAG, 1);
	genl_last(&req)->nla_len = 60000;
	EXPECT_EQ(EINVAL, genl_talk(&req));
	genl_begin(&req, ZSOCK_CMD_CRED_DEL, 0);
	genl_put_u32(&req, ZSOCK_A_CRED_TAG, 1);
	genl_last(&req)->nla_len = 3;
	EXPECT_EQ(EINVAL, genl_talk(&req));
	/* Commands that cannot be listed, and one that is not there. */
	genl_begin(&req, ZSOCK_CMD_CRED_DEL, NLM_F_DUMP);
	EXPECT_EQ(EOPNOTSUPP, genl_talk(&req));
	genl_begin(&req, ZSOCK_CMD_MAX + 1, 0);
	EXPECT_EQ(EOPNOTSUPP, genl_talk(&req));
	EXPECT_EQ(1, list());
}

/* ---- certificates and keys, made by openssl ---- */

static unsigned char file[ZSOCK_CRED_LEN_MAX];

static ssize_t load(const char *name)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, file, sizeof(file));

	close(fd);
	return n;
}

static int add_file(int tag, int type, const char *name)
{
	ssize_t n = load(name);

	return n < 0 ? errno : add_bytes(tag, type, file, n, false);
}

#define MAKE								\
	"d=$(mktemp -d) && cd $d && exec 2>/dev/null && "		\
	"for n in a b; do openssl genpkey -algorithm EC "		\
	"-pkeyopt ec_paramgen_curve:P-256 -outform DER -out $n.key && "	\
	"openssl req -x509 -new -key $n.key -keyform DER -subj /CN=$n "	\
	"-outform DER -out $n.crt || exit; done; echo $d"

static int make_files(void)
{
	FILE *f = popen(MAKE, "r");
	char dir[64] = "";
	int ok;

	if (!f)
		return -1;
	ok = fscanf(f, "%63s", dir) == 1;
	pclose(f);
	return ok ? chdir(dir) : -1;
}

TEST_F(cred, pairs)
{
	if (make_files())
		SKIP(return, "no openssl");
	EXPECT_EQ(EINVAL, add_file(1, CERT, "a.key"));
	EXPECT_EQ(EINVAL, add_file(1, KEY, "a.crt"));
	EXPECT_EQ(0, add_file(1, CERT, "a.crt"));
	EXPECT_EQ(EINVAL, add_file(1, KEY, "b.key"));
	EXPECT_EQ(0, add_file(1, KEY, "a.key"));
	EXPECT_EQ(EACCES, get(1, KEY, -1));
	EXPECT_EQ(0, get(1, CERT, -1));
	EXPECT_EQ(load("a.crt"), req.data_len);
	EXPECT_EQ(0, memcmp(file, req.data, req.data_len));
	EXPECT_EQ(0, del(1, CERT));
	EXPECT_EQ(EINVAL, add_file(1, CERT, "b.crt"));
	EXPECT_EQ(0, add_file(1, CA, "b.crt"));
}

TEST_F(cred, truncated)
{
	ssize_t i, n;

	if (make_files())
		SKIP(return, "no openssl");
	n = load("a.crt");
	for (i = 0; i < n; i++)
		EXPECT_EQ(EINVAL, add_bytes(1, CERT, file, i, false));
	n = load("a.key");
	for (i = 0; i < n; i++)
		EXPECT_EQ(EINVAL, add_bytes(1, KEY, file, i, false));
	EXPECT_EQ(0, list());
}

/* ---- memory that runs out ---- */

static void sequence(void)
{
	add(1, ID, "somebody");
	add(1, PSK, "key");
	add_file(2, CERT, "a.crt");
	add_file(2, KEY, "a.key");
	permit(ZSOCK_CMD_CRED_ALLOW, 1, 1001);
	permit(ZSOCK_CMD_CRED_ALLOW, 1, 1002);
	replace(1, ID, "other");
	get(1, ID, -1);
	list();
	permit(ZSOCK_CMD_CRED_DENY, 1, 1001);
	del(1, 0);
	del(2, 0);
}

/* What a sequence left because deleting it failed. */
static void clean_up(void)
{
	del(1, 0);
	del(2, 0);
}

TEST_F(cred, failslab)
{
	char left[16] = "";
	int fd, nth, done = 0;

	if (access("/proc/thread-self/fail-nth", F_OK) ||
	    zs_write_file("/sys/kernel/debug/failslab/ignore-gfp-wait", "N"))
		SKIP(return, "the kernel injects no faults");
	zs_write_file("/sys/kernel/debug/failslab/verbose", "0");
	zs_write_file("/sys/kernel/debug/fail_page_alloc/verbose", "0");
	zs_write_file("/sys/kernel/debug/fail_page_alloc/ignore-gfp-wait", "N");
	zs_write_file("/sys/kernel/debug/fail_usercopy/verbose", "0");
	if (make_files())
		SKIP(return, "no openssl");
	fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	ASSERT_GE(fd, 0);
	genl_no_wait();
	sequence();
	for (nth = 1; nth < 2000 && !done; nth++) {
		dprintf(fd, "%d", nth);
		sequence();
		if (pread(fd, left, sizeof(left) - 1, 0) > 0)
			done = atoi(left) > 0;
		pwrite(fd, "0", 1, 0);
		genl_drain();
		clean_up();
		EXPECT_EQ(0, list()) {
			TH_LOG("failure %d", nth);
		}
	}
	EXPECT_TRUE(done);
	EXPECT_GT(nth, 50);
}

TEST_HARNESS_MAIN
