/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * "mount", "mount -l", "mount -t TYPE": one line for each mount, "SOURCE on TARGET type TYPE
 * (OPTIONS) [LABEL]". Of the mounts at one path the visible one comes last.
 *
 * This is for old scripts; new ones should use findmnt(8). For a loop device its file is printed,
 * and for a control character '?'.
 */
#include <config.h>

#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/print.h"
#include "cli/start.h"
#include "i18n.h"
#include "mount/mount-list.h"
#include "stack.h"

static void print_mount(struct command *command, struct libmnt_fs *fs)
{
	struct libmnt_cache *cache = mnt_context_get_cache(command->context);
	const char *source = mnt_fs_get_source(fs), *type = mnt_fs_get_fstype(fs);
	char *pretty = mnt_fs_is_pseudofs(fs) ? NULL : mnt_pretty_path(source, cache);
	char *options = mnt_fs_strdup_options(fs);

	print_with_tabs(stdout, pretty ? pretty : source ? source : "none");
	fputs(" on ", stdout);
	print_text(stdout, mnt_fs_get_target(fs) ?: "");
	if (type) {
		fputs(" type ", stdout);
		print_text(stdout, type);
	}
	if (options) {
		fputs(" (", stdout);
		print_with_tabs(stdout, options);
		putchar(')');
	}
	if (command->show_labels && source) {
		char *label = mnt_cache_find_tag_value(cache, source, "LABEL");

		if (label) {
			fputs(" [", stdout);
			print_with_tabs(stdout, label);
			putchar(']');
		}
	}
	putchar('\n');
	free(pretty);
	free(options);
}

/* The mounts of automounters that ask not to be listed, as libmount 2.39 and later leave them out.
 */
static bool is_unlisted(struct libmnt_fs *fs)
{
	const char *type = mnt_fs_get_fstype(fs);

	return type && strcmp(type, "autofs") == 0 && mnt_fs_match_options(fs, "ignore");
}

int list_mounts(struct command *command)
{
	struct libmnt_table *mounts;
	struct libmnt_iter *place;
	struct libmnt_fs *fs;

	if (mnt_context_get_mtab(command->context, &mounts) != 0)
		err(MNT_EX_SYSERR, _("failed to read mtab"));
	if (stack_order_table(mounts) < 0)
		out_of_memory();
	place = mnt_new_iter(MNT_ITER_FORWARD);
	if (!place)
		out_of_memory();
	while (mnt_table_next_fs(mounts, place, &fs) == 0)
		if (!is_unlisted(fs) &&
			(!command->types || mnt_fs_match_fstype(fs, command->types)))
			print_mount(command, fs);
	mnt_free_iter(place);
	return MNT_EX_SUCCESS;
}
