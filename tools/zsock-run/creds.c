// SPDX-License-Identifier: GPL-2.0
/*
 * zsock-run-creds: credentials for one run of zsock-run, which starts it:
 *
 *	zsock-run-creds PID client|server TAGS CA CERT KEY
 *
 * The last four may be empty. TAGS are to be there. The files get tags that
 * nobody has, which are written to standard output. A process stays behind that
 * deletes those when PID ends, which is zsock-run, or what it has become by then.
 * It is not a child of that, which did not ask for one.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "creds.h"

/* It is zsock-run that people have called. */
const char tool_name[] = "zsock-run";

static int add_file(const struct run_tags *tags, uint32_t type,
		    const char *path)
{
	struct cred c = { .tag = tags->first, .type = type };
	int ret;

	ret = cred_read(path, ZSOCK_CRED_LEN_MAX, &c);
	if (ret == EXIT_OK)
		ret = cred_check(&c);
	if (ret == EXIT_OK)
		ret = cred_add(&c);
	cred_wipe(&c);
	return ret;
}

/* The certificate first: the key is compared with it. */
static int add_pair(struct run_tags *tags, const char *cert, const char *key)
{
	int ret = add_file(tags, ZSOCK_CRED_CERT, cert);

	if (ret != EXIT_OK)
		return ret;
	if (!tags->used)
		tags->used = 1;
	return add_file(tags, ZSOCK_CRED_KEY, key);
}

static int add_all(struct run_tags *tags, const char *ca, const char *cert,
		   const char *key)
{
	int ret = EXIT_OK;

	if (*ca || *cert)
		ret = run_tags_choose(tags);
	if (ret == EXIT_OK && *ca)
		ret = bundle_add(tags, ca);
	if (ret == EXIT_OK && *cert)
		ret = add_pair(tags, cert, key);
	return ret;
}

static int tell(const struct run_tags *tags)
{
	int i;

	for (i = 0; i < tags->used; i++)
		printf("%s%d", i ? "," : "", tags->first - i);
	puts("");
	return fflush(stdout);
}

static int load(struct run_tags *tags, char **args, int pidfd)
{
	bool server = !strcmp(args[0], "server");
	int ret;

	ret = given_check(args[1], server && !*args[3], tags);
	if (ret == EXIT_OK)
		ret = add_all(tags, args[2], args[3], args[4]);
	if (ret == EXIT_OK && tags->used &&
	    (tell(tags) || reaper_start(pidfd, tags)))
		ret = EXIT_KERNEL;
	if (ret != EXIT_OK)
		run_tags_delete(tags);
	return ret;
}

/* It may have ended already, and its number be another's. */
static int watch_parent(const char *pid)
{
	int pidfd = syscall(SYS_pidfd_open, atoi(pid), 0);

	if (pidfd >= 0 && getppid() == atoi(pid))
		return pidfd;
	fprintf(stderr, "%s: cannot watch the program: %s\n", tool_name,
		pidfd < 0 ? strerror(errno) : "it is gone");
	return -1;
}

int main(int argc, char **argv)
{
	struct run_tags tags = { 0 };
	sigset_t all;
	int pidfd;

	/* Nothing is to be left behind: whoever is in a hurry ends the parent. */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	if (argc != 7) {
		fputs("zsock-run-creds is started by zsock-run\n", stderr);
		return EXIT_USAGE;
	}
	pidfd = watch_parent(argv[1]);
	return pidfd < 0 ? EXIT_KERNEL : load(&tags, argv + 2, pidfd);
}
