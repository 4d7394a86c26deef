// SPDX-License-Identifier: GPL-2.0
/*
 * tlsd_test [ktls]: the agent's parts. With "ktls" the kernel gets the keys,
 * which needs the module tls; without, record.c does what it would do.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cache.h"
#include "psk.h"
#include "session.h"
#include "store.h"
#include "t.h"
#include "ticket_key.h"

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGPIPE, SIG_IGN);
	t_ktls = argc > 1 && !strcmp(argv[1], "ktls");
	store_set(NULL, true);
	if (!hs_init() || !psk_init() || !ticket_key_init() ||
	    store_load()) {
		puts("not ok OpenSSL can be used");
		return 1;
	}
	pki_make();
	if (!t_ktls)
		t_units();
	t_suites();
	t_verify();
	t_psk();
	t_sessions();
	t_ask();
	t_hostile();
	sessions_clear();
	cache_clear();
	store_free();
	ticket_key_wipe();
	side_forget_creds();
	pki_free();
	hs_exit();
	return t_status();
}
