/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Privileges of mount and umount that are installed set-user-ID root.
 *
 * Such a program starts with root's rights, but the user has chosen its environment, limits and
 * descriptors. guard_privileges() makes those harmless first. Then libmount's restricted mode does
 * what fstab grants to users, and nothing else.
 *
 * All other requests (most options, paths that the user can't see, entries without "user") are not
 * refused: the program gives up root's rights for good and goes on as the user. The user may be
 * allowed to do it, in a user namespace or with a FUSE helper, and the kernel decides that. From
 * then on the program can do nothing that the user's own copy of it could not do.
 *
 * The kernel's AT_SECURE tells whether exec gave the program more rights than its caller has. The
 * only way that is supported is root's user ID; rights from any other source are given up at the
 * start.
 */
#include <config.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/openat2.h>
#include <linux/securebits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "i18n.h"
#include "kernel.h"
#include "restricted/privileges.h"
#include "util.h"

bool is_set_user_id(void)
{
	return getauxval(AT_SECURE) && geteuid() == 0 && getuid() != 0;
}

/* ---- surroundings ---- */

/* If descriptor 1 or 2 is closed, the next file that is opened gets its number, and messages would
 * be written into it: into a device or an image. */
static void open_standard_files(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd &&
			getauxval(AT_SECURE))
			_exit(MNT_EX_SYSERR);
}

/* Kept are the language of messages, and variables by which a helper, which runs as the user, finds
 * the user's session. A locale must be a name, not a path. */
static bool is_kept(const char *variable)
{
	static const char *const names[] = {
		"LANG=", "LANGUAGE=", "LC_", "KRB5CCNAME=", "SSH_AUTH_SOCK=", "XDG_RUNTIME_DIR="};

	for (size_t i = 0; i < ELEMENTS(names); i++)
		if (strncmp(variable, names[i], strlen(names[i])) == 0)
			return names[i][0] != 'L' || !strchr(variable, '/');
	return false;
}

/* The user's variables, until root's rights are given up. */
static char **given_environment;

static void clean_environment(void)
{
	extern char **environ;
	size_t kept = 0, count = 0;

	while (environ && environ[count])
		count++;
	given_environment = calloc(count + 1, sizeof(*given_environment));
	if (!given_environment)
		_exit(MNT_EX_SYSERR);
	if (count > 0)
		memcpy(given_environment, environ, count * sizeof(*environ));
	for (char **variable = environ; variable && *variable; variable++)
		if (is_kept(*variable))
			environ[kept++] = *variable;
	if (environ)
		environ[kept] = NULL;
	if (setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1) != 0)
		_exit(MNT_EX_SYSERR);
}

/* The program goes on as the user: it and its helpers need HOME, PATH, DBUS_SESSION_BUS_ADDRESS and
 * the like to find the user's files and session. */
static void restore_environment(void)
{
	extern char **environ;

	if (given_environment)
		environ = given_environment;
}

/* With too low limits the program would fail between the mount and its line in utab. Other limits
 * end the program by a signal; the caller can send such a signal anyway. */
static struct limit {
	int resource;
	const char *name; /* ulimit's */
	rlim_t least;
	struct rlimit given;
} limits[] = {
	{.resource = RLIMIT_FSIZE, .name = N_("file size"), .least = RLIM_INFINITY},
	{.resource = RLIMIT_NOFILE, .name = N_("open files"), .least = 32},
};

static void raise_limits(void)
{
	for (size_t i = 0; i < ELEMENTS(limits); i++) {
		struct limit *limit = &limits[i];
		struct rlimit raised;

		if (getrlimit((unsigned int)limit->resource, &limit->given) != 0)
			_exit(MNT_EX_SYSERR);
		raised = limit->given;
		/* RLIM_INFINITY is greater than any other limit. */
		if (raised.rlim_cur < limit->least)
			raised.rlim_cur = limit->least;
		if (raised.rlim_max < limit->least)
			raised.rlim_max = limit->least;
		/* A container's root may not raise the hard limit. */
		if (setrlimit((unsigned int)limit->resource, &raised) != 0)
			errx(MNT_EX_SYSERR, _("the limit on %s is too low"), _(limit->name));
	}
}

/* Restore the user's limits, for helpers and for a program that goes on as the user. */
static void lower_limits(void)
{
	for (size_t i = 0; i < ELEMENTS(limits); i++)
		setrlimit((unsigned int)limits[i].resource, &limits[i].given);
}

static void reset_signals(void)
{
	struct sigaction by_default = {.sa_handler = SIG_DFL};

	/* While SIGCHLD is ignored, wait(2) does not return a helper's status. */
	sigaction(SIGCHLD, &by_default, NULL);
}

/* ---- giving up ---- */

static void clear_capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {};

	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (syscall(SYS_capset, &header, none) != 0)
		err(MNT_EX_FAIL, _("cannot give up privileges"));
}

static void become_caller(void)
{
	/* If real and effective user ID differ, keep only the ordinary user's rights. */
	uid_t user = getuid() ? getuid() : geteuid();
	gid_t group = getgid();

	/* exec gave no rights, so there is nothing to give up. In a user namespace, setting the IDs
	 * might even fail. */
	if (!getauxval(AT_SECURE))
		return;
	if (setresgid(group, group, group) != 0 || setresuid(user, user, user) != 0)
		err(MNT_EX_FAIL, _("cannot give up privileges"));
	/* Capabilities can remain without root's IDs: if the file has them, or with
	 * SECBIT_NO_SETUID_FIXUP. */
	if (user != 0)
		clear_capabilities();
	/* Check that no ID of root's is left: with one, a later mistake would have root's rights.
	 */
	if (user != 0 && (setuid(0) == 0 || geteuid() != user || getegid() != group))
		errx(MNT_EX_FAIL, _("cannot give up privileges"));
}

void drop_privileges(struct libmnt_context *context)
{
	bool is_guarded = is_set_user_id();

	become_caller();
	if (is_guarded) {
		lower_limits();
		restore_environment();
	}
	mnt_context_force_unrestricted(context);
	/* libmount has resolved paths with root's rights and kept the results. */
	mnt_context_set_cache(context, NULL);
}

/* ---- the start ---- */

/* With these securebits, capabilities do not follow the user IDs. */
static bool has_securebits(void)
{
	int bits = prctl(PR_GET_SECUREBITS);

	return bits < 0 || bits & (SECBIT_NO_SETUID_FIXUP | SECBIT_NOROOT);
}

void guard_privileges(void)
{
	open_standard_files();
	reset_signals();
	if (!getauxval(AT_SECURE) || (getuid() == 0 && geteuid() == 0))
		return;
	clean_environment();
	if (!is_set_user_id() || has_securebits()) {
		become_caller();
		return;
	}
	umask(S_IWGRP | S_IWOTH);
	raise_limits();
	/* libmount forks only to run helpers, which run as the user. */
	pthread_atfork(NULL, NULL, lower_limits);
}

/* ---- with the caller's rights, for a moment ---- */

static void borrow(uid_t user, gid_t group)
{
	if (getauxval(AT_SECURE) && (setegid(group) != 0 || seteuid(user) != 0))
		err(MNT_EX_FAIL, _("cannot give up privileges"));
}

static void give_back(uid_t user, gid_t group)
{
	int error = errno;

	if (getauxval(AT_SECURE) && (seteuid(user) != 0 || setegid(group) != 0))
		err(MNT_EX_FAIL, _("cannot regain privileges"));
	errno = error;
}

char *resolve_as_caller(const char *path)
{
	uid_t user = geteuid();
	gid_t group = getegid();
	char *resolved;

	borrow(getuid(), getgid());
	resolved = realpath(path, NULL);
	give_back(user, group);
	return resolved;
}

int open_as_caller(const char *path, int flags)
{
	uid_t user = geteuid();
	gid_t group = getegid();
	int fd;

	borrow(getuid(), getgid());
	fd = open(path, flags | O_CLOEXEC);
	give_back(user, group);
	return fd;
}

int open_own_directory(const char *path)
{
	const struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_NO_SYMLINKS,
	};
	_cleanup_close_ int fd = -1;
	uid_t user = geteuid();
	gid_t group = getegid();
	struct stat st;

	borrow(getuid(), getgid());
	fd = kernel_open_how(AT_FDCWD, path, &how);
	give_back(user, group);
	return fd >= 0 && fstat(fd, &st) == 0 && st.st_uid == getuid() ? steal_fd(&fd) : -1;
}
