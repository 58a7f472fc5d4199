/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gone.h"

#include <errno.h>
#include <fcntl.h>
#include <libmount.h>
#include <limits.h>
#include <linux/loop.h>
#include <linux/major.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "await.h"
#include "child.h"
#include "kernel.h"
#include "namespaces.h"
#include "path.h"
#include "places.h"
#include "snapshot.h"
#include "util.h"

enum {
	FOREVER = -1,
	WATCH_MS = 1000, /* a filesystem that does not answer is not watched */
	GRACE_MS = 100,	 /* the kernel may end a filesystem a moment after its last use */
	LOOK_MS = 10,	 /* how often one holder, or a loop device, is looked at */
};

void gone_clear(struct gone *gone)
{
	if (gone->watch >= 0)
		close(gone->watch);
	free(gone->held.mounts);
	free(gone->root);
	free(gone->source);
	*gone = GONE_NOTHING;
}

/* ---- before the unmount ---- */

struct watched {
	int watch, root;
	char name[16];
};

/* inotify_add_watch(2) asks the filesystem whether the caller may read, so a child does it. */
static int work_watch(void *argument, void *answer)
{
	const struct watched *watched = argument;
	int links = kernel_open_proc("self/fd", O_PATH | O_DIRECTORY);

	(void)answer;
	if (fchdir(links < 0 ? watched->root : links) < 0 ||
		inotify_add_watch(watched->watch, links < 0 ? "." : watched->name, IN_DELETE_SELF) <
			0)
		return -errno;
	return 0;
}

/* Without a watch, holders are looked for. */
static void start_inotify(struct gone *gone, int root)
{
	_cleanup_close_ int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	struct watched watched = {.watch = watch, .root = root};

	snprintf(watched.name, sizeof(watched.name), "%d", root);
	if (watch >= 0 && child_run_within(WATCH_MS, work_watch, &watched, NULL, 0) == 0)
		gone->watch = steal_fd(&watch);
}

/* Whether @mount shows the same as the mount that is waited for, or a part of that. */
static bool is_part(const struct gone *gone, struct mount *mount)
{
	const char *root = mount_root(mount);

	return mount_device(mount) == gone->held.device && root && path_below(root, gone->root);
}

static int note_held_mount(struct held *held, const struct mount *mount)
{
	struct held_mount *larger = reallocarray(held->mounts, held->count + 1, sizeof(*larger));

	if (!larger)
		return -ENOMEM;
	held->mounts = larger;
	held->mounts[held->count++] =
		(struct held_mount){.unique_id = mount->id, .short_id = mount->short_id};
	return 0;
}

/* The copies of the mount in other namespaces, too. */
static int add_mounts(struct gone *gone, const struct namespaces *namespaces)
{
	for (size_t i = 0; i < namespaces->count; i++) {
		struct mount *mount;

		if (!namespaces->list[i].snapshot)
			continue;
		snapshot_for_each (mount, namespaces->list[i].snapshot)
			if (is_part(gone, mount) && note_held_mount(&gone->held, mount) < 0)
				return -ENOMEM;
	}
	return namespaces_error(namespaces);
}

/* Look at a loop device: returns its flags. -ENXIO: it is free. */
static int read_loop(const char *path, struct image_loop *loop)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct loop_info64 info;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISBLK(st.st_mode) || major(st.st_rdev) != LOOP_MAJOR)
		return -ENOTBLK;
	if (ioctl(fd, LOOP_GET_STATUS64, &info) < 0)
		return -errno;
	*loop = (struct image_loop){st.st_rdev, info.lo_device, info.lo_inode};
	return (int)info.lo_flags;
}

static int note_mount(struct gone *gone, struct mount *mount)
{
	const char *source = mount->fs ? mnt_fs_get_source(mount->fs) : NULL;

	if (!mount_root(mount))
		return -ENODATA;
	gone->held.device = mount_device(mount);
	gone->root = strdup(mount_root(mount));
	gone->source = source ? strdup(source) : NULL;
	return gone->root && (gone->source || !source) ? 0 : -ENOMEM;
}

int gone_prepare(struct gone *gone, int fd, int short_id)
{
	_cleanup_(cleanup_namespaces) struct namespaces *namespaces = NULL;
	struct mount *mount = NULL;
	int r = namespaces_read_named(&namespaces);

	gone_clear(gone);
	if (!namespaces)
		return r;
	if (namespaces->list[0].snapshot)
		mount = snapshot_find(namespaces->list[0].snapshot, short_id);
	if (!mount)
		return namespaces->list[0].error ?: -ENOENT;
	r = note_mount(gone, mount);
	r = r < 0 ? r : add_mounts(gone, namespaces);
	if (r < 0) {
		gone_clear(gone);
		return r;
	}
	start_inotify(gone, fd);
	if (gone->source && *gone->source == '/')
		read_loop(gone->source, &gone->loop);
	return 0;
}

/* ---- the wait ---- */

static long long clock_ms(void)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* The time that is left until @end (FOREVER: any), at most @most. */
static int left_until(long long end, int most)
{
	long long left = end == FOREVER ? most : end - clock_ms();

	if (left < 0)
		return 0;
	return left < most ? (int)left : most;
}

/* Wait for IN_UNMOUNT: 0; 1: the time is over; -ENODATA: there will be no such event. */
static int await_event(const struct gone *gone, long long end)
{
	struct pollfd watched = {.fd = gone->watch, .events = POLLIN};
	char events[sizeof(struct inotify_event) * 16];

	for (;;) {
		ssize_t size = read(gone->watch, events, sizeof(events));

		/* The watch has no name, so every event has the same size. */
		for (char *at = events; at < events + size; at += sizeof(struct inotify_event)) {
			struct inotify_event event;

			memcpy(&event, at, sizeof(event));
			if (event.mask & IN_UNMOUNT)
				return 0;
			if (event.mask & (IN_IGNORED | IN_Q_OVERFLOW))
				return -ENODATA;
		}
		if (left_until(end, INT_MAX) == 0)
			return 1;
		if (poll(&watched, 1, end == FOREVER ? -1 : left_until(end, INT_MAX)) < 0 &&
			errno != EINTR)
			return -errno;
	}
}

/* Whether the filesystem has ended. Then another one can have its device number already. */
static bool has_ended(struct gone *gone)
{
	int r = gone->watch < 0 ? 1 : await_event(gone, /* end= */ 0);

	if (r < 0)
		close(steal_fd(&gone->watch));
	return r == 0;
}

/* What still holds it. */
struct hold {
	struct namespaces *namespaces; /* read by look_for_mounts() */
	struct holders holders;
	struct mntns *mntns; /* a mount that still shows it */
	struct mount *mount; /* NULL: none */
};

static void hold_clear(struct hold *hold)
{
	namespaces_free(hold->namespaces);
	holders_free(&hold->holders);
	*hold = (struct hold){0};
}

static int look_for_mounts(const struct gone *gone, struct hold *hold)
{
	int r = namespaces_read_full_without_ids(&hold->namespaces);

	if (!hold->namespaces)
		return r;
	for (size_t i = 0; i < hold->namespaces->count && !hold->mount; i++) {
		struct mntns *mntns = &hold->namespaces->list[i];
		struct mount *mount;

		if (!mntns->snapshot)
			continue;
		snapshot_for_each (mount, mntns->snapshot)
			if (is_part(gone, mount)) {
				hold->mntns = mntns;
				hold->mount = mount;
				break;
			}
	}
	return namespaces_error(hold->namespaces);
}

/* Find one mount or one process that holds it: 1; 0: there is none. */
static int look_for_one(const struct gone *gone, struct hold *hold)
{
	int r;

	hold_clear(hold);
	r = look_for_mounts(gone, hold);
	if (r < 0 || hold->mount)
		return r < 0 ? r : 1;
	r = holders_find(&hold->holders, &gone->held, /* is_first_enough= */ true);
	return r < 0 ? r : hold->holders.count > 0;
}

/* Wait until what look_for_one() has found may be gone. */
static void await_one(
	const struct gone *gone, struct hold *hold, struct await *change, long long end)
{
	struct pollfd changed = {.fd = change->poll, .events = POLLIN};

	if (hold->mount) {
		if (change->poll >= 0)
			poll(&changed, 1, left_until(end, 1000));
		else
			poll(NULL, 0, left_until(end, 10 * LOOK_MS));
		return;
	}
	while (left_until(end, LOOK_MS) > 0 &&
		holder_still_holds(&hold->holders.list[0], &gone->held))
		poll(NULL, 0, left_until(end, LOOK_MS));
}

/* Wait until no process holds the filesystem and no mount shows it. One process can hand a file to
 * another while they are looked at, so two looks in a row have to find no holder. */
static int await_holders(struct gone *gone, long long end)
{
	struct await change = {.poll = -1};
	struct hold hold = {0};
	int r, unheld = 0;

	do {
		await_start(&change);
		r = look_for_one(gone, &hold);
		if (r > 0 && has_ended(gone)) {
			hold_clear(&hold);
			unheld = 2;
			r = 0;
			break;
		}
		unheld = r == 0 ? unheld + 1 : 0;
		if (r > 0)
			await_one(gone, &hold, &change, end);
	} while (r >= 0 && unheld < 2 && (unheld > 0 || left_until(end, LOOK_MS) > 0));
	if (r >= 0)
		r = unheld < 2 || hold.holders.hidden > 0;
	hold_clear(&hold);
	await_clear(&change);
	return r;
}

/* The kernel frees the loop device a moment after the filesystem has ended. */
static int await_loop(const struct gone *gone, long long end)
{
	for (;;) {
		struct image_loop now = {0};
		int flags = read_loop(gone->source, &now);

		if (flags < 0 || now.number != gone->loop.number ||
			now.device != gone->loop.device || now.inode != gone->loop.inode ||
			!(flags & LO_FLAGS_AUTOCLEAR))
			return 0;
		if (left_until(end, LOOK_MS) == 0)
			return 1;
		poll(NULL, 0, left_until(end, LOOK_MS));
	}
}

/* ---- the answer ---- */

/* Whether the filesystem is mounted in a way that does not end with the mounts that are waited for.
 */
static int filesystem_stays(const struct gone *gone)
{
	_cleanup_(cleanup_namespaces) struct namespaces *namespaces = NULL;
	int r = namespaces_read_full_without_ids(&namespaces);

	if (!namespaces)
		return r;
	for (size_t i = 0; i < namespaces->count; i++) {
		struct mount *mount;

		if (!namespaces->list[i].snapshot)
			continue;
		snapshot_for_each (mount, namespaces->list[i].snapshot)
			if (mount_device(mount) == gone->held.device && !is_part(gone, mount))
				return 1;
	}
	return namespaces_error(namespaces);
}

static int list_places(const struct gone *gone, struct places *places)
{
	_cleanup_(cleanup_namespaces) struct namespaces *namespaces = NULL;
	int r = namespaces_read_full_without_ids(&namespaces);

	if (!namespaces)
		return r;
	namespaces_find_processes(namespaces);
	r = 0;
	for (size_t i = 0; i < namespaces->count && r == 0; i++) {
		const struct mntns *mntns = &namespaces->list[i];
		struct mount *mount;

		if (!mntns->snapshot)
			continue;
		snapshot_for_each (mount, mntns->snapshot)
			if (r == 0 && is_part(gone, mount))
				r = places_add_mount(
					places, MNTTUCK_HOLDS, namespaces, mntns, mount);
	}
	return r < 0 ? r : namespaces_error(namespaces);
}

static int list_holders(const struct gone *gone, struct places *places)
{
	struct holders holders = {0};
	int r = list_places(gone, places);

	r = r < 0 ? r : holders_find(&holders, &gone->held, /* is_first_enough= */ false);
	for (size_t i = 0; i < holders.count && r == 0; i++) {
		const struct holder *holder = &holders.list[i];

		r = places_add_holder(
			places, holder->pid, holder->command, holder->hold, holder->path);
	}
	if (r == 0 && (places->count == 0 || holders.hidden > 0))
		r = places_add_holder(places, 0, "", MNTTUCK_HOLDS_UNSEEN, "");
	holders_free(&holders);
	return r;
}

/* Whether a process or a mount still holds it: 1 or 0, or an error. */
static int is_held(const struct gone *gone)
{
	struct hold hold = {0};
	int r = look_for_one(gone, &hold);

	hold_clear(&hold);
	return r;
}

/* The filesystem has ended; its loop device follows. */
static int await_device(const struct gone *gone, long long end, struct places *places)
{
	int r = gone->loop.number ? await_loop(gone, end) : 0;

	return r > 0 ? places_add_holder(places, 0, "", MNTTUCK_HOLDS_DEVICE, gone->source) ?: 1
		     : r;
}

int gone_await(struct gone *gone, int milliseconds, struct places *places)
{
	long long end = milliseconds < 0 ? FOREVER : clock_ms() + milliseconds;
	int stays, self, r = -ENODATA;

	if (has_ended(gone))
		return await_device(gone, end, places);
	stays = filesystem_stays(gone);
	if (stays < 0)
		return stays;
	gone->held.is_mounts_only = stays;
	self = holders_have_self(&gone->held);
	if (self < 0)
		return self;
	/* The filesystem can't end before a process that runs from it, such as this one. */
	if (!stays && !self && gone->watch >= 0)
		r = await_event(gone, end);
	/* Nobody holds it any more. */
	if (r > 0 && is_held(gone) == 0)
		r = await_event(gone, clock_ms() + GRACE_MS);
	if (r == -ENODATA)
		r = await_holders(gone, end);
	if (r > 0)
		return list_holders(gone, places) ?: 1;
	return r == 0 && !stays && !self ? await_device(gone, end, places) : r;
}
