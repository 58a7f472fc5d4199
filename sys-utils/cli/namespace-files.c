/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whoever owns a container can put a FIFO, or a FUSE filesystem whose server never answers, where
 * root's mount reads a file in the container. So before anything is read there, a child process
 * enters the namespace and looks at each file by O_PATH, which opens nothing and starts nothing.
 * What is mounted on /proc is read from the caller's own /proc. The child has no handlers of
 * signals, so if a directory's own server does not answer, a signal ends the wait.
 */
#include "cli/namespace-files.h"

#include <config.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <libmount/libmount.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "i18n.h"
#include "kernel.h"
#include "util.h"

static const char *const files[] = {
	"/proc/self/mountinfo",
	"/proc/self/ns/mnt",
	"/proc/filesystems",
	"/etc/filesystems",
	"/etc/fstab",
	"/run/mount/utab",
	"/run/mount/utab.lock",
	"/run/mount/utab.event",
};

/* The child's exit statuses: one of these, or IS_IRREGULAR plus the file's number. */
enum { IS_FINE, IS_CLOSED, IS_NO_PROC, IS_IRREGULAR };

/* Whether the mount with that id, in the caller's present namespace, is a proc filesystem. */
static bool is_proc_mount(int id)
{
	_cleanup_fclose_ FILE *file = kernel_fopen_proc("self/mountinfo");
	_cleanup_free_ char *line = NULL;
	size_t room = 0;

	while (file && getline(&line, &room, file) > 0) {
		const char *type = strstr(line, " - ");

		if (atoi(line) == id)
			return type && strncmp(type, " - proc ", strlen(" - proc ")) == 0;
	}
	return false;
}

/* A container may have no /proc; then a directory of that name is not a mount. */
static bool has_own_proc(void)
{
	struct mount_identity identity;

	return kernel_identify(AT_FDCWD, "/proc", AT_SYMLINK_NOFOLLOW, &identity) < 0 ||
	       !identity.is_root || is_proc_mount(identity.short_id);
}

static bool is_regular(const char *path)
{
	_cleanup_close_ int fd = open(path, O_PATH | O_CLOEXEC);
	struct statx st;

	if (fd < 0)
		return true;
	return statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE, &st) == 0 &&
	       S_ISREG(st.stx_mode);
}

static int look(int mntns)
{
	kernel_keep_proc();
	if (setns(mntns, CLONE_NEWNS) < 0)
		return IS_CLOSED;
	if (!has_own_proc())
		return IS_NO_PROC;
	for (size_t i = 0; i < ELEMENTS(files); i++)
		if (!is_regular(files[i]))
			return IS_IRREGULAR + (int)i;
	return IS_FINE;
}

int namespace_check_files(int mntns, const char *name)
{
	int status = 0, answer;
	pid_t parent = getpid(), child = fork();

	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		/* The parent may have been killed before that. */
		_exit(getppid() == parent ? look(mntns) : IS_CLOSED);
	}
	while (child > 0 && waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	if (child < 0 || !WIFEXITED(status)) {
		warnx(_("%s: can't look at the files of this mount namespace"), name);
		return -1;
	}
	answer = WEXITSTATUS(status);
	if (answer == IS_NO_PROC)
		warnx(_("%s: the /proc of this mount namespace is another filesystem, which could "
			"make its reader wait for ever"),
			name);
	else if (answer >= IS_IRREGULAR)
		warnx(_("%s: %s in this mount namespace is not a regular file, and could make its "
			"reader wait for ever"),
			name, files[answer - IS_IRREGULAR]);
	return answer >= IS_NO_PROC ? -1 : 0;
}
