/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "floor.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel.h"
#include "util.h"

/* The names of places begin with it. */
#define FLOOR_NAME "mount-tuck."

bool floor_has(const char *path)
{
	return strncmp(path, "/" FLOOR_NAME, sizeof("/" FLOOR_NAME) - 1) == 0;
}

int floor_make_tree(void)
{
	_cleanup_close_ int fs = fsopen("tmpfs", FSOPEN_CLOEXEC);
	int root;

	if (fs < 0 || fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	root = fsmount(fs, FSMOUNT_CLOEXEC, 0);
	return root < 0 ? -errno : root;
}

int floor_make(struct floor *floor)
{
	int r, slash;

	floor->links = kernel_open_proc("self/fd", O_PATH | O_DIRECTORY);
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -errno;
	floor->fd = floor_make_tree();
	slash = kernel_open_path(AT_FDCWD, "/");
	r = floor->fd < 0 ? floor->fd : slash;
	return r < 0 ? r : kernel_move_mount(floor->fd, slash, 0);
}

void floor_clear(const struct floor *floor)
{
	/* pivot_root(2) fails if the root is the namespace's own, as in an initramfs, or lies on a
	 * shared mount. */
	if (fchdir(floor->fd) == 0 && syscall(SYS_pivot_root, ".", ".") == 0)
		umount2(".", MNT_DETACH);
}

/* Make a directory or an empty file, as @like is one. */
static int make_empty(const struct floor *floor, const char *name, int like)
{
	struct mount_identity identity;
	int file, r = kernel_identify(like, "", AT_EMPTY_PATH, &identity);

	if (r < 0)
		return r;
	if (S_ISDIR(identity.mode))
		return mkdirat(floor->fd, name, 0700) < 0 ? -errno : 0;
	file = openat(floor->fd, name, O_CREAT | O_EXCL | O_RDONLY | O_CLOEXEC, 0600);
	if (file < 0)
		return -errno;
	close(file);
	return 0;
}

int floor_place(struct floor *floor, int tree)
{
	char name[sizeof(FLOOR_NAME) + 16];
	int at, r;

	snprintf(name, sizeof(name), FLOOR_NAME "%u", floor->places++);
	r = make_empty(floor, name, tree);
	at = r < 0 ? r : kernel_open_path(floor->fd, name);
	return at < 0 ? at : kernel_move_mount(tree, at, 0);
}

int floor_put_thing(struct floor *floor, int at)
{
	char name[sizeof(FLOOR_NAME) + 16];
	int thing, r;

	snprintf(name, sizeof(name), FLOOR_NAME "%u", floor->places++);
	r = make_empty(floor, name, at);
	thing = r < 0 ? r : kernel_open_tree(floor->fd, name, OPEN_TREE_CLONE);
	r = thing < 0 ? thing : kernel_move_mount(thing, at, 0);
	return r < 0 ? r : thing;
}

int floor_unmount_thing(const struct floor *floor, int thing)
{
	bool has_links = floor->links >= 0;
	char name[16];

	snprintf(name, sizeof(name), "%d", thing);
	if (fchdir(has_links ? floor->links : thing) < 0)
		return errno == ENOTDIR ? -EOPNOTSUPP : -errno;
	if (umount2(has_links ? name : ".", MNT_DETACH) < 0)
		return errno == EINVAL ? -EBUSY : -errno;
	return 0;
}

void floor_dissolve(const struct floor *floor)
{
	if (floor->fd >= 0)
		kernel_set_attributes(floor->fd, /* recursive= */ true, 0, 0, MS_PRIVATE);
}
