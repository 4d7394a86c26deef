/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ZSOCKCTL_TABLE_H
#define ZSOCKCTL_TABLE_H

#include <stdbool.h>

void table_begin(const char * const *headers, int columns, bool show_headers);
void table_row(void);
void table_cell(int column, const char *value);
void table_print(void);

/* for arrays that grow; ends the program where memory does */
void *grow(void *array, size_t count, size_t size);

#endif /* ZSOCKCTL_TABLE_H */
