// SPDX-License-Identifier: GPL-2.0
/*
 * zsockctl backend: who carries sockets, in the order in which they are asked.
 */
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include <linux/zsock.h>

#include "backend.h"
#include "out.h"
#include "zsockctl.h"

static const char help[] =
"Usage: zsockctl backend [ list ]\n"
"       zsockctl backend add NAME PIPE [ --prio NUMBER ] [ --netdev DEVICE ]\n"
"                [ --label TEXT ] [ --reconnect ]\n"
"       zsockctl backend del NAME [ --force ]\n"
"       zsockctl backend monitor\n"
"PIPE := { --unix PATH | --vsock CID:PORT | --tcp HOST:PORT | --fd NUMBER |\n"
"          --tty DEVICE[,BAUD] }\n";

enum { NAME, PRIORITY, FAMILY, SOCKETS, FEATURES, MODULE, DEVICES, STATE, PEER,
       LABEL };

static const char * const headers[] = {
	"Name", "Priority", "Family", "Sockets", "Features", "Module", "Devices",
	"State", "Peer", "Label",
};

static const struct {
	uint32_t bit;
	const char *name;
} features[] = {
	{ ZSOCK_BACKEND_F_STREAM, "stream" },
	{ ZSOCK_BACKEND_F_DGRAM, "dgram" },
	{ ZSOCK_BACKEND_F_PLAIN_NETDEV, "plain-netdev" },
	{ ZSOCK_BACKEND_F_PAIR, "pair" },
	{ ZSOCK_BACKEND_F_TLS, "tls" },
	{ ZSOCK_BACKEND_F_INET, "inet" },
};

/* "a,b,c" in the table, an array in JSON */
static void add(char *all, size_t size, const char *word)
{
	size_t len = strlen(all);

	snprintf(all + len, size - len, "%s%s", len ? "," : "", word);
	json_str(NULL, word);
}

static void show_features(uint32_t mask)
{
	char all[128] = "";
	char rest[16];
	size_t i;

	json_open("features", '[');
	for (i = 0; i < sizeof(features) / sizeof(features[0]); i++) {
		if (mask & features[i].bit)
			add(all, sizeof(all), features[i].name);
		mask &= ~features[i].bit;
	}
	if (mask) {		/* newer than this program */
		snprintf(rest, sizeof(rest), "%#x", mask);
		add(all, sizeof(all), rest);
	}
	json_close();
	text(FEATURES, all[0] ? all : "-");
}

static void show_devices(const struct zsk_backend *b)
{
	char all[512] = "";
	char name[IF_NAMESIZE + 16];
	size_t i;

	json_open("devices", '[');
	for (i = 0; i < b->nifindexes; i++) {
		if (!if_indextoname(b->ifindexes[i], name))
			snprintf(name, sizeof(name), "if%u", b->ifindexes[i]);
		add(all, sizeof(all), name);
	}
	json_close();
	text(DEVICES, all[0] ? all : "-");
}

/* Of one behind a pipe; others are always there. */
static const char *state_name(uint32_t state)
{
	switch (state) {
	case 0:
		return "";
	case ZSOCK_BACKEND_STATE_UP:
		return "up";
	case ZSOCK_BACKEND_STATE_DOWN:
		return "down";
	default:		/* newer than this program */
		return "other";
	}
}

/* What is empty in JSON is a dash in the table, so that it is a word. */
static void optional(int column, const char *key, const char *value)
{
	text(column, *value ? value : "-");
	json_str(key, value);
}

static void show_pipe(const struct zsk_backend *b)
{
	optional(STATE, "state", state_name(b->state));
	optional(PEER, "peer", b->peer);
	optional(LABEL, "label", b->label);
	if (b->state == ZSOCK_BACKEND_STATE_DOWN)
		json_num("error", b->error);
}

static int show(const struct zsk_backend *b, void *arg)
{
	char buf[16];

	(void)arg;
	list_row();
	field_str(NAME, "name", b->name);
	field_num(PRIORITY, "priority", b->priority);
	field_str(FAMILY, "family", family_name(b->family, buf, sizeof(buf)));
	field_num(SOCKETS, "sockets", b->sockets);
	show_features(b->features);
	field_str(MODULE, "module", b->module);
	show_devices(b);
	show_pipe(b);
	list_row_end();
	return 0;
}

static int list(void)
{
	struct zsk *z = kernel_open();

	if (!z)
		return EXIT_KERNEL;
	list_begin(headers, sizeof(headers) / sizeof(headers[0]), true);
	return list_said(z, zsk_backend_list(z, show, NULL));
}

int backend_main(int argc, char **argv)
{
	int ret;

	/* Whole words, for what changes something; getopt needs the first. */
	if (argc && !strcmp(argv[0], "add"))
		return backend_add(argc, argv);
	if (argc && (!strcmp(argv[0], "del") || !strcmp(argv[0], "delete")))
		return backend_del(argc, argv);
	if (argc && abbreviates(argv[0], "monitor"))
		return backend_monitor(argc - 1, argv + 1);
	ret = list_only("backend", help, argc, argv);
	return ret >= 0 ? ret : list();
}
