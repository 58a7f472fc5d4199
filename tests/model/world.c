/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "world.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel.h"
#include "namespaces.h"
#include "snapshot-read.h"
#include "snapshot.h"
#include "util.h"

const char *const tally_names[COUNTS] = {
	[CASES] = "cases",
	[CASES_FAILED] = "of them failed",
	[CASES_OWN_MOUNT] = "had a receiver with its own mount at the target",
	[CASES_STACK] = "had a stack at the target",
	[CASES_SUBMOUNT] = "had a submount on the top",
	[CASES_MASTERLESS] = "had a slave that lost its master",
	[CASES_ANY_OF_THOSE] = "had at least one of these four",
	[CASES_MANY_NAMESPACES] = "had more than one mount namespace",
	[CASES_SET_GROUP] = "had peers by MOVE_MOUNT_SET_GROUP",
	[CASES_FLAGS] = "had mounts with flags of their own",
	[CASES_HIDDEN_ROOT] = "had a root that was moved over another one",
	[CASES_SELF_BIND] = "had a mount that was bound on itself",
	[CASES_MASK] = "had a service that hid a mount from itself",
	[CASES_LESS_PRIVILEGED] = "had a namespace of a less privileged user namespace",
	[TUCKS] = "tucks compared",
	[TUCKS_BY_PROPAGATION] = "of them by propagation",
	[TUCKS_CARRYING] = "of them with --carry, in cases with mounts on a top",
	[REVEALS] = "unmounts compared",
	[TUCKS_AND_REVEALS] = "tucks with the unmount planned beforehand compared",
	[REVEALS_BY_LIBRARY] = "of both by mnttuck_reveal()",
	[REVEALS_HIDDEN] =
		"of those hidden afterwards by copies of the tuck (--tuck=kernel, or force)",
	[BENEATH] = "unmounts beneath the top compared",
	[BENEATH_ALL] = "unmounts of all beneath the top compared",
	[SIGHTS] = "unmounts after which what everybody sees was compared",
	[SIGHTS_UNCHECKED] = "of both that the library calls unchecked, in a pid namespace",
	[SIGHTS_LEFT] = "places left on the old version by those, and told",
	[SIGHTS_REFUSED] = "refused reveals that were then done without the rules, and were wrong",
	[REFUSED_STRICT] = "refused by a rule that no kernel enforces, and nothing changed",
	[REFUSED_KERNEL] = "refused by a rule of every kernel, and nothing changed",
	[REFUSED_TRIED] = "refused by this kernel alone, and nothing changed",
	[REFUSED_REVEAL] = "refused by a rule about the unmount, and nothing changed",
	[REFUSED_BENEATH] = "unmounts beneath the top refused, and nothing changed",
	[REFUSED_CARRY] = "by a rule about what is to be carried",
	[REMEDIES_PROVED] = "remedies followed that led to success",
	[REMEDIES_WITHOUT_COMMAND] = "remedies without a command, or none",
	[REMEDIES_OUT_OF_SIGHT] = "remedies whose path leads to another mount",
	[REMEDIES_TOO_MANY] = "where more than five would be needed",
	[REMEDIES_FAILED] = "remedies whose command failed, or hid the source",
	[VERDICTS_COMPARED] = "verdicts of the rules compared with the kernel's",
	[VERDICTS_NOT_COMPARED] =
		"verdicts that can't be compared: by propagation, or of an unmount",
	[PLANS_UNCHECKED] = "plans that the library calls incomplete, in a pid namespace",
	[PLANS] = "plans of the library compared, by the number of places",
	[PLACES] = "planned places compared",
	[PLACES_STAY] = "of them kept by a mount inside",
	[MOUNTS] = "mounts compared",
};

/* ---- chance ---- */

/* splitmix64: any seed will do, 0 and 1 too. */
static uint64_t next_number(struct world *world)
{
	uint64_t z = world->state += 0x9e3779b97f4a7c15U;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
	return z ^ (z >> 31);
}

unsigned int any(struct world *world, unsigned int limit)
{
	return (unsigned int)((next_number(world) >> 32) * limit >> 32);
}

bool now_and_then(struct world *world, unsigned int percent)
{
	return any(world, 100) < percent;
}

/* ---- telling ---- */

void note(struct world *world, int error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fprintf(world->log, "[%zu] ", world->current);
	vfprintf(world->log, format, arguments);
	fprintf(world->log, error < 0 ? "  # %s\n" : "\n", strerror(-error));
	va_end(arguments);
	fflush(world->log);
	if (world->verbose) {
		const char *line = world->notes + strlen(world->notes) - 1;

		while (line > world->notes && line[-1] != '\n')
			line--;
		fputs(line, stdout);
	}
}

void complain(struct world *world, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	printf("not ok - seed %llu: ", (unsigned long long)world->seed);
	vprintf(format, arguments);
	printf("\n%s", world->verbose ? "" : world->notes);
	va_end(arguments);
	world->has[CASES_FAILED] = true;
}

void give_up(struct world *world, const char *what)
{
	complain(world, "the test can't go on: %s: %s", what, strerror(errno));
	fflush(stdout);
	_exit(EXIT_FAILURE);
}

/* ---- namespaces ---- */

/* Keep a namespace: a child that says that it is there, and sleeps. @flags: what it unshares. */
static void add_space(struct world *world, int flags)
{
	struct space *space = &world->spaces[world->count];
	struct kernel_namespace info = {0};
	char path[64], byte;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0 || (space->sleeper = fork()) < 0)
		give_up(world, "a child");
	if (space->sleeper == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (flags && unshare(flags) < 0)
			_exit(EXIT_FAILURE);
		if (write(ends[1], "", 1) == 1)
			for (;;)
				pause();
		_exit(EXIT_FAILURE);
	}
	close(ends[1]);
	if (read(ends[0], &byte, 1) != 1)
		give_up(world, "unshare");
	close(ends[0]);
	snprintf(path, sizeof(path), "%d/ns/mnt", space->sleeper);
	space->fd = openat(world->proc, path, O_RDONLY | O_CLOEXEC);
	if (space->fd < 0)
		give_up(world, "a mount namespace");
	kernel_namespace_info(space->fd, &info);
	space->id = info.id;
	space->is_less_privileged = flags & CLONE_NEWUSER;
	world->count++;
}

bool world_copy(struct world *world, bool is_less_privileged)
{
	bool is_below = is_less_privileged || world->spaces[world->current].is_less_privileged;

	if (world->count == WORLD_SPACES)
		return false;
	note(world, 0, "unshare %s--mount --propagation unchanged  # namespace %zu",
		is_below ? "--user " : "", world->count);
	add_space(world, CLONE_NEWNS | (is_below ? CLONE_NEWUSER : 0));
	if (is_below)
		world->has[CASES_LESS_PRIVILEGED] = true;
	return true;
}

void world_enter(struct world *world, size_t space)
{
	if (space == world->current)
		return;
	world->current = space;
	world_enter_again(world);
}

void world_enter_again(struct world *world)
{
	if (setns(world->spaces[world->current].fd, CLONE_NEWNS) < 0)
		give_up(world, "setns");
}

static void make_names(int directory, unsigned int depth)
{
	for (const char *name = WORLD_NAMES; *name; name++) {
		const char path[] = {*name, '\0'};
		int fd;

		if (*name == 'f') {
			fd = openat(directory, path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
			if (fd >= 0)
				close(fd);
			continue;
		}
		/* Not the same everywhere: one directory of each has nothing in it. */
		if (mkdirat(directory, path, 0755) < 0 || !depth || *name == 'c')
			continue;
		fd = openat(directory, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		make_names(fd, depth - 1);
		close(fd);
	}
}

int world_filesystem(struct world *world)
{
	_cleanup_close_ int context = fsopen("tmpfs", FSOPEN_CLOEXEC);
	int fd = -1;

	if (context >= 0 && fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		fd = fsmount(context, FSMOUNT_CLOEXEC, 0);
	if (fd < 0)
		give_up(world, "a tmpfs");
	make_names(fd, 1);
	world->filesystems++;
	return fd;
}

/* The case's root is a mount of its own, with no way to any other. */
static void make_root(struct world *world)
{
	_cleanup_close_ int root = -1, proc = -1;

	/* A root that is older than its namespace is not found when that is read by its id: Linux
	 * takes the first mount after the namespace's own that lies on it. */
	if (unshare(CLONE_NEWNS) < 0)
		give_up(world, "a mount namespace");
	root = world_filesystem(world);
	proc = kernel_open_tree(AT_FDCWD, "/proc", OPEN_TREE_CLONE);
	if (proc < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		mkdirat(root, "proc", 0755) < 0 ||
		move_mount(root, "", AT_FDCWD, "/proc", MOVE_MOUNT_F_EMPTY_PATH) < 0 ||
		fchdir(root) < 0 ||
		move_mount(proc, "", AT_FDCWD, "proc", MOVE_MOUNT_F_EMPTY_PATH) < 0 ||
		syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0 ||
		chdir("/") < 0 || mount(NULL, "/proc", NULL, MS_UNBINDABLE, NULL) < 0)
		give_up(world, "a root");
}

void world_begin(
	struct world *world, uint64_t seed, enum inside inside, bool verbose, struct tally *tally)
{
	struct stat st;

	*world = (struct world){
		.seed = seed,
		.state = seed * 0x2545f4914f6cdd1dU,
		.inside = inside,
		.verbose = verbose,
		.tally = tally,
	};
	world->log = open_memstream(&world->notes, &world->notes_size);
	if (!world->log || fflush(world->log) != 0)
		abort();
	world->outside = kernel_open_own_namespace();
	if (world->outside < 0 || fstat(world->outside, &st) < 0)
		give_up(world, "a mount namespace");
	world->outside_inode = st.st_ino;
	make_root(world);
	world->proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	add_space(world, /* flags= */ 0);
}

/* ---- reading ---- */

size_t world_space(const struct world *world, size_t index)
{
	if (index == 0)
		return world->current;
	return index <= world->current ? index - 1 : index;
}

/* By its id, or as the process that keeps it sees it. */
static void read_space(struct world *world, struct mntns *mntns, const struct space *space)
{
	struct mount *mount;
	int r;

	mntns->id = space->id;
	mntns->watch = -1;
	if (space->id) {
		r = snapshot_read_namespace(space->id, &mntns->snapshot);
	} else {
		_cleanup_fclose_ FILE *mountinfo = NULL;
		char path[64];

		snprintf(path, sizeof(path), "%d/mountinfo", space->sleeper);
		mountinfo = fdopen(openat(world->proc, path, O_RDONLY | O_CLOEXEC), "r");
		r = mountinfo ? snapshot_parse(mountinfo, path, &mntns->snapshot) : -errno;
	}
	if (r < 0)
		give_up(world, "what is mounted");
	snapshot_for_each (mount, mntns->snapshot) {
		/* What is read late would be read too late. */
		mount_root(mount);
		mount->user = mount;
	}
	mntns->mounts = (uint32_t)snapshot_size(mntns->snapshot);
}

struct namespaces *world_read(struct world *world)
{
	struct namespaces *namespaces = calloc(1, sizeof(*namespaces));

	namespaces->count = world->count;
	namespaces->list = calloc(world->count, sizeof(*namespaces->list));
	/* The kernel shows a process only those mounts of its namespace that are below its root
	 * directory, which may be a mount over the namespace's root. So read from outside. */
	if (setns(world->outside, CLONE_NEWNS) < 0)
		give_up(world, "setns");
	for (size_t i = 0; i < world->count; i++)
		read_space(world, &namespaces->list[i], &world->spaces[world_space(world, i)]);
	if (setns(world->spaces[world->current].fd, CLONE_NEWNS) < 0)
		give_up(world, "setns");
	return namespaces;
}

bool world_hides(struct world *world)
{
	_cleanup_(cleanup_namespaces) struct namespaces *namespaces = NULL;
	bool hides = false;

	if (world->spaces[0].id)
		return false;
	namespaces = world_read(world);
	for (size_t i = 0; i < namespaces->count; i++)
		hides = hides || mount_cover(snapshot_root(namespaces->list[i].snapshot));
	return hides;
}

uint64_t world_id(const struct mount *mount)
{
	if (!mount->user || mount->id)
		return mount->user ? mount->id : 0;
	return (uint64_t)mount->device << 32 | (uint64_t)mount->short_id;
}

bool world_is(const struct mount *mount, const struct mount_identity *identity)
{
	return mount->id ? mount->id == identity->unique_id : mount->short_id == identity->short_id;
}

struct mount *world_lookup(const struct namespaces *namespaces, const char *path, bool *is_root)
{
	struct mount_identity identity;
	struct mount *mount;

	if (kernel_identify(AT_FDCWD, path, 0, &identity) < 0)
		return NULL;
	*is_root = identity.is_root;
	snapshot_for_each (mount, namespaces->list[0].snapshot)
		if (world_is(mount, &identity))
			return mount;
	return NULL;
}
