/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * attach-propagation: how kernels without the flag (5.12 to 6.4) attach a mount beneath another.
 *
 * The kernel has always put a mount that arrives by propagation beneath the mount that is already
 * there. So a child makes C, a clone of the parent P, in a namespace of its own; P receives from C;
 * and the child mounts S on C:
 *
 *      the child's own namespace        the caller's namespace
 *      C                         ---->  P
 *      └─ S  at m                       └─ S'  at m, a copy
 *                                          └─ T  at its root
 *
 * Then C leaves its group and goes with the child. No unmount propagates from C to P.
 * How P comes to receive from C:
 *
 *   P is shared    C is a peer of P, as every clone is of its origin. P is not changed.
 *   P is private   P is made a slave of C's group by MOVE_MOUNT_SET_GROUP (Linux 5.15), and S' is a
 *                  slave of S. When C and S are gone, P and S' have no master any more and so are
 *                  private. Nobody has to undo it: P is as before even after a SIGKILL at any time.
 *   P is a slave   (or private, before Linux 5.15.) P is made shared, cloned, and made a slave of
 *                  the clone, which took over P's own master. When C is gone, P is a slave of that
 *                  master again. Three system calls change P; a SIGKILL of the child among them
 *                  leaves P shared.
 *
 * Two kinds of P need one more step. If P itself is covered (a stack P', P, T at one path), a clone
 * of P does not show m. If P has locked mounts, the kernel refuses to clone one directory alone. In
 * both cases the whole tree at the directory is cloned, with T; the copy of T is made unbindable;
 * and a clone of that clone lacks T, so it shows m.
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

#include "attach-propagation.h"
#include "child.h"
#include "kernel.h"
#include "own-namespace.h"
#include "util.h"

/* The child's data. Its descriptors are closed when the child ends. */
struct passage {
	const struct attach_target *target;
	int tree;
	int holder; /* the directory that contains m; P's path, if P is covered */
	bool is_covered;
	bool is_recursive;	 /* the whole tree at the holder is cloned */
	char name[NAME_MAX + 1]; /* m's name in the holder */
	int root;		 /* P's root; -1: not needed */
	int clone;		 /* C: a clone of P from the holder down */
	int wide, follower;	 /* clones of P from its root down: the first member of C's
				    group, and its slave; -1: not needed */
	int uncovered;		 /* a clone of C's tree without T; -1: not needed */
	int floor;		 /* a tmpfs on which the clones are mounted */
};

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
	if (passage->is_covered && !passage->target->parent_is_shared)
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

/* Look for obstacles before anything is changed: an enum attach_obstacle, or -errno. */
static int survey(struct passage *passage)
{
	struct mount_identity identity;
	int r;

	if (own_namespace_enter_root() < 0 &&
		(kernel_identify(AT_FDCWD, "/", 0, &identity) < 0 || !identity.is_root))
		return ATTACH_NAMESPACE_NOT_ENTERED;
	r = survey_clone(passage);
	if (r != ATTACH_NO_OBSTACLE || passage->target->parent_is_shared)
		return r;
	passage->root = climb(passage->holder, passage->target->parent_id);
	return passage->root < 0 ? ATTACH_ROOT_NOT_REACHED : ATTACH_NO_OBSTACLE;
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

static int make_passage(struct passage *passage)
{
	int r = 0;

	if (passage->target->parent_is_shared) {
		passage->clone = clone_holder(passage);
		return passage->clone < 0 ? passage->clone : 0;
	}
	if (!passage->target->parent_is_slave && kernel_has_set_group() == 1)
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

/* Move to a namespace of the child's own, in which everything is private, and mount C there. If the
 * caller's namespace has as many mounts as fs.mount-max allows, this one still has room for S and
 * its submounts. */
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
	/* Unmount the copies of all other mounts. pivot_root(2) fails if the root is the
	 * namespace's own, as in an initramfs, or lies on a shared mount; then the copies stay. */
	if (fchdir(passage->floor) == 0 && syscall(SYS_pivot_root, ".", ".") == 0)
		umount2(".", MNT_DETACH);
	/* A mount must be mounted somewhere to propagate to its slaves (seen on 6.1). */
	r = passage->wide < 0 ? 0 : mount_on_floor(passage, passage->wide, "0");
	return r < 0 ? r : mount_on_floor(passage, passage->clone, "1");
}

static int open_in(int directory, const char *name)
{
	int fd = openat(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Make a clone of C's whole tree without the copy of T. */
static int uncover(struct passage *passage)
{
	_cleanup_close_ int top = open_in(passage->clone, passage->name);
	struct mount_identity identity;
	int r = top < 0 ? top : kernel_identify(top, "", AT_EMPTY_PATH, &identity);

	if (r == 0 && !identity.is_root) {
		/* T is unbindable, so C does not contain a copy of it. */
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
	if (r == -EINVAL) /* P is not private any more */
		r = -EBUSY;
	return r < 0 ? r : kernel_move_mount(passage->tree, at, 0);
}

/* Leave all groups now. The namespace can live on after the child, if somebody holds it open. */
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
	const struct attach_target *target = passage->target;
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

static int run_in_child(const struct attach_target *target, int tree, int (*work)(void *, void *))
{
	struct passage passage = {
		.target = target,
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

int attach_find_obstacle(const struct attach_target *target)
{
	int r = run_in_child(target, -1, work_survey);

	return r == -EXDEV ? ATTACH_PARENT_COVERED : r;
}

int attach_by_propagation(const struct attach_target *target, int tree)
{
	int r = run_in_child(target, tree, work_attach);

	return r == -EXDEV ? -EOPNOTSUPP : r;
}

int attach_lock(void)
{
	/* The lock is on the file of the mount namespace, which no other program locks. But every
	 * process in the namespace could take it for ever, so waiting has a limit. */
	enum { TRIES = 2000 };
	const struct timespec millisecond = {.tv_nsec = 1000000};
	_cleanup_close_ int lock = kernel_open_own_namespace();

	if (lock < 0)
		return lock;
	for (int i = 0; i < TRIES; i++) {
		if (flock(lock, LOCK_EX | LOCK_NB) == 0)
			return steal_fd(&lock);
		nanosleep(&millisecond, NULL);
	}
	return -EAGAIN;
}
