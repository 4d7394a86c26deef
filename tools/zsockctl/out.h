/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Output: a table for people, or JSON.
 *
 * The callers say both; what does not apply does nothing. A field belongs to a
 * column of the table (or to none: NOCOL) and has a key in JSON (or none: NULL).
 */
#ifndef ZSOCKCTL_OUT_H
#define ZSOCKCTL_OUT_H

#include <stdbool.h>
#include <stdint.h>

#define NOCOL	(-1)

extern bool out_json;		/* -j */
extern bool out_pretty;		/* -p */

/*
 * A list of like things: rows of a table, an array of objects. Nothing is shown
 * before the first of them, or the end: until then it may turn out that there
 * is no list.
 */
void list_begin(const char * const *headers, int columns, bool show_headers);
void list_row(void);
void list_row_end(void);
void list_end(void);

void field_str(int column, const char *key, const char *value);
void field_num(int column, const char *key, int64_t value);

/* What one form has alone. */
void text(int column, const char *value);
void json_open(const char *key, char bracket);
void json_close(void);
void json_str(const char *key, const char *value);
void json_num(const char *key, int64_t value);
void json_bool(const char *key, bool value);

#endif /* ZSOCKCTL_OUT_H */
