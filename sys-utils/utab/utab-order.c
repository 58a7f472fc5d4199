/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "utab/utab-order.h"

#include <errno.h>
#include <libmount.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"
#include "utab/utab-lines.h"
#include "util.h"

/* libmount 2.39 and later writes the id of the mount that a lookup of the path finds, and 2.42 its
 * unique id, too. For a tucked mount these are the top mount's ids. So the id is corrected, and the
 * unique id, which is not known here, is removed: without it libmount compares the other fields. */
static int set_id(char **line, int mount_id)
{
	char id[16];
	size_t length;
	const char *value = line_field(*line, "UNIQID=", &length);

	if (value && line_replace(line, value - strlen("UNIQID="),
			     strlen("UNIQID=") + length + (value[length] == ' '), "") < 0)
		return -ENOMEM;
	value = line_field(*line, "ID=", &length);
	snprintf(id, sizeof(id), "%d", mount_id);
	return value ? line_replace(line, value, length, id) : 0;
}

static int set_field(char **line, const char *name, const char *text)
{
	_cleanup_free_ char *mangled = text ? mnt_mangle(text) : NULL;
	size_t length;
	const char *value = line_field(*line, name, &length);

	if (!value || !text)
		return 0;
	return mangled ? line_replace(line, value, length, mangled) : -ENOMEM;
}

/*
 * A line is searched by its source and root later, so they are corrected where libmount writes
 * others than the mount has. libmount 2.41 and later may write an image's file as the source,
 * although it had to make a loop device for it in the end. For a bind it writes those of the last
 * mount in the table that has the path, which may be hidden. For a subdirectory (X-mount.subdir) it
 * does not know the root.
 */
static int set_source(char **line, struct libmnt_fs *mount)
{
	const char *source = mnt_fs_get_source(mount);
	bool is_loop = source && strncmp(source, "/dev/loop", strlen("/dev/loop")) == 0;
	size_t length;
	bool is_bind = line_field(*line, "BINDSRC=", &length) != NULL;
	int r = 0;

	if (is_bind || is_loop)
		r = set_field(line, "SRC=", source);
	if (r == 0)
		r = set_field(line, "ROOT=", mnt_fs_get_root(mount));
	return r;
}

/* One mount at the path, and its line, if it has one. */
struct level {
	struct libmnt_fs *mount;
	char *line;
};

struct stack {
	struct libmnt_table *table;
	struct level *levels; /* bottom first */
	size_t count;
	size_t gone; /* the level of the mount that has been unmounted, if there is one */
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

/* The next mount at the path of @mount: the one above it, or the one below it. */
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

/* Fill in @stack with all mounts at the path of the mount @id. */
static int read_stack(int id, struct stack *stack)
{
	struct libmnt_fs *mount, *below;

	stack->table = mnt_new_table();
	if (!stack->table)
		return -ENOMEM;
	if (table_parse_file(stack->table, "/proc/self/mountinfo") != 0)
		return -EIO;
	mount = table_find_id(stack->table, id);
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

/* Insert @gone where it was: as the top, or directly beneath the mount that is the top now. Other
 * mounts that lay between the two are gone, too. Its level is @stack->gone. */
static int insert_gone(struct stack *stack, struct libmnt_fs *gone, bool was_beneath)
{
	size_t at = was_beneath && stack->count > 0 ? stack->count - 1 : stack->count;
	struct level *larger = reallocarray(stack->levels, stack->count + 1, sizeof(*larger));

	if (!larger)
		return -ENOMEM;
	stack->levels = larger;
	memmove(&larger[at + 1], &larger[at], (stack->count - at) * sizeof(*larger));
	larger[at] = (struct level){.mount = gone};
	stack->count++;
	stack->gone = at;
	return 0;
}

static void remove_gone(struct stack *stack)
{
	struct level *gone = &stack->levels[stack->gone];

	free(gone->line);
	stack->count--;
	memmove(gone, gone + 1, (stack->count - stack->gone) * sizeof(*gone));
}

/* Fill in @stack with the mounts that are at the path of @gone now, and with @gone. */
static int read_stack_with(struct libmnt_fs *gone, bool was_beneath, struct stack *stack)
{
	_cleanup_(cleanup_iter) struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_table *table = mnt_new_table();
	struct libmnt_fs *mount;
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
	return r < 0 ? r : insert_gone(stack, gone, was_beneath);
}

static bool field_is(const char *line, const char *name, const char *value)
{
	_cleanup_free_ char *mangled = value ? mnt_mangle(value) : NULL;
	size_t length;
	const char *found = line_field(line, name, &length);

	return mangled && found && strlen(mangled) == length &&
	       strncmp(found, mangled, length) == 0;
}

/* Whether @line belongs to @mount, as libmount decides it when it reads utab. The source of a FUSE
 * mount may differ from the line's; @loosely accepts that. */
static bool line_is_of_mount(const char *line, struct libmnt_fs *mount, bool loosely)
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

/* The highest level below @top that has no line yet, and to which @line can belong. */
static struct level *find_level(const struct stack *stack, size_t top, const char *line)
{
	for (int loosely = 0; loosely <= 1; loosely++)
		for (size_t i = top; i-- > 0;)
			if (!stack->levels[i].line &&
				line_is_of_mount(line, stack->levels[i].mount, loosely))
				return &stack->levels[i];
	return NULL;
}

/* Assign the path's @lines to its mounts. Those from @first_new on belong to the mount @new_id. The
 * others are assigned from the last line and from the top mount on, since they were written in the
 * order in which the mounts were made. */
static int hand_out(struct lines *lines, struct stack *stack, size_t first_new, int new_id)
{
	size_t top = stack->count;
	struct level *level;

	for (size_t i = 0; i < stack->count && first_new < lines->count; i++) {
		level = &stack->levels[i];
		if (mnt_fs_get_id(level->mount) != new_id)
			continue;
		if (set_id(&lines->list[first_new], new_id) < 0 ||
			set_source(&lines->list[first_new], level->mount) < 0)
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
 * umount(8) removes the last line of the path, whichever mount it unmounts. So from the lowest
 * mount with a line upwards, each mount needs a line; if it has none, it gets one without options.
 * Lines that belong to no mount come first.
 */
static int put_in_order(struct lines *lines, struct stack *stack)
{
	size_t count = lines->count, level = 0;
	char **larger = reallocarray(lines->list, lines->count + stack->count, sizeof(*larger));

	if (!larger)
		return -ENOMEM;
	lines->list = larger;
	lines->count = 0;
	for (size_t i = 0; i < count; i++)
		if (larger[i])
			larger[lines->count++] = larger[i];
	while (level < stack->count && !stack->levels[level].line)
		level++;
	for (; level < stack->count; level++) {
		char *line = steal_pointer(&stack->levels[level].line);

		if (!line)
			line = line_without_options(stack->levels[level].mount);
		if (!line)
			return -ENOMEM;
		larger[lines->count++] = line;
	}
	return 0;
}

/* If the top mount is gone, assign its line first. A program that did not order the lines may have
 * written it before those of mounts beneath. A mount that lay beneath gets its line in its turn:
 * the last line that could be its own may be the top's. */
static void hand_out_to_gone(struct lines *lines, struct stack *stack)
{
	struct level *top = &stack->levels[stack->gone];

	for (int loosely = 0; loosely <= 1; loosely++)
		for (size_t i = lines->count; i-- > 0 && !top->line;)
			if (line_is_of_mount(lines->list[i], top->mount, loosely))
				top->line = steal_pointer(&lines->list[i]);
}

/* Order the lines of @target: after a mount, those from @first_new on are of the mount @mount_id;
 * after an unmount, the line of @gone is removed. */
static int reorder(struct lines *lines, const char *target, size_t first_new, int mount_id,
	struct libmnt_fs *gone, bool was_beneath)
{
	_cleanup_(free_stack) struct stack stack = {0};
	_cleanup_(lines_free) struct lines own = {0};
	int r = lines_take(lines, target, &own);

	if (r < 0 || own.count == 0)
		return r;
	r = gone ? read_stack_with(gone, was_beneath, &stack) : read_stack(mount_id, &stack);
	if (r == 0 && gone && !was_beneath)
		hand_out_to_gone(&own, &stack);
	if (r == 0)
		r = hand_out(&own, &stack, first_new, mount_id);
	if (r == 0 && gone)
		remove_gone(&stack);
	if (r == 0)
		r = put_in_order(&own, &stack);
	return r < 0 ? r : lines_append(lines, &own);
}

int order_with_new(struct lines *lines, const char *target, size_t count, int mount_id)
{
	return reorder(lines, target, /* first_new= */ count, mount_id, /* gone= */ NULL,
		/* was_beneath= */ false);
}

int order_without(struct lines *lines, const char *target, struct libmnt_fs *gone, bool was_beneath)
{
	return reorder(
		lines, target, /* first_new= */ SIZE_MAX, /* mount_id= */ 0, gone, was_beneath);
}
