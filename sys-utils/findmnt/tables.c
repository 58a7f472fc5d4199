/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * findmnt-tables: where mounts come from.
 *
 * Each table that was asked for is parsed by libmount and becomes a snapshot, whose indexes the
 * trees are built from. One of a file in fstab's form has no ids, hence no tree.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "findmnt/findmnt.h"
#include "findmnt/mountinfo-cost.h"
#include "i18n.h"
#include "kernel.h"
#include "snapshot-read.h"
#include "snapshot-text.h"
#include "snapshot.h"
#include "table.h"
#include "util.h"

static unsigned int parse_errors;

unsigned int findmnt_parse_errors(void)
{
	return parse_errors;
}

/* libmount calls it for a line that it can't parse; 1: leave the line out and go on. */
static int report_line(struct libmnt_table *table, const char *path, int line)
{
	(void)table;
	if (errno == ENOMEM)
		return -ENOMEM;
	parse_errors++;
	warnx(_("%s: parse error at line %d -- ignored"), path, line);
	return 1;
}

const char *findmnt_default_path(enum findmnt_source source)
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

/* Without a file of its own, the mtab is the kernel's table, joined with what libmount keeps. */
static int parse_mtab(struct libmnt_table *table, const char *path)
{
	bool is_default = strcmp(path, mnt_get_mtab_path()) == 0;

	return mnt_table_parse_mtab(table, is_default ? NULL : path);
}

struct libmnt_table *findmnt_parse_table(
	const struct findmnt *findmnt, enum findmnt_source source, const char *path)
{
	struct libmnt_table *table = mnt_new_table();
	int r;

	if (!table)
		return NULL;
	mnt_table_set_parser_errcb(table, report_line);
	if (findmnt->cache)
		mnt_table_set_cache(table, findmnt->cache);
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

static void add_table(struct tables *tables, struct libmnt_table *table)
{
	struct snapshot **larger =
		reallocarray(tables->list, tables->count + 1, sizeof(*tables->list));

	if (!larger)
		err(EXIT_FAILURE, NULL);
	tables->list = larger;
	errno = -snapshot_of_table(table, &larger[tables->count]);
	if (errno)
		err(EXIT_FAILURE, NULL);
	tables->count++;
	mnt_unref_table(table);
}

/* The kernel's table by listmount(2), or @only of it. False: this kernel can't. */
static bool read_by_listmount(const struct findmnt *findmnt, struct tables *tables,
	const uint64_t *only, size_t only_count)
{
	_cleanup_(snapshot_text_free) struct snapshot_text text = {0};
	_cleanup_fclose_ FILE *stream = NULL;
	struct libmnt_table *table;
	bool from = findmnt_has_column(findmnt, "OPT-FIELDS");

	if (snapshot_write_mountinfo(/* namespace_id= */ 0, from, only, only_count, &text) < 0)
		return false;
	stream = fmemopen(text.text, text.size ?: 1, "r");
	table = stream ? mnt_new_table() : NULL;
	if (!table)
		err(EXIT_FAILURE, NULL);
	if (findmnt->cache)
		mnt_table_set_cache(table, findmnt->cache);
	if (text.size && table_parse_stream(table, stream, "/proc/self/mountinfo") != 0)
		errx(EXIT_FAILURE, _("can't parse what listmount(2) and statmount(2) say; read the "
				     "table with --kernel=mountinfo"));
	add_table(tables, table);
	if (findmnt->source == SOURCE_LISTMOUNT)
		snapshot_set_unique_ids(tables->list[tables->count - 1], &text);
	return true;
}

/* Where one mount point is asked for and nothing else, that mount alone (and what lies beneath it).
 */
static bool read_one_target(
	const struct findmnt *findmnt, struct tables *tables, const char *operand)
{
	const char *target = operand ?: findmnt->match_mountpoint ?: findmnt->match_target;
	_cleanup_free_ uint64_t *ids = NULL;
	struct mount_identity identity;
	size_t count;

	if (!target || !findmnt_wants_only_target(findmnt, operand) ||
		kernel_identify(AT_FDCWD, target, 0, &identity) < 0 || !identity.is_root ||
		(operand && S_ISBLK(identity.mode)) || /* what is mounted from it, at first */
		!identity.unique_id || snapshot_find_stack(identity.unique_id, &ids, &count) < 0)
		return false;
	return read_by_listmount(findmnt, tables, ids, count);
}

/* Room for a large table in one piece, of huge pages where the kernel has them: to fault it in page
 * by page takes as long as all else. About what libmount and libsmartcols need for a mount. */
static void reserve_memory(size_t mounts)
{
#ifdef __GLIBC__
	const size_t each = 1536, few = 4000, most = 1 << 20, page = 1 << 21;
	uintptr_t start = ((uintptr_t)sbrk(0) + page - 1) & ~(page - 1), end;
	void *volatile growth; /* or the compiler leaves out what it is for */

	if (mounts < few || mounts > most)
		return;
	mallopt(M_MMAP_THRESHOLD, 32 << 20);
	mallopt(M_TRIM_THRESHOLD, 1 << 30);
	mallopt(M_TOP_PAD, (int)(mounts * each));
	growth = malloc(1 << 20);
	free(growth);
	mallopt(M_TOP_PAD, 1 << 20);
	end = (uintptr_t)sbrk(0);
	if (end > start)
		(void)madvise((void *)start, end - start, MADV_HUGEPAGE);
#else
	(void)mounts;
#endif
}

static bool prefers_listmount(const struct findmnt *findmnt)
{
	size_t count;
	bool slow = mountinfo_is_slow(&count);

	reserve_memory(count);
	return findmnt->source == SOURCE_LISTMOUNT || (!findmnt->source_given && slow);
}

static void read_table(const struct findmnt *findmnt, struct tables *tables,
	enum findmnt_source source, const char *path)
{
	struct libmnt_table *table = findmnt_parse_table(findmnt, source, path);

	if (!table)
		err(EXIT_FAILURE, _("can't read %s"), path);
	add_table(tables, table);
}

void findmnt_read_tables(const struct findmnt *findmnt, const char *operand, struct tables *tables)
{
	for (size_t i = 0; i < findmnt->files.count; i++) {
		struct stat st;

		if (stat(findmnt->files.list[i], &st) == 0 && S_ISREG(st.st_mode))
			reserve_memory((size_t)st.st_size / 100);
		read_table(findmnt, tables,
			findmnt->source == SOURCE_TASK ? SOURCE_KERNEL : findmnt->source,
			findmnt->files.list[i]);
	}
	for (size_t i = 0; i < findmnt->tasks.count; i++) {
		char path[64];

		snprintf(path, sizeof(path), "/proc/%s/mountinfo", findmnt->tasks.list[i]);
		read_table(findmnt, tables, SOURCE_KERNEL, path);
	}
	if (findmnt->files.count || findmnt->tasks.count)
		return;
	if (!findmnt->source_given && read_one_target(findmnt, tables, operand))
		return;
	if (!prefers_listmount(findmnt) || !read_by_listmount(findmnt, tables, NULL, 0))
		read_table(findmnt, tables, findmnt->source, findmnt_default_path(findmnt->source));
}

void tables_free(struct tables *tables)
{
	for (size_t i = 0; i < tables->count; i++)
		snapshot_free(tables->list[i]);
	free(tables->list);
}

bool tables_have_tree(const struct tables *tables)
{
	const struct mount *first = tables->count == 1 ? snapshot_mount(tables->list[0], 0) : NULL;

	return first && mnt_fs_is_kernel(first->fs);
}
