// SPDX-License-Identifier: GPL-2.0
/*
 * Lists, as tables or as JSON.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "out.h"
#include "table.h"

bool out_json;
bool out_pretty;

static bool pending;		/* a JSON array that has not been opened */

static void open_pending(void)
{
	if (pending)
		json_open(NULL, '[');
	pending = false;
}

void list_begin(const char * const *headers, int columns, bool show_headers)
{
	pending = out_json;
	if (!out_json)
		table_begin(headers, columns, show_headers);
}

void list_row(void)
{
	open_pending();
	if (out_json)
		json_open(NULL, '{');
	else
		table_row();
}

void list_row_end(void)
{
	if (out_json)
		json_close();
}

void list_end(void)
{
	open_pending();
	if (out_json)
		json_close();
	else
		table_print();
}

void text(int column, const char *value)
{
	if (!out_json && column != NOCOL)
		table_cell(column, value);
}

void field_str(int column, const char *key, const char *value)
{
	text(column, value);
	if (key)
		json_str(key, value);
}

void field_num(int column, const char *key, int64_t value)
{
	char buf[24];

	snprintf(buf, sizeof(buf), "%lld", (long long)value);
	text(column, buf);
	if (key)
		json_num(key, value);
}
