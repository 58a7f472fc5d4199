/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "namespaces.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel.h"
#include "snapshot.h"
#include "util.h"

static struct mntns *namespaces_add(struct namespaces *namespaces)
{
	struct mntns *larger;

	larger = reallocarray(namespaces->list, namespaces->count + 1, sizeof(*larger));
	if (!larger)
		return NULL;
	namespaces->list = larger;
	larger += namespaces->count++;
	*larger = (struct mntns){0};
	return larger;
}

/* @namespace_id 0: the caller's own, as the caller sees it. */
static int read_full(int fd, uint64_t namespace_id, struct snapshot **ret)
{
	int r = snapshot_read_namespace_full(namespace_id, ret);

	if (r != -ENODATA && r != -ENOSYS)
		return r;
	return namespace_id ? namespace_read_in_child(fd, ret) : snapshot_read(SNAPSHOT_FULL, ret);
}

static int namespaces_add_by_fd(
	struct namespaces *namespaces, int fd, const struct kernel_namespace *info, bool own)
{
	struct mntns *mntns = namespaces_add(namespaces);
	struct stat st;

	if (!mntns)
		return -ENOMEM;
	mntns->id = info->id;
	mntns->mounts = info->mounts;
	if (fstat(fd, &st) == 0)
		mntns->inode = st.st_ino;
	if (namespaces->is_full)
		mntns->error = read_full(fd, own ? 0 : info->id, &mntns->snapshot);
	else
		mntns->error = own ? snapshot_read(SNAPSHOT_LIGHT, &mntns->snapshot)
				   : snapshot_read_namespace(info->id, &mntns->snapshot);
	return 0;
}

static int namespaces_walk(struct namespaces *namespaces, int from, bool forward)
{
	_cleanup_close_ int fd = fcntl(from, F_DUPFD_CLOEXEC, 0);

	for (;;) {
		struct kernel_namespace info;
		int next = kernel_namespace_step(fd, forward, &info);
		int r;

		if (next < 0)
			return next == -ENOENT ? 0 : next;
		close(fd);
		fd = next;
		r = namespaces_add_by_fd(namespaces, fd, &info, /* own= */ false);
		if (r < 0)
			return r;
	}
}

/* Calls @visit for every process, lowest pid first as /proc lists them. */
static int for_each_process(
	struct namespaces *namespaces, int (*visit)(struct namespaces *, int proc, const char *pid))
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	int r = 0;

	if (!proc)
		return -errno;
	while (r == 0 && (entry = readdir(proc)))
		if (*entry->d_name >= '1' && *entry->d_name <= '9')
			r = visit(namespaces, dirfd(proc), entry->d_name);
	closedir(proc);
	return r;
}

/* The inode number of a process's mount namespace; 0: it is gone, or not the caller's to look at.
 */
static ino_t namespace_inode(int proc, const char *pid)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "%s/ns/mnt", pid);
	return fstatat(proc, path, &st, 0) == 0 ? st.st_ino : 0;
}

static struct mntns *namespaces_find_inode(const struct namespaces *namespaces, ino_t inode)
{
	for (size_t i = 0; i < namespaces->count; i++)
		if (namespaces->list[i].inode == inode)
			return &namespaces->list[i];
	return NULL;
}

/* By the namespace's id; else from within (its processes may be in a chroot, and their mountinfo
 * then lacks what is outside); else by the process's mountinfo. */
static int read_of_process(bool is_full, int proc, const char *pid, struct snapshot **ret)
{
	_cleanup_fclose_ FILE *file = NULL;
	_cleanup_close_ int mntns = -1;
	struct kernel_namespace info;
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "%s/ns/mnt", pid);
	mntns = openat(proc, path, O_RDONLY | O_CLOEXEC);
	if (mntns >= 0 && is_full && kernel_namespace_info(mntns, &info) == 0 &&
		read_full(mntns, info.id, ret) == 0)
		return 0;
	if (mntns >= 0 && is_full && namespace_read_in_child(mntns, ret) == 0)
		return 0;
	if (mntns >= 0 && !is_full && kernel_namespace_info(mntns, &info) == 0 &&
		snapshot_read_namespace(info.id, ret) == 0)
		return 0;
	snprintf(path, sizeof(path), "%s/mountinfo", pid);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	file = fd < 0 ? NULL : fdopen(fd, "r");
	return file ? snapshot_parse(file, path, ret) : -errno;
}

/* Where the caller may not walk: a namespace is read through the first process found in it. */
static int add_namespace_of_process(struct namespaces *namespaces, int proc, const char *pid)
{
	struct mntns *added;
	ino_t inode = namespace_inode(proc, pid);

	if (!inode)
		namespaces->hidden_processes += errno == EACCES || errno == EPERM;
	if (!inode || namespaces_find_inode(namespaces, inode))
		return 0;
	added = namespaces_add(namespaces);
	if (!added)
		return -ENOMEM;
	added->inode = inode;
	added->error = read_of_process(namespaces->is_full, proc, pid, &added->snapshot);
	if (added->snapshot)
		added->mounts = (uint32_t)snapshot_size(added->snapshot);
	return 0;
}

static int namespaces_add_own(struct namespaces *namespaces)
{
	struct mntns *mntns = namespaces_add(namespaces);
	struct stat st;

	if (!mntns)
		return -ENOMEM;
	if (stat("/proc/self/ns/mnt", &st) == 0)
		mntns->inode = st.st_ino;
	mntns->error = snapshot_read(
		namespaces->is_full ? SNAPSHOT_FULL : SNAPSHOT_LIGHT, &mntns->snapshot);
	if (mntns->snapshot)
		mntns->mounts = (uint32_t)snapshot_size(mntns->snapshot);
	return 0;
}

static int read_all(bool is_full, struct namespaces **ret)
{
	_cleanup_(cleanup_namespaces) struct namespaces *namespaces =
		calloc(1, sizeof(*namespaces));
	_cleanup_close_ int own = kernel_open_own_namespace();
	struct kernel_namespace info;
	bool walked = false;
	int r;

	if (!namespaces)
		return -ENOMEM;
	namespaces->is_full = is_full;
	r = own < 0 ? own : kernel_namespace_info(own, &info);
	if (r == 0) {
		r = namespaces_add_by_fd(namespaces, own, &info, /* own= */ true);
		if (r == 0)
			r = namespaces_walk(namespaces, own, /* forward= */ false);
		if (r == 0)
			r = namespaces_walk(namespaces, own, /* forward= */ true);
		walked = r == 0;
		/* In a pid namespace of its own, the caller may not walk (since 6.18). */
		if (r == -EPERM || (r == 0 && is_full))
			r = for_each_process(namespaces, add_namespace_of_process);
		/* With every capability, the walk leaves none out. */
		if (walked && kernel_may_mount() == 1 && kernel_namespace_is_initial_user() == 1)
			namespaces->hidden_processes = 0;
	} else {
		r = namespaces_add_own(namespaces);
		if (r == 0)
			r = for_each_process(namespaces, add_namespace_of_process);
	}
	if (r == -ENOMEM)
		return r;
	*ret = steal_pointer(&namespaces);
	return r;
}

int namespaces_read(struct namespaces **ret)
{
	return read_all(/* is_full= */ false, ret);
}

int namespaces_read_full(struct namespaces **ret)
{
	return read_all(/* is_full= */ true, ret);
}

static int note_process(struct namespaces *namespaces, int proc, const char *pid)
{
	struct mntns *mntns;
	ino_t inode = namespace_inode(proc, pid);
	pid_t number = (pid_t)atoi(pid);
	char path[64];
	ssize_t length;
	int fd;

	mntns = inode ? namespaces_find_inode(namespaces, inode) : NULL;
	if (!mntns || (mntns->pid && mntns->pid < number))
		return 0;
	mntns->pid = number;
	snprintf(path, sizeof(path), "%s/comm", pid);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	length = fd < 0 ? 0 : read(fd, mntns->command, sizeof(mntns->command) - 1);
	if (fd >= 0)
		close(fd);
	mntns->command[length > 0 ? length : 0] = '\0';
	mntns->command[strcspn(mntns->command, "\n")] = '\0';
	return 0;
}

void namespaces_find_processes(struct namespaces *namespaces)
{
	for_each_process(namespaces, note_process);
}

struct mntns *namespaces_of(const struct namespaces *namespaces, const struct snapshot *snapshot)
{
	for (size_t i = 0; i < namespaces->count; i++)
		if (namespaces->list[i].snapshot == snapshot)
			return &namespaces->list[i];
	return NULL;
}

void namespaces_free(struct namespaces *namespaces)
{
	if (!namespaces)
		return;
	for (size_t i = 0; i < namespaces->count; i++)
		snapshot_free(namespaces->list[i].snapshot);
	free(namespaces->list);
	free(namespaces);
}
