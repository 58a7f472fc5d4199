/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bench-minimal SOURCE TARGET: the three system calls that tuck a bind mount, and nothing else:
 * what any program that does it must take at least. */
#include <fcntl.h>
#include <sys/mount.h>

#ifndef MOVE_MOUNT_BENEATH
#define MOVE_MOUNT_BENEATH 0x00000200
#endif

int main(int argc, char **argv)
{
	struct mount_attr attributes = {.propagation = MS_PRIVATE};
	int tree;

	if (argc != 3)
		return 1;
	tree = open_tree(AT_FDCWD, argv[1], OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	return tree < 0 ||
	       mount_setattr(tree, "", AT_EMPTY_PATH, &attributes, sizeof(attributes)) < 0 ||
	       move_mount(tree, "", AT_FDCWD, argv[2],
		       MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_BENEATH) < 0;
}
