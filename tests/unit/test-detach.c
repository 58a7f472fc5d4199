/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unmounts that arrive from a child's namespace, while others mount and unmount: exactly one mount
 * goes, or none. The child asks right before it unmounts, and here the answer is what others do.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attach.h"
#include "child.h"
#include "detach-exact.h"
#include "detach-propagation.h"
#include "fixture.h"
#include "kernel.h"
#include "passage.h"
#include "tap.h"
#include "util.h"

#define OPT "/mnt/opt"

static struct mount_identity base; /* the mount that the stack lies on */
static int beneath_fd = -1;	   /* a descriptor of its root */
static bool has_descriptor;	   /* exact unmounts get it */

static bool bind(const char *source, const char *target)
{
	return mount(source, target, NULL, MS_BIND, NULL) == 0 &&
	       mount(NULL, target, NULL, MS_PRIVATE, NULL) == 0 &&
	       mount(NULL, target, NULL, MS_SHARED, NULL) == 0;
}

/* /mnt is shared, and on /mnt/opt there are, from the bottom, /mnt/1 and /mnt/2. Each of the
 * directories has one that is named like it. */
static bool prepare(void)
{
	if (beneath_fd >= 0)
		close(beneath_fd);
	beneath_fd = -1;
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		mount("tmpfs", "/mnt", "tmpfs", 0, NULL) < 0 ||
		mount(NULL, "/mnt", NULL, MS_SHARED, NULL) < 0 || mkdir(OPT, 0700) < 0)
		return false;
	for (char name[] = "/mnt/1/1"; name[5] <= '3'; name[5]++, name[7]++) {
		char parent[] = "/mnt/1";

		parent[5] = name[5];
		if (mkdir(parent, 0700) < 0 || mkdir(name, 0700) < 0)
			return false;
	}
	if (kernel_identify(AT_FDCWD, "/mnt", 0, &base) < 0 || !bind("/mnt/1", OPT))
		return false;
	beneath_fd = kernel_open_path(AT_FDCWD, OPT);
	return beneath_fd >= 0 && bind("/mnt/2", OPT);
}

/* Whether the visible mount is /mnt/NUMBER. */
static bool shows(int number)
{
	char path[] = OPT "/0";

	path[strlen(path) - 1] = (char)('0' + number);
	return access(path, F_OK) == 0;
}

static void clean(void)
{
	while (umount2(OPT, MNT_DETACH) == 0)
		;
	umount2("/mnt", MNT_DETACH);
}

/* Whether OPT has exactly the mounts that are named by these digits, from the top. */
static bool stack_is(const char *digits)
{
	for (; *digits; digits++)
		if (!shows(*digits - '0') || umount2(OPT, MNT_DETACH) < 0)
			return false;
	return umount2(OPT, 0) < 0;
}

/* ---- a top mount ---- */

/* 0: the kernel does not tell it. */
static uint64_t own_namespace_id(void)
{
	_cleanup_close_ int namespace = kernel_open_own_namespace();
	struct kernel_namespace info;

	return kernel_namespace_info(namespace, &info) < 0 ? 0 : info.id;
}

/* What is done by others comes with the question, so the question is not whether T lies on S. */
static int detach_top(int (*may_go)(void *))
{
	_cleanup_close_ int top = kernel_open_path(AT_FDCWD, OPT);
	struct mount_identity identity = {0};
	const struct exact_target target = {
		.top = top,
		.top_id = kernel_identify(top, "", AT_EMPTY_PATH, &identity) < 0
				  ? 0
				  : identity.unique_id,
		.namespace_id = own_namespace_id(),
		.path = OPT,
		.beneath = has_descriptor ? beneath_fd : -1,
		.beneath_group = kernel_get_group(beneath_fd),
	};

	return detach_exactly(&target, may_go, NULL);
}

/* What detach_exactly() returns if the top mount stays, which older kernels do not tell it. */
static int answer_if_it_stays(void)
{
	return own_namespace_id() ? -EBUSY : 0;
}

static int nobody(void *argument)
{
	(void)argument;
	return 0;
}

static int mount_over(void *argument)
{
	(void)argument;
	return bind("/mnt/3", OPT) ? 0 : -errno;
}

static int mount_on(void *argument)
{
	(void)argument;
	return bind("/mnt/3", OPT "/2") ? 0 : -errno;
}

static int unmount(void *argument)
{
	(void)argument;
	return umount2(OPT, MNT_DETACH) == 0 ? 0 : -errno;
}

static int replace(void *argument)
{
	return unmount(argument) < 0 ? -errno : mount_over(argument);
}

static int mount_on_and_replace(void *argument)
{
	return mount_on(argument) < 0 ? -errno : replace(argument);
}

static int tuck(void *argument)
{
	_cleanup_close_ int tree = kernel_open_tree(AT_FDCWD, "/mnt/3", OPEN_TREE_CLONE);
	_cleanup_close_ int top = kernel_open_path(AT_FDCWD, OPT);

	(void)argument;
	return kernel_set_attributes(tree, false, 0, 0, MS_PRIVATE) < 0 ? -errno
									: attach_by_flag(tree, top);
}

static int make_private(void *argument)
{
	(void)argument;
	return kernel_set_attributes(beneath_fd, false, 0, 0, MS_PRIVATE);
}

/* The mount beneath is unmounted by propagation. */
static int take_beneath(void *argument);

static int refuse(void *argument)
{
	(void)argument;
	return -ECANCELED;
}

/* Once with a descriptor of the mount beneath; and once without, if the kernel can do that. */
#define FOR_EACH_WAY                                                                               \
	for (int ways = detach_exact_finds_copies() ? 2 : 1;                                       \
		has_descriptor = ways == 2 || !detach_exact_finds_copies(), ways > 0; ways--)

static void top_alone(void)
{
	NEEDS_CLONES;
	FOR_EACH_WAY
	{
		check_or_return(prepare());
		check(detach_top(refuse) == -ECANCELED);
		check(shows(2));
		check(detach_top(nobody) == 0);
		check(stack_is("1"));
		clean();
	}
}

static void mounted_over_top(void)
{
	NEEDS_CLONES;
	FOR_EACH_WAY
	{
		check_or_return(prepare());
		check(detach_top(mount_over) == 0);
		check(stack_is("31"));
		clean();
	}
}

static void mounted_on_top(void)
{
	NEEDS_CLONES;
	FOR_EACH_WAY
	{
		check_or_return(prepare());
		check(detach_top(mount_on) == answer_if_it_stays());
		check(shows(2) && access(OPT "/2/3", F_OK) == 0);
		clean();
	}
}

static void top_gone(void)
{
	NEEDS_CLONES;
	FOR_EACH_WAY
	{
		check_or_return(prepare());
		check(detach_top(unmount) == -EBUSY);
		check(stack_is("1"));
		clean();
	}
}

static void top_replaced(void)
{
	NEEDS_CLONES;
	FOR_EACH_WAY
	{
		check_or_return(prepare());
		check(detach_top(replace) == -EBUSY);
		check(stack_is("31"));
		clean();
		check_or_return(prepare());
		check(detach_top(mount_on_and_replace) == -EBUSY);
		check(stack_is("31"));
		clean();
	}
}

static void tucked_beneath_top(void)
{
	NEEDS_CLONES;
	if (attach_choose() != ATTACH_BY_FLAG) {
		skip("there is no MOVE_MOUNT_BENEATH");
		return;
	}
	FOR_EACH_WAY
	{
		check_or_return(prepare());
		check(detach_top(tuck) == 0);
		check(stack_is("31"));
		clean();
	}
}

static void beneath_left_group(void)
{
	NEEDS_CLONES;
	FOR_EACH_WAY
	{
		check_or_return(prepare());
		check(detach_top(make_private) == answer_if_it_stays());
		check(stack_is("21"));
		clean();
	}
}

static void beneath_unmounted(void)
{
	NEEDS_CLONES;
	FOR_EACH_WAY
	{
		check_or_return(prepare());
		check(detach_top(take_beneath) == answer_if_it_stays());
		check(stack_is("2"));
		clean();
	}
}

/* Without a descriptor, a copy of what covers the top is found in place of the top's copy. */
static void covered_before(void)
{
	NEEDS_CLONES;
	check_or_return(prepare());
	if (!detach_exact_finds_copies()) {
		skip("without a descriptor the kernel can't do it");
		return;
	}
	has_descriptor = false;
	check_or_return(bind("/mnt/3", OPT));
	check(detach_top(nobody) < 0);
	check(stack_is("321"));
	clean();
}

/* ---- a mount beneath ---- */

static int remove_beneath(int (*may_go)(void *), size_t *done)
{
	_cleanup_close_ int top = kernel_open_path(AT_FDCWD, OPT);
	const struct passage_target target = {
		.top = top,
		.path = OPT,
		.parent_id = base.short_id,
		.parent_group = 1,
		.layers = 2,
	};

	return detach_by_propagation(&target, 1, may_go, NULL, done);
}

static int take_beneath(void *argument)
{
	size_t done;

	(void)argument;
	return remove_beneath(nobody, &done);
}

static void beneath_alone(void)
{
	size_t done;

	NEEDS_CLONES;
	check_or_return(prepare());
	check(remove_beneath(nobody, &done) == 0 && done == 1);
	check(shows(2) && umount2(OPT, 0) == 0);
	check(umount2(OPT, 0) < 0);
	clean();
}

static void beneath_refused(void)
{
	size_t done;

	NEEDS_CLONES;
	check_or_return(prepare());
	check(remove_beneath(refuse, &done) == -ECANCELED && done == 0);
	check(shows(2) && umount2(OPT, 0) == 0 && shows(1));
	clean();
}

static void beneath_gone(void)
{
	size_t done;

	NEEDS_CLONES;
	check_or_return(prepare());
	check(remove_beneath(take_beneath, &done) == -EBUSY && done == 0);
	check(shows(2) && umount2(OPT, 0) == 0);
	check(umount2(OPT, 0) < 0);
	clean();
}

static void beneath_mounted_over(void)
{
	size_t done;

	NEEDS_CLONES;
	check_or_return(prepare());
	check(remove_beneath(mount_over, &done) == 0 && done == 1);
	check(shows(3) && umount2(OPT, 0) == 0);
	check(shows(2) && umount2(OPT, 0) == 0);
	check(umount2(OPT, 0) < 0);
	clean();
}

static const struct tap_test tests[] = {
	{"an exact unmount takes the top, or nothing if it is called off", top_alone},
	{"what is mounted over the top moves down, and stays", mounted_over_top},
	{"a top that is mounted on stays, with what is on it", mounted_on_top},
	{"if the top is gone, what lay beneath it stays", top_gone},
	{"what is mounted in place of the top stays", top_replaced},
	{"what is tucked beneath the top stays", tucked_beneath_top},
	{"if the mount beneath leaves its group, all mounts stay", beneath_left_group},
	{"if the mount beneath is unmounted, the top stays", beneath_unmounted},
	{"a top that is covered is not taken for what covers it", covered_before},
	{"an unmount beneath the top takes what lies there", beneath_alone},
	{"an unmount beneath the top takes nothing if it is called off", beneath_refused},
	{"if what lay beneath is gone, the top stays", beneath_gone},
	{"what is mounted over the top changes nothing for what lies beneath",
		beneath_mounted_over},
};

TAP_MAIN(tests)
