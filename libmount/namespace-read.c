/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "namespace-read.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child.h"
#include "kernel.h"
#include "snapshot-read.h"
#include "snapshot-text.h"
#include "util.h"

/* With this many mounts, a process's mountinfo is not tried first: see snapshot-text.h. */
#define MANY 1000

/* Read @fd to its end into @text. */
static int text_read(struct table_text *text, int fd)
{
	text->size = 0;
	for (;;) {
		ssize_t length;

		if (text->room - text->size < 16384) {
			char *larger = realloc(text->data, text->room * 2 + 65536);

			if (!larger)
				return -ENOMEM;
			text->data = larger;
			text->room = text->room * 2 + 65536;
		}
		length = read(fd, text->data + text->size, text->room - text->size);
		if (length < 0 && errno == EINTR)
			continue;
		if (length <= 0)
			return length < 0 ? -errno : 0;
		text->size += (size_t)length;
	}
}

static bool is_complete(size_t read, const struct mntns *mntns)
{
	return read + 1 >= mntns->mounts;
}

bool namespace_is_whole(const struct mntns *mntns)
{
	return is_complete(snapshot_size(mntns->snapshot), mntns);
}

/* ---- a process's mountinfo ---- */

static int open_of_process(pid_t pid, const char *name, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "%d/%s", pid, name);
	return kernel_open_proc(path, flags);
}

/* Whether the process is still in the namespace. It may have changed to another one, or ended, and
 * a new process may have its number. */
static bool is_still_there(const struct mntns *mntns)
{
	_cleanup_close_ int fd = open_of_process(mntns->pid, "ns/mnt", O_PATH);
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && st.st_ino == mntns->inode;
}

/* Whether the process's "/" is a mount's root. If not, the process is in a chroot. (A chroot to a
 * mount's root is noticed by the kernel's count of mounts, where there is one.) */
static bool has_root_of_mount(const struct mntns *mntns)
{
	_cleanup_close_ int fd = open_of_process(mntns->pid, "root", O_PATH);
	struct mount_identity identity;

	return fd >= 0 && kernel_identify(fd, "", AT_EMPTY_PATH, &identity) == 0 &&
	       identity.is_root;
}

/* -ENODATA: @must_be_complete, and the process does not see all mounts. */
static int read_by_process(const struct mntns *mntns, bool must_be_complete,
	struct table_text *text, struct snapshot **ret)
{
	_cleanup_close_ int fd = -1;
	size_t lines = 0;
	int r;

	if (!mntns->pid)
		return -ENOENT;
	fd = open_of_process(mntns->pid, "mountinfo", O_RDONLY);
	if (fd < 0)
		return fd;
	if (!is_still_there(mntns))
		return -ENOENT;
	r = text_read(text, fd);
	if (r < 0)
		return r;
	for (size_t i = 0; i < text->size; i++)
		lines += text->data[i] == '\n';
	if (must_be_complete &&
		(!is_complete(lines, mntns) || (!mntns->mounts && !has_root_of_mount(mntns))))
		return -ENODATA;
	return snapshot_parse_text(text->data, text->size, ret);
}

/* Walk over the kernel's list to @mntns. */
static int open_by_id(const struct mntns *mntns, bool forward)
{
	int fd = kernel_open_own_namespace();

	while (fd >= 0) {
		struct kernel_namespace info;
		int next = kernel_namespace_step(fd, forward, &info);

		close(fd);
		fd = next;
		if (fd >= 0 && info.id == mntns->id)
			break;
	}
	return fd;
}

int mntns_open(const struct mntns *mntns)
{
	int fd = mntns->pid ? open_of_process(mntns->pid, "ns/mnt", O_RDONLY) : -ENOENT;
	struct stat st;

	/* The process may have ended, and another one have its number. */
	if (fd >= 0 && (fstat(fd, &st) < 0 || st.st_ino != mntns->inode)) {
		close(fd);
		fd = -ENOENT;
	}
	if (fd < 0 && mntns->id)
		fd = open_by_id(mntns, /* forward= */ false);
	if (fd < 0 && mntns->id)
		fd = open_by_id(mntns, /* forward= */ true);
	return fd;
}

/* ---- a child's mountinfo ---- */

/* What the child needs; it opens nothing else. */
struct entry {
	int namespace_fd;
	int proc; /* /proc, which may be another one in the namespace */
};

static int enter_and_open(void *argument, void *answer)
{
	const struct entry *entry = argument;
	int fd;

	(void)answer;
	if (setns(entry->namespace_fd, CLONE_NEWNS) < 0)
		return -errno;
	fd = openat(entry->proc, "self/mountinfo", O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* An open mountinfo shows the namespace that it was opened in, whoever reads it. */
static int read_in_child(int namespace_fd, struct table_text *text, struct snapshot **ret)
{
	_cleanup_close_ int proc = kernel_open_proc(".", O_PATH | O_DIRECTORY);
	_cleanup_close_ int mountinfo = -1;
	struct entry entry = {namespace_fd, proc};
	int r;

	if (proc < 0)
		return proc;
	mountinfo = child_open(enter_and_open, &entry);
	r = mountinfo < 0 ? mountinfo : text_read(text, mountinfo);
	return r < 0 ? r : snapshot_parse_text(text->data, text->size, ret);
}

/* ---- whichever way works ---- */

static int read_by_id(const struct mntns *mntns, struct snapshot **ret)
{
	int r = mntns->id ? snapshot_read_namespace_full(mntns->id, ret) : -ENOSYS;

	if (r == 0 && !is_complete(snapshot_size(*ret), mntns)) {
		/* Seen from an initramfs as root, the kernel lists only a part of the tree. */
		snapshot_free(steal_pointer(ret));
		r = -ENODATA;
	}
	return r;
}

int namespace_read_full(const struct mntns *mntns, int fd, bool with_unique_ids,
	struct table_text *text, struct snapshot **ret)
{
	bool is_small = mntns->mounts && mntns->mounts < MANY;
	int r, by_child;

	if (is_small && !with_unique_ids &&
		read_by_process(mntns, /* must_be_complete= */ true, text, ret) == 0)
		return 0;
	r = read_by_id(mntns, ret);
	if (r == 0)
		return 0;
	by_child = fd < 0 ? fd : read_in_child(fd, text, ret);
	if (by_child == 0)
		return 0;
	return read_by_process(mntns, /* must_be_complete= */ true, text, ret) == 0 ? 0 : by_child;
}

void namespace_complete(struct mntns *mntns, bool is_own, bool with_hidden)
{
	_cleanup_(cleanup_snapshot) struct snapshot *light = NULL;
	struct mount *mount = snapshot_mount(mntns->snapshot, 0);

	if (!mount || mount->id || (!is_own && !mntns->id) ||
		snapshot_read_namespace(is_own ? 0 : mntns->id, &light) < 0)
		return;
	snapshot_for_each (mount, mntns->snapshot) {
		const struct mount *same = snapshot_find(light, mount->short_id);

		mount->id = same ? same->id : 0;
	}
	if (is_own || !with_hidden || snapshot_size(light) <= snapshot_size(mntns->snapshot))
		return;
	snapshot_take_names(light, mntns->snapshot);
	snapshot_free(mntns->snapshot);
	mntns->snapshot = steal_pointer(&light);
}

/* Whether that is all. If not, mounts may have gone since they were counted, so count again. */
static bool is_complete_now(size_t read, struct mntns *mntns)
{
	_cleanup_close_ int fd = -1;
	struct kernel_namespace now;

	if (is_complete(read, mntns))
		return true;
	fd = mntns_open(mntns);
	if (kernel_namespace_info(fd, &now) < 0)
		return false;
	mntns->mounts = now.mounts;
	return is_complete(read, mntns);
}

int namespace_read_light(struct mntns *mntns, struct table_text *text, struct snapshot **ret)
{
	enum { TRIES = 3 };
	struct snapshot *part;
	int r = -ENOSYS;

	for (int tries = 0; mntns->id && tries < TRIES; tries++) {
		if (tries > 0)
			snapshot_free(steal_pointer(ret));
		r = snapshot_read_namespace(mntns->id, ret);
		if (r < 0 || is_complete_now(snapshot_size(*ret), mntns))
			break;
	}
	if (r < 0)
		return mntns->pid ? read_by_process(mntns, /* must_be_complete= */ false, text, ret)
				  : r;
	if (is_complete(snapshot_size(*ret), mntns))
		return 0;
	/* Seen from an initramfs as root, the kernel lists only a part of the tree. */
	part = steal_pointer(ret);
	if (read_by_process(mntns, /* must_be_complete= */ true, text, ret) == 0)
		snapshot_free(part);
	else
		*ret = part;
	return 0;
}

int namespace_read_own_full(const struct mntns *mntns, bool with_unique_ids, struct snapshot **ret)
{
	bool is_small = mntns->mounts && mntns->mounts < MANY;
	int r = -ENOSYS;

	if (!is_small || with_unique_ids)
		r = snapshot_read_namespace_full(/* namespace_id= */ 0, ret);
	return r == 0 ? 0 : snapshot_read(SNAPSHOT_FULL, ret);
}

int namespace_read_from_root(int fd, struct table_text *text, struct snapshot **ret)
{
	return read_in_child(fd, text, ret);
}
