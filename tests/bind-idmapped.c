/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bind-idmapped NAMESPACE SOURCE TARGET: mount --bind with the map of the user namespace that the
 * file NAMESPACE is of. mount(8) can do this since util-linux 2.39. */
#include <err.h>
#include <fcntl.h>
#include <stdlib.h>

#include "kernel.h"

int main(int argc, char **argv)
{
	int user_namespace, tree, target, r;

	if (argc != 4)
		errx(2, "usage: bind-idmapped NAMESPACE SOURCE TARGET");
	user_namespace = open(argv[1], O_RDONLY | O_CLOEXEC);
	if (user_namespace < 0)
		err(EXIT_FAILURE, "%s", argv[1]);
	tree = kernel_open_tree(AT_FDCWD, argv[2], OPEN_TREE_CLONE);
	target = kernel_open_path(AT_FDCWD, argv[3]);
	r = tree < 0	 ? tree
	    : target < 0 ? target
			 : kernel_set_idmapping(tree, false, user_namespace);
	r = r < 0 ? r : kernel_move_mount(tree, target, 0);
	if (r < 0)
		errx(EXIT_FAILURE, "%s: error %d", argv[3], -r);
	return EXIT_SUCCESS;
}
