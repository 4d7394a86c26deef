/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Control of zsock_mock.ko, which has two backends, 'a' and 'b', and two handlers.
 */
#ifndef ZS_MOCK_H
#define ZS_MOCK_H

#include <stdbool.h>

#define MOCK_BACKENDS "ab"
#define MOCK_A "mocka"
#define MOCK_B "mockb"

/* sk_mark of their sockets. */
#define MOCK_MARK_A 0xa
#define MOCK_MARK_B 0xb

/* What a backend's table lacks. */
#define MOCK_FLAW_NO_NAME 1
#define MOCK_FLAW_NO_SUPPORTED 2
#define MOCK_FLAW_NO_CREATE 4
#define MOCK_FLAW_NO_PAIR 8

/* Write one of the module's parameters: 0 or -errno. */
int mock_put(const char *param, const char *value);
int mock_put_int(const char *param, long long value);
/* Those of backend which: 'a' or 'b'. */
int mock_set(char which, const char *param, long long value);
int mock_set_text(char which, const char *param, const char *value);
/* Read one: its value, or -1000. */
int mock_get(char which, const char *param);
int mock_get_int(const char *param);
/* What create() was told last; a static buffer. */
const char *mock_last(char which);

/* Register with this priority; take away. 0 or -errno. */
int mock_register(char which, int priority);
int mock_unregister(char which);
/* Put a backend behind a device of this network namespace; 0 or -errno. */
int mock_netdev(char which, const char *device);

/*
 * Everything as after loading: no backend, both handlers. 0, or -1 where something is in use.
 */
int mock_reset(void);

/* Counted since the last mock_reset() or mock_forget(). */
#define mock_creates(which) mock_get(which, "creates")
void mock_forget(char which);

/* The backend of a dispatched socket, the one chosen for a fresh one, or "". Static buffer. */
const char *mock_backend_of(int fd);
/* Set ZSOCK_BACKEND: 0 or -errno. */
int mock_choose(int fd, const char *name);
/* Have the socket dispatched by a call that does nothing else: 0 or -errno. */
int mock_first_call(int fd);
/* delete_module(): 0 or -errno. */
int mock_rmmod(const char *module);

#endif
