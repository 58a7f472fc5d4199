/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "source.h"

#include <errno.h>
#include <fcntl.h>

#include "kernel.h"
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

static int apply_attributes(int fd, const struct attributes *attributes, bool is_recursive)
{
	if (!attributes->set && !attributes->clear)
		return 0;
	return kernel_set_attributes(fd, is_recursive, attributes->set, attributes->clear, 0);
}

int source_make(struct source *source, const struct wish *wish, enum attach_way way)
{
	bool is_moved = source_is_moved(wish, way);
	int r = 0;

	if (is_moved)
		source->fd = fcntl(wish->source.fd, F_DUPFD_CLOEXEC, 0);
	else if (wish->kind != SOURCE_TREE && source->fd < 0)
		source->fd = clone_operand(wish);
	if (source->fd < 0)
		return is_moved ? -errno : source->fd;
	if (!is_moved && !wish_keeps_groups(wish))
		r = kernel_set_attributes(source->fd, /* recursive= */ true, 0, 0, MS_PRIVATE);
	if (r == 0 && is_moved)
		r = kernel_get_attributes(source->fd, &source->attributes_before);
	/* The mounts on a moved mount get none. */
	r = r ?: apply_attributes(source->fd, &wish->tree_attributes, wish->kind != SOURCE_MOVE);
	return r ?: apply_attributes(source->fd, &wish->attributes, /* is_recursive= */ false);
}

void source_restore(const struct source *source, const struct wish *wish, enum attach_way way)
{
	uint64_t before = source->attributes_before;
	uint64_t changed = wish->attributes.set | wish->attributes.clear |
			   wish->tree_attributes.set | wish->tree_attributes.clear;

	if (!source_is_moved(wish, way) || !changed)
		return;
	kernel_set_attributes(source->fd, /* recursive= */ false, before,
		(changed | MOUNT_ATTR__ATIME) & ~(before & ~(uint64_t)MOUNT_ATTR__ATIME), 0);
}
