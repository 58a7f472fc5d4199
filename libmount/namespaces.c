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

static struct namespace *namespaces_add(struct namespaces *namespaces)
{
	struct namespace *larger;

	larger = reallocarray(namespaces->list, namespaces->count + 1, sizeof(*larger));
	if (!larger)
		return NULL;
	namespaces->list = larger;
	larger += namespaces->count++;
	*larger = (struct namespace){0};
	return larger;
}

static int namespaces_add_by_fd(
	struct namespaces *namespaces, int fd, const struct kernel_namespace *info, bool own)
{
	struct namespace *namespace = namespaces_add(namespaces);
	struct stat st;

	if (!namespace)
		return -ENOMEM;
	namespace->id = info->id;
	namespace->mounts = info->mounts;
	if (fstat(fd, &st) == 0)
	namespace->inode = st.st_ino;
	namespace->error = own ? snapshot_read(SNAPSHOT_LIGHT, &namespace->snapshot)
			       : snapshot_read_namespace(info->id, &namespace->snapshot);
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

static struct namespace *namespaces_find_inode(const struct namespaces *namespaces, ino_t inode)
{
	for (size_t i = 0; i < namespaces->count; i++)
		if (namespaces->list[i].inode == inode)
			return &namespaces->list[i];
	return NULL;
}

/* Before 6.12: a namespace is read through the first process that is found in it. */
static int add_namespace_of_process(struct namespaces *namespaces, int proc, const char *pid)
{
	_cleanup_fclose_ FILE *file = NULL;
	struct namespace *namespace;
	ino_t inode = namespace_inode(proc, pid);
	char path[64];
	int fd;

	if (!inode || namespaces_find_inode(namespaces, inode))
		return 0;
	namespace = namespaces_add(namespaces);
	if (!namespace)
		return -ENOMEM;
	namespace->inode = inode;
	snprintf(path, sizeof(path), "%s/mountinfo", pid);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	file = fd < 0 ? NULL : fdopen(fd, "r");
	namespace->error = file ? snapshot_parse(file, path, &namespace->snapshot) : -errno;
	if (namespace->snapshot)
	namespace->mounts = (uint32_t)snapshot_size(namespace->snapshot);
	return 0;
}

static int namespaces_add_own(struct namespaces *namespaces)
{
	struct namespace *namespace = namespaces_add(namespaces);
	struct stat st;

	if (!namespace)
		return -ENOMEM;
	if (stat("/proc/self/ns/mnt", &st) == 0)
	namespace->inode = st.st_ino;
	namespace->error = snapshot_read(SNAPSHOT_LIGHT, &namespace->snapshot);
	if (namespace->snapshot)
	namespace->mounts = (uint32_t)snapshot_size(namespace->snapshot);
	return 0;
}

int namespaces_read(struct namespaces **ret)
{
	_cleanup_(cleanup_namespaces) struct namespaces *namespaces =
		calloc(1, sizeof(*namespaces));
	_cleanup_close_ int own = kernel_open_own_namespace();
	struct kernel_namespace info;
	int r;

	if (!namespaces)
		return -ENOMEM;
	r = own < 0 ? own : kernel_namespace_info(own, &info);
	if (r == 0) {
		r = namespaces_add_by_fd(namespaces, own, &info, /* own= */ true);
		if (r == 0)
			r = namespaces_walk(namespaces, own, /* forward= */ false);
		if (r == 0)
			r = namespaces_walk(namespaces, own, /* forward= */ true);
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

static int note_process(struct namespaces *namespaces, int proc, const char *pid)
{
	struct namespace *namespace;
	ino_t inode = namespace_inode(proc, pid);
	pid_t number = (pid_t)atoi(pid);
	char path[64];
	ssize_t length;
	int fd;

	namespace = inode ? namespaces_find_inode(namespaces, inode) : NULL;
	if (!namespace || (namespace->pid && namespace->pid < number))
		return 0;
	namespace->pid = number;
	snprintf(path, sizeof(path), "%s/comm", pid);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	length = fd < 0 ? 0 : read(fd, namespace->command, sizeof(namespace->command) - 1);
	if (fd >= 0)
		close(fd);
	namespace->command[length > 0 ? length : 0] = '\0';
	namespace->command[strcspn(namespace->command, "\n")] = '\0';
	return 0;
}

void namespaces_find_processes(struct namespaces *namespaces)
{
	for_each_process(namespaces, note_process);
}

struct namespace *namespaces_of(
	const struct namespaces *namespaces, const struct snapshot *snapshot)
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
