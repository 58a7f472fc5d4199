/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tuck/on-top.h"

#include <errno.h>
#include <fcntl.h>
#include <libmount.h>
#include <linux/loop.h>
#include <linux/major.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/option-string.h"
#include "cli/start.h"
#include "kernel.h"
#include "table.h"
#include "tuck/act.h"
#include "tuck/tuck-options.h"
#include "tuck/tuck-request.h"
#include "util.h"

/* ---- a file, and the mount that it is on ---- */

/* A file as it is seen in a mount namespace. A child sends this through a pipe, in one piece. */
struct view {
	int error;    /* -errno: why it could not be looked at */
	bool is_root; /* the root of its mount */
	struct file_identity file;
	char line[3900]; /* the line of its mount in mountinfo; "": not known */
};

static void read_line(int short_id, char *to, size_t size)
{
	_cleanup_fclose_ FILE *table = kernel_fopen_proc("thread-self/mountinfo");
	_cleanup_free_ char *line = NULL;
	size_t room = 0;

	while (table && getline(&line, &room, table) > 0) {
		if (atoi(line) != short_id || strlen(line) >= size)
			continue;
		memcpy(to, line, strlen(line) + 1);
		return;
	}
}

static void view_here(const char *path, struct view *view)
{
	_cleanup_close_ int fd = kernel_open_path(AT_FDCWD, path);
	struct mount_identity identity;

	*view = (struct view){.error = fd < 0 ? fd : 0};
	if (view->error == 0)
		view->error = kernel_identify(fd, "", AT_EMPTY_PATH, &identity);
	if (view->error == 0)
		view->error = kernel_identify_file(fd, &view->file);
	if (view->error < 0)
		return;
	view->is_root = identity.is_root;
	read_line(identity.short_id, view->line, sizeof(view->line));
}

/* A child looks there, because setns(2) changes the root and the working directory of a process. */
static void view_in(int mntns, const char *path, struct view *view)
{
	int pipe_fds[2];
	pid_t child;

	*view = (struct view){.error = -EIO};
	if (mntns < 0) {
		view_here(path, view);
		return;
	}
	kernel_keep_proc();
	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return;
	child = fork();
	if (child == 0) {
		if (setns(mntns, CLONE_NEWNS) == 0)
			view_here(path, view);
		_exit(write(pipe_fds[1], view, sizeof(*view)) != sizeof(*view));
	}
	close(pipe_fds[1]);
	if (child > 0) {
		if (read(pipe_fds[0], view, sizeof(*view)) != sizeof(*view))
			*view = (struct view){.error = -EIO};
		while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
			;
	}
	close(pipe_fds[0]);
}

/* ---- options ---- */

static struct tuck_options options_of(const char *text)
{
	struct tuck_options options;

	if (tuck_options_read(&options, text) < 0)
		out_of_memory();
	return options;
}

/* The per-mount flags of a mount with @before, after a change. */
static uint64_t changed(uint64_t before, const struct attribute_change *change)
{
	return (before & ~change->clear) | change->set;
}

static uint64_t vfs_flags(struct libmnt_fs *mount)
{
	struct tuck_options options = options_of(mnt_fs_get_vfs_options(mount));

	tuck_options_clear(&options);
	return options.top.set;
}

static bool has_propagation(struct libmnt_fs *mount, unsigned long wanted)
{
	const char *fields = mnt_fs_get_optional_fields(mount) ?: "";
	bool is_shared = strstr(fields, "shared:"), is_slave = strstr(fields, "master:");
	bool is_unbindable = strstr(fields, "unbindable");

	switch (wanted) {
	case 0:
		return true;
	case MS_SHARED:
		return is_shared;
	case MS_SLAVE:
		return is_slave && !is_shared;
	case MS_UNBINDABLE:
		return is_unbindable;
	default:
		return !is_shared && !is_slave && !is_unbindable;
	}
}

/* Options that are not the filesystem's: for mount(8) itself, for the loop device, and those that
 * set nothing. The per-mount flags and the propagation are known by their effect. */
static bool is_of_filesystem(const struct option_in_string *option)
{
	static const char *const others[] = {"defaults", "auto", "noauto", "nofail", "_netdev",
		"loop", "offset", "sizelimit", "nouser", "silent", "loud"};
	_cleanup_free_ char *name = strndup(option->name, option->name_size);
	struct tuck_options effect;
	bool is_known;

	if (!name)
		out_of_memory();
	for (size_t i = 0; i < ELEMENTS(others); i++)
		if (strcmp(name, others[i]) == 0)
			return false;
	if (strncmp(name, "x-", 2) == 0 || strncmp(name, "X-mount.", 8) == 0)
		return false;
	effect = options_of(name);
	is_known = effect.top.set || effect.top.clear || effect.propagation || effect.noted;
	tuck_options_clear(&effect);
	return !is_known;
}

/* Whether the filesystem has all options that are asked for. (A device that is mounted has one set
 * of options, so others than these would be there after another mount, too.) */
static bool has_options_of_filesystem(struct libmnt_fs *mount, const char *wanted)
{
	const char *has = mnt_fs_get_fs_options(mount) ?: "";
	struct option_in_string option;

	while (next_option(&wanted, &option)) {
		_cleanup_free_ char *name = strndup(option.name, option.name_size);
		char *value = NULL;
		size_t size = 0;

		if (!name)
			out_of_memory();
		if (!is_of_filesystem(&option))
			continue;
		if (mnt_optstr_get_option(has, name, &value, &size) != 0 ||
			size != option.value_size ||
			(size && memcmp(value, option.value, size) != 0))
			return false;
	}
	return true;
}

static bool is_equal(const char *one, const char *other)
{
	return strcmp(one ?: "", other ?: "") == 0;
}

/* Whether utab has the options for it that are asked for. In another namespace utab is not read. */
static bool has_noted_options(struct libmnt_fs *mount, const struct tuck_request *request)
{
	struct libmnt_table *table;
	struct tuck_options noted;
	struct libmnt_fs *entry;
	bool is_same;

	if (!request->keeps_utab || request->mntns >= 0)
		return true;
	table = mnt_new_table();
	if (!table)
		out_of_memory();
	entry = mnt_table_parse_mtab(table, NULL) == 0 ? table_find_id(table, mnt_fs_get_id(mount))
						       : NULL;
	noted = options_of(entry ? mnt_fs_get_user_options(entry) : NULL);
	is_same = is_equal(noted.noted, request->options.noted);
	tuck_options_clear(&noted);
	mnt_unref_table(table);
	return is_same;
}

/* ---- devices and images ---- */

/* The number of an option in bytes; 0: it is not there. False: it can't be read. */
static bool read_number(const char *options, const char *name, uint64_t *number)
{
	_cleanup_free_ char *text = NULL;
	char *value, *end;
	size_t size;

	*number = 0;
	if (!options || mnt_optstr_get_option(options, name, &value, &size) != 0)
		return true;
	text = strndup(value ?: "", size);
	if (!text)
		out_of_memory();
	*number = strtoull(text, &end, 10);
	return end != text && !*end;
}

/* Whether the loop device of the mount has the file @image. */
static bool loop_has_image(struct libmnt_fs *mount, const struct stat *image, const char *options)
{
	_cleanup_close_ int device = -1;
	dev_t number = mnt_fs_get_devno(mount);
	uint64_t offset, size;
	struct loop_info64 info;
	struct stat st;
	char path[32];

	if (major(number) != LOOP_MAJOR || !read_number(options, "offset", &offset) ||
		!read_number(options, "sizelimit", &size))
		return false;
	snprintf(path, sizeof(path), "/dev/loop%u", minor(number));
	device = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (device < 0 || fstat(device, &st) < 0 || !S_ISBLK(st.st_mode) || st.st_rdev != number ||
		ioctl(device, LOOP_GET_STATUS64, &info) < 0)
		return false;
	return info.lo_device == image->st_dev && info.lo_inode == image->st_ino &&
	       info.lo_offset == offset && info.lo_sizelimit == size;
}

/* Whether @mount has the device. The filesystem of a device can have a number of its own (btrfs);
 * then its source has to lead to the device. */
static bool has_device(struct libmnt_fs *mount, dev_t device)
{
	const char *source = mnt_fs_get_source(mount);
	struct stat st;

	return mnt_fs_get_devno(mount) == device ||
	       (source && *source == '/' && stat(source, &st) == 0 && S_ISBLK(st.st_mode) &&
		       st.st_rdev == device);
}

/* Whether the mount shows the directory of its filesystem that @options name (X-mount.subdir). */
static bool has_root(struct libmnt_fs *mount, const char *options)
{
	const char *root = mnt_fs_get_root(mount) ?: "";
	char *value = NULL;
	size_t size = 0;

	if (options && mnt_optstr_get_option(options, "X-mount.subdir", &value, &size) == 0) {
		while (size && *value == '/') {
			value++;
			size--;
		}
		while (size && value[size - 1] == '/')
			size--;
	}
	return *root == '/' && strlen(root + 1) == size &&
	       (!size || memcmp(root + 1, value, size) == 0);
}

static bool is_same_filesystem(
	struct libmnt_fs *mount, struct libmnt_context *context, const struct tuck_request *request)
{
	/* The path is the cache's. */
	const char *path =
		request->source ? mnt_resolve_spec(request->source, mnt_context_get_cache(context))
				: NULL;
	const char *options = request->written;
	uint64_t wanted = changed(0, &request->options.top), has = vfs_flags(mount), ignored = 0;
	struct stat st;

	/* What was done to the root, or to the image, can't be compared. */
	if (!path || stat(path, &st) < 0 || request->options.kinds & OPTIONS_OF_ROOT ||
		(options && strstr(options, "verity.")))
		return false;
	if (S_ISREG(st.st_mode) ? !loop_has_image(mount, &st, options)
				: !S_ISBLK(st.st_mode) || !has_device(mount, st.st_rdev))
		return false;
	/* If the filesystem is read-only, the mount's own flag makes no difference, and libmount
	 * sets it at times without being asked. */
	if (mnt_optstr_get_option(mnt_fs_get_fs_options(mount) ?: "", "ro", NULL, NULL) == 0)
		ignored = MOUNT_ATTR_RDONLY;
	return (wanted | ignored) == (has | ignored) && has_root(mount, options) &&
	       has_options_of_filesystem(mount, options);
}

/* ---- directories ---- */

static void unref_table(struct libmnt_table **table)
{
	mnt_unref_table(*table);
}

static struct libmnt_table *parse_line(char *line)
{
	struct libmnt_table *table = mnt_new_table();
	_cleanup_fclose_ FILE *text = *line ? fmemopen(line, strlen(line), "r") : NULL;

	if (!table)
		out_of_memory();
	if (text && table_parse_stream(table, text, "/mountinfo") < 0)
		out_of_memory();
	return table;
}

static struct libmnt_fs *first_of(struct libmnt_table *table)
{
	struct libmnt_fs *mount = NULL;

	return mnt_table_first_fs(table, &mount) == 0 ? mount : NULL;
}

/* --rbind: whether each mount below the source is at the same place below the target. */
static bool has_submounts(const struct tuck_request *request)
{
	_cleanup_(unref_table) struct libmnt_table *table = mnt_new_table();
	_cleanup_free_ char *source = canonical_path(request->source);
	struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *mount;
	bool is_same = table && iter && request->mntns < 0 &&
		       table_parse_file(table, "/proc/self/mountinfo") == 0;

	while (is_same && mnt_table_next_fs(table, iter, &mount) == 0) {
		const char *target = mnt_fs_get_target(mount), *rest = NULL;
		_cleanup_free_ char *copy = NULL;
		struct view one, other;

		if (target && strncmp(target, source, strlen(source)) == 0)
			rest = target + strlen(source);
		if (!rest || *rest != '/')
			continue;
		if (asprintf(&copy, "%s%s", request->target, rest) < 0)
			out_of_memory();
		view_here(target, &one);
		view_here(copy, &other);
		is_same = one.error == 0 && other.error == 0 && other.is_root &&
			  file_is_same(&one.file, &other.file);
	}
	mnt_free_iter(iter);
	return is_same;
}

static bool is_same_directory(
	struct libmnt_fs *mount, const struct view *target, const struct tuck_request *request)
{
	const struct tuck_options *options = &request->options;
	_cleanup_(unref_table) struct libmnt_table *table = NULL;
	struct libmnt_fs *origin;
	struct view source;

	if (request->how == MNTTUCK_MOVE)
		return false;
	view_in(request->source_from_caller ? -1 : request->mntns, request->source, &source);
	table = parse_line(source.line);
	origin = first_of(table);
	return source.error == 0 && origin && file_is_same(&source.file, &target->file) &&
	       changed(changed(vfs_flags(origin), &options->tree), &options->top) ==
		       vfs_flags(mount) &&
	       (request->how != MNTTUCK_RBIND || has_submounts(request));
}

/* ---- the question ---- */

enum on_top on_top_of_target(struct libmnt_context *context, const struct tuck_request *request)
{
	_cleanup_(unref_table) struct libmnt_table *table = NULL;
	struct libmnt_fs *mount;
	struct view target;
	bool is_same;

	view_in(request->mntns, request->target, &target);
	if (target.error == -ENOENT || target.error == -ENOTDIR)
		return ON_TOP_NOTHING;
	/* The rules of a tuck tell why it can't be looked at. */
	if (target.error < 0)
		return ON_TOP_OTHER;
	if (!target.is_root)
		return ON_TOP_NOTHING;
	table = parse_line(target.line);
	mount = first_of(table);
	is_same = mount &&
		  (request->kind == SOURCE_PATH ? is_same_directory(mount, &target, request)
						: is_same_filesystem(mount, context, request)) &&
		  has_propagation(mount, request->options.propagation) &&
		  has_noted_options(mount, request);
	return is_same ? ON_TOP_SAME : ON_TOP_OTHER;
}
