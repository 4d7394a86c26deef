// SPDX-License-Identifier: GPL-2.0
/*
 * Credentials for the run: the helper looks for those that are to be there, and
 * loads the others, to delete them when this process, which is going to be the
 * program, ends.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tls_settings.h"
#include "zsock-run.h"

#define TAGS_TEXT	(12 * ZSOCK_TLS_TAGS_MAX)

__attribute__((noreturn))
static void become_helper(const struct run_options *opt, const char *helper,
			  pid_t parent, int out)
{
	char us[16];
	const char *args[] = {
		HELPER_NAME,
		us,
		opt->tls_server ? "server" : "client",
		opt->tags ? opt->tags : "",
		opt->ca ? opt->ca : "",
		opt->cert ? opt->cert : "",
		opt->key ? opt->key : "",
		NULL,
	};

	snprintf(us, sizeof(us), "%d", parent);
	if (dup2(out, STDOUT_FILENO) >= 0)
		execv(helper, (char **)args);
	complain(helper, strerror(errno));
	_exit(EXIT_OWN_FAILURE);
}

/* All that comes, until the helper has let go of the pipe. */
static int read_tags(int fd, char *text, size_t size)
{
	size_t len = 0;
	ssize_t n;

	while ((n = read(fd, text + len, size - 1 - len)) > 0)
		len += n;
	text[len] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return n ? -1 : 0;
}

static int run_helper(const struct run_options *opt, const char *helper,
		      char *text, size_t size)
{
	pid_t us = getpid(), pid = -1;
	int ends[2], status, bad;

	if (!pipe2(ends, O_CLOEXEC))
		pid = fork();
	if (pid < 0) {
		complain("cannot start " HELPER_NAME ":", strerror(errno));
		return -1;
	}
	if (!pid)
		become_helper(opt, helper, us, ends[1]);
	close(ends[1]);
	bad = read_tags(ends[0], text, size);
	close(ends[0]);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return bad || status ? -1 : 0;
}

/**
 * load_credentials() - load --ca, --cert and --key, and look for --tag
 * @opt: its tags get the new ones added
 *
 * Return: 0, or -1; complaints have been made.
 */
int load_credentials(struct run_options *opt)
{
	static char tags[2 * TAGS_TEXT];
	char helper[PATH_MAX], text[TAGS_TEXT];
	void (*was)(int);
	int ret;

	if (!opt->ca && !opt->cert && !opt->tags)
		return 0;
	if (find_beside(HELPER_NAME, helper, sizeof(helper))) {
		complain(HELPER_NAME, "is not beside zsock-run and not in " LIBDIR ": run 'make' or 'make install'");
		return -1;
	}
	/* Were it ignored, there would be no status to wait for. */
	was = signal(SIGCHLD, SIG_DFL);
	ret = run_helper(opt, helper, text, sizeof(text));
	signal(SIGCHLD, was);
	if (ret || !*text)
		return ret;
	snprintf(tags, sizeof(tags), "%s%s%s", opt->tags ? opt->tags : "",
		 opt->tags ? "," : "", text);
	opt->tags = tags;
	return 0;
}
