/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "detach-propagation.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child.h"
#include "kernel.h"
#include "passage.h"
#include "util.h"

#define THING_DIRECTORY "directory"
#define THING_FILE	"file"

/* The child's data. */
struct departure {
	struct passage passage;
	struct child_dialog dialog;
	size_t count;
	int *is_done; /* in memory that is shared with the caller: how many unmounts were made */
};

/* Whether @fd is on a mount of that peer group. */
static int check_group(int fd, int group)
{
	struct kernel_statmount answer = {0};
	const struct statmount_buffer buffer = {.data = &answer, .size = sizeof(answer)};
	struct mount_identity identity;
	int r = kernel_identify(fd, "", AT_EMPTY_PATH, &identity);

	r = r < 0 ? r
		  : kernel_statmount_once(
			    identity.unique_id, 0, KERNEL_STATMOUNT_MNT_BASIC, &buffer);
	if (r < 0)
		return r == -ENOSYS ? -EOPNOTSUPP : r;
	return answer.mnt_peer_group == (uint64_t)group ? 0 : -EBUSY;
}

/* The member of P's group that the private clones are to join; its root shows m, or is m if P is
 * covered. Then P was found by the number of mounts that cover it, and somebody can have mounted
 * one more. */
static int open_member(const struct passage *passage)
{
	int fd, r;

	if (!passage->is_covered)
		return passage->uncovered;
	fd = passage_open_point(passage);
	r = fd < 0 ? fd : check_group(fd, passage->target->parent_group);
	return r < 0 ? r : fd;
}

/* A private clone of the member, mounted on the floor. */
static int clone_member(struct passage *passage, int member)
{
	unsigned int recursive =
		passage->is_recursive && !passage->is_covered ? (unsigned int)AT_RECURSIVE : 0;
	int clone = kernel_open_tree(member, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | recursive);
	int r = clone < 0 ? clone
			  : kernel_set_attributes(clone, /* recursive= */ true, 0, 0, MS_PRIVATE);

	r = r < 0 ? r : passage_place(passage, clone);
	return r < 0 ? r : clone;
}

/* Mount an empty directory, or file, of the floor at @at. */
static int put_thing(const struct passage *passage, int at)
{
	struct mount_identity identity;
	int thing, r = kernel_identify(at, "", AT_EMPTY_PATH, &identity);

	if (r < 0)
		return r;
	thing = kernel_open_tree(passage->floor,
		S_ISDIR(identity.mode) ? THING_DIRECTORY : THING_FILE, OPEN_TREE_CLONE);
	return thing < 0 ? thing : kernel_move_mount(thing, at, 0);
}

static int make_things(const struct passage *passage)
{
	_cleanup_close_ int file = -1;

	if (mkdirat(passage->floor, THING_DIRECTORY, 0700) < 0)
		return -errno;
	file = openat(passage->floor, THING_FILE, O_CREAT | O_EXCL | O_RDONLY | O_CLOEXEC, 0600);
	return file < 0 ? -errno : 0;
}

/* Unmount the thing on the clone that was placed last. There is no /proc here, and the thing may be
 * a file, so its path from the floor is used; nobody else mounts in this namespace. */
static int unmount_thing(const struct passage *passage)
{
	char path[NAME_MAX + 16];

	if (passage->is_covered)
		snprintf(path, sizeof(path), "%u", passage->places - 1);
	else
		snprintf(path, sizeof(path), "%u/%s", passage->places - 1, passage->name);
	if (fchdir(passage->floor) < 0)
		return -errno;
	if (umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) < 0)
		return errno == EINVAL ? -EBUSY : -errno;
	return 0;
}

static int let_depart(struct departure *departure, int member)
{
	struct passage *passage = &departure->passage;
	int at, clone = clone_member(passage, member), r;

	if (clone < 0)
		return clone;
	at = passage->is_covered ? clone
				 : openat(clone, passage->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	r = at < 0 ? -errno : put_thing(passage, at);
	r = r < 0 ? r : kernel_set_group(member, clone);
	r = r < 0 ? r : child_ask(&departure->dialog);
	r = r < 0 ? r : unmount_thing(passage);
	if (r == 0)
		++*departure->is_done;
	return r;
}

static int let_all_depart(struct departure *departure)
{
	struct passage *passage = &departure->passage;
	int member, r = passage_make(passage);

	r = r < 0 ? r : make_things(passage);
	if (r < 0)
		return r;
	member = open_member(passage);
	r = member < 0 ? member : passage_connect(passage);
	for (size_t i = 0; r == 0 && i < departure->count; i++)
		r = let_depart(departure, member);
	return r;
}

static int work_detach_all(void *argument, void *answer)
{
	struct departure *departure = argument;
	int r = kernel_has_set_group() == 1 ? passage_survey(&departure->passage) : -EOPNOTSUPP;

	departure->is_done = answer;
	if (r != PASSAGE_NO_OBSTACLE)
		return r < 0 ? r : -EOPNOTSUPP;
	r = let_all_depart(departure);
	passage_dissolve(&departure->passage);
	return r;
}

int detach_by_propagation(const struct passage_target *target, size_t count,
	int (*may_go)(void *argument), void *argument, size_t *done)
{
	struct departure departure = {
		.dialog = {.answer = may_go, .argument = argument}, .count = count};
	int is_done = 0, r = passage_begin(&departure.passage, target);

	r = r < 0 ? r
		  : child_run_asking(work_detach_all, &departure, &departure.dialog, &is_done,
			    sizeof(is_done));
	passage_end(&departure.passage);
	*done = (size_t)is_done;
	return r == -EXDEV ? -EOPNOTSUPP : r;
}
