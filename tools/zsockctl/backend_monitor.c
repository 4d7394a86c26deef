// SPDX-License-Identifier: GPL-2.0
/*
 * zsockctl backend monitor: whose pipe works, and whose does not any more.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../common/genl.h"
#include "backend.h"
#include "out.h"
#include "zsockctl.h"

static void show_json(const char *event, const struct nlattr **tb)
{
	json_open(NULL, '{');
	json_str("event", event);
	json_str("name", attr_str(tb[ZSOCK_A_BACKEND_NAME]));
	json_str("label", attr_str(tb[ZSOCK_A_BACKEND_LABEL]));
	if (tb[ZSOCK_A_BACKEND_ERROR])
		json_num("error", attr_u32(tb[ZSOCK_A_BACKEND_ERROR]));
	json_close();
}

static void show_text(const char *event, const struct nlattr **tb)
{
	uint32_t error = attr_u32(tb[ZSOCK_A_BACKEND_ERROR]);

	printf("%s %s %s%s%s\n", event, attr_str(tb[ZSOCK_A_BACKEND_NAME]),
	       attr_str(tb[ZSOCK_A_BACKEND_LABEL]), error ? ": " : "",
	       error ? strerror(error) : "");
}

static void show(const struct nlmsghdr *nlh, void *arg)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *tb[ZSOCK_A_BACKEND_MAX + 1];
	const char *event;

	(void)arg;
	genl_attrs(nlh, tb, ZSOCK_A_BACKEND_MAX);
	if (genl->cmd == ZSOCK_CMD_BACKEND_UP)
		event = "up";
	else if (genl->cmd != ZSOCK_CMD_BACKEND_DOWN)
		return;
	else if (attr_u32(tb[ZSOCK_A_BACKEND_ERROR]) == ENODEV)
		event = "deleted";
	else
		event = "down";
	if (out_json)
		show_json(event, tb);
	else
		show_text(event, tb);
}

int backend_monitor(int argc, char **argv)
{
	struct genl_events ev;
	int ret;

	if (argc)
		return unwanted_argument("backend", argv[0]);
	ret = genl_events_open(&ev, ZSOCK_GENL_BACKEND);
	if (ret != EXIT_OK)
		return ret;
	while (!ev.gone) {
		if (genl_events_take(&ev, -1, show, NULL) < 0) {
			perror("zsockctl: backend: cannot read events");
			return EXIT_KERNEL;
		}
		if (ev.lost)
			fputs("zsockctl: backend: events were lost, there were too many: see \"zsockctl backend list\"\n",
			      stderr);
		ev.lost = false;
		/* Who reads them is to have them now; or is gone. */
		if (fflush(stdout) || ferror(stdout))
			return EXIT_OK;	/* main() says it */
	}
	fputs("zsockctl: the zsock module was unloaded\n", stderr);
	return EXIT_KERNEL;
}
