// SPDX-License-Identifier: GPL-2.0
/*
 * The table of names of zsock-run's library: what it forgets, and threads.
 * Compiled together with tools/zsock-run/names.c.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "preload.h"

#define THREADS		4
#define ADDRESSES	64
#define ROUNDS		20000

static int failed;
static atomic_int wrong, found;

static void expect(const char *what, bool ok)
{
	if (!ok)
		printf("wrong: %s\n", what);
	failed |= !ok;
}

static struct sockaddr_in v4(unsigned int host)
{
	return (struct sockaddr_in) {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(0x0a000000 + host),
	};
}

static bool is(const void *addr, const char *want)
{
	char name[256] = "";

	return names_find(addr, name, sizeof(name)) == !!*want &&
	       !strcmp(name, want);
}

static void one_address(void)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6 };
	struct sockaddr un = { .sa_family = AF_UNIX };
	struct sockaddr_in a = v4(1), b = v4(2);
	char name[300], longest[300];

	expect("empty at first", is(&a, ""));
	names_add((void *)&a, "one.test");
	expect("found", is(&a, "one.test"));
	expect("not for another", is(&b, ""));
	a.sin_port = htons(80);
	expect("for each port", is(&a, "one.test"));
	inet_pton(AF_INET6, "::ffff:10.0.0.1", &six.sin6_addr);
	expect("IPv4 mapped", is(&six, "one.test"));
	names_add((void *)&a, "uno.test");
	expect("the last one", is(&a, "uno.test"));
	names_add((void *)&a, "");
	expect("by number", is(&a, ""));
	memset(longest, 'x', sizeof(longest));
	longest[255] = '\0';
	names_add((void *)&a, longest);
	expect("the longest", is(&a, longest));
	longest[255] = 'x';
	longest[256] = '\0';
	names_add((void *)&a, longest);
	expect("none that is longer", is(&a, ""));
	names_add(&un, "nonsense");
	expect("no other families", is(&un, ""));
	names_numeric((void *)&a, name, sizeof(name));
	expect("a number", !strcmp(name, "10.0.0.1"));
	names_numeric((void *)&six, name, sizeof(name));
	expect("a mapped number", !strcmp(name, "10.0.0.1"));
	inet_pton(AF_INET6, "fe80::1", &six.sin6_addr);
	six.sin6_scope_id = 1;
	names_numeric((void *)&six, name, sizeof(name));
	expect("an IPv6 number", !strcmp(name, "fe80::1"));
}

/* Far more than there is room for: the youngest are there, and all are right. */
static void many_addresses(void)
{
	char name[300], want[300];
	struct sockaddr_in addr;
	int i, kept = 0, young = 0;

	for (i = 0; i < 20000; i++) {
		addr = v4(1000 + i);
		sprintf(name, "host%d.test", i);
		names_add((void *)&addr, name);
	}
	for (i = 0; i < 20000; i++) {
		addr = v4(1000 + i);
		sprintf(want, "host%d.test", i);
		if (!names_find((void *)&addr, name, sizeof(name)))
			continue;
		expect("the right name", !strcmp(name, want));
		kept++;
		young += i >= 20000 - 200;
	}
	printf("kept %d, of the last 200 %d\n", kept, young);
	expect("bounded, and used", kept > 400 && kept < 2000);
	expect("the young ones", young > 180);
}

/* A name tells its address in each of its parts: half of one is noticed. */
static void make_name(char *name, int host, int round)
{
	int i, len = 0;

	for (i = 0; i < 8; i++)
		len += sprintf(name + len, "%02d-%05d.", host, round);
}

static bool sound(const char *name, int host)
{
	char want[300];
	int round;

	if (sscanf(name, "%*d-%d.", &round) != 1)
		return false;
	make_name(want, host, round);
	return !strcmp(name, want);
}

static void *thread(void *arg)
{
	unsigned int seed = (long)arg;
	struct sockaddr_in addr;
	char name[300];
	int i, host;

	for (i = 0; i < ROUNDS; i++) {
		host = rand_r(&seed) % ADDRESSES;
		addr = v4(host);
		if (rand_r(&seed) & 1) {
			make_name(name, host, i);
			names_add((void *)&addr, name);
		} else if (names_find((void *)&addr, name, sizeof(name))) {
			found++;
			if (!sound(name, host))
				wrong++;
		}
	}
	return NULL;
}

/* A child that is born while others write can still read and write. */
static void fork_meanwhile(void)
{
	struct sockaddr_in addr = v4(5);
	int status = -1, i;
	pid_t pid;

	for (i = 0; i < 50; i++) {
		pid = fork();
		if (!pid) {
			alarm(20);
			addr = v4(100000 + i);
			names_add((void *)&addr, "child.test");
			_exit(!is(&addr, "child.test"));
		}
		waitpid(pid, &status, 0);
		expect("a child of a fork()", !status);
	}
}

int main(void)
{
	pthread_t threads[THREADS];
	long i;

	one_address();
	many_addresses();
	for (i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, thread, (void *)(i + 1));
	fork_meanwhile();
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	expect("no name is half another's", !wrong);
	expect("names were found", found > ROUNDS / 2);
	return failed;
}
