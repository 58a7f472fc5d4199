/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mount/mount-group.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <libmount.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>

#include "cli/namespace-option.h"
#include "i18n.h"
#include "kernel.h"
#include "libmnttuck.h"
#include "util.h"

enum { MOST_FLAGS = 4 };

/* Propagation flags, in the order in which they are to be set. */
struct flags {
	uint64_t list[MOST_FLAGS];
	size_t count;
};

static uint64_t flag_of_word(const char *word, size_t length)
{
	static const struct {
		const char *word;
		uint64_t flag;
	} words[] = {
		{"shared", MS_SHARED},
		{"slave", MS_SLAVE},
		{"private", MS_PRIVATE},
		{"unbindable", MS_UNBINDABLE},
	};

	for (size_t i = 0; i < ELEMENTS(words); i++)
		if (strlen(words[i].word) == length && memcmp(words[i].word, word, length) == 0)
			return words[i].flag;
	return 0;
}

static bool read_flags(const char *options, struct flags *flags)
{
	for (const char *word = options; word && *word;) {
		size_t length = strcspn(word, ",");
		uint64_t flag = flag_of_word(word, length);

		if (!flag || flags->count == MOST_FLAGS) {
			warnx(_("--set-group goes with --make-shared, --make-slave, --make-private "
				"and "
				"--make-unbindable, and with no other option of a mount"));
			return false;
		}
		flags->list[flags->count++] = flag;
		word += length + (word[length] == ',');
	}
	return true;
}

/* Open a mount point. -1: a message was printed. */
static int open_mount_point(const char *path)
{
	int fd = kernel_open_path(AT_FDCWD, path);

	if (fd < 0)
		warnx("%s: %s", path, strerror(-fd));
	return fd;
}

static int group_failed(const struct group_request *request, int error)
{
	switch (error) {
	case -EINVAL:
		warnx(_("%s: can't join the peer group of %s: both have to be mount points of one "
			"filesystem, %s has to show at least as much of it, and must not be "
			"private"),
			request->target, request->from, request->from);
		break;
	case -ENOSYS:
		warnx(_("%s: can't join the peer group of %s: the kernel is older than Linux 5.15"),
			request->target, request->from);
		break;
	case -EBUSY:
		warnx(_("%s: can't join the peer group of %s, which has changed meanwhile; %s is "
			"private now"),
			request->target, request->from, request->target);
		return MNT_EX_SOMEOK;
	default:
		warnx(_("%s: can't join the peer group of %s: %s"), request->target, request->from,
			strerror(-error));
	}
	return error == -EPERM ? MNT_EX_USAGE : MNT_EX_FAIL;
}

static int join_group(const struct group_request *request, int from, const struct flags *flags)
{
	_cleanup_close_ int to = open_mount_point(request->target);
	int r;

	if (to < 0)
		return MNT_EX_FAIL;
	if (request->is_fake)
		return MNT_EX_SUCCESS;
	r = mnttuck_set_group(from, to);
	if (r < 0)
		return group_failed(request, r);
	for (size_t i = 0; i < flags->count; i++) {
		r = kernel_set_attributes(to, /* recursive= */ false, 0, 0, flags->list[i]);
		if (r == 0)
			continue;
		warnx(_("%s: has joined the peer group of %s, but its propagation could not be "
			"set: "
			"%s"),
			request->target, request->from, strerror(-r));
		return MNT_EX_SOMEOK;
	}
	return MNT_EX_SUCCESS;
}

int mount_set_group(const struct group_request *request)
{
	_cleanup_close_ int from = -1, mntns = -1;
	struct flags flags = {0};

	if (!read_flags(request->options, &flags))
		return MNT_EX_USAGE;
	from = open_mount_point(request->from);
	if (from < 0)
		return MNT_EX_FAIL;
	if (request->mntns) {
		mntns = namespace_open(request->mntns);
		kernel_keep_proc();
		if (mntns < 0 || namespace_enter(mntns, request->mntns) < 0)
			return MNT_EX_SYSERR;
	}
	return join_group(request, from, &flags);
}
