/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "utab.h"

#include <errno.h>
#include <fcntl.h>
#include <libmount.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "table.h"
#include "util.h"

#define UTAB_FILE "/run/mount/utab"
#define UTAB_LOCK "/run/mount/utab.lock" /* flock(2), as libmount takes it */

struct lines {
	char **list;
	size_t count;
};

static void free_lines(struct lines *lines)
{
	for (size_t i = 0; i < lines->count; i++)
		free(lines->list[i]);
	free(lines->list);
}

static int read_lines(FILE *file, struct lines *lines)
{
	_cleanup_free_ char *line = NULL;
	size_t room = 0;

	errno = 0;
	while (getline(&line, &room, file) > 0) {
		char **larger = reallocarray(lines->list, lines->count + 1, sizeof(*larger));

		if (!larger)
			return -ENOMEM;
		lines->list = larger;
		lines->list[lines->count++] = line;
		line = NULL;
		room = 0;
	}
	return errno == ENOMEM ? -ENOMEM : ferror(file) ? -EIO : 0;
}

/* A field's value in a line of NAME=VALUE words, and where it ends. */
static char *find_field(const char *line, const char *name, size_t *length)
{
	size_t name_length = strlen(name);

	for (const char *word = line; *word; word += strspn(word, " \n")) {
		size_t word_length = strcspn(word, " \n");

		if (word_length >= name_length && strncmp(word, name, name_length) == 0) {
			*length = word_length - name_length;
			return (char *)word + name_length;
		}
		word += word_length;
	}
	return NULL;
}

static bool is_line_of(const char *line, const char *mangled_target)
{
	size_t length;
	const char *value = find_field(line, "TARGET=", &length);

	return value && strlen(mangled_target) == length &&
	       strncmp(value, mangled_target, length) == 0;
}

static bool is_line_below(const char *line, const char *mangled_target)
{
	size_t length, target_length = strlen(mangled_target);
	const char *value = find_field(line, "TARGET=", &length);

	return value && length > target_length && value[target_length] == '/' &&
	       strncmp(value, mangled_target, target_length) == 0;
}

/* Put @text in the place of the @length bytes at @at. */
static int replace_part(char **line, const char *at, size_t length, const char *text)
{
	char *changed;

	if (asprintf(&changed, "%.*s%s%s", (int)(at - *line), *line, text, at + length) < 0)
		return -ENOMEM;
	free(*line);
	*line = changed;
	return 0;
}

/* libmount 2.39 and later notes the id of the mount that shows at the path: the top one. */
static int set_id(char **line, int mount_id)
{
	char id[16];
	size_t length;
	const char *value = find_field(*line, "ID=", &length);

	snprintf(id, sizeof(id), "%d", mount_id);
	return value ? replace_part(line, value, length, id) : 0;
}

/* ---- the file ---- */

static int write_lines(const struct lines *lines, const struct stat *old)
{
	static const char name[] = UTAB_FILE ".tuck";
	int fd = open(
		name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, old->st_mode & 0777);
	_cleanup_fclose_ FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
	int r = 0;

	if (fd < 0)
		return -errno;
	if (!file) {
		r = -errno;
		close(fd);
		unlink(name);
		return r;
	}
	for (size_t i = 0; i < lines->count; i++)
		fputs(lines->list[i], file);
	if (fflush(file) != 0 || ferror(file) || fchown(fd, old->st_uid, old->st_gid) < 0 ||
		fchmod(fd, old->st_mode & 0777) < 0 || rename(name, UTAB_FILE) < 0)
		r = errno ? -errno : -EIO;
	if (r < 0)
		unlink(name);
	return r;
}

/* Read the file under libmount's lock, change its lines, write it anew. */
static int change_lines(
	int (*change)(struct lines *lines, const void *argument), const void *argument)
{
	_cleanup_close_ int lock = open(UTAB_LOCK, O_RDONLY | O_CREAT | O_CLOEXEC, 0644);
	_cleanup_(free_lines) struct lines lines = {0};
	_cleanup_fclose_ FILE *file = NULL;
	struct stat st;
	int r;

	/* As libmount: where nobody keeps notes, or the caller may not, there are none to order. */
	if (lock < 0)
		return errno == ENOENT || errno == EACCES || errno == EPERM || errno == EROFS
			       ? 0
			       : -errno;
	while (flock(lock, LOCK_EX) < 0)
		if (errno != EINTR)
			return -errno;
	file = fopen(UTAB_FILE, "re");
	if (!file)
		return errno == ENOENT ? 0 : -errno;
	r = fstat(fileno(file), &st) < 0 ? -errno : read_lines(file, &lines);
	/* What there was no memory to compare is not just another line. */
	errno = 0;
	if (r == 0)
		r = change(&lines, argument);
	if (r > 0 && errno == ENOMEM)
		return -ENOMEM;
	return r > 0 ? write_lines(&lines, &st) : r;
}

size_t utab_count(const char *target)
{
	_cleanup_(free_lines) struct lines lines = {0};
	_cleanup_fclose_ FILE *file = fopen(UTAB_FILE, "re");
	_cleanup_free_ char *mangled = mnt_mangle(target);
	size_t count = 0;

	if (!file || !mangled || read_lines(file, &lines) < 0)
		return 0;
	for (size_t i = 0; i < lines.count; i++)
		count += is_line_of(lines.list[i], mangled);
	return count;
}

/* ---- a new line ---- */

/* Not an order to do something while mounting, which libmount would carry out once more. */
static bool is_noted(const char *option)
{
	static const char *const words[] = {"user", "users", "owner", "group", "_netdev"};

	if (strncmp(option, "x-", 2) == 0 || strncmp(option, "user=", 5) == 0 ||
		strncmp(option, "uhelper=", 8) == 0)
		return true;
	for (size_t i = 0; i < ELEMENTS(words); i++)
		if (strcmp(option, words[i]) == 0)
			return true;
	return false;
}

static int noted_options(const char *options, char **noted)
{
	_cleanup_free_ char *copy = options ? strdup(options) : NULL;
	char *rest = copy, *name, *value;
	size_t name_size, value_size;

	if (options && !copy)
		return -ENOMEM;
	while (rest && mnt_optstr_next_option(&rest, &name, &name_size, &value, &value_size) == 0) {
		const char *end = value ? value + value_size : name + name_size;
		_cleanup_free_ char *option = strndup(name, (size_t)(end - name));

		if (!option ||
			(is_noted(option) && mnt_optstr_append_option(noted, option, NULL) != 0))
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

/* ---- withdrawn, moved ---- */

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

		if (is_line_of(line, place->target) && ++seen > place->count) {
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
		if (is_line_of(lines->list[i], place->source))
			top = i;
	for (size_t i = 0; i < lines->count; i++) {
		size_t length;

		if (i != top && !is_line_below(lines->list[i], place->source))
			continue;
		if (replace_part(&lines->list[i], find_field(lines->list[i], "TARGET=", &length),
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

/* ---- settled: the path's lines in the order of its mounts ---- */

/* One mount at the path, and its line. */
struct level {
	struct libmnt_fs *mount;
	char *line;
};

struct stack {
	struct libmnt_table *table;
	struct level *levels; /* bottom first */
	size_t count;
};

static void free_stack(struct stack *stack)
{
	for (size_t i = 0; i < stack->count; i++)
		free(stack->levels[i].line);
	free(stack->levels);
	mnt_unref_table(stack->table);
}

static void cleanup_iter(struct libmnt_iter **iter)
{
	mnt_free_iter(*iter);
}

/* Another mount at the path of @mount: what it lies on, or what lies on it. */
static struct libmnt_fs *find_neighbour(
	struct libmnt_table *table, struct libmnt_fs *mount, bool is_above)
{
	_cleanup_(cleanup_iter) struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *other;

	while (iter && mnt_table_next_fs(table, iter, &other) == 0) {
		bool is_next = is_above ? mnt_fs_get_parent_id(other) == mnt_fs_get_id(mount)
					: mnt_fs_get_id(other) == mnt_fs_get_parent_id(mount);

		if (is_next && other != mount &&
			mnt_fs_streq_target(other, mnt_fs_get_target(mount)))
			return other;
	}
	return NULL;
}

static struct libmnt_fs *find_mount(struct libmnt_table *table, int id)
{
	_cleanup_(cleanup_iter) struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *mount;

	while (iter && mnt_table_next_fs(table, iter, &mount) == 0)
		if (mnt_fs_get_id(mount) == id)
			return mount;
	return NULL;
}

/* What is mounted at the path of the mount @id. */
static int read_stack(int id, struct stack *stack)
{
	struct libmnt_fs *mount, *below;

	stack->table = mnt_new_table();
	if (!stack->table)
		return -ENOMEM;
	if (table_parse_file(stack->table, "/proc/self/mountinfo") != 0)
		return -EIO;
	mount = find_mount(stack->table, id);
	while (mount && (below = find_neighbour(stack->table, mount, false)))
		mount = below;
	for (; mount; mount = find_neighbour(stack->table, mount, true)) {
		struct level *larger =
			reallocarray(stack->levels, stack->count + 1, sizeof(*larger));

		if (!larger)
			return -ENOMEM;
		stack->levels = larger;
		stack->levels[stack->count++] = (struct level){.mount = mount};
	}
	return 0;
}

/* What is mounted at the path of @gone now, with that on top of it, where it was. */
static int read_stack_below(struct libmnt_fs *gone, struct stack *stack)
{
	_cleanup_(cleanup_iter) struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_table *table = mnt_new_table();
	struct libmnt_fs *mount;
	struct level *larger;
	int r = 0;

	if (!iter || !table || table_parse_file(table, "/proc/self/mountinfo") != 0)
		r = -EIO;
	while (r == 0 && mnt_table_next_fs(table, iter, &mount) == 0)
		if (mnt_fs_streq_target(mount, mnt_fs_get_target(gone)) &&
			!find_neighbour(table, mount, false)) {
			r = read_stack(mnt_fs_get_id(mount), stack);
			break;
		}
	mnt_unref_table(table);
	if (r < 0)
		return r;
	larger = reallocarray(stack->levels, stack->count + 1, sizeof(*larger));
	if (!larger)
		return -ENOMEM;
	stack->levels = larger;
	stack->levels[stack->count++] = (struct level){.mount = gone};
	return 0;
}

static bool field_is(const char *line, const char *name, const char *value)
{
	_cleanup_free_ char *mangled = value ? mnt_mangle(value) : NULL;
	size_t length;
	const char *found = find_field(line, name, &length);

	return mangled && found && strlen(mangled) == length &&
	       strncmp(found, mangled, length) == 0;
}

/* Whether @line is that of @mount, as libmount tells when it reads them. What FUSE calls its source
 * need not be what was mounted: such a line is known @loosely. */
static bool is_line_of_mount(const char *line, struct libmnt_fs *mount, bool loosely)
{
	const char *type = mnt_fs_get_fstype(mount);
	char id[16];

	snprintf(id, sizeof(id), "%d", mnt_fs_get_id(mount));
	if (field_is(line, "ID=", id))
		return true;
	return field_is(line, "ROOT=", mnt_fs_get_root(mount)) &&
	       (loosely ? type && strncmp(type, "fuse", 4) == 0
			: field_is(line, "SRC=", mnt_fs_get_source(mount)));
}

static char *line_without_options(struct libmnt_fs *mount)
{
	_cleanup_free_ char *source = mnt_mangle(mnt_fs_get_source(mount) ?: "none");
	_cleanup_free_ char *target = mnt_mangle(mnt_fs_get_target(mount));
	_cleanup_free_ char *root = mnt_mangle(mnt_fs_get_root(mount));
	char *line;

	return source && target && root &&
			       asprintf(&line, "SRC=%s TARGET=%s ROOT=%s\n", source, target,
				       root) >= 0
		       ? line
		       : NULL;
}

/* The highest level below @top that has no line and may have this one. */
static struct level *find_level(const struct stack *stack, size_t top, const char *line)
{
	for (int loosely = 0; loosely <= 1; loosely++)
		for (size_t i = top; i-- > 0;)
			if (!stack->levels[i].line &&
				is_line_of_mount(line, stack->levels[i].mount, loosely))
				return &stack->levels[i];
	return NULL;
}

/* Hand the path's @lines out to its mounts: those after the first @place->count to the new one, the
 * others from the last and from the top, which is how they came. */
static int hand_out(struct lines *lines, struct stack *stack, const struct place *place)
{
	size_t top = stack->count, first_new = place->count;
	struct level *level;

	for (size_t i = 0; i < stack->count && first_new < lines->count; i++) {
		level = &stack->levels[i];
		if (mnt_fs_get_id(level->mount) != place->mount_id)
			continue;
		if (set_id(&lines->list[first_new], place->mount_id) < 0)
			return -ENOMEM;
		level->line = steal_pointer(&lines->list[first_new]);
	}
	for (size_t i = lines->count; i-- > 0;) {
		level = lines->list[i] ? find_level(stack, top, lines->list[i]) : NULL;
		if (!level)
			continue;
		level->line = steal_pointer(&lines->list[i]);
		top = (size_t)(level - stack->levels);
	}
	return 0;
}

/*
 * umount(8) takes the last line of the path, whichever mount goes. So from the lowest mount that
 * has a line, each has to have one; a line without options tells nothing. Lines of no mount come
 * first.
 */
static int put_in_order(struct lines *lines, struct stack *stack)
{
	size_t kept = 0, level = 0;
	char **larger = reallocarray(lines->list, lines->count + stack->count, sizeof(*larger));

	if (!larger)
		return -ENOMEM;
	lines->list = larger;
	for (size_t i = 0; i < lines->count; i++)
		if (lines->list[i])
			lines->list[kept++] = lines->list[i];
	while (level < stack->count && !stack->levels[level].line)
		level++;
	for (; level < stack->count; level++) {
		char *line = steal_pointer(&stack->levels[level].line);

		if (!line)
			line = line_without_options(stack->levels[level].mount);
		if (!line)
			return -ENOMEM;
		lines->list[kept++] = line;
	}
	lines->count = kept;
	return 0;
}

/* Take the lines of @target out of @lines. */
static int take_lines(struct lines *lines, const char *target, struct lines *taken)
{
	size_t kept = 0;

	taken->list = calloc(lines->count + 1, sizeof(*taken->list));
	if (!taken->list)
		return -ENOMEM;
	for (size_t i = 0; i < lines->count; i++) {
		struct lines *to = is_line_of(lines->list[i], target) ? taken : lines;

		to->list[to == taken ? taken->count++ : kept++] = lines->list[i];
	}
	lines->count = kept;
	return 0;
}

static int append_lines(struct lines *lines, struct lines *more)
{
	char **larger = reallocarray(lines->list, lines->count + more->count + 1, sizeof(*larger));

	if (!larger)
		return -ENOMEM;
	lines->list = larger;
	for (size_t i = 0; i < more->count; i++)
		lines->list[lines->count++] = steal_pointer(&more->list[i]);
	more->count = 0;
	return 1;
}

static int settle(struct lines *lines, const void *argument)
{
	_cleanup_(free_stack) struct stack stack = {0};
	_cleanup_(free_lines) struct lines own = {0};
	const struct place *place = argument;
	int r = take_lines(lines, place->target, &own);

	if (r < 0 || own.count == 0)
		return r;
	r = read_stack(place->mount_id, &stack);
	if (r == 0)
		r = hand_out(&own, &stack, place);
	if (r == 0)
		r = put_in_order(&own, &stack);
	return r < 0 ? r : append_lines(lines, &own);
}

static int drop(struct lines *lines, const void *argument)
{
	_cleanup_(free_stack) struct stack stack = {0};
	_cleanup_(free_lines) struct lines own = {0};
	const struct place *place = argument;
	const struct place no_new = {.count = lines->count};
	int r = take_lines(lines, place->target, &own);

	if (r < 0 || own.count == 0)
		return r;
	r = read_stack_below(place->gone, &stack);
	if (r == 0)
		r = hand_out(&own, &stack, &no_new);
	if (r == 0) {
		stack.count--;
		free(steal_pointer(&stack.levels[stack.count].line));
	}
	if (r == 0)
		r = put_in_order(&own, &stack);
	return r < 0 ? r : append_lines(lines, &own);
}

/* ---- */

static int change_place(int (*change)(struct lines *, const void *), struct place place)
{
	_cleanup_free_ char *target = mnt_mangle(place.target);

	if (!target)
		return -ENOMEM;
	place.target = target;
	return change_lines(change, &place);
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
