/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libmount parses each table, and a snapshot is made of it, with the indexes that the later stages
 * use. A table in the form of fstab has no ids, so its mounts have no tree.
 */
#include "findmnt/tables.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <libmount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "findmnt/mountinfo-cost.h"
#include "findmnt/reserve.h"
#include "findmnt/row.h"
#include "i18n.h"
#include "kernel.h"
#include "namespaces.h"
#include "snapshot-read.h"
#include "snapshot-text.h"
#include "snapshot.h"
#include "stack.h"
#include "table.h"
#include "util.h"

/* ---- one file ---- */

/* libmount calls it for a line that it can't parse. Returns 1: leave the line out and go on. */
static int report_line(struct libmnt_table *table, const char *path, int line)
{
	unsigned int *parse_errors = mnt_table_get_userdata(table);

	if (errno == ENOMEM)
		return -ENOMEM;
	(*parse_errors)++;
	warnx(_("%s: parse error at line %d -- ignored"), path, line);
	return 1;
}

static const char *default_path(enum source source)
{
	switch (source) {
	case SOURCE_FSTAB:
		return mnt_get_fstab_path();
	case SOURCE_MTAB:
		return mnt_get_mtab_path();
	default:
		return "/proc/self/mountinfo";
	}
}

/* The system's mtab is the kernel's table, with the options that libmount keeps besides. */
static int parse_mtab(struct libmnt_table *table, const char *path)
{
	bool is_default = strcmp(path, mnt_get_mtab_path()) == 0;

	return mnt_table_parse_mtab(table, is_default ? NULL : path);
}

struct libmnt_table *table_of_file(
	const struct from *from, enum source source, const char *path, unsigned int *parse_errors)
{
	struct libmnt_table *table = mnt_new_table();
	int r;

	if (!table)
		return NULL;
	mnt_table_set_userdata(table, parse_errors);
	mnt_table_set_parser_errcb(table, report_line);
	if (from->cache)
		mnt_table_set_cache(table, from->cache);
	errno = 0;
	if (source == SOURCE_FSTAB)
		r = mnt_table_parse_fstab(table, path);
	else if (source == SOURCE_MTAB)
		r = parse_mtab(table, path);
	else
		r = mnt_table_parse_file(table, path);
	if (r > 0)
		r = errno ? -errno : -EINVAL;
	r = table_parsed(r);
	if (r < 0) {
		mnt_unref_table(table);
		errno = -r;
		return NULL;
	}
	return table;
}

/* ---- all that are asked for ---- */

static struct mntns *add_table(struct tables *tables, struct libmnt_table *table)
{
	struct namespaces *namespaces = tables->namespaces;
	struct mntns *larger =
		reallocarray(namespaces->list, namespaces->count + 1, sizeof(*namespaces->list));
	struct mntns *added;

	if (!larger)
		err(EXIT_FAILURE, NULL);
	namespaces->list = larger;
	added = &larger[namespaces->count];
	*added = (struct mntns){0};
	errno = -snapshot_of_table(table, &added->snapshot);
	if (errno)
		err(EXIT_FAILURE, NULL);
	namespaces->count++;
	mnt_unref_table(table);
	return added;
}

/* The kernel's table by listmount(2), or @only these mounts of it. False: this kernel can't. */
static bool read_by_listmount(const struct from *from, unsigned int needs, const uint64_t *only,
	size_t only_count, struct tables *tables)
{
	_cleanup_(snapshot_text_free) struct snapshot_text text = {0};
	_cleanup_fclose_ FILE *stream = NULL;
	struct libmnt_table *table;
	struct mntns *added;

	if (snapshot_write_mountinfo(/* namespace_id= */ 0, needs & NEEDS_PROPAGATE_FROM, only,
		    only_count, &text) < 0)
		return false;
	stream = fmemopen(text.text, text.size ?: 1, "r");
	table = stream ? mnt_new_table() : NULL;
	if (!table)
		err(EXIT_FAILURE, NULL);
	if (from->cache)
		mnt_table_set_cache(table, from->cache);
	if (text.size && table_parse_stream(table, stream, "/proc/self/mountinfo") != 0)
		errx(EXIT_FAILURE, _("can't parse what listmount(2) and statmount(2) say; read the "
				     "table with --kernel=mountinfo"));
	added = add_table(tables, table);
	if (from->source == SOURCE_LISTMOUNT)
		snapshot_set_unique_ids(added->snapshot, &text);
	return true;
}

/* The mount point that alone is asked for; NULL: something else is asked for, too. */
static const char *only_path(const struct want *want)
{
	if (want->types || want->options || want->by_id || want->by_unique_id || want->invert ||
		want->submounts || want->unique || want->nocanonicalize || want->only_real ||
		want->only_pseudo || want->only_shadowed || want->only_df)
		return NULL;
	return want->operand ?: want->source ? NULL : want->mountpoint ?: want->target;
}

/* Where one mount point is asked for and nothing else, read the mount there, and what lies beneath
 * it. False: nothing was read. */
static bool read_one_path(
	const struct from *from, const struct want *want, unsigned int needs, struct tables *tables)
{
	const char *path = only_path(want);
	_cleanup_free_ uint64_t *ids = NULL;
	struct mount_identity identity;
	size_t count;

	if (!path || kernel_identify(AT_FDCWD, path, AT_STATX_DONT_SYNC, &identity) < 0 ||
		!identity.is_root || !identity.unique_id)
		return false;
	/* A block device, and a name like "proc", is first of all the source of other mounts. */
	if (want->operand && (S_ISBLK(identity.mode) || *want->operand != '/'))
		return false;
	if (snapshot_find_stack(identity.unique_id, &ids, &count) < 0)
		return false;
	return read_by_listmount(from, needs, ids, count, tables);
}

static bool prefers_listmount(const struct from *from)
{
	size_t count;
	bool is_slow = mountinfo_is_slow(&count);

	reserve_memory(count);
	return from->source == SOURCE_LISTMOUNT || (!from->source_given && is_slow);
}

static void read_file(
	const struct from *from, enum source source, const char *path, struct tables *tables)
{
	struct libmnt_table *table = table_of_file(from, source, path, &tables->parse_errors);

	if (!table)
		err(EXIT_FAILURE, _("can't read %s"), path);
	add_table(tables, table);
}

static void read_files(const struct from *from, struct tables *tables)
{
	enum source source = from->source == SOURCE_TASK ? SOURCE_KERNEL : from->source;

	for (size_t i = 0; i < from->files.count; i++) {
		const char *path = from->files.list[i];
		struct stat st;

		if (stat(path, &st) == 0 && S_ISREG(st.st_mode))
			reserve_memory((size_t)st.st_size / 100); /* about a line for a mount */
		read_file(from, source, path, tables);
	}
	for (size_t i = 0; i < from->tasks.count; i++) {
		char path[64];

		snprintf(path, sizeof(path), "/proc/%s/mountinfo", from->tasks.list[i]);
		read_file(from, SOURCE_KERNEL, path, tables);
	}
}

static void read_system(
	const struct from *from, const struct want *want, unsigned int needs, struct tables *tables)
{
	if (want && !from->source_given && read_one_path(from, want, needs, tables))
		return;
	if (prefers_listmount(from) && read_by_listmount(from, needs, NULL, 0, tables))
		return;
	read_file(from, from->source, default_path(from->source), tables);
}

/* Find out which namespace the only table is of, and which processes are in it. */
static void find_namespace(const struct from *from, struct tables *tables)
{
	char path[64] = "/proc/self/ns/mnt";
	struct stat st;

	if (from->files.count || from->tasks.count > 1)
		return;
	if (from->tasks.count)
		snprintf(path, sizeof(path), "/proc/%s/ns/mnt", from->tasks.list[0]);
	if (stat(path, &st) == 0)
		tables->namespaces->list[0].inode = st.st_ino;
	namespaces_find_processes(tables->namespaces);
}

void tables_read(
	const struct from *from, const struct want *want, unsigned int needs, struct tables *tables)
{
	*tables = (struct tables){.namespaces = calloc(1, sizeof(*tables->namespaces))};
	if (!tables->namespaces)
		err(EXIT_FAILURE, NULL);
	if (from->files.count || from->tasks.count)
		read_files(from, tables);
	else
		read_system(from, want, needs, tables);
	if (needs & NEEDS_PROCESSES)
		find_namespace(from, tables);
	tables_list_read(tables);
}

/* A table in the form of fstab stays as it is. */
void tables_order_stacks(struct snapshot *snapshot)
{
	const struct mount *first = snapshot_mount(snapshot, 0);

	if (first && first->fs && mnt_fs_is_kernel(first->fs) && stack_order_snapshot(snapshot) < 0)
		err(EXIT_FAILURE, NULL);
}

void tables_list_again(struct tables *tables)
{
	struct namespaces *namespaces = tables->namespaces;

	free(tables->list);
	tables->count = 0;
	tables->list = calloc(namespaces->count + 1, sizeof(struct mntns *));
	if (!tables->list)
		err(EXIT_FAILURE, NULL);
	for (size_t i = 0; i < namespaces->count; i++)
		if (namespaces->list[i].snapshot)
			tables->list[tables->count++] = &namespaces->list[i];
}

void tables_list_read(struct tables *tables)
{
	tables_list_again(tables);
	for (size_t i = 0; i < tables->count; i++)
		tables_order_stacks(tables->list[i]->snapshot);
}

void tables_free(struct tables *tables)
{
	free(tables->list);
	namespaces_free(tables->namespaces);
	*tables = (struct tables){0};
}

bool tables_have_tree(const struct tables *tables)
{
	const struct mount *first =
		tables->count == 1 ? snapshot_mount(tables->list[0]->snapshot, 0) : NULL;

	return first && mnt_fs_is_kernel(first->fs);
}
