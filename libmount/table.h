/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * table: libmount's parser of tables, that reads all of one or says why not.
 *
 * libmount (seen: 2.38) leaves out a line for which there is no memory, or ends there, and says
 * that all is well.
 */
#pragma once

#include <stdio.h>

struct libmnt_fs;
struct libmnt_table;

/* 0, or -errno. */
int table_parse_stream(struct libmnt_table *table, FILE *text, const char *name);
int table_parse_file(struct libmnt_table *table, const char *path);

/* The mount of that id in a table of mountinfo, which stays the table's; NULL: it is not there. */
struct libmnt_fs *table_find_id(struct libmnt_table *table, int id);

/* What one of libmount's functions that parse answered, if errno was 0 before: 0 or -errno. */
int table_parsed(int answer);
