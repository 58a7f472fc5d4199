/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For mounts that fstab grants to users, a program has to be set-user-ID root. If this one is not,
 * it starts the system's own mount or umount, which is. That program is started by its absolute
 * path, not through PATH, and gets the user's command line; it trusts nothing in it.
 *
 * Nothing is started if the system's program is this very program, or if the kernel would ignore
 * its set-user-ID bit. Otherwise programs could start each other without end.
 */
#include <config.h>

#include <err.h>
#include <errno.h>
#include <libmount/libmount.h>
#include <spawn.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "i18n.h"
#include "restricted/hand-over.h"

bool can_hand_over(const char *program)
{
	struct statvfs filesystem;
	struct stat st, self;

	if (stat(program, &st) != 0 || stat("/proc/self/exe", &self) != 0 ||
		statvfs(program, &filesystem) != 0)
		return false;
	return st.st_uid == 0 && st.st_mode & S_ISUID && S_ISREG(st.st_mode) &&
	       access(program, X_OK) == 0 && !(filesystem.f_flag & ST_NOSUID) &&
	       prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0 &&
	       (st.st_dev != self.st_dev || st.st_ino != self.st_ino);
}

int hand_over(const char *program, char *const *argv)
{
	extern char **environ;
	int status, error;
	pid_t child;

	error = posix_spawn(&child, program, NULL, NULL, argv, environ);
	if (error) {
		warnx(_("cannot run %s: %s"), program, strerror(error));
		return MNT_EX_SYSERR;
	}
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return MNT_EX_SYSERR;
	return WIFEXITED(status) ? WEXITSTATUS(status) : MNT_EX_SYSERR;
}
