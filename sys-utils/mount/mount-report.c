/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The messages after a mount.
 *
 * libmount has a text and an exit status for each error and warning (mnt_context_get_excode()).
 * This file prints it after "mount: TARGET:", and if a system call failed, a hint at the kernel's
 * log.
 * --verbose prints a message about a success to standard output.
 */
#include <config.h>

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/print.h"
#include "cli/start.h"
#include "i18n.h"
#include "mount/mount-report.h"
#include "util.h"

/* What the kernel said about the mount, each message with its kind in front: "e " is an error, "w "
 * a warning, "i " information. NULL: nothing, or a libmount before 2.41. */
static char **kernel_messages(struct libmnt_context *context)
{
#ifdef HAVE_MNT_CONTEXT_GET_MESGS
	return mnt_context_get_mesgs(context);
#else
	(void)context;
	return NULL;
#endif
}

/* Print the kernel's messages, except for those that libmount's error @text contains, information
 * without --verbose, and errors that "nofail" forgives. */
static void report_kernel_messages(
	struct libmnt_context *context, const char *target, const char *text, int status)
{
	for (char **next = kernel_messages(context); next && *next; next++) {
		const char *message = strlen(*next) > 2 ? *next + 2 : "";
		_cleanup_free_ char *line = strndup(message, strcspn(message, "\n"));

		if (!line)
			out_of_memory();
		if ((**next == 'i' && !mnt_context_is_verbose(context)) ||
			(**next == 'e' && status == MNT_EX_SUCCESS))
			continue;
		if (*line && !strstr(text, line))
			warnx("%s: %s.", target ?: "none", line);
	}
}

int report_result(struct libmnt_context *context, int result)
{
	const char *target;
	char text[BUFSIZ] = "";
	int status;

	status = mnt_context_get_excode(context, result, text, sizeof(text));
	target = mnt_context_get_target(context);
	if (!target)
		target = mnt_context_get_source(context);
	if (*text && target)
		warnx("%s: %s.", target, text);
	else if (*text)
		warnx("%s.", text);
	report_kernel_messages(context, target, text, status);
	if (*text && status == MNT_EX_FAIL && mnt_context_syscall_called(context) &&
		mnt_context_get_syscall_errno(context) != 0)
		fprintf(stderr, _("       dmesg(1) may have more information after failed mount "
				  "system call.\n"));
	return status;
}

void report_success(struct libmnt_context *context)
{
	const unsigned long kinds = MS_SHARED | MS_SLAVE | MS_PRIVATE | MS_UNBINDABLE;
	const char *source = mnt_context_get_source(context) ?: "none";
	const char *target = mnt_context_get_target(context);
	const char *type = mnt_context_get_fstype(context);
	const char *name = program_invocation_short_name;
	unsigned long flags = 0;

	if (mnt_context_helper_executed(context))
		return; /* libmount has given it --verbose, too */
	mnt_context_get_mflags(context, &flags);
	if (flags & MS_MOVE)
		print_line(stdout, _("%s: %s moved to %s.\n"), name, source, target);
	else if (flags & MS_BIND)
		print_line(stdout, _("%s: %s bound on %s.\n"), name, source, target);
	else if (!(flags & kinds) || (type && strcmp(type, "none") != 0))
		print_line(stdout, _("%s: %s mounted on %s.\n"), name, source, target);
	if ((flags & kinds) && !(flags & (MS_MOVE | MS_BIND)))
		print_line(stdout, _("%s: %s propagation flags changed.\n"), name, target);
}

void report_stale_units(void)
{
	struct stat fstab, units;

	if (!isatty(STDOUT_FILENO) || !isatty(STDERR_FILENO))
		return;
	if (stat("/run/systemd/systemd-units-load", &units) != 0 || stat("/etc/fstab", &fstab) != 0)
		return;
	if (fstab.st_mtim.tv_sec > units.st_mtim.tv_sec ||
		(fstab.st_mtim.tv_sec == units.st_mtim.tv_sec &&
			fstab.st_mtim.tv_nsec > units.st_mtim.tv_nsec))
		fprintf(stderr,
			_("%s: (hint) your fstab has been modified, but systemd still uses\n"
			  "       the old version; use 'systemctl daemon-reload' to reload.\n"),
			program_invocation_short_name);
}
