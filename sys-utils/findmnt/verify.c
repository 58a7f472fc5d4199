/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --verify: check a table (fstab) for mistakes.
 *
 * Each check is a function in a table and looks at one entry. It reports errors (the entry won't
 * work), warnings and, with --verbose, remarks. The entry's mount point is printed before its first
 * report, the numbers of errors and warnings at the end.
 */
#include <err.h>
#include <errno.h>
#include <libmount.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/print.h"
#include "findmnt/jobs.h"
#include "findmnt/match.h"
#include "findmnt/output.h"
#include "findmnt/request.h"
#include "findmnt/tables.h"
#include "findmnt/unique.h"
#include "i18n.h"
#include "namespaces.h"
#include "snapshot.h"
#include "util.h"

struct verify {
	const struct matcher *matcher;
	const struct tables *tables;
	struct libmnt_cache *cache; /* NULL: --nocanonicalize */
	bool verbose;
	unsigned int errors, warnings;

	/* The entry that is being checked: */
	struct libmnt_fs *fs;
	const char *target;
	const char
		*source; /* the device, if it is a tag; NULL: there is none, which was reported */
	bool named;	 /* its mount point has been printed */
	size_t table, next; /* where the entries after it begin */
};

static void name_entry(struct verify *verify)
{
	if (!verify->named)
		print_line(stdout, "%s", verify->target);
	verify->named = true;
}

__attribute__((format(printf, 3, 4))) static void found(
	struct verify *verify, char what, const char *format, ...)
{
	va_list arguments;

	if (what == ' ' && !verify->verbose)
		return;
	verify->errors += what == 'E';
	verify->warnings += what == 'W';
	name_entry(verify);
	printf("   [%c] ", what);
	va_start(arguments, format);
	vprint_line(stdout, format, arguments);
	va_end(arguments);
}

static bool is_without_device(struct libmnt_fs *fs)
{
	return mnt_fs_is_pseudofs(fs) || mnt_fs_is_netfs(fs);
}

static bool has_option(struct libmnt_fs *fs, const char *name)
{
	return mnt_fs_get_option(fs, name, NULL, NULL) == 0;
}

static bool is_bind(struct libmnt_fs *fs)
{
	return has_option(fs, "bind") || has_option(fs, "rbind");
}

/* Whether @path is a directory above @below; then the entry for @path has to come first. */
static bool is_above(const char *path, const char *below)
{
	size_t length = strlen(path);

	return length > 1 && *path == '/' && strncmp(path, below, length) == 0 &&
	       below[length] == '/';
}

static bool is_same_target(struct verify *verify, struct libmnt_fs *other)
{
	struct libmnt_cache *cache = verify->cache;

	if (!cache)
		return strcmp(mnt_fs_get_target(other) ?: "", verify->target) == 0;
	return mnt_fs_match_target(other, verify->target, cache);
}

/* Among the later entries: the same mount point again, or a directory above it. */
static void check_order(struct verify *verify)
{
	if (want_has_criteria(verify->matcher->want))
		return;
	for (size_t t = verify->table; t < verify->tables->count; t++) {
		struct snapshot *snapshot = verify->tables->list[t]->snapshot;
		size_t i = t == verify->table ? verify->next : 0;

		for (; i < snapshot_size(snapshot); i++) {
			struct libmnt_fs *later = snapshot_mount(snapshot, i)->fs;
			const char *target = mnt_fs_get_target(later) ?: "";

			if (is_same_target(verify, later))
				found(verify, 'W', _("target specified more than once"));
			else if (!mnt_fs_is_kernel(later) && is_above(target, verify->target))
				found(verify, 'E', _("wrong order: %s specified before %s"),
					verify->target, target);
		}
	}
}

static void check_target(struct verify *verify)
{
	const char *target = verify->target, *canonical = target;
	struct stat st;

	if (mnt_fs_is_swaparea(verify->fs))
		return;
	if (verify->cache)
		canonical = mnt_resolve_path(target, verify->cache) ?: target;
	if (strcmp(canonical, target) != 0)
		found(verify, 'W', _("non-canonical target path (real: %s)"), canonical);
	if (stat(canonical, &st) < 0 && has_option(verify->fs, "noauto"))
		found(verify, 'W', _("unreachable target: %s"), strerror(errno));
	else if (stat(canonical, &st) < 0)
		found(verify, 'E', _("unreachable on boot required target: %s"), strerror(errno));
	else if (!S_ISDIR(st.st_mode) && !is_bind(verify->fs))
		found(verify, 'E', _("target is not a directory"));
	else
		found(verify, ' ', _("target exists"));
}

static void check_options(struct verify *verify)
{
	struct libmnt_fs *fs = verify->fs;

	if (mnt_fs_is_swaparea(fs))
		return;
	if (mnt_fs_get_vfs_options(fs))
		found(verify, ' ', _("VFS options: %s"), mnt_fs_get_vfs_options(fs));
	if (mnt_fs_get_fs_options(fs))
		found(verify, ' ', _("FS options: %s"), mnt_fs_get_fs_options(fs));
	if (mnt_fs_get_user_options(fs))
		found(verify, ' ', _("userspace options: %s"), mnt_fs_get_user_options(fs));
}

/* Whether @source is written as a tag, known or not: NAME=VALUE, where the value, which can be
 * quoted, is not empty. */
static bool is_written_as_tag(const char *source)
{
	const char *value = strchr(source, '=');

	if (!value || !*++value)
		return false;
	if (*value != '"' && *value != '\'')
		return true;
	return value[1] && value[1] != *value && strchr(value + 1, *value);
}

/* The source, or the device in place of a tag. NULL: no device has the tag, which is reported. */
static const char *resolve_source(struct verify *verify)
{
	const char *source = mnt_fs_get_source(verify->fs) ?: "", *tag, *value, *device;
	struct libmnt_cache *cache = verify->cache;

	if (mnt_fs_get_tag(verify->fs, &tag, &value) != 0)
		return source;
	device = cache ? mnt_resolve_tag(tag, value, cache) : NULL;
	if (device)
		found(verify, ' ', _("%s=%s translated to %s"), tag, value, device);
	else if (has_option(verify->fs, "noauto"))
		found(verify, 'W', _("unreachable: %s=%s"), tag, value);
	else
		found(verify, 'E', _("unreachable on boot required source: %s=%s"), tag, value);
	return device;
}

static void check_source(struct verify *verify)
{
	const char *source = mnt_fs_get_source(verify->fs) ?: "", *tag, *value;
	struct stat st;

	if (mnt_fs_get_tag(verify->fs, &tag, &value) != 0 && is_written_as_tag(source)) {
		verify->source = source;
		found(verify, 'E', _("unsupported source tag: %s"), source);
		return;
	}
	verify->source = resolve_source(verify);
	if (!verify->source)
		return;
	if (is_without_device(verify->fs))
		found(verify, ' ', _("do not check %s source (pseudo/net)"), source);
	else if (stat(verify->source, &st) < 0)
		found(verify, 'W', _("unreachable source: %s: %s"), verify->source,
			strerror(errno));
	else if ((S_ISDIR(st.st_mode) || S_ISREG(st.st_mode)) && !is_bind(verify->fs))
		found(verify, 'W', _("non-bind mount source %s is a directory or regular file"),
			verify->source);
	else if (!S_ISBLK(st.st_mode) && !is_bind(verify->fs))
		found(verify, 'W', _("source %s is not a block device"), verify->source);
	else
		found(verify, ' ', _("source %s exists"), verify->source);
}

/* Whether /proc/filesystems has @type. */
static bool kernel_has_type(const char *type)
{
	_cleanup_fclose_ FILE *file = fopen("/proc/filesystems", "re");
	char line[128];

	while (file && fgets(line, sizeof(line), file)) {
		const char *name = strchr(line, '\t');

		if (name && strncmp(name + 1, type, strlen(type)) == 0 &&
			name[1 + strlen(type)] == '\n')
			return true;
	}
	return !file;
}

static void check_type(struct verify *verify)
{
	const char *type = mnt_fs_get_fstype(verify->fs) ?: "auto";
	bool is_auto = strcmp(type, "auto") == 0;
	bool is_one = !is_auto && strncmp(type, "no", 2) != 0 && !strchr(type, ',');
	struct libmnt_cache *cache = verify->cache;
	_cleanup_free_ char *owned = NULL;
	const char *source;
	char *found_type;
	int ambiguous = 0;

	if (!verify->source)
		return;
	source = cache ? mnt_resolve_path(verify->source, cache) : verify->source;
	if (is_without_device(verify->fs)) {
		found(verify, ' ', _("do not check %s FS type (pseudo/net)"), source);
		return;
	}
	if (is_one && !mnt_fs_is_swaparea(verify->fs) && !kernel_has_type(type))
		found(verify, 'W', _("%s seems unsupported by the current kernel"), type);
	errno = 0;
	found_type = mnt_get_fstype(source, &ambiguous, cache);
	owned = cache ? NULL : found_type;
	if (!found_type)
		found(verify, is_auto ? 'E' : 'W', _("cannot detect on-disk filesystem type (%s)"),
			errno ? strerror(errno) : _("reason unknown"));
	else if (!is_auto && strcmp(type, found_type) != 0)
		found(verify, 'W', _("%s does not match with on-disk %s"), type, found_type);
	else
		found(verify, ' ', _("FS type is %s"), found_type);
}

static void check_passno(struct verify *verify)
{
	if (strcmp(verify->target, "/") == 0 && mnt_fs_get_passno(verify->fs) != 1)
		found(verify, 'W', _("recommended root FS passno is 1 (current is %d)"),
			mnt_fs_get_passno(verify->fs));
}

static void (*const checks[])(struct verify *verify) = {
	check_order,
	check_target,
	check_options,
	check_source,
	check_type,
	check_passno,
};

static void verify_entry(struct verify *verify)
{
	verify->target = mnt_fs_get_target(verify->fs) ?: "";
	verify->named = false;
	if (verify->verbose)
		name_entry(verify);
	for (size_t i = 0; i < ELEMENTS(checks); i++)
		checks[i](verify);
}

static size_t verify_table(struct verify *verify)
{
	size_t matching = 0;
	struct snapshot *snapshot = verify->tables->list[verify->table]->snapshot;

	for (size_t i = 0; i < snapshot_size(snapshot); i++) {
		struct mount *mount = snapshot_mount(snapshot, i);

		if (mount->is_dropped || !matcher_matches(verify->matcher, mount->fs, mount))
			continue;
		verify->fs = mount->fs;
		verify->next = i + 1;
		verify_entry(verify);
		matching++;
		if (verify->matcher->want->first_only)
			break;
	}
	return matching;
}

static size_t verify_tables(struct verify *verify)
{
	size_t matching = 0;

	for (verify->table = 0; verify->table < verify->tables->count; verify->table++)
		matching += verify_table(verify);
	return matching;
}

static void print_counts(const struct verify *verify, unsigned int parse_errors)
{
	fputc('\n', stderr);
	fprintf(stderr, many_("%u parse error", "%u parse errors", parse_errors), parse_errors);
	fputs(", ", stderr);
	fprintf(stderr, many_("%u error", "%u errors", verify->errors), verify->errors);
	fputs(", ", stderr);
	fprintf(stderr, many_("%u warning", "%u warnings", verify->warnings), verify->warnings);
	fputc('\n', stderr);
}

int job_verify(const struct command *command, struct output *output)
{
	_cleanup_(matcher_clear) struct matcher matcher =
		matcher_of(&command->from, &command->want);
	_cleanup_(tables_free) struct tables tables = {0};
	struct verify verify = {
		.matcher = &matcher,
		.tables = &tables,
		.cache = command->want.cache,
		.verbose = command->job.verbose,
	};

	tables_read(&command->from, &command->want, output_needs(output), &tables);
	if (command->want.unique)
		unique_drop_repeated(&tables);
	while (!verify_tables(&verify) && matcher_try_other_meaning(&matcher))
		;
	if (!tables.parse_errors && !verify.errors && !verify.warnings) {
		printf(_("Success, no errors or warnings detected\n"));
		return EXIT_SUCCESS;
	}
	print_counts(&verify, tables.parse_errors);
	return tables.parse_errors || verify.errors ? EXIT_FAILURE : EXIT_SUCCESS;
}
