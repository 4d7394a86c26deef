// SPDX-License-Identifier: GPL-2.0
/*
 * Control of zsock_mock.ko.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "mock.h"
#include "zs.h"

#define PARAMETERS "/sys/module/zsock_mock/parameters/"

int mock_put(const char *param, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), PARAMETERS "%s", param);
	/* write() of nothing does not reach the kernel's parameter. */
	return zs_write_file(path, value[0] ? value : "\n") ? -errno : 0;
}

int mock_put_int(const char *param, long long value)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld", value);
	return mock_put(param, text);
}

int mock_set_text(char which, const char *param, const char *value)
{
	char name[64];

	snprintf(name, sizeof(name), "%c_%s", which, param);
	return mock_put(name, value);
}

int mock_set(char which, const char *param, long long value)
{
	char name[64];

	snprintf(name, sizeof(name), "%c_%s", which, param);
	return mock_put_int(name, value);
}

static const char *mock_read(const char *param)
{
	static char text[256];
	char path[128];
	ssize_t n = -1;
	int fd;

	snprintf(path, sizeof(path), PARAMETERS "%s", param);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, text, sizeof(text) - 1);
		close(fd);
	}
	text[n < 0 ? 0 : n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return text;
}

int mock_get_int(const char *param)
{
	const char *text = mock_read(param);

	return *text ? (int)strtoll(text, NULL, 10) : -1000;
}

int mock_get(char which, const char *param)
{
	char name[64];

	snprintf(name, sizeof(name), "%c_%s", which, param);
	return mock_get_int(name);
}

const char *mock_last(char which)
{
	return mock_read(which == 'a' ? "a_last" : "b_last");
}

int mock_register(char which, int priority)
{
	int err = mock_set(which, "priority", priority);

	return err ? err : mock_set(which, "registered", 1);
}

int mock_unregister(char which)
{
	return mock_set(which, "registered", 0);
}

int mock_netdev(char which, const char *device)
{
	return mock_set_text(which, "netdev", device);
}

void mock_forget(char which)
{
	mock_set(which, "asked", 0);
	mock_set(which, "creates", 0);
	mock_set(which, "pairs", 0);
	mock_set_text(which, "last", "-");
}

static const struct {
	const char *param;
	long long value;
} defaults[] = {
	{ "priority", 200 },
	{ "family", 0 },
	{ "features", ZSOCK_BACKEND_F_STREAM | ZSOCK_BACKEND_F_DGRAM },
	{ "flaw", 0 },
	{ "supported", 0xffffffffLL },
	{ "fail", 0 },
	{ "interruptible", 0 },
	{ "protocol", 0 },
};

static int reset_backend(char which)
{
	unsigned int i;
	char name[] = "mock?";

	/* Who is held uses it. */
	mock_set(which, "hold", 0);
	if (mock_get(which, "registered") && mock_unregister(which))
		return -1;
	for (i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++)
		if (mock_set(which, defaults[i].param, defaults[i].value))
			return -1;
	name[4] = which;
	mock_forget(which);
	return mock_set_text(which, "name", name);
}

static int reset_handler(const char *handler, const char *name, int type, int number)
{
	char param[64];
	int err;

	snprintf(param, sizeof(param), "%s_registered", handler);
	if (mock_get_int(param) && mock_put(param, "0"))
		return -1;
	snprintf(param, sizeof(param), "%s_name", handler);
	err = mock_put(param, name);
	snprintf(param, sizeof(param), "%s_type", handler);
	err |= mock_put_int(param, type);
	snprintf(param, sizeof(param), "%s_number", handler);
	err |= mock_put_int(param, number);
	snprintf(param, sizeof(param), "%s_registered", handler);
	return err | mock_put(param, "1");
}

int mock_reset(void)
{
	if (access(PARAMETERS, F_OK)) {
		fprintf(stderr, "# the module zsock_mock is not loaded\n");
		return -1;
	}
	return reset_backend('a') || reset_backend('b') ||
	       reset_handler("stream", "mockstream", SOCK_STREAM, 200) ||
	       reset_handler("domain", "mockdomain", SOCK_DGRAM, 201) ||
	       mock_put("permit_errno", "0") || mock_put("option_errno", "0") ||
	       mock_put("overrides", "0") || mock_put("getnames", "0") ||
	       mock_put("upper", "0") ? -1 : 0;
}

const char *mock_backend_of(int fd)
{
	static char name[ZSOCK_NAME_MAX];
	socklen_t len = sizeof(name);

	memset(name, 0, sizeof(name));
	if (getsockopt(fd, SOL_ZSOCK, ZSOCK_BACKEND, name, &len))
		strcpy(name, "(error)");
	return name;
}

int mock_choose(int fd, const char *name)
{
	return setsockopt(fd, SOL_ZSOCK, ZSOCK_BACKEND, name, strlen(name) + 1) ? -errno : 0;
}

int mock_first_call(int fd)
{
	union zs_addr addr;
	socklen_t len = sizeof(addr);

	return getsockname(fd, &addr.sa, &len) ? -errno : 0;
}

int mock_rmmod(const char *module)
{
	return syscall(SYS_delete_module, module, O_NONBLOCK) ? -errno : 0;
}
