// SPDX-License-Identifier: GPL-2.0
/*
 * zsockctl backend add, backend del: backends behind a pipe.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend.h"
#include "zsockctl.h"

enum { OPT_UNIX = 256, OPT_VSOCK, OPT_TCP, OPT_FD, OPT_TTY, OPT_PRIO,
       OPT_NETDEV, OPT_LABEL, OPT_RECONNECT, OPT_FORCE };

static const struct option add_options[] = {
	{ "unix", required_argument, NULL, OPT_UNIX },
	{ "vsock", required_argument, NULL, OPT_VSOCK },
	{ "tcp", required_argument, NULL, OPT_TCP },
	{ "fd", required_argument, NULL, OPT_FD },
	{ "tty", required_argument, NULL, OPT_TTY },
	{ "prio", required_argument, NULL, OPT_PRIO },
	{ "netdev", required_argument, NULL, OPT_NETDEV },
	{ "label", required_argument, NULL, OPT_LABEL },
	{ "reconnect", no_argument, NULL, OPT_RECONNECT },
	{ NULL },
};

static const struct option del_options[] = {
	{ "force", no_argument, NULL, OPT_FORCE },
	{ NULL },
};

static int wrong(const char *what, const char *word)
{
	fprintf(stderr, "zsockctl: backend: %s%s%s%s, try \"zsockctl backend help\"\n",
		what, word ? " \"" : "", word ? word : "", word ? "\"" : "");
	return EXIT_USAGE;
}

static int take_name(struct backend *b, const char *name)
{
	if (!*name || strlen(name) >= sizeof(b->name))
		return wrong("a backend's name has 1 to 15 characters, not", name);
	strcpy(b->name, name);
	return EXIT_OK;
}

static int take_priority(struct backend *b, const char *text)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(text, &end, 10);
	if (errno || !*text || *end || n < INT_MIN || n > INT_MAX)
		return wrong("no priority (a number, the lower is asked first) is", text);
	b->priority = n;
	b->has_priority = true;
	return EXIT_OK;
}

static int take_netdev(struct backend *b, const char *name)
{
	if (!*name || strlen(name) >= IFNAMSIZ)
		return wrong("a device's name has 1 to 15 characters, not", name);
	strcpy(b->netdev, name);
	return EXIT_OK;
}

static int take(struct backend *b, int option, const char **label)
{
	switch (option) {
	case OPT_UNIX:
		return pipe_parse(&b->pipe, PIPE_UNIX, optarg);
	case OPT_VSOCK:
		return pipe_parse(&b->pipe, PIPE_VSOCK, optarg);
	case OPT_TCP:
		return pipe_parse(&b->pipe, PIPE_TCP, optarg);
	case OPT_FD:
		return pipe_parse(&b->pipe, PIPE_FD, optarg);
	case OPT_TTY:
		return pipe_parse(&b->pipe, PIPE_TTY, optarg);
	case OPT_PRIO:
		return take_priority(b, optarg);
	case OPT_NETDEV:
		return take_netdev(b, optarg);
	case OPT_LABEL:
		*label = optarg;
		return EXIT_OK;
	default:
		b->reconnect = true;
		return EXIT_OK;
	}
}

/* The one word that is no option, and complaints about those that are none. */
static int only_word(int argc, char **argv, const char **word)
{
	if (optind == argc)
		return wrong("which backend?", NULL);
	if (optind + 1 < argc)
		return unwanted_argument("backend", argv[optind + 1]);
	*word = argv[optind];
	return EXIT_OK;
}

static int bad_option(int option, char **argv)
{
	return wrong(option == ':' ? "no value for" : "unknown option",
		     argv[optind - 1]);
}

static int parse_add(struct backend *b, int argc, char **argv)
{
	const char *label = NULL, *name;
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":", add_options, NULL)) >= 0) {
		if (option == '?' || option == ':')
			return bad_option(option, argv);
		if (take(b, option, &label))
			return EXIT_USAGE;
	}
	if (only_word(argc, argv, &name) || take_name(b, name))
		return EXIT_USAGE;
	if (!b->pipe.kind)
		return wrong("behind what? Give --unix, --vsock, --tcp, --fd or --tty", NULL);
	if (b->pipe.kind == PIPE_FD && b->reconnect)
		return wrong("a descriptor cannot be connected again: --fd without --reconnect", NULL);
	if (label && strlen(label) >= sizeof(b->pipe.label))
		return wrong("a label has 127 bytes at most, not as many as", label);
	if (label)
		strcpy(b->pipe.label, label);
	return EXIT_OK;
}

/* ---- asking the kernel ---- */

static const char *explain_add(int error)
{
	switch (error) {
	case EPERM:
		return "this needs CAP_NET_ADMIN in the network namespace";
	case EEXIST:
		return "a backend or a device of that name is there already: delete it, or choose another name";
	case EPROTO:
		return "the other side does not speak the offload protocol: is it zsock-offloadd, or the like?";
	case ETIMEDOUT:
		return "the other side said nothing for ten seconds: is it zsock-offloadd, or the like?";
	case ECONNRESET:
	case EPIPE:
		return "the other side closed the connection: its log may say why";
	case EINVAL:
		return "the name, the device's name or the kind of descriptor will not do (a stream socket is needed)";
	case ENOTSOCK:
	case ENOTCONN:
		return "the descriptor is no connected socket";
	case EDQUOT:
		return "one user has 64 backends at most, in all namespaces of his own: delete some";
	case EOPNOTSUPP:
		return "the module that is loaded is older than this program";
	default:
		return NULL;
	}
}

/**
 * backend_give() - give the kernel a pipe
 * @backend: whose
 * @again: it is there, and its pipe is down
 * @fd: the pipe, which is closed here
 *
 * Return: an exit status; complaints have been made, kernel_error says more.
 */
int backend_give(const struct backend *backend, bool again, int fd)
{
	const struct zsk_backend_new b = {
		.size = sizeof(b),
		.name = backend->name,
		.fd = fd,
		.label = backend->pipe.label,
		.netdev = backend->netdev[0] ? backend->netdev : NULL,
		.has_priority = backend->has_priority,
		.priority = backend->priority,
	};
	struct zsk *z;
	int ret = EXIT_KERNEL;

	kernel_explain = explain_add;
	z = kernel_open();
	if (z)
		ret = kernel_said(z, again ?
				  zsk_backend_pipe(z, b.name, fd, b.label) :
				  zsk_backend_add(z, &b));
	kernel_explain = NULL;
	close(fd);
	return ret;
}

static int connect_and_add(const struct backend *b)
{
	int fd = pipe_open(&b->pipe);

	if (fd < 0) {
		fprintf(stderr, "zsockctl: backend: cannot connect to %s: %s: %s\n",
			b->pipe.label, strerror(errno),
			pipe_advice(&b->pipe, errno));
		return EXIT_KERNEL;
	}
	return backend_give(b, false, fd);
}

int backend_add(int argc, char **argv)
{
	struct backend b = { .pipe.fd = -1 };
	int ret = parse_add(&b, argc, argv);

	if (ret == EXIT_OK)
		ret = connect_and_add(&b);
	if (ret == EXIT_OK && b.reconnect)
		ret = backend_keep(&b);
	return ret;
}

/* ---- del ---- */

static const char *explain_del(int error)
{
	switch (error) {
	case EPERM:
		return "only backends that were added here can be deleted, and it needs CAP_NET_ADMIN in the network namespace";
	case EBUSY:
		return "it has sockets (zsockctl ss -ap backend NAME lists them): close them, or reset them with --force";
	case ENOENT:
		return "there is no backend of that name";
	case EOPNOTSUPP:
		return "the module that is loaded is older than this program";
	default:
		return NULL;
	}
}

int backend_del(int argc, char **argv)
{
	bool force = false;
	const char *name;
	struct backend b;
	int option, ret;
	struct zsk *z;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":", del_options, NULL)) >= 0) {
		if (option != OPT_FORCE)
			return bad_option(option, argv);
		force = true;
	}
	if (only_word(argc, argv, &name) || take_name(&b, name))
		return EXIT_USAGE;
	kernel_explain = explain_del;
	z = kernel_open();
	ret = z ? kernel_said(z, zsk_backend_delete(z, name, force)) :
		  EXIT_KERNEL;
	kernel_explain = NULL;
	return ret;
}
