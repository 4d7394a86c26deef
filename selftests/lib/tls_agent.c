// SPDX-License-Identifier: GPL-2.0
/*
 * The surroundings of secure sockets: the agent, and credentials.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "genl.h"
#include "tls.h"

/* A file of this source tree, by where the running program is: selftests/bin. */
static const char *in_tree(const char *name)
{
	static char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	char *end;

	path[n > 0 ? n : 0] = '\0';
	end = strrchr(path, '/');
	if (!end)
		return name;
	snprintf(end, path + sizeof(path) - end, "/../../%s", name);
	return path;
}

/* ---- the agent ---- */

pid_t tls_agent;

/* sk Eth Pid Groups ...: generic netlink is 16, and nobody else here has groups. */
static bool listens(void)
{
	FILE *f = fopen("/proc/thread-self/net/netlink", "re");
	unsigned int proto, groups;
	char line[256];
	bool found = false;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%*s %u %*s %x", &proto, &groups) == 2 &&
		    proto == 16 && groups)
			found = true;
	if (f)
		fclose(f);
	return found;
}

bool tls_agent_there(int wait_ms)
{
	long long end = zs_now_ms() + wait_ms;

	while (!listens()) {
		if (zs_now_ms() >= end)
			return false;
		zs_sleep_ms(10);
	}
	return true;
}

static void become_agent(void)
{
	const char *log = getenv("ZSOCK_TLS_LOG");
	const char *path = in_tree("tools/bin/zsock-tlsd");
	int fd = open(log ? log : "/dev/null", O_WRONLY | O_CREAT | O_APPEND, 0644);

	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	/* Whoever started it may be killed by the harness. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	execl(path, "zsock-tlsd", "-f", NULL);
	_exit(127);
}

pid_t tls_agent_start(void)
{
	pid_t pid = fork();

	if (!pid)
		become_agent();
	if (pid > 0 && !tls_agent_there(30000)) {
		tls_agent_stop(pid, SIGKILL);
		errno = ESRCH;
		return -1;
	}
	return pid;
}

void tls_agent_stop(pid_t pid, int sig)
{
	kill(pid, sig);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* Each of its threads, which stop one after the other; it is no child of a test's. */
static bool all_stopped(void)
{
	char path[64];
	struct dirent *d;
	bool all = true;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", tls_agent);
	dir = opendir(path);
	while (dir && (d = readdir(dir))) {
		if (d->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/proc/%.20s/status", d->d_name);
		if (zs_file_has(path, "State: T (stopped)") < 0)
			all = false;
	}
	if (dir)
		closedir(dir);
	return all;
}

void tls_agent_pause(void)
{
	long long end = zs_now_ms() + 20000;

	if (!zs_is_zsock())
		return;
	kill(tls_agent, SIGSTOP);
	while (!all_stopped() && zs_now_ms() < end)
		zs_sleep_ms(2);
}

void tls_agent_resume(void)
{
	if (zs_is_zsock())
		kill(tls_agent, SIGCONT);
}

/* ---- credentials ---- */

static struct genl_req req;

int tls_cred_bytes(int tag, int type, const void *data, size_t len)
{
	genl_begin(&req, ZSOCK_CMD_CRED_ADD, 0);
	genl_put_u32(&req, ZSOCK_A_CRED_TAG, tag);
	genl_put_u32(&req, ZSOCK_A_CRED_TYPE, type);
	genl_put(&req, ZSOCK_A_CRED_DATA, data, len);
	return genl_talk(&req);
}

/* Where pki.sh has put everything. */
static const char *pki(void)
{
	static char dir[4096];
	FILE *f;

	if (dir[0])
		return dir;
	f = popen(in_tree("selftests/tls/pki.sh"), "re");
	if (!f || !fgets(dir, sizeof(dir), f))
		dir[0] = '\0';
	dir[strcspn(dir, "\n")] = '\0';
	if (f)
		pclose(f);
	return dir;
}

int tls_cred_file(int tag, int type, const char *file)
{
	char path[8192], data[16384];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", pki(), file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	n = read(fd, data, sizeof(data));
	close(fd);
	return n < 0 ? errno : tls_cred_bytes(tag, type, data, n);
}

int tls_cred_del(int tag)
{
	genl_begin(&req, ZSOCK_CMD_CRED_DEL, 0);
	genl_put_u32(&req, ZSOCK_A_CRED_TAG, tag);
	return genl_talk(&req);
}

int tls_cred_allow(int tag, unsigned int uid)
{
	genl_begin(&req, ZSOCK_CMD_CRED_ALLOW, 0);
	genl_put_u32(&req, ZSOCK_A_CRED_TAG, tag);
	genl_put_u32(&req, ZSOCK_A_CRED_UID, uid);
	return genl_talk(&req);
}

int tls_creds(void)
{
	static const struct {
		int tag, type;
		const char *file;
	} all[] = {
		{ TLS_TAG_SERVER, ZSOCK_CRED_CERT, "p256.crt" },
		{ TLS_TAG_SERVER, ZSOCK_CRED_KEY, "p256.key" },
		{ TLS_TAG_CA, ZSOCK_CRED_CA, "ca.crt" },
		{ TLS_TAG_CLIENT, ZSOCK_CRED_CERT, "client.crt" },
		{ TLS_TAG_CLIENT, ZSOCK_CRED_KEY, "client.key" },
		{ TLS_TAG_PSK, ZSOCK_CRED_PSK, "psk" },
		{ TLS_TAG_PSK, ZSOCK_CRED_PSK_ID, "pskid" },
		{ TLS_TAG_STRANGER, ZSOCK_CRED_CA, "otherca.crt" },
	};
	unsigned int i;
	int err = 0;

	for (i = 0; i < sizeof(all) / sizeof(all[0]) && !err; i++)
		err = tls_cred_file(all[i].tag, all[i].type, all[i].file);
	return err;
}

/* ---- a program's main() ---- */

static int bail_out(const char *why)
{
	printf("Bail out! %s: %s\n", why, strerror(errno));
	return 1;
}

int tls_main(int argc, char **argv, int (*run)(int argc, char **argv))
{
	pid_t pid;
	int ret;

	if (!zs_is_zsock())
		return run(argc, argv);
	if (zs_new_netns() || genl_open())
		return bail_out("a network namespace with netlink");
	errno = tls_creds();
	if (errno)
		return bail_out("credentials");
	tls_agent = tls_agent_start();
	if (tls_agent < 0)
		return bail_out("zsock-tlsd");
	fflush(stdout);
	/* The harness ends its process by itself. */
	pid = fork();
	if (!pid)
		exit(run(argc, argv));
	ret = zs_wait(pid);
	/* A test must not have taken it along. */
	if (waitpid(tls_agent, NULL, WNOHANG))
		ret = bail_out("zsock-tlsd has ended during the tests");
	else
		tls_agent_stop(tls_agent, SIGTERM);
	return ret;
}
