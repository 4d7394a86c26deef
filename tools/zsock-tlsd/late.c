// SPDX-License-Identifier: GPL-2.0
/*
 * Tickets of TLS 1.3, which come after the handshake: to the kernel, that hands
 * their plaintext on. Only OpenSSL knows how to make a session of one, and it
 * takes them from records alone. So the SSL object is kept for a while, cut off
 * from the connection. Each message is put into a record again, with the key
 * that the server had and with the number of the record that OpenSSL expects,
 * which has read none; and OpenSSL reads that.
 */
#include <string.h>

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>

#include "late.h"

#define MESSAGES_MAX	4	/* of one connection, as many as the kernel hands on */
#define FRAGMENT_MAX	16384
#define HEADER		5
#define TAG		16
#define NEW_TICKET	4	/* type of the only message that is wanted */

struct late {
	struct late *next;
	uint64_t id;
	SSL *ssl;
	BIO *in;			/* of @ssl */
	struct session_owner *owner;
	enum aead aead;
	struct keys_side side;		/* what the server sends with */
	unsigned int left;		/* messages that are still taken */
	time_t until;
};

static void late_free(struct late *late)
{
	/* OpenSSL would forbid to resume what was not shut down in order. */
	SSL_set_shutdown(late->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_free(late->ssl);
	OPENSSL_free(late->owner);
	OPENSSL_clear_free(late, sizeof(*late));
}

/* ---- records ---- */

static void make_nonce(const struct keys_side *side, uint8_t *nonce)
{
	int i;

	memcpy(nonce, side->iv, KEYS_IV);
	for (i = 0; i < 8; i++)
		nonce[KEYS_IV - 1 - i] ^= side->seq >> (8 * i);
}

static bool begin_cipher(EVP_CIPHER_CTX *ctx, const struct late *late,
			 const uint8_t *nonce, int len)
{
	bool ccm = late->aead == AEAD_AES_128_CCM;
	int n;

	return EVP_EncryptInit_ex(ctx, keys_cipher(late->aead), NULL, NULL,
				  NULL) == 1 &&
	       EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, KEYS_IV,
				   NULL) == 1 &&
	       (!ccm || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG,
					    NULL) == 1) &&
	       EVP_EncryptInit_ex(ctx, NULL, NULL, late->side.key, nonce) == 1 &&
	       (!ccm || EVP_EncryptUpdate(ctx, NULL, &n, NULL, len) == 1);
}

/* RFC 8446, 5.2. The content and its type are at @record's body already. */
static bool seal(const struct late *late, uint8_t *record, int len)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t nonce[KEYS_IV], *body = record + HEADER;
	bool ok;
	int n;

	make_nonce(&late->side, nonce);
	ok = ctx && begin_cipher(ctx, late, nonce, len) &&
	     EVP_EncryptUpdate(ctx, NULL, &n, record, HEADER) == 1 &&
	     EVP_EncryptUpdate(ctx, body, &n, body, len) == 1 &&
	     EVP_EncryptFinal_ex(ctx, body + n, &n) == 1 &&
	     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG,
				 body + len) == 1;
	EVP_CIPHER_CTX_free(ctx);
	return ok;
}

static bool feed_fragment(struct late *late, const uint8_t *p, size_t len)
{
	uint8_t record[HEADER + FRAGMENT_MAX + 1 + TAG];
	size_t body = len + 1 + TAG;

	record[0] = SSL3_RT_APPLICATION_DATA;
	record[1] = TLS1_2_VERSION_MAJOR;
	record[2] = TLS1_2_VERSION_MINOR;
	record[3] = body >> 8;
	record[4] = body;
	memcpy(record + HEADER, p, len);
	record[HEADER + len] = SSL3_RT_HANDSHAKE;
	if (!seal(late, record, len + 1))
		return false;
	late->side.seq++;
	return BIO_write(late->in, record, HEADER + body) > 0;
}

static bool feed(struct late *late, const uint8_t *msg, size_t len)
{
	size_t n;

	for (; len; msg += n, len -= n) {
		n = len < FRAGMENT_MAX ? len : FRAGMENT_MAX;
		if (!feed_fragment(late, msg, n))
			return false;
	}
	return true;
}

/* OpenSSL reads, finds no data, and has called hs_new_session(). */
static bool digest_it(struct late *late)
{
	char byte;
	int ret = SSL_read(late->ssl, &byte, 1);
	bool ok = SSL_get_error(late->ssl, ret) == SSL_ERROR_WANT_READ;

	ERR_clear_error();
	return ok;
}

/* ---- the list ---- */

/* Take the one out that @p points at. */
static void drop(struct late_list *list, struct late **p)
{
	struct late *late = *p;

	*p = late->next;
	list->n--;
	late_free(late);
}

static void drop_oldest(struct late_list *list)
{
	struct late **p = &list->first;

	while ((*p)->next)
		p = &(*p)->next;
	drop(list, p);
}

static bool cut_off(struct late *late)
{
	BIO *out = BIO_new(BIO_s_null());

	late->in = BIO_new(BIO_s_mem());
	if (!out || !late->in) {
		BIO_free(out);
		BIO_free(late->in);
		return false;
	}
	BIO_set_mem_eof_return(late->in, -1);
	SSL_set_bio(late->ssl, late->in, out);
	SSL_set_msg_callback(late->ssl, NULL);
	SSL_set_shutdown(late->ssl, 0);
	return hs_bind(late->ssl, NULL, late->owner);
}

static bool wanted(const struct handshake *hs)
{
	return !hs->out.error && hs->owner &&
	       hs->out.version == TLS1_3_VERSION;
}

/**
 * late_add() - wait for tickets after a handshake
 * @list: where to keep what it takes
 * @hs: the handshake; loses its SSL object and owner, if tickets are wanted
 */
void late_add(struct late_list *list, struct handshake *hs)
{
	struct late *late;

	if (!wanted(hs))
		return;
	late = OPENSSL_zalloc(sizeof(*late));
	if (!late)
		return;
	late->id = hs->id;
	late->ssl = hs->ssl;
	late->owner = hs->owner;
	late->aead = hs->keys.aead;
	late->side = hs->keys.rx;
	late->left = MESSAGES_MAX;
	late->until = time(NULL) + LATE_SECONDS;
	hs->ssl = NULL;
	hs->owner = NULL;
	if (!cut_off(late)) {
		late_free(late);
		return;
	}
	if (list->n >= LATE_MAX)
		drop_oldest(list);
	late->next = list->first;
	list->first = late;
	list->n++;
}

static struct late **find(struct late_list *list, uint64_t id)
{
	struct late **p = &list->first;

	while (*p && (*p)->id != id)
		p = &(*p)->next;
	return p;
}

/**
 * late_message() - a message came on a connection
 * @list: where it may be known
 * @id: of its handshake
 * @msg: the message, with its header
 * @len: bytes of it
 *
 * Return: whether it was of use.
 */
bool late_message(struct late_list *list, uint64_t id, const uint8_t *msg,
		  size_t len)
{
	struct late **p = find(list, id);
	struct late *late = *p;
	bool ok;

	if (!late || len < 4 || msg[0] != NEW_TICKET)
		return false;
	ok = feed(late, msg, len) && digest_it(late);
	if (!ok || !--late->left)
		drop(list, p);
	return ok;
}

void late_purge(struct late_list *list, uint32_t uid)
{
	struct late **p = &list->first;

	while (*p) {
		if ((*p)->owner->uid == uid)
			drop(list, p);
		else
			p = &(*p)->next;
	}
}

/* All live equally long: behind the first that is over, all are. */
void late_expire(struct late_list *list, time_t now)
{
	struct late **p = &list->first;

	while (*p && (*p)->until > now)
		p = &(*p)->next;
	while (*p)
		drop(list, p);
}

void late_clear(struct late_list *list)
{
	while (list->first)
		drop(list, &list->first);
}
