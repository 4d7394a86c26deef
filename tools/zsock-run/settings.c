// SPDX-License-Identifier: GPL-2.0
/*
 * What zsock-run wants, from the environment, where its library and its
 * supervisor find it. All is copied: some programs write their title over it.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "settings.h"

struct settings settings;

static void read_family(void)
{
	const char *s = getenv(ENV_FAMILY);

	settings.family = s ? zsock_family_parse(s) : -1;
	if (settings.family < 0)
		settings.family = zsock_family_read();
	if (settings.family < 0)
		settings.family = AF_ZSOCK;	/* socket() may load the module yet */
}

static void read_tls(void)
{
	struct tls_words words = { .role = getenv(ENV_TLS) };

	if (words.role) {
		words.tags = getenv(ENV_TLS_TAGS);
		words.ports = getenv(ENV_TLS_PORTS);
		words.alpn = getenv(ENV_TLS_ALPN);
		words.verify = getenv(ENV_TLS_VERIFY);
		words.hostname = getenv(ENV_TLS_HOSTNAME);
	}
	settings.nonsense = tls_settings_parse(&settings.tls, &words);
}

void settings_read(void)
{
	const char *s;

	read_family();
	s = getenv(ENV_ONLY);
	if (s)
		settings.only_type = *s == 's' ? SOCK_STREAM : SOCK_DGRAM;
	s = getenv(ENV_DOMAIN);
	if (s)
		settings.only_domain = *s == '4' ? AF_INET : AF_INET6;
	settings.raw = getenv(ENV_RAW) != NULL;
	settings.fallback = getenv(ENV_FALLBACK) != NULL;
	s = getenv(ENV_BACKEND);
	if (s)
		strncpy(settings.backend, s, sizeof(settings.backend) - 1);
	read_tls();
	if (socks5_parse(&settings.socks5, getenv(ENV_SOCKS5),
			 getenv(ENV_SOCKS5_AUTH)))
		settings.nonsense = true;
}
