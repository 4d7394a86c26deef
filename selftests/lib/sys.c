// SPDX-License-Identifier: GPL-2.0
/*
 * Helpers of the behaviour tests: processes, namespaces, files, passed descriptors.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bring.h"
#include "zs.h"

int zs_drop_root(void)
{
	if (setgroups(0, NULL) || setresgid(65534, 65534, 65534) ||
	    setresuid(65534, 65534, 65534))
		return -1;
	return 0;
}

int zs_new_netns(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd, ret;

	if (unshare(CLONE_NEWNET))
		return -1;
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	ret = ioctl(fd, SIOCSIFFLAGS, &ifr);
	close(fd);
	return ret ? ret : zs_bring_backend();
}

int zs_write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;
	int err;

	if (fd < 0)
		return -1;
	n = write(fd, text, strlen(text));
	err = errno;
	close(fd);
	errno = err;
	return n == (ssize_t)strlen(text) ? 0 : -1;
}

#define MODPROBE "/proc/sys/kernel/modprobe"

static char modprobe[256];

int zs_no_modprobe(void)
{
	int fd = open(MODPROBE, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, modprobe, sizeof(modprobe) - 1);

	close(fd);
	if (n <= 0)
		return -1;
	modprobe[n] = '\0';
	return zs_write_file(MODPROBE, "\n");
}

int zs_modprobe_again(void)
{
	return zs_write_file(MODPROBE, modprobe);
}

static bool has_word(const char *line, const char *word, size_t len)
{
	const char *p = line;

	while ((p = strstr(p, word)) && len) {
		bool starts = p == line || strchr(" \t", p[-1]);

		if (starts && strchr(" \t\n", p[len]))
			return true;
		p++;
	}
	return false;
}

static bool has_words(const char *line, const char *want)
{
	while (*want) {
		char word[128];
		size_t len = strcspn(want, " ");

		if (len >= sizeof(word))
			return false;
		memcpy(word, want, len);
		word[len] = '\0';
		if (len && !has_word(line, word, len))
			return false;
		want += len + (want[len] == ' ');
	}
	return true;
}

int zs_file_has(const char *path, const char *want)
{
	FILE *f = fopen(path, "re");
	char line[1024];
	int nr = 0;

	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f)) {
		if (has_words(line, want)) {
			fclose(f);
			return nr;
		}
		nr++;
	}
	fclose(f);
	return -1;
}

int zs_count_lines(const char *path)
{
	FILE *f = fopen(path, "re");
	int c, n = 0;

	if (!f)
		return -1;
	while ((c = getc(f)) != EOF)
		n += c == '\n';
	fclose(f);
	return n;
}

int zs_wait(int pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Behind its name, which may have anything in it. */
static char state_of(int pid)
{
	char path[32], line[512];
	const char *end = NULL;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "re");
	if (f && fgets(line, sizeof(line), f))
		end = strrchr(line, ')');
	if (f)
		fclose(f);
	return end && end[1] ? end[2] : '?';
}

bool zs_asleep(int pid)
{
	long long end = zs_now_ms() + 20000;
	int seen = 0;

	/* For a while: a lock on its way is no call that waits. */
	while (seen < 5 && zs_now_ms() < end) {
		/* 'D' are calls, too, that only a deadly signal ends. */
		seen = strchr("SD", state_of(pid)) ? seen + 1 : 0;
		zs_sleep_ms(5);
	}
	return seen == 5;
}

union fd_msg {
	struct cmsghdr align;
	char buf[CMSG_SPACE(sizeof(int))];
};

int zs_send_fd(int sock, int fd)
{
	char byte = 'f';
	struct iovec iov = { &byte, 1 };
	union fd_msg u;
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = u.buf, .msg_controllen = sizeof(u.buf),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	memset(&u, 0, sizeof(u));
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(int));
	return sendmsg(sock, &msg, 0) == 1 ? 0 : -1;
}

int zs_recv_fd(int sock)
{
	char byte;
	struct iovec iov = { &byte, 1 };
	union fd_msg u;
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = u.buf, .msg_controllen = sizeof(u.buf),
	};
	struct cmsghdr *cmsg;
	int fd;

	if (recvmsg(sock, &msg, 0) != 1)
		return -1;
	cmsg = CMSG_FIRSTHDR(&msg);
	if (!cmsg || cmsg->cmsg_type != SCM_RIGHTS)
		return -1;
	memcpy(&fd, CMSG_DATA(cmsg), sizeof(int));
	return fd;
}
