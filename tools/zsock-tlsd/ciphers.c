// SPDX-License-Identifier: GPL-2.0
/*
 * Cipher suites: those that kTLS carries, and of these the ones that are asked
 * for, in the order in which they are.
 *
 * CBC and CCM_8 suites are not here, nor is AES-256-CCM: kTLS has none of them,
 * and what is not here is never offered and never chosen.
 */
#include <string.h>

#include <openssl/tls1.h>

#include "ciphers.h"

enum use {
	BY_DEFAULT,
	WITH_PSK,	/* by default if there is a pre-shared key */
	IF_LISTED,	/* without forward secrecy: only who names it gets it */
};

/* In the default order. */
static const struct suite {
	uint16_t id;
	uint8_t aead;
	uint8_t use;
	bool tls13, sha384;
	const char *name;
} suites[] = {
	{ 0x1301, AEAD_AES_128_GCM, BY_DEFAULT, true, false,
	  "TLS_AES_128_GCM_SHA256" },
	{ 0x1302, AEAD_AES_256_GCM, BY_DEFAULT, true, true,
	  "TLS_AES_256_GCM_SHA384" },
	{ 0x1303, AEAD_CHACHA20_POLY1305, BY_DEFAULT, true, false,
	  "TLS_CHACHA20_POLY1305_SHA256" },
	{ 0x1304, AEAD_AES_128_CCM, BY_DEFAULT, true, false,
	  "TLS_AES_128_CCM_SHA256" },

	/* Who has a pre-shared key means to use it. */
	{ 0xccac, AEAD_CHACHA20_POLY1305, WITH_PSK, false, false,
	  "ECDHE-PSK-CHACHA20-POLY1305" },
	{ 0x00aa, AEAD_AES_128_GCM, WITH_PSK, false, false,
	  "DHE-PSK-AES128-GCM-SHA256" },
	{ 0x00ab, AEAD_AES_256_GCM, WITH_PSK, false, false,
	  "DHE-PSK-AES256-GCM-SHA384" },
	{ 0xccad, AEAD_CHACHA20_POLY1305, WITH_PSK, false, false,
	  "DHE-PSK-CHACHA20-POLY1305" },
	{ 0xc0a6, AEAD_AES_128_CCM, WITH_PSK, false, false,
	  "DHE-PSK-AES128-CCM" },
	{ 0x00a8, AEAD_AES_128_GCM, WITH_PSK, false, false,
	  "PSK-AES128-GCM-SHA256" },
	{ 0x00a9, AEAD_AES_256_GCM, WITH_PSK, false, false,
	  "PSK-AES256-GCM-SHA384" },
	{ 0xccab, AEAD_CHACHA20_POLY1305, WITH_PSK, false, false,
	  "PSK-CHACHA20-POLY1305" },
	{ 0xc0a4, AEAD_AES_128_CCM, WITH_PSK, false, false,
	  "PSK-AES128-CCM" },

	{ 0xc02b, AEAD_AES_128_GCM, BY_DEFAULT, false, false,
	  "ECDHE-ECDSA-AES128-GCM-SHA256" },
	{ 0xc02f, AEAD_AES_128_GCM, BY_DEFAULT, false, false,
	  "ECDHE-RSA-AES128-GCM-SHA256" },
	{ 0xc02c, AEAD_AES_256_GCM, BY_DEFAULT, false, false,
	  "ECDHE-ECDSA-AES256-GCM-SHA384" },
	{ 0xc030, AEAD_AES_256_GCM, BY_DEFAULT, false, false,
	  "ECDHE-RSA-AES256-GCM-SHA384" },
	{ 0xcca9, AEAD_CHACHA20_POLY1305, BY_DEFAULT, false, false,
	  "ECDHE-ECDSA-CHACHA20-POLY1305" },
	{ 0xcca8, AEAD_CHACHA20_POLY1305, BY_DEFAULT, false, false,
	  "ECDHE-RSA-CHACHA20-POLY1305" },
	{ 0xc0ac, AEAD_AES_128_CCM, BY_DEFAULT, false, false,
	  "ECDHE-ECDSA-AES128-CCM" },
	{ 0x009e, AEAD_AES_128_GCM, BY_DEFAULT, false, false,
	  "DHE-RSA-AES128-GCM-SHA256" },
	{ 0x009f, AEAD_AES_256_GCM, BY_DEFAULT, false, false,
	  "DHE-RSA-AES256-GCM-SHA384" },
	{ 0xccaa, AEAD_CHACHA20_POLY1305, BY_DEFAULT, false, false,
	  "DHE-RSA-CHACHA20-POLY1305" },
	{ 0xc09e, AEAD_AES_128_CCM, BY_DEFAULT, false, false,
	  "DHE-RSA-AES128-CCM" },

	{ 0x009c, AEAD_AES_128_GCM, IF_LISTED, false, false,
	  "AES128-GCM-SHA256" },
	{ 0x009d, AEAD_AES_256_GCM, IF_LISTED, false, false,
	  "AES256-GCM-SHA384" },
	{ 0xc09c, AEAD_AES_128_CCM, IF_LISTED, false, false,
	  "AES128-CCM" },
};

#define SUITES	(sizeof(suites) / sizeof(suites[0]))

static const struct suite *find(uint16_t id)
{
	size_t i;

	for (i = 0; i < SUITES; i++)
		if (suites[i].id == id)
			return &suites[i];
	return NULL;
}

/* All of the table has room: no list has a suite twice. */
static void append(char *list, const char *name)
{
	if (*list)
		strcat(list, ":");
	strcat(list, name);
}

static void add(const struct suite *suite, struct cipher_choice *choice)
{
	append(suite->tls13 ? choice->tls13 : choice->tls12, suite->name);
	/* RFC 8446, 4.2.11: a PSK without a hash of its own goes with SHA-256. */
	if (suite->tls13 && !suite->sha384 && !choice->psk13)
		choice->psk13 = suite->id;
}

static void add_default(bool psk, struct cipher_choice *choice)
{
	size_t i;

	for (i = 0; i < SUITES; i++)
		if (suites[i].use == BY_DEFAULT ||
		    (psk && suites[i].use == WITH_PSK))
			add(&suites[i], choice);
}

static void add_listed(const uint16_t *list, size_t n,
		       struct cipher_choice *choice)
{
	bool seen[SUITES] = { false };
	const struct suite *suite;
	size_t i;

	for (i = 0; i < n; i++) {
		suite = find(list[i]);
		if (!suite || seen[suite - suites])
			continue;
		seen[suite - suites] = true;
		add(suite, choice);
	}
}

/**
 * ciphers_choose() - the suites and versions that may be negotiated
 * @list: IANA numbers, the best first
 * @n: how many; 0 for the default
 * @psk: there is a pre-shared key
 * @min_version: the lowest version that will do
 * @choice: filled in
 *
 * A version for which there is no suite is left out, as OpenSSL would offer it
 * and fail.
 *
 * Return: false where nothing is left.
 */
bool ciphers_choose(const uint16_t *list, size_t n, bool psk,
		    uint32_t min_version, struct cipher_choice *choice)
{
	memset(choice, 0, sizeof(*choice));
	if (n)
		add_listed(list, n, choice);
	else
		add_default(psk, choice);
	choice->min = TLS1_2_VERSION;
	choice->max = TLS1_3_VERSION;
	if (min_version > TLS1_3_VERSION)
		return false;
	if (min_version > TLS1_2_VERSION || !choice->tls12[0])
		choice->min = TLS1_3_VERSION;
	if (!choice->tls13[0])
		choice->max = TLS1_2_VERSION;
	return choice->min <= choice->max;
}

/* How records of a suite are protected; false if kTLS does not have it. */
bool ciphers_aead(uint16_t id, enum aead *aead)
{
	const struct suite *suite = find(id);

	if (!suite)
		return false;
	*aead = suite->aead;
	return true;
}
