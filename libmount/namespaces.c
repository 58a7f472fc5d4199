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
#include "namespace-processes.h"
#include "own-namespace.h"
#include "snapshot-read.h"
#include "util.h"

void namespaces_find_processes(struct namespaces *namespaces)
{
	if (!namespaces->processes.are_known)
		processes_look(&namespaces->processes);
	for (size_t i = 0; i < namespaces->count; i++)
		processes_fill_in(&namespaces->processes, &namespaces->list[i]);
}

static struct mntns *find_inode(const struct namespaces *namespaces, ino_t inode)
{
	for (size_t i = 0; i < namespaces->count; i++)
		if (namespaces->list[i].inode == inode)
			return &namespaces->list[i];
	return NULL;
}

/* Before Linux 6.12: open the mountinfo by which a later change can be noticed. */
static int open_watch(const struct mntns *mntns)
{
	char path[64];

	if (mntns->id || !mntns->pid)
		return -1;
	snprintf(path, sizeof(path), "%d/mountinfo", mntns->pid);
	return kernel_open_proc(path, O_RDONLY);
}

static uint64_t newest_id(const struct snapshot *snapshot)
{
	const struct mount *mount;
	uint64_t newest = 0;

	snapshot_for_each (mount, snapshot)
		if (mount->id > newest)
			newest = mount->id;
	return newest;
}

static bool has_id(const struct namespaces *namespaces, uint64_t id)
{
	for (size_t i = 0; i < namespaces->count; i++)
		if (namespaces->list[i].id == id)
			return true;
	return false;
}

static int read_mounts_of(struct namespaces *namespaces, struct mntns *mntns, int fd, bool own)
{
	if (own && namespaces->is_full)
		return namespace_read_own_full(
			mntns, namespaces->with_unique_ids, &mntns->snapshot);
	if (own)
		return snapshot_read(SNAPSHOT_LIGHT, &mntns->snapshot);
	if (namespaces->is_full)
		return namespace_read_full(mntns, fd, namespaces->with_unique_ids,
			&namespaces->text, &mntns->snapshot);
	return namespace_read_light(mntns, &namespaces->text, &mntns->snapshot);
}

/* Read all that is wanted of @mntns. @fd: the namespace, open; or -1. */
static void read_mntns(struct namespaces *namespaces, struct mntns *mntns, int fd, bool own)
{
	mntns->error = read_mounts_of(namespaces, mntns, fd, own);
	if (mntns->snapshot && namespaces->is_full &&
		(namespaces->with_unique_ids ||
			(namespaces->with_hidden && !namespace_is_whole(mntns))))
		namespace_complete(mntns, own, namespaces->with_hidden);
	mntns->newest = mntns->snapshot ? newest_id(mntns->snapshot) : 0;
	mntns->is_partial = mntns->snapshot && !namespace_is_whole(mntns);
}

/* Read @mntns and add it to the list. @fd: the namespace, open; or -1. */
static int read_and_add(struct namespaces *namespaces, struct mntns mntns, int fd, bool own)
{
	struct mntns *larger;

	processes_fill_in(&namespaces->processes, &mntns);
	if (!own && !namespaces->is_full)
		mntns.watch = open_watch(&mntns);
	mntns.is_watched = !own && !namespaces->is_full && mntns.watch >= 0;
	/* Without CAP_SYS_ADMIN over the namespace there is no report. */
	mntns.is_unreported = namespaces->watch >= 0 &&
			      (fd < 0 || kernel_watch_namespace(namespaces->watch, fd) < 0);
	read_mntns(namespaces, &mntns, fd, own);
	if (mntns.error == -ENOMEM) {
		if (mntns.is_watched)
			close(mntns.watch);
		return -ENOMEM;
	}
	/* It has ended since the walk. */
	if (mntns.error == -ENOENT && !own && !namespaces->is_full && mntns.id)
		return 0;
	if (!mntns.mounts && mntns.snapshot)
		mntns.mounts = (uint32_t)snapshot_size(mntns.snapshot);
	larger = reallocarray(namespaces->list, namespaces->count + 1, sizeof(*larger));
	if (!larger) {
		snapshot_free(mntns.snapshot);
		if (mntns.is_watched)
			close(mntns.watch);
		return -ENOMEM;
	}
	namespaces->list = larger;
	larger[namespaces->count++] = mntns;
	return 0;
}

/* EPERM: the owner is not below the caller's own user namespace. */
static ino_t owner_of(int mount_namespace)
{
	_cleanup_close_ int owner = kernel_open_owner(mount_namespace);
	struct stat st;

	return owner >= 0 && fstat(owner, &st) == 0 ? st.st_ino : 0;
}

/* The struct of the mount namespace @fd. @info: NULL before Linux 6.12. */
static struct mntns make_mntns(int fd, const struct kernel_namespace *info)
{
	struct mntns mntns = {0};
	struct stat st;

	if (info) {
		mntns.id = info->id;
		mntns.mounts = info->mounts;
	}
	if (fd >= 0 && fstat(fd, &st) == 0)
		mntns.inode = st.st_ino;
	if (fd >= 0)
		mntns.owner = owner_of(fd);
	return mntns;
}

/* Namespaces that a walk has found, and that are still to be read. */
struct found {
	struct mntns *list;
	size_t count;
};

static int found_add(struct found *found, const struct mntns *mntns)
{
	struct mntns *larger = reallocarray(found->list, found->count + 1, sizeof(*larger));

	if (!larger)
		return -ENOMEM;
	found->list = larger;
	larger[found->count++] = *mntns;
	return 0;
}

/* An open descriptor keeps a namespace that has no process any more, and several programs at once
 * would keep it for one another. So the walk closes each namespace before the next, and reads a
 * namespace while it is open only where that needs the descriptor. */
static int walk_list(struct namespaces *namespaces, int from, bool forward, struct found *found)
{
	_cleanup_close_ int fd = fcntl(from, F_DUPFD_CLOEXEC, 0);

	for (;;) {
		struct kernel_namespace info;
		struct mntns mntns;
		int next = kernel_namespace_step(fd, forward, &info);
		int r;

		if (next < 0)
			return next == -ENOENT ? 0 : next;
		close(fd);
		fd = next;
		if (has_id(namespaces, info.id))
			continue;
		mntns = make_mntns(fd, &info);
		r = namespaces->is_full ? read_and_add(namespaces, mntns, fd, /* own= */ false)
					: found_add(found, &mntns);
		if (r < 0)
			return r;
	}
}

static int walk_all(struct namespaces *namespaces, int own)
{
	struct found found = {0};
	int r = walk_list(namespaces, own, /* forward= */ false, &found);

	r = r < 0 ? r : walk_list(namespaces, own, /* forward= */ true, &found);
	for (size_t i = 0; i < found.count && r == 0; i++)
		r = read_and_add(namespaces, found.list[i], /* fd= */ -1, /* own= */ false);
	free(found.list);
	return r;
}

/* @gone: the process has ended meanwhile; its namespace may have other processes. */
static int add_namespace_of_process(
	struct namespaces *namespaces, const struct process *process, bool *gone)
{
	_cleanup_close_ int fd = -1;
	struct kernel_namespace info;
	struct mntns mntns;
	char path[64];

	if (find_inode(namespaces, process->namespace))
		return 0;
	snprintf(path, sizeof(path), "%d/ns/mnt", process->pid);
	fd = kernel_open_proc(path, O_RDONLY);
	if (fd == -ENOENT || fd == -ESRCH) {
		*gone = true;
		return 0;
	}
	mntns = make_mntns(fd, fd >= 0 && kernel_namespace_info(fd, &info) == 0 ? &info : NULL);
	mntns.inode = process->namespace;
	return read_and_add(namespaces, mntns, fd, /* own= */ false);
}

static int add_namespaces_of_processes(struct namespaces *namespaces)
{
	bool gone = true;
	int r = 0;

	for (int looks = 0; gone && looks < 5 && r == 0; looks++) {
		gone = false;
		r = looks || !namespaces->processes.are_known
			    ? processes_look(&namespaces->processes)
			    : 0;
		for (size_t i = 0; i < namespaces->processes.count && r == 0; i++)
			r = add_namespace_of_process(
				namespaces, &namespaces->processes.list[i], &gone);
	}
	return r;
}

static int read_all(struct namespaces *namespaces)
{
	_cleanup_close_ int own = kernel_open_own_namespace();
	struct kernel_namespace info;
	int r, found = namespaces->is_full ? processes_look(&namespaces->processes) : 0;

	if (own == -ENOMEM)
		return -ENOMEM;
	namespaces->walk_error = own < 0 ? own : kernel_namespace_info(own, &info);
	r = read_and_add(namespaces, make_mntns(own, namespaces->walk_error ? NULL : &info), own,
		/* own= */ true);
	if (r == 0 && namespaces->is_own_only) {
		namespaces->sees_all = true;
		return 0;
	}
	if (r == 0 && !namespaces->walk_error) {
		r = walk_all(namespaces, own);
		namespaces->walk_error = r == -ENOMEM ? 0 : r;
	}
	if (r != -ENOMEM && (namespaces->walk_error || namespaces->is_full))
		r = found < 0 ? found : add_namespaces_of_processes(namespaces);
	/* For a caller with every capability the kernel lists all namespaces. */
	namespaces->sees_all = !namespaces->walk_error && kernel_may_mount() == 1 &&
			       own_namespace_is_initial() == 1;
	if (namespaces->sees_all)
		namespaces->processes.hidden = 0;
	return r;
}

static int read_into(struct namespaces *all, struct namespaces **ret)
{
	_cleanup_(cleanup_namespaces) struct namespaces *namespaces = all;
	int r = namespaces ? read_all(namespaces) : -ENOMEM;

	if (r != -ENOMEM)
		*ret = steal_pointer(&namespaces);
	return r;
}

static struct namespaces *make_list(const struct namespaces *how)
{
	struct namespaces *namespaces = malloc(sizeof(*namespaces));

	if (namespaces)
		*namespaces = *how;
	return namespaces;
}

int namespaces_read(struct namespaces **ret)
{
	return read_into(make_list(&(struct namespaces){.watch = -1}), ret);
}

int namespaces_read_own(struct namespaces **ret)
{
	return read_into(make_list(&(struct namespaces){.is_own_only = true, .watch = -1}), ret);
}

int namespaces_read_full(struct namespaces **ret)
{
	const struct namespaces how = {.is_full = true, .with_unique_ids = true, .watch = -1};

	return read_into(make_list(&how), ret);
}

int namespaces_read_named(struct namespaces **ret)
{
	const struct namespaces how = {
		.is_full = true, .with_unique_ids = true, .with_hidden = true, .watch = -1};

	return read_into(make_list(&how), ret);
}

int namespaces_read_full_without_ids(struct namespaces **ret)
{
	const struct namespaces how = {.is_full = true, .with_hidden = true, .watch = -1};

	return read_into(make_list(&how), ret);
}

int namespaces_read_watched(int watch, struct namespaces **ret)
{
	const struct namespaces how = {.is_full = true, .with_unique_ids = true, .watch = watch};
	_cleanup_close_ int own = kernel_open_own_namespace();
	int r = own < 0 ? own : kernel_watch_namespace(watch, own);

	return r < 0 ? r : read_into(make_list(&how), ret);
}

/* ---- again ---- */

/* Whether the kernel does not know the namespace any more. Before Linux 6.11 that can't be asked.
 * ENOENT is also the answer about a namespace that the caller may not list, so it counts only if
 * ids of its mounts are known. */
static bool is_gone(const struct mntns *mntns)
{
	if (!mntns->id || !mntns->newest)
		return !mntns->snapshot && mntns->error == -ENOENT;
	return kernel_has_newer_mount(mntns->id, 0) == -ENOENT;
}

void namespaces_drop_gone(struct namespaces *namespaces)
{
	size_t kept = 1; /* the first is the caller's own */

	for (size_t i = 1; i < namespaces->count; i++)
		if (is_gone(&namespaces->list[i]))
			snapshot_free(namespaces->list[i].snapshot);
		else
			namespaces->list[kept++] = namespaces->list[i];
	namespaces->count = kept;
}

int namespaces_read_new(struct namespaces *namespaces)
{
	_cleanup_close_ int own = kernel_open_own_namespace();
	int r = own < 0 ? own : 0, found;

	if (r < 0)
		return r;
	namespaces_drop_gone(namespaces);
	found = processes_look(&namespaces->processes);
	for (size_t i = 0; i < namespaces->count; i++)
		processes_fill_in(&namespaces->processes, &namespaces->list[i]);
	if (!namespaces->walk_error)
		r = walk_all(namespaces, own);
	if (r == 0)
		r = found < 0 ? found : add_namespaces_of_processes(namespaces);
	if (namespaces->sees_all)
		namespaces->processes.hidden = 0;
	return r;
}

int namespaces_add_new(struct namespaces *namespaces)
{
	_cleanup_close_ int own = kernel_open_own_namespace();

	if (own < 0)
		return own;
	return namespaces->walk_error ? add_namespaces_of_processes(namespaces)
				      : walk_all(namespaces, own);
}

void namespaces_read_again(struct namespaces *namespaces, struct mntns *mntns)
{
	bool own = mntns == namespaces->list, gone = is_gone(mntns);
	_cleanup_close_ int fd = -1;
	struct kernel_namespace info;

	snapshot_free(steal_pointer(&mntns->snapshot));
	if (gone) {
		mntns->error = -ENOENT;
		return;
	}
	/* For the number of its mounts, and for the child that may have to enter it. */
	if (namespaces->is_full) {
		fd = own ? kernel_open_own_namespace() : mntns_open(mntns);
		mntns->mounts = kernel_namespace_info(fd, &info) == 0 ? info.mounts : 0;
	}
	read_mntns(namespaces, mntns, fd, own);
}

int namespaces_find(struct namespaces **ret)
{
	_cleanup_(cleanup_namespaces) struct namespaces *namespaces =
		calloc(1, sizeof(*namespaces));
	int r = namespaces ? processes_look(&namespaces->processes) : -ENOMEM;

	if (r < 0)
		return r;
	namespaces->list = calloc(namespaces->processes.count + 1, sizeof(*namespaces->list));
	if (!namespaces->list)
		return -ENOMEM;
	for (size_t i = 0; i < namespaces->processes.count; i++) {
		namespaces->list[i] =
			(struct mntns){.inode = namespaces->processes.list[i].namespace};
		processes_fill_in(&namespaces->processes, &namespaces->list[i]);
	}
	namespaces->count = namespaces->processes.count;
	*ret = steal_pointer(&namespaces);
	return 0;
}

int namespaces_error(const struct namespaces *namespaces)
{
	for (size_t i = 0; i < namespaces->count; i++) {
		const struct snapshot *snapshot = namespaces->list[i].snapshot;
		int r = snapshot ? snapshot_error(snapshot) : 0;

		if (r < 0)
			return r;
	}
	return 0;
}

struct mntns *namespaces_of(const struct namespaces *namespaces, const struct snapshot *snapshot)
{
	for (size_t i = 0; i < namespaces->count; i++)
		if (namespaces->list[i].snapshot == snapshot)
			return &namespaces->list[i];
	return NULL;
}

bool namespaces_is_less_privileged(const struct namespaces *namespaces, const struct mntns *mntns)
{
	ino_t own = namespaces->list[0].owner;

	return own && mntns && mntns->owner && mntns->owner != own;
}

void namespaces_free(struct namespaces *namespaces)
{
	if (!namespaces)
		return;
	for (size_t i = 0; i < namespaces->count; i++) {
		snapshot_free(namespaces->list[i].snapshot);
		if (namespaces->list[i].is_watched)
			close(namespaces->list[i].watch);
	}
	free(namespaces->list);
	free(namespaces->processes.list);
	free(namespaces->own_root);
	free(namespaces->text.data);
	free(namespaces);
}
