/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "findmnt/poll-compare.h"

#include <err.h>
#include <libmount.h>
#include <stdlib.h>
#include <string.h>

#include "findmnt/changes.h"
#include "findmnt/tables.h"
#include "kernel.h"
#include "snapshot-read.h"
#include "snapshot-text.h"
#include "util.h"

static bool is_same(const char *one, const char *other)
{
	return strcmp(one ?: "", other ?: "") == 0;
}

static void report(const struct comparison *comparison, unsigned int kinds,
	const struct known_mount *entry, struct libmnt_fs *before, struct libmnt_fs *after)
{
	const struct change change = {
		.kinds = kinds, .entry = entry, .before = before, .after = after};

	comparison->report(comparison->data, &change);
}

/* ---- what both ways have in common ---- */

static struct known_mount *add(struct comparison *comparison, uint64_t id, const struct mount *read,
	const struct mntns *mntns)
{
	struct known_mount *entry = known_add(&comparison->known, id, read, mntns);

	entry->added = entry->seen = comparison->reading;
	return entry;
}

/* Take @entry away from what lies beneath it. Returns whether that uncovers a mount that was tucked
 * beneath it. */
static bool take_off_beneath(const struct comparison *comparison, const struct known_mount *entry)
{
	struct known_mount *beneath =
		known_find_short(&comparison->known, entry->mount.short_parent_id);
	bool is_reveal = beneath && beneath != entry && beneath->is_tucked &&
			 is_same(beneath->mount.target, entry->mount.target);

	if (is_reveal)
		beneath->is_tucked = false;
	return is_reveal;
}

static void report_gone(struct comparison *comparison, struct known_mount *entry)
{
	bool is_reveal = entry->mount.fs && take_off_beneath(comparison, entry);

	report(comparison, CHANGE_UMOUNT | (is_reveal ? CHANGE_REVEAL : 0), entry, entry->mount.fs,
		NULL);
	known_remove(&comparison->known, entry);
}

/* Replace what is known of a mount that has moved, and report it. */
static void report_moved(struct comparison *comparison, struct known_mount *entry,
	const struct mount *read, unsigned int kinds)
{
	struct libmnt_fs *before = entry->mount.fs;

	if (before) {
		mnt_ref_fs(before);
		take_off_beneath(comparison, entry);
	}
	known_update(&comparison->known, entry, read);
	entry->moved = comparison->reading;
	entry->is_tucked = kinds & CHANGE_TUCK;
	report(comparison, kinds, entry, before, entry->mount.fs);
	mnt_unref_fs(before);
}

/* ---- a table ---- */

/* Of the mounts of a namespace without events, the kernel does not tell the unique ids, either. No
 * unique id is as low as a short one. */
static uint64_t key_of(const struct comparison *comparison, const struct mount *mount)
{
	return comparison->events_tell && mount->id ? mount->id : (uint64_t)mount->short_id;
}

/* Whether events have told which mounts of the namespace came and went. */
static bool events_have_told(const struct comparison *comparison, const struct mntns *mntns)
{
	return comparison->events_tell && !comparison->has_lost_events && !mntns->is_unreported;
}

/* The kernel gives the short id of a mount that is gone to a new one. */
static bool is_other_mount(
	const struct comparison *comparison, const struct known_mount *entry, struct mount *read)
{
	if ((comparison->events_tell && read->id) ||
		(entry->mount.id && entry->mount.id == read->id))
		return false;
	return (entry->mount.id && read->id) || entry->mount.device != read->device ||
	       !is_same(entry->mount.root, mount_root(read)) ||
	       !is_same(mnt_fs_get_fstype(entry->mount.fs), mnt_fs_get_fstype(read->fs)) ||
	       !is_same(mnt_fs_get_source(entry->mount.fs), mnt_fs_get_source(read->fs));
}

/* Whether @read came beneath a mount that was there before and has not moved. */
static bool came_beneath(const struct comparison *comparison, const struct mount *read)
{
	const struct mount *cover = mount_cover(read);
	const struct known_mount *entry =
		cover ? known_find(&comparison->known, key_of(comparison, cover)) : NULL;

	return entry && entry->added != comparison->reading &&
	       entry->moved != comparison->reading && is_same(entry->mount.target, cover->target);
}

static bool is_remounted(struct libmnt_fs *before, struct libmnt_fs *after)
{
	return !is_same(mnt_fs_get_vfs_options(before), mnt_fs_get_vfs_options(after)) ||
	       !is_same(mnt_fs_get_fs_options(before), mnt_fs_get_fs_options(after));
}

static bool has_other_propagation(const struct mount *one, const struct mount *other)
{
	return one->group != other->group || one->master != other->master ||
	       one->unbindable != other->unbindable;
}

/* Report what has changed of a mount that is there before and after. */
static void compare_mount(
	struct comparison *comparison, struct known_mount *entry, struct mount *read)
{
	const struct mount before = entry->mount;

	if (before.fs)
		mnt_ref_fs(before.fs);
	if (before.fs && !is_same(before.target, mount_target(read)))
		report_moved(comparison, entry, read,
			CHANGE_MOVE | (came_beneath(comparison, read) ? CHANGE_TUCK : 0));
	else
		known_update(&comparison->known, entry, read);
	if (before.fs && is_remounted(before.fs, read->fs))
		report(comparison, CHANGE_REMOUNT, entry, before.fs, entry->mount.fs);
	if (before.fs && has_other_propagation(&before, read))
		report(comparison, CHANGE_PROPAGATION, entry, before.fs, entry->mount.fs);
	mnt_unref_fs(before.fs);
	entry->seen = comparison->reading;
}

static void compare_snapshot(struct comparison *comparison, const struct mntns *mntns)
{
	struct mount *read;

	snapshot_for_each (read, mntns->snapshot) {
		const uint64_t id = key_of(comparison, read);
		struct known_mount *entry = known_find(&comparison->known, id);
		bool is_tuck;

		if (entry && is_other_mount(comparison, entry, read)) {
			report_gone(comparison, entry);
			entry = NULL;
		}
		if (entry) {
			compare_mount(comparison, entry, read);
		} else if (!events_have_told(comparison, mntns)) {
			is_tuck = came_beneath(comparison, read);
			entry = add(comparison, id, read, mntns);
			entry->is_tucked = is_tuck;
			report(comparison, CHANGE_MOUNT | (is_tuck ? CHANGE_TUCK : 0), entry, NULL,
				entry->mount.fs);
		}
	}
}

/* ---- namespaces ---- */

static void note_namespace(struct comparison *comparison, ino_t inode)
{
	ino_t *larger = reallocarray(
		comparison->namespaces, comparison->namespace_count + 1, sizeof(*larger));

	if (!larger)
		err(EXIT_FAILURE, NULL);
	comparison->namespaces = larger;
	larger[comparison->namespace_count++] = inode;
}

static bool knows_namespace(const struct comparison *comparison, ino_t inode)
{
	for (size_t i = 0; i < comparison->namespace_count; i++)
		if (comparison->namespaces[i] == inode)
			return true;
	return false;
}

/* Whether a mount that was there from the beginning was tucked: the mount that covers it is older.
 * Only unique ids tell. */
static bool was_tucked(const struct mount *read)
{
	const struct mount *cover = read->id ? mount_cover(read) : NULL;

	return cover && cover->id && cover->id < read->id;
}

static void add_all(struct comparison *comparison, const struct mntns *mntns)
{
	struct mount *read;

	snapshot_for_each (read, mntns->snapshot) {
		const uint64_t id = key_of(comparison, read);

		if (!known_find(&comparison->known, id))
			add(comparison, id, read, mntns)->is_tucked = was_tucked(read);
	}
	note_namespace(comparison, mntns->inode);
}

void comparison_add_namespace(struct comparison *comparison, const struct mntns *mntns)
{
	const struct mount *root = snapshot_root(mntns->snapshot);
	const struct known_mount *entry;

	if (knows_namespace(comparison, mntns->inode))
		return;
	add_all(comparison, mntns);
	entry = root ? known_find(&comparison->known, key_of(comparison, root)) : NULL;
	if (entry)
		report(comparison, CHANGE_NAMESPACE, entry, NULL, entry->mount.fs);
}

static bool list_has(const struct namespaces *namespaces, ino_t inode)
{
	for (size_t i = 0; i < namespaces->count; i++)
		if (namespaces->list[i].inode == inode)
			return true;
	return false;
}

void comparison_drop_namespaces(struct comparison *comparison, const struct namespaces *namespaces)
{
	struct known_mount *entry = comparison->known.first, *next;
	size_t kept = 0;

	for (size_t i = 0; i < comparison->namespace_count; i++)
		if (list_has(namespaces, comparison->namespaces[i]))
			comparison->namespaces[kept++] = comparison->namespaces[i];
	if (kept == comparison->namespace_count)
		return;
	comparison->namespace_count = kept;
	for (; entry; entry = next) {
		next = entry->next;
		if (!knows_namespace(comparison, entry->mntns.inode))
			known_remove(&comparison->known, entry);
	}
}

/* ---- readings ---- */

void comparison_begin(struct comparison *comparison, const struct tables *tables)
{
	for (size_t i = 0; i < tables->count; i++)
		add_all(comparison, tables->list[i]);
}

void comparison_read(struct comparison *comparison, const struct tables *tables)
{
	struct known_mount *entry, *next;

	comparison->reading++;
	for (size_t i = 0; i < tables->count; i++)
		if (knows_namespace(comparison, tables->list[i]->inode))
			compare_snapshot(comparison, tables->list[i]);
	for (size_t i = 0; i < tables->count; i++)
		comparison_add_namespace(comparison, tables->list[i]);
	for (entry = comparison->known.first; entry; entry = next) {
		next = entry->next;
		if (entry->seen != comparison->reading &&
			!events_have_told(comparison, &entry->mntns))
			report_gone(comparison, entry);
	}
	comparison->has_lost_events = false;
}

void comparison_clear(struct comparison *comparison)
{
	known_clear(&comparison->known);
	free(comparison->namespaces);
}

/* ---- events ---- */

/* The id of the namespace for functions that ask the kernel. 0 is the caller's own namespace: paths
 * in the answer are then relative to the caller's root directory. */
static uint64_t id_for_kernel(const struct namespaces *namespaces, const struct mntns *mntns)
{
	return mntns->inode == namespaces->list[0].inode ? 0 : mntns->id;
}

static bool has_mount(uint64_t namespace_id, uint64_t id, struct statmount_buffer *buffer)
{
	return kernel_statmount(id, namespace_id, KERNEL_STATMOUNT_MNT_BASIC, buffer) == 0;
}

/* Read the mount @id, which is in one of the namespaces. NULL: it is gone. The mount is of
 * @snapshot, which the caller frees. */
static struct mount *read_mount(const struct comparison *comparison, uint64_t id,
	const struct namespaces *namespaces, struct snapshot **snapshot, const struct mntns **mntns)
{
	_cleanup_(snapshot_text_free) struct snapshot_text text = {0};
	struct statmount_buffer buffer = {0};
	uint64_t namespace_id;
	size_t i = 0;

	while (i < namespaces->count &&
		!has_mount(id_for_kernel(namespaces, &namespaces->list[i]), id, &buffer))
		i++;
	free(buffer.data);
	if (i == namespaces->count)
		return NULL;
	*mntns = &namespaces->list[i];
	namespace_id = id_for_kernel(namespaces, *mntns);
	if (snapshot_write_mountinfo(namespace_id, comparison->with_propagate_from, &id, 1, &text) <
			0 ||
		!text.count || snapshot_parse_text(text.text, text.size, snapshot) < 0)
		return NULL;
	snapshot_set_unique_ids(*snapshot, &text);
	return snapshot_mount(*snapshot, 0);
}

/* Whether @read, which has just come, lies beneath a mount that was at its place before. The kernel
 * has changed the parent of that mount to @read, and reports no event about that. */
static bool find_cover(const struct comparison *comparison, const struct namespaces *namespaces,
	const struct mount *read, const struct mntns *mntns)
{
	const uint64_t namespace_id = id_for_kernel(namespaces, mntns);
	struct statmount_buffer buffer = {0};
	bool is_beneath = false;

	for (struct known_mount *entry = comparison->known.first; entry && !is_beneath;
		entry = entry->next) {
		/* If the cover was read late, its parent is @read already. */
		if ((entry->mount.short_parent_id != read->short_parent_id &&
			    entry->mount.short_parent_id != read->short_id) ||
			entry->id == read->id || !entry->mount.fs ||
			!is_same(entry->mount.target, read->target) ||
			!has_mount(namespace_id, entry->id, &buffer))
			continue;
		is_beneath = (int)buffer.data->mnt_parent_id_old == read->short_id;
		if (is_beneath)
			entry->mount.short_parent_id = read->short_id;
	}
	free(buffer.data);
	return is_beneath;
}

static void take_attached(struct comparison *comparison, const struct kernel_mount_event *event,
	const struct namespaces *namespaces)
{
	struct known_mount *entry = known_find(&comparison->known, event->id);
	_cleanup_(cleanup_snapshot) struct snapshot *snapshot = NULL;
	const struct mntns *mntns = NULL;
	const struct mount *read;
	unsigned int kinds;

	/* A mount that came while the table was read is known, though its event was waiting. */
	if (entry && !event->detached)
		return;
	read = read_mount(comparison, event->id, namespaces, &snapshot, &mntns);
	kinds = (entry ? CHANGE_MOVE : CHANGE_MOUNT) |
		(read && find_cover(comparison, namespaces, read, mntns) ? CHANGE_TUCK : 0);
	if (entry && read) {
		report_moved(comparison, entry, read, kinds);
	} else if (entry) {
		report(comparison, kinds, entry, entry->mount.fs, NULL);
	} else {
		entry = add(comparison, event->id, read, mntns);
		entry->mount.id = event->id;
		entry->is_tucked = kinds & CHANGE_TUCK;
		report(comparison, kinds, entry, NULL, entry->mount.fs);
	}
}

void comparison_take(struct comparison *comparison, const struct kernel_mount_event *event,
	const struct namespaces *namespaces)
{
	struct known_mount *entry;

	if (!event->id) {
		comparison->has_lost_events = true;
		return;
	}
	if (event->attached) {
		take_attached(comparison, event, namespaces);
		return;
	}
	entry = known_find(&comparison->known, event->id);
	if (entry)
		report_gone(comparison, entry);
}
