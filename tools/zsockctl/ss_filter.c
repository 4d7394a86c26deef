// SPDX-License-Identifier: GPL-2.0
/*
 * zsockctl ss: which sockets are wanted.
 */
#include <getopt.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "ss.h"
#include "zsockctl.h"

/* By sk_state, in ss(8)'s words. */
static const char * const states[] = {
	[TCP_ESTABLISHED] = "ESTAB",
	[TCP_SYN_SENT] = "SYN-SENT",
	[TCP_SYN_RECV] = "SYN-RECV",
	[TCP_FIN_WAIT1] = "FIN-WAIT-1",
	[TCP_FIN_WAIT2] = "FIN-WAIT-2",
	[TCP_TIME_WAIT] = "TIME-WAIT",
	[TCP_CLOSE] = "UNCONN",
	[TCP_CLOSE_WAIT] = "CLOSE-WAIT",
	[TCP_LAST_ACK] = "LAST-ACK",
	[TCP_LISTEN] = "LISTEN",
	[TCP_CLOSING] = "CLOSING",
};

#define STATES	(sizeof(states) / sizeof(states[0]))
#define FRESH	"FRESH"		/* ours: no backend carries it yet */

const char *ss_state(const struct zsk_sock *s)
{
	if (s->info->state == ZSOCK_STATE_FRESH)
		return FRESH;
	if (s->state < STATES && states[s->state])
		return states[s->state];
	return "UNKNOWN";
}

static bool known_state(const char *name)
{
	size_t i;

	if (!strcasecmp(name, FRESH) || !strcasecmp(name, "established"))
		return true;
	for (i = 0; i < STATES; i++)
		if (states[i] && !strcasecmp(name, states[i]))
			return true;
	return false;
}

static bool same_state(const char *name, const char *state)
{
	return !strcasecmp(name, state) ||
	       (!strcasecmp(name, "established") && !strcmp(state, "ESTAB"));
}

static bool take_option(int c, struct ss_filter *f)
{
	switch (c) {
	case 't': f->kinds |= SS_STREAM; return true;
	case 'u': f->kinds |= SS_DGRAM; return true;
	case 'w': f->kinds |= SS_RAW; return true;
	case '0': f->kinds |= SS_PACKET; return true;
	case 'l': f->listening = true; return true;
	case 'a': f->all = true; return true;
	case 'p': f->processes = true; return true;
	case 'H': f->no_header = true; return true;
	case '4': f->ipv4 = true; return true;
	case '6': f->ipv6 = true; return true;
	case 'n': return true;		/* numbers are all there is */
	default: return false;		/* getopt has complained */
	}
}

/* "state STATE", "handler NAME", "backend NAME" */
static int take_words(int argc, char **argv, struct ss_filter *f)
{
	for (; argc; argc -= 2, argv += 2) {
		const char **to;

		if (abbreviates(argv[0], "state"))
			to = &f->state;
		else if (abbreviates(argv[0], "handler"))
			to = &f->handler;
		else if (abbreviates(argv[0], "backend"))
			to = &f->backend;
		else
			return unwanted_argument("ss", argv[0]);
		if (argc < 2) {
			fprintf(stderr, "zsockctl: ss: what follows \"%s\" is missing\n",
				argv[0]);
			return EXIT_USAGE;
		}
		*to = argv[1];
	}
	if (f->state && !known_state(f->state)) {
		fprintf(stderr, "zsockctl: ss: no state is called \"%s\", try \"zsockctl ss help\"\n",
			f->state);
		return EXIT_USAGE;
	}
	return EXIT_OK;
}

/* @argv[0] is the word "ss". */
int ss_parse(int argc, char **argv, struct ss_filter *f)
{
	static const struct option options[] = {
		{ "tcp", no_argument, NULL, 't' },
		{ "udp", no_argument, NULL, 'u' },
		{ "raw", no_argument, NULL, 'w' },
		{ "packet", no_argument, NULL, '0' },
		{ "listening", no_argument, NULL, 'l' },
		{ "all", no_argument, NULL, 'a' },
		{ "processes", no_argument, NULL, 'p' },
		{ "no-header", no_argument, NULL, 'H' },
		{ "numeric", no_argument, NULL, 'n' },
		{ "ipv4", no_argument, NULL, '4' },
		{ "ipv6", no_argument, NULL, '6' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "tuw0lapHn46", options, NULL)) != -1)
		if (!take_option(c, f))
			return EXIT_USAGE;
	return take_words(argc - optind, argv + optind, f);
}

static int shown_family(const struct zsk_sock *s)
{
	if (s->local)
		return s->local->sa_family;
	return s->info->domain ? s->info->domain : s->info->inner_family;
}

/* As with ss(8): the connected ones, unless others are asked for. */
static bool state_wanted(const struct ss_filter *f, const char *state)
{
	bool waits = !strcmp(state, "LISTEN") || !strcmp(state, "UNCONN");

	if (f->state)
		return same_state(f->state, state);
	if (f->all)
		return true;
	if (f->listening)
		return waits;
	return !waits && strcmp(state, FRESH);
}

static unsigned int kind(const struct zsk_sock *s)
{
	if (s->info->domain == AF_PACKET)
		return SS_PACKET;
	switch (s->info->type) {
	case SOCK_STREAM: return SS_STREAM;
	case SOCK_DGRAM: return SS_DGRAM;
	case SOCK_RAW: return SS_RAW;
	default: return 0;
	}
}

bool ss_wanted(const struct ss_filter *f, const struct zsk_sock *s)
{
	if (f->kinds && !(f->kinds & kind(s)))
		return false;
	if (f->ipv4 != f->ipv6 &&
	    shown_family(s) != (f->ipv4 ? AF_INET : AF_INET6))
		return false;
	if (f->handler && strcmp(f->handler, s->info->handler))
		return false;
	if (f->backend && strcmp(f->backend, s->info->backend))
		return false;
	return state_wanted(f, ss_state(s));
}
