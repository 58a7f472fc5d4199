/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "snapshot-read.h"

#include <errno.h>
#include <fcntl.h>
#include <libmount.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>

#include "kernel.h"
#include "snapshot-index.h"
#include "table.h"
#include "util.h"

/* ---- from statmount ---- */

#define LIGHT_MASK (KERNEL_STATMOUNT_MNT_BASIC | KERNEL_STATMOUNT_SB_BASIC)

static void fill_from_answer(struct mount *mount, const struct kernel_statmount *answer)
{
	mount->id = answer->mnt_id;
	mount->parent_id = answer->mnt_parent_id;
	mount->short_id = (int)answer->mnt_id_old;
	mount->short_parent_id = (int)answer->mnt_parent_id_old;
	mount->group = (int)answer->mnt_peer_group;
	mount->master = (int)answer->mnt_master;
	mount->unbindable = answer->mnt_propagation & MS_UNBINDABLE;
	mount->flags = (unsigned int)(answer->mnt_attr & KERNEL_PROTECTIONS);
	if (!(answer->mask & KERNEL_STATMOUNT_SB_BASIC))
		return;
	mount->device = makedev(answer->sb_dev_major, answer->sb_dev_minor);
	mount->is_automount = answer->sb_magic == AUTOFS_SUPER_MAGIC;
	mount->is_overlay = answer->sb_magic == OVERLAYFS_SUPER_MAGIC;
}

static int ask_with(uint64_t mask, struct snapshot *snapshot, struct mount *mount)
{
	int r = kernel_statmount(mount->id, snapshot->namespace_id, mask, &snapshot->buffer);

	if (r < 0)
		return r;
	fill_from_answer(mount, snapshot->buffer.data);
	if (mask & KERNEL_STATMOUNT_MNT_ROOT)
		mount_take_details(mount, snapshot);
	return 0;
}

int snapshot_ask(struct snapshot *snapshot, struct mount *mount)
{
	return ask_with(LIGHT_MASK, snapshot, mount);
}

static int read_ids_with(uint64_t mask, uint64_t namespace_id, const uint64_t *ids, size_t count,
	struct snapshot **ret)
{
	_cleanup_(cleanup_snapshot) struct snapshot *snapshot = NULL;
	size_t filled = 0;
	int r;

	r = snapshot_new(count, &snapshot);
	if (r < 0)
		return r;
	snapshot->namespace_id = namespace_id;
	for (size_t i = 0; i < count; i++) {
		snapshot->mounts[filled].id = ids[i];
		r = ask_with(mask, snapshot, &snapshot->mounts[filled]);
		if (r == -ENOENT)
			continue; /* unmounted since listmount */
		if (r < 0)
			return r;
		filled++;
	}
	snapshot->size = filled;
	r = snapshot_index(snapshot);
	if (r < 0)
		return r;
	*ret = steal_pointer(&snapshot);
	return 0;
}

static int read_ids(uint64_t namespace_id, const uint64_t *ids, size_t count, struct snapshot **ret)
{
	return read_ids_with(LIGHT_MASK, namespace_id, ids, count, ret);
}

int snapshot_read_namespace(uint64_t namespace_id, struct snapshot **ret)
{
	_cleanup_free_ uint64_t *ids = NULL;
	size_t count;
	int r;

	r = kernel_listmount(namespace_id, &ids, &count);
	if (r < 0)
		return r;
	return read_ids(namespace_id, ids, count, ret);
}

/* The lowest mount of the namespace, which is its own parent. */
static int find_lowest(uint64_t *lowest)
{
	struct statmount_buffer buffer = {0};
	struct mount_identity root;
	uint64_t above = 0;
	int r = kernel_identify(AT_FDCWD, "/", 0, &root);

	if (r == 0 && !root.unique_id)
		r = -ENOSYS;
	*lowest = root.unique_id;
	while (r == 0 && *lowest != above) {
		above = *lowest;
		r = kernel_statmount(above, 0, KERNEL_STATMOUNT_MNT_BASIC, &buffer);
		if (r == 0)
			*lowest = buffer.data->mnt_parent_id;
	}
	free(buffer.data);
	return r;
}

/* @top and all mounts below it. */
static int read_below(uint64_t top, struct snapshot **ret)
{
	_cleanup_free_ uint64_t *ids = NULL;
	uint64_t *larger;
	size_t count = 0;
	int r = kernel_listmount_below(top, 0, &ids, &count);

	if (r < 0)
		return r;
	larger = reallocarray(ids, count + 1, sizeof(*ids));
	if (!larger)
		return -ENOMEM;
	ids = larger;
	ids[count++] = top;
	return read_ids(0, ids, count, ret);
}

int snapshot_read_below_root(struct snapshot **ret)
{
	uint64_t lowest;
	int r = find_lowest(&lowest);

	return r < 0 ? r : read_below(lowest, ret);
}

/* ---- from mountinfo ---- */

/* The text after @name in the optional fields "shared:N master:N propagate_from:N unbindable", to
 * which newer kernels may add others; NULL: @name is not there. */
static const char *optional_field(const char *fields, const char *name)
{
	size_t length = strlen(name);

	for (; fields && *fields; fields += strspn(fields, " ")) {
		if (strncmp(fields, name, length) == 0)
			return fields + length;
		fields += strcspn(fields, " ");
	}
	return NULL;
}

static int optional_number(const char *fields, const char *name)
{
	const char *value = optional_field(fields, name);

	return value ? (int)strtol(value, NULL, 10) : 0;
}

static unsigned int flags_of(const char *options)
{
	static const struct {
		const char *name;
		unsigned int flag;
	} names[] = {
		{"ro", MOUNT_ATTR_RDONLY},
		{"nosuid", MOUNT_ATTR_NOSUID},
		{"nodev", MOUNT_ATTR_NODEV},
		{"noexec", MOUNT_ATTR_NOEXEC},
		{"nosymfollow", MOUNT_ATTR_NOSYMFOLLOW},
	};
	unsigned int flags = 0;

	while (options && *options) {
		size_t length = strcspn(options, ",");

		for (size_t i = 0; i < ELEMENTS(names); i++)
			if (strlen(names[i].name) == length &&
				memcmp(names[i].name, options, length) == 0)
				flags |= names[i].flag;
		options += length + (options[length] == ',');
	}
	return flags;
}

static void fill_from_fs(struct mount *mount, struct libmnt_fs *fs)
{
	const char *fields = mnt_fs_get_optional_fields(fs);

	mount->fs = fs;
	mount->short_id = mnt_fs_get_id(fs);
	mount->short_parent_id = mnt_fs_get_parent_id(fs);
	mount->group = optional_number(fields, "shared:");
	mount->master = optional_number(fields, "master:");
	mount->unbindable = optional_field(fields, "unbindable");
	mount->flags = flags_of(mnt_fs_get_vfs_options(fs));
	mount->is_automount = strcmp(mnt_fs_get_fstype(fs) ?: "", "autofs") == 0;
	mount->is_overlay = strcmp(mnt_fs_get_fstype(fs) ?: "", "overlay") == 0;
	mount->has_details = true;
	mount->device = mnt_fs_get_devno(fs);
	mount->root = (char *)(mnt_fs_get_root(fs) ?: "");
	mount->target = (char *)(mnt_fs_get_target(fs) ?: "");
}

int snapshot_of_table(struct libmnt_table *table, struct snapshot **ret)
{
	_cleanup_(cleanup_snapshot) struct snapshot *snapshot = NULL;
	struct libmnt_iter *iterator;
	struct libmnt_fs *fs;
	size_t filled = 0;
	int r;

	r = snapshot_new((size_t)mnt_table_get_nents(table), &snapshot);
	if (r < 0)
		return r;
	snapshot->table = table;
	mnt_ref_table(table);
	iterator = mnt_new_iter(MNT_ITER_FORWARD);
	if (!iterator)
		return -ENOMEM;
	while (filled < snapshot->size && mnt_table_next_fs(table, iterator, &fs) == 0)
		fill_from_fs(&snapshot->mounts[filled++], fs);
	mnt_free_iter(iterator);
	r = snapshot_index(snapshot);
	if (r < 0)
		return r;
	*ret = steal_pointer(&snapshot);
	return 0;
}

int snapshot_parse(FILE *text, const char *name, struct snapshot **ret)
{
	struct libmnt_table *table = mnt_new_table();
	int r;

	if (!table)
		return -ENOMEM;
	r = table_parse_stream(table, text, name);
	if (r == 0)
		r = snapshot_of_table(table, ret);
	mnt_unref_table(table);
	return r;
}

int snapshot_parse_text(char *text, size_t size, struct snapshot **ret)
{
	_cleanup_fclose_ FILE *stream = fmemopen(size ? text : "\n", size ?: 1, "r");

	/* The name is absolute: libmount would look up the working directory to make it so. */
	return stream ? snapshot_parse(stream, "/mountinfo", ret) : -errno;
}

static int read_mountinfo(struct snapshot **ret)
{
	_cleanup_fclose_ FILE *file = kernel_fopen_proc("thread-self/mountinfo");

	if (!file)
		return -errno;
	return snapshot_parse(file, "/proc/thread-self/mountinfo", ret);
}

/* ---- from either of them ---- */

int snapshot_read(enum snapshot_detail detail, struct snapshot **ret)
{
	int r = -ENOSYS;

	if (detail == SNAPSHOT_LIGHT)
		r = snapshot_read_namespace(0, ret);
	return r == -ENOSYS ? read_mountinfo(ret) : r;
}

static int read_and_find(int short_id, struct snapshot **ret, struct mount **mount)
{
	_cleanup_(cleanup_snapshot) struct snapshot *snapshot = NULL;
	int r;

	r = snapshot_read(SNAPSHOT_LIGHT, &snapshot);
	if (r < 0)
		return r;
	*mount = snapshot_find(snapshot, short_id);
	if (!*mount)
		return -ENOENT;
	*ret = steal_pointer(&snapshot);
	return 0;
}

int snapshot_read_one(uint64_t unique_id, int short_id, struct snapshot **ret, struct mount **mount)
{
	_cleanup_(cleanup_snapshot) struct snapshot *snapshot = NULL;
	int r;

	if (!unique_id)
		return read_and_find(short_id, ret, mount);
	/* Its root and target are asked for in the same call. */
	r = read_ids_with(
		KERNEL_STATMOUNT_MNT_BASIC | SNAPSHOT_DETAILS, 0, &unique_id, 1, &snapshot);
	if (r < 0)
		return r;
	*mount = snapshot_mount(snapshot, 0);
	if (!*mount)
		return -ENOENT;
	*ret = steal_pointer(&snapshot);
	return 0;
}

int snapshot_read_tree(uint64_t unique_id, int short_id, struct snapshot **ret, struct mount **top)
{
	_cleanup_(cleanup_snapshot) struct snapshot *snapshot = NULL;
	int r;

	if (!unique_id)
		return read_and_find(short_id, ret, top);
	r = read_below(unique_id, &snapshot);
	if (r < 0)
		return r;
	/* It was asked for last. */
	*top = snapshot->size ? &snapshot->mounts[snapshot->size - 1] : NULL;
	if (!*top || (*top)->id != unique_id)
		return -ENOENT;
	*ret = steal_pointer(&snapshot);
	return 0;
}

int snapshot_read_parent(const struct mount *mount, struct snapshot **ret, struct mount **parent)
{
	if (!mount->parent_id)
		return read_and_find(mount->short_parent_id, ret, parent);
	return snapshot_read_one(mount->parent_id, 0, ret, parent);
}
