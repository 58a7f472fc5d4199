/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mount.h>

#include "kernel.h"
#include "libmnttuck.h"
#include "namespaces.h"
#include "snapshot.h"
#include "util.h"
#include "world.h"

static const struct {
	unsigned long flag;
	const char *option;
} words[] = {
	{MS_BIND | MS_REC, "--rbind"},
	{MS_BIND, "--bind"},
	{MS_MOVE, "--move"},
	{MS_REC | MS_SHARED, "--make-rshared"},
	{MS_REC | MS_SLAVE, "--make-rslave"},
	{MS_REC | MS_PRIVATE, "--make-rprivate"},
	{MS_REC | MS_UNBINDABLE, "--make-runbindable"},
	{MS_SHARED, "--make-shared"},
	{MS_SLAVE, "--make-slave"},
	{MS_PRIVATE, "--make-private"},
	{MS_UNBINDABLE, "--make-unbindable"},
};

static const char *word_of(unsigned long flags)
{
	for (size_t i = 0; i < ELEMENTS(words); i++)
		if (words[i].flag == flags)
			return words[i].option;
	return "?";
}

int command_mount(struct world *world, const char *source, const char *target, unsigned long flags)
{
	int r = mount(source, target, NULL, flags, NULL) < 0 ? -errno : 0;

	note(world, r, "mount %s %s%s%s", word_of(flags), source ?: "", source ? " " : "", target);
	/* It must not be copied to where it would be in the way. */
	if (!source && (flags & MS_REC) && strcmp(target, "/") == 0)
		mount(NULL, "/proc", NULL, MS_UNBINDABLE, NULL);
	return r;
}

int command_new(struct world *world, const char *target)
{
	_cleanup_close_ int fd = world_filesystem(world);
	int r = move_mount(fd, "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH) < 0 ? -errno : 0;

	note(world, r, "mount -t tmpfs new-%u %s", world->filesystems, target);
	return r;
}

int command_join(struct world *world, int group, const char *name, const char *target)
{
	_cleanup_close_ int fd = open(target, O_PATH | O_CLOEXEC);
	int r = fd < 0 ? -errno : mnttuck_set_group(group, fd);

	note(world, r, "mount --set-group=%s %s", name, target);
	return r;
}

/* Whether a mount that was a slave before has another master, or none. */
static bool lost_master(const struct namespaces *before, const struct namespaces *after)
{
	for (size_t i = 0; i < before->count; i++) {
		struct mount *mount, *now;

		snapshot_for_each (mount, before->list[i].snapshot) {
			now = snapshot_find(after->list[i].snapshot, mount->short_id);
			if (mount->master && now && now->id == mount->id &&
				now->master != mount->master)
				return true;
		}
	}
	return false;
}

int command_unmount(struct world *world, const char *target)
{
	_cleanup_(cleanup_namespaces) struct namespaces *before = world_read(world);
	_cleanup_(cleanup_namespaces) struct namespaces *after = NULL;
	int r = umount2(target, MNT_DETACH) < 0 ? -errno : 0;

	note(world, r, "umount --lazy %s", target);
	after = world_read(world);
	if (lost_master(before, after))
		world->has[CASES_MASTERLESS] = true;
	return r;
}
