/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "own-namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel.h"
#include "util.h"

/* The inode number of the initial user namespace in /proc/PID/ns, the same on every system: it has
 * been so since Linux 3.8, and Linux 6.18 promises it (USER_NS_INIT_INO of <linux/nsfs.h>). */
#define INITIAL_USER_NAMESPACE 0xEFFFFFFDU

int own_namespace_is_initial(void)
{
	_cleanup_close_ int mount_namespace = kernel_open_own_namespace();
	_cleanup_close_ int user_namespace = -1;
	struct stat st;

	if (mount_namespace < 0)
		return mount_namespace;
	user_namespace = kernel_open_owner(mount_namespace);
	if (user_namespace < 0)
		/* EPERM: the owner is above the caller's own user namespace, so the caller has few
		 * privileges and may not look at it. */
		return user_namespace == -EPERM ? 1 : user_namespace;
	if (fstat(user_namespace, &st) < 0)
		return -errno;
	return st.st_ino == INITIAL_USER_NAMESPACE;
}

static int open_self(void)
{
	long fd = syscall(SYS_pidfd_open, (int)syscall(SYS_getpid), 0);

	return fd < 0 ? -errno : (int)fd;
}

/* setns() to the namespace that the process is in already moves the process to its root. */
int own_namespace_enter_root(void)
{
	_cleanup_close_ int self = open_self();

	if (self < 0)
		return self;
	return setns(self, CLONE_NEWNS) < 0 ? -errno : 0;
}

static int change_from_root(int root, int cwd, int self, unsigned long propagation)
{
	int r = 0;

	if (setns(self, CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | propagation, NULL) < 0)
		r = -errno;
	if (fchdir(root) < 0 || chroot(".") < 0 || fchdir(cwd) < 0)
		r = r ?: -errno;
	return r;
}

/* From the namespace's root, and then back into the chroot by descriptors. */
static int change_propagation(unsigned long propagation)
{
	_cleanup_close_ int root = kernel_open_path(AT_FDCWD, "/");
	_cleanup_close_ int cwd = kernel_open_path(AT_FDCWD, ".");
	_cleanup_close_ int self = open_self();

	if (root < 0 || cwd < 0 || self < 0)
		return root < 0 ? root : cwd < 0 ? cwd : self;
	return change_from_root(root, cwd, self, propagation);
}

int own_namespace_make_private(void)
{
	return change_propagation(MS_PRIVATE);
}

int own_namespace_make_slave(void)
{
	return change_propagation(MS_SLAVE);
}
