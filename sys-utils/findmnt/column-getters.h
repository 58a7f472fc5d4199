/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The getters of columns, for the table in columns.c. Each returns the text of a cell, which the
 * caller frees. NULL: the cell is empty, or, with errno ENOMEM, out of memory.
 */
#pragma once

#include <stdio.h>
#include <string.h>

struct look;
struct output_row;

/* column-mount.c: what the table says about a mount */
char *column_get_target(const struct look *look, struct output_row *row);
char *column_get_source(const struct look *look, struct output_row *row);
char *column_get_fsroot(const struct look *look, struct output_row *row);
char *column_get_fstype(const struct look *look, struct output_row *row);
char *column_get_options(const struct look *look, struct output_row *row);
char *column_get_vfs_options(const struct look *look, struct output_row *row);
char *column_get_fs_options(const struct look *look, struct output_row *row);
char *column_get_id(const struct look *look, struct output_row *row);
char *column_get_parent(const struct look *look, struct output_row *row);
char *column_get_unique_id(const struct look *look, struct output_row *row);
char *column_get_device(const struct look *look, struct output_row *row);
char *column_get_tid(const struct look *look, struct output_row *row);
char *column_get_freq(const struct look *look, struct output_row *row);
char *column_get_passno(const struct look *look, struct output_row *row);
char *column_get_tucked(const struct look *look, struct output_row *row);

/* column-propagation.c: peer groups */
char *column_get_propagation(const struct look *look, struct output_row *row);
char *column_get_optional_fields(const struct look *look, struct output_row *row);
char *column_get_group(const struct look *look, struct output_row *row);
char *column_get_master(const struct look *look, struct output_row *row);

/* column-namespace.c: the mount namespace */
char *column_get_namespace(const struct look *look, struct output_row *row);
char *column_get_pid(const struct look *look, struct output_row *row);
char *column_get_command(const struct look *look, struct output_row *row);

/* column-change.c: what --poll saw, or what would happen */
char *column_get_action(const struct look *look, struct output_row *row);
char *column_get_old_target(const struct look *look, struct output_row *row);
char *column_get_old_options(const struct look *look, struct output_row *row);

/* column-devices.c: labels and UUIDs of the device */
char *column_get_label(const struct look *look, struct output_row *row);
char *column_get_uuid(const struct look *look, struct output_row *row);
char *column_get_partlabel(const struct look *look, struct output_row *row);
char *column_get_partuuid(const struct look *look, struct output_row *row);
char *column_get_sources(const struct look *look, struct output_row *row);

/* column-df.c: how full the filesystem is */
char *column_get_size(const struct look *look, struct output_row *row);
char *column_get_available(const struct look *look, struct output_row *row);
char *column_get_used(const struct look *look, struct output_row *row);
char *column_get_used_percent(const struct look *look, struct output_row *row);
char *column_get_inodes(const struct look *look, struct output_row *row);
char *column_get_inodes_available(const struct look *look, struct output_row *row);
char *column_get_inodes_used(const struct look *look, struct output_row *row);
char *column_get_inodes_percent(const struct look *look, struct output_row *row);

char *column_get_role(const struct look *look, struct output_row *row);
char *column_get_way(const struct look *look, struct output_row *row);
char *column_get_depth(const struct look *look, struct output_row *row);
char *column_get_backing(const struct look *look, struct output_row *row);

/* What getters share. */
static inline char *cell_copy(const char *text)
{
	return text ? strdup(text) : NULL;
}

static inline char *cell_number(long long value)
{
	char *text;

	return asprintf(&text, "%lld", value) < 0 ? NULL : text;
}
