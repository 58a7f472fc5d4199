/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "utab/utab.h"

#include <errno.h>
#include <libmount.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "utab/utab-lines.h"
#include "utab/utab-lock.h"
#include "utab/utab-order.h"
#include "util.h"

size_t utab_count(const char *target)
{
	_cleanup_fclose_ FILE *file = utab_open();
	_cleanup_free_ char *mangled = file ? mnt_mangle(target) : NULL;

	return mangled ? lines_count(file, mangled) : 0;
}

/* ---- a new line ---- */

/*
 * libmount did not make the mount, so it is told that the system call has succeeded; that is its
 * documented way for programs that call mount(2) themselves. mnt_update_table() alone would write
 * the same line, but (seen with 2.42) without the write to utab.event that tells programs that
 * watch utab. libmount would wait for a held lock without end.
 */
static int finish_by_libmount(struct libmnt_context *context, const char *target)
{
	int r = utab_await_lock();

	if (r < 0)
		return r;
	mnt_context_set_target(context, target);
	mnt_context_reset_status(context);
	mnt_context_set_syscall_status(context, 0);
	return mnt_context_finalize_mount(context);
}

/* For a bind mount, and for a mount by a helper that wrote no line: libmount prepares it in a
 * context of its own. */
static int write_by_libmount(const struct utab_entry *entry)
{
	struct libmnt_context *context;
	size_t count;
	int rc;

	if (!entry->options)
		return 0;
	count = utab_count(entry->target);
	context = mnt_new_context();
	if (!context)
		return -ENOMEM;
	/* The mount is already there: libmount must not look anything up or run a helper. */
	mnt_context_disable_helpers(context, 1);
	mnt_context_disable_canonicalize(context, 1);
	rc = mnt_context_set_optsmode(context, MNT_OMODE_NOTAB);
	rc = rc ?: mnt_context_set_source(context, entry->source ?: "none");
	rc = rc ?: mnt_context_set_target(context, entry->target);
	/* The type is not written, but libmount (seen with 2.42) refuses one that the kernel does
	 * not have. */
	rc = rc ?: mnt_context_set_fstype(context, entry->flags & MS_BIND ? "none" : "tmpfs");
	rc = rc ?: mnt_context_set_options(context, entry->options);
	rc = rc ?: mnt_context_set_mflags(context, entry->flags);
	rc = rc ?: mnt_context_prepare_mount(context);
	rc = rc ?: finish_by_libmount(context, entry->target);
	mnt_free_context(context);
	/* libmount also returns 0 if it could not read the file, or had no memory for it. */
	if (rc == 0 && access(UTAB_FILE, W_OK) == 0 && utab_count(entry->target) <= count)
		return -EIO;
	return rc;
}

/* ---- changes of the file ---- */

/* What a change is about; each change uses some of it. */
struct place {
	const char *target;	/* mangled */
	const char *source;	/* mangled: the old path of a moved mount */
	size_t count;		/* lines of the target that were there before */
	int mount_id;		/* of the new mount */
	struct libmnt_fs *gone; /* the mount that has been unmounted */
	bool was_beneath;	/* it was not the top mount */
};

static int withdraw(struct lines *lines, const void *argument)
{
	const struct place *place = argument;
	size_t seen = 0, kept = 0;
	int changed = 0;

	for (size_t i = 0; i < lines->count; i++) {
		char *line = lines->list[i];

		if (line_is_of(line, place->target) && ++seen > place->count) {
			free(line);
			changed++;
		} else {
			lines->list[kept++] = line;
		}
	}
	lines->count = kept;
	return changed;
}

static int move_target(struct lines *lines, const void *argument)
{
	const struct place *place = argument;
	size_t top = lines->count;
	int changed = 0;

	for (size_t i = 0; i < lines->count; i++)
		if (line_is_of(lines->list[i], place->source))
			top = i;
	for (size_t i = 0; i < lines->count; i++) {
		size_t length;

		if (i != top && !line_is_below(lines->list[i], place->source))
			continue;
		if (line_replace(&lines->list[i], line_field(lines->list[i], "TARGET=", &length),
			    strlen(place->source), place->target) < 0)
			return -ENOMEM;
		changed++;
	}
	if (top < lines->count) {
		char *line = lines->list[top];

		/* To the end, where libmount appends new lines. */
		memmove(&lines->list[top], &lines->list[top + 1],
			(lines->count - top - 1) * sizeof(*lines->list));
		lines->list[lines->count - 1] = line;
	}
	return changed;
}

static int settle(struct lines *lines, const void *argument)
{
	const struct place *place = argument;

	return order_with_new(lines, place->target, place->count, place->mount_id);
}

static int drop(struct lines *lines, const void *argument)
{
	const struct place *place = argument;

	return order_without(lines, place->target, place->gone, place->was_beneath);
}

static int change_place(int (*change)(struct lines *, const void *), struct place place)
{
	_cleanup_free_ char *target = mnt_mangle(place.target);

	if (!target)
		return -ENOMEM;
	place.target = target;
	return lines_change(change, &place);
}

int utab_settle(const char *target, size_t count, int mount_id)
{
	return change_place(
		settle, (struct place){.target = target, .count = count, .mount_id = mount_id});
}

int utab_withdraw(const char *target, size_t count)
{
	return change_place(withdraw, (struct place){.target = target, .count = count});
}

int utab_drop(struct libmnt_fs *gone)
{
	return change_place(drop, (struct place){.target = mnt_fs_get_target(gone), .gone = gone});
}

int utab_drop_beneath(struct libmnt_fs *gone)
{
	return change_place(drop,
		(struct place){
			.target = mnt_fs_get_target(gone), .gone = gone, .was_beneath = true});
}

int utab_move(const char *source, const char *target)
{
	_cleanup_free_ char *mangled = mnt_mangle(source);

	if (!mangled)
		return -ENOMEM;
	return change_place(move_target, (struct place){.target = target, .source = mangled});
}

int utab_record(const struct utab_entry *entry)
{
	size_t count = entry->has_helper ? entry->lines_before : utab_count(entry->target);
	int r;

	if (entry->moved_from)
		r = utab_move(entry->moved_from, entry->target);
	else if (entry->prepared)
		r = finish_by_libmount(entry->prepared, entry->target);
	else if (entry->has_helper && utab_count(entry->target) > count)
		r = 0; /* the helper has written the line */
	else
		r = write_by_libmount(entry);
	return r ?: utab_settle(entry->target, count, entry->mount_id);
}
