// SPDX-License-Identifier: GPL-2.0
/*
 * What both sides are, and can do.
 */
#include <endian.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "log.h"
#include "pipe.h"

#define SILENCE_MIN	1000
#define SILENCE_MAX	600000

/**
 * hello_send() - the first message
 */
void hello_send(struct pipe *p)
{
	struct zoff_hello hello = {
		.version = htole32(ZOFF_VERSION),
		.features = htole32(config.features),
		.window = htole32(config.window),
		.sockets = htole32(config.sockets),
		.silence = htole32(config.silence),
	};

	memcpy(hello.magic, ZOFF_MAGIC, sizeof(hello.magic));
	memcpy(hello.name, config.name, strlen(config.name));
	memcpy(out_message(p, ZOFF_HELLO, 0, 0, sizeof(hello)), &hello,
	       sizeof(hello));
}

/* Printable, and nothing behind its end. */
static bool name_right(const struct zoff_hello *hello)
{
	size_t len = strnlen((const char *)hello->name, sizeof(hello->name));
	size_t i;

	for (i = 0; i < sizeof(hello->name); i++) {
		if (i >= len ? hello->name[i] :
		    hello->name[i] < ' ' || hello->name[i] > '~')
			return false;
	}
	return true;
}

static const char *hello_wrong(const struct zoff_hello *hello)
{
	uint32_t window = le32toh(hello->window);
	uint32_t silence = le32toh(hello->silence);

	if (memcmp(hello->magic, ZOFF_MAGIC, sizeof(hello->magic)))
		return "magic";
	if (!le32toh(hello->version))
		return "version";
	if (window < ZOFF_WINDOW_MIN || window > ZOFF_WINDOW_MAX)
		return "window";
	if (silence && (silence < SILENCE_MIN || silence > SILENCE_MAX))
		return "silence";
	if (hello->reserved)
		return "reserved field";
	if (!name_right(hello))
		return "name";
	return NULL;
}

/**
 * hello_take() - the client's
 */
void hello_take(struct pipe *p, const char *body)
{
	static struct log_limit limit;
	struct zoff_hello hello;
	const char *wrong;

	memcpy(&hello, body, sizeof(hello));
	wrong = hello_wrong(&hello);
	if (wrong) {
		pipe_break(p, "HELLO with a wrong %s", wrong);
		return;
	}
	p->greeted = true;
	p->features = le32toh(hello.features) & config.features;
	p->window = le32toh(hello.window);
	p->silence = le32toh(hello.silence);
	memcpy(p->name, hello.name, sizeof(hello.name));
	log_limited(&limit, LOG_INFO, "pipe %u (%s): client \"%s\", version %u, features %#x, window %u",
		    p->number, p->from, p->name, le32toh(hello.version),
		    p->features, p->window);
}
