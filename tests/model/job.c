/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A random job: what is tucked or unmounted, where, and how. */
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "command.h"
#include "inside.h"
#include "kernel.h"
#include "layout.h"
#include "play.h"
#include "util.h"

/* A path that the library can be asked about. */
static bool pick_inside(struct world *world, enum pick what, char path[WORLD_PATH])
{
	for (int tries = 0; tries < 6; tries++)
		if (!layout_pick(world, what, path))
			return false;
		else if (inside_has(world, path))
			return true;
	return false;
}

/* A tree that can be moved: its parent is private. */
static bool make_movable(struct world *world, char path[WORLD_PATH])
{
	char inside[WORLD_PATH + 2];
	size_t length;

	if (!pick_inside(world, PICK_ANY, path) || command_new(world, path) < 0)
		return false;
	command_mount(world, NULL, path, MS_PRIVATE);
	length = strlen(path);
	snprintf(path + length, WORLD_PATH - length, "/%c", WORLD_NAMES[any(world, 2)]);
	if (now_and_then(world, 50) && layout_pick(world, PICK_ANY, inside) &&
		command_mount(
			world, inside, path, MS_BIND | (now_and_then(world, 50) ? MS_REC : 0)) == 0)
		return true;
	if (command_new(world, path) < 0)
		return false;
	snprintf(inside, sizeof(inside), "%s/%c", path, WORLD_NAMES[any(world, 3)]);
	if (now_and_then(world, 60) && command_new(world, inside) == 0 && now_and_then(world, 30))
		command_mount(world, NULL, inside, MS_UNBINDABLE);
	return true;
}

static bool make_source(struct world *world, struct job *job)
{
	static const enum mnttuck_source hows[] = {MNTTUCK_BIND, MNTTUCK_RBIND, MNTTUCK_MOVE};

	job->is_new = now_and_then(world, 35);
	if (job->is_new)
		return true;
	job->how = hows[any(world, ELEMENTS(hows))];
	if (job->how == MNTTUCK_MOVE)
		return now_and_then(world, 60) ? make_movable(world, job->source)
					       : pick_inside(world, PICK_MOUNT, job->source);
	return pick_inside(world, PICK_ANY, job->source);
}

/* One of two paths leads to the other. */
static bool is_on_the_way(const char *one, const char *other)
{
	size_t length = strlen(one) < strlen(other) ? strlen(one) : strlen(other);

	return strncmp(one, other, length) == 0;
}

/* Most often a moved mount is to go elsewhere than where it is. */
static bool make_target(struct world *world, struct job *job, enum pick what)
{
	bool is_moved = job->is_tuck && !job->is_new && job->how == MNTTUCK_MOVE;

	for (int tries = 0; tries < 6; tries++) {
		if (!pick_inside(world, what, job->target))
			return false;
		if (!is_moved || !is_on_the_way(job->source, job->target))
			break;
	}
	return true;
}

static bool choose(struct world *world, struct job *job)
{
	static const unsigned long propagations[] = {
		MS_SHARED, MS_SLAVE, MS_PRIVATE, MS_UNBINDABLE};
	enum pick what = now_and_then(world, 96) ? PICK_TOP : PICK_ANY;

	/* Where a mount has come to lie over the root, the library is as in a chroot without /proc,
	 * and can't know what is elsewhere. */
	*job = (struct job){
		.is_tuck = now_and_then(world, 65),
		.rules = now_and_then(world, 50) ? MNTTUCK_KERNEL : MNTTUCK_STRICT,
		.by_library = now_and_then(world, 50) && inside_has_proc(),
		.is_forced = now_and_then(world, 40),
	};
	if (!job->is_tuck && now_and_then(world, 45) && inside_has_proc()) {
		job->is_beneath = job->by_library = true;
		job->takes_all = now_and_then(world, 40);
		return make_target(world, job, PICK_TOP);
	}
	job->is_reveal = !job->is_tuck || now_and_then(world, 35);
	if (!job->is_tuck && !job->by_library)
		what = PICK_TOP; /* what is to be unmounted without being asked */
	if (job->is_tuck) {
		if (!make_source(world, job))
			return false;
		job->by_propagation =
			(now_and_then(world, 12) && inside_has_proc()) || kernel_has_beneath() != 1;
		job->is_carried = now_and_then(world, 40);
		if (now_and_then(world, 25))
			job->propagation = propagations[any(world, ELEMENTS(propagations))];
	}
	if (job->is_tuck && now_and_then(world, 1)) {
		inside_to_outside(world, "/", job->target);
		return true;
	}
	return make_target(world, job, what);
}

bool job_make(struct world *world, struct job *job)
{
	if (!choose(world, job))
		return false;
	/* A mount may have come to lie over the root, where the paths lead elsewhere. */
	world_enter_again(world);
	if (world_hides(world))
		return false;
	return !job->is_tuck || job->is_new || access(job->source, F_OK) == 0;
}
