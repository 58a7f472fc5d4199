/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tuck/stage-subdirectory.h"

#include <errno.h>
#include <fcntl.h>
#include <libmount.h>
#include <linux/openat2.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>

#include "i18n.h"
#include "kernel.h"
#include "own-namespace.h"
#include "tuck/stage-child.h"
#include "util.h"

/*
 * The file @subdirectory of the filesystem that is mounted at @place. Its path does not leave the
 * filesystem: others may have put a link there that leads to a directory of this machine, which the
 * options of the new mount are not meant for.
 */
static int open_subdirectory(int place, const char *subdirectory)
{
	const struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	enum { MOST_TRIES = 100 };
	int r = -EAGAIN;

	subdirectory += strspn(subdirectory, "/");
	/* EAGAIN: somebody has renamed something meanwhile. */
	for (int i = 0; i < MOST_TRIES && r == -EAGAIN; i++)
		r = kernel_open_how(place, *subdirectory ? subdirectory : ".", &how);
	return r;
}

int clone_subdirectory(const char *target, const char *subdirectory, struct staged *answer)
{
	_cleanup_close_ int place = kernel_open_path(AT_FDCWD, target);
	_cleanup_close_ int part = -1;

	if (place < 0)
		return place;
	if (subdirectory) {
		part = open_subdirectory(place, subdirectory);
		answer->lacks_subdirectory = part < 0;
		if (part < 0)
			return part;
	}
	return kernel_open_tree(
		part >= 0 ? part : place, "", OPEN_TREE_CLONE | AT_RECURSIVE | AT_EMPTY_PATH);
}

/* The parameters of stage_cut_subdirectory(). */
struct cut {
	int tree;
	const char *target, *subdirectory;
};

static int cut_in_namespace(const void *data, int socket)
{
	const struct cut *cut = data;
	struct staged answer = STAGED_NOTHING;
	_cleanup_close_ int place = -1, tree = -1;
	int r = unshare(CLONE_NEWNS) < 0 ? -errno : own_namespace_make_private();

	if (r == 0)
		r = place = kernel_open_path(AT_FDCWD, cut->target);
	if (r >= 0)
		r = kernel_move_mount(cut->tree, place, 0);
	if (r >= 0)
		r = tree = clone_subdirectory(cut->target, cut->subdirectory, &answer);
	if (answer.lacks_subdirectory)
		return stage_answer_failure(socket, &answer, MNT_EX_FAIL, "", 0);
	if (r < 0)
		return stage_answer_failure(socket, &answer, MNT_EX_SYSERR,
			_("can't take the new mount out of its staging namespace"), r);
	answer.tree = tree;
	stage_answer(socket, &answer);
	return MNT_EX_SUCCESS;
}

void stage_cut_subdirectory(
	int tree, const char *target, const char *subdirectory, struct staged *staged)
{
	const struct cut cut = {.tree = tree, .target = target, .subdirectory = subdirectory};

	stage_in_child(cut_in_namespace, &cut, staged);
}
