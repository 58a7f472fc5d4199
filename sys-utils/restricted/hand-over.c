/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What fstab grants to an ordinary user, where this program is not set-user-ID root and the
 * system's own is: the grant is there, and that program is the one that honours it. It is started
 * by its path, never through PATH, and with what the user has written; it trusts none of it.
 *
 * It may be this very program, or the kernel may be told to ignore its set-user-ID bit. Nothing is
 * started then, so that no two programs hand over to each other for ever.
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
