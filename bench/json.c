// SPDX-License-Identifier: GPL-2.0
/* A writer of JSON that knows numbers, plain strings, objects and arrays. */
#include "zbench.h"

static FILE *out;
static int depth;
static bool first = true;

static void item(const char *key)
{
	if (!out)
		return;
	if (depth)
		fprintf(out, "%s\n%*s", first ? "" : ",", depth * 2, "");
	if (key)
		fprintf(out, "\"%s\": ", key);
	first = false;
}

void json_open(const char *key, char bracket)
{
	if (!out)
		return;
	item(key);
	fputc(bracket, out);
	depth++;
	first = true;
}

void json_close(char bracket)
{
	if (!out)
		return;
	depth--;
	fprintf(out, "\n%*s%c", depth * 2, "", bracket);
	first = false;
}

void json_number(const char *key, double value)
{
	item(key);
	if (out)
		fprintf(out, "%.12g", value);
}

void json_string(const char *key, const char *value)
{
	item(key);
	if (out)
		fprintf(out, "\"%s\"", value);
}

void json_series(const char *key, const struct series *s)
{
	int i;

	json_open(key, '{');
	json_number("median", s->median);
	json_number("spread", s->spread);
	json_number("ratio", s->ratio);
	json_number("ratio_error", s->ratio_error);
	if (s->lib_ratio > 0) {
		json_number("lib_ratio", s->lib_ratio);
		json_number("lib_error", s->lib_error);
	}
	item("passes");
	for (i = 0; out && i < s->count; i++)
		fprintf(out, "%s%.6g", i ? ", " : "[", s->pass[i]);
	if (out)
		fputc(']', out);
	json_close('}');
}

void json_result(const struct bench *bench, const struct result *res)
{
	int id;

	json_open(bench->name, '{');
	json_string("what", bench->what);
	json_number("ops", res->ops);
	json_number("rounds", res->rounds);
	for (id = 0; id < FAM_COUNT; id++)
		if (res->fam[id].used)
			json_series(fam_get(id)->name, &res->fam[id]);
	if (bench->report)
		bench->report();
	json_close('}');
}

void json_begin(const char *path)
{
	if (path) {
		out = fopen(path, "w");
		if (!out)
			die_errno("%s", path);
	}
	json_open(NULL, '{');
}

void json_end(void)
{
	json_close('}');
	if (!out)
		return;
	fputc('\n', out);
	if (fclose(out))
		die_errno("writing the results");
}
