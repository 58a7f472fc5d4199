/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "utab/utab.h"

#include <errno.h>
#include <libmount.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/option-string.h"
#include "utab/utab-lines.h"
#include "utab/utab-order.h"
#include "util.h"

size_t utab_count(const char *target)
{
	_cleanup_(lines_free) struct lines lines = {0};
	_cleanup_fclose_ FILE *file = fopen(UTAB_FILE, "re");
	_cleanup_free_ char *mangled = mnt_mangle(target);
	size_t count = 0;

	if (!file || !mangled || lines_read(file, &lines) < 0)
		return 0;
	for (size_t i = 0; i < lines.count; i++)
		count += line_is_of(lines.list[i], mangled);
	return count;
}

/* ---- a new line ---- */

/* What libmount writes into utab; "users", "owner" and "group" are fstab's alone. Not an order to
 * do something while mounting, which it would carry out once more. */
static bool is_noted(const char *option)
{
	return strncmp(option, "x-", 2) == 0 || strcmp(option, "user") == 0 ||
	       strncmp(option, "user=", 5) == 0 || strncmp(option, "uhelper=", 8) == 0 ||
	       strcmp(option, "_netdev") == 0;
}

static int noted_options(const char *options, char **noted)
{
	struct option_in_string option;

	while (next_option(&options, &option)) {
		const char *end = option.value ? option.value + option.value_size
					       : option.name + option.name_size;
		_cleanup_free_ char *text = strndup(option.name, (size_t)(end - option.name));

		if (!text || (is_noted(text) && mnt_optstr_append_option(noted, text, NULL) != 0))
			return -ENOMEM;
	}
	return 0;
}

int utab_note(const struct utab_entry *entry)
{
	_cleanup_free_ char *options = NULL;
	struct libmnt_context *context;
	int rc = noted_options(entry->options, &options);
	size_t count;

	if (rc < 0 || !options)
		return rc;
	count = utab_count(entry->target);
	context = mnt_new_context();
	if (!context)
		return -ENOMEM;
	/* libmount is to note what has been mounted, and neither to look anything up nor to run
	 * anything for it. */
	mnt_context_disable_helpers(context, 1);
	mnt_context_disable_canonicalize(context, 1);
	rc = mnt_context_set_optsmode(context, MNT_OMODE_NOTAB);
	rc = rc ?: mnt_context_set_source(context, entry->source ?: "none");
	rc = rc ?: mnt_context_set_target(context, entry->target);
	/* The type is not noted, but from 2.39 on (seen: 2.42) it has to be one that the kernel
	 * has. */
	rc = rc ?: mnt_context_set_fstype(context, entry->flags & MS_BIND ? "none" : "tmpfs");
	rc = rc ?: mnt_context_set_options(context, options);
	rc = rc ?: mnt_context_set_mflags(context, entry->flags);
	rc = rc ?: mnt_context_prepare_mount(context);
	rc = rc ?: mnt_context_set_syscall_status(context, 0);
	rc = rc ?: mnt_context_finalize_mount(context);
	mnt_free_context(context);
	/* libmount says that all is well also where it could not read the file, or had no memory
	 * to. */
	if (rc == 0 && access(UTAB_FILE, W_OK) == 0 && utab_count(entry->target) <= count)
		return -EIO;
	return rc;
}

/* ---- changes ---- */

struct place {
	const char *target; /* mangled */
	const char *source; /* mangled: where a moved mount was */
	size_t count;
	int mount_id;
	struct libmnt_fs *gone; /* that has been unmounted */
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

		/* Where a new line stands. */
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

	return order_without(lines, place->target, place->gone);
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

int utab_move(const char *source, const char *target)
{
	_cleanup_free_ char *mangled = mnt_mangle(source);

	if (!mangled)
		return -ENOMEM;
	return change_place(move_target, (struct place){.target = target, .source = mangled});
}
