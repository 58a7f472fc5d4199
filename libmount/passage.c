/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "passage.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "child.h"
#include "kernel.h"
#include "own-namespace.h"
#include "util.h"

/* Walk up from the holder to P's root. Returns a descriptor of it. */
static int climb(int holder, int parent_id)
{
	int at = holder;

	for (;;) {
		struct mount_identity identity;
		int up, r = kernel_identify(at, "", AT_EMPTY_PATH, &identity);

		if (r < 0 || identity.short_id != parent_id)
			return -EXDEV;
		if (identity.is_root)
			return at;
		/* This ends: "/" is the root of a mount here. */
		up = kernel_open_path(at, "..");
		if (up < 0)
			return up;
		at = up;
	}
}

static int clone_tree(int directory)
{
	return kernel_open_tree(directory, "", AT_EMPTY_PATH | OPEN_TREE_CLONE);
}

static int clone_holder(const struct passage *passage)
{
	return kernel_open_tree(passage->holder, "",
		AT_EMPTY_PATH | OPEN_TREE_CLONE |
			(passage->is_recursive ? (unsigned int)AT_RECURSIVE : 0));
}

/* Find out by trying how the holder can be cloned. */
static int survey_clone(struct passage *passage)
{
	_cleanup_close_ int clone = -1;

	passage->is_recursive = passage->is_covered;
	if (passage->is_covered && !passage->target->parent_group)
		return PASSAGE_PARENT_COVERED;
	clone = clone_holder(passage);
	if (clone == -EINVAL && !passage->is_recursive) {
		passage->is_recursive = true;
		clone = clone_holder(passage);
	}
	if (clone == -EINVAL)
		return PASSAGE_PARENT_NOT_CLONED;
	return clone < 0 ? clone : PASSAGE_NO_OBSTACLE;
}

int passage_survey(struct passage *passage)
{
	struct mount_identity identity;
	int r;

	if (own_namespace_enter_root() < 0 &&
		(kernel_identify(AT_FDCWD, "/", 0, &identity) < 0 || !identity.is_root))
		return PASSAGE_NAMESPACE_NOT_ENTERED;
	r = survey_clone(passage);
	if (r != PASSAGE_NO_OBSTACLE || passage->target->parent_group)
		return r;
	passage->root = climb(passage->holder, passage->target->parent_id);
	return passage->root < 0 ? PASSAGE_ROOT_NOT_REACHED : PASSAGE_NO_OBSTACLE;
}

/* P is private: make a group that P can become a slave of, without changing P. Returns 1; 0 if P
 * can't be cloned from its root down, because of locked mounts elsewhere on P; or -errno. */
static int make_group(struct passage *passage)
{
	int r;

	passage->wide = clone_tree(passage->root);
	if (passage->wide == -EINVAL)
		return 0;
	passage->follower = clone_tree(passage->root);
	passage->clone = clone_tree(passage->holder);
	if (passage->wide < 0 || passage->follower < 0 || passage->clone < 0)
		return -EAGAIN;
	r = kernel_set_attributes(passage->wide, false, 0, 0, MS_SHARED);
	r = r < 0 ? r : kernel_set_group(passage->wide, passage->follower);
	r = r < 0 ? r : kernel_set_attributes(passage->follower, false, 0, 0, MS_SLAVE);
	r = r < 0 ? r : kernel_set_group(passage->wide, passage->clone);
	return r < 0 ? r : 1;
}

/* P is shared for a moment, and then a slave of the clone. */
static int make_slave(struct passage *passage)
{
	int r = kernel_set_attributes(passage->root, false, 0, 0, MS_SHARED), back;

	if (r < 0)
		return r;
	passage->clone = clone_holder(passage);
	back = kernel_set_attributes(passage->root, false, 0, 0, MS_SLAVE);
	return passage->clone < 0 ? passage->clone : back;
}

static int make_clone(struct passage *passage)
{
	int r = 0;

	if (passage->target->parent_group) {
		passage->clone = clone_holder(passage);
		return passage->clone < 0 ? passage->clone : 0;
	}
	if (!passage->target->parent_is_slave && kernel_has_set_group() == 1)
		r = make_group(passage);
	return r == 0 ? make_slave(passage) : r;
}

/* Move to a namespace of the child's own, and mount C there. */
static int retire(struct passage *passage)
{
	int r = floor_make(&passage->floor);

	if (r == 0)
		floor_clear(&passage->floor);
	/* A mount must be mounted somewhere to propagate to its slaves (seen on 6.1). */
	if (r == 0 && passage->wide >= 0)
		r = floor_place(&passage->floor, passage->wide);
	return r < 0 ? r : floor_place(&passage->floor, passage->clone);
}

int passage_open_point(const struct passage *passage)
{
	int fd = openat(passage->uncovered, passage->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Replace the uncovered clone by a clone of it without the uppermost mount at m. */
static int peel(struct passage *passage)
{
	_cleanup_close_ int top = passage_open_point(passage);
	struct mount_identity identity;
	int r = top < 0 ? top : kernel_identify(top, "", AT_EMPTY_PATH, &identity);

	/* An unbindable mount is not in the clone, nor is what lies on it. */
	if (r < 0 || !identity.is_root)
		return r;
	r = kernel_set_attributes(top, false, 0, 0, MS_UNBINDABLE);
	if (r < 0)
		return r;
	r = kernel_open_tree(passage->uncovered, "",
		AT_EMPTY_PATH | OPEN_TREE_CLONE | (unsigned int)AT_RECURSIVE);
	if (r < 0)
		return r;
	passage->uncovered = r;
	return floor_place(&passage->floor, passage->uncovered);
}

int passage_make(struct passage *passage)
{
	int r = make_clone(passage);

	r = r < 0 ? r : retire(passage);
	passage->uncovered = passage->clone;
	for (unsigned int i = 0; r == 0 && passage->is_recursive && i < passage->target->layers;
		i++)
		r = peel(passage);
	return r;
}

int passage_connect(const struct passage *passage)
{
	int r = passage->follower < 0 ? 0 : kernel_set_group(passage->follower, passage->root);

	return r == -EINVAL ? -EBUSY : r;
}

/* Whether @name in @holder leads to the mount of @top. */
static bool leads_to(int holder, const char *name, const struct mount_identity *top)
{
	struct mount_identity identity;

	return kernel_identify(holder, name, AT_SYMLINK_NOFOLLOW, &identity) == 0 &&
	       identity.short_id == top->short_id;
}

/* Open the directory that contains m, by its path. ".." of T's root would ask the filesystem of T
 * whether the caller may search it, so it is used only if the path leads elsewhere. -EXDEV: another
 * mount covers m. */
static int open_holder(struct passage *passage)
{
	const struct passage_target *target = passage->target;
	const char *name = strrchr(target->path, '/');
	struct mount_identity identity, top;
	char directory[PATH_MAX];
	size_t length;
	int r;

	if (!name || !name[1] || strlen(name + 1) > NAME_MAX || name - target->path >= PATH_MAX)
		return -EXDEV;
	length = name == target->path ? 1 : (size_t)(name - target->path);
	memcpy(directory, target->path, length);
	directory[length] = '\0';
	memcpy(passage->name, name + 1, strlen(name));
	r = kernel_identify(target->top, "", AT_EMPTY_PATH, &top);
	if (r < 0)
		return r;
	passage->holder = kernel_open_path(AT_FDCWD, directory);
	if (passage->holder < 0 || !leads_to(passage->holder, passage->name, &top)) {
		if (passage->holder >= 0)
			close(passage->holder);
		passage->holder = kernel_open_path(target->top, "..");
	}
	if (passage->holder < 0)
		return passage->holder;
	r = kernel_identify(passage->holder, "", AT_EMPTY_PATH, &identity);
	if (r < 0 || identity.short_id == target->parent_id)
		return r;
	/* In a stack the name still leads to T. */
	passage->is_covered = true;
	return leads_to(passage->holder, passage->name, &top) ? 0 : -EXDEV;
}

int passage_begin(struct passage *passage, const struct passage_target *target)
{
	*passage = (struct passage){
		.target = target,
		.holder = -1,
		.root = -1,
		.clone = -1,
		.uncovered = -1,
		.wide = -1,
		.follower = -1,
		.floor = {.fd = -1, .links = -1},
	};
	return open_holder(passage);
}

void passage_end(struct passage *passage)
{
	if (passage->holder >= 0)
		close(passage->holder);
	passage->holder = -1;
}

static int work_survey(void *argument, void *answer)
{
	(void)answer;
	return passage_survey(argument);
}

int passage_find_obstacle(const struct passage_target *target)
{
	struct passage passage;
	int r = passage_begin(&passage, target);

	r = r < 0 ? r : child_run(work_survey, &passage, NULL, 0);
	passage_end(&passage);
	return r == -EXDEV ? PASSAGE_PARENT_COVERED : r;
}
