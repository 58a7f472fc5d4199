/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "layout.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "command.h"
#include "inside.h"
#include "kernel.h"
#include "libmnttuck-wait.h"
#include "libmnttuck.h"
#include "namespaces.h"
#include "snapshot.h"
#include "util.h"

/* More than this many mounts in all namespaces, and nothing is added. */
#define MOUNTS_ENOUGH 90
/* With more, a case ends: comparing would take minutes. */
#define MOUNTS_MOST 600
/* So long a path leads to no further place to mount on. */
#define PATH_ENOUGH 16

/* ---- a place ---- */

static bool is_there(const char *path)
{
	return access(path, F_OK) == 0;
}

/* Go on from @path by up to two names. */
static void go_down(struct world *world, char path[WORLD_PATH])
{
	for (unsigned int steps = any(world, 3); steps > 0; steps--) {
		size_t length = strlen(path);

		if (length > PATH_ENOUGH)
			return;
		snprintf(path + length, WORLD_PATH - length, "%s%c", path[1] ? "/" : "",
			WORLD_NAMES[any(world, now_and_then(world, 8) ? 4 : 3)]);
		if (!is_there(path)) {
			path[length] = '\0';
			return;
		}
	}
}

static bool is_proc(struct mount *mount)
{
	return strncmp(mount_target(mount), "/proc", 5) == 0;
}

static bool fits(struct world *world, const struct namespaces *namespaces, enum pick what,
	struct mount *mount)
{
	bool is_root;

	if (!mount_target(mount) || is_proc(mount) || !is_there(mount_target(mount)))
		return false;
	if (what == PICK_ANY)
		return true;
	if (!mount->parent || strcmp(mount_target(mount), "/") == 0 ||
		world_lookup(namespaces, mount_target(mount), &is_root) != mount)
		return false;
	return what != PICK_TOP || mount->parent->group || now_and_then(world, 15);
}

bool layout_pick(struct world *world, enum pick what, char path[WORLD_PATH])
{
	_cleanup_(cleanup_namespaces) struct namespaces *namespaces = world_read(world);

	for (int tries = 0; tries < 40; tries++) {
		/* Where another namespace has a mount, this one may have its own. */
		size_t from = what == PICK_ANY && now_and_then(world, 25)
				      ? any(world, (unsigned int)namespaces->count)
				      : 0;
		struct snapshot *snapshot = namespaces->list[from].snapshot;
		struct mount *mount =
			snapshot_mount(snapshot, any(world, (unsigned int)snapshot_size(snapshot)));

		if (!fits(world, namespaces, what, mount))
			continue;
		snprintf(path, WORLD_PATH, "%s", mount_target(mount));
		if (what == PICK_ANY)
			go_down(world, path);
		if (strcmp(path, "/") != 0 && (inside_has(world, path) || now_and_then(world, 35)))
			return true;
	}
	return false;
}

/* ---- the steps ---- */

static size_t count_mounts(struct world *world)
{
	_cleanup_(cleanup_namespaces) struct namespaces *namespaces = world_read(world);
	size_t mounts = 0;

	for (size_t i = 0; i < namespaces->count; i++)
		mounts += namespaces->list[i].mounts;
	return mounts;
}

static bool has_enough(struct world *world)
{
	return count_mounts(world) > MOUNTS_ENOUGH;
}

bool layout_is_too_large(struct world *world)
{
	return count_mounts(world) > MOUNTS_MOST;
}

static void step_new(struct world *world)
{
	char path[WORLD_PATH];

	if (layout_pick(world, PICK_ANY, path) && !has_enough(world))
		command_new(world, path);
}

static void bind(struct world *world, unsigned long recursive)
{
	char source[WORLD_PATH], target[WORLD_PATH];

	if (has_enough(world) || !layout_pick(world, PICK_ANY, target))
		return;
	if (now_and_then(world, 25))
		strcpy(source, target);
	else if (now_and_then(world, 10))
		strcpy(source, "/");
	else if (!layout_pick(world, now_and_then(world, 50) ? PICK_MOUNT : PICK_ANY, source))
		return;
	if (command_mount(world, source, target, MS_BIND | recursive) == 0 &&
		strcmp(source, target) == 0)
		world->has[CASES_SELF_BIND] = true;
}

static void step_bind(struct world *world)
{
	bind(world, 0);
}

static void step_rbind(struct world *world)
{
	bind(world, MS_REC);
}

/* One mount on top of another at the same path. */
static void step_stack(struct world *world)
{
	char path[WORLD_PATH], source[WORLD_PATH];

	if (has_enough(world) || !layout_pick(world, PICK_MOUNT, path))
		return;
	if (now_and_then(world, 50) && layout_pick(world, PICK_ANY, source))
		command_mount(world, source, path, MS_BIND);
	else
		command_new(world, path);
}

static void step_move(struct world *world)
{
	char source[WORLD_PATH], target[WORLD_PATH];

	if (layout_pick(world, PICK_MOUNT, source) && layout_pick(world, PICK_ANY, target))
		command_mount(world, source, target, MS_MOVE);
}

static unsigned long any_propagation(struct world *world)
{
	static const unsigned long kinds[] = {MS_SHARED, MS_SHARED, MS_SHARED, MS_SHARED, MS_SLAVE,
		MS_SLAVE, MS_PRIVATE, MS_UNBINDABLE};

	return kinds[any(world, ELEMENTS(kinds))];
}

static void step_propagation(struct world *world)
{
	char path[WORLD_PATH] = "/";
	unsigned long propagation = any_propagation(world);

	if (now_and_then(world, 90) && !layout_pick(world, PICK_MOUNT, path))
		return;
	command_mount(world, NULL, path, propagation);
	if (propagation == MS_SLAVE && now_and_then(world, 40))
		command_mount(world, NULL, path, MS_SHARED);
}

static void step_propagation_below(struct world *world)
{
	char path[WORLD_PATH] = "/";
	unsigned long propagation = any_propagation(world);

	if (now_and_then(world, 50) && !layout_pick(world, PICK_MOUNT, path))
		return;
	if (propagation == MS_UNBINDABLE)
		propagation = MS_PRIVATE;
	command_mount(world, NULL, path, MS_REC | propagation);
}

/* A user in a namespace of a user namespace keeps what is mounted there, or covers it. */
static void keep(struct world *world)
{
	char path[WORLD_PATH];

	if (!layout_pick(world, PICK_MOUNT, path))
		return;
	if (now_and_then(world, 70))
		go_down(world, path);
	command_new(world, path);
}

static void step_copy(struct world *world)
{
	bool is_less_privileged = now_and_then(world, 12);

	if (has_enough(world) || !world_copy(world, is_less_privileged))
		return;
	world_enter(world, world->count - 1);
	if (is_less_privileged) {
		keep(world);
		keep(world);
	}
	switch (any(world, 8)) {
	case 0:
		command_mount(world, NULL, "/", MS_REC | MS_PRIVATE);
		break;
	case 1:
	case 2:
	case 3:
		command_mount(world, NULL, "/", MS_REC | MS_SLAVE);
		break;
	case 4:
	case 5:
		command_mount(world, NULL, "/", MS_REC | MS_SLAVE);
		command_mount(world, NULL, "/", MS_REC | MS_SHARED);
		break;
	default:
		break;
	}
}

/* Open @mount's root by its path in the namespace that it is in; -1: the path leads elsewhere. */
static int open_mount(struct world *world, size_t space, struct mount *mount)
{
	struct mount_identity identity;
	char path[WORLD_PATH + 64];
	int fd;

	snprintf(
		path, sizeof(path), "%d/root%s", world->spaces[space].sleeper, mount_target(mount));
	fd = openat(world->proc, path, O_PATH | O_CLOEXEC);
	if (fd >= 0 && kernel_identify(fd, "", AT_EMPTY_PATH, &identity) == 0 &&
		world_is(mount, &identity))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* MOVE_MOUNT_SET_GROUP: a mount of the current namespace joins the peer group of one that may be
 * in another. */
/* Not between the host and a container: what the host then receives from there is locked, and
 * nothing tells that. */
static void step_set_group(struct world *world)
{
	_cleanup_(cleanup_namespaces) struct namespaces *namespaces = world_read(world);
	size_t index = any(world, (unsigned int)namespaces->count);
	struct snapshot *other = namespaces->list[index].snapshot;
	struct mount *from = snapshot_mount(other, any(world, (unsigned int)snapshot_size(other)));
	_cleanup_close_ int from_fd = -1, to_fd = -1;
	struct mount *to;
	int r;

	if (is_proc(from) || (!from->group && !from->master) ||
		world->spaces[world_space(world, index)].is_less_privileged !=
			world->spaces[world->current].is_less_privileged)
		return;
	from_fd = open_mount(world, world_space(world, index), from);
	snapshot_for_each (to, namespaces->list[0].snapshot) {
		if (to == from || mount_device(to) != mount_device(from) || now_and_then(world, 30))
			continue;
		to_fd = open_mount(world, world->current, to);
		if (to_fd >= 0)
			break;
	}
	if (from_fd < 0 || to_fd < 0)
		return;
	command_mount(world, NULL, mount_target(to), MS_PRIVATE);
	r = kernel_set_group(from_fd, to_fd);
	if (r == 0)
		world->has[CASES_SET_GROUP] = true;
	note(world, r, "set-group [%zu]%s %s", world_space(world, index), mount_target(from),
		mount_target(to));
}

static void step_unmount(struct world *world)
{
	char path[WORLD_PATH];

	if (layout_pick(world, PICK_MOUNT, path))
		command_unmount(world, path);
}

/* A slave whose master goes. */
static void step_masterless(struct world *world)
{
	char master[WORLD_PATH], slave[WORLD_PATH];

	if (has_enough(world) || !layout_pick(world, PICK_ANY, master) ||
		!layout_pick(world, PICK_ANY, slave) || command_new(world, master) < 0)
		return;
	command_mount(world, NULL, master, MS_SHARED);
	if (command_mount(world, master, slave, MS_BIND) < 0)
		return;
	command_mount(world, NULL, slave, MS_SLAVE);
	if (now_and_then(world, 50))
		command_mount(world, NULL, slave, MS_SHARED);
	if (now_and_then(world, 50))
		step_new(world);
	command_unmount(world, master);
}

/* A service that has restricted its copy of a mount. */
static void step_flags(struct world *world)
{
	static const struct {
		uint64_t attributes;
		const char *option;
	} flags[] = {
		{MOUNT_ATTR_RDONLY, "ro"},
		{MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, "nosuid,nodev"},
		{MOUNT_ATTR_NOEXEC, "noexec"},
	};
	unsigned int chosen = any(world, ELEMENTS(flags));
	_cleanup_close_ int fd = -1;
	char path[WORLD_PATH];
	int r;

	if (!layout_pick(world, PICK_MOUNT, path))
		return;
	fd = kernel_open_path(AT_FDCWD, path);
	r = fd < 0 ? fd
		   : kernel_set_attributes(
			     fd, now_and_then(world, 50), flags[chosen].attributes, 0, 0);
	note(world, r, "mount -o remount,bind,%s %s", flags[chosen].option, path);
	if (r == 0)
		world->has[CASES_FLAGS] = true;
}

/* A service that hides a mount from itself. */
static void step_mask(struct world *world)
{
	char path[WORLD_PATH];

	if (has_enough(world) || world->current == 0 || !layout_pick(world, PICK_MOUNT, path))
		return;
	if (now_and_then(world, 70) && command_unmount(world, path) < 0)
		return;
	world->has[CASES_MASK] = true;
	if (now_and_then(world, 70))
		command_new(world, path);
	else
		command_mount(world, "/c", path, MS_BIND);
}

/* A service whose root was moved over the namespace's own. */
static void step_hidden_root(struct world *world)
{
	/* Before Linux 6.12 nothing tells of mounts that are hidden so. */
	if (has_enough(world) || world->current == 0 || !world->spaces[0].id ||
		command_mount(world, NULL, "/", MS_REC | MS_SLAVE) < 0 ||
		command_mount(world, "/", "/a", MS_BIND | MS_REC) < 0)
		return;
	if (command_mount(world, "/a", "/", MS_MOVE) == 0)
		world->has[CASES_HIDDEN_ROOT] = true;
	/* To go to the root that shows now. */
	world_enter_again(world);
}

static const struct {
	unsigned int weight;
	void (*step)(struct world *);
} steps[] = {
	{20, step_new},
	{16, step_bind},
	{5, step_rbind},
	{8, step_stack},
	{4, step_move},
	{18, step_propagation},
	{4, step_propagation_below},
	{9, step_copy},
	{8, step_set_group},
	{5, step_unmount},
	{3, step_masterless},
	{5, step_mask},
	{5, step_flags},
	{2, step_hidden_root},
};

void layout_step(struct world *world)
{
	unsigned int all = 0, chosen;
	size_t i = 0;

	world_enter(world, any(world, (unsigned int)world->count));
	for (size_t j = 0; j < ELEMENTS(steps); j++)
		all += steps[j].weight;
	for (chosen = any(world, all); chosen >= steps[i].weight; i++)
		chosen -= steps[i].weight;
	steps[i].step(world);
}

void layout_build(struct world *world)
{
	unsigned int count = 6 + any(world, 22);

	if (now_and_then(world, 70))
		command_mount(world, NULL, "/", MS_SHARED);
	while (count-- > 0)
		layout_step(world);
}
