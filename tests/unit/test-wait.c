/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libmnttuck-wait.h: a trial of the new mount, the wait for the end of the old one, and peer
 * groups. */
#include "libmnttuck-wait.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fixture.h"
#include "kernel.h"
#include "tap.h"
#include "util.h"

/* Two versions at /mnt, the new one beneath. */
static bool mount_versions(void)
{
	return mount("new", "/mnt", "tmpfs", 0, NULL) == 0 && mkdir("/mnt/new", 0755) == 0 &&
	       mount("old", "/mnt", "tmpfs", 0, NULL) == 0 && mkdir("/mnt/old", 0755) == 0;
}

static void unmount_all(const char *path)
{
	while (umount2(path, MNT_DETACH) == 0)
		;
}

/* Reveal at /mnt, and be ready to wait. */
static bool reveal(struct mnttuck *tuck)
{
	return mnttuck_set_operations(tuck, MNTTUCK_REVEAL) == 0 &&
	       mnttuck_set_target(tuck, AT_FDCWD, "/mnt") == 0 && mnttuck_prepare_wait(tuck) == 0 &&
	       mnttuck_reveal(tuck) == 0;
}

static void wait_without_reveal(void)
{
	NEW_TUCK;
	check(mnttuck_prepare_wait(tuck) == -EINVAL);
	check(mnttuck_wait(tuck, 0) == -EINVAL);
	check(mnttuck_set_target(tuck, AT_FDCWD, "/none") == 0);
	check(mnttuck_prepare_wait(tuck) == -ENOENT);
	check(mnttuck_wait(tuck, 0) == -EINVAL);
}

static void wait_for_nobody(void)
{
	int before;

	NEEDS_CLONES;
	check_or_return(mount_versions());
	before = count_descriptors();
	{
		NEW_TUCK;
		check_or_return(reveal(tuck));
		check(mnttuck_wait(tuck, -1) == 0);
		check(!mnttuck_next_place(tuck, NULL));
		check(access("/mnt/new", F_OK) == 0);
	}
	check(count_descriptors() == before);
	unmount_all("/mnt");
}

/* Called by the next close(2). */
static void (*after_close)(void);

int close(int fd)
{
	int r = (int)syscall(SYS_close, fd);
	void (*now)(void) = after_close;

	after_close = NULL;
	if (now)
		now();
	return r;
}

static dev_t old_device;
static int reused = -1; /* open on a filesystem that has got the old one's device number */

/* The number of a filesystem without a device is given to the next one that is mounted. */
static void reuse_device(void)
{
	enum { TRIES = 50 };
	struct stat st;

	for (int i = 0; i < TRIES && reused < 0; i++) {
		if (mount("next", "/srv", "tmpfs", 0, NULL) < 0)
			return;
		if (stat("/srv", &st) == 0 && st.st_dev == old_device)
			reused = open("/srv", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
}

static void wait_while_device_is_reused(void)
{
	struct stat st;

	NEEDS_CLONES;
	NEW_TUCK;
	check_or_return(mount_versions() && stat("/mnt", &st) == 0);
	old_device = st.st_dev;
	check_or_return(reveal(tuck));
	/* The wait begins with that of the target's descriptor, the last that holds the old one. */
	after_close = reuse_device;
	check(mnttuck_wait(tuck, 2000) == 0);
	check(!after_close);
	if (reused < 0)
		skip("another program has got the number of the old filesystem");
	else
		close(reused);
	reused = -1;
	unmount_all("/srv");
	unmount_all("/mnt");
}

static void wait_for_holder(void)
{
	const struct mnttuck_place *place;
	pid_t child;
	int fd;

	NEEDS_CLONES;
	NEW_TUCK;
	check_or_return(mount_versions());
	fd = open("/mnt/old", O_RDONLY | O_CLOEXEC);
	check_or_return(fd >= 0);
	child = fork();
	if (child == 0)
		_exit(pause());
	close(fd);
	check_or_return(child > 0);
	check(reveal(tuck));
	check(mnttuck_wait(tuck, 0) == 1);
	place = mnttuck_next_place(tuck, NULL);
	check_or_return(place != NULL);
	check(mnttuck_place_number(place, MNTTUCK_KIND) == MNTTUCK_HOLDS);
	check(mnttuck_place_number(place, MNTTUCK_PID) == child);
	check(mnttuck_place_number(place, MNTTUCK_HOLD) == MNTTUCK_HOLDS_DIRECTORY);
	check(strcmp(mnttuck_place_text(place, MNTTUCK_TARGET), "/old") == 0);
	/* Of processes that can't be looked into nobody knows. */
	while ((place = mnttuck_next_place(tuck, place)))
		check(mnttuck_place_number(place, MNTTUCK_PID) == 0);
	end_service(child);
	check(mnttuck_wait(tuck, -1) == 0);
	unmount_all("/mnt");
}

/* What a trial was called with. */
struct call {
	int count, result;
	bool has_file; /* the tree is the new version */
};

static int try_tree(void *data, int tree, int *clone)
{
	struct call *call = data;

	call->count++;
	call->has_file = faccessat(tree, "tried", F_OK, 0) == 0 && *clone == -1;
	return call->result;
}

static void trial(void)
{
	struct call call = {.result = -ECANCELED};

	NEEDS_CLONES;
	NEW_TUCK;
	check(mnttuck_try(tuck, try_tree, &call) == -EINVAL);
	check_or_return(mount("old", "/mnt", "tmpfs", 0, NULL) == 0);
	check_or_return(mkdir("/srv/new", 0755) == 0 && mkdir("/srv/new/tried", 0755) == 0);
	check(mnttuck_set_target(tuck, AT_FDCWD, "/mnt") == 0);
	check(mnttuck_set_source(tuck, AT_FDCWD, "/srv/new", MNTTUCK_BIND) == 0);
	check(mnttuck_try(tuck, try_tree, &call) == -ECANCELED);
	check(call.count == 1 && call.has_file && !mnttuck_is_attached(tuck));
	call.result = 0;
	check(mnttuck_try(tuck, try_tree, &call) == 0);
	check(call.count == 2 && !mnttuck_is_attached(tuck));
	check(mnttuck_attach(tuck) == 0);
	check(mnttuck_try(tuck, try_tree, &call) == -EALREADY);
	check(call.count == 2);
	unmount_all("/mnt");
}

static void groups(void)
{
	_cleanup_close_ int from = -1, to = -1, root = -1;

	NEEDS_CLONES;
	if (kernel_has_set_group() != 1) {
		skip("the kernel is older than Linux 5.15");
		return;
	}
	mkdir("/srv/one", 0755);
	mkdir("/srv/other", 0755);
	check_or_return(mount("one", "/srv/one", "tmpfs", 0, NULL) == 0);
	check_or_return(mount("/srv/one", "/srv/other", NULL, MS_BIND, NULL) == 0);
	check(mount(NULL, "/srv/one", NULL, MS_PRIVATE, NULL) == 0);
	check(mount(NULL, "/srv/other", NULL, MS_PRIVATE, NULL) == 0);
	from = kernel_open_path(AT_FDCWD, "/srv/one");
	to = kernel_open_path(AT_FDCWD, "/srv/other");
	root = kernel_open_path(AT_FDCWD, "/srv");
	check(mnttuck_set_group(from, to) == -EINVAL);
	check(mount(NULL, "/srv/one", NULL, MS_SHARED, NULL) == 0);
	check(mnttuck_set_group(from, root) == -EINVAL);
	check(mnttuck_set_group(from, to) == 0);
	/* What is mounted on one is on the other. */
	check(mkdir("/srv/one/on", 0755) == 0 && mount("on", "/srv/one/on", "tmpfs", 0, NULL) == 0);
	check(mkdir("/srv/one/on/top", 0755) == 0 && access("/srv/other/on/top", F_OK) == 0);
	umount2("/srv/one", MNT_DETACH);
	umount2("/srv/other", MNT_DETACH);
}

static const struct tap_test tests[] = {
	{"a wait without a preparation and a reveal is -EINVAL", wait_without_reveal},
	{"a wait ends at once if nobody holds the old version, and leaves no descriptor",
		wait_for_nobody},
	{"a wait is not misled by a filesystem that gets the old one's device number",
		wait_while_device_is_reused},
	{"at the time-out a wait names who holds it, and may be repeated", wait_for_holder},
	{"a trial gets the tree, and its failure is the answer; nothing is attached by it", trial},
	{"a mount joins a group, or nothing has changed", groups},
};

TAP_MAIN(tests)
