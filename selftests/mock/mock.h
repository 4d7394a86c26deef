/* SPDX-License-Identifier: GPL-2.0 */
/* The parts of zsock_mock.ko. */
#ifndef _ZSOCK_MOCK_H
#define _ZSOCK_MOCK_H

#include <linux/atomic.h>
#include <linux/moduleparam.h>
#include <net/zsock.h>

/* The module has two of each: what A is told does not touch B. */
#define MOCK_BACKENDS	2

/* Longer than ZSOCK_NAME_MAX: names that are too long are to be tried, too. */
#define MOCK_NAME_SIZE	32

/* mock_backend.flaw: what a backend's table lacks. */
#define MOCK_FLAW_NO_NAME	1
#define MOCK_FLAW_NO_SUPPORTED	2
#define MOCK_FLAW_NO_CREATE	4
#define MOCK_FLAW_NO_PAIR	8

/**
 * struct mock_backend - a backend and its controls
 * @calls: the functions, all of them
 * @table: what is registered: @calls and the controls as they were then
 * @registered: whether it is
 * @table_name: its name then
 * @name: of the next registration, like @priority, @family, @features, @flaw
 * @supported: is_supported() says yes to the types that have their bit here
 * @fail: errno of create(), 0 to succeed
 * @hold: from this one on (@creates) no create() goes on before it is 0 again
 * @interruptible: whether a signal ends that, and with it create()
 * @protocol: of the socket that is made, 0 for the one that is asked for
 * @mark: sk_mark of the sockets that it makes
 * @asked: calls of is_supported()
 * @creates: calls of create(), failing ones too
 * @pairs: calls of socketpair()
 * @last: what create() was told last, in words
 */
struct mock_backend {
	const struct zsock_backend calls;
	struct zsock_backend	table;
	bool			registered;
	char			table_name[MOCK_NAME_SIZE];
	char			name[MOCK_NAME_SIZE];
	int			priority;
	int			family;
	unsigned int		features;
	unsigned int		flaw;
	unsigned int		supported;
	int			fail;
	unsigned int		hold;
	bool			interruptible;
	int			protocol;
	unsigned int		mark;
	atomic_t		asked;
	atomic_t		creates;
	atomic_t		pairs;
	char			last[128];
};

/* backend.c */
extern struct mock_backend mock_backends[MOCK_BACKENDS];
int mock_backend_register(struct mock_backend *mock, bool on);
int mock_backend_netdev(struct mock_backend *mock, const char *name);
void mock_backends_exit(void);

/* handler.c: a stream protocol of its own, and one with domains of its own. */
struct mock_handler {
	struct zsock_proto	table;
	struct zsock_proto_id	id;
	bool			registered;
	char			table_name[MOCK_NAME_SIZE];
	char			name[MOCK_NAME_SIZE];
	int			type;
	int			number;
};

extern struct mock_handler mock_stream;
extern struct mock_handler mock_domain;
int mock_handler_register(struct mock_handler *mock, bool on);
void mock_handlers_exit(void);

extern int mock_permit_errno;
extern int mock_option_errno;
extern atomic_t mock_overrides;
extern atomic_t mock_getnames;
extern atomic_t mock_upper;

#endif /* _ZSOCK_MOCK_H */
