// SPDX-License-Identifier: GPL-2.0
/*
 * Comparing everything that SOL_SOCKET tells of two sockets.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "snapshot.h"

#ifndef SO_RESERVE_MEM
#define SO_RESERVE_MEM 73
#define SO_TXREHASH 74
#endif

struct reading {
	int ret;
	int err;
	socklen_t len;
	unsigned char value[128];
};

static void read_option(int fd, int option, struct reading *r)
{
	memset(r, 0, sizeof(*r));
	r->len = sizeof(r->value);
	r->ret = getsockopt(fd, SOL_SOCKET, option, r->value, &r->len);
	r->err = r->ret ? errno : 0;
}

/* Some tell what the socket was doing just now, some what it is. */
static bool never_alike(int option, bool fresh)
{
	switch (option) {
	case SO_COOKIE:
	case SO_INCOMING_CPU:
	case SO_INCOMING_NAPI_ID:
		return true;
	case SO_DOMAIN:
	case SO_PROTOCOL:
		return fresh;
	}
	return false;
}

static void tell(FILE *out, const char *who, const struct reading *r)
{
	unsigned int i;

	if (r->ret) {
		fprintf(out, " %s: %s", who, strerror(r->err));
		return;
	}
	fprintf(out, " %s: %u bytes", who, (unsigned int)r->len);
	for (i = 0; i < r->len && i < 36; i++)
		fprintf(out, "%s%02x", i % 4 ? "" : " ", r->value[i]);
}

int zs_snapshot_diff(int a, int b, bool fresh, FILE *out)
{
	int option, n = 0;

	for (option = 0; option <= ZS_SNAPSHOT_LAST; option++) {
		struct reading ra, rb;

		if (never_alike(option, fresh))
			continue;
		read_option(a, option, &ra);
		read_option(b, option, &rb);
		if (!memcmp(&ra, &rb, sizeof(ra)))
			continue;
		n++;
		if (!out)
			continue;
		fprintf(out, "# %s:", zs_option_name(option));
		tell(out, "expected", &ra);
		tell(out, ", got", &rb);
		fprintf(out, "\n");
	}
	return n;
}

const char *zs_option_name(int option)
{
#define NAME(x) [x] = #x
	static const char * const names[ZS_SNAPSHOT_LAST + 1] = {
		NAME(SO_DEBUG), NAME(SO_REUSEADDR), NAME(SO_TYPE), NAME(SO_ERROR),
		NAME(SO_DONTROUTE), NAME(SO_BROADCAST), NAME(SO_SNDBUF), NAME(SO_RCVBUF),
		NAME(SO_KEEPALIVE), NAME(SO_OOBINLINE), NAME(SO_NO_CHECK), NAME(SO_PRIORITY),
		NAME(SO_LINGER), NAME(SO_REUSEPORT), NAME(SO_PASSCRED), NAME(SO_PEERCRED),
		NAME(SO_RCVLOWAT), NAME(SO_SNDLOWAT), NAME(SO_RCVTIMEO), NAME(SO_SNDTIMEO),
		NAME(SO_BINDTODEVICE), NAME(SO_ATTACH_FILTER), NAME(SO_TIMESTAMP),
		NAME(SO_ACCEPTCONN), NAME(SO_PASSSEC), NAME(SO_TIMESTAMPNS), NAME(SO_MARK),
		NAME(SO_TIMESTAMPING), NAME(SO_PROTOCOL), NAME(SO_DOMAIN), NAME(SO_RXQ_OVFL),
		NAME(SO_PEEK_OFF), NAME(SO_LOCK_FILTER), NAME(SO_BUSY_POLL),
		NAME(SO_MAX_PACING_RATE), NAME(SO_INCOMING_CPU), NAME(SO_MEMINFO),
		NAME(SO_COOKIE), NAME(SO_ZEROCOPY), NAME(SO_TXTIME), NAME(SO_BINDTOIFINDEX),
		NAME(SO_PREFER_BUSY_POLL), NAME(SO_BUSY_POLL_BUDGET), NAME(SO_NETNS_COOKIE),
		NAME(SO_BUF_LOCK), NAME(SO_RESERVE_MEM), NAME(SO_TXREHASH),
	};
#undef NAME
	static char number[24];

	if (option >= 0 && option <= ZS_SNAPSHOT_LAST && names[option])
		return names[option];
	snprintf(number, sizeof(number), "option %d", option);
	return number;
}
