// SPDX-License-Identifier: GPL-2.0
/*
 * zsock_fuzz [-s SEED] [-t SECONDS] [-p PROCESSES] [-u UID] [-v]
 * zsock_fuzz -1 -s SEED -P PROCESS -G GENERATION [-u UID] [-v]
 *
 * Random socket calls on AF_ZSOCK for so many seconds, from several processes, every other of
 * them as an unprivileged user (all of them as UID with -u). The seed is printed; with -1 the
 * calls of one process's generation (printed to the kernel log as they begin) are made again
 * by one thread. Then nothing may be left of the sockets, and the module has to go and come
 * back. That nothing was said in the kernel's log is for the caller to check (tools/vm does).
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "parts/fuzz.h"

#define NOBODY		65534
/* A generation makes this many calls in each thread. */
#define CALLS_EACH	500
/* One in which no call ends for so long is hung. */
#define STUCK_MS	40000

static struct {
	uint64_t seed;
	int seconds;
	unsigned int processes;
	int uid;
	bool verbose;
	bool replay;
	unsigned int process;
	unsigned int generation;
} opt = { .seconds = 60, .processes = 4, .uid = -1 };

struct child {
	pid_t pid;
	unsigned int generation;
	unsigned long beat;
	long long since;
};

static struct child children[PROCESSES_MAX];
static unsigned int crashed, stuck;

static void kernel_log(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static void kernel_log(const char *fmt, ...)
{
	int fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	va_list ap;

	if (fd < 0)
		return;
	va_start(ap, fmt);
	vdprintf(fd, fmt, ap);
	va_end(ap);
	close(fd);
}

/* Nothing that the calls do to descriptors 0 to 2 is to be seen. */
static void silence(void)
{
	int null = open("/dev/null", O_RDWR);

	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	if (null > 2)
		close(null);
}

static bool unprivileged(unsigned int process)
{
	return opt.uid >= 0 || process & 1;
}

static void become(unsigned int process)
{
	int uid = opt.uid >= 0 ? opt.uid : NOBODY;

	if (!unprivileged(process) || geteuid())
		return;
	if (setgroups(0, NULL) || setresgid(uid, uid, uid) || setresuid(uid, uid, uid))
		_exit(2);
	/* As it was before: /proc/self has to be readable. */
	prctl(PR_SET_DUMPABLE, 1);
}

static int generation(unsigned int process, unsigned int number)
{
	struct rng r;

	worker.seed = opt.seed;
	worker.process = process;
	worker.generation = number;
	worker.calls = CALLS_EACH;
	worker.verbose = opt.verbose;
	rng_seed(&r, opt.seed, process, number, 0);
	worker.threads = opt.replay ? 1 : 1 + rng_below(&r, 3);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	become(process);
	if (!opt.verbose)
		silence();
	return worker_run();
}

static void start(unsigned int process)
{
	struct child *c = &children[process];

	kernel_log("<7>zsock_fuzz: -s %llu -P %u -G %u\n", (unsigned long long)opt.seed, process,
		   c->generation);
	fflush(stdout);
	c->since = zs_now_ms();
	c->pid = fork();
	if (!c->pid) {
		signal(SIGINT, SIG_DFL);
		exit(generation(process, c->generation));
	}
	shared->generations++;
}

static void show_file(const char *path)
{
	char line[256];
	FILE *f = fopen(path, "re");

	while (f && fgets(line, sizeof(line), f))
		printf("#   %s", line);
	if (f)
		fclose(f);
}

static void ended(unsigned int process, int status)
{
	struct child *c = &children[process];

	c->pid = 0;
	if (WIFEXITED(status) && !WEXITSTATUS(status)) {
		c->generation++;
		return;
	}
	printf("# -s %llu -P %u -G %u ended with status %#x\n", (unsigned long long)opt.seed,
	       process, c->generation, status);
	c->generation++;
	crashed++;
}

static void check_stuck(unsigned int process)
{
	struct child *c = &children[process];
	char path[64];

	if (c->pid && c->beat != shared->beat[process] && c->since < LLONG_MAX / 2) {
		c->beat = shared->beat[process];
		c->since = zs_now_ms();
	}
	if (!c->pid || zs_now_ms() - c->since < STUCK_MS)
		return;
	printf("# -s %llu -P %u -G %u makes no progress:\n", (unsigned long long)opt.seed, process,
	       c->generation);
	snprintf(path, sizeof(path), "/proc/%d/stack", c->pid);
	show_file(path);
	kill(c->pid, SIGKILL);
	c->since = LLONG_MAX / 2;
	stuck++;
}

/* ---- the agent ---- */

static pid_t agent_pid;

/* Handshakes that nobody ends are not to be waited for. */
static void start_agent(void)
{
	if (!zs_is_zsock() || geteuid())
		return;
	zs_write_file("/proc/sys/net/zsock/handshake_timeout", "1000");
	zs_write_file("/proc/sys/net/zsock/handshake_grace", "100");
	fflush(stdout);
	agent_pid = fork();
	if (agent_pid)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGIO, SIG_IGN);
	silence();
	agent_forever(opt.seed);
}

static void stop_agent(void)
{
	int status;

	if (agent_pid <= 0)
		return;
	if (waitpid(agent_pid, &status, WNOHANG)) {
		printf("# the agent ended with status %#x\n", status);
		crashed++;
		return;
	}
	kill(agent_pid, SIGKILL);
	waitpid(agent_pid, NULL, 0);
}

static unsigned int reap(void)
{
	unsigned int running = 0;

	for (unsigned int p = 0; p < opt.processes; p++) {
		int status;

		if (children[p].pid && waitpid(children[p].pid, &status, WNOHANG) > 0)
			ended(p, status);
		check_stuck(p);
		running += children[p].pid != 0;
	}
	return running;
}

static volatile sig_atomic_t stop;

static void on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

static void run(void)
{
	long long end = zs_now_ms() + opt.seconds * 1000LL, grace = end + 2 * STUCK_MS;

	signal(SIGINT, on_signal);
	while (zs_now_ms() < end && !stop) {
		reap();
		for (unsigned int p = 0; p < opt.processes; p++)
			if (!children[p].pid)
				start(p);
		zs_sleep_ms(20);
	}
	while (reap() && zs_now_ms() < grace)
		zs_sleep_ms(20);
}

/* ---- the report ---- */

static int test_number, failures;

static void result(bool good, const char *what)
{
	printf("%s %d - %s\n", good ? "ok" : "not ok", ++test_number, what);
	failures += !good;
}

static bool unreached(enum call call)
{
	bool needed = call_info[call].needed;

	/* What only root may do, without a process of root's. */
	if (geteuid() && call == CALL_backend)
		needed = zs_is_zsock();
	if (!zs_is_zsock() && (call == CALL_backend || call == CALL_dump))
		needed = false;
	/* Without TLS, or an agent. */
	if (call >= CALL_tls_socket && (!zs_is_zsock() || geteuid()))
		needed = false;
	if ((call == CALL_tls_agent || call == CALL_tls_message) && opt.uid >= 0)
		needed = false;
	return needed && !shared->succeeded[call];
}

static void report_calls(void)
{
	bool good = true;

	for (int i = 0; i < CALLS; i++) {
		printf("# %-18s %8lu tried %8lu succeeded%s\n", call_info[i].name,
		       shared->tried[i], shared->succeeded[i],
		       unreached(i) ? "  <- never" : "");
		good = good && !unreached(i);
	}
	result(good, "every important call succeeded at least once");
}

/* The header alone. The collector of AF_UNIX sockets and delayed closes take their time. */
static bool listing_empty(void)
{
	for (int tries = 0; tries < 100; tries++) {
		/* Closing a Unix socket sets the collector to work. */
		close(socket(AF_UNIX, SOCK_STREAM, 0));
		if (zs_count_lines("/proc/net/zsock") == 1)
			return true;
		zs_sleep_ms(100);
	}
	show_file("/proc/net/zsock");
	return false;
}

static long module_refs(void)
{
	FILE *f = fopen("/sys/module/zsock/refcnt", "re");
	long refs = -1;

	if (f && fscanf(f, "%ld", &refs) != 1)
		refs = -1;
	if (f)
		fclose(f);
	return refs;
}

static bool module_idle(void)
{
	for (int tries = 0; tries < 100; tries++) {
		if (!module_refs())
			return true;
		zs_sleep_ms(100);
	}
	printf("# zsock is used %ld times\n", module_refs());
	return false;
}

/* Out and in again, with a socket to show that it lives. */
static bool module_reloads(const char *dir)
{
	char path[PATH_MAX];
	int fd, sock;
	bool good;

	snprintf(path, sizeof(path), "%s/zsock.ko", dir);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		printf("# %s: %m\n", path);
		return false;
	}
	good = !syscall(SYS_delete_module, "zsock", O_NONBLOCK);
	if (!good)
		printf("# delete_module: %m\n");
	if (good && syscall(SYS_finit_module, fd, "", 0)) {
		printf("# finit_module: %m\n");
		good = false;
	}
	close(fd);
	sock = zs_socket(AF_INET, SOCK_STREAM, 0);
	if (sock < 0)
		good = false;
	else
		close(sock);
	return good;
}

static void report_module(void)
{
	const char *dir = getenv("ZSOCK_MODULE_DIR");
	const char *what = "the module can be removed and inserted again";

	result(listing_empty(), "no socket is left in /proc/net/zsock");
	result(module_idle(), "no socket holds the module");
	if (dir && !geteuid())
		result(module_reloads(dir), what);
	else
		printf("ok %d - %s # SKIP needs root and ZSOCK_MODULE_DIR\n", ++test_number, what);
}

static void report(void)
{
	printf("1..%d\n", zs_is_zsock() ? 6 : 3);
	printf("# %lu generations\n", shared->generations);
	result(!crashed, "no process crashed");
	result(!stuck, "no process hung");
	report_calls();
	if (zs_is_zsock())
		report_module();
}

/* ---- the beginning ---- */

static void usage(void)
{
	fputs("usage: zsock_fuzz [-s SEED] [-t SECONDS] [-p PROCESSES] [-u UID] [-v]\n"
	      "       zsock_fuzz -1 -s SEED -P PROCESS -G GENERATION [-u UID] [-v]\n", stderr);
	exit(2);
}

static void arguments(int argc, char **argv)
{
	struct timespec now;
	int c;

	clock_gettime(CLOCK_REALTIME, &now);
	opt.seed = now.tv_sec * 1000000ULL + now.tv_nsec / 1000;
	while ((c = getopt(argc, argv, "1s:t:p:u:vP:G:")) != -1) {
		switch (c) {
		case '1':
			opt.replay = true;
			break;
		case 's':
			opt.seed = strtoull(optarg, NULL, 0);
			break;
		case 't':
			opt.seconds = atoi(optarg);
			break;
		case 'p':
			opt.processes = atoi(optarg);
			break;
		case 'u':
			opt.uid = atoi(optarg);
			break;
		case 'v':
			opt.verbose = true;
			break;
		case 'P':
			opt.process = atoi(optarg);
			break;
		case 'G':
			opt.generation = atoi(optarg);
			break;
		default:
			usage();
		}
	}
	if (optind != argc || opt.seconds <= 0 || !opt.processes ||
	    opt.processes > PROCESSES_MAX)
		usage();
}

int main(int argc, char **argv)
{
	arguments(argc, argv);
	setlinebuf(stdout);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED) {
		perror("zsock_fuzz: mmap");
		return 2;
	}
	printf("# zsock_fuzz: -s %llu -t %d -p %u\n", (unsigned long long)opt.seed, opt.seconds,
	       opt.processes);
	/* Devices and ports of one's own. Not possible without root: then those that are. */
	if (!geteuid() && zs_new_netns()) {
		perror("zsock_fuzz: network namespace");
		return 2;
	}
	start_agent();
	if (opt.replay)
		return generation(opt.process, opt.generation);
	run();
	stop_agent();
	report();
	return failures != 0;
}
