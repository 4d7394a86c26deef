// SPDX-License-Identifier: GPL-2.0
/*
 * The filter that has the kernel ask the supervisor about socket(), and about
 * nothing else: families and types that are left alone never leave the kernel.
 */
#include <endian.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/net.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "seccomp.h"
#include "settings.h"

#define PROGRAM_MAX	64

/* An int is the low half of its argument. */
#define ARG(n)		(offsetof(struct seccomp_data, args[n]) + \
			 (__BYTE_ORDER == __BIG_ENDIAN ? 4 : 0))

#define LOAD(offset)	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset)
#define AND(value)	BPF_STMT(BPF_ALU | BPF_AND | BPF_K, value)
#define IS(value, yes, no) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, yes, no)
#define ABOVE(value, yes, no) \
	BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, value, yes, no)
#define PASS		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define ASK		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF)

#define LENGTH(array)	(sizeof(array) / sizeof((array)[0]))

/* wanted(), once more; with --raw a little more, which is asked there. */
static size_t add_abi(struct sock_filter *to, const struct abi *abi)
{
	unsigned int domain = settings.only_domain;
	unsigned int type = settings.raw ? 0 : settings.only_type;
	unsigned int last_domain = domain ? domain : AF_INET6;
	unsigned int last_type = type ? type : SOCK_DGRAM;
	const struct sock_filter part[] = {
		LOAD(offsetof(struct seccomp_data, arch)),
		IS(abi->arch, 0, 24),
		LOAD(offsetof(struct seccomp_data, nr)),
		AND(abi->mask),
		IS(abi->socket, 0, 15),
		/* socket() */
		LOAD(ARG(0)),
		IS(domain ? domain : AF_INET, 3, 0),
		IS(last_domain, 2, 0),
		IS(settings.raw ? AF_PACKET : last_domain, 1, 0),
		PASS,
		LOAD(ARG(1)),
		AND(SOCKET_TYPE_MASK),
		IS(type ? type : SOCK_STREAM, 3, 0),
		IS(last_type, 2, 0),
		IS(settings.raw ? SOCK_RAW : last_type, 1, 0),
		PASS,
		LOAD(ARG(2)),
		ABOVE(ZSOCK_PROTO_MASK, 0, 1),
		PASS,
		ASK,
		/* socketcall(): the rest is in the program's memory */
		IS(abi->socketcall, 1, 0),
		PASS,
		LOAD(ARG(0)),
		IS(SYS_SOCKET, 1, 0),
		PASS,
		ASK,
	};
	size_t i;

	for (i = 0; i < LENGTH(part); i++)
		to[i] = part[i];
	return LENGTH(part);
}

static size_t write_filter(struct sock_filter *to)
{
	const struct sock_filter end = PASS;
	size_t len = 0, i;

	for (i = 0; i < nabis; i++)
		len += add_abi(to + len, &abis[i]);
	to[len++] = end;
	return len;
}

/**
 * filter_install() - put the filter on this process, for ever
 *
 * Nothing here keeps anybody from anything, so what seccomp does against
 * speculative execution in its other users is not wanted.
 *
 * Return: the listener, or -1 and errno.
 */
int filter_install(void)
{
	struct sock_filter filter[PROGRAM_MAX];
	struct sock_fprog program = { write_filter(filter), filter };
	unsigned long flags = SECCOMP_FILTER_FLAG_NEW_LISTENER |
			      SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	int listener;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -1;
	listener = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			   flags | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
			   &program);
	if (listener < 0 && errno == EINVAL)	/* before Linux 5.19 */
		listener = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags,
				   &program);
	return listener;
}
