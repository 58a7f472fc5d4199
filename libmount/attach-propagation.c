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
 *
 * A clone does not show m where P itself is covered, in a stack P', P, T at one path; and the clone
 * of a directory alone is not allowed where it has locked mounts. Then the whole tree at the
 * directory is cloned, with T, and that copy of T is made unbindable. A clone of that clone comes
 * without it, and shows m.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
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
	int holder; /* the directory that m is in, or P, where that is covered */
	bool is_covered;
	bool is_recursive;	 /* the whole tree at the holder is cloned */
	char name[NAME_MAX + 1]; /* of m in it */
	int root;		 /* P's root; -1: not needed */
	int clone;		 /* C: of P, from the holder down */
	int wide, follower;	 /* peers of C from P's root down: C's first, and its slave; -1: not
				    needed */
	int uncovered;		 /* a clone of C's tree without T; -1: not needed */
	int floor;		 /* a filesystem to mount them on */
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

static int clone_holder(const struct passage *passage)
{
	return kernel_open_tree(passage->holder, "",
		AT_EMPTY_PATH | OPEN_TREE_CLONE |
			(passage->is_recursive ? (unsigned int)AT_RECURSIVE : 0));
}

/* How the holder can be cloned, by trying. */
static int survey_clone(struct passage *passage)
{
	_cleanup_close_ int clone = -1;

	passage->is_recursive = passage->is_covered;
	if (passage->is_covered && !passage->place->parent_is_shared)
		return ATTACH_PARENT_COVERED;
	clone = clone_holder(passage);
	if (clone == -EINVAL && !passage->is_recursive) {
		passage->is_recursive = true;
		clone = clone_holder(passage);
	}
	if (clone == -EINVAL)
		return ATTACH_PARENT_NOT_CLONED;
	return clone < 0 ? clone : ATTACH_NO_OBSTACLE;
}

/* What can be known before anything is changed: an enum attach_obstacle, or -errno. */
static int survey(struct passage *passage)
{
	struct mount_identity identity;
	int r;

	if (kernel_enter_namespace_root() < 0 &&
		(kernel_identify(AT_FDCWD, "/", 0, &identity) < 0 || !identity.is_root))
		return ATTACH_NAMESPACE_NOT_ENTERED;
	r = survey_clone(passage);
	if (r != ATTACH_NO_OBSTACLE || passage->place->parent_is_shared)
		return r;
	passage->root = climb(passage->holder, passage->place->parent_id);
	return passage->root < 0 ? ATTACH_ROOT_NOT_REACHED : ATTACH_NO_OBSTACLE;
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
	passage->clone = clone_holder(passage);
	back = kernel_set_attributes(passage->root, false, 0, 0, MS_SLAVE);
	return passage->clone < 0 ? passage->clone : back;
}

static int make_passage(struct passage *passage)
{
	int r = 0;

	if (passage->place->parent_is_shared) {
		passage->clone = clone_holder(passage);
		return passage->clone < 0 ? passage->clone : 0;
	}
	if (!passage->place->parent_is_slave && kernel_has_set_group() == 1)
		r = make_group(passage);
	return r == 0 ? make_slave(passage) : r;
}

static int make_floor(void)
{
	_cleanup_close_ int fs = fsopen("tmpfs", FSOPEN_CLOEXEC);
	int floor;

	if (fs < 0 || fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	floor = fsmount(fs, FSMOUNT_CLOEXEC, 0);
	if (floor < 0 || mkdirat(floor, "0", 0700) < 0 || mkdirat(floor, "1", 0700) < 0 ||
		mkdirat(floor, "2", 0700) < 0)
		return -errno;
	return floor;
}

static int mount_on_floor(const struct passage *passage, int tree, const char *name)
{
	int at = kernel_open_path(passage->floor, name);

	return at < 0 ? at : kernel_move_mount(tree, at, 0);
}

/* A namespace of the child's own, from which nothing gets out, and with room for S and its
 * submounts also where the caller's is full up to its limit. Here C is mounted. */
static int retire(struct passage *passage)
{
	int r, slash;

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -errno;
	passage->floor = make_floor();
	slash = kernel_open_path(AT_FDCWD, "/");
	r = passage->floor < 0 ? passage->floor : slash;
	r = r < 0 ? r : kernel_move_mount(passage->floor, slash, 0);
	if (r < 0)
		return r;
	/* The copies of all other mounts go. It can't be done where the root is the namespace's
	 * own, as in an initramfs, or lies on a shared mount; then they stay. */
	if (fchdir(passage->floor) == 0 && syscall(SYS_pivot_root, ".", ".") == 0)
		umount2(".", MNT_DETACH);
	/* What is not mounted anywhere passes nothing on to its slaves (seen on 6.1). */
	r = passage->wide < 0 ? 0 : mount_on_floor(passage, passage->wide, "0");
	return r < 0 ? r : mount_on_floor(passage, passage->clone, "1");
}

static int open_in(int directory, const char *name)
{
	int fd = openat(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* A clone of C's whole tree that lacks the copy of T. */
static int uncover(struct passage *passage)
{
	_cleanup_close_ int top = open_in(passage->clone, passage->name);
	struct mount_identity identity;
	int r = top < 0 ? top : kernel_identify(top, "", AT_EMPTY_PATH, &identity);

	if (r == 0 && !identity.is_root) {
		/* T is unbindable by itself, and C came without it. */
		passage->is_recursive = false;
		return 0;
	}
	r = r < 0 ? r : kernel_set_attributes(top, false, 0, 0, MS_UNBINDABLE);
	if (r < 0)
		return r;
	passage->uncovered = kernel_open_tree(
		passage->clone, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | (unsigned int)AT_RECURSIVE);
	return passage->uncovered < 0 ? passage->uncovered
				      : mount_on_floor(passage, passage->uncovered, "2");
}

static int let_arrive(struct passage *passage)
{
	int at, r = passage->is_recursive ? uncover(passage) : 0;

	if (r < 0)
		return r;
	at = open_in(passage->is_recursive ? passage->uncovered : passage->clone, passage->name);
	if (at < 0)
		return at;
	r = passage->follower < 0 ? 0 : kernel_set_group(passage->follower, passage->root);
	if (r == -EINVAL) /* it is not private any more */
		r = -EBUSY;
	return r < 0 ? r : kernel_move_mount(passage->tree, at, 0);
}

/* At once, and not when the last one who looks at the child's namespace lets go of it. */
static void dissolve(struct passage *passage)
{
	const int fds[] = {passage->uncovered, passage->clone, passage->wide};

	for (size_t i = 0; i < ELEMENTS(fds); i++)
		if (fds[i] >= 0)
			kernel_set_attributes(fds[i], /* recursive= */ true, 0, 0, MS_PRIVATE);
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
	struct mount_identity identity, target;
	char directory[PATH_MAX];
	size_t length;
	int r;

	if (!name || !name[1] || strlen(name + 1) > NAME_MAX || name - place->path >= PATH_MAX)
		return -EXDEV;
	length = name == place->path ? 1 : (size_t)(name - place->path);
	memcpy(directory, place->path, length);
	directory[length] = '\0';
	memcpy(passage->name, name + 1, strlen(name));
	passage->holder = kernel_open_path(place->target, "..");
	/* A file, or a FUSE mount that another user keeps to itself. */
	if (passage->holder == -ENOTDIR || passage->holder == -EACCES)
		passage->holder = kernel_open_path(AT_FDCWD, directory);
	if (passage->holder < 0)
		return passage->holder;
	r = kernel_identify(passage->holder, "", AT_EMPTY_PATH, &identity);
	if (r < 0 || identity.short_id == place->parent_id)
		return r;
	/* A stack: the name leads to T all the same. */
	passage->is_covered = true;
	r = kernel_identify(place->target, "", AT_EMPTY_PATH, &target);
	r = r < 0 ? r
		  : kernel_identify(passage->holder, passage->name, AT_SYMLINK_NOFOLLOW, &identity);
	return r == 0 && identity.short_id == target.short_id ? 0 : -EXDEV;
}

static int run(const struct attach_place *place, int tree, int (*work)(void *, void *))
{
	struct passage passage = {
		.place = place,
		.tree = tree,
		.holder = -1,
		.root = -1,
		.clone = -1,
		.uncovered = -1,
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
	const struct timespec millisecond = {.tv_nsec = 1000000};
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
