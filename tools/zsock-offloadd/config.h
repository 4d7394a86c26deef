/* SPDX-License-Identifier: GPL-2.0 */
#ifndef OFFLOADD_CONFIG_H
#define OFFLOADD_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

enum {
	EXIT_OK = 0,
	EXIT_USAGE = 1,		/* what was asked for makes no sense */
	EXIT_KERNEL = 2,	/* the kernel said no */
};

#define LISTEN_MAX	16
#define WINDOW_DEFAULT	(256 << 10)
#define WINDOW_GROWTH	4	/* as many of them, where nothing waits */
#define GROWN_MAX	(64 << 20)	/* by growth, of a pipe's sockets */
#define SOCKETS_DEFAULT	4096
#define SOCKETS_MAX	65536
#define PIPES_DEFAULT	16
#define PIPES_MAX	256
#define SILENCE_DEFAULT	60000

/* What the command line says, and what follows from it. */
struct config {
	bool foreground, tls;
	const char *user, *pid_file;
	const char *listen[LISTEN_MAX];
	unsigned int nlisten;
	int fd;				/* -1: none */
	unsigned int window, sockets, pipes, silence;
	char name[32];
	uint32_t features;
	int tls_family;
};

extern struct config config;

void config_parse(int argc, char **argv);

#endif /* OFFLOADD_CONFIG_H */
