// SPDX-License-Identifier: GPL-2.0
/*
 * zsockctl backend monitor: whose pipe works, and whose does not any more.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "backend.h"
#include "out.h"
#include "zsockctl.h"

static const char *explain(int error)
{
	switch (error) {
	case EPERM:
		return "this needs CAP_NET_ADMIN in the network namespace";
	case EOPNOTSUPP:
		return "the module has no such events";
	default:
		return strerror(error);
	}
}

/* To be listened to; or NULL, and complaints have been made. */
struct zsk_monitor *backend_events(void)
{
	struct zsk_monitor *m;
	int ret = zsk_monitor_open(&m);

	if (ret == -ENOPROTOOPT)
		kernel_not_loaded();
	else if (ret)
		fprintf(stderr, "zsockctl: cannot listen to events: %s\n",
			explain(-ret));
	return m;
}

static void show_json(const char *event, const struct zsk_event *e)
{
	json_open(NULL, '{');
	json_str("event", event);
	json_str("name", e->name);
	json_str("label", e->label);
	if (e->has_error)
		json_num("error", e->error);
	json_close();
}

static void show_text(const char *event, const struct zsk_event *e)
{
	printf("%s %s %s%s%s\n", event, e->name, e->label,
	       e->error ? ": " : "", e->error ? strerror(e->error) : "");
}

static int show(const struct zsk_event *e, void *arg)
{
	static const char * const names[] = {
		[ZSK_EVENT_UP] = "up",
		[ZSK_EVENT_DOWN] = "down",
		[ZSK_EVENT_DELETED] = "deleted",
	};

	(void)arg;
	if (e->event == ZSK_EVENT_LOST)
		fputs("zsockctl: backend: events were lost, there were too many: see \"zsockctl backend list\"\n",
		      stderr);
	if (e->event < ZSK_EVENT_UP || e->event > ZSK_EVENT_DELETED)
		return 0;
	if (out_json)
		show_json(names[e->event], e);
	else
		show_text(names[e->event], e);
	return 0;
}

static int watch(struct zsk_monitor *m)
{
	int ret;

	do {
		ret = zsk_monitor_read(m, -1, show, NULL);
		/* Who reads them is to have them now; or is gone. */
		if (fflush(stdout) || ferror(stdout))
			return EXIT_OK;	/* main() says it */
	} while (!ret || ret == -EINTR);
	if (ret == -ENODEV)
		fputs("zsockctl: the zsock module was unloaded\n", stderr);
	else
		fprintf(stderr, "zsockctl: backend: cannot read events: %s\n",
			strerror(-ret));
	return EXIT_KERNEL;
}

int backend_monitor(int argc, char **argv)
{
	struct zsk_monitor *m;
	int ret;

	if (argc)
		return unwanted_argument("backend", argv[0]);
	m = backend_events();
	if (!m)
		return EXIT_KERNEL;
	ret = watch(m);
	zsk_monitor_close(m);
	return ret;
}
