/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Privileges, when mount or umount is installed set-user-ID root.
 *
 * The program starts with root's rights in surroundings that a user has chosen, and makes those
 * harmless first (guard_privileges). libmount's restricted mode then does what fstab allows to
 * users, and nothing else. Everything that goes beyond it (most options, paths that the user can't
 * see, entries without "user") isn't refused: the program becomes the user for good and goes on,
 * because the user may well be allowed to: in a user namespace, or by a FUSE helper. From then on
 * it can do nothing that the user's own copy of the program could not. The kernel has the last
 * word.
 *
 * The kernel's AT_SECURE says whether exec gave more rights than the caller had, by whatever means.
 * Only one of them is supported, the user id of root; any other is given up at the start.
 */
#include <config.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
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
#include "restricted/privileges.h"
#include "util.h"

bool is_set_user_id(void)
{
	return getauxval(AT_SECURE) && geteuid() == 0 && getuid() != 0;
}

/* ---- surroundings ---- */

/* A device or an image that becomes descriptor 1 would be written over with messages. */
static void open_standard_files(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd &&
			getauxval(AT_SECURE))
			_exit(MNT_EX_SYSERR);
}

/* What messages are written in, and what a helper, which runs as the user, finds the user's session
 * by. A locale is a name here, never a path. */
static bool is_kept(const char *variable)
{
	static const char *const names[] = {
		"LANG=", "LANGUAGE=", "LC_", "KRB5CCNAME=", "SSH_AUTH_SOCK=", "XDG_RUNTIME_DIR="};

	for (size_t i = 0; i < ELEMENTS(names); i++)
		if (strncmp(variable, names[i], strlen(names[i])) == 0)
			return names[i][0] != 'L' || !strchr(variable, '/');
	return false;
}

static void clean_environment(void)
{
	extern char **environ;
	size_t kept = 0;

	for (char **variable = environ; variable && *variable; variable++)
		if (is_kept(*variable))
			environ[kept++] = *variable;
	if (environ)
		environ[kept] = NULL;
	if (setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1) != 0)
		_exit(MNT_EX_SYSERR);
}

/* What would make it fail between the mount and the note about it in utab. Limits that end the
 * program are no more than the signals that its caller may send it. */
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
		/* RLIM_INFINITY is the greatest number. */
		if (raised.rlim_cur < limit->least)
			raised.rlim_cur = limit->least;
		if (raised.rlim_max < limit->least)
			raised.rlim_max = limit->least;
		/* A container's root may not raise the hard limit. */
		if (setrlimit((unsigned int)limit->resource, &raised) != 0)
			errx(MNT_EX_SYSERR, _("the limit on %s is too low"), _(limit->name));
	}
}

/* For what runs with the user's rights. */
static void lower_limits(void)
{
	for (size_t i = 0; i < ELEMENTS(limits); i++)
		setrlimit((unsigned int)limits[i].resource, &limits[i].given);
}

static void reset_signals(void)
{
	struct sigaction by_default = {.sa_handler = SIG_DFL};

	/* Were it ignored, nobody would learn how a helper ended, nor that it has. */
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
	/* Whoever is root by the one id and a user by the other goes down to the user. */
	uid_t user = getuid() ? getuid() : geteuid();
	gid_t group = getgid();

	/* Nothing was gained; and in a user namespace the ids may be none that can be set. */
	if (!getauxval(AT_SECURE))
		return;
	if (setresgid(group, group, group) != 0 || setresuid(user, user, user) != 0)
		err(MNT_EX_FAIL, _("cannot give up privileges"));
	/* A capability can outlive the ids: one of the file's, or under SECBIT_NO_SETUID_FIXUP. */
	if (user != 0)
		clear_capabilities();
	/* All three ids must be gone, or a bug further on would be root's. */
	if (user != 0 && (setuid(0) == 0 || geteuid() != user || getegid() != group))
		errx(MNT_EX_FAIL, _("cannot give up privileges"));
}

void drop_privileges(struct libmnt_context *context)
{
	bool is_guarded = is_set_user_id();

	become_caller();
	if (is_guarded)
		lower_limits();
	mnt_context_force_unrestricted(context);
}

/* ---- the start ---- */

/* Under these, ids alone don't decide what the program may do. */
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
	/* libmount starts a child for helpers only, and those are the user's. */
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
