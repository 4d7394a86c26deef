// SPDX-License-Identifier: GPL-2.0
/*
 * zsock-run-creds: the tags of --tag. What they lack is found out at a handshake
 * otherwise, and of a server's handshakes nobody is told.
 */
#include <stdio.h>

#include "../common/genl.h"
#include "creds.h"
#include "tls_settings.h"

/* @types: a bit for each type that is there */
struct given {
	const struct tls_settings *tls;
	unsigned int types[ZSOCK_TLS_TAGS_MAX];
};

static void look(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *tb[ZSOCK_A_CRED_MAX + 1];
	struct given *given = arg;
	uint32_t type;
	int i;

	genl_attrs(nlh, tb, ZSOCK_A_CRED_MAX);
	type = attr_u32(tb[ZSOCK_A_CRED_TYPE]);
	if (type > ZSOCK_CRED_TYPE_MAX)
		return;
	for (i = 0; i < given->tls->ntags; i++)
		if ((int)attr_u32(tb[ZSOCK_A_CRED_TAG]) == given->tls->tags[i])
			given->types[i] |= 1U << type;
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
	int ret;

	if (tls_settings_parse(&tls, &words))
		return EXIT_USAGE;	/* not after zsock-run has judged it */
	tags->room = ZSOCK_TLS_TAGS_MAX - tls.ntags;
	if (!tls.ntags)
		return EXIT_OK;
	given.tls = &tls;
	ret = genl_ask(ZSOCK_CMD_CRED_GET, true);
	if (ret != EXIT_OK)
		return ret;
	genl_each(look, &given);
	return judge(&given, list, server);
}
