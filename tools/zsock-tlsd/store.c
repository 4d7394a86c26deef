// SPDX-License-Identifier: GPL-2.0
/*
 * The system's trust store: whom a client trusts that names no CA of its own.
 * It is read once, since it has some hundred certificates, and shared.
 */
#include <pthread.h>
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include "store.h"

static const char *store_file;
static bool store_none;
static pthread_mutex_t store_lock = PTHREAD_MUTEX_INITIALIZER;
static X509_STORE *store;

/**
 * store_set() - say what the trust store is
 * @ca_file: a file with certificates, or NULL for OpenSSL's default places
 * @none: nobody is trusted
 */
void store_set(const char *ca_file, bool none)
{
	/* It may have to be read again from another directory. */
	char *path = ca_file ? realpath(ca_file, NULL) : NULL;

	store_file = path ? path : ca_file;
	store_none = none;
}

/**
 * store_load() - read the trust store, perhaps again
 *
 * What is in use stays with who uses it. Where this fails, the old one stays.
 *
 * Return: 0 or -1, with OpenSSL's reasons in its queue.
 */
int store_load(void)
{
	X509_STORE *new = X509_STORE_new();
	int ok = !!new;

	if (ok && store_file)
		ok = X509_STORE_load_file(new, store_file);
	else if (ok && !store_none)
		ok = X509_STORE_set_default_paths(new);
	if (ok != 1) {
		X509_STORE_free(new);
		return -1;
	}
	/* Default places that are not there are no error, but are queued. */
	ERR_clear_error();
	pthread_mutex_lock(&store_lock);
	X509_STORE_free(store);
	store = new;
	pthread_mutex_unlock(&store_lock);
	return 0;
}

/* Let a context verify peers with the trust store. */
void store_use(SSL_CTX *ctx)
{
	pthread_mutex_lock(&store_lock);
	if (store)
		SSL_CTX_set1_cert_store(ctx, store);
	pthread_mutex_unlock(&store_lock);
}

void store_free(void)
{
	X509_STORE_free(store);
	store = NULL;
}
