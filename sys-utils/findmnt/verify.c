/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * findmnt-verify: --verify, what is wrong with a table.
 *
 * Each check is a function in a table and looks at one entry. What it finds is an error (the entry
 * won't work), a warning, or, with --verbose, a remark. An entry's mount point is printed before
 * the first that is found of it, the counts at the end.
 */
#include <err.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "findmnt/findmnt.h"
#include "i18n.h"
#include "snapshot.h"
#include "util.h"

struct verify {
	const struct findmnt *findmnt;
	struct tables *tables;
	bool named; /* the entry's mount point is printed */
	unsigned int errors, warnings;

	/* The entry that is looked at, and where the ones after it begin: */
	struct libmnt_fs *fs;
	size_t table, next;
	const char *target;
	const char *source; /* a device for a tag; NULL: can't be, nothing more to say of it */
};

static void name_entry(struct verify *verify)
{
	if (!verify->named)
		printf("%s\n", verify->target);
	verify->named = true;
}

__attribute__((format(printf, 3, 4))) static void found(
	struct verify *verify, char what, const char *format, ...)
{
	va_list arguments;

	if (what == ' ' && !verify->findmnt->verbose)
		return;
	verify->errors += what == 'E';
	verify->warnings += what == 'W';
	name_entry(verify);
	printf("   [%c] ", what);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
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

/* Whether a line for @path that comes after one for @below is too late. */
static bool is_above(const char *path, const char *below)
{
	size_t length = strlen(path);

	return length > 1 && *path == '/' && strncmp(path, below, length) == 0 &&
	       below[length] == '/';
}

static bool is_same_target(struct verify *verify, struct libmnt_fs *other)
{
	struct libmnt_cache *cache = verify->findmnt->cache;

	if (!cache)
		return strcmp(mnt_fs_get_target(other) ?: "", verify->target) == 0;
	return mnt_fs_match_target(other, verify->target, cache);
}

/* The entries after this one: a second for the same mount point, one for a directory above. */
static void check_order(struct verify *verify)
{
	if (findmnt_has_criteria(verify->findmnt))
		return;
	for (size_t t = verify->table; t < verify->tables->count; t++) {
		struct snapshot *snapshot = verify->tables->list[t];
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
	if (verify->findmnt->cache)
		canonical = mnt_resolve_path(target, verify->findmnt->cache) ?: target;
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

/* The device of a tag, or the path as it is; NULL: there is no such device. */
static const char *resolve_source(struct verify *verify)
{
	const char *source = mnt_fs_get_source(verify->fs) ?: "", *tag, *value, *device;
	struct libmnt_cache *cache = verify->findmnt->cache;

	if (mnt_fs_get_tag(verify->fs, &tag, &value) != 0) {
		if (strchr(source, '=') && *source != '/')
			found(verify, 'E', _("unsupported source tag: %s"), source);
		return source;
	}
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
	const char *source = mnt_fs_get_source(verify->fs) ?: "";
	struct stat st;

	if (is_without_device(verify->fs)) {
		verify->source = source;
		found(verify, ' ', _("do not check %s source (pseudo/net)"), source);
		return;
	}
	verify->source = resolve_source(verify);
	if (!verify->source ||
		(strchr(source, '=') && *source != '/' && strcmp(source, verify->source) == 0))
		return;
	if (stat(verify->source, &st) < 0)
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
	struct libmnt_cache *cache = verify->findmnt->cache;
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
	if (verify->findmnt->verbose)
		name_entry(verify);
	for (size_t i = 0; i < ELEMENTS(checks); i++)
		checks[i](verify);
}

static size_t verify_table(struct verify *verify)
{
	size_t matching = 0;
	const struct findmnt *findmnt = verify->findmnt;
	struct snapshot *snapshot = verify->tables->list[verify->table];

	for (size_t i = 0; i < snapshot_size(snapshot); i++) {
		struct mount *mount = snapshot_mount(snapshot, i);

		if (mount->is_dropped || !findmnt_matches(findmnt, mount->fs, mount))
			continue;
		verify->fs = mount->fs;
		verify->next = i + 1;
		verify_entry(verify);
		matching++;
		if (findmnt->first_only)
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

int findmnt_verify(struct findmnt *findmnt, const char *operand)
{
	_cleanup_free_ char *above = NULL;
	struct tables tables = {0};
	struct verify verify = {.findmnt = findmnt, .tables = &tables};
	unsigned int parse_errors;

	findmnt_read_tables(findmnt, operand, &tables);
	if (findmnt->unique && findmnt_drop_duplicates(&tables) < 0)
		err(EXIT_FAILURE, NULL);
	parse_errors = findmnt_parse_errors();
	while (!verify_tables(&verify) && findmnt_try_other_meaning(findmnt, &operand, &above))
		;
	tables_free(&tables);
	if (!parse_errors && !verify.errors && !verify.warnings) {
		printf(_("Success, no errors or warnings detected\n"));
		return EXIT_SUCCESS;
	}
	fputc('\n', stderr);
	fprintf(stderr, many_("%u parse error", "%u parse errors", parse_errors), parse_errors);
	fputs(", ", stderr);
	fprintf(stderr, many_("%u error", "%u errors", verify.errors), verify.errors);
	fputs(", ", stderr);
	fprintf(stderr, many_("%u warning", "%u warnings", verify.warnings), verify.warnings);
	fputc('\n', stderr);
	return parse_errors || verify.errors ? EXIT_FAILURE : EXIT_SUCCESS;
}
