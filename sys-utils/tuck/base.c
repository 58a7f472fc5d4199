/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tuck/base.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <libmount.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "i18n.h"
#include "kernel.h"
#include "own-namespace.h"
#include "tuck/act.h"
#include "util.h"

static void close_base(struct base *base)
{
	const int all[] = {base->namespace, base->root, base->directory};

	for (size_t i = 0; i < ELEMENTS(all); i++)
		if (all[i] >= 0)
			close(all[i]);
}

void base_leave(struct base *base)
{
	if (setns(base->namespace, CLONE_NEWNS) < 0 || fchdir(base->root) < 0 || chroot(".") < 0 ||
		fchdir(base->directory) < 0)
		err(MNT_EX_SYSERR, _("can't go back to the mount namespace"));
	close_base(base);
}

/* Unmount all that is mounted at @target. */
static int take_stack_off(const char *target)
{
	while (umount2(target, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
		;
	/* Nothing is mounted there any more. */
	return errno == EINVAL ? 0 : -errno;
}

static int go_to_copy(struct base *base)
{
	base->namespace = kernel_open_own_namespace();
	base->root = kernel_open_path(AT_FDCWD, "/");
	base->directory = kernel_open_path(AT_FDCWD, ".");
	if (base->namespace < 0)
		return base->namespace;
	if (base->root < 0 || base->directory < 0)
		return base->root < 0 ? base->root : base->directory;
	return unshare(CLONE_NEWNS) < 0 ? -errno : 0;
}

int base_enter(struct base *base, const char *target)
{
	_cleanup_free_ char *place = canonical_path(target);
	int r = go_to_copy(base);

	if (r < 0) {
		close_base(base);
	} else {
		r = own_namespace_make_private();
		r = r < 0 ? r : take_stack_off(place);
		if (r < 0)
			base_leave(base);
	}
	if (r == 0)
		return 0;
	warnx(_("%s: can't take the stack off in a copy of the mount namespace: %s"), target,
		strerror(-r));
	return r == -EPERM ? MNT_EX_USAGE : MNT_EX_SYSERR;
}
