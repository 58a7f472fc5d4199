/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * attach, the way of kernels without the flag (5.12 to 6.4): by propagation.
 *
 * The kernel has always put a mount that arrives by propagation beneath what is mounted there. So a
 * passage is made, a clone C of the parent P that P receives from, out of everybody's sight, and S
 * is mounted on that:
 *
 *      a child's own namespace          the caller's namespace
 *      C                         ---->  P
 *      └─ S  at m                       └─ S'  at m, a copy
 *                                          └─ T  at its root
 *
 * Then C leaves its group, and goes with the child. Nothing is unmounted where C passed it on.
 * P has to receive from C:
 *
 *   P is shared    A clone is a peer of its origin. P is not touched.
 *   P is private   P is made a slave of C's group by MOVE_MOUNT_SET_GROUP, and S' is a slave of S.
 *                  When C and S are gone, the two have no master any more: private. That needs
 *                  nobody to undo it, so SIGKILL at any time leaves P as it was.
 *   P is a slave   (or private, before Linux 5.15, which has no MOVE_MOUNT_SET_GROUP) P is made
 *                  shared, cloned, and made a slave of the clone, which took over P's own master.
 *                  When C is gone P falls back to that. In the three system calls between shared
 *                  and slave is the one window in which a SIGKILL of the child leaves a trace, P
 *                  shared.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "attach.h"
#include "child.h"
#include "kernel.h"
#include "util.h"

/* What the child works on. Its descriptors end with it. */
struct passage {
	const struct attach_place *place;
	int tree;
	int holder;		 /* the directory on P that m is in */
	char name[NAME_MAX + 1]; /* of m in it */
	int root;		 /* P's root; -1: not needed */
	int clone;		 /* C: of P, from the holder down */
	int wide, follower;	 /* peers of C from P's root down: C's first, and its slave; -1: not
				    needed */
	int floor;		 /* another clone, private: what C is mounted on */
};

/* Up from the holder to P's root. */
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
		/* "/" is a mount's root here, and so the end at the latest. */
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

/* What can be known before anything is changed: an enum attach_obstacle, or -errno. */
static int survey(struct passage *passage)
{
	struct mount_identity identity;

	if (kernel_enter_namespace_root() < 0 &&
		(kernel_identify(AT_FDCWD, "/", 0, &identity) < 0 || !identity.is_root))
		return ATTACH_NAMESPACE_NOT_ENTERED;
	passage->floor = clone_tree(passage->holder);
	if (passage->floor < 0)
		return passage->floor == -EINVAL ? ATTACH_PARENT_NOT_CLONED : passage->floor;
	if (!passage->place->parent_is_shared) {
		passage->root = climb(passage->holder, passage->place->parent_id);
		if (passage->root < 0)
			return ATTACH_ROOT_NOT_REACHED;
	}
	return ATTACH_NO_OBSTACLE;
}

/* P is private: a group that P can be made a slave of. P is not touched yet. 0: P can't be cloned
 * from its root down, because of locked mounts elsewhere on it. */
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

/* The window. */
static int make_slave(struct passage *passage)
{
	int r = kernel_set_attributes(passage->root, false, 0, 0, MS_SHARED), back;

	if (r < 0)
		return r;
	passage->clone = clone_tree(passage->holder);
	back = kernel_set_attributes(passage->root, false, 0, 0, MS_SLAVE);
	return passage->clone < 0 ? passage->clone : back;
}

static int make_passage(struct passage *passage)
{
	int r = 0;

	if (passage->place->parent_is_shared) {
		passage->clone = clone_tree(passage->holder);
		return passage->clone < 0 ? passage->clone : 0;
	}
	if (!passage->place->parent_is_slave && kernel_has_set_group() == 1)
		r = make_group(passage);
	return r == 0 ? make_slave(passage) : r;
}

/* A namespace of the child's own, from which nothing gets out, and with room for S and its
 * submounts also where the caller's is full up to its limit. Here C is mounted. */
static int retire(struct passage *passage)
{
	int r, slash;

	r = kernel_set_attributes(passage->floor, false, 0, 0, MS_PRIVATE);
	if (r < 0)
		return r;
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -errno;
	slash = kernel_open_path(AT_FDCWD, "/");
	r = slash < 0 ? slash : kernel_move_mount(passage->floor, slash, 0);
	if (r < 0)
		return r;
	/* The copies of all other mounts go. It can't be done where the root is the namespace's
	 * own, as in an initramfs, or lies on a shared mount; then they stay. */
	if (fchdir(passage->floor) == 0 && syscall(SYS_pivot_root, ".", ".") == 0)
		umount2(".", MNT_DETACH);
	return kernel_move_mount(passage->clone, passage->floor, 0);
}

static int let_arrive(struct passage *passage)
{
	int at, r;

	at = openat(passage->clone, passage->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (at < 0)
		return -errno;
	r = passage->follower < 0 ? 0 : kernel_set_group(passage->follower, passage->root);
	if (r == -EINVAL) /* it is not private any more */
		r = -EBUSY;
	return r < 0 ? r : kernel_move_mount(passage->tree, at, 0);
}

/* At once, and not when the last one who looks at the child's namespace lets go of it. */
static void dissolve(struct passage *passage)
{
	if (passage->clone >= 0)
		kernel_set_attributes(passage->clone, /* recursive= */ true, 0, 0, MS_PRIVATE);
	if (passage->wide >= 0)
		kernel_set_attributes(passage->wide, false, 0, 0, MS_PRIVATE);
}

static int work_survey(void *argument, void *answer)
{
	(void)answer;
	return survey(argument);
}

static int work_attach(void *argument, void *answer)
{
	struct passage *passage = argument;
	int r = survey(passage);

	(void)answer;
	if (r != ATTACH_NO_OBSTACLE)
		return r < 0 ? r : -EOPNOTSUPP;
	r = make_passage(passage);
	r = r < 0 ? r : retire(passage);
	r = r < 0 ? r : let_arrive(passage);
	dissolve(passage);
	return r;
}

/* The directory that m is in: above T's root, or by its path, where T is a file. -EXDEV: something
 * lies over it. */
static int open_holder(struct passage *passage)
{
	const struct attach_place *place = passage->place;
	const char *name = strrchr(place->path, '/');
	struct mount_identity identity;
	char directory[PATH_MAX];
	size_t length;

	if (!name || !name[1] || strlen(name + 1) > NAME_MAX || name - place->path >= PATH_MAX)
		return -EXDEV;
	length = name == place->path ? 1 : (size_t)(name - place->path);
	memcpy(directory, place->path, length);
	directory[length] = '\0';
	strcpy(passage->name, name + 1);
	passage->holder = kernel_open_path(place->target, "..");
	if (passage->holder == -ENOTDIR)
		passage->holder = kernel_open_path(AT_FDCWD, directory);
	if (passage->holder < 0)
		return passage->holder;
	if (kernel_identify(passage->holder, "", AT_EMPTY_PATH, &identity) < 0 ||
		identity.short_id != place->parent_id)
		return -EXDEV;
	return 0;
}

static int run(const struct attach_place *place, int tree, int (*work)(void *, void *))
{
	struct passage passage = {
		.place = place,
		.tree = tree,
		.holder = -1,
		.root = -1,
		.clone = -1,
		.wide = -1,
		.follower = -1,
		.floor = -1,
	};
	int r = open_holder(&passage);

	r = r < 0 ? r : child_run(work, &passage, NULL, 0);
	if (passage.holder >= 0)
		close(passage.holder);
	return r;
}

int attach_find_obstacle(const struct attach_place *place)
{
	int r = run(place, -1, work_survey);

	return r == -EXDEV ? ATTACH_PARENT_COVERED : r;
}

int attach_by_propagation(const struct attach_place *place, int tree)
{
	int r = run(place, tree, work_attach);

	return r == -EXDEV ? -EOPNOTSUPP : r;
}

int attach_lock(void)
{
	/* A lock on the mount namespace itself meets no other program's, and any process in it can
	 * have it: so it is not waited for without end. */
	enum { TRIES = 2000 };
	const struct timespec millisecond = {.tv_nsec = 1000 * 1000};
	int lock = kernel_open_own_namespace();

	if (lock < 0)
		return -1;
	for (int i = 0; i < TRIES && flock(lock, LOCK_EX | LOCK_NB) < 0; i++)
		nanosleep(&millisecond, NULL);
	return lock;
}

static int work_take_away(void *argument, void *answer)
{
	(void)answer;
	if (fchdir(*(int *)argument) < 0 || umount2(".", MNT_DETACH) < 0)
		return -errno;
	return 0;
}

int attach_take_away(int mount)
{
	return child_run(work_take_away, &mount, NULL, 0);
}
