// SPDX-License-Identifier: GPL-2.0
/*
 * Echo servers in the kernel, of selftests/mock/kpi_bench.c. The client is the same
 * TCP socket for all; a "family" says which of the servers it is connected to.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <unistd.h>

#include "zbench.h"

#define KPI_PORT	7101
#define PLAIN_PORT	7102
#define MODULE		"/sys/module/zsock_kpi_bench"

static const char *kpi_missing(void)
{
	return access(MODULE, F_OK) ? "zsock_kpi_bench.ko is not loaded" : NULL;
}

static void *kpi_setup(const struct fam *fam)
{
	struct sockaddr_in addr = {
		.sin_family	= AF_INET,
		.sin_addr	= { htonl(INADDR_LOOPBACK) },
	};
	int *fd;

	if (fam->id != FAM_INET && fam->id != FAM_CONTROL && fam->id != FAM_ZSOCK)
		return NULL;
	addr.sin_port = htons(fam->id == FAM_ZSOCK ? KPI_PORT : PLAIN_PORT);
	fd = malloc(sizeof(*fd));
	if (!fd)
		die("out of memory");
	*fd = socket(AF_INET, SOCK_STREAM, 0);
	if (*fd < 0 || connect(*fd, (void *)&addr, sizeof(addr)))
		die_errno("connect to a server in the kernel");
	set_nodelay(fam_get(FAM_INET), *fd);
	return fd;
}

static void kpi_run(void *arg, unsigned int ops)
{
	const int *fd = arg;
	char byte = 'z';

	while (ops--) {
		if (send(*fd, &byte, 1, 0) != 1)
			die_errno("send");
		if (recv(*fd, &byte, 1, 0) != 1)
			die_errno("recv");
	}
}

static void kpi_teardown(void *arg)
{
	int *fd = arg;

	close(*fd);
	free(fd);
}

static const struct bench kpi_cases[] = {
	{
		.name = "kpi-rr",
		.what = "one byte to a server in the kernel and back",
		.batch = 1,
		.longer = 1,
		.more = 1,
		.missing = kpi_missing,
		.setup = kpi_setup,
		.run = kpi_run,
		.teardown = kpi_teardown,
	},
	{ }
};

BENCH_CASES(kpi_cases);
