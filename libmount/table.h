/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * table: libmount's parser of tables, with an error where libmount has none.
 *
 * If libmount (seen: 2.38) has no memory for a line, it leaves the line out or stops there, and
 * returns success.
 */
#pragma once

#include <stdio.h>

struct libmnt_fs;
struct libmnt_table;

/* Parse all of a table. Lines that libmount can't parse are left out. 0, or -errno. */
int table_parse_stream(struct libmnt_table *table, FILE *text, const char *name);
int table_parse_file(struct libmnt_table *table, const char *path);

/* The entry of the mount @id in a table of mountinfo; NULL: there is none. It stays the table's. */
struct libmnt_fs *table_find_id(struct libmnt_table *table, int id);

/* Turn the result of one of libmount's parsing functions into 0 or -errno. The caller must have set
 * errno to 0 before it called that function. */
int table_parsed(int answer);
