/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The columns, one row each.
 *
 * A row has the column's name, its width, how libsmartcols treats it, its type, its getter and its
 * description. The getters are in the files column-*.c. A new column is a row here and a getter
 * there; nothing else knows of it.
 */
#include "findmnt/columns.h"

#include <err.h>
#include <errno.h>
#include <libsmartcols.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "findmnt/column-getters.h"
#include "findmnt/request.h"
#include "findmnt/row.h"
#include "i18n.h"
#include "util.h"

/* clang-format off */
static const struct column all_columns[] = {
	{ "TARGET",      0.30, SCOLS_FL_TREE | SCOLS_FL_NOEXTREMES, TYPE_TEXT, GROUP_ALWAYS, column_get_target, .help = N_("where it is mounted"), .without_mount = true },
	{ "ACTION",      10,   SCOLS_FL_STRICTWIDTH, TYPE_TEXT,   GROUP_POLL,   column_get_action, .help = N_("what --poll saw happen"), .without_mount = true },
	{ "AVAIL",       0,    SCOLS_FL_RIGHT,       TYPE_SIZE,   GROUP_ALWAYS, column_get_available, .help = N_("space that users may still fill") },
	{ "FREQ",        1,    SCOLS_FL_RIGHT,       TYPE_NUMBER, GROUP_ALWAYS, column_get_freq, .help = N_("days between dumps, from fstab") },
	{ "FSROOT",      0.25, SCOLS_FL_NOEXTREMES,  TYPE_TEXT,   GROUP_ALWAYS, column_get_fsroot, .help = N_("what part of the filesystem is mounted") },
	{ "FSTYPE",      0.10, SCOLS_FL_TRUNC,       TYPE_TEXT,   GROUP_ALWAYS, column_get_fstype, .help = N_("type of the filesystem") },
	{ "FS-OPTIONS",  0.10, SCOLS_FL_TRUNC,       TYPE_TEXT,   GROUP_ALWAYS, column_get_fs_options, .help = N_("options of the filesystem itself") },
	{ "ID",          2,    SCOLS_FL_RIGHT,       TYPE_NUMBER, GROUP_ALWAYS, column_get_id, .help = N_("the mount's id") },
	{ "INO.AVAIL",   0,    SCOLS_FL_RIGHT,       TYPE_TEXT,   GROUP_ALWAYS, column_get_inodes_available, .help = N_("inodes free") },
	{ "INO.TOTAL",   0,    SCOLS_FL_RIGHT,       TYPE_TEXT,   GROUP_ALWAYS, column_get_inodes, .help = N_("inodes in all") },
	{ "INO.USED",    0,    SCOLS_FL_RIGHT,       TYPE_TEXT,   GROUP_ALWAYS, column_get_inodes_used, .help = N_("inodes in use") },
	{ "INO.USE%",    0,    SCOLS_FL_RIGHT,       TYPE_TEXT,   GROUP_ALWAYS, column_get_inodes_percent, .help = N_("share of the inodes in use") },
	{ "LABEL",       0.10, 0,                    TYPE_TEXT,   GROUP_ALWAYS, column_get_label, .help = N_("the filesystem's label") },
	{ "MAJ:MIN",     6,    0,                    TYPE_TEXT,   GROUP_ALWAYS, column_get_device, .help = N_("device number") },
	{ "OLD-OPTIONS", 0.10, SCOLS_FL_TRUNC,       TYPE_TEXT,   GROUP_POLL,   column_get_old_options, .help = N_("options before the change that --poll saw"), .without_mount = true },
	{ "OLD-TARGET",  0.30, 0,                    TYPE_TEXT,   GROUP_POLL,   column_get_old_target, .help = N_("mount point before the change that --poll saw"), .without_mount = true },
	{ "OPTIONS",     0.10, SCOLS_FL_TRUNC,       TYPE_TEXT,   GROUP_ALWAYS, column_get_options, .help = N_("options of every kind") },
	{ "OPT-FIELDS",  0.10, SCOLS_FL_TRUNC,       TYPE_TEXT,   GROUP_ALWAYS, column_get_optional_fields, .help = N_("propagation as mountinfo has it"), .needs = NEEDS_PROPAGATE_FROM },
	{ "PARENT",      2,    SCOLS_FL_RIGHT,       TYPE_NUMBER, GROUP_ALWAYS, column_get_parent, .help = N_("the id of the mount it is mounted on") },
	{ "PARTLABEL",   0.10, 0,                    TYPE_TEXT,   GROUP_ALWAYS, column_get_partlabel, .help = N_("the partition's label") },
	{ "PARTUUID",    36,   0,                    TYPE_TEXT,   GROUP_ALWAYS, column_get_partuuid, .help = N_("the partition's UUID") },
	{ "PASSNO",      1,    SCOLS_FL_RIGHT,       TYPE_NUMBER, GROUP_ALWAYS, column_get_passno, .help = N_("order of fsck, from fstab") },
	{ "PROPAGATION", 0.10, 0,                    TYPE_TEXT,   GROUP_ALWAYS, column_get_propagation, .help = N_("shared, slave, private, unbindable"), .without_mount = true },
	{ "SIZE",        0,    SCOLS_FL_RIGHT,       TYPE_SIZE,   GROUP_ALWAYS, column_get_size, .help = N_("space in all") },
	{ "SOURCE",      0.25, SCOLS_FL_NOEXTREMES,  TYPE_TEXT,   GROUP_ALWAYS, column_get_source, .help = N_("what is mounted") },
	{ "SOURCES",     0.25, SCOLS_FL_WRAP,        TYPE_TEXTS,  GROUP_ALWAYS, column_get_sources, .help = N_("every device with the same filesystem") },
	{ "TID",         4,    SCOLS_FL_RIGHT,       TYPE_NUMBER, GROUP_ALWAYS, column_get_tid, .help = N_("the task whose table it is from") },
	{ "UNIQ-ID",     2,    SCOLS_FL_RIGHT,       TYPE_NUMBER, GROUP_ALWAYS, column_get_unique_id, .help = N_("the mount's 64-bit id, with --kernel=listmount"), .without_mount = true, .needs = NEEDS_UNIQUE_IDS },
	{ "USED",        0,    SCOLS_FL_RIGHT,       TYPE_SIZE,   GROUP_ALWAYS, column_get_used, .help = N_("space in use") },
	{ "USE%",        0,    SCOLS_FL_RIGHT,       TYPE_TEXT,   GROUP_ALWAYS, column_get_used_percent, .help = N_("share of the space in use") },
	{ "UUID",        36,   0,                    TYPE_TEXT,   GROUP_ALWAYS, column_get_uuid, .help = N_("the filesystem's UUID") },
	{ "VFS-OPTIONS", 0.20, SCOLS_FL_TRUNC,       TYPE_TEXT,   GROUP_ALWAYS, column_get_vfs_options, .help = N_("options of the mount, the same for every type") },
	{ "MNT_ID",      2,    SCOLS_FL_RIGHT,       TYPE_NUMBER, GROUP_VIEW,   column_get_id, .help = N_("the same as ID") },
	{ "PARENT_ID",   2,    SCOLS_FL_RIGHT,       TYPE_NUMBER, GROUP_VIEW,   column_get_parent, .help = N_("the same as PARENT") },
	{ "PEER-GROUP",  2,    SCOLS_FL_RIGHT,       TYPE_NUMBER, GROUP_VIEW,   column_get_group, .help = N_("id of the peer group that it is a member of"), .without_mount = true },
	{ "MASTER",      2,    SCOLS_FL_RIGHT,       TYPE_NUMBER, GROUP_VIEW,   column_get_master, .help = N_("id of the peer group that it is a slave of"), .without_mount = true },
	{ "TUCKED",      0.25, SCOLS_FL_NOEXTREMES,  TYPE_TEXT,   GROUP_VIEW,   column_get_tucked, .help = N_("source of what lies beneath it, at the same path") },
	{ "DEPTH",       2,    SCOLS_FL_RIGHT,       TYPE_NUMBER, GROUP_VIEW,   column_get_depth, .help = N_("how many mounts lie beneath it, at the same path") },
	{ "BACKING",     0.25, SCOLS_FL_NOEXTREMES,  TYPE_TEXT,   GROUP_VIEW,   column_get_backing, .help = N_("the image file of a loop device") },
	{ "ROLE",        5,    0,                    TYPE_TEXT,   GROUP_VIEW,   column_get_role, .help = N_("in --propagation=groups: group, peer or slave"), .without_mount = true },
	{ "WAY",         8,    0,                    TYPE_TEXT,   GROUP_VIEW,   column_get_way, .help = N_("with --namespaces: it receives, or is of its own") },
	{ "NS",          10,   SCOLS_FL_RIGHT,       TYPE_NUMBER, GROUP_VIEW,   column_get_namespace, .help = N_("inode number of the mount namespace"), .without_mount = true, .needs = NEEDS_PROCESSES },
	{ "PID",         2,    SCOLS_FL_RIGHT,       TYPE_NUMBER, GROUP_VIEW,   column_get_pid, .help = N_("a process in that namespace, the lowest"), .without_mount = true, .needs = NEEDS_PROCESSES },
	{ "COMMAND",     0,    0,                    TYPE_TEXT,   GROUP_VIEW,   column_get_command, .help = N_("that process's name"), .without_mount = true, .needs = NEEDS_PROCESSES },
};
/* clang-format on */

/* ---- which columns ---- */

static void append_column(struct column_list *columns, const struct column *column)
{
	const struct column **larger =
		reallocarray(columns->list, columns->count + 1, sizeof(*columns->list));

	if (!larger)
		err(EXIT_FAILURE, NULL);
	columns->list = larger;
	larger[columns->count++] = column;
	columns->needs |= column->needs;
}

static const struct column *find_column(const char *name, size_t length)
{
	for (size_t i = 0; i < ELEMENTS(all_columns); i++)
		if (strncasecmp(all_columns[i].name, name, length) == 0 &&
			!all_columns[i].name[length])
			return &all_columns[i];
	return NULL;
}

static void append_named(struct column_list *columns, const char *name, size_t length)
{
	const struct column *column = find_column(name, length);

	if (!column)
		errx(EXIT_FAILURE,
			_("unknown column: %.*s (%s --list-columns says which there are)"),
			(int)length, name, program_invocation_short_name);
	append_column(columns, column);
}

/* @names: separated by commas. */
static void append_all_named(struct column_list *columns, const char *names)
{
	do {
		size_t length = strcspn(names, ",");

		if (!length)
			exit(EXIT_FAILURE);
		append_named(columns, names, length);
		names += length;
	} while (*names++);
}

static const char *columns_of_df(enum df df)
{
	return df == DF_BLOCKS ? "SOURCE,FSTYPE,SIZE,USED,AVAIL,USE%,TARGET"
			       : "SOURCE,FSTYPE,INO.TOTAL,INO.USED,INO.AVAIL,INO.USE%,TARGET";
}

void columns_choose(struct column_list *columns, const struct look *look, const char *defaults)
{
	const char *wanted = look->columns;
	bool more = wanted && *wanted == '+';

	if (wanted && !more) {
		append_all_named(columns, wanted);
	} else if (look->output_all) {
		for (size_t i = 0; i < ELEMENTS(all_columns); i++)
			if (all_columns[i].group == GROUP_ALWAYS ||
				(look->group_ids && all_columns[i].group == GROUP_VIEW))
				append_column(columns, &all_columns[i]);
	} else {
		append_all_named(columns, look->df ? columns_of_df(look->df) : defaults);
		if (look->namespace_columns)
			append_all_named(columns, "NS,PID,COMMAND");
	}
	if (more)
		append_all_named(columns, wanted + 1);
	columns->shown = columns->count;
}

int columns_index(struct column_list *columns, const char *name)
{
	const struct column *column = find_column(name, strlen(name));

	if (!column)
		return -1;
	for (size_t i = 0; i < columns->count; i++)
		if (columns->list[i] == column)
			return (int)i;
	append_column(columns, column);
	return (int)columns->count - 1;
}

/* ---- --list-columns ---- */

void columns_print(const struct look *look)
{
	static const char *const types[] = {
		[TYPE_TEXT] = "<string>",
		[TYPE_NUMBER] = "<integer>",
		[TYPE_SIZE] = "<string|number>",
		[TYPE_TEXTS] = "<string>",
	};
	struct libscols_table *table = scols_new_table();
	bool is_json = look->form == FORM_JSON;

	if (!table)
		err(EXIT_FAILURE, NULL);
	scols_table_set_name(table, "findmnt-columns");
	scols_table_enable_noheadings(table, 1);
	scols_table_enable_json(table, is_json);
	scols_table_enable_raw(table, look->form == FORM_RAW);
	scols_table_new_column(table, is_json ? "holder" : "", 0, SCOLS_FL_RIGHT);
	scols_table_new_column(table, is_json ? "type" : "", 0, 0);
	scols_table_new_column(table, is_json ? "description" : "", 0, 0);
	for (size_t i = 0; i < ELEMENTS(all_columns); i++) {
		struct libscols_line *line = scols_table_new_line(table, NULL);

		if (!line || scols_line_set_data(line, 0, all_columns[i].name) ||
			scols_line_set_data(line, 1, types[all_columns[i].type]) ||
			scols_line_set_data(line, 2, _(all_columns[i].help)))
			err(EXIT_FAILURE, NULL);
	}
	scols_print_table(table);
	scols_unref_table(table);
}
