// SPDX-License-Identifier: GPL-2.0
/*
 * A user's own LD_PRELOAD: says on stderr which families it is asked for. No
 * headers, so that it compiles fast in an emulator.
 */
#define RTLD_NEXT ((void *)-1L)

void *dlsym(void *handle, const char *name);
int dprintf(int fd, const char *format, ...);

int socket(int domain, int type, int protocol)
{
	int (*next)(int, int, int) = (int (*)(int, int, int))dlsym(RTLD_NEXT, "socket");

	dprintf(2, "wrap: socket(%d)\n", domain);
	return next(domain, type, protocol);
}
