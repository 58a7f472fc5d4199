/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <libmount.h>
#include <string.h>

#include "kernel.h"
#include "snapshot-read.h"
#include "snapshot.h"
#include "util.h"
#include "wish.h"

static int clone_operand(const struct wish *wish)
{
	unsigned int recursive = wish->kind != SOURCE_BIND ? AT_RECURSIVE : 0;

	return kernel_open_tree(wish->source.fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | recursive);
}

bool source_is_moved(const struct wish *wish, enum attach_way way)
{
	return wish->kind == SOURCE_MOVE && way == ATTACH_BY_FLAG;
}

/* The kernel applies either all of them or none. */
static int apply_attributes(
	struct source *source, const struct attributes *attributes, bool is_recursive)
{
	int r;

	if (!attributes->set && !attributes->clear)
		return 0;
	r = kernel_set_attributes(source->fd, is_recursive, attributes->set, attributes->clear, 0);
	if (r == 0)
		source->changed |= attributes->set | attributes->clear;
	return r;
}

/* Before statmount: the words of mountinfo. */
static int read_attributes_by_words(int fd, uint64_t *attributes)
{
	static const struct {
		const char *word;
		uint64_t attribute;
	} words[] = {
		{"noatime", MOUNT_ATTR_NOATIME},
		{"nodiratime", MOUNT_ATTR_NODIRATIME},
	};
	_cleanup_(cleanup_snapshot) struct snapshot *snapshot = NULL;
	struct mount_identity identity;
	const struct mount *mount;
	const char *options;
	int r = kernel_identify(fd, "", AT_EMPTY_PATH, &identity);

	r = r < 0 ? r : snapshot_read(SNAPSHOT_FULL, &snapshot);
	mount = r < 0 ? NULL : snapshot_find(snapshot, identity.short_id);
	if (!mount)
		return r < 0 ? r : -ENOENT;
	options = mnt_fs_get_vfs_options(mount->fs) ?: "";
	*attributes = mnt_optstr_get_option(options, "noatime", NULL, NULL) == 0 ||
				      mnt_optstr_get_option(options, "relatime", NULL, NULL) == 0
			      ? 0
			      : MOUNT_ATTR_STRICTATIME;
	for (size_t i = 0; i < ELEMENTS(words); i++)
		if (mnt_optstr_get_option(options, words[i].word, NULL, NULL) == 0)
			*attributes |= words[i].attribute;
	*attributes |= mount->flags;
	return 0;
}

static int read_attributes(int fd, uint64_t *attributes)
{
	int r = kernel_get_attributes(fd, attributes);

	return r == -ENOSYS ? read_attributes_by_words(fd, attributes) : r;
}

static int make_descriptor(struct source *source, const struct wish *wish, bool is_moved, int tree)
{
	bool is_clone = wish->kind != SOURCE_TREE && !is_moved;

	if (is_moved && source->fd >= 0)
		return 0;
	if (source->fd >= 0)
		close(steal_fd(&source->fd));
	if (is_clone)
		source->fd = clone_operand(wish);
	else
		source->fd = fcntl(is_moved ? wish->source.fd : tree, F_DUPFD_CLOEXEC, 0);
	if (source->fd >= 0)
		return 0;
	return is_clone ? source->fd : -errno;
}

int source_make(struct source *source, const struct wish *wish, enum attach_way way, int tree)
{
	bool is_moved = source_is_moved(wish, way);
	int r = make_descriptor(source, wish, is_moved, tree);

	source->changed = 0;
	if (r == 0 && !is_moved && !wish_keeps_groups(wish))
		r = kernel_set_attributes(source->fd, /* recursive= */ true, 0, 0, MS_PRIVATE);
	if (r == 0 && is_moved)
		r = read_attributes(source->fd, &source->attributes_before);
	/* The mounts on a moved mount get none. */
	r = r ?: apply_attributes(source, &wish->tree_attributes, wish->kind != SOURCE_MOVE);
	r = r ?: apply_attributes(source, &wish->attributes, /* is_recursive= */ false);
	/* The kernel maps a mount once, and refuses it (EPERM) after that. */
	if (r == 0 && wish->idmapping_fd >= 0 && !source->is_mapped) {
		r = is_moved ? -EINVAL
			     : kernel_set_idmapping(source->fd, wish->idmapping_is_recursive,
				       wish->idmapping_fd);
		source->is_mapped = r == 0 && wish->kind == SOURCE_TREE;
	}
	if (!is_moved)
		source->changed = 0;
	return r;
}

void source_restore(struct source *source)
{
	uint64_t before = source->attributes_before;

	if (!source->changed)
		return;
	kernel_set_attributes(source->fd, /* recursive= */ false, before,
		(source->changed | MOUNT_ATTR__ATIME) & ~(before & ~(uint64_t)MOUNT_ATTR__ATIME),
		0);
	source->changed = 0;
}
