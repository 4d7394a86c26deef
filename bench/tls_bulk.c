// SPDX-License-Identifier: GPL-2.0
/*
 * What established TLS connections cost: bulk, sendfile, a round trip. The
 * client sends and the server receives, both in this thread; the buffers
 * hold all of it, so nobody waits.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "tls.h"

#define BYTES	(64 * 1024)
#define BUFFER	(4 * 1024 * 1024)

struct ctx {
	struct tls_maker maker;
	struct tls_pair pair;
	int file;		/* of BYTES, in memory */
	char data[BYTES], back[BYTES];
};

/* ---- making them ---- */

static void fill(char *data)
{
	uint32_t x = 1;
	int i;

	for (i = 0; i < BYTES; i++) {
		x = x * 1664525 + 1013904223;
		data[i] = x >> 24;
	}
}

/* What is measured does arrive. */
static void check(struct ctx *c, const struct tls_end *from,
		  const struct tls_end *to)
{
	memset(c->back, 0, BYTES);
	tls_send(from, c->data, BYTES);
	tls_recv(to, c->back, BYTES);
	if (memcmp(c->data, c->back, BYTES))
		die("%s: what came is not what was sent", c->maker.fam.name);
}

static void *setup(const struct fam *fam, int version)
{
	struct ctx *c = calloc(1, sizeof(*c));

	if (!c)
		die("out of memory");
	c->maker.version = version;
	c->maker.buffers = BUFFER;
	tls_maker_open(&c->maker, fam);
	tls_pair_make(&c->maker, &c->pair);
	fill(c->data);
	c->file = memfd_create("zbench", MFD_CLOEXEC);
	if (c->file < 0 || pwrite(c->file, c->data, BYTES, 0) != BYTES)
		die_errno("memfd");
	check(c, &c->pair.client, &c->pair.server);
	check(c, &c->pair.server, &c->pair.client);
	return c;
}

static void *setup_1_2(const struct fam *fam)
{
	return setup(fam, TLS1_2_VERSION);
}

static void *setup_1_3(const struct fam *fam)
{
	return setup(fam, TLS1_3_VERSION);
}

static void teardown(void *arg)
{
	struct ctx *c = arg;

	tls_pair_close(&c->pair);
	tls_maker_close(&c->maker);
	close(c->file);
	free(c);
}

/* ---- bulk: 64 KiB are written, and read ---- */

static void bulk_run(void *arg, unsigned int ops)
{
	struct ctx *c = arg;

	while (ops--) {
		tls_send(&c->pair.client, c->data, BYTES);
		tls_recv(&c->pair.server, c->back, BYTES);
	}
}

/* ---- sendfile: the same out of a file ---- */

/* A program that has no kTLS reads the file, and encrypts what it read. */
static void send_file(struct ctx *c)
{
	const struct tls_end *end = &c->pair.client;
	off_t offset = 0;
	ssize_t sent;

	if (c->maker.fam.id == FAM_LIB) {
		if (pread(c->file, c->back, BYTES, 0) != BYTES)
			die_errno("pread");
		tls_send(end, c->back, BYTES);
		return;
	}
	while (offset < BYTES) {
		if (end->ssl) {
			sent = SSL_sendfile(end->ssl, c->file, offset,
					    BYTES - offset, 0);
			offset += sent;
		} else {
			sent = sendfile(end->fd, c->file, &offset,
					BYTES - offset);
		}
		if (sent <= 0)
			die_errno("sendfile: %zd", sent);
	}
}

static void sendfile_run(void *arg, unsigned int ops)
{
	struct ctx *c = arg;

	while (ops--) {
		send_file(c);
		tls_recv(&c->pair.server, c->back, BYTES);
	}
}

/* ---- rr: a byte there and back ---- */

static void rr_run(void *arg, unsigned int ops)
{
	struct ctx *c = arg;

	while (ops--) {
		tls_send(&c->pair.client, c->data, 1);
		tls_recv(&c->pair.server, c->back, 1);
		tls_send(&c->pair.server, c->data, 1);
		tls_recv(&c->pair.client, c->back, 1);
	}
}

#define CASE(_name, _what, _setup, _run)			\
	{ .name = _name, .what = _what, .batch = 1, .longer = 1, .more = FEWER, \
	  .tls = true, .setup = _setup, .run = _run, .teardown = teardown }

static const struct bench tls_benches[] = {
	CASE("tls-bulk-1.2", "64 KiB over TLS 1.2", setup_1_2, bulk_run),
	CASE("tls-bulk-1.3", "64 KiB over TLS 1.3", setup_1_3, bulk_run),
	CASE("tls-sendfile-1.2", "64 KiB of a file over TLS 1.2", setup_1_2,
	     sendfile_run),
	CASE("tls-sendfile-1.3", "64 KiB of a file over TLS 1.3", setup_1_3,
	     sendfile_run),
	CASE("tls-rr-1.2", "1 byte there and back over TLS 1.2", setup_1_2,
	     rr_run),
	CASE("tls-rr-1.3", "1 byte there and back over TLS 1.3", setup_1_3,
	     rr_run),
	{ 0 }
};
BENCH_CASES(tls_benches);
