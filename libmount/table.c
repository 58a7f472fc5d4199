/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "table.h"

#include <errno.h>
#include <libmount.h>
#include <stdbool.h>
#include <string.h>

#include "kernel.h"
#include "util.h"

/* libmount calls this for a line that it can't parse. 1: leave the line out and go on. */
static int skip_line(struct libmnt_table *table, const char *name, int line)
{
	(void)table;
	(void)name;
	(void)line;
	return errno == ENOMEM ? -ENOMEM : 1;
}

int table_parsed(int answer)
{
	if (answer == 0)
		return errno == ENOMEM ? -ENOMEM : 0;
	return answer < 0 ? answer : -EINVAL;
}

struct libmnt_fs *table_find_id(struct libmnt_table *table, int id)
{
	struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *mount = NULL;
	bool is_found = false;

	while (iter && !is_found && mnt_table_next_fs(table, iter, &mount) == 0)
		is_found = mnt_fs_get_id(mount) == id;
	mnt_free_iter(iter);
	return is_found ? mount : NULL;
}

int table_parse_stream(struct libmnt_table *table, FILE *text, const char *name)
{
	int error = errno, r;

	mnt_table_set_parser_errcb(table, skip_line);
	errno = 0;
	r = table_parsed(mnt_table_parse_stream(table, text, name));
	errno = error;
	return r;
}

/* A file of the /proc that is kept open. */
static int parse_kept(struct libmnt_table *table, const char *path)
{
	_cleanup_fclose_ FILE *file = kernel_fopen_proc(path + strlen("/proc/"));

	return file ? table_parse_stream(table, file, path) : -errno;
}

int table_parse_file(struct libmnt_table *table, const char *path)
{
	int error = errno, r;

	if (kernel_has_kept_proc() && strncmp(path, "/proc/", strlen("/proc/")) == 0)
		return parse_kept(table, path);
	mnt_table_set_parser_errcb(table, skip_line);
	errno = 0;
	r = table_parsed(mnt_table_parse_file(table, path));
	errno = error;
	return r;
}
