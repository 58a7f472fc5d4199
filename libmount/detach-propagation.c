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

/* The child's data. */
struct departure {
	struct passage passage;
	struct child_dialog dialog;
	size_t count;
	int *is_done; /* in memory that is shared with the caller: how many unmounts were made */
};

/* The member of P's group that the private clones are to join; its root shows m, or is m if P is
 * covered. Then P was found by the number of mounts that cover it, and somebody can have mounted
 * one more. */
static int open_member(const struct passage *passage)
{
	int fd, group;

	if (!passage->is_covered)
		return passage->uncovered;
	fd = passage_open_point(passage);
	group = fd < 0 ? fd : kernel_get_group(fd);
	if (group < 0)
		return group == -ENOSYS ? -EOPNOTSUPP : group;
	return group == passage->target->parent_group ? fd : -EBUSY;
}

/* A private clone of the member, mounted on the floor. */
static int clone_member(struct passage *passage, int member)
{
	unsigned int recursive =
		passage->is_recursive && !passage->is_covered ? (unsigned int)AT_RECURSIVE : 0;
	int clone = kernel_open_tree(member, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | recursive);
	int r = clone < 0 ? clone
			  : kernel_set_attributes(clone, /* recursive= */ true, 0, 0, MS_PRIVATE);

	r = r < 0 ? r : floor_place(&passage->floor, clone);
	return r < 0 ? r : clone;
}

static int let_depart(struct departure *departure, int member)
{
	struct passage *passage = &departure->passage;
	int at, thing, clone = clone_member(passage, member), r;

	if (clone < 0)
		return clone;
	at = passage->is_covered ? clone
				 : openat(clone, passage->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	thing = at < 0 ? -errno : floor_put_thing(&passage->floor, at);
	r = thing < 0 ? thing : kernel_set_group(member, clone);
	r = r < 0 ? r : child_ask(&departure->dialog);
	r = r < 0 ? r : floor_unmount_thing(&passage->floor, thing);
	if (r == 0)
		++*departure->is_done;
	return r;
}

static int let_all_depart(struct departure *departure)
{
	struct passage *passage = &departure->passage;
	int member, r = passage_make(passage);

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
	floor_dissolve(&departure->passage.floor);
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
