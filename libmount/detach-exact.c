/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "detach-exact.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "child.h"
#include "floor.h"
#include "kernel.h"
#include "own-namespace.h"
#include "util.h"

/* The child's data. */
struct exact {
	const struct exact_target *target;
	struct floor floor;
	int clone;  /* C */
	int thing;  /* X */
	int member; /* a mount of S's group with the same root: S, or a copy of it */
	struct child_dialog dialog;
};

static int clone_whole_tree(int tree)
{
	return kernel_open_tree(
		tree, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | (unsigned int)AT_RECURSIVE);
}

/* mount_setattr(2) changes only the root of a detached tree, mount(2) every mount of it. */
static int make_unbindable(int fd)
{
	int links = kernel_open_proc("self/fd", O_PATH | O_DIRECTORY);
	char name[16];

	snprintf(name, sizeof(name), "%d", fd);
	if (links < 0 || fchdir(links) < 0)
		return links < 0 ? links : -errno;
	return mount(NULL, name, NULL, MS_UNBINDABLE, NULL) < 0 ? -errno : 0;
}

/* Try it on a mount in a detached tree. @make: how. */
static int try_on_detached(int (*make)(int fd))
{
	_cleanup_close_ int tree = floor_make_tree();
	_cleanup_close_ int inner =
		tree < 0 ? tree : kernel_open_tree(tree, "", AT_EMPTY_PATH | OPEN_TREE_CLONE);
	int r = inner < 0 ? inner : kernel_move_mount(inner, tree, 0);

	return r < 0 ? r : make(inner);
}

static int make_unbindable_by_path(int fd)
{
	char path[48];

	snprintf(path, sizeof(path), "/proc/thread-self/fd/%d", fd);
	return mount(NULL, path, NULL, MS_UNBINDABLE, NULL) < 0 ? -errno : 0;
}

static int work_try(void *argument, void *answer)
{
	(void)argument;
	(void)answer;
	return try_on_detached(make_unbindable);
}

/* Without a child if the caller's own /proc leads to its descriptors. */
static int find_out(void)
{
	int r = kernel_has_kept_proc() ? -ENOENT : try_on_detached(make_unbindable_by_path);

	return r == -ENOENT ? child_run(work_try, NULL, NULL, 0) : r;
}

bool detach_exact_finds_copies(void)
{
	static int known; /* 0: not yet; 1: yes; -1: no */
	int is_known = __atomic_load_n(&known, __ATOMIC_RELAXED);

	if (!is_known) {
		int r = find_out();

		/* Another error, such as EMFILE, can be gone the next time. */
		is_known = r == 0 ? 1 : r == -EINVAL ? -1 : 0;
		__atomic_store_n(&known, is_known, __ATOMIC_RELAXED);
	}
	return is_known > 0;
}

/* Clone the tree at the directory that contains the mount point. Returns its descriptor, and the
 * mount point's name there. */
static int clone_directory(const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');
	size_t length = slash ? (size_t)(slash - path) : 0;
	char directory[PATH_MAX];
	int holder;

	if (!slash || !slash[1] || length >= sizeof(directory))
		return -EOPNOTSUPP;
	*name = slash + 1;
	memcpy(directory, path, length);
	directory[length] = '\0';
	holder = kernel_open_path(AT_FDCWD, length ? directory : "/");
	return holder < 0 ? holder : clone_whole_tree(holder);
}

/* Open the mount whose root @name is in @tree. A clone lacks unbindable mounts, and those on them;
 * then it is no mount's root. */
static int open_mount(int tree, const char *name)
{
	struct mount_identity identity;
	int fd = kernel_open_path(tree, name);
	int r = fd < 0 ? fd : kernel_identify(fd, "", AT_EMPTY_PATH, &identity);

	return r < 0 ? r : identity.is_root ? fd : -EOPNOTSUPP;
}

/* Open a detached copy of S, which is a peer of S. If others mounted or unmounted there, it can be
 * a copy of another mount; confirm_group() finds that. */
static int open_copy(const char *path)
{
	const char *name = NULL;
	int tree = clone_directory(path, &name);
	int top = tree < 0 ? tree : open_mount(tree, name);
	int r = top < 0 ? top : make_unbindable(top);

	if (r == -EINVAL) /* it has been unmounted, as the mount was that it is a copy of */
		return -EBUSY;
	tree = r < 0 ? r : clone_whole_tree(tree);
	return tree < 0 ? tree : open_mount(tree, name);
}

/* A private clone of the mount of @fd alone. */
static int clone_privately(int fd)
{
	int clone = kernel_open_tree(fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE), r;

	if (clone < 0) /* EINVAL: it has been unmounted */
		return clone == -EINVAL ? -EBUSY : clone;
	r = kernel_set_attributes(clone, false, 0, 0, MS_PRIVATE);
	return r < 0 ? r : clone;
}

/* Step 1. */
static int mount_clones(struct exact *exact)
{
	int r;

	exact->member = exact->target->beneath >= 0 ? exact->target->beneath
						    : open_copy(exact->target->path);
	exact->clone = exact->member < 0 ? exact->member : clone_privately(exact->member);
	exact->thing = exact->clone < 0 ? exact->clone : clone_privately(exact->target->top);
	if (exact->thing < 0)
		return exact->thing;
	/* In a chroot to a plain directory the floor can't be made. */
	own_namespace_enter_root();
	r = floor_make(&exact->floor);
	r = r < 0 ? r : floor_place(&exact->floor, exact->clone);
	return r < 0 ? r : kernel_move_mount(exact->thing, exact->clone, 0);
}

/* Whether C has joined the group of S. */
static int confirm_group(const struct exact *exact)
{
	int group = kernel_get_group(exact->clone);

	if (group == -ENOSYS && exact->target->beneath >= 0)
		return 0;
	return group < 0 ? group : group == exact->target->beneath_group ? 0 : -EBUSY;
}

/* Steps 1 and 2. Until they are done nothing has changed, whatever goes wrong. */
static int make_thing(struct exact *exact)
{
	int r = mount_clones(exact);

	if (r == 0) {
		r = kernel_set_group(exact->member, exact->clone);
		/* EINVAL: the member is private, or has been unmounted. */
		r = r == -EINVAL ? -EBUSY : r < 0 ? r : confirm_group(exact);
	}
	return r >= 0 || r == -EBUSY || r == -ENOMEM ? r : -EOPNOTSUPP;
}

/* The kernel keeps a T that others have mounted on. To be asked at once: somebody else can unmount
 * T as soon as that is gone. */
static bool top_stays(const struct exact_target *target)
{
	return target->top_id && target->namespace_id &&
	       kernel_has_mount(target->top_id, target->namespace_id) > 0;
}

static int work_detach_exactly(void *argument, void *answer)
{
	struct exact *exact = argument;
	int r = make_thing(exact);

	(void)answer;
	r = r < 0 ? r : child_ask(&exact->dialog);
	r = r < 0 ? r : floor_unmount_thing(&exact->floor, exact->thing);
	if (r == 0 && top_stays(exact->target))
		r = -EBUSY;
	floor_dissolve(&exact->floor);
	return r;
}

int detach_exactly(const struct exact_target *target, int (*may_go)(void *argument), void *argument)
{
	struct exact exact = {
		.target = target,
		.floor = {.fd = -1, .links = -1},
		.dialog = {.answer = may_go, .argument = argument},
	};

	return child_run_asking(work_detach_exactly, &exact, &exact.dialog, NULL, 0);
}
