// SPDX-License-Identifier: GPL-2.0
/*
 * Tables: cells are kept until all are known, so that columns fit.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"
#include "zsockctl.h"

static const char * const *head;
static bool show_head;
static int width;		/* columns */
static char **cells;		/* width a row, NULL for an empty one */
static size_t rows;

static void no_memory(void)
{
	fputs("zsockctl: out of memory\n", stderr);
	exit(EXIT_KERNEL);
}

/**
 * grow() - make room for one more
 * @array: @count elements, or NULL
 * @count: how many there are
 * @size: of one
 *
 * Return: the array, perhaps elsewhere. It grows by doubling.
 */
void *grow(void *array, size_t count, size_t size)
{
	if (count & (count - 1))
		return array;		/* not a power of two: there is room */
	array = reallocarray(array, count ? 2 * count : 1, size);
	if (!array)
		no_memory();
	return array;
}

void table_begin(const char * const *headers, int columns, bool show_headers)
{
	head = headers;
	width = columns;
	show_head = show_headers;
	cells = NULL;
	rows = 0;
}

void table_row(void)
{
	cells = grow(cells, rows, width * sizeof(*cells));
	memset(cells + rows * width, 0, width * sizeof(*cells));
	rows++;
}

/* Control characters in a process's name are not for the terminal. */
void table_cell(int column, const char *value)
{
	char *copy = strdup(value);
	char *c;

	if (!copy)
		no_memory();
	for (c = copy; *c; c++)
		if (iscntrl((unsigned char)*c))
			*c = '?';
	cells[(rows - 1) * width + column] = copy;
}

static void print_row(const char * const *row, const int *widths)
{
	int last = width - 1;
	int i;

	while (last > 0 && (!row[last] || !*row[last]))
		last--;			/* no blanks at the end of a line */
	for (i = 0; i < last; i++)
		printf("%-*s ", widths[i], row[i] ? row[i] : "");
	printf("%s\n", row[last] ? row[last] : "");
}

void table_print(void)
{
	int widths[width];
	size_t r;
	int i;

	for (i = 0; i < width; i++)
		widths[i] = show_head ? strlen(head[i]) : 0;
	for (r = 0; r < rows * width; r++) {
		int len = cells[r] ? strlen(cells[r]) : 0;

		if (len > widths[r % width])
			widths[r % width] = len;
	}
	if (show_head)
		print_row(head, widths);
	for (r = 0; r < rows; r++)
		print_row((const char * const *)cells + r * width, widths);
	for (r = 0; r < rows * width; r++)
		free(cells[r]);
	free(cells);
	cells = NULL;
}
