/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "namespaces-change.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "kernel.h"
#include "namespaces.h"
#include "util.h"

/* Returns whether the namespace is not in the list. */
static bool note_count(struct namespaces *namespaces, const struct kernel_namespace *now)
{
	for (size_t i = 0; i < namespaces->count; i++)
		if (namespaces->list[i].id == now->id) {
			namespaces->list[i].counted = now->mounts;
			return false;
		}
	return true;
}

/* Walk over the namespaces as they are now. Returns whether one of them is not in the list, or
 * -errno if the walk did not come to its end. */
static int count_by_walk(struct namespaces *namespaces, int from, bool forward)
{
	_cleanup_close_ int fd = fcntl(from, F_DUPFD_CLOEXEC, 0);
	bool has_new = false;

	if (fd < 0)
		return -errno;

	for (;;) {
		struct kernel_namespace now;
		int next = kernel_namespace_step(fd, forward, &now);

		if (next < 0)
			return next == -ENOENT ? has_new : next;
		close(fd);
		fd = next;
		has_new |= note_count(namespaces, &now);
	}
}

/* Where the kernel does not list namespaces: ask each by a process in it. */
static void count_by_process(struct namespaces *namespaces, const struct mntns *mntns)
{
	_cleanup_close_ int fd = -1;
	struct kernel_namespace now;
	char path[64];

	if (!mntns->pid)
		return;
	snprintf(path, sizeof(path), "%d/ns/mnt", mntns->pid);
	fd = kernel_open_proc(path, O_RDONLY);
	if (fd >= 0 && kernel_namespace_info(fd, &now) == 0 && now.id == mntns->id)
		note_count(namespaces, &now);
}

int namespaces_count(struct namespaces *namespaces)
{
	_cleanup_close_ int own = kernel_open_own_namespace();
	struct kernel_namespace now;
	bool has_new;
	int r;

	for (size_t i = 0; i < namespaces->count; i++)
		namespaces->list[i].counted = 0;
	r = own < 0 ? own : kernel_namespace_info(own, &now);
	if (r < 0)
		return r;
	has_new = note_count(namespaces, &now);
	if (namespaces->is_own_only)
		return has_new;
	if (!namespaces->walk_error) {
		/* All are counted, whether one is new or not. */
		int before = count_by_walk(namespaces, own, /* forward= */ false);

		r = before < 0 ? before : count_by_walk(namespaces, own, /* forward= */ true);
		return r < 0 ? r : has_new || before || r;
	}
	for (size_t i = 1; i < namespaces->count; i++)
		count_by_process(namespaces, &namespaces->list[i]);
	return has_new;
}

/* Whether there is a new namespace, or one with another number of mounts than before. */
static bool counts_differ(struct namespaces *namespaces)
{
	if (namespaces_count(namespaces) > 0)
		return true;
	for (size_t i = 0; i < namespaces->count; i++)
		if (namespaces->list[i].counted &&
			namespaces->list[i].counted != namespaces->list[i].mounts)
			return true;
	return false;
}

static bool has_changed(const struct mntns *mntns)
{
	struct pollfd watched = {.fd = mntns->watch, .events = POLLPRI};

	if (mntns->newest && mntns->id)
		return kernel_has_newer_mount(mntns->id, mntns->newest) == 1;
	return mntns->is_watched && poll(&watched, 1, 0) == 1;
}

bool namespaces_have_changed(struct namespaces *namespaces)
{
	for (size_t i = 0; i < namespaces->count; i++)
		if (has_changed(&namespaces->list[i]))
			return true;
	return counts_differ(namespaces);
}
