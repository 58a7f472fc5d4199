/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/visible.h"

#include <config.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/loop-device.h"
#include "cli/print.h"
#include "cli/start.h"
#include "commands.h"
#include "i18n.h"
#include "kernel.h"
#include "stack.h"
#include "util.h"
#include "words.h"

int order_mounts(struct libmnt_context *context, struct libmnt_table **table)
{
	struct libmnt_table *mounts;
	int r = mnt_context_get_mtab(context, &mounts);

	if (r == 0)
		r = stack_order_table(mounts);
	if (r < 0)
		return r;
	if (table)
		*table = mounts;
	return 0;
}

bool is_visible(struct libmnt_context *context, struct libmnt_fs *fs)
{
	struct libmnt_ns *before = mnt_context_switch_target_ns(context);
	struct mount_identity identity;
	int r = kernel_identify(AT_FDCWD, mnt_fs_get_target(fs),
		AT_SYMLINK_NOFOLLOW | AT_STATX_DONT_SYNC, &identity);

	mnt_context_switch_ns(context, before);
	return r < 0 ? r != -ENOENT && r != -ENOTDIR : identity.short_id == mnt_fs_get_id(fs);
}

int keep_visible_mounts(struct libmnt_context *context)
{
	struct libmnt_iter *place = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_table *table;
	struct libmnt_fs *fs;
	int r;

	if (!place)
		out_of_memory();
	r = mnt_context_get_mtab(context, &table);
	while (r == 0 && mnt_table_next_fs(table, place, &fs) == 0)
		if (!is_visible(context, fs))
			mnt_table_remove_fs(table, fs);
	mnt_free_iter(place);
	return r;
}

bool has_image(struct libmnt_fs *fs, const char *image)
{
	_cleanup_free_ char *backing = loop_device_image(mnt_fs_get_devno(fs));

	return backing && strcmp(backing, image) == 0;
}

struct libmnt_fs *find_by_source(
	struct libmnt_context *context, struct libmnt_table *table, const char *operand)
{
	struct libmnt_ns *before = mnt_context_switch_target_ns(context);
	struct libmnt_fs *found = mnt_table_find_source(table, operand, MNT_ITER_BACKWARD);
	_cleanup_free_ char *image = found ? NULL : realpath(operand, NULL);
	struct libmnt_iter *place = mnt_new_iter(MNT_ITER_BACKWARD);
	struct libmnt_fs *fs;

	if (!place)
		out_of_memory();
	while (image && !found && mnt_table_next_fs(table, place, &fs) == 0)
		if (has_image(fs, image))
			found = fs;
	mnt_free_iter(place);
	mnt_context_switch_ns(context, before);
	return found;
}

/* Print the command that unmounts @fs and leaves @cover, if there is one. */
static void print_remedy(struct libmnt_fs *fs, struct libmnt_fs *cover)
{
	bool is_next = mnt_fs_get_parent_id(cover) == mnt_fs_get_id(fs);
	_cleanup_free_ char *target = NULL, *command = NULL;
	int indent = (int)strlen(program_invocation_short_name) + 2;

	if (strcmp(mnt_fs_get_target(cover), mnt_fs_get_target(fs)) != 0)
		return;
	target = shell_quote(mnt_fs_get_target(fs));
	if (!target || command_make(&command, "{umount here} %s %s",
			       is_next ? "--beneath" : "--beneath=all", target) < 0)
		out_of_memory();
	fprintf(stderr, _("%*sTo unmount what lies beneath the top mount:\n"), indent, "");
	fprintf(stderr, "%*s", indent, "");
	print_text(stderr, command);
	fputc('\n', stderr);
}

/* The mount that covers @fs: a lookup of the path of @fs ends in it. If the path leads nowhere any
 * more: the mount that a lookup of the nearest directory above ends in. NULL: it is not in @table.
 */
static struct libmnt_fs *find_cover(
	struct libmnt_context *context, struct libmnt_table *table, struct libmnt_fs *fs)
{
	struct libmnt_ns *before = mnt_context_switch_target_ns(context);
	_cleanup_free_ char *path = strdup(mnt_fs_get_target(fs));
	struct libmnt_fs *cover = NULL;
	char *slash;

	stack_shows(table, fs, &cover);
	while (path && !cover && (slash = strrchr(path, '/'))) {
		slash[slash == path] = '\0';
		stack_find(table, path, &cover);
		if (slash == path)
			break;
	}
	mnt_context_switch_ns(context, before);
	return cover;
}

int report_hidden(struct libmnt_context *context, struct libmnt_table *table, struct libmnt_fs *fs)
{
	_cleanup_free_ char *target = printable_text(mnt_fs_get_target(fs));
	_cleanup_free_ char *source = printable_text(mnt_fs_get_source(fs) ?: "none");
	_cleanup_free_ char *cover_target = NULL, *cover_source = NULL;
	struct libmnt_fs *cover = find_cover(context, table, fs);

	cover_target = printable_text(cover ? mnt_fs_get_target(cover) : "");
	cover_source = printable_text(cover ? mnt_fs_get_source(cover) ?: "none" : "");
	if (!target || !source || !cover_target || !cover_source)
		out_of_memory();
	if (!cover)
		warnx(_("%s: %s is hidden here."), target, source);
	else if (strcmp(target, cover_target) == 0)
		warnx(_("%s: %s is hidden here: %s covers it."), target, source, cover_source);
	else
		warnx(_("%s: %s is hidden here: %s on %s covers it."), target, source, cover_source,
			cover_target);
	if (cover)
		print_remedy(fs, cover);
	return MNT_EX_FAIL;
}
