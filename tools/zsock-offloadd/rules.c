// SPDX-License-Identifier: GPL-2.0
/*
 * Whom the client's programs may reach, and where they may be reached.
 *
 * The first rule that fits decides. Where none does: no, if something was
 * allowed expressly, since that is then meant to be all; the built-in rules
 * otherwise.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>

#include "rules.h"

#define PRIVILEGED	1024	/* ports below need a capability */

struct rule {
	bool allow;
	bool any;			/* of both families */
	union addr prefix;
	unsigned int bits;
	unsigned int first, last;	/* ports */
};

struct rules {
	struct rule *all;
	size_t n;
	bool allows;			/* one of them does */
};

static struct rules given[RULES_KINDS], built_in[RULES_KINDS];

/*
 * The host itself is not for others: what listens on its loopback trusts who is
 * here. Nor is the link, where clouds keep their secrets, nor are groups.
 */
static const char *const not_reached[] = {
	"0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4",
	"255.255.255.255", "[::]", "[::1]", "[fe80::/10]", "[ff00::/8]",
};

/* ---- parsing ---- */

static bool parse_number(const char *text, unsigned long max, unsigned int *n)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || value > max)
		return false;
	*n = value;
	return true;
}

static bool parse_ports(char *text, struct rule *rule)
{
	char *dash = strchr(text, '-');

	if (dash)
		*dash++ = '\0';
	if (!parse_number(text, 65535, &rule->first))
		return false;
	rule->last = rule->first;
	return !dash || (parse_number(dash, 65535, &rule->last) &&
			 rule->last >= rule->first);
}

static bool parse_prefix(char *text, struct rule *rule)
{
	char *slash = strchr(text, '/');
	union addr *to = &rule->prefix;

	if (!strcmp(text, "any")) {
		rule->any = true;
		return true;
	}
	if (slash)
		*slash++ = '\0';
	if (inet_pton(AF_INET, text, &to->in.sin_addr) == 1) {
		to->sa.sa_family = AF_INET;
		rule->bits = 32;
	} else if (inet_pton(AF_INET6, text, &to->in6.sin6_addr) == 1) {
		to->sa.sa_family = AF_INET6;
		rule->bits = 128;
	} else {
		return false;
	}
	return !slash || parse_number(slash, rule->bits, &rule->bits);
}

/* Splits off ":PORT", and takes away brackets; NULL: no ports are named. */
static char *split(char **text)
{
	char *end;

	if (**text == '[') {
		end = strchr(++*text, ']');
		if (!end)
			return *text + strlen(*text);
		*end++ = '\0';
		if (!*end)
			return NULL;
		/* Anything but a colon is no number. */
		return *end == ':' ? end + 1 : end;
	}
	end = strchr(*text, ':');
	/* More than one: IPv6, and no ports. */
	if (!end || strchr(end + 1, ':'))
		return NULL;
	*end = '\0';
	return end + 1;
}

static bool parse(const char *text, struct rule *rule)
{
	char copy[128], *at = copy, *ports;

	memset(rule, 0, sizeof(*rule));
	rule->last = 65535;
	if (strlen(text) >= sizeof(copy))
		return false;
	strcpy(copy, text);
	ports = split(&at);
	if (!parse_prefix(at, rule))
		return false;
	if (!ports)
		return true;
	return parse_ports(ports, rule);
}

static bool add(struct rules *to, bool allow, const char *text)
{
	struct rule *all = realloc(to->all, (to->n + 1) * sizeof(*all));

	if (!all)
		return false;
	to->all = all;
	if (!parse(text, &all[to->n]))
		return false;
	all[to->n++].allow = allow;
	to->allows |= allow;
	return true;
}

/**
 * rules_add() - a rule, behind those that are there
 * @kind: of addresses
 * @allow: what it says
 * @text: PREFIX[:PORT[-PORT]], an IPv6 prefix in brackets where a port follows
 */
bool rules_add(enum rules_kind kind, bool allow, const char *text)
{
	return add(&given[kind], allow, text);
}

static void make_built_in(void)
{
	size_t i;

	for (i = 0; i < sizeof(not_reached) / sizeof(not_reached[0]); i++)
		add(&built_in[RULES_TO], false, not_reached[i]);
	add(&built_in[RULES_TO], true, "any");
	add(&built_in[RULES_AT], false, "any");
}

/* ---- judging ---- */

static bool same_bits(const void *one, const void *other, unsigned int bits)
{
	const unsigned char *a = one, *b = other;
	unsigned int rest = bits % 8;

	if (memcmp(a, b, bits / 8))
		return false;
	return !rest || !((a[bits / 8] ^ b[bits / 8]) >> (8 - rest));
}

static bool fits(const struct rule *rule, const union addr *addr)
{
	if (addr_port(addr) < rule->first || addr_port(addr) > rule->last)
		return false;
	if (rule->any)
		return true;
	if (rule->prefix.sa.sa_family != addr->sa.sa_family)
		return false;
	if (addr->sa.sa_family == AF_INET)
		return same_bits(&rule->prefix.in.sin_addr, &addr->in.sin_addr,
				 rule->bits);
	return same_bits(&rule->prefix.in6.sin6_addr, &addr->in6.sin6_addr,
			 rule->bits);
}

static const struct rule *first_fit(const struct rules *rules,
				    const union addr *addr)
{
	size_t i;

	for (i = 0; i < rules->n; i++)
		if (fits(&rules->all[i], addr))
			return &rules->all[i];
	return NULL;
}

/**
 * rules_allow() - may it be?
 * @kind: what @where is for
 * @where: an address; one that is mapped counts as the IPv4 one that it is
 */
bool rules_allow(enum rules_kind kind, const union addr *where)
{
	const struct rule *rule;
	union addr addr;

	if (!built_in[kind].n)
		make_built_in();
	addr_unmap(where, &addr);
	rule = first_fit(&given[kind], &addr);
	if (!rule && !given[kind].allows)
		rule = first_fit(&built_in[kind], &addr);
	return rule && rule->allow;
}

/**
 * rules_want_low_ports() - is a port named that needs CAP_NET_BIND_SERVICE?
 */
bool rules_want_low_ports(void)
{
	const struct rules *at = &given[RULES_AT];
	size_t i;

	/* Where no port is named, those that need nothing are meant. */
	for (i = 0; i < at->n; i++)
		if (at->all[i].allow && at->all[i].last < 65535 &&
		    at->all[i].first < PRIVILEGED)
			return true;
	return false;
}
