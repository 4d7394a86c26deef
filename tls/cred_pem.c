// SPDX-License-Identifier: GPL-2.0
/*
 * PEM armour: blocks of base64 between two lines that say what is in them.
 * Other text may stand between blocks.
 */
#include <linux/errno.h>
#include <linux/string.h>

#include "cred.h"

static const char zsock_pem_begin[] = "-----BEGIN ";
static const char zsock_pem_end[] = "-----END ";
static const char zsock_pem_dashes[] = "-----";

static const struct {
	const char		*name;
	enum zsock_pem_label	label;
} zsock_pem_labels[] = {
	{ "CERTIFICATE",		ZSOCK_PEM_CERTIFICATE },
	{ "X509 CERTIFICATE",		ZSOCK_PEM_CERTIFICATE },
	{ "PRIVATE KEY",		ZSOCK_PEM_KEY },
	{ "RSA PRIVATE KEY",		ZSOCK_PEM_KEY },
	{ "EC PRIVATE KEY",		ZSOCK_PEM_KEY },
	{ "EC PARAMETERS",		ZSOCK_PEM_EC_PARAMETERS },
	{ "ENCRYPTED PRIVATE KEY",	ZSOCK_PEM_ENCRYPTED },
};

/* Take a line, without what ends it and blanks before that. */
static bool zsock_pem_line(struct zsock_der *text, struct zsock_der *line)
{
	const u8 *nl;

	if (!text->len)
		return false;
	nl = memchr(text->p, '\n', text->len);
	line->p = text->p;
	line->len = nl ? nl - text->p : text->len;
	text->p += line->len + !!nl;
	text->len -= line->len + !!nl;
	while (line->len && strchr(" \t\r", line->p[line->len - 1]))
		line->len--;
	return true;
}

/* Whether @line is @prefix, a label and dashes. */
static bool zsock_pem_is_mark(const struct zsock_der *line, const char *prefix,
			      struct zsock_der *label)
{
	size_t head = strlen(prefix), tail = sizeof(zsock_pem_dashes) - 1;

	if (line->len < head + tail || memcmp(line->p, prefix, head) ||
	    memcmp(line->p + line->len - tail, zsock_pem_dashes, tail))
		return false;
	label->p = line->p + head;
	label->len = line->len - head - tail;
	return true;
}

static enum zsock_pem_label zsock_pem_label(const struct zsock_der *name)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(zsock_pem_labels); i++)
		if (zsock_der_is(name, zsock_pem_labels[i].name,
				 strlen(zsock_pem_labels[i].name)))
			return zsock_pem_labels[i].label;
	return ZSOCK_PEM_OTHER;
}

/*
 * Whether it is PEM. DER of a kind that anybody would take has a byte 0 in it,
 * and text has none.
 */
bool zsock_pem_is(const void *data, size_t len)
{
	struct zsock_der text = { data, len }, line, label;

	if (memchr(data, 0, len))
		return false;
	while (zsock_pem_line(&text, &line))
		if (zsock_pem_is_mark(&line, zsock_pem_begin, &label))
			return true;
	return false;
}

static int zsock_base64_value(u8 c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/**
 * struct zsock_base64 - state of the decoder
 * @out: where the next byte goes
 * @bits: that are not yet out
 * @n: characters of the group of four that were seen
 * @pads: how many of them were "="
 */
struct zsock_base64 {
	u8		*out;
	u32		bits;
	unsigned int	n;
	unsigned int	pads;
};

/* One character. Its group is complete with the fourth. */
static bool zsock_base64_put(struct zsock_base64 *b, u8 c)
{
	int value = zsock_base64_value(c);

	if (c == '=') {
		if (b->n < 2)
			return false;
		b->pads++;
		value = 0;
	} else if (value < 0 || b->pads) {
		return false;
	}
	b->bits = b->bits << 6 | value;
	if (++b->n < 4)
		return true;
	/* What does not make a byte has to be 0. */
	if (b->bits & ((1 << 8 * b->pads) - 1))
		return false;
	*b->out++ = b->bits >> 16;
	if (b->pads < 2)
		*b->out++ = b->bits >> 8;
	if (b->pads < 1)
		*b->out++ = b->bits;
	b->bits = 0;
	b->n = 0;
	return true;
}

static bool zsock_base64_line(struct zsock_base64 *b,
			      const struct zsock_der *line)
{
	size_t i;

	for (i = 0; i < line->len; i++)
		if (line->p[i] != ' ' && line->p[i] != '\t' &&
		    !zsock_base64_put(b, line->p[i]))
			return false;
	return true;
}

/**
 * zsock_pem_next - the next block
 * @text: where to look; afterwards, what is behind the block
 * @label: what it is said to be
 * @out: where what is in it goes; as large as @text
 * @outlen: how much that is
 *
 * Return: 1, 0 if there is none, -EINVAL if it is malformed. What is in a block
 * that is encrypted or is not for us is left alone.
 */
int zsock_pem_next(struct zsock_der *text, enum zsock_pem_label *label,
		   u8 *out, size_t *outlen)
{
	struct zsock_der line, name, end;
	struct zsock_base64 b = { .out = out };

	do {
		if (!zsock_pem_line(text, &line))
			return 0;
	} while (!zsock_pem_is_mark(&line, zsock_pem_begin, &name));

	*label = zsock_pem_label(&name);
	*outlen = 0;
	while (zsock_pem_line(text, &line)) {
		if (zsock_pem_is_mark(&line, zsock_pem_end, &end)) {
			*outlen = b.out - out;
			return zsock_der_is(&end, name.p, name.len) && !b.n ?
				1 : -EINVAL;
		}
		/* "Proc-Type: 4,ENCRYPTED", as headers were once used for */
		if (memchr(line.p, ':', line.len))
			*label = ZSOCK_PEM_ENCRYPTED;
		if (*label == ZSOCK_PEM_ENCRYPTED || *label == ZSOCK_PEM_OTHER)
			return 1;
		if (!zsock_base64_line(&b, &line))
			return -EINVAL;
	}
	return -EINVAL;
}
