// SPDX-License-Identifier: GPL-2.0
/*
 * The program decides about a certificate: whatever it says counts, and while
 * it says nothing the handshake waits.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sys/socket.h>

#include "t.h"

enum answer { ACCEPT, REFUSE, HANG_UP, NONSENSE, CANCEL };

static const char *const answers[] = {
	"accepts", "refuses", "hangs up", "talks nonsense", "is given up",
};

struct scene {
	uint32_t role;
	uint16_t version;
	enum answer answer;
	bool good;		/* the certificate */
};

static void reply(int fd, uint64_t id, uint32_t accept)
{
	const struct zsock_verify_reply r = { .id = id, .accept = accept };

	CHECK_EQ(write(fd, &r, sizeof(r)), sizeof(r));
}

static bool is_cert(const uint8_t *p, size_t len, X509 *want)
{
	X509 *cert = d2i_X509(NULL, &p, len);
	bool same = cert && !X509_cmp(cert, want);

	X509_free(cert);
	return same;
}

/* The question is what it should be. */
static void read_question(int fd, const struct scene *scene, X509 *want)
{
	static uint8_t buf[ZSOCK_VERIFY_REQUEST_MAX];
	struct zsock_verify_request rq;
	ssize_t n = read(fd, buf, sizeof(buf));
	uint32_t len = 0;

	if (!CHECK(n > (ssize_t)(sizeof(rq) + sizeof(len))))
		return;
	memcpy(&rq, buf, sizeof(rq));
	memcpy(&len, buf + sizeof(rq), sizeof(len));
	CHECK_EQ(rq.id, 77);
	CHECK_EQ(rq.result, scene->good ? 0 : ZSOCK_VERIFY_EXPIRED);
	CHECK_EQ(rq.ncerts, 2);
	if (CHECK(sizeof(rq) + sizeof(len) + len < (size_t)n))
		CHECK(is_cert(buf + sizeof(rq) + sizeof(len), len, want));
}

static void respond(struct side *s, int *fd, enum answer answer)
{
	switch (answer) {
	case ACCEPT:
		reply(*fd, 12345, 0);	/* to another question */
		reply(*fd, 77, 1);
		break;
	case REFUSE:
		reply(*fd, 77, 0);
		break;
	case HANG_UP:
		close(*fd);
		*fd = -1;
		break;
	case NONSENSE:
		CHECK_EQ(write(*fd, "x", 1), 1);
		break;
	case CANCEL:
		hs_cancel(s->hs, ETIMEDOUT);
		break;
	}
}

static void set_up(struct side *s, struct peer *p, const struct scene *scene,
		   const struct pair *shown)
{
	const struct tag own = { .own = pki.p256 }, ca = { .ca = pki.ca->cert };

	side_init(s, scene->role);
	s->rq.verify = TLS_PEER_VERIFY_REQUIRED;
	side_tag(s, 1, &ca);
	if (scene->role == TLS_DTLS_ROLE_SERVER)
		side_tag(s, 2, &own);
	peer_init(p, scene->role == TLS_DTLS_ROLE_CLIENT);
	peer_use(p, shown);
	SSL_CTX_add1_chain_cert(p->ctx, pki.ca->cert);
	SSL_CTX_set_max_proto_version(p->ctx, scene->version);
}

static void check_end(struct side *s, struct peer *p, const struct scene *scene)
{
	int error = scene->answer == ACCEPT ? 0 :
		    scene->answer == CANCEL ? ETIMEDOUT : ECONNABORTED;

	CHECK_EQ(s->hs->state, HS_OVER);
	CHECK_EQ(s->hs->out.error, error);
	CHECK_EQ(s->hs->out.verify, scene->good ? 0 : ZSOCK_VERIFY_EXPIRED);
	CHECK_EQ(s->attached, !error);
	if (!error) {
		t_talk(s, p);
		return;
	}
	peer_pump(p);
	peer_pump(p);
	CHECK_EQ(p->alert_received, scene->good ? SSL_AD_BAD_CERTIFICATE :
						  SSL_AD_CERTIFICATE_EXPIRED);
}

static void play(const struct scene *scene)
{
	bool server = scene->role == TLS_DTLS_ROLE_SERVER;
	const struct cert_spec spec = {
		.cn = "x", .san = "DNS:localhost",
		.eku = server ? "clientAuth" : "serverAuth",
		.from = scene->good ? 0 : -20, .days = 10,
	};
	struct pair *shown = cert_make(&spec, pki.ca);
	struct side s;
	struct peer p;
	int fds[2];

	t_begin("the program %s, %s certificate, %s, TLS 1.%d",
		answers[scene->answer], scene->good ? "good" : "expired",
		server ? "server" : "client", scene->version - 0x0301);
	set_up(&s, &p, scene, shown);
	CHECK(!socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fds));
	s.rq.verify_fd = fds[0];
	t_connect(&s, &p);
	CHECK_EQ(s.hs->state, HS_ASK_READ);
	CHECK(!s.attached);
	CHECK_EQ(hs_step(s.hs), HS_ASK_READ);	/* asked once, however often */
	read_question(fds[1], scene, shown->cert);
	respond(&s, &fds[1], scene->answer);
	hs_step(s.hs);
	t_run(&s, &p);
	check_end(&s, &p, scene);
	t_close(&s, &p);
	if (fds[1] >= 0)
		close(fds[1]);
	cert_free(shown);
	t_end();
}

/* A handshake that is dropped while the program thinks; leaks are looked for. */
static void dropped(uint32_t role)
{
	const struct scene scene = { role, TLS1_3_VERSION, ACCEPT, true };
	struct side s;
	struct peer p;
	int fds[2];

	t_begin("the program is asked, and the %s ends", role ? "server" : "client");
	set_up(&s, &p, &scene, role ? pki.client : pki.p256);
	CHECK(!socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fds));
	s.rq.verify_fd = fds[0];
	t_connect(&s, &p);
	CHECK_EQ(s.hs->state, HS_ASK_READ);
	t_close(&s, &p);
	close(fds[1]);
	t_end();
}

/* Nobody is to be passed over by a session of an earlier connection. */
static void never_resumed(void)
{
	const struct scene scene = {
		TLS_DTLS_ROLE_CLIENT, TLS1_2_VERSION, ACCEPT, true,
	};
	struct side s;
	struct peer p;
	int fds[2], i;

	t_begin("the program is asked each time, cache or not");
	for (i = 0; i < 2; i++) {
		set_up(&s, &p, &scene, pki.p256);
		s.rq.cache = true;
		CHECK(!socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fds));
		s.rq.verify_fd = fds[0];
		t_connect(&s, &p);
		CHECK_EQ(s.hs->state, HS_ASK_READ);
		reply(fds[1], 77, 1);
		hs_step(s.hs);
		t_run(&s, &p);
		CHECK_EQ(s.hs->out.error, 0);
		CHECK(!s.hs->out.resumed);
		t_close(&s, &p);
		close(fds[1]);
	}
	t_end();
}

void t_ask(void)
{
	struct scene scene;
	int i;

	for (i = 0; i < 2 * 2 * 5 * 2; i++) {
		scene.role = i & 1;
		scene.version = i & 2 ? TLS1_3_VERSION : TLS1_2_VERSION;
		scene.good = i & 4;
		scene.answer = i / 8;
		play(&scene);
	}
	dropped(TLS_DTLS_ROLE_CLIENT);
	dropped(TLS_DTLS_ROLE_SERVER);
	never_resumed();
}
