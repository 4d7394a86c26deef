// SPDX-License-Identifier: GPL-2.0
/*
 * zsock-run-creds: the tags of --tag. What they lack is found out at a handshake
 * otherwise, and of a server's handshakes nobody is told.
 */
#include <stdio.h>

#include "../common/kernel.h"
#include "creds.h"
#include "tls_settings.h"

/* @types: a bit for each type that is there */
struct given {
	const struct tls_settings *tls;
	unsigned int types[ZSOCK_TLS_TAGS_MAX];
};

static int look(const struct zsk_cred_info *c, void *arg)
{
	struct given *given = arg;
	int i;

	if (c->type > ZSOCK_CRED_TYPE_MAX)
		return 0;
	for (i = 0; i < given->tls->ntags; i++)
		if (c->tag == given->tls->tags[i])
			given->types[i] |= 1U << c->type;
	return 0;
}

/* A certificate and its key, or a pre-shared key and its name. */
static bool enough(unsigned int types)
{
	const unsigned int pair = 1U << ZSOCK_CRED_CERT | 1U << ZSOCK_CRED_KEY;
	const unsigned int psk = 1U << ZSOCK_CRED_PSK | 1U << ZSOCK_CRED_PSK_ID;

	return (types & pair) == pair || (types & psk) == psk;
}

static int judge(const struct given *given, const char *list, bool server)
{
	bool able = !server;
	int i;

	for (i = 0; i < given->tls->ntags; i++) {
		if (!given->types[i]) {
			fprintf(stderr, "%s: there is no tag %d that you may use\n",
				tool_name, given->tls->tags[i]);
			return EXIT_USAGE;
		}
		able |= enough(given->types[i]);
	}
	if (able)
		return EXIT_OK;
	fprintf(stderr, "%s: a server needs a certificate and its key, or a PSK and its identity: not in --tag %s\n",
		tool_name, list);
	return EXIT_USAGE;
}

/**
 * given_check() - look for tags that are to be there
 * @list: the words of --tag, or empty
 * @server: one of them is to have what a server needs
 * @tags: its room is filled in: what a socket takes beside them
 *
 * Return: an exit status; complaints have been made.
 */
int given_check(const char *list, bool server, struct run_tags *tags)
{
	struct tls_words words = { .tags = *list ? list : NULL };
	struct given given = { 0 };
	struct tls_settings tls;
	struct zsk *z;
	int ret;

	if (tls_settings_parse(&tls, &words))
		return EXIT_USAGE;	/* not after zsock-run has judged it */
	tags->room = ZSOCK_TLS_TAGS_MAX - tls.ntags;
	if (!tls.ntags)
		return EXIT_OK;
	given.tls = &tls;
	z = kernel_open();
	if (!z)
		return EXIT_KERNEL;
	ret = kernel_said(z, zsk_cred_list(z, look, &given));
	return ret == EXIT_OK ? judge(&given, list, server) : ret;
}
