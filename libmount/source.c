/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "source.h"

#include <errno.h>
#include <fcntl.h>

#include "facts.h"
#include "util.h"

int source_open(struct mnttuck *tuck, int dirfd, const char *path)
{
	int r;

	r = located_name(&tuck->source, path);
	if (r < 0)
		return r;
	tuck->source.fd = kernel_open_path(dirfd, path);
	if (tuck->source.fd < 0)
		return tuck->source.fd;
	return kernel_identify(tuck->source.fd, "", AT_EMPTY_PATH, &tuck->source.identity);
}

static int source_clone(struct mnttuck *tuck)
{
	unsigned int recursive = tuck->kind != SOURCE_BIND ? AT_RECURSIVE : 0;

	return kernel_open_tree(tuck->source.fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | recursive);
}

bool source_is_moved(struct mnttuck *tuck)
{
	return tuck->kind == SOURCE_MOVE && operation_way(tuck) == ATTACH_BY_FLAG;
}

static int set_attributes(
	struct mnttuck *tuck, const struct attributes *attributes, bool is_recursive)
{
	if (!attributes->set && !attributes->clear)
		return 0;
	return kernel_set_attributes(tuck->tree, is_recursive && tuck->kind != SOURCE_MOVE,
		attributes->set, attributes->clear, 0);
}

int source_realize(struct mnttuck *tuck)
{
	bool is_moved = source_is_moved(tuck);
	int r = 0;

	if (is_moved)
		tuck->tree = fcntl(tuck->source.fd, F_DUPFD_CLOEXEC, 0);
	else if (tuck->kind != SOURCE_TREE && tuck->tree < 0)
		tuck->tree = source_clone(tuck);
	if (tuck->tree < 0)
		return is_moved ? -errno : tuck->tree;
	if (!is_moved && !operation_keeps_groups(tuck))
		r = kernel_set_attributes(tuck->tree, /* recursive= */ true, 0, 0, MS_PRIVATE);
	if (r == 0 && is_moved)
		r = kernel_get_attributes(tuck->tree, &tuck->attributes_before);
	r = r ?: set_attributes(tuck, &tuck->tree_attributes, /* is_recursive= */ true);
	return r ?: set_attributes(tuck, &tuck->attributes, /* is_recursive= */ false);
}

void source_restore(struct mnttuck *tuck)
{
	uint64_t changed = tuck->attributes.set | tuck->attributes.clear |
			   tuck->tree_attributes.set | tuck->tree_attributes.clear;

	if (!source_is_moved(tuck) || !changed)
		return;
	kernel_set_attributes(tuck->tree, /* recursive= */ false, tuck->attributes_before,
		(changed | MOUNT_ATTR__ATIME) &
			~(tuck->attributes_before & ~(uint64_t)MOUNT_ATTR__ATIME),
		0);
}
