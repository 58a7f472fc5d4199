/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each criterion is a function in a table; a mount matches if it meets all of them. libmount
 * compares names, because it knows about tags, symbolic links and "/x/" for "/x".
 */
#include "findmnt/match.h"
#include "cli/loop-device.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <libmount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "findmnt/request.h"
#include "findmnt/tables.h"
#include "findmnt/task-path.h"
#include "kernel.h"
#include "namespaces.h"
#include "path.h"
#include "snapshot.h"
#include "util.h"

/* Whether the source is a loop device with the image file @path. */
static bool is_from_image(struct libmnt_fs *fs, const char *path)
{
	_cleanup_free_ char *image = loop_device_image(mnt_fs_get_devno(fs));
	struct stat wanted, st;

	if (!image)
		return false;
	return strcmp(image, path) == 0 ||
	       (stat(path, &wanted) == 0 && stat(image, &st) == 0 && wanted.st_dev == st.st_dev &&
		       wanted.st_ino == st.st_ino);
}

static bool meets_source(
	const struct matcher *matcher, struct libmnt_fs *fs, const struct mount *mount)
{
	unsigned int major_number, minor_number;
	char end;

	(void)mount;
	if (!matcher->source || mnt_fs_match_source(fs, matcher->source, matcher->want->cache))
		return true;
	if (matcher->want->by_image)
		return is_from_image(fs, matcher->source);
	return sscanf(matcher->source, "%u:%u%c", &major_number, &minor_number, &end) == 2 &&
	       mnt_fs_get_devno(fs) == makedev(major_number, minor_number);
}

static bool meets_path(
	const struct matcher *matcher, struct libmnt_fs *fs, const struct mount *mount)
{
	if (matcher->shown_id)
		return mnt_fs_get_id(fs) == matcher->shown_id;
	if (!matcher->path)
		return true;
	if (matcher->want->target && mount && mount->is_hidden)
		return false;
	/* libmount would ask the server about the path. */
	if (matcher->mount_point)
		return strcmp(mnt_fs_get_target(fs) ?: "", matcher->mount_point) == 0;
	return mnt_fs_match_target(fs, matcher->path, matcher->want->cache);
}

static bool meets_types(
	const struct matcher *matcher, struct libmnt_fs *fs, const struct mount *mount)
{
	(void)mount;
	return !matcher->want->types || mnt_fs_match_fstype(fs, matcher->want->types);
}

static bool meets_options(
	const struct matcher *matcher, struct libmnt_fs *fs, const struct mount *mount)
{
	(void)mount;
	return !matcher->want->options || mnt_fs_match_options(fs, matcher->want->options);
}

static bool meets_ids(
	const struct matcher *matcher, struct libmnt_fs *fs, const struct mount *mount)
{
	const struct want *want = matcher->want;

	return (!want->by_id || mnt_fs_get_id(fs) == want->id) &&
	       (!want->by_unique_id || (mount && mount->id == want->unique_id));
}

/* df(1) counts filesystems in memory among those that hold data. */
static bool is_memory(struct libmnt_fs *fs)
{
	const char *type = mnt_fs_get_fstype(fs) ?: "";

	return strcmp(type, "tmpfs") == 0 || strcmp(type, "devtmpfs") == 0;
}

/* Of the filesystems without a device, those in which people keep files. */
static bool holds_files(struct libmnt_fs *fs)
{
	const char *type = mnt_fs_get_fstype(fs) ?: "";

	return strcmp(type, "tmpfs") == 0 || strcmp(type, "ramfs") == 0 ||
	       strcmp(type, "rootfs") == 0 || strcmp(type, "overlay") == 0 ||
	       strncmp(type, "fuse", strlen("fuse")) == 0;
}

/* With --df or --dfi, --real keeps filesystems in memory, too, and --all keeps every filesystem. */
static bool meets_kind(
	const struct matcher *matcher, struct libmnt_fs *fs, const struct mount *mount)
{
	const struct want *want = matcher->want;
	bool is_pseudo = mnt_fs_is_pseudofs(fs);

	(void)mount;
	if (want->without_kernel && is_pseudo && !holds_files(fs))
		return false;
	if (want->only_df && want->all)
		return true;
	if (want->only_df && is_pseudo && !is_memory(fs))
		return false;
	return (!want->only_real || !is_pseudo || want->only_df) &&
	       (!want->only_pseudo || is_pseudo);
}

static bool meets_shadowed(
	const struct matcher *matcher, struct libmnt_fs *fs, const struct mount *mount)
{
	return !matcher->want->only_shadowed || !mnt_fs_is_kernel(fs) ||
	       (mount && mount_cover(mount));
}

static bool (*const criteria[])(
	const struct matcher *matcher, struct libmnt_fs *fs, const struct mount *mount) = {
	meets_source,
	meets_path,
	meets_types,
	meets_options,
	meets_ids,
	meets_kind,
	meets_shadowed,
};

bool matcher_matches(const struct matcher *matcher, struct libmnt_fs *fs, const struct mount *mount)
{
	bool meets_all = true;

	/* Before Linux 6.18, no mountinfo shows the mounts that the moved root of another namespace
	 * hides. They have no path, and no @fs. */
	if (!fs)
		return false;
	for (size_t i = 0; meets_all && i < ELEMENTS(criteria); i++)
		meets_all = criteria[i](matcher, fs, mount);
	return meets_all != matcher->want->invert;
}

static int identify_for_task(const char *task, const char *path, struct mount_identity *identity)
{
	_cleanup_close_ int fd = task_path_open(task, path);

	return fd < 0 ? fd : kernel_identify(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, identity);
}

/* The id of the mount that --target is on, for the first table; 0: it can't be known for these
 * tables, or the path leads nowhere. The server of the filesystem is not asked. */
static int id_of_target(const struct from *from, const struct want *want)
{
	struct mount_identity identity = {0};
	int r = -ENOENT;

	if (!want->target || from->source == SOURCE_FSTAB || from->files.count)
		return 0;
	if (!from->tasks.count)
		r = kernel_identify(AT_FDCWD, want->target, AT_STATX_DONT_SYNC, &identity);
	else if (from->tasks.count == 1 && *want->target == '/')
		r = identify_for_task(from->tasks.list[0], want->target, &identity);
	return r < 0 ? 0 : identity.short_id;
}

struct matcher matcher_of(const struct from *from, const struct want *want)
{
	return (struct matcher){
		.want = want,
		.shown_id = from->all_namespaces ? 0 : id_of_target(from, want),
		.source = want->operand ?: want->source,
		.path = want->mountpoint ?: want->target,
		.may_be_path = want->operand,
		.may_step_up = want->target && from->source != SOURCE_FSTAB,
	};
}

void matcher_clear(struct matcher *matcher)
{
	free(matcher->mount_point);
	free(matcher->above);
}

/* From a path to its canonical form, from there to the directory above, and so on. False: it was
 * the root, or there is no such file. */
static bool step_up(struct matcher *matcher)
{
	char *last;

	if (!matcher->above) {
		matcher->above = path_canonical(matcher->path);
		matcher->path = matcher->above ?: matcher->path;
		return matcher->above;
	}
	last = strrchr(matcher->above, '/');
	if (!last || !last[1])
		return false;
	last[last == matcher->above] = '\0';
	return true;
}

bool matcher_try_other_meaning(struct matcher *matcher)
{
	if (matcher->shown_id) {
		matcher->shown_id = 0;
		return true;
	}
	if (matcher->may_be_path) {
		matcher->path = matcher->source;
		matcher->source = NULL;
		matcher->may_be_path = false;
		return true;
	}
	return matcher->may_step_up && step_up(matcher);
}

/* ---- for a view ---- */

/* The mount point of the mount @id, as the first table has it; NULL: not known. */
static const char *mount_point_of(int id, const struct tables *tables)
{
	const struct snapshot *first = tables->namespaces->list[0].snapshot;
	struct mount *mount = id && first ? snapshot_find(first, id) : NULL;

	return mount ? mount_target(mount) : NULL;
}

/* Whether any mount of the tables is at the path that is looked for. */
static bool is_any_at_path(const struct matcher *matcher, const struct tables *tables)
{
	struct mount *mount;

	for (size_t i = 0; i < tables->count; i++)
		snapshot_for_each (mount, tables->list[i]->snapshot)
			if (mount->fs && meets_path(matcher, mount->fs, mount))
				return true;
	return false;
}

static void step_up_to_mount_point(struct matcher *matcher, const struct tables *tables)
{
	while (!is_any_at_path(matcher, tables) && step_up(matcher))
		;
}

struct matcher matcher_of_view(
	const struct from *from, const struct want *want, const struct tables *tables)
{
	struct matcher matcher = matcher_of(from, want);
	int id = from->all_namespaces ? id_of_target(from, want) : matcher.shown_id;
	const char *mount_point = mount_point_of(id, tables);

	matcher.shown_id = 0;
	if (mount_point) {
		matcher.mount_point = strdup(mount_point);
		if (!matcher.mount_point)
			err(EXIT_FAILURE, NULL);
	} else if (matcher.may_step_up && !from->all_namespaces) {
		/* With --namespaces, a path of another namespace is compared as it is. */
		step_up_to_mount_point(&matcher, tables);
	}
	return matcher;
}
