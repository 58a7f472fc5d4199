/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kernel-feature NAME: whether the running kernel has it, found by trying. Exit status 0: yes. For
 * tests that need what not every kernel has; tests/lib.bash calls it. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "detach-exact.h"
#include "kernel.h"
#include "unmount-way.h"
#include "util.h"

static int has_statmount(void)
{
	struct statmount_buffer buffer = {0};
	int r = kernel_statmount(1, 0, 0, &buffer);

	free(buffer.data);
	return r != -ENOSYS && r != -EPERM;
}

static int has_unique_ids(void)
{
	struct mount_identity identity;

	return kernel_identify(AT_FDCWD, "/", 0, &identity) == 0 && identity.unique_id;
}

static int has_namespace_walk(void)
{
	_cleanup_close_ int own = kernel_open_own_namespace();
	struct kernel_namespace info;

	return kernel_namespace_info(own, &info) == 0;
}

static int has_mount_events(void)
{
	_cleanup_close_ int own = kernel_open_own_namespace(), watch = kernel_watch_new();

	return watch >= 0 && kernel_watch_namespace(watch, own) == 0;
}

static int has_exact_reveal(void)
{
	return kernel_has_set_group() == 1 && detach_exact_finds_copies();
}

static int has_exact_tuck(void)
{
	return kernel_has_set_group() == 1 && kernel_has_beneath() == 1;
}

static int keeps_covered(void)
{
	int takes = unmount_takes_covered();

	return takes < 0 ? takes : !takes;
}

static const struct {
	const char *name;
	int (*is_there)(void);
} features[] = {
	{"beneath", kernel_has_beneath},	/* MOVE_MOUNT_BENEATH, 6.5 */
	{"set-group", kernel_has_set_group},	/* MOVE_MOUNT_SET_GROUP, 5.15 */
	{"statmount", has_statmount},		/* 6.8 */
	{"unique-ids", has_unique_ids},		/* STATX_MNT_ID_UNIQUE, 6.8 */
	{"namespace-walk", has_namespace_walk}, /* NS_MNT_GET_INFO, 6.12 */
	{"exact-reveal", has_exact_reveal},	/* a mount in a detached tree is changed, 6.17 */
	{"exact-tuck", has_exact_tuck},		/* a reveal of what was just tucked, 6.5 */
	{"mount-events", has_mount_events},	/* FAN_MARK_MNTNS, 6.15 */
	{"keeps-covered", keeps_covered},	/* an unmount lets no cover slide down far, 6.17 */
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc == 2 && i < ELEMENTS(features); i++)
		if (strcmp(argv[1], features[i].name) == 0)
			return features[i].is_there() == 1 ? 0 : 1;
	errx(2, "usage: kernel-feature beneath|set-group|statmount|unique-ids|"
		"namespace-walk|exact-reveal|exact-tuck|mount-events|keeps-covered");
}
