// SPDX-License-Identifier: GPL-2.0
/* OpenSSL, set up as the agent of AF_ZSOCK sets it up. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include <openssl/err.h>

#include "tls.h"

void lib_die(const char *what)
{
	const char *reason = ERR_reason_error_string(ERR_peek_error());

	die("OpenSSL: %s: %s", what, reason ? reason : strerror(errno));
}

const char *lib_key_file(enum tls_key key, const char *suffix)
{
	static char path[4096];

	snprintf(path, sizeof(path), "%s/%s.%s", opt.keys,
		 key == KEY_RSA ? "rsa" : "ecdsa", suffix);
	return path;
}

static void use_key(SSL_CTX *ctx, enum tls_key key)
{
	if (SSL_CTX_use_certificate_chain_file(ctx, lib_key_file(key, "crt")) != 1)
		lib_die(lib_key_file(key, "crt"));
	if (SSL_CTX_use_PrivateKey_file(ctx, lib_key_file(key, "key"),
					SSL_FILETYPE_PEM) != 1)
		lib_die(lib_key_file(key, "key"));
}

/* What zsock-tlsd does without TLS_SESSION_CACHE, and with it. */
static void use_tickets(SSL_CTX *ctx, const struct lib_conf *conf)
{
	static const unsigned char id[] = "zbench";

	SSL_CTX_set_session_id_context(ctx, id, sizeof(id));
	if (conf->tickets)
		return;
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
	if (SSL_CTX_set_num_tickets(ctx, 0) != 1)
		lib_die("no tickets");
}

SSL_CTX *lib_ctx(const struct lib_conf *conf)
{
	SSL_CTX *ctx = SSL_CTX_new(conf->server ? TLS_server_method() :
						  TLS_client_method());

	if (!ctx)
		lib_die("SSL_CTX_new");
	if (SSL_CTX_set_min_proto_version(ctx, conf->version) != 1 ||
	    SSL_CTX_set_max_proto_version(ctx, conf->version) != 1 ||
	    SSL_CTX_set_cipher_list(ctx, "ECDHE+AES128+AESGCM") != 1 ||
	    SSL_CTX_set_ciphersuites(ctx, "TLS_AES_128_GCM_SHA256") != 1)
		lib_die("version and cipher");
	if (conf->server)
		use_key(ctx, conf->key);
	if (conf->ktls)
		SSL_CTX_set_options(ctx, SSL_OP_ENABLE_KTLS);
	if (conf->release)
		SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	use_tickets(ctx, conf);
	return ctx;
}

SSL *lib_new(SSL_CTX *ctx, int fd)
{
	SSL *ssl = SSL_new(ctx);

	if (!ssl || SSL_set_fd(ssl, fd) != 1)
		lib_die("SSL_new");
	if (SSL_is_server(ssl))
		SSL_set_accept_state(ssl);
	else
		SSL_set_connect_state(ssl);
	return ssl;
}

void lib_verify(const SSL *ssl, int version)
{
	const char *cipher = SSL_get_cipher_name(ssl);

	if (SSL_version(ssl) != version)
		die("OpenSSL: %s was agreed", SSL_get_version(ssl));
	if (!strstr(cipher, version == TLS1_3_VERSION ? "AES_128_GCM" :
							"AES128-GCM"))
		die("OpenSSL: %s was agreed", cipher);
}

void set_blocking(int fd, bool blocking)
{
	int flags = fcntl(fd, F_GETFL);

	flags = blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK;
	if (fcntl(fd, F_SETFL, flags))
		die_errno("O_NONBLOCK");
}

/* Returns whether it is over. */
static bool handshake_step(SSL *ssl)
{
	int ret;

	ERR_clear_error();
	ret = SSL_do_handshake(ssl);
	if (ret != 1 && SSL_get_error(ssl, ret) != SSL_ERROR_WANT_READ)
		lib_die("handshake");
	return ret == 1;
}

void lib_handshake(SSL *client, SSL *server)
{
	bool done[2] = { false, false };

	set_blocking(SSL_get_fd(client), false);
	set_blocking(SSL_get_fd(server), false);
	while (!done[0] || !done[1]) {
		done[0] = handshake_step(client);
		done[1] = handshake_step(server);
	}
	set_blocking(SSL_get_fd(client), true);
	set_blocking(SSL_get_fd(server), true);
}
