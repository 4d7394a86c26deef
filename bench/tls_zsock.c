// SPDX-License-Identifier: GPL-2.0
/* What TLS over AF_ZSOCK needs: modules, credentials, the agent. */
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/zsock.h>

#include "tls.h"

extern char **environ;

static pid_t agent, owner;

/* ---- programs ---- */

static void run_program(char *const argv[])
{
	int err, status;
	pid_t pid;

	err = posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ);
	if (err)
		die("%s: %s", argv[0], strerror(err));
	if (waitpid(pid, &status, 0) != pid)
		die_errno("waitpid");
	if (status)
		die("%s failed", argv[0]);
}

static char *tool(const char *name)
{
	char *path;

	if (asprintf(&path, "%s/%s", opt.tools, name) < 0)
		die("out of memory");
	return path;
}

/* ---- modules ---- */

/*
 * Where two drivers know a cipher kTLS takes that of the higher priority. The
 * one in C would make all figures nonsense.
 */
static void check_crypto(void)
{
	char line[256], name[128] = "", driver[128] = "", best[128] = "none";
	FILE *file = fopen("/proc/crypto", "r");
	int priority, highest = -1;

	if (!file)
		die_errno("/proc/crypto");
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "name : %127s", name) == 1 ||
		    sscanf(line, "driver : %127s", driver) == 1 ||
		    sscanf(line, "priority : %d", &priority) != 1)
			continue;
		if (strcmp(name, "gcm(aes)") || priority < highest)
			continue;
		highest = priority;
		strcpy(best, driver);
	}
	fclose(file);
	if (!strstr(best, "aesni"))
		die("the kernel's gcm(aes) is '%s', not one with AES-NI", best);
}

/* ---- the agent ---- */

static void stop_agent(void)
{
	if (agent > 0 && owner == getpid())
		kill(agent, SIGTERM);
}

static void add_credential(const char *tag, const char *type, enum tls_key key,
			   const char *suffix)
{
	char *program = tool("zsockctl");
	char *const argv[] = {
		program, "cred", "add", (char *)tag, (char *)type,
		(char *)lib_key_file(key, suffix), "replace", NULL,
	};

	run_program(argv);
	free(program);
}

/* In the background, where it goes when it is ready, and not before. */
static void start_agent(void)
{
	char path[] = "/tmp/zbench-tlsd.XXXXXX";
	char *program = tool("zsock-tlsd");
	char *const argv[] = { program, "--pid", path, NULL };
	int fd = mkstemp(path);
	FILE *file;

	if (fd < 0)
		die_errno("%s", path);
	close(fd);
	run_program(argv);
	file = fopen(path, "r");
	if (!file || fscanf(file, "%d", &agent) != 1)
		die("%s does not say what zsock-tlsd's process ID is", path);
	fclose(file);
	unlink(path);
	free(program);
	owner = getpid();
	atexit(stop_agent);
}

void tls_prepare(void)
{
	char *const modprobe[] = { "modprobe", "-a", "tls", "aesni_intel", NULL };
	static bool prepared;

	if (prepared)
		return;
	prepared = true;
	run_program(modprobe);
	check_crypto();
	if (!opt.fam[FAM_ZSOCK])
		return;
	add_credential("1", "cert", KEY_ECDSA, "crt");
	add_credential("1", "key", KEY_ECDSA, "key");
	add_credential("2", "cert", KEY_RSA, "crt");
	add_credential("2", "key", KEY_RSA, "key");
	start_agent();
}

/* ---- sockets ---- */

struct fam tls_fam(const struct fam *fam, int version)
{
	struct fam tls = *fam;

	if (fam->id == FAM_ZSOCK)
		tls.stream_proto = ZSOCK_PROTO(AF_INET, version == TLS1_3_VERSION ?
					       IPPROTO_TLS_1_3 : IPPROTO_TLS_1_2);
	return tls;
}

static int suite(int version, enum tls_key key)
{
	if (version == TLS1_3_VERSION)
		return 0x1301;
	return key == KEY_RSA ? 0xc02f : 0xc02b;
}

static void set_option(int fd, int option, int value)
{
	if (setsockopt(fd, SOL_TLS, option, &value, sizeof(value)))
		die_errno("zsock: SOL_TLS option %d", option);
}

/* The clients of OpenSSL do not verify their peers either. */
void zsock_options(int fd, int version, enum tls_key key, bool server,
		   bool tickets)
{
	set_option(fd, TLS_CIPHERSUITE_LIST, suite(version, key));
	set_option(fd, TLS_SESSION_CACHE, tickets ? TLS_SESSION_CACHE_ENABLED :
						    TLS_SESSION_CACHE_DISABLED);
	set_option(fd, TLS_PEER_VERIFY, TLS_PEER_VERIFY_NONE);
	if (server)
		set_option(fd, TLS_SEC_TAG_LIST, key);
	else if (setsockopt(fd, SOL_TLS, TLS_HOSTNAME, NULL, 0))
		die_errno("zsock: TLS_HOSTNAME");
}

void zsock_verify(int fd, int version)
{
	const unsigned int both = ZSOCK_INFO_F_TLS_TX | ZSOCK_INFO_F_TLS_RX;
	struct zsock_info info = { 0 };
	socklen_t len = sizeof(info);

	fam_verify(fam_get(FAM_ZSOCK), fd, true);
	if (getsockopt(fd, SOL_ZSOCK, ZSOCK_INFO, &info, &len))
		die_errno("zsock: getsockopt(ZSOCK_INFO)");
	if (strcmp(info.handler, "tls") || (info.flags & both) != both)
		die("zsock: kTLS does not carry it: handler '%s', flags %#x",
		    info.handler, info.flags);
	if (info.tls_version != version ||
	    (info.tls_cipher != suite(version, KEY_ECDSA) &&
	     info.tls_cipher != suite(version, KEY_RSA)))
		die("zsock: version %#x and suite %#x were agreed",
		    info.tls_version, info.tls_cipher);
}
