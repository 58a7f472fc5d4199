/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "detach-exact.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include "child.h"
#include "detach.h"
#include "kernel.h"

struct exact {
	const char *path;
	struct child_dialog dialog;
};

/* Enter the user namespace that owns the mount namespace. In a copy that another user namespace
 * owns every mount would be locked, and a slave of its origin. */
static int enter_owner(void)
{
	int mount_namespace = kernel_open_own_namespace();
	int owner = mount_namespace < 0 ? mount_namespace : kernel_open_owner(mount_namespace);

	/* EPERM: the owner is above the caller's user namespace. */
	if (owner < 0)
		return owner == -EPERM ? -EOPNOTSUPP : owner;
	/* EINVAL: this process is there already. */
	return setns(owner, CLONE_NEWUSER) == 0 || errno == EINVAL ? 0 : -errno;
}

static int work_detach_exactly(void *argument, void *answer)
{
	struct exact *exact = argument;
	int fd, r;

	(void)answer;
	r = enter_owner();
	if (r < 0)
		return r;
	if (unshare(CLONE_NEWNS) < 0)
		return -errno;
	fd = kernel_open_path(AT_FDCWD, exact->path);
	r = fd < 0 ? fd : kernel_set_attributes(fd, /* recursive= */ false, 0, 0, MS_PRIVATE);
	r = r < 0 ? r : child_ask(&exact->dialog);
	r = r < 0 ? r : detach_from_child(fd);
	return r == -EINVAL ? -EBUSY : r;
}

int detach_exactly(const char *path, int (*may_go)(void *argument), void *argument)
{
	struct exact exact = {.path = path, .dialog = {.answer = may_go, .argument = argument}};

	return child_run_asking(work_detach_exactly, &exact, &exact.dialog, NULL, 0);
}
