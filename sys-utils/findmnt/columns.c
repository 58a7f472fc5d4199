/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * findmnt-columns: the columns, as a table.
 *
 * A row is a column: its name, how wide it would like to be, how libsmartcols treats it, its type,
 * and the function that gives the text of a cell. A new column is a row and a getter; nothing else
 * knows of it.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/sysmacros.h>

#include "findmnt/columns.h"
#include "findmnt/findmnt.h"
#include "i18n.h"
#include "namespaces.h"
#include "snapshot.h"
#include "util.h"

enum column_type {
	TYPE_TEXT,
	TYPE_NUMBER,
	TYPE_SIZE,  /* a number with --bytes */
	TYPE_TEXTS, /* several lines in a cell */
};

enum column_group {
	GROUP_ALWAYS,
	GROUP_POLL, /* not one of --output-all */
	GROUP_VIEW, /* neither: our own, of the views of propagation */
};

struct column {
	const char *name;
	double width; /* libsmartcols' hint: a part of the line, or characters */
	int flags;    /* SCOLS_FL_* */
	enum column_type type;
	enum column_group group;
	char *(*get)(const struct findmnt *findmnt, struct row *row);
	const char *help;
};

static char *copy(const char *text)
{
	return text ? strdup(text) : NULL;
}

static char *number(long long value)
{
	char *text;

	return asprintf(&text, "%lld", value) < 0 ? NULL : text;
}

/* ---- what the table says ---- */

static char *get_target(const struct findmnt *findmnt, struct row *row)
{
	const char *target = row->label ?: mnt_fs_get_target(row->fs);

	/* What libmount resolves with a cache stays the cache's. */
	if (findmnt->canonicalize && target && !row->label)
		target = mnt_resolve_path(target, findmnt->cache);
	return copy(target);
}

static char *get_fsroot(const struct findmnt *findmnt, struct row *row)
{
	(void)findmnt;
	return copy(mnt_fs_get_root(row->fs));
}

/* The device or other name of the source, tags evaluated where that is wished; NULL: a tag that no
 * device has. */
static const char *source_name(const struct findmnt *findmnt, struct libmnt_fs *fs)
{
	const char *source = mnt_fs_get_source(fs), *tag, *value;

	if (!source)
		return NULL;
	if (mnt_fs_get_tag(fs, &tag, &value) == 0)
		return findmnt->evaluate ? mnt_resolve_tag(tag, value, findmnt->cache) : source;
	return findmnt->canonicalize ? mnt_resolve_path(source, findmnt->cache) : source;
}

char *column_get_source(const struct findmnt *findmnt, struct row *row)
{
	const char *name = source_name(findmnt, row->fs), *root = mnt_fs_get_root(row->fs);
	char *text;

	if (!name || findmnt->no_fsroot || !root || strcmp(root, "/") == 0)
		return copy(name);
	return asprintf(&text, "%s[%s]", name, root) < 0 ? NULL : text;
}

static char *get_fstype(const struct findmnt *findmnt, struct row *row)
{
	(void)findmnt;
	return copy(mnt_fs_get_fstype(row->fs));
}

static char *get_options(const struct findmnt *findmnt, struct row *row)
{
	(void)findmnt;
	return copy(mnt_fs_get_options(row->fs));
}

static char *get_vfs_options(const struct findmnt *findmnt, struct row *row)
{
	return findmnt->vfs_all ? mnt_fs_get_vfs_options_all(row->fs)
				: copy(mnt_fs_get_vfs_options(row->fs));
}

static char *get_fs_options(const struct findmnt *findmnt, struct row *row)
{
	(void)findmnt;
	return copy(mnt_fs_get_fs_options(row->fs));
}

static char *get_optional_fields(const struct findmnt *findmnt, struct row *row)
{
	(void)findmnt;
	return copy(mnt_fs_get_optional_fields(row->fs));
}

/* The kernel's way: "shared:24 master:1"; what is none of it is private. */
static char *propagation_with_ids(const struct mount *mount)
{
	char text[64] = "", *end = text;

	if (mount->group)
		end += snprintf(end, 20, " shared:%d", mount->group);
	if (mount->master)
		end += snprintf(end, 20, " master:%d", mount->master);
	if (mount->unbindable)
		snprintf(end, 20, " unbindable");
	return copy(*text ? text + 1 : "private");
}

static char *get_propagation(const struct findmnt *findmnt, struct row *row)
{
	unsigned long flags = 0;
	char *text;

	if (row->propagation)
		return copy(row->propagation);
	if (findmnt->view && row->mount)
		return propagation_with_ids(row->mount);
	if (!row->fs)
		return NULL;
	if (!mnt_fs_is_kernel(row->fs) || mnt_fs_get_propagation(row->fs, &flags) != 0)
		return NULL;
	return asprintf(&text, "%s%s%s", flags & MS_SHARED ? "shared" : "private",
		       flags & MS_SLAVE ? ",slave" : "",
		       flags & MS_UNBINDABLE ? ",unbindable" : "") < 0
		       ? NULL
		       : text;
}

static char *get_id(const struct findmnt *findmnt, struct row *row)
{
	(void)findmnt;
	return mnt_fs_is_kernel(row->fs) ? number(mnt_fs_get_id(row->fs)) : NULL;
}

static char *get_parent(const struct findmnt *findmnt, struct row *row)
{
	(void)findmnt;
	return mnt_fs_is_kernel(row->fs) ? number(mnt_fs_get_parent_id(row->fs)) : NULL;
}

static char *get_unique_id(const struct findmnt *findmnt, struct row *row)
{
	(void)findmnt;
	return row->mount && row->mount->id ? number((long long)row->mount->id) : NULL;
}

static char *get_tid(const struct findmnt *findmnt, struct row *row)
{
	pid_t task = mnt_fs_get_tid(row->fs);

	(void)findmnt;
	return task ? number(task) : NULL;
}

static char *get_device(const struct findmnt *findmnt, struct row *row)
{
	bool aligned = findmnt->form == FORM_TABLE;
	dev_t device = mnt_fs_get_devno(row->fs);
	char *text;

	if (!device)
		return NULL;
	return asprintf(&text, aligned ? "%3u:%-3u" : "%u:%u", major(device), minor(device)) < 0
		       ? NULL
		       : text;
}

static char *get_freq(const struct findmnt *findmnt, struct row *row)
{
	(void)findmnt;
	return mnt_fs_is_kernel(row->fs) ? NULL : number(mnt_fs_get_freq(row->fs));
}

static char *get_passno(const struct findmnt *findmnt, struct row *row)
{
	(void)findmnt;
	return mnt_fs_is_kernel(row->fs) ? NULL : number(mnt_fs_get_passno(row->fs));
}

/* ---- propagation and namespaces ---- */

static char *get_group(const struct findmnt *findmnt, struct row *row)
{
	(void)findmnt;
	return row->mount && row->mount->group ? number(row->mount->group) : NULL;
}

static char *get_master(const struct findmnt *findmnt, struct row *row)
{
	(void)findmnt;
	return row->mount && row->mount->master ? number(row->mount->master) : NULL;
}

static char *get_tucked(const struct findmnt *findmnt, struct row *row)
{
	const struct mount *beneath = row->tucked;

	if (!beneath && row->mount && mount_is_cover(row->mount))
		beneath = row->mount->parent;
	return beneath && beneath->fs ? column_get_source(findmnt, &(struct row){.fs = beneath->fs})
				      : NULL;
}

static const struct mntns *namespace_of(const struct findmnt *findmnt, struct row *row)
{
	if (!row->mntns && row->mount)
		row->mntns = findmnt_namespace_of(findmnt, row->mount);
	return row->mntns;
}

static char *get_namespace(const struct findmnt *findmnt, struct row *row)
{
	const struct mntns *mntns = namespace_of(findmnt, row);

	return mntns && mntns->inode ? number((long long)mntns->inode) : NULL;
}

static char *get_pid(const struct findmnt *findmnt, struct row *row)
{
	const struct mntns *mntns = namespace_of(findmnt, row);

	return mntns && mntns->pid ? number(mntns->pid) : NULL;
}

static char *get_command(const struct findmnt *findmnt, struct row *row)
{
	const struct mntns *mntns = namespace_of(findmnt, row);

	return mntns && mntns->pid ? copy(mntns->command) : NULL;
}

/* ---- what --poll saw ---- */

static char *get_action(const struct findmnt *findmnt, struct row *row)
{
	static const char *const names[] = {
		[MNT_TABDIFF_MOUNT] = "mount",
		[MNT_TABDIFF_UMOUNT] = "umount",
		[MNT_TABDIFF_REMOUNT] = "remount",
		[MNT_TABDIFF_MOVE] = "move",
	};

	(void)findmnt;
	return row->change ? copy(names[row->change]) : copy(row->action);
}

static char *get_old_target(const struct findmnt *findmnt, struct row *row)
{
	(void)findmnt;
	return row->change == MNT_TABDIFF_UMOUNT || row->change == MNT_TABDIFF_MOVE
		       ? copy(mnt_fs_get_target(row->old_fs))
		       : NULL;
}

static char *get_old_options(const struct findmnt *findmnt, struct row *row)
{
	(void)findmnt;
	return row->change == MNT_TABDIFF_UMOUNT || row->change == MNT_TABDIFF_REMOUNT
		       ? copy(mnt_fs_get_options(row->old_fs))
		       : NULL;
}

/* clang-format off */
static const struct column columns[] = {
	{ "TARGET",      0.30, SCOLS_FL_TREE | SCOLS_FL_NOEXTREMES, TYPE_TEXT, GROUP_ALWAYS, get_target, N_("where it is mounted") },
	{ "ACTION",      10,   SCOLS_FL_STRICTWIDTH, TYPE_TEXT,   GROUP_POLL,   get_action, N_("what --poll saw happen") },
	{ "AVAIL",       0,    SCOLS_FL_RIGHT,       TYPE_SIZE,   GROUP_ALWAYS, column_get_available, N_("space that users may still fill") },
	{ "FREQ",        1,    SCOLS_FL_RIGHT,       TYPE_NUMBER, GROUP_ALWAYS, get_freq, N_("days between dumps, from fstab") },
	{ "FSROOT",      0.25, SCOLS_FL_NOEXTREMES,  TYPE_TEXT,   GROUP_ALWAYS, get_fsroot, N_("what part of the filesystem is mounted") },
	{ "FSTYPE",      0.10, SCOLS_FL_TRUNC,       TYPE_TEXT,   GROUP_ALWAYS, get_fstype, N_("type of the filesystem") },
	{ "FS-OPTIONS",  0.10, SCOLS_FL_TRUNC,       TYPE_TEXT,   GROUP_ALWAYS, get_fs_options, N_("options of the filesystem itself") },
	{ "ID",          2,    SCOLS_FL_RIGHT,       TYPE_NUMBER, GROUP_ALWAYS, get_id, N_("the mount's id") },
	{ "INO.AVAIL",   0,    SCOLS_FL_RIGHT,       TYPE_TEXT,   GROUP_ALWAYS, column_get_inodes_available, N_("inodes free") },
	{ "INO.TOTAL",   0,    SCOLS_FL_RIGHT,       TYPE_TEXT,   GROUP_ALWAYS, column_get_inodes, N_("inodes in all") },
	{ "INO.USED",    0,    SCOLS_FL_RIGHT,       TYPE_TEXT,   GROUP_ALWAYS, column_get_inodes_used, N_("inodes in use") },
	{ "INO.USE%",    0,    SCOLS_FL_RIGHT,       TYPE_TEXT,   GROUP_ALWAYS, column_get_inodes_percent, N_("share of the inodes in use") },
	{ "LABEL",       0.10, 0,                    TYPE_TEXT,   GROUP_ALWAYS, column_get_label, N_("the filesystem's label") },
	{ "MAJ:MIN",     6,    0,                    TYPE_TEXT,   GROUP_ALWAYS, get_device, N_("device number") },
	{ "OLD-OPTIONS", 0.10, SCOLS_FL_TRUNC,       TYPE_TEXT,   GROUP_POLL,   get_old_options, N_("options before the change that --poll saw") },
	{ "OLD-TARGET",  0.30, 0,                    TYPE_TEXT,   GROUP_POLL,   get_old_target, N_("mount point before the change that --poll saw") },
	{ "OPTIONS",     0.10, SCOLS_FL_TRUNC,       TYPE_TEXT,   GROUP_ALWAYS, get_options, N_("options of every kind") },
	{ "OPT-FIELDS",  0.10, SCOLS_FL_TRUNC,       TYPE_TEXT,   GROUP_ALWAYS, get_optional_fields, N_("propagation as mountinfo has it") },
	{ "PARENT",      2,    SCOLS_FL_RIGHT,       TYPE_NUMBER, GROUP_ALWAYS, get_parent, N_("the id of the mount it is mounted on") },
	{ "PARTLABEL",   0.10, 0,                    TYPE_TEXT,   GROUP_ALWAYS, column_get_partlabel, N_("the partition's label") },
	{ "PARTUUID",    36,   0,                    TYPE_TEXT,   GROUP_ALWAYS, column_get_partuuid, N_("the partition's UUID") },
	{ "PASSNO",      1,    SCOLS_FL_RIGHT,       TYPE_NUMBER, GROUP_ALWAYS, get_passno, N_("order of fsck, from fstab") },
	{ "PROPAGATION", 0.10, 0,                    TYPE_TEXT,   GROUP_ALWAYS, get_propagation, N_("shared, slave, private, unbindable") },
	{ "SIZE",        0,    SCOLS_FL_RIGHT,       TYPE_SIZE,   GROUP_ALWAYS, column_get_size, N_("space in all") },
	{ "SOURCE",      0.25, SCOLS_FL_NOEXTREMES,  TYPE_TEXT,   GROUP_ALWAYS, column_get_source, N_("what is mounted") },
	{ "SOURCES",     0.25, SCOLS_FL_WRAP,        TYPE_TEXTS,  GROUP_ALWAYS, column_get_sources, N_("every device with the same filesystem") },
	{ "TID",         4,    SCOLS_FL_RIGHT,       TYPE_NUMBER, GROUP_ALWAYS, get_tid, N_("the task whose table it is from") },
	{ "UNIQ-ID",     2,    SCOLS_FL_RIGHT,       TYPE_NUMBER, GROUP_ALWAYS, get_unique_id, N_("the mount's 64-bit id, with --kernel=listmount") },
	{ "USED",        0,    SCOLS_FL_RIGHT,       TYPE_SIZE,   GROUP_ALWAYS, column_get_used, N_("space in use") },
	{ "USE%",        0,    SCOLS_FL_RIGHT,       TYPE_TEXT,   GROUP_ALWAYS, column_get_used_percent, N_("share of the space in use") },
	{ "UUID",        36,   0,                    TYPE_TEXT,   GROUP_ALWAYS, column_get_uuid, N_("the filesystem's UUID") },
	{ "VFS-OPTIONS", 0.20, SCOLS_FL_TRUNC,       TYPE_TEXT,   GROUP_ALWAYS, get_vfs_options, N_("options of the mount, the same for every type") },
	{ "MNT_ID",      2,    SCOLS_FL_RIGHT,       TYPE_NUMBER, GROUP_VIEW,   get_id, N_("the same as ID") },
	{ "PARENT_ID",   2,    SCOLS_FL_RIGHT,       TYPE_NUMBER, GROUP_VIEW,   get_parent, N_("the same as PARENT") },
	{ "PEER-GROUP",  2,    SCOLS_FL_RIGHT,       TYPE_NUMBER, GROUP_VIEW,   get_group, N_("id of the peer group that it is a member of") },
	{ "MASTER",      2,    SCOLS_FL_RIGHT,       TYPE_NUMBER, GROUP_VIEW,   get_master, N_("id of the peer group that it is a slave of") },
	{ "TUCKED",      0.25, SCOLS_FL_NOEXTREMES,  TYPE_TEXT,   GROUP_VIEW,   get_tucked, N_("source of what lies beneath it, at the same path") },
	{ "NS",          10,   SCOLS_FL_RIGHT,       TYPE_NUMBER, GROUP_VIEW,   get_namespace, N_("inode number of the mount namespace") },
	{ "PID",         2,    SCOLS_FL_RIGHT,       TYPE_NUMBER, GROUP_VIEW,   get_pid, N_("a process in that namespace, the lowest") },
	{ "COMMAND",     0,    0,                    TYPE_TEXT,   GROUP_VIEW,   get_command, N_("that process's name") },
};
/* clang-format on */

const char *column_name(const struct column *column)
{
	return column->name;
}

double column_width(const struct column *column)
{
	return column->width;
}

int column_flags(const struct column *column)
{
	return column->flags;
}

int column_json_type(const struct column *column, const struct findmnt *findmnt)
{
	switch (column->type) {
	case TYPE_NUMBER:
		return SCOLS_JSON_NUMBER;
	case TYPE_SIZE:
		return findmnt->bytes ? SCOLS_JSON_NUMBER : SCOLS_JSON_STRING;
	case TYPE_TEXTS:
		return SCOLS_JSON_ARRAY_STRING;
	case TYPE_TEXT:
		break;
	}
	return SCOLS_JSON_STRING;
}

char *column_text(const struct column *column, const struct findmnt *findmnt, struct row *row)
{
	static char *(*const without_fs[])(const struct findmnt *, struct row *) = {
		get_target, get_propagation, get_action, get_namespace, get_pid, get_command};

	for (size_t i = 0; !row->fs && i < ELEMENTS(without_fs); i++)
		if (column->get == without_fs[i])
			return column->get(findmnt, row);
	return row->fs ? column->get(findmnt, row) : NULL;
}

/* ---- which columns ---- */

static void add_column(struct findmnt *findmnt, const struct column *column)
{
	const struct column **larger = reallocarray(
		findmnt->columns, findmnt->column_count + 1, sizeof(*findmnt->columns));

	if (!larger)
		err(EXIT_FAILURE, NULL);
	findmnt->columns = larger;
	larger[findmnt->column_count++] = column;
}

static const struct column *find_column(const char *name, size_t length)
{
	for (size_t i = 0; i < ELEMENTS(columns); i++)
		if (strncasecmp(columns[i].name, name, length) == 0 && !columns[i].name[length])
			return &columns[i];
	return NULL;
}

static void add_named(struct findmnt *findmnt, const char *name, size_t length)
{
	const struct column *column = find_column(name, length);

	if (!column)
		errx(EXIT_FAILURE,
			_("unknown column: %.*s (findmnt --list-columns says which there are)"),
			(int)length, name);
	add_column(findmnt, column);
}

static void add_list(struct findmnt *findmnt, const char *names)
{
	do {
		size_t length = strcspn(names, ",");

		if (!length)
			exit(EXIT_FAILURE);
		add_named(findmnt, names, length);
		names += length;
	} while (*names++);
}

static const char *default_columns(const struct findmnt *findmnt)
{
	static const char *const of_df[] = {
		[DF_NONE] = "TARGET,SOURCE,FSTYPE,OPTIONS",
		[DF_BLOCKS] = "SOURCE,FSTYPE,SIZE,USED,AVAIL,USE%,TARGET",
		[DF_INODES] = "SOURCE,FSTYPE,INO.TOTAL,INO.USED,INO.AVAIL,INO.USE%,TARGET",
	};

	static const char *const of_view[] = {
		[VIEW_MOUNTS] = "TARGET,SOURCE,FSTYPE,PROPAGATION,MNT_ID,PARENT_ID",
		[VIEW_GROUPS] = "TARGET,SOURCE,FSTYPE,PROPAGATION,MNT_ID",
		[VIEW_RECEIVERS] = "TARGET,ACTION,SOURCE,PROPAGATION,MNT_ID",
		[VIEW_TUCKED] = "TARGET,SOURCE,TUCKED",
		[VIEW_DOT] = "TARGET",
	};

	if (findmnt->view && !findmnt->df)
		return of_view[findmnt->view];
	return findmnt->poll && !findmnt->df ? "ACTION,TARGET,SOURCE,FSTYPE,OPTIONS"
					     : of_df[findmnt->df];
}

void findmnt_choose_columns(struct findmnt *findmnt)
{
	const char *wanted = findmnt->columns_wanted;
	bool more = wanted && *wanted == '+';

	if (wanted && !more) {
		add_list(findmnt, wanted);
	} else if (findmnt->output_all) {
		for (size_t i = 0; i < ELEMENTS(columns); i++)
			if (columns[i].group == GROUP_ALWAYS)
				add_column(findmnt, &columns[i]);
	} else {
		add_list(findmnt, default_columns(findmnt));
		if (findmnt->all_namespaces)
			add_list(findmnt, "NS,PID,COMMAND");
	}
	if (more)
		add_list(findmnt, wanted + 1);
	findmnt->shown_columns = findmnt->column_count;
}

int findmnt_need_column(struct findmnt *findmnt, const char *name)
{
	const struct column *column = find_column(name, strlen(name));

	if (!column)
		return -1;
	for (size_t i = 0; i < findmnt->column_count; i++)
		if (findmnt->columns[i] == column)
			return (int)i;
	add_column(findmnt, column);
	return (int)findmnt->column_count - 1;
}

bool findmnt_has_column(const struct findmnt *findmnt, const char *name)
{
	for (size_t i = 0; i < findmnt->column_count; i++)
		if (strcmp(findmnt->columns[i]->name, name) == 0)
			return true;
	return false;
}

/* ---- --list-columns ---- */

void findmnt_list_columns(const struct findmnt *findmnt)
{
	static const char *const types[] = {
		[TYPE_TEXT] = "<string>",
		[TYPE_NUMBER] = "<integer>",
		[TYPE_SIZE] = "<string|number>",
		[TYPE_TEXTS] = "<string>",
	};
	struct libscols_table *table = scols_new_table();

	if (!table)
		err(EXIT_FAILURE, NULL);
	scols_table_set_name(table, "findmnt-columns");
	scols_table_enable_noheadings(table, 1);
	scols_table_enable_json(table, findmnt->form == FORM_JSON);
	scols_table_enable_raw(table, findmnt->form == FORM_RAW);
	scols_table_new_column(
		table, findmnt->form == FORM_JSON ? "holder" : "", 0, SCOLS_FL_RIGHT);
	scols_table_new_column(table, findmnt->form == FORM_JSON ? "type" : "", 0, 0);
	scols_table_new_column(table, findmnt->form == FORM_JSON ? "description" : "", 0, 0);
	for (size_t i = 0; i < ELEMENTS(columns); i++) {
		struct libscols_line *line = scols_table_new_line(table, NULL);

		if (!line || scols_line_set_data(line, 0, columns[i].name) ||
			scols_line_set_data(line, 1, types[columns[i].type]) ||
			scols_line_set_data(line, 2, _(columns[i].help)))
			err(EXIT_FAILURE, NULL);
	}
	scols_print_table(table);
	scols_unref_table(table);
}
