/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libsmartcols for programs that seldom print a table.
 *
 * mount and umount load it when they have a table to print. Linked, it would cost each of their
 * starts some 0.1 ms.
 */
#ifndef SMARTCOLS_H
#define SMARTCOLS_H

#include <libsmartcols.h>

/* The functions of libsmartcols that a table of text needs. */
struct smartcols {
	__typeof__(scols_new_table) *new_table;
	__typeof__(scols_unref_table) *unref_table;
	__typeof__(scols_table_new_column) *table_new_column;
	__typeof__(scols_table_new_line) *table_new_line;
	__typeof__(scols_line_set_data) *line_set_data;
	__typeof__(scols_line_refer_data) *line_refer_data;
	__typeof__(scols_print_table_to_string) *print_table_to_string;
};

/* Load the library, the first time. NULL: it can't be loaded. It is never unloaded. */
const struct smartcols *load_smartcols(void);

#endif
