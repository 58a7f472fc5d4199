/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "namespaces-change.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "kernel.h"
#include "namespaces.h"
#include "util.h"

static const struct mntns *find_id(const struct namespaces *namespaces, uint64_t id)
{
	for (size_t i = 0; i < namespaces->count; i++)
		if (namespaces->list[i].id == id)
			return &namespaces->list[i];
	return NULL;
}

/* Whether the namespace is new, or has another number of mounts than before. */
static bool differs(const struct namespaces *namespaces, const struct kernel_namespace *now)
{
	const struct mntns *before = find_id(namespaces, now->id);

	return !before || before->mounts != now->mounts;
}

/* Walk over the namespaces as they are now. */
static bool walk_differs(const struct namespaces *namespaces, int from, bool forward)
{
	_cleanup_close_ int fd = fcntl(from, F_DUPFD_CLOEXEC, 0);

	for (;;) {
		struct kernel_namespace now;
		int next = kernel_namespace_step(fd, forward, &now);

		if (next < 0)
			return false;
		close(fd);
		fd = next;
		if (differs(namespaces, &now))
			return true;
	}
}

/* Where the kernel does not list namespaces: ask each by a process in it. */
static bool differs_by_process(const struct namespaces *namespaces, const struct mntns *mntns)
{
	_cleanup_close_ int fd = -1;
	struct kernel_namespace now;
	char path[64];

	if (!mntns->pid)
		return false;
	snprintf(path, sizeof(path), "%d/ns/mnt", mntns->pid);
	fd = kernel_open_proc(path, O_RDONLY);
	return fd >= 0 && kernel_namespace_info(fd, &now) == 0 && now.id == mntns->id &&
	       differs(namespaces, &now);
}

static bool counts_differ(const struct namespaces *namespaces)
{
	_cleanup_close_ int own = kernel_open_own_namespace();
	struct kernel_namespace now;

	if (kernel_namespace_info(own, &now) < 0)
		return false;
	if (differs(namespaces, &now))
		return true;
	if (namespaces->is_own_only)
		return false;
	if (!namespaces->walk_error)
		return walk_differs(namespaces, own, /* forward= */ false) ||
		       walk_differs(namespaces, own, /* forward= */ true);
	for (size_t i = 1; i < namespaces->count; i++)
		if (differs_by_process(namespaces, &namespaces->list[i]))
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

bool namespaces_have_changed(const struct namespaces *namespaces)
{
	for (size_t i = 0; i < namespaces->count; i++)
		if (has_changed(&namespaces->list[i]))
			return true;
	return counts_differ(namespaces);
}
