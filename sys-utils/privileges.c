/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Privileges, when mount or umount is installed set-user-ID root.
 *
 * libmount's restricted mode does what fstab allows to users, and nothing else. Everything that
 * goes beyond it (most options, paths that the user can't see, entries without "user") isn't
 * refused: the program becomes the user for good and goes on, because the user may well be allowed
 * to: in a user namespace, or by a FUSE helper. The kernel has the last word then.
 */
#include <config.h>

#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "i18n.h"
#include "privileges.h"

void drop_privileges(struct libmnt_context *context)
{
	uid_t user = getuid();
	gid_t group = getgid();

	if (setgid(group) != 0 || setuid(user) != 0)
		err(MNT_EX_FAIL, _("cannot give up privileges"));
	/* All three ids must be gone, or a bug further on would be root's. */
	if (user != 0 && (setuid(0) == 0 || geteuid() != user || getegid() != group))
		errx(MNT_EX_FAIL, _("cannot give up privileges"));
	mnt_context_force_unrestricted(context);
}

char *resolve_as_caller(const char *path)
{
	uid_t user = geteuid();
	gid_t group = getegid();
	char *resolved;
	int error;

	if (setegid(getgid()) != 0 || seteuid(getuid()) != 0)
		err(MNT_EX_FAIL, _("cannot give up privileges"));
	resolved = realpath(path, NULL);
	error = errno;
	if (seteuid(user) != 0 || setegid(group) != 0)
		err(MNT_EX_FAIL, _("cannot regain privileges"));
	errno = error;
	return resolved;
}
