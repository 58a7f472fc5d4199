/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tuck/stage-direct.h"

#include <errno.h>
#include <libmount.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "cli/option-string.h"
#include "tuck/tuck-options.h"
#include "util.h"

/* Flags of mount(2) that belong to the filesystem. MS_RDONLY also belongs to the mount; mount(2)
 * sets it for both. */
static const struct {
	unsigned long flag;
	const char *key;
} filesystem_flags[] = {
	{MS_RDONLY, "ro"},
	{MS_SYNCHRONOUS, "sync"},
	{MS_DIRSYNC, "dirsync"},
	{MS_MANDLOCK, "mand"},
	{MS_LAZYTIME, "lazytime"},
	{MS_SILENT, NULL},
};

static bool flags_are_direct(unsigned long flags)
{
	flags &= ~attributes_flags;
	for (size_t i = 0; i < ELEMENTS(filesystem_flags); i++)
		flags &= ~filesystem_flags[i].flag;
	return flags == 0;
}

static bool is_exclusive(struct libmnt_context *context)
{
#ifdef HAVE_MNT_CONTEXT_ENABLE_EXCLUSIVE
	return mnt_context_is_exclusive(context);
#else
	(void)context;
	return false;
#endif
}

bool direct_is_possible(struct libmnt_context *context, const struct tuck_options *options)
{
	const char *type = mnt_context_get_fstype(context);
	unsigned long flags = 0;

	mnt_context_get_mflags(context, &flags);
	return type && !is_exclusive(context) && !strchr(type, ',') && strcmp(type, "auto") != 0 &&
	       strncmp(type, "no", 2) != 0 && flags_are_direct(flags) &&
	       !(options->kinds & OPTIONS_FOR_LIBMOUNT);
}

/* The kernel's message about the failure. Each read returns one message, as "e overlay: ...". */
static char *read_kernel_log(int filesystem)
{
	char message[1024];
	ssize_t length = read(filesystem, message, sizeof(message) - 1);

	if (length < 3)
		return NULL;
	message[length] = '\0';
	message[strcspn(message, "\n")] = '\0';
	return strdup(message + 2);
}

static int configure_filesystem(
	int filesystem, unsigned long flags, const char *source, const char *options)
{
	struct option_in_string option;

	if (source && fsconfig(filesystem, FSCONFIG_SET_STRING, "source", source, 0) < 0)
		return -errno;
	for (size_t i = 0; i < ELEMENTS(filesystem_flags); i++)
		if (flags & filesystem_flags[i].flag && filesystem_flags[i].key &&
			fsconfig(filesystem, FSCONFIG_SET_FLAG, filesystem_flags[i].key, NULL, 0) <
				0)
			return -errno;
	/* As libmount has resolved them: with numbers for names of users, for example. */
	while (next_option(&options, &option)) {
		_cleanup_free_ char *key = strndup(option.name, option.name_size);
		_cleanup_free_ char *text =
			option.value ? strndup(option.value, option.value_size) : NULL;

		if (!key || (option.value && !text))
			return -ENOMEM;
		if (fsconfig(filesystem, text ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, key, text,
			    0) < 0)
			return -errno;
	}
	return fsconfig(filesystem, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0 ? -errno : 0;
}

int direct_mount(
	const char *type, unsigned long flags, const char *source, const char *options, char **log)
{
	_cleanup_close_ int filesystem = fsopen(type, FSOPEN_CLOEXEC);
	int r;

	*log = NULL;
	if (filesystem < 0)
		return -errno;
	r = configure_filesystem(filesystem, flags, source, options);
	if (r == 0) {
		r = fsmount(filesystem, FSMOUNT_CLOEXEC, attributes_from_flags(flags));
		if (r >= 0)
			return r;
		r = -errno;
	}
	*log = read_kernel_log(filesystem);
	return r;
}
