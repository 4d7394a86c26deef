// SPDX-License-Identifier: GPL-2.0
/*
 * What is wanted of TLS, from words, and onto a socket. zsock-run judges the
 * words and tries them on a socket of its own; the library reads them again.
 *
 * Nothing here allocates or locks: the library calls it from socket().
 */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tls_settings.h"

/* A decimal number; *@text is left at what follows it. */
static bool number(const char **text, long long min, long long max,
		   long long *value)
{
	const char *p = *text;
	bool minus = *p == '-';

	p += minus;
	if (*p < '0' || *p > '9')
		return false;
	for (*value = 0; *p >= '0' && *p <= '9'; p++) {
		*value = 10 * *value + (*p - '0');
		if (*value > UINT_MAX)
			return false;
	}
	if (minus)
		*value = -*value;
	*text = p;
	return *value >= min && *value <= max;
}

static const char *parse_tags(struct tls_settings *tls, const char *text)
{
	long long value;

	for (;; text++) {
		if (tls->ntags == ZSOCK_TLS_TAGS_MAX)
			return "more tags than a socket takes:";
		if (!number(&text, INT_MIN, INT_MAX, &value))
			return "not a tag, or several with commas:";
		tls->tags[tls->ntags++] = value;
		if (!*text)
			return NULL;
		if (*text != ',')
			return "not a tag, or several with commas:";
	}
}

static const char *parse_ports(struct tls_settings *tls, const char *text)
{
	long long value;

	for (;; text++) {
		if (tls->nports == TLS_PORTS_MAX)
			return "too many ports:";
		if (!number(&text, 1, UINT16_MAX, &value))
			return "not a port, or several with commas:";
		tls->ports[tls->nports++] = value;
		if (!*text)
			return NULL;
		if (*text != ',')
			return "not a port, or several with commas:";
	}
}

/* "h2,http/1.1"; the kernel takes each with its NUL. */
static const char *parse_alpn(struct tls_settings *tls, const char *text)
{
	size_t len = strlen(text), i;

	if (len >= sizeof(tls->alpn))
		return "too many protocols:";
	memcpy(tls->alpn, text, len + 1);
	for (i = 0; i <= len; i++) {
		if (text[i] != ',' && text[i])
			continue;
		if (!i || !tls->alpn[i - 1])
			return "not a protocol, or several with commas:";
		tls->alpn[i] = '\0';
	}
	tls->alpn_len = len + 1;
	return NULL;
}

static const char *parse_verify(struct tls_settings *tls, const char *text)
{
	static const char * const names[] = {
		[TLS_PEER_VERIFY_NONE] = "none",
		[TLS_PEER_VERIFY_OPTIONAL] = "optional",
		[TLS_PEER_VERIFY_REQUIRED] = "required",
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcmp(text, names[i])) {
			tls->verify = i;
			return NULL;
		}
	}
	return "--verify takes 'none', 'optional' or 'required', not";
}

static const char *parse_hostname(struct tls_settings *tls, const char *text)
{
	if (strlen(text) > ZSOCK_TLS_HOSTNAME_MAX)
		return "not a host's name:";
	strcpy(tls->hostname, text);
	tls->has_hostname = true;
	return NULL;
}

static const char *parse_role(struct tls_settings *tls, const char *text)
{
	bool both = !strcmp(text, "both");

	tls->client = both || !strcmp(text, "client");
	tls->server = both || !strcmp(text, "server");
	return tls->client || tls->server ? NULL : "not a role:";
}

static const char *parse_word(struct tls_settings *tls, struct tls_words *words,
			      const char *word,
			      const char *(*parse)(struct tls_settings *tls,
						   const char *text))
{
	const char *why = word ? parse(tls, word) : NULL;

	if (why)
		words->wrong = word;
	return why;
}

/**
 * tls_settings_parse() - understand the words
 * @tls: what they come to
 * @words: all of them may be NULL
 *
 * Return: NULL, or what to say in front of @words->wrong.
 */
const char *tls_settings_parse(struct tls_settings *tls,
			       struct tls_words *words)
{
	const char *why;

	memset(tls, 0, sizeof(*tls));
	tls->verify = -1;
	why = parse_word(tls, words, words->role, parse_role);
	if (!why)
		why = parse_word(tls, words, words->tags, parse_tags);
	if (!why)
		why = parse_word(tls, words, words->ports, parse_ports);
	if (!why)
		why = parse_word(tls, words, words->alpn, parse_alpn);
	if (!why)
		why = parse_word(tls, words, words->verify, parse_verify);
	if (!why)
		why = parse_word(tls, words, words->hostname, parse_hostname);
	return why;
}

/* Is TLS wanted for this port? */
bool tls_port_chosen(const struct tls_settings *tls, uint16_t port)
{
	int i;

	for (i = 0; i < tls->nports; i++)
		if (tls->ports[i] == port)
			return true;
	return !tls->nports;
}

/* The system call: no cancellation, no wrapper that somebody has preloaded. */
static int set(int fd, int name, const void *value, socklen_t len)
{
	return syscall(SYS_setsockopt, fd, SOL_TLS, name, value, len);
}

/* @name: empty for no check of the peer's name */
int tls_set_hostname(int fd, const char *name)
{
	return set(fd, TLS_HOSTNAME, *name ? name : NULL, strlen(name));
}

/**
 * tls_settings_apply() - tell a socket, all but the peer's name
 * @tls: what is wanted
 * @fd: the socket
 *
 * Return: NULL, or the option that is refused, with errno.
 */
const char *tls_settings_apply(const struct tls_settings *tls, int fd)
{
	if (tls->ntags && set(fd, TLS_SEC_TAG_LIST, tls->tags,
			      tls->ntags * sizeof(tls->tags[0])))
		return "--tag";
	if (tls->verify >= 0 && set(fd, TLS_PEER_VERIFY, &tls->verify,
				    sizeof(tls->verify)))
		return "--verify";
	if (tls->alpn_len && set(fd, TLS_ALPN_LIST, tls->alpn, tls->alpn_len))
		return "--alpn";
	return NULL;
}
