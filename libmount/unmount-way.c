/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unmount-way.h"

#include <errno.h>
#include <stddef.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child.h"
#include "floor.h"
#include "own-namespace.h"

static int make_tmpfs(const char *path)
{
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return -errno;
	return mount("none", path, "tmpfs", 0, NULL) < 0 ? -errno : 0;
}

/* Mount "outer" on "here" and "inner" on "outer"; "there" receives copies of both. Then cover the
 * copy of "inner" with a mount that "here" does not get. */
static int make_layout(void)
{
	int r = make_tmpfs("here");

	if (r == 0 && (mount(NULL, "here", NULL, MS_SHARED, NULL) < 0 || mkdir("there", 0700) < 0 ||
			      mount("here", "there", NULL, MS_BIND, NULL) < 0))
		return -errno;
	r = r < 0 ? r : make_tmpfs("here/outer");
	r = r < 0 ? r : make_tmpfs("here/outer/inner");
	if (r == 0 && mount(NULL, "there/outer/inner", NULL, MS_PRIVATE, NULL) < 0)
		return -errno;
	return r < 0 ? r : make_tmpfs("there/outer/inner");
}

static int work_unmount(void *argument, void *answer)
{
	struct floor floor;
	int r;

	(void)argument;
	(void)answer;
	/* In a chroot to a plain directory the floor can't be made. */
	own_namespace_enter_root();
	r = floor_make(&floor);
	if (r == 0 && fchdir(floor.fd) < 0)
		r = -errno;
	r = r < 0 ? r : make_layout();
	if (r < 0)
		return r;
	if (umount2("here/outer", MNT_DETACH) < 0)
		return -errno;
	/* The directory is on the outer mount. */
	if (access("there/outer/inner", F_OK) == 0)
		return 0;
	return errno == ENOENT ? 1 : -errno;
}

int unmount_takes_covered(void)
{
	static int known; /* 0: not yet; else the answer plus 1 */
	int is_known = __atomic_load_n(&known, __ATOMIC_RELAXED);

	if (!is_known) {
		int r = child_run(work_unmount, NULL, NULL, 0);

		if (r < 0)
			return r;
		is_known = r + 1;
		__atomic_store_n(&known, is_known, __ATOMIC_RELAXED);
	}
	return is_known - 1;
}
